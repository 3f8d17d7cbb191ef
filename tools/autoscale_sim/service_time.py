"""How long pages take, from measured figures (service_times.json)."""

from __future__ import annotations

import json
import math
import random
import statistics
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .inputs import no_such

FOLDER = Path(__file__).parent
_Z99 = 2.326  # of a normal distribution: p99 is so many deviations over the median
_BLOCK = 1 << 12


@dataclass(frozen=True)
class Profile:
    name: str
    pages_per_second: float  # of a pod, all slots busy
    page_cv: float  # deviation of one page's time over its mean
    pace_cv: float  # the same of a pod's pace
    overhead: float  # seconds outside the slot
    start: tuple[float, float]  # seconds from exec to ready, least and most

    def slot_seconds(self, slots: int) -> float:
        """A page in its slot while the others are busy too. When they are not it takes less, which is left out: slots
        share the processors, and what counts here happens under load."""
        return slots / self.pages_per_second


def load_profile(name: str, path: Path = FOLDER / "service_times.json") -> Profile:
    profiles: dict[str, Any] = json.loads(path.read_text())["profiles"]
    if name not in profiles:
        raise no_such("profile", name, profiles)
    entry = profiles[name]
    rounds = entry["pages_per_second"]
    # In a closed loop of n callers an answer waits for about n pages one after another, so its deviation is that of a
    # sum of n; that the pages' times are independent makes this the largest that fits.
    latency_cv = (entry["p99_ms"] / entry["p50_ms"] - 1) / _Z99
    return Profile(
        name=name,
        pages_per_second=statistics.median(rounds),
        page_cv=latency_cv * math.sqrt(entry["connections"]),
        pace_cv=statistics.stdev(rounds) / statistics.mean(rounds),
        overhead=entry["overhead_ms"] / 1000,
        start=(entry["start_s"][0], entry["start_s"][1]),
    )


class Lognormal:
    """Draws with the mean 1, a block at a time."""

    def __init__(self, cv: float, dice: random.Random):
        self._sigma = math.sqrt(math.log(1 + cv * cv))
        self._dice = dice
        self._left: list[float] = []

    def draw(self) -> float:
        if not self._left:
            mu = -self._sigma * self._sigma / 2
            self._left = [self._dice.lognormvariate(mu, self._sigma) for _ in range(_BLOCK)]
        return self._left.pop()
