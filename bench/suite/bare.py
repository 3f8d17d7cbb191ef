"""The bare engine: OpenVINO alone, see bench/bare_engine.cc."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .context import BenchError, Context


@dataclass(frozen=True)
class BareResult:
    pages_per_second: float
    streams: int
    pinned: bool
    cpu_ms_per_page: float

    @property
    def setting(self) -> str:
        return f"{self.streams} stream{'s' if self.streams > 1 else ''}{', pinned' if self.pinned else ''}"


def find_best(context: Context, model: Path | None = None, seconds: float | None = None) -> BareResult:
    """Looks for the best stream count, each for so many seconds; its figure is only good for choosing."""
    seconds = seconds or max(1.0, context.seconds / 5)
    return BareResult(**_run(context, ["--best", "1", "--seconds", f"{seconds:g}", *_model(model)]))


def run_bare(context: Context, setting: BareResult, model: Path | None = None) -> BareResult:
    options = ["--best", f"{context.seconds:g}", "--streams", str(setting.streams), *_model(model)]
    return BareResult(**_run(context, options + (["--pinned"] if setting.pinned else [])))


def run_sgemm(context: Context, seconds: float) -> float:
    """GFLOP/s of the engine's own product of two matrices: no model can have more."""
    return _run(context, ["--sgemm", f"{seconds:g}"])["gigaflops"]


def _model(model: Path | None) -> list[str]:
    return [] if model is None else ["--model", str(model)]


def _run(context: Context, options: list[str]) -> dict:
    command = [str(context.program("bench/doclayout_bare_engine")), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"the bare engine left with {done.returncode}:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout)
