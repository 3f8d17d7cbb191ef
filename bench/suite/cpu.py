"""CPU time that the service spends on a page, beside what the bare engine spends."""

from statistics import median

from .bare import find_best, run_bare
from .context import Context
from .load import PagePoster
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say
from .stages import overhead_bar_ms


def measure(context: Context, machine: Machine, report: Report) -> None:
    say("cpu: looking for the bare engine's best setting")
    setting = find_best(context)
    rows = []
    differences = []
    with doclayout(context) as service:
        # As many pages as the engine does in a turn; counted, because wrk leaves some half done.
        pages = max(20, round(setting.pages_per_second * context.seconds))
        for index in range(context.rounds):
            say(f"cpu: round {index + 1} of {context.rounds}, {pages} pages")
            bare_ms = run_bare(context, setting).cpu_ms_per_page
            service_ms = _milliseconds_per_page(service, context, pages)
            differences.append(service_ms - bare_ms)
            rows.append([str(index + 1), f"{bare_ms:.1f}", f"{service_ms:.1f}", f"{differences[-1]:.1f}"])
    rows.append(["**median**", "", "", f"**{median(differences):.1f}**"])
    report.section(
        "CPU of a page",
        f"Milliseconds, all threads of the process, {context.connections} connections, {pages} pages a round. "
        "The difference is what decoding, resizing, post-processing, JSON and HTTP cost, and what the stages take "
        "from each other's caches.",
    )
    report.table(["round", "bare engine", "doclayout", "difference"], rows)
    report.under("all but inference, CPU, service − bare engine", median(differences), overhead_bar_ms(machine), "ms")


def _milliseconds_per_page(service: Service, context: Context, pages: int) -> float:
    poster = PagePoster(service, context.page, context.connections)
    try:
        poster.post(2 * context.connections)
        service.wait_until_quiet()
        before = service.cpu_seconds()
        poster.post(pages)
        return (service.cpu_seconds() - before) * 1e3 / pages
    finally:
        poster.close()
