"""Health answers while the engine is saturated."""

import gc
import socket
import time
from statistics import quantiles

from .context import BenchError, Context
from .load import finish_wrk, start_wrk
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say

CONNECTIONS = 16
PATHS = ("/health", "/ready")
PERIOD_S = 0.01


class Probe:
    """One request after the other on a connection of its own.

    A bare socket: http.client takes longer than the answer.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._connect()

    def _connect(self) -> None:
        service = self._service
        self._socket = socket.create_connection(("127.0.0.1", service.port), timeout=10)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def milliseconds(self, path: str, any_status: bool = False) -> float:
        start = time.perf_counter()
        self._socket.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        answer = b""
        while not self._whole(answer):
            part = self._socket.recv(65536)
            if not part:
                raise BenchError(f"{path}: the connection was closed after {answer[:200]!r}")
            answer += part
        taken = (time.perf_counter() - start) * 1e3
        if b"connection: close" in answer.partition(b"\r\n\r\n")[0].lower():  # it drains
            self._socket.close()
            self._connect()
        if not any_status and b" 200 " not in answer[:20]:
            raise BenchError(f"{path} under load answers {answer[:200]!r}")
        return taken

    def close(self) -> None:
        self._socket.close()

    @staticmethod
    def _whole(answer: bytes) -> bool:
        head, end, body = answer.partition(b"\r\n\r\n")
        if not end:
            return False
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                return len(body) >= int(value)
        raise BenchError(f"an answer without Content-Length: {head!r}")


def measure(context: Context, machine: Machine, report: Report) -> None:
    say(f"health: {context.seconds:g} s under {CONNECTIONS} connections")
    with doclayout(context) as service:
        load = start_wrk(service, context.page, CONNECTIONS, context.seconds + 3)
        try:
            time.sleep(1)
            cpu_before, start = service.cpu_seconds(), time.monotonic()
            times = ask_in_turn(service, PATHS, context.seconds)
            busy = (service.cpu_seconds() - cpu_before) / (time.monotonic() - start)
            result = finish_wrk(load, service)
        finally:
            load.kill()  # still there when asking failed
            load.wait()

    report.section(
        "Health under load",
        f"Milliseconds, one client that asks in turn every {PERIOD_S * 1e3:g} ms for {context.seconds:g} s on its own "
        f"connection, while {CONNECTIONS} connections post pages: {result.pages_per_second:.2f} pages/s, "
        f"{result.errors} refused or failed, {busy:.2f} of {machine.processors} processors busy with the service.",
    )
    tell_times(report, times, "under load")
    report.at_least("engine saturated while health was asked: processors busy", busy / machine.processors, 0.8, "of all")


def ask_in_turn(
    service: Service, paths: tuple[str, ...], seconds: float, any_status: bool = False
) -> dict[str, list[float]]:
    """Milliseconds of each answer, by path, of one client that asks every `PERIOD_S`; all must be 200 but with
    `any_status`."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    probe = Probe(service)
    gc.disable()  # its pauses would count as the service's
    try:
        start = time.perf_counter()
        for index in range(round(seconds / PERIOD_S)):
            time.sleep(max(0.0, start + index * PERIOD_S - time.perf_counter()))
            path = paths[index % len(paths)]
            times[path].append(probe.milliseconds(path, any_status))
    finally:
        gc.enable()
        probe.close()
    return times


def tell_times(report: Report, times: dict[str, list[float]], when: str) -> None:
    """A table of what `ask_in_turn` gave, and each path's bar."""
    rows = []
    for path, values in times.items():
        percentile = quantiles(values, n=100, method="inclusive")
        rows.append(
            [f"`{path}`", str(len(values)), f"{percentile[49]:.2f}", f"{percentile[98]:.2f}", f"{max(values):.2f}"]
        )
        report.under(f"{path} {when}, p99", percentile[98], 10, "ms")
    report.table(["", "answers", "p50", "p99", "most"], rows)
