"""Pages a second: the peer, the bare engine and the service take turns on one page."""

import contextlib
from statistics import median

from .bare import find_best, run_bare
from .context import Context
from .load import LoadResult, run_wrk
from .machine import Machine
from .processes import Service, doclayout, peer
from .report import Report, say


def measure(context: Context, machine: Machine, report: Report) -> None:
    say("throughput: looking for the bare engine's best setting")
    setting = find_best(context)
    with contextlib.ExitStack() as stack:
        services = [stack.enter_context(doclayout(context))]
        if context.with_peer:
            services.append(stack.enter_context(peer()))
        loads: dict[str, list[LoadResult]] = {service.name: [] for service in services}
        bare: list[float] = []

        def bare_turn() -> None:
            bare.append(run_bare(context, setting).pages_per_second)
            say(f"  bare engine: {bare[-1]:.2f} pages/s")

        def service_turn(service: Service) -> None:
            result = run_wrk(service, context.page, context.connections, context.seconds)
            loads[service.name].append(result)
            say(f"  {service.name}: {result.pages_per_second:.2f} pages/s, {result.errors} errors")

        turns = [bare_turn, *(lambda service=service: service_turn(service) for service in services)]
        for index in range(context.rounds):
            say(f"throughput: round {index + 1} of {context.rounds}")
            # Another one begins each time: what comes first finds a rested machine.
            for turn in turns[index % len(turns) :] + turns[: index % len(turns)]:
                turn()
    _tell(context, machine, report, setting.setting, loads, bare)


def _tell(
    context: Context,
    machine: Machine,
    report: Report,
    setting: str,
    loads: dict[str, list[LoadResult]],
    bare: list[float],
) -> None:
    speeds = {name: [load.pages_per_second for load in results] for name, results in loads.items()}
    speeds["bare engine"] = bare
    order = [name for name in ("peer", "bare engine", "doclayout") if name in speeds]
    report.section(
        "Throughput",
        f"Pages a second, float32, {context.connections} connections, {context.seconds:g} s a turn. "
        f"Bare engine: {setting}, no decoding, no HTTP.",
    )
    rows = [
        [str(index + 1), *(f"{speeds[name][index]:.2f}" for name in order)] for index in range(context.rounds)
    ]
    middle = {name: median(values) for name, values in speeds.items()}
    rows.append(["**median**", *(f"**{middle[name]:.2f}**" for name in order)])
    report.table(["round", *order], rows)

    rows = []
    for name in (name for name in order if name in loads):
        results = loads[name]
        rows.append(
            [
                name,
                f"{median(load.p50_ms for load in results):.0f}",
                f"{median(load.p99_ms for load in results):.0f}",
                str(sum(load.errors for load in results)),
            ]
        )
    report.table(["latency", "p50 ms", "p99 ms", "refused or failed"], rows)

    report.at_least("pages/s, doclayout ÷ bare engine", middle["doclayout"] / middle["bare engine"], 0.85, "×")
    if "peer" in middle:
        bar = 6.0 if machine.has_avx512 else 2.5
        report.at_least("pages/s, doclayout ÷ peer", middle["doclayout"] / middle["peer"], bar, "×")
    report.under("pages refused or failed", sum(load.errors for load in loads["doclayout"]), 1, "pages")
