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
from .inputs import InputError
from .keda import KedaAutoscaler
from .recording import Record, Recording
from .replica_calculator import MetricUnavailable, PodStatus

PHASES = 15  # that are tried where a record does not say when the controller synced
MOST_SYNCS = 100_000  # of a recording: more is a mistake in its times or the period, and takes for ever
Steps = list[tuple[float, int]]  # from when, how many replicas


@dataclass(frozen=True)
class Comparison:
    model: Steps
    recorded: Steps
    phase: float | None  # seconds from the first record to the first sync; None: the record says
    offset_seconds: float  # infinite: one has numbers of replicas that the other never has
    offset_periods: float  # where the record says when the syncs were: syncs, however far apart they were
    largest_difference: int  # of replicas, at any moment
    equal_share: float  # of the time


@dataclass(frozen=True)
class Followed:
    """Of decisions, each made with what was recorded just before it, replicas included."""

    phase: float | None
    decisions: list[tuple[float, int, int, int]]  # when, replicas before, by the model, by the real one until the next
    changes: int  # how many of them changed something, by the one or the other: those that leave all as it is are easily the same
    mean_error: float  # of those that did, the model's, as a part of the real one's replicas; NaN where none did
    share_within_tenth: float  # of those that did


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
        periods = seconds / period if recording.syncs is None else _offset_in_syncs(model, recorded, recording.syncs)
        return Comparison(
            model, recorded, used_phase, seconds, periods, *_differences(model, recorded, first, last)
        )

    attempts = [attempt(syncs, used_phase) for syncs, used_phase in _schedules(recording, period, phase)]
    return min(attempts, key=lambda made: (made.offset_seconds, made.largest_difference, -made.equal_share))


def follow(
    recording: Recording,
    make_autoscaler: Callable[[], Autoscaler | KedaAutoscaler],
    period: float = SYNC_PERIOD,
    phase: float | None = None,
) -> Followed:
    """As `compare`, but the model never goes its own way: before each sync it has the replicas that were recorded. For records
    so coarse, or loads that change so fast, that a small difference would grow into another timeline."""
    recorded = recorded_steps(recording)
    times = [record.time for record in recording.records]

    def attempt(syncs: list[float], used_phase: float | None) -> Followed:
        autoscaler, decisions = make_autoscaler(), []
        # What came of the last one is not in the record.
        for now, following in zip(syncs, syncs[1:] or [math.inf], strict=False):
            record = recording.records[max(0, bisect.bisect_right(times, now) - 1)]
            scale = Scale(record.replicas, sum(not pod.deleted for pod in record.pods))
            wanted = autoscaler.sync(now, scale, record.pods, _RecordedMetrics(record)).replicas
            # Where the syncs are known, a record made at the next one shows what came of this one.
            until = now + period if recording.syncs is None else math.nextafter(following, 0)
            decisions.append((now, record.replicas, wanted, _at(recorded, until)))
        changing = [(wanted, real) for _, before, wanted, real in decisions if {wanted, real} != {before}]
        errors = [abs(wanted - real) / max(1, real) for wanted, real in changing]
        mean = sum(errors) / len(errors) if errors else math.nan
        share = sum(error <= 0.1 for error in errors) / max(1, len(errors))
        return Followed(used_phase, decisions, len(errors), mean, share)

    attempts = [attempt(syncs, used_phase) for syncs, used_phase in _schedules(recording, period, phase)]
    return min(attempts, key=lambda made: math.inf if math.isnan(made.mean_error) else made.mean_error)


def _schedules(recording: Recording, period: float, phase: float | None) -> list[tuple[list[float], float | None]]:
    """When the controller may have synced, each with its phase; or when it did, where that was recorded."""
    if recording.syncs is not None:
        return [(recording.syncs, None)]
    first = recording.records[0].time
    seconds = recording.records[-1].time - first
    if seconds / period > MOST_SYNCS:
        raise InputError(f"{seconds:g} s of records are more than {MOST_SYNCS} periods of {period:g} s, and have to be at most so many")
    phases = [phase] if phase is not None else [period * index / PHASES for index in range(PHASES)]
    return [([first + each + period * index for index in range(int((seconds - each) / period) + 1)], each) for each in phases]


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


def _offset_in_syncs(a: Steps, b: Steps, syncs: list[float]) -> float:
    """A controller that gets no processor syncs late, and what it does a sync later than the other is then long after it."""

    def counted(steps: Steps) -> Steps:
        # Before the first sync there is only what both begin with.
        return [(max(0, bisect.bisect_right(syncs, time) - 1), count) for time, count in steps]

    return offset(counted(a), counted(b), 0, len(syncs) - 1)


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
