"""One request a connection beside many: what opening and closing costs."""

from statistics import median

from .context import Context
from .machine import Machine
from .open_loop import run_bench
from .processes import doclayout
from .report import Report, say


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    kinds = {"many a connection": [], "one a connection": ["--no-keep-alive"]}
    speeds: dict[str, list[float]] = {kind: [] for kind in kinds}
    with doclayout(context) as service:
        for index in range(context.rounds):
            say(f"short: round {index + 1} of {context.rounds}")
            turns = list(kinds.items())
            for kind, options in turns if index % 2 == 0 else turns[::-1]:
                load = ["--connections", str(context.connections), "--duration", f"{context.seconds:g}"]
                (step,) = run_bench(context, service, *load, "--warm-up", "1", *options)
                speeds[kind].append(step["ok_per_s"])
                say(f"  {kind}: {step['ok_per_s']:.2f} pages/s")
                service.wait_until_quiet()
    rows = [[kind, *(f"{speed:.2f}" for speed in speeds[kind]), f"**{median(speeds[kind]):.2f}**"] for kind in kinds]
    report.section("Short connections", f"Pages a second, {context.connections} callers, {context.seconds:g} s a turn.")
    report.table(["requests", *(f"round {index + 1}" for index in range(context.rounds)), "median"], rows)
    one, many = (median(speeds[kind]) for kind in ("one a connection", "many a connection"))
    report.at_least("pages/s, one request a connection ÷ many", one / many, 0.9, "×")
