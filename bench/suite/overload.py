"""Good answers a second when more is asked for than can be done."""

import contextlib

from .context import Context
from .load import run_wrk
from .machine import Machine
from .memory import MEGABYTE, PeakSampler
from .open_loop import milliseconds, run_bench, told
from .processes import Service, doclayout, peer
from .report import Report, say

DEADLINE_S = 2
FACTORS = (1, 10)


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    seconds = context.overload_seconds
    rows = []
    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(doclayout(context))]
        if context.with_peer:
            services.append(stack.enter_context(peer()))
        for service in services:
            rows += _steps(context, report, service, seconds)
    report.section(
        "Overload",
        f"Pages that come at random (Poisson) for {seconds:g} s, {' and '.join(map(str, FACTORS))} times as many as 8 "
        f"callers in a closed loop get answered. Good is an answer within {DEADLINE_S} s: the service is told "
        f"(`timeout_ms={DEADLINE_S * 1000}`), the caller leaves then. Latency of good answers and of refusals in "
        "milliseconds.",
    )
    report.table(["", "offered/s", "good/s", "p50", "p99", "refused/s", "refusal p99", "MB more"], rows)


def _steps(context: Context, report: Report, service: Service, seconds: float) -> list[list[str]]:
    ours = service.name == "doclayout"
    capacity = run_wrk(service, context.page, 8, min(10, context.seconds)).pages_per_second
    say(f"overload: {service.name} holds about {capacity:.1f} pages/s")
    rows, good = [], []
    for factor in FACTORS:
        options = ["--body", "multipart", "--rate", f"{capacity * factor:.2f}", "--duration", f"{seconds:g}"]
        options += ["--warm-up", "3", "--timeout", f"{DEADLINE_S}", *(["--query", "timeout_ms=2000"] if ours else [])]
        service.wait_until_quiet()
        before = service.resident_bytes()
        with PeakSampler(service) as sampler:
            (step,) = run_bench(context, service, *options)
        refused = step["outcomes"].get("refused", 0) / step["duration_s"]
        more = (sampler.peak - before) / MEGABYTE
        good.append(step["ok_per_s"])
        p99, refusal = milliseconds(step["latency_s"], "p99"), milliseconds(step["refusal_latency_s"], "p99")
        rows.append(
            [
                f"{service.name}, {factor} ×",
                f"{step['offered_per_s']:.1f}",
                f"{good[-1]:.2f}",
                told(milliseconds(step["latency_s"], "p50")),
                told(p99),
                f"{refused:.1f}",
                told(refusal, 2),
                f"{more:.1f}",
            ]
        )
        say(f"  {factor} ×: {good[-1]:.2f} good/s, p99 {told(p99)} ms, refusals p99 {told(refusal, 2)} ms")
    if ours:
        report.at_least("good answers at 10 × ÷ at 1 ×", good[-1] / good[0], 0.95, "×")
        report.under("p99 of good answers at 10 ×", p99 or 0, DEADLINE_S * 1e3, "ms")
        report.under("p99 of refusals at 10 ×", refusal or 0, 5, "ms")
        report.under("memory more at 10 ×", more, 100, "MB")
    return rows
