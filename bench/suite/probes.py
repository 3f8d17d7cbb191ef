"""Health, readiness and metrics under overload, with thousands of idle connections and hundreds of slow ones."""

import contextlib
import resource
import socket
import subprocess
import time

from .context import Context
from .health import PERIOD_S, ask_in_turn, tell_times
from .load import run_wrk
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say

IDLE = 2_000
SLOW = 200
PATHS = ("/health", "/ready", "/metrics")


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    _allow_descriptors(IDLE + SLOW + 500)
    options = ["--max-connections", "4096", "--idle-timeout-ms", "600000", "--header-timeout-ms", "600000"]
    with doclayout(_with(context, options)) as service, contextlib.ExitStack() as stack:
        rate = 10 * run_wrk(service, context.page, 8, min(10, context.seconds)).pages_per_second
        say(f"probes: {IDLE} idle and {SLOW} slow connections, {rate:.0f} pages/s offered")
        for index in range(IDLE + SLOW):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", service.port), timeout=10))
            # An idle one has had its answer and stays; a slow one begins a request and never ends it.
            idle = index < IDLE
            connection.sendall(b"GET /health HTTP/1.1\r\nHost: h\r\n" + (b"\r\n" if idle else b""))
            if idle:
                connection.recv(65536)
        times = _ask_under_load(context, service, rate)
    report.section(
        "Probes under overload",
        f"Milliseconds of one client that asks in turn every {PERIOD_S * 1e3:g} ms for {context.seconds:g} s, while "
        f"{rate:.0f} pages a second are offered, ten times what it holds, {IDLE} connections idle and {SLOW} have begun "
        "a request that does not end.",
    )
    tell_times(report, times, "at 10 ×")


def _ask_under_load(context: Context, service: Service, rate: float) -> dict[str, list[float]]:
    command = [str(context.program("doclayout")), "bench", service.url("/analyze"), str(context.page)]
    command += ["--rate", f"{rate:.2f}", "--duration", f"{context.seconds + 4:g}", "--warm-up", "0"]
    command += ["--query", "timeout_ms=2000", "--timeout", "5"]
    load = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        times = ask_in_turn(service, PATHS, context.seconds)
        load.wait()
        return times
    finally:
        load.kill()
        load.wait()


def _with(context: Context, options: list[str]) -> Context:
    return Context(**{**context.__dict__, "serve_options": [*context.serve_options, *options]})


def _allow_descriptors(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < count:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(count, hard), hard))
