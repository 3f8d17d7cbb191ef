"""CPU time without requests."""

import time
from dataclasses import replace

from .context import Context
from .load import PagePoster
from .machine import Machine
from .processes import doclayout
from .report import Report, say

SECONDS = 10


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    say(f"idle: {SECONDS} s")
    # Deep health infers a page on a period, which is work, and more or less of it as a model is slow or fast.
    options = [*context.serve_options, "--deep-health-period-s", "0"]
    with doclayout(replace(context, serve_options=options)) as service:
        # Threads and pools that only begin with the first pages must be there; the connections stay open.
        poster = PagePoster(service, context.page, context.connections)
        poster.post(2 * context.connections)
        service.wait_until_quiet()
        before = service.cpu_seconds()
        time.sleep(SECONDS)
        milliseconds = (service.cpu_seconds() - before) * 1e3
        poster.close()
    report.section(
        "Idle",
        f"CPU time over {SECONDS} s without requests, with {context.connections} open connections, after work, "
        "and without the page that deep health infers every 30 s.",
    )
    percent = milliseconds / SECONDS / 10
    report.table(["", "ms", "% of a processor"], [["doclayout", f"{milliseconds:.2f}", f"{percent:.3f}"]])
    report.under(f"CPU in {SECONDS} s idle", milliseconds, 10, "ms")
