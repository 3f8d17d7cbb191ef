"""From exec to the first 200 of /ready."""

from statistics import median

from .context import Context
from .machine import Machine
from .processes import doclayout
from .report import Report, say


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    seconds = []
    for index in range(context.starts):
        with doclayout(context) as service:
            seconds.append(service.seconds_to_ready)
        say(f"start {index + 1} of {context.starts}: {seconds[-1]:.3f} s")
    report.section("Start", f"Seconds from exec to the first 200 of `/ready`, {context.starts} starts, files cached.")
    report.table(
        ["", "median", "least", "most"],
        [["doclayout", f"{median(seconds):.3f}", f"{min(seconds):.3f}", f"{max(seconds):.3f}"]],
    )
    report.under("ready after exec", median(seconds), 1.5, "s")
