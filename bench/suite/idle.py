"""CPU time without requests."""

import time

from .context import Context
from .load import PagePoster
from .machine import Machine
from .processes import doclayout
from .report import Report, say

SECONDS = 10


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    say(f"idle: {SECONDS} s")
    with doclayout(context) as service:
        # Threads and pools that only begin with the first pages must be there; the connections stay open.
        poster = PagePoster(service, context.page, context.connections)
        poster.post(2 * context.connections)
        service.wait_until_quiet()
        before = service.cpu_seconds()
        time.sleep(SECONDS)
        milliseconds = (service.cpu_seconds() - before) * 1e3
        poster.close()
    report.section(
        "Idle", f"CPU time over {SECONDS} s without requests, with {context.connections} open connections, after work."
    )
    percent = milliseconds / SECONDS / 10
    report.table(["", "ms", "% of a processor"], [["doclayout", f"{milliseconds:.2f}", f"{percent:.3f}"]])
    report.under(f"CPU in {SECONDS} s idle", milliseconds, 10, "ms")
