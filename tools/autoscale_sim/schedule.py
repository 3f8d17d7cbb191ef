"""What is to happen when: the clock of a run."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
from typing import Any


class Schedule:
    """Calls in the order of their times; of the same time, in the order in which they were asked for."""

    def __init__(self) -> None:
        self.next_time = math.inf
        self._entries: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._count = 0

    def at(self, time: float, call: Callable[..., None], *arguments: Any) -> None:
        """`call(time, *arguments)`."""
        self._count += 1
        heapq.heappush(self._entries, (time, self._count, call, arguments))
        self.next_time = self._entries[0][0]

    def run_next(self) -> None:
        time, _, call, arguments = heapq.heappop(self._entries)
        self.next_time = self._entries[0][0] if self._entries else math.inf
        call(time, *arguments)
