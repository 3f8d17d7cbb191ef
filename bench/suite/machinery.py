"""What all but inference costs at saturation: the service beside the bare engine, for a page as small as the model sees it and for
a scan, decoded whole and only as far as the model looks."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import mean, median, stdev

from .bare import find_best, run_bare
from .context import ROOT, BenchError, Context
from .cpu import cpu_times
from .load import finish_wrk, start_wrk
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say

SCAN = ROOT / "tests/pages/scan_200dpi.jpg"
BARE = "bare engine"
LEAD_S = 1.5
"""Of load before a turn counts: as the bare engine, the service is measured in the middle of its work."""


@dataclass(frozen=True)
class Subject:
    name: str
    page: Path
    query: str
    bar: float | None
    """Least part of the bare engine's pages a second."""


@dataclass(frozen=True)
class Turn:
    pages_per_second: float
    own: float
    """Part of the process's CPU time that is the service's own and not the engine's."""


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    subjects = [
        Subject(context.page.name, context.page, "", 0.95),
        Subject("scan, decode=fast", SCAN, "?decode=fast", 0.9),
        Subject("scan, decode=exact", SCAN, "", None),
    ]
    say("machinery: looking for the bare engine's best setting")
    setting = find_best(context)
    # Many short turns: the machine changes its pace within seconds, and a ratio is of turns that follow each other.
    turns = 4 * context.rounds
    short = replace(context, seconds=context.seconds / 4)
    speeds: dict[str, list[float]] = {name: [] for name in [BARE, *(subject.name for subject in subjects)]}
    ratios: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    shares: dict[str, list[float]] = {subject.name: [] for subject in subjects}
    with doclayout(context) as service:

        def bare() -> float:
            speeds[BARE].append(run_bare(short, setting).pages_per_second)
            return speeds[BARE][-1]

        before = bare()
        for index in range(turns):
            for subject in subjects:
                turn = _take_turn(short, service, subject)
                after = bare()
                speeds[subject.name].append(turn.pages_per_second)
                ratios[subject.name].append(turn.pages_per_second / ((before + after) / 2))
                shares[subject.name].append(turn.own)
                before = after
            told = ", ".join(f"{name} {values[-1]:.2f}" for name, values in speeds.items())
            say(f"machinery: turn {index + 1} of {turns}: {told} pages/s")
    report.section(
        "Cost of the machinery",
        f"Pages a second at saturation, {context.connections} connections, {turns} turns of {short.seconds:g} s, each between two "
        f"of the bare engine ({setting.setting}); the ratio is the mean of each turn's to its neighbours, with its standard error. "
        f"Own CPU: the part of the process's CPU time that HTTP, decoding, resizing, post-processing and JSON take; the rest infers. "
        f"Scan: {SCAN.name}, A4 at 200 dpi, {SCAN.stat().st_size // 1000} kB.",
    )
    rows = [
        [name, f"{min(values):.2f}", f"**{median(values):.2f}**", f"{max(values):.2f}", _tell(ratios.get(name)), _tell_share(shares.get(name))]
        for name, values in speeds.items()
    ]
    report.table(["", "least", "median", "most", "÷ bare engine", "own CPU"], rows)
    for subject in subjects:
        if subject.bar is not None:
            report.at_least(f"pages/s ÷ bare engine, {subject.name}", mean(ratios[subject.name]), subject.bar, "×")


def _tell(ratios: list[float] | None) -> str:
    if ratios is None:
        return ""
    return f"**{mean(ratios):.3f}** ± {stdev(ratios) / len(ratios) ** 0.5:.3f}"


def _tell_share(shares: list[float] | None) -> str:
    return "" if shares is None else f"{mean(shares):.1%}"


def _take_turn(context: Context, service: Service, subject: Subject) -> Turn:
    load = start_wrk(service, subject.page, context.connections, context.seconds + 2 * LEAD_S, subject.query)
    time.sleep(LEAD_S)
    start, before, times = time.perf_counter(), service.metric("pp_doclayout_pages_total"), cpu_times(service)
    time.sleep(context.seconds)
    pages, seconds = service.metric("pp_doclayout_pages_total") - before, time.perf_counter() - start
    io, workers, process = (after - before for before, after in zip(times, cpu_times(service)))
    result = finish_wrk(load, service)
    if result.errors:
        raise BenchError(f"{subject.name}: {result.errors} requests were not answered with a page")
    service.wait_until_quiet()
    return Turn(pages / seconds, (io + workers) / process)
