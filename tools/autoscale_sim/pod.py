"""One pod of the service: slots, queue, admission.

First come, first served, and a page's time is drawn when it comes: so when it starts and ends is known at once, and no
event is needed for either (Kiefer and Wolfowitz 1955). What the service decides is the same as in
src/scheduler/policy.cc for documents of one page of one priority; its estimate of a page's time is taken to have
settled, where the service averages over the last twenty.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

DEVIATIONS = 2.0  # kDeviations
PACE_DEVIATION = 0.05  # ServiceTime::kPaceDeviation
LONGEST_RETRY = 60  # kLongestRetrySeconds


@dataclass(frozen=True)
class PodOptions:
    slots: int
    queue_capacity: int
    page_seconds: float  # in a slot, mean
    page_cv: float
    overhead: float


class Refused(NamedTuple):
    retry_after: int
    reason: str  # queue_full or too_late, as the service says


class Accepted(NamedTuple):
    answered: float  # when the caller hears
    good: bool  # False: a 504


Entry = tuple[float, float, int]  # starts, ends, request


class Pod:
    __slots__ = (
        "_deviation", "_doomed", "_free", "_least", "_mean", "_options", "_own", "_running", "_variance", "_waiting",
        "pages_done", "pages_seconds",
    )  # fmt: skip

    def __init__(self, options: PodOptions, pace: float):
        """`pace` is how many times the usual time this pod's pages take."""
        self._options = options
        self._mean = options.page_seconds * pace
        self._variance = (self._mean * options.page_cv) ** 2
        self._own = self._total(1) + options.overhead
        self._least = max(0.0, 2 * self._mean - self._total(1))
        self._free = [0.0] * options.slots  # when each slot has done all that it was given
        self._waiting: deque[Entry] = deque()
        self._running: list[Entry] = []
        self._doomed: list[float] = []  # when those leave the queue that no slot will take in time
        self.pages_done = 0
        self.pages_seconds = 0.0

    def _total(self, count: float) -> float:
        """Seconds of so many pages one after another, and two deviations."""
        total = count * self._mean
        return total + DEVIATIONS * math.sqrt(count * self._variance + (PACE_DEVIATION * total) ** 2)

    def advance(self, now: float) -> None:
        waiting, running = self._waiting, self._running
        while waiting and waiting[0][0] <= now:
            running.append(waiting.popleft())
        if running and min(entry[1] for entry in running) <= now:
            for starts, ends, _ in running:
                if ends <= now:
                    self.pages_done += 1
                    self.pages_seconds += ends - starts
            self._running = [entry for entry in running if entry[1] > now]
        if self._doomed:
            self._doomed = [leaves for leaves in self._doomed if leaves > now]

    def in_progress(self, now: float) -> int:
        self.advance(now)
        return len(self._waiting) + len(self._running) + len(self._doomed)

    def offer(self, now: float, deadline: float, request: int, factor: float) -> Accepted | Refused:
        """`factor` is how many times this pod's usual time the page takes."""
        self.advance(now)
        options, slots = self._options, self._options.slots
        waiting = len(self._waiting) + len(self._doomed)
        if waiting >= options.queue_capacity:
            # Until half of them have been taken.
            return Refused(_retry_seconds(self._mean * (waiting / 2 + 1) / slots), "queue_full")
        tried = len(self._running) + waiting < slots
        if not tried:
            running = sum(max(0.0, self._mean - now + entry[0]) for entry in self._running)
            needed = (running + self._total(waiting)) / slots + self._own
            left = deadline - now
            if needed > left:
                return Refused(_retry_seconds(needed - max(left, self._own)), "too_late")

        starts = max(now, self._free[0])
        if not tried and starts + self._least > deadline:
            leaves = max(now, deadline - self._least)
            self._doomed.append(leaves)
            return Accepted(leaves, False)
        ends = starts + self._mean * factor
        heapq.heapreplace(self._free, ends)
        entry = (starts, ends, request)
        if starts <= now:
            self._running.append(entry)
        else:
            self._waiting.append(entry)
        answered = ends + options.overhead
        # A page that is in a slot when its deadline passes is not waited for, and not ended either.
        return Accepted(answered, True) if answered <= deadline else Accepted(deadline, False)

    def unfinished(self, now: float) -> list[int]:
        """Requests whose pages wait or run."""
        self.advance(now)
        return [entry[2] for entry in (*self._running, *self._waiting)]

    def idle_at(self) -> float:
        """When the last page that it has is done."""
        return max(self._free)


def _retry_seconds(seconds: float) -> int:
    return max(1, min(LONGEST_RETRY, math.ceil(seconds)))
