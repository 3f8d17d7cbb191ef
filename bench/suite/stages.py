"""Stage by stage on one thread: bench/stages_bench.cc."""

import json
import os
import subprocess

from .context import BenchError, Context
from .machine import Machine
from .report import Report, say

TO_MICROSECONDS = {"ns": 1e-3, "us": 1.0, "ms": 1e3, "s": 1e6}


def overhead_bar_ms(machine: Machine) -> float:
    """CPU of everything but inference that a page may cost."""
    return 5 if machine.is_zen5 else 8


def measure(context: Context, machine: Machine, report: Report) -> None:
    say("stages")
    command = [str(context.program("bench/doclayout_stages_bench")), "--benchmark_format=json"]
    command.append(f"--benchmark_min_time={min(1.0, context.seconds / 20):g}")
    environment = {**os.environ, "DOCLAYOUT_BENCH_PAGE": str(context.page)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"the stage benchmark left with {done.returncode}:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout)
    cpu_us = {
        run["name"].removesuffix("/process_time"): run["cpu_time"] * TO_MICROSECONDS[run["time_unit"]]
        for run in result["benchmarks"]
    }

    page = f"{result['context']['page_pixels']} pixels, {result['context']['page_regions']} regions"
    report.section(
        "Stages",
        f"CPU time, {page}. `all_but_inference` is decode, resize, postprocess and json in one go, without HTTP.",
    )
    report.table(["stage", "µs"], [[name, f"{time:.4g}"] for name, time in cpu_us.items()])
    report.under("all but inference and HTTP, CPU", cpu_us["all_but_inference"] / 1e3, overhead_bar_ms(machine), "ms")
    report.under("post-processing, CPU", cpu_us["postprocess"] / 1e3, 0.5, "ms")
    report.under("300 rows, 60 masks, CPU", cpu_us["postprocess/300_rows_60_masks/auto"] / 1e3, 8, "ms")
