"""`doclayout bench` as a generator of load: pages that come whether or not the last ones are answered."""

import json
import subprocess

from .context import BenchError, Context
from .processes import Service


def run_bench(context: Context, service: Service, *options: str) -> list[dict]:
    """The steps of a run, as its JSON has them."""
    program = context.program("doclayout")
    command = [str(program), "bench", service.url("/analyze"), str(context.page), "--format", "json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    service.check_alive()
    # 1: no page was answered well, which is a result.
    if done.returncode not in (0, 1) or not done.stdout:
        raise BenchError(f"doclayout bench failed with {done.returncode}: {done.stderr[-500:]}")
    return json.loads(done.stdout)["steps"]


def milliseconds(latency: dict | None, quantile: str) -> float | None:
    """Of a latency of a step; None where there was no such answer."""
    return None if latency is None else latency[quantile] * 1e3


def told(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


