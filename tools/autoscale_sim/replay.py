"""How far the modelled autoscaler is from what a real one did with the same metrics.

The model goes its own way: it starts with as many replicas as the record, then follows its own decisions, and takes
from the record only what pods and metrics there were. Where it wants more pods than there were these are pending, where
it wants fewer the last ones are being deleted. `offset` then says by how much of time the two timelines of replicas
differ.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from .hpa import SYNC_PERIOD, Autoscaler, Scale
from .keda import KedaAutoscaler
from .recording import Record, Recording
from .replica_calculator import MetricUnavailable, PodStatus

PHASES = 15  # that are tried where a record does not say when the controller synced
Steps = list[tuple[float, int]]  # from when, how many replicas


@dataclass(frozen=True)
class Comparison:
    model: Steps
    recorded: Steps
    phase: float | None  # seconds from the first record to the first sync; None: the record says
    offset_seconds: float  # infinite: one has numbers of replicas that the other never has
    offset_periods: float
    largest_difference: int  # of replicas, at any moment
    equal_share: float  # of the time


class _RecordedMetrics:
    def __init__(self, record: Record):
        self._record = record

    def of_pods(self, kind: str, name: str) -> Mapping[str, int]:
        values = self._record.metrics.get(name)
        if not isinstance(values, dict):
            raise MetricUnavailable(name)
        return {pod: int(round(value * 1e6) // 1000) for pod, value in values.items()}

    def of_whole(self, kind: str, name: str) -> int:
        value = self._record.metrics.get(name)
        if value is None:
            raise MetricUnavailable(name)
        if isinstance(value, dict):
            return sum(self.of_pods(kind, name).values())
        return int(round(value * 1e6) // 1000)


def _pods_for(record: Record, replicas: int) -> list[PodStatus]:
    surplus = record.replicas - replicas
    if surplus <= 0:
        return record.pods + [PodStatus(f"wanted-{index}", phase="Pending", ready=False) for index in range(-surplus)]
    active = [pod for pod in record.pods if not pod.deleted]
    # Those that do not run or are not ready go first, then the youngest, which a record does not tell: the last ones.
    order = sorted(
        range(len(active)), key=lambda index: (active[index].phase == "Running", active[index].ready, -index)
    )
    going = {active[index].name for index in order[:surplus]}
    return [replace(pod, deleted=pod.deleted or pod.name in going) for pod in record.pods]


def run_model(autoscaler: Autoscaler | KedaAutoscaler, records: list[Record], syncs: list[float]) -> Steps:
    times = [record.time for record in records]
    replicas = records[0].replicas
    steps = [(records[0].time, replicas)]
    for now in syncs:
        record = records[max(0, bisect.bisect_right(times, now) - 1)]
        pods = _pods_for(record, replicas)
        scale = Scale(replicas, sum(not pod.deleted for pod in pods))
        wanted = autoscaler.sync(now, scale, pods, _RecordedMetrics(record)).replicas
        if wanted != replicas:
            replicas = wanted
            steps.append((now, replicas))
    return steps


def recorded_steps(recording: Recording) -> Steps:
    """From when `replicas` was what: where the syncs are known, from the sync that a record shows the result of."""
    steps: Steps = []
    before = recording.records[0].time
    for record in recording.records:
        if not steps:
            steps.append((record.time, record.replicas))
        elif record.replicas != steps[-1][1]:
            # A record made at a sync shows what there was before it.
            steps.append((before if recording.syncs is not None else record.time, record.replicas))
        before = record.time
    return steps


def compare(
    recording: Recording,
    make_autoscaler: Callable[[], Autoscaler | KedaAutoscaler],
    period: float = SYNC_PERIOD,
    phase: float | None = None,
) -> Comparison:
    """`make_autoscaler()` gives a fresh one. Without `syncs` and `phase` every phase is tried and the nearest run is
    taken: a controller syncs when it likes, and the record does not show when."""
    first, last = recording.records[0].time, recording.records[-1].time
    recorded = recorded_steps(recording)

    def attempt(syncs: list[float], used_phase: float | None) -> Comparison:
        model = run_model(make_autoscaler(), recording.records, syncs)
        seconds = offset(model, recorded, first, last)
        return Comparison(
            model, recorded, used_phase, seconds, seconds / period, *_differences(model, recorded, first, last)
        )

    if recording.syncs is not None:
        return attempt(recording.syncs, None)
    phases = [phase] if phase is not None else [period * index / PHASES for index in range(PHASES)]
    attempts = [
        attempt([first + each + period * index for index in range(int((last - first - each) / period) + 1)], each)
        for each in phases
    ]
    return min(attempts, key=lambda made: (made.offset_seconds, made.largest_difference, -made.equal_share))


def _at(steps: Steps, time: float) -> int:
    return steps[max(0, bisect.bisect_right(steps, (time, math.inf)) - 1)][1]


def _differences(a: Steps, b: Steps, first: float, last: float) -> tuple[int, float]:
    edges = sorted({first, last, *(time for time, _ in a + b if first < time < last)})
    largest, equal = 0, 0.0
    for begin, end in zip(edges, edges[1:], strict=False):
        difference = abs(_at(a, begin) - _at(b, begin))
        largest = max(largest, difference)
        equal += (end - begin) * (difference == 0)
    return largest, equal / (last - first)


def offset(a: Steps, b: Steps, first: float, last: float) -> float:
    """The least number of seconds L so that at every moment each of the two lies between the least and the most that
    the other has within L before and after. Two timelines with the same steps, of which one is late by L, are L apart;
    one step of L too much is as far as it is long."""
    distances = sorted({0.0, *(abs(time - other) for time, _ in a + b for other, _ in a + b), last - first})
    if not _fits(a, b, distances[-1], first, last):
        return math.inf
    low, high = 0, len(distances) - 1
    while low < high:
        middle = (low + high) // 2
        if _fits(a, b, distances[middle], first, last):
            high = middle
        else:
            low = middle + 1
    return distances[low]


def _fits(a: Steps, b: Steps, within: float, first: float, last: float) -> bool:
    return _is_inside(a, b, within, first, last) and _is_inside(b, a, within, first, last)


def _is_inside(inner: Steps, outer: Steps, within: float, first: float, last: float) -> bool:
    edges = {first, last, *(time for time, _ in inner)}
    edges.update(time + shift for time, _ in outer for shift in (-within, within))
    inside = sorted(edge for edge in edges if first <= edge <= last)
    for begin, end in zip(inside, inside[1:], strict=False):
        middle = (begin + end) / 2  # between two edges nothing changes
        seen = [count for time, count in outer if middle - within < time <= middle + within]
        seen.append(_at(outer, middle - within))
        if not min(seen) <= _at(inner, middle) <= max(seen):
            return False
    return True
