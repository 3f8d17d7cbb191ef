"""What all but inference costs at saturation: the service beside the bare engine, for a page as small as the model sees it and for
a scan, decoded whole and only as far as the model looks."""

from dataclasses import dataclass
from pathlib import Path
from statistics import median

from .bare import find_best, run_bare
from .context import ROOT, Context
from .load import run_wrk
from .machine import Machine
from .processes import doclayout
from .report import Report, say

SCAN = ROOT / "tests/pages/scan_200dpi.jpg"
BARE = "bare engine"


@dataclass(frozen=True)
class Subject:
    name: str
    page: Path
    query: str
    bar: float | None
    """Least part of the bare engine's pages a second."""


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    subjects = [
        Subject(context.page.name, context.page, "", 0.95),
        Subject("scan, decode=fast", SCAN, "?decode=fast", 0.9),
        Subject("scan, decode=exact", SCAN, "", None),
    ]
    say("machinery: looking for the bare engine's best setting")
    setting = find_best(context)
    names = [BARE, *(subject.name for subject in subjects)]
    speeds: dict[str, list[float]] = {name: [] for name in names}
    with doclayout(context) as service:

        def turn(name: str) -> float:
            if name == BARE:
                return run_bare(context, setting).pages_per_second
            subject = next(subject for subject in subjects if subject.name == name)
            return run_wrk(service, subject.page, context.connections, context.seconds, subject.query).pages_per_second

        for index in range(context.rounds):
            say(f"machinery: round {index + 1} of {context.rounds}")
            # Another one begins each time, as in the section throughput.
            for name in names[index % len(names) :] + names[: index % len(names)]:
                speeds[name].append(turn(name))
                say(f"  {name}: {speeds[name][-1]:.2f} pages/s")
    # Of the same round, because the machine changes its pace from one to the next.
    ratios = {name: [own / bare for own, bare in zip(speeds[name], speeds[BARE])] for name in names}
    rows = [
        [
            name,
            *(f"{speed:.2f}" for speed in speeds[name]),
            f"**{median(speeds[name]):.2f}**",
            f"**{median(ratios[name]):.3f}**",
        ]
        for name in names
    ]
    report.section(
        "Cost of the machinery",
        f"Pages a second at saturation, {context.connections} connections, {context.seconds:g} s a turn, and the median of the "
        f"rounds' ratios to the bare engine ({setting.setting}). Scan: {SCAN.name}, A4 at 200 dpi, {SCAN.stat().st_size // 1000} kB.",
    )
    rounds = [f"round {index + 1}" for index in range(context.rounds)]
    report.table(["", *rounds, "median", "÷ bare engine"], rows)
    for subject in subjects:
        if subject.bar is not None:
            report.at_least(f"pages/s ÷ bare engine, {subject.name}", median(ratios[subject.name]), subject.bar, "×")
