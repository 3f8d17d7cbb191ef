"""What `doclayout probe` is tested with: a service that says what a test wants, a webhook that takes what it is sent, and the
probe itself as a process."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import json
import pathlib
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping

from local_server import running

PATIENCE_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Call:
    method: str
    path: str
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    at: float  # of the monotonic clock

    def json(self) -> dict:
        return json.loads(self.body)


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int = 200
    body: bytes = b"{}"
    hold: bool = False  # say nothing until the test is over

    @staticmethod
    def report(status: str, *checks: tuple[str, str, str]) -> Reply:
        """A health report of (name, status, details)."""
        report = {"status": status, "checks": [dict(zip(("name", "status", "details"), check)) for check in checks]}
        return Reply(503 if status == "unhealthy" else 200, json.dumps(report).encode())

    @staticmethod
    def problem(status: int, code: str) -> Reply:
        return Reply(status, json.dumps({"status": status, "code": code, "detail": "for the test"}).encode())


HEALTHY = Reply.report("healthy", ("detection_accuracy", "healthy", "all there"))
WARNING = Reply.report("warning", ("inference_speed", "warning", "6.1 s"))
UNHEALTHY = Reply.report("unhealthy", ("detection_accuracy", "unhealthy", "3 of 14 regions found"))
SILENT = Reply(hold=True)
UP = {"/startupz": Reply.report("healthy"), "/deep-health": HEALTHY}
LOADING = Reply.report("unhealthy", ("model_loaded", "unhealthy", "loading"))
FAST = ("--period-s", "0.05")


class Peer(http.server.ThreadingHTTPServer):
    """Answers each path as it is told: `peer.replies["/deep-health"] = UNHEALTHY`. What was asked is in `calls`."""

    daemon_threads = True

    def __init__(self, replies: Mapping[str, Reply], port: int = 0):
        super().__init__(("127.0.0.1", port), PeerHandler)
        self.replies = dict(replies)
        self.calls: list[Call] = []
        self.changed = threading.Condition()
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def take(self, call: Call) -> Reply:
        with self.changed:
            self.calls.append(call)
            self.changed.notify_all()
            return self.replies.get(call.path.partition("?")[0], Reply(404, b"no"))

    def of(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path.partition("?")[0] == path]

    def wait_for(self, path: str, count: int) -> list[Call]:
        """Until so many calls of the path have come; all of them."""
        with self.changed:
            there = self.changed.wait_for(lambda: len(self.of(path)) >= count, PATIENCE_SECONDS)
            assert there, f"{path} was called {len(self.of(path))} times, not {count}"
            return self.of(path)

    def wait_for_more(self, path: str, count: int) -> list[Call]:
        with self.changed:
            before = len(self.of(path))
        return self.wait_for(path, before + count)


class PeerHandler(http.server.BaseHTTPRequestHandler):
    wbufsize = -1
    server: Peer

    def answer(self):
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length", 0)))
        reply = self.server.take(Call(self.command, self.path, headers, body, time.monotonic()))
        if reply.hold:
            self.server.over.wait(PATIENCE_SECONDS)
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            self.wfile.flush()

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def peer(replies: Mapping[str, Reply], port: int = 0) -> Iterator[Peer]:
    server = Peer(replies, port)
    with running(server):
        try:
            yield server
        finally:
            server.over.set()


class Probe:
    """The program, asking a service over and over. `metrics=False`: without a port of its own."""

    def __init__(self, program: pathlib.Path, environment: Mapping[str, str], options, metrics: bool = True):
        port = ("--metrics-host", "127.0.0.1", "--metrics-port", "0" if metrics else "-1")
        command = [str(program), "probe", *port, *map(str, options)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
        )
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.port = self.wait_for_event("probing")["metrics_port"]

    def _read(self):
        for line in self.process.stdout:
            with self._changed:
                self._lines.append(line)
                self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def log(self) -> str:
        return "".join(self._lines)

    def events(self, name: str) -> list[dict]:
        entries = [json.loads(line) for line in list(self._lines) if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == name]

    def wait_for_event(self, name: str, condition: Callable[[dict], bool] = lambda _: True, count: int = 1) -> dict:
        """The last of the first `count` lines of that event for which the condition holds."""

        def found() -> list[dict]:
            return [entry for entry in self.events(name) if condition(entry)]

        with self._changed:
            self._changed.wait_for(lambda: len(found()) >= count or self._ended, PATIENCE_SECONDS)
            assert len(found()) >= count, f"there is no {name}:\n{self.log()}"
            return found()[count - 1]

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def metric(self, series: str) -> float:
        for line in self.get("/metrics")[1].splitlines():
            name, _, value = line.rpartition(" ")
            if name == series:
                return float(value)
        raise KeyError(series)

    def wait_for_metric(self, series: str, value: float):
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.metric(series) != value:
            assert time.monotonic() < deadline, f"{series} is {self.metric(series)}"

    def resident_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0])

    def peak_resident_kib(self) -> int:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0])

    def program(self) -> str:
        return pathlib.Path(f"/proc/{self.process.pid}/exe").resolve().name

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self._reader.join(PATIENCE_SECONDS)
        return status


def fail_for(service: Peer, reply: Reply, verdicts: int = 3):
    service.replies["/deep-health"] = reply
    service.wait_for_more("/deep-health", verdicts)
