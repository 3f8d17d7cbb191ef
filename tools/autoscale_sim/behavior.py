"""From the metrics' proposal to a number of replicas: stabilisation, policies, limits (`horizontal.go`, 1.34)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .hpa_spec import HpaSpec, Rules

DEFAULT_DOWN_WINDOW = 300.0  # --horizontal-pod-autoscaler-downscale-stabilization


@dataclass
class History:
    """What the controller remembers of one HPA, in memory only: a restart forgets it."""

    recommendations: list[tuple[float, int]] = field(default_factory=list)
    ups: list[tuple[float, int]] = field(default_factory=list)
    downs: list[tuple[float, int]] = field(default_factory=list)

    def note_recommendation(self, now: float, replicas: int, keep: float) -> None:
        self.recommendations = [entry for entry in self.recommendations if entry[0] >= now - keep]
        self.recommendations.append((now, replicas))

    def note_change(self, now: float, before: int, after: int, spec: HpaSpec) -> None:
        if spec.up is None or spec.down is None or before == after:
            return  # without `behavior` no event is kept, since nothing asks for it
        events, rules = (self.ups, spec.up) if after > before else (self.downs, spec.down)
        # One entry over the longest period of its own direction makes room for the new one, the others stay: the other
        # direction's policies look at this list too, and may look further back.
        outdated = [index for index, (when, _) in enumerate(events) if when < now - rules.longest_period]
        if outdated:
            events[outdated[-1]] = (now, abs(after - before))
        else:
            events.append((now, abs(after - before)))


@dataclass(frozen=True)
class Normalized:
    replicas: int
    able_reason: str  # of the condition AbleToScale
    limited_reason: str | None  # of ScalingLimited when it is true, else None


def normalize(spec: HpaSpec, history: History, now: float, current: int, desired: int) -> Normalized:
    if spec.up is None or spec.down is None:
        return _normalize_without_behavior(spec, history, now, current, desired)
    stabilized, reason = _stabilize(spec.up, spec.down, history, now, current, desired)
    replicas, limited = _limit_rate(spec, history, now, current, stabilized)
    return Normalized(
        replicas,
        reason if stabilized != desired else "ReadyForNewScale",
        None if replicas == stabilized else limited,
    )


def _stabilize(up: Rules, down: Rules, history: History, now: float, current: int, desired: int) -> tuple[int, str]:
    up_window = up.window or 0
    down_window = DEFAULT_DOWN_WINDOW if down.window is None else down.window
    at_least = desired  # as many as every recommendation of the window for scaling up
    at_most = desired
    for when, replicas in history.recommendations:
        if when > now - up_window:
            at_least = min(at_least, replicas)
        if when > now - down_window:
            at_most = max(at_most, replicas)
    history.note_recommendation(now, desired, max(up_window, down_window))
    # In this order: where both bounds bind, that of scaling down wins.
    stabilized = min(max(current, at_least), at_most)
    return stabilized, "ScaleUpStabilized" if desired >= current else "ScaleDownStabilized"


def _changed_within(events: list[tuple[float, int]], period: float, now: float) -> int:
    return sum(change for when, change in events if when > now - period)


def _period_start(history: History, period: float, now: float, current: int) -> int:
    return current - _changed_within(history.ups, period, now) + _changed_within(history.downs, period, now)


def scale_up_limit(rules: Rules, history: History, now: float, current: int) -> int:
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        start = _period_start(history, policy.period, now, current)
        # Rounded up: else a percentage of few replicas would never add one.
        grown = math.ceil(start * (1 + policy.value / 100)) if policy.kind == "Percent" else start + policy.value
        limits.append(grown)
    return min(limits) if rules.select == "Min" else max(limits)


def scale_down_limit(rules: Rules, history: History, now: float, current: int) -> int:
    if rules.select == "Disabled":
        return current
    limits = []
    for policy in rules.policies:
        start = _period_start(history, policy.period, now, current)
        shrunk = int(start * (1 - policy.value / 100)) if policy.kind == "Percent" else start - policy.value
        limits.append(shrunk)
    # Max is the largest change, which is the lowest number.
    return max(limits) if rules.select == "Min" else min(limits)


def _up_reason(limit: int, spec: HpaSpec) -> str:
    return "ScaleUpLimit" if limit < spec.max_replicas else "TooManyReplicas"


def _limit_rate(spec: HpaSpec, history: History, now: float, current: int, desired: int) -> tuple[int, str | None]:
    assert spec.up is not None and spec.down is not None
    if desired > current:
        limit = max(current, scale_up_limit(spec.up, history, now, current))
        return min(desired, limit, spec.max_replicas), _up_reason(limit, spec)
    if desired < current:
        limit = min(current, scale_down_limit(spec.down, history, now, current))
        reason = "ScaleDownLimit" if limit > spec.min_replicas else "TooFewReplicas"
        return max(desired, limit, spec.min_replicas), reason
    return desired, None


def _normalize_without_behavior(spec: HpaSpec, history: History, now: float, current: int, desired: int) -> Normalized:
    """The rules of an HPA without `behavior`: 5 minutes for scaling down, at most twice as many or 4 for scaling up."""
    stabilized = desired
    for when, replicas in history.recommendations:
        if when >= now - DEFAULT_DOWN_WINDOW:
            stabilized = max(stabilized, replicas)
    history.note_recommendation(now, desired, DEFAULT_DOWN_WINDOW)
    able = "ReadyForNewScale" if stabilized == desired else "ScaleDownStabilized"

    limit = max(2 * current, 4)
    highest = min(limit, spec.max_replicas)
    if stabilized < spec.min_replicas:
        return Normalized(spec.min_replicas, able, "TooFewReplicas")
    if stabilized > highest:
        return Normalized(highest, able, _up_reason(limit, spec))
    return Normalized(stabilized, able, None)
