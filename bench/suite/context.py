"""What every section is told."""

from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class BenchError(Exception):
    """A measurement that cannot be made; the message says why."""


@dataclass(frozen=True)
class Context:
    build: Path
    """Folder of a Release build with the benchmarks in it."""
    page: Path
    rounds: int
    seconds: float
    """Of one contender in one round."""
    connections: int
    warm_up_pages: int
    pages: int
    """Of the memory section, after the warm-up."""
    starts: int
    overload_seconds: float
    """Of each step of the overload section."""
    restarts: int
    leak_requests: int
    with_peer: bool
    serve_options: list[str] = field(default_factory=list)

    def program(self, name: str) -> Path:
        path = self.build / name
        if not path.is_file():
            raise BenchError(f"{path} is not there; scripts/bench builds it")
        return path
