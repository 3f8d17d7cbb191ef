"""How many replicas one metric asks for: the arithmetic of the controller's `replica_calculator.go` (Kubernetes 1.34).

Its rules, each tested in tests/test_replica_calculator.py. All values are thousandths.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

CPU_INITIALIZATION_PERIOD = 300.0  # --horizontal-pod-autoscaler-cpu-initialization-period
INITIAL_READINESS_DELAY = 30.0  # --horizontal-pod-autoscaler-initial-readiness-delay
DEFAULT_TOLERANCE = 0.1  # --horizontal-pod-autoscaler-tolerance


class MetricUnavailable(Exception):
    """A metric that cannot be had, or that says nothing of these pods."""


@dataclass(frozen=True)
class PodStatus:
    """What the controller sees of a pod."""

    name: str
    phase: str = "Running"  # Pending, Running or Failed
    ready: bool = True
    deleted: bool = False  # has a deletion timestamp
    request: int = 0  # thousandths of the resource that a Resource metric is about
    # For CPU only:
    started: float | None = None
    ready_changed: float | None = None
    sampled: float = math.inf
    window: float = 60.0


@dataclass(frozen=True)
class Proposal:
    replicas: int
    usage: int  # as the HPA's status shows it: a pod's average, or percent for a utilisation


@dataclass(frozen=True)
class _Groups:
    ready_count: int
    unready: list[str]
    missing: list[str]
    ignored: list[str]


def within(ratio: float, tolerance: float) -> bool:
    return 1.0 - tolerance <= ratio <= 1.0 + tolerance


def _is_unready_for_cpu(pod: PodStatus, now: float) -> bool:
    """A starting pod burns CPU that says nothing of its load."""
    if pod.started is None or pod.ready_changed is None:
        return True
    if pod.started + CPU_INITIALIZATION_PERIOD > now:
        return not pod.ready or pod.sampled < pod.ready_changed + pod.window
    return not pod.ready and pod.started + INITIAL_READINESS_DELAY > pod.ready_changed


def _group(pods: Iterable[PodStatus], metrics: Mapping[str, int], is_cpu: bool, now: float) -> _Groups:
    groups = _Groups(0, [], [], [])
    ready_count = 0
    for pod in pods:
        if pod.deleted or pod.phase == "Failed":
            groups.ignored.append(pod.name)
        elif pod.phase == "Pending":
            groups.unready.append(pod.name)
        elif pod.name not in metrics:
            groups.missing.append(pod.name)
        elif is_cpu and _is_unready_for_cpu(pod, now):
            groups.unready.append(pod.name)
        else:
            # Readiness is asked for with CPU only: of any other metric a running pod counts from its first sample on.
            ready_count += 1
    return _Groups(ready_count, groups.unready, groups.missing, groups.ignored)


def _average(values: Mapping[str, int]) -> int:
    return sum(values.values()) // len(values)  # an integer division in the controller too; nothing is negative


def plain_replicas(
    pods: list[PodStatus],
    metrics: Mapping[str, int],
    target: int,
    current: int,
    tolerance: float = DEFAULT_TOLERANCE,
    *,
    is_cpu: bool = False,
    now: float = 0.0,
) -> Proposal:
    """For a Pods metric, or a Resource metric with `averageValue`."""
    groups, values = _prepare(pods, metrics, is_cpu, now)
    usage = _average(values)
    replicas = _decide(
        groups, values, current, tolerance, lambda kept: _average(kept) / target, dict.fromkeys(groups.missing, target)
    )
    return Proposal(replicas, usage)


def utilization_replicas(
    pods: list[PodStatus],
    metrics: Mapping[str, int],
    target_percent: int,
    current: int,
    tolerance: float = DEFAULT_TOLERANCE,
    *,
    is_cpu: bool = False,
    now: float = 0.0,
) -> Proposal:
    """For a Resource metric with `averageUtilization`."""
    requests = {pod.name: pod.request for pod in pods}
    if any(request <= 0 for request in requests.values()):
        raise MetricUnavailable("a pod requests nothing of the resource")
    groups, values = _prepare(pods, metrics, is_cpu, now)

    def percent(kept: Mapping[str, int]) -> int:
        known = [name for name in kept if name in requests]
        if not known:
            raise MetricUnavailable("no metrics returned matched known pods")
        return sum(kept[name] for name in known) * 100 // sum(requests[name] for name in known)

    usage = percent(values)
    at_most = max(100, target_percent)
    fallback = {name: requests[name] * at_most // 100 for name in groups.missing}
    replicas = _decide(groups, values, current, tolerance, lambda kept: percent(kept) / target_percent, fallback)
    return Proposal(replicas, usage)


def _prepare(
    pods: list[PodStatus], metrics: Mapping[str, int], is_cpu: bool, now: float
) -> tuple[_Groups, dict[str, int]]:
    if not pods:
        raise MetricUnavailable("no pods returned by selector")
    groups = _group(pods, metrics, is_cpu, now)
    dropped = {*groups.ignored, *groups.unready}
    values = {name: value for name, value in metrics.items() if name not in dropped}
    if not values:
        raise MetricUnavailable("no metrics of these pods (they might be unready)")
    return groups, values


def _decide(
    groups: _Groups,
    values: dict[str, int],
    current: int,
    tolerance: float,
    ratio_of: Callable[[Mapping[str, int]], float],
    when_down: Mapping[str, int],
) -> int:
    """`ratio_of` gives usage over target; `when_down` is what a missing pod is taken to use when it is below 1."""
    ratio = ratio_of(values)
    up_with_unready = bool(groups.unready) and ratio > 1.0
    if not up_with_unready and not groups.missing:
        if within(ratio, tolerance):
            return current
        return math.ceil(ratio * groups.ready_count)

    filled = dict(values)
    if ratio < 1.0:
        filled.update(when_down)
    elif ratio > 1.0:
        filled.update(dict.fromkeys(groups.missing, 0))
    if up_with_unready:
        filled.update(dict.fromkeys(groups.unready, 0))

    new_ratio = ratio_of(filled)
    if within(new_ratio, tolerance) or (ratio < 1.0 < new_ratio) or (new_ratio < 1.0 < ratio):
        return current
    replicas = math.ceil(new_ratio * len(filled))
    if (new_ratio < 1.0 and replicas > current) or (new_ratio > 1.0 and replicas < current):
        return current
    return replicas


def value_replicas(
    pods: list[PodStatus], usage: int, target: int, current: int, tolerance: float = DEFAULT_TOLERANCE
) -> Proposal:
    """For an Object or External metric with `value`."""
    ratio = usage / target
    if current == 0:
        return Proposal(math.ceil(ratio), usage)
    if within(ratio, tolerance):
        return Proposal(current, usage)
    if not pods:
        raise MetricUnavailable("no pods returned by selector")
    ready = sum(1 for pod in pods if pod.phase == "Running" and pod.ready)
    return Proposal(math.ceil(ratio * ready), usage)


def per_pod_replicas(
    usage: int, target_average: int, status_replicas: int, tolerance: float = DEFAULT_TOLERANCE
) -> Proposal:
    """For an Object or External metric with `averageValue`: `usage` is of all pods together."""
    if status_replicas == 0:  # the controller divides by zero and gets infinity, or not a number: both are not within
        return Proposal(math.ceil(usage / target_average), usage)
    replicas = status_replicas
    if not within(usage / (target_average * status_replicas), tolerance):
        replicas = math.ceil(usage / target_average)
    return Proposal(replicas, math.ceil(usage / status_replicas))
