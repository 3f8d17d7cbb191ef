"""KEDA in outline (2.18): an HPA of External metrics that KEDA itself serves, and a switch between 0 and 1 replicas.

Modelled: activation, cooldown, `fallback` with its behaviours. Not modelled: several triggers with formulas, pauses,
`idleReplicaCount`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .hpa import Autoscaler, Decision, MetricsSource, Scale
from .hpa_spec import HpaSpec, Metric, SpecError, milli, parse_hpa
from .replica_calculator import MetricUnavailable, PodStatus


@dataclass(frozen=True)
class Fallback:
    failure_threshold: int
    replicas: int
    behavior: str = "static"  # currentReplicas, currentReplicasIfHigher, currentReplicasIfLower

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


def parse_scaled_object(document: Mapping[str, Any]) -> ScaledObject:
    spec = document.get("spec", document)
    if len(spec.get("triggers", [])) != 1:
        raise SpecError("exactly one trigger is modelled")
    metadata = spec["triggers"][0]["metadata"]
    threshold = milli(metadata["threshold"])
    minimum = spec.get("minReplicaCount", 0)
    advanced = spec.get("advanced", {}).get("horizontalPodAutoscalerConfig", {})
    hpa = HpaSpec(
        # KEDA's HPA never goes under 1: between 0 and 1 KEDA switches itself.
        min_replicas=max(minimum, 1),
        max_replicas=spec.get("maxReplicaCount", 100),
        metrics=(Metric("External", "trigger", average_value=threshold),),
        up=None,
        down=None,
    )
    if "behavior" in advanced:
        rules = parse_hpa({"maxReplicas": 1, "metrics": [_ANY_METRIC], "behavior": advanced["behavior"]})
        hpa = HpaSpec(hpa.min_replicas, hpa.max_replicas, hpa.metrics, rules.up, rules.down)
    fallback = spec.get("fallback")
    return ScaledObject(
        threshold=threshold,
        activation=milli(metadata.get("activationThreshold", 0)),
        hpa=hpa,
        min_replicas=minimum,
        cooldown=spec.get("cooldownPeriod", 300),
        fallback=None
        if fallback is None
        else Fallback(fallback["failureThreshold"], fallback["replicas"], fallback.get("behavior", "static")),
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
