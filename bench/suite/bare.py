"""The bare engine: OpenVINO alone, see bench/bare_engine.cc."""

import json
import subprocess
from dataclasses import dataclass

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


def find_best(context: Context) -> BareResult:
    """Looks for the best stream count; its figure is only good for choosing."""
    return _run(context, ["--best", "1", "--seconds", f"{max(1.0, context.seconds / 5):g}"])


def run_bare(context: Context, setting: BareResult) -> BareResult:
    options = ["--best", f"{context.seconds:g}", "--streams", str(setting.streams)]
    return _run(context, options + (["--pinned"] if setting.pinned else []))


def _run(context: Context, options: list[str]) -> BareResult:
    command = [str(context.program("bench/doclayout_bare_engine")), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"the bare engine left with {done.returncode}:\n{done.stderr[-2000:]}")
    return BareResult(**json.loads(done.stdout))
