"""Stage by stage on one thread: bench/stages_bench.cc."""

from . import google_benchmark
from .context import Context
from .machine import Machine
from .report import Report, say


def overhead_bar_ms(machine: Machine) -> float:
    """CPU of everything but inference that a page may cost."""
    return 5 if machine.is_zen5 else 8


def measure(context: Context, machine: Machine, report: Report) -> None:
    say("stages")
    result = google_benchmark.run(context, "bench/doclayout_stages_bench")
    cpu_us = {name.removesuffix("/process_time"): seconds * 1e6 for name, seconds in result.cpu_seconds.items()}

    page = f"{result.context['page_pixels']} pixels, {result.context['page_regions']} regions"
    report.section(
        "Stages",
        f"CPU time, {page}. `all_but_inference` is decode, resize, postprocess and json in one go, without HTTP.",
    )
    report.table(["stage", "µs"], [[name, f"{time:.4g}"] for name, time in cpu_us.items()])
    report.under("all but inference and HTTP, CPU", cpu_us["all_but_inference"] / 1e3, overhead_bar_ms(machine), "ms")
    report.under("post-processing, CPU", cpu_us["postprocess"] / 1e3, 0.5, "ms")
    report.under("300 rows, 60 masks, CPU", cpu_us["postprocess/300_rows_60_masks/auto"] / 1e3, 8, "ms")
