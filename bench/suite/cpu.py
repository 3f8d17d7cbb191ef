"""CPU time that the service spends on a page outside the engine: its I/O thread, its workers and its slots."""

from statistics import median

from .context import Context
from .load import PagePoster
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say
from .stages import overhead_bar_ms


PAGES_A_SECOND = 10  # about; a round then takes as long as a turn of the other sections


def measure(context: Context, machine: Machine, report: Report) -> None:
    rows = []
    costs = []
    with doclayout(context) as service:
        # Counted, because wrk leaves some half done.
        pages = max(20, round(PAGES_A_SECOND * context.seconds))
        for index in range(context.rounds):
            say(f"cpu: round {index + 1} of {context.rounds}, {pages} pages")
            io_ms, worker_ms, all_ms = _milliseconds_per_page(service, context, pages)
            costs.append(io_ms + worker_ms)
            rows.append([str(index + 1), f"{io_ms:.2f}", f"{worker_ms:.2f}", f"{costs[-1]:.2f}", f"{all_ms:.1f}"])
    rows.append(["**median**", "", "", f"**{median(costs):.2f}**", ""])
    report.section(
        "CPU of a page",
        f"Milliseconds, {context.connections} connections, {pages} pages a round. The I/O thread does HTTP; the workers "
        "decode, resize, post-process and write JSON, the slots hand pages to the engine; the engine's own threads infer, and are in the last column only.",
    )
    report.table(["round", "I/O thread", "workers", "all but inference", "whole process"], rows)
    report.under("all but inference, HTTP included, CPU", median(costs), overhead_bar_ms(machine), "ms")


def _milliseconds_per_page(service: Service, context: Context, pages: int) -> tuple[float, float, float]:
    poster = PagePoster(service, context.page, context.connections)
    try:
        poster.post(2 * context.connections)
        service.wait_until_quiet()
        before = cpu_times(service)
        poster.post(pages)
        return tuple((after - start) * 1e3 / pages for start, after in zip(before, cpu_times(service)))
    finally:
        poster.close()


def cpu_times(service: Service) -> tuple[float, float, float]:
    """Seconds of the I/O thread, of the workers and the slots that wait for the engine, of the whole process."""
    own = sum(service.thread_seconds(name) for name in ("worker-", "slot-", "watcher"))
    return service.thread_seconds("http-io"), own, service.cpu_seconds()
