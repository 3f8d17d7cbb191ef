"""Programs made with Google Benchmark."""

import json
import os
import subprocess
from dataclasses import dataclass

from .context import BenchError, Context

TO_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True)
class Result:
    context: dict[str, str]
    cpu_seconds: dict[str, float]
    """Of one iteration, by the benchmark's name."""
    counters: dict[str, dict[str, float]]


def run(context: Context, program: str) -> Result:
    command = [str(context.program(program)), "--benchmark_format=json"]
    command.append(f"--benchmark_min_time={min(1.0, context.seconds / 20):g}")
    environment = {**os.environ, "DOCLAYOUT_BENCH_PAGE": str(context.page)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{program} left with {done.returncode}:\n{done.stderr[-2000:]}")
    result = json.loads(done.stdout)
    runs = {run["name"]: run for run in result["benchmarks"]}
    return Result(
        result["context"],
        {name: run["cpu_time"] * TO_SECONDS[run["time_unit"]] for name, run in runs.items()},
        {name: {key: value for key, value in run.items() if isinstance(value, float)} for name, run in runs.items()},
    )
