"""Resident memory: how much, and whether it grows."""

import threading

from .context import Context
from .load import PagePoster
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say

MEGABYTE = 1e6
SAMPLES = 10


class PeakSampler:
    """The most memory seen while pages are in the works, five times a second."""

    def __init__(self, service: Service) -> None:
        self.peak = 0
        self._service = service
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample)

    def __enter__(self) -> "PeakSampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(0.2):
            self.peak = max(self.peak, self._service.resident_bytes())


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    with doclayout(context) as service:
        ready = service.resident_bytes()
        poster = PagePoster(service, context.page, context.connections)
        with PeakSampler(service) as sampler:
            say(f"memory: {context.warm_up_pages} pages of warm-up")
            poster.post(context.warm_up_pages)
            # Between pages, with the connections open: what is in the works differs from moment to moment.
            service.wait_until_quiet()
            rows = [[f"{context.warm_up_pages} (warm-up)", service.resident_bytes()]]
            posted = 0
            for sample in range(1, SAMPLES + 1):
                due = context.pages * sample // SAMPLES
                poster.post(due - posted)
                posted = due
                service.wait_until_quiet()
                rows.append([f"+ {posted}", service.resident_bytes()])
                say(f"memory: {posted} of {context.pages} pages, {rows[-1][1] / MEGABYTE:.1f} MB")
        # The kernel's mark lags behind by some pages a processor.
        peak_ever = max(service.peak_resident_bytes(), sampler.peak)
        poster.close()

    growth = (rows[-1][1] - rows[0][1]) / MEGABYTE
    report.section(
        "Memory",
        f"Resident megabytes (10^6 bytes, shared libraries included), {context.connections} connections. Ready: "
        f"{ready / MEGABYTE:.1f}; most while pages are in the works: {sampler.peak / MEGABYTE:.1f}; most ever, loading "
        f"the model included: {peak_ever / MEGABYTE:.1f}.",
    )
    report.table(["pages", "MB"], [[label, f"{size / MEGABYTE:.2f}"] for label, size in rows])
    report.under(f"resident, {context.connections} connections", sampler.peak / MEGABYTE, 400, "MB")
    report.under(f"growth over {context.pages} pages", growth, 5, "MB")
