"""Starts and stops the services and reads what the kernel says of them."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .context import ROOT, BenchError, Context

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 45


@dataclass
class Service:
    """A running service of ours or the peer."""

    name: str
    process: subprocess.Popen
    port: int
    log: Path
    seconds_to_ready: float
    may_end: bool = False
    """The measurement ends it itself."""

    @property
    def pid(self) -> int:
        return self.process.pid

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def metric(self, name: str) -> float:
        """Of a series without labels."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/metrics")
            for line in connection.getresponse().read().decode().splitlines():
                if line.startswith(f"{name} "):
                    return float(line.split()[1])
        finally:
            connection.close()
        raise BenchError(f"/metrics has no {name}")

    def cpu_seconds(self) -> float:
        """CPU time of all its threads, those that ended too, to the nanosecond.

        The process's CPU clock: /proc/PID/stat counts in steps of 10 ms. The number is made as
        clock_getcpuclockid(3) makes it.
        """
        return time.clock_gettime((~self.pid << 3) | 2)

    def thread_seconds(self, name: str) -> float:
        """CPU time of the threads whose name begins so."""
        tasks = [task for task in Path(f"/proc/{self.pid}/task").iterdir() if (task / "comm").read_text().startswith(name)]
        # The first number of schedstat is the time on a processor in nanoseconds.
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def resident_bytes(self) -> int:
        """What is in RAM now, counted page by page: /proc/PID/statm lags behind by some pages a processor."""
        return self._proc_kilobytes("smaps_rollup", "Rss") * 1024

    def peak_resident_bytes(self) -> int:
        return self._proc_kilobytes("status", "VmHWM") * 1024

    def _proc_kilobytes(self, file: str, field: str) -> int:
        for line in Path(f"/proc/{self.pid}/{file}").read_text().splitlines():
            if line.startswith(field + ":"):
                return int(line.split()[1])
        raise BenchError(f"/proc/{self.pid}/{file} has no {field}")

    def wait_until_quiet(self) -> None:
        """Until it has done what its callers left behind: less than 5 % of a processor for 0.2 s."""
        give_up = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < give_up:
            before = self.cpu_seconds()
            time.sleep(0.2)
            if self.cpu_seconds() - before < 0.01:
                return
        raise BenchError(f"{self.name} does not come to rest")

    def check_alive(self) -> None:
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise BenchError(f"{self.name} left with {self.process.returncode}:\n{tail}")


@contextlib.contextmanager
def doclayout(context: Context) -> Iterator[Service]:
    program = context.program("doclayout")
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", "0", *context.serve_options]
    with _service("doclayout", command, None) as service:
        yield service


@contextlib.contextmanager
def faulty(
    context: Context, options: list[str], environment: Mapping[str, str], wait_until_ready: bool
) -> Iterator[Service]:
    """The program of the tests whose engine fails as it is told to. It may end by itself."""
    program = context.program("doclayout_faulty")
    command = [str(program), "serve", "--host", "127.0.0.1", "--port", "0", *context.serve_options, *options]
    with _service("doclayout_faulty", command, None, environment, wait_until_ready) as service:
        service.may_end = True
        yield service


def peer_python(environment: str, requirements: str) -> Path:
    """The interpreter of an environment that is made when it is not there."""
    make = f"source scripts/common.sh && environment {environment} bench/peer/{requirements}"
    subprocess.run(["bash", "-c", make], cwd=ROOT, check=True)
    return ROOT / ".deps/venv" / environment / "bin/python"


@contextlib.contextmanager
def peer(v3_model: Path | None = None) -> Iterator[Service]:
    """The peer with the model that it brings, or with a V3."""
    if v3_model is None:
        python, options = peer_python("peer", "requirements.txt"), []
    else:
        python, options = peer_python("peer-v3", "requirements-v3.txt"), ["--v3", str(v3_model)]
    # It takes a port and cannot say which one it got, so a free one is looked for first.
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [str(python), str(ROOT / "bench/peer/fastapi_service.py"), "--port", str(port), *options]
    with _service("peer", command, port) as service:
        yield service


@contextlib.contextmanager
def _service(
    name: str,
    command: list[str],
    port: int | None,
    environment: Mapping[str, str] | None = None,
    wait_until_ready: bool = True,
) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="doclayout-bench-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as sink:
            started = time.perf_counter()
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, env=environment)
        service = Service(name=name, process=process, port=port or 0, log=log, seconds_to_ready=0)
        try:
            if port is None:
                service.port = _listening_port(service)
            if wait_until_ready:
                _wait_ready(service)
            service.seconds_to_ready = time.perf_counter() - started
            yield service
            if not service.may_end:
                service.check_alive()
        finally:
            _stop(process)


def _listening_port(service: Service) -> int:
    """Reads the log until it says which port was taken."""
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up:
        for line in service.log.read_text(errors="replace").splitlines():
            if '"listening"' in line:
                with contextlib.suppress(ValueError, KeyError):  # a line that is half written yet
                    return int(json.loads(line)["port"])
        service.check_alive()
        time.sleep(0.001)
    raise BenchError(f"{service.name} did not log a port within {START_TIMEOUT_S} s")


def _wait_ready(service: Service) -> None:
    give_up = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < give_up:
        service.check_alive()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
        try:
            connection.request("GET", "/ready")
            if connection.getresponse().status == 200:
                return
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()
        time.sleep(0.001)
    raise BenchError(f"{service.name} was not ready within {START_TIMEOUT_S} s")


def _stop(process: subprocess.Popen) -> None:
    if process.poll() is not None:
        return
    os.kill(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
