"""KEDA in outline (2.18): an HPA of External metrics that KEDA itself serves, and a switch between 0 and 1 replicas.

Modelled: activation, cooldown, `fallback` with its behaviours. Not modelled: several triggers with formulas, pauses,
`idleReplicaCount`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .hpa import Autoscaler, Decision, MetricsSource, Scale
from .hpa_spec import HpaSpec, Metric, check_limits, milli, parse_hpa, positive_milli
from .inputs import MOST_PODS, Given, InputError
from .replica_calculator import MetricUnavailable, PodStatus


FALLBACKS = ("static", "currentReplicas", "currentReplicasIfHigher", "currentReplicasIfLower")


@dataclass(frozen=True)
class Fallback:
    failure_threshold: int
    replicas: int
    behavior: str  # one of FALLBACKS

    def of(self, current: int) -> int:
        return {
            "static": self.replicas,
            "currentReplicas": current,
            "currentReplicasIfHigher": max(current, self.replicas),
            "currentReplicasIfLower": min(current, self.replicas),
        }[self.behavior]


@dataclass(frozen=True)
class ScaledObject:
    """One trigger, of metric type AverageValue: `threshold` a pod of what the query sums over all of them."""

    threshold: int  # thousandths
    activation: int  # thousandths; active above it
    hpa: HpaSpec
    min_replicas: int
    cooldown: float
    fallback: Fallback | None


def parse_scaled_object(document: Mapping[str, Any], where: str = "ScaledObject") -> ScaledObject:
    """Of a whole object or of its `spec`; `where` is what its messages call the document."""
    given = Given(document, where)
    spec = given.get("spec") if "spec" in given else given
    triggers = spec.get("triggers").items()
    if len(triggers) != 1:
        raise InputError(f"{spec.where}: triggers are {len(triggers)}, and exactly one is modelled")
    metadata = triggers[0].get("metadata")
    threshold = positive_milli(metadata.get("threshold"))
    minimum = spec.get("minReplicaCount").integer(default=0)
    hpa = HpaSpec(
        # KEDA's HPA never goes under 1: between 0 and 1 KEDA switches itself.
        min_replicas=max(minimum, 1),
        max_replicas=spec.get("maxReplicaCount").integer(least=1, default=100),
        metrics=(Metric("External", "trigger", average_value=threshold),),
        up=None,
        down=None,
    )
    check_limits(spec, hpa, "minReplicaCount", "maxReplicaCount")
    advanced = spec.get("advanced")
    config = advanced.get("horizontalPodAutoscalerConfig") if advanced.value is not None else advanced
    if config.value is not None and "behavior" in config:
        behavior = config.get("behavior")
        rules = parse_hpa({"maxReplicas": 1, "metrics": [_ANY_METRIC], "behavior": behavior.value}, config.where)
        hpa = HpaSpec(hpa.min_replicas, hpa.max_replicas, hpa.metrics, rules.up, rules.down)
    activation = metadata.get("activationThreshold")
    return ScaledObject(
        threshold=threshold,
        activation=0 if activation.value is None else milli(activation.value, activation.where),
        hpa=hpa,
        min_replicas=minimum,
        cooldown=spec.get("cooldownPeriod").number(default=300),
        fallback=_parse_fallback(spec.get("fallback")),
    )


def _parse_fallback(entry: Given) -> Fallback | None:
    if entry.value is None:
        return None
    return Fallback(
        entry.get("failureThreshold").integer(),
        entry.get("replicas").integer(most=MOST_PODS),
        entry.get("behavior").text(*FALLBACKS, default="static"),
    )


_ANY_METRIC = {"type": "External", "external": {"metric": {"name": "any"}, "target": {"averageValue": "1"}}}


class KedaAutoscaler:
    """As `Autoscaler`; asks for the External metric `trigger` once a sync: `useCachedMetrics` is off by default."""

    def __init__(self, scaled: ScaledObject):
        self._scaled = scaled
        self._hpa = Autoscaler(scaled.hpa)
        self._failures = 0
        self._last_active: float | None = None

    def sync(self, now: float, scale: Scale, pods: list[PodStatus], metrics: MetricsSource) -> Decision:
        usage = self._read(scale, metrics)
        if usage is not None and usage > self._scaled.activation:
            self._last_active = now
        if scale.spec == 0:
            return Decision(1 if self._last_active == now else 0)
        if self._scaled.min_replicas == 0 and usage is not None and self._cooled_down(now):
            return Decision(0)
        return self._hpa.sync(now, scale, pods, _Served(usage))

    def _cooled_down(self, now: float) -> bool:
        return self._last_active is None or now - self._last_active > self._scaled.cooldown

    def _read(self, scale: Scale, metrics: MetricsSource) -> int | None:
        try:
            usage = metrics.of_whole("External", "trigger")
            self._failures = 0
            return usage
        except MetricUnavailable:
            self._failures += 1
        fallback = self._scaled.fallback
        if fallback is None or self._failures <= fallback.failure_threshold:
            return None
        return self._scaled.threshold * fallback.of(scale.spec)


@dataclass(frozen=True)
class _Served:
    usage: int | None

    def of_pods(self, kind: str, name: str) -> Mapping[str, int]:
        raise MetricUnavailable("KEDA serves no metrics of pods")

    def of_whole(self, kind: str, name: str) -> int:
        if self.usage is None:
            raise MetricUnavailable("the trigger failed, and not often enough for the fallback")
        return self.usage
