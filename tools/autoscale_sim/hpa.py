"""One HorizontalPodAutoscaler: what the controller does at each sync."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from . import replica_calculator as calculator
from .behavior import History, normalize
from .hpa_spec import HpaSpec, Metric
from .replica_calculator import MetricUnavailable, PodStatus, Proposal

SYNC_PERIOD = 15.0  # --horizontal-pod-autoscaler-sync-period


class MetricsSource(Protocol):
    """The metrics APIs. Values are thousandths; each raises `MetricUnavailable`."""

    def of_pods(self, kind: str, name: str) -> Mapping[str, int]:
        """By pod, for metrics of the types Pods and Resource."""

    def of_whole(self, kind: str, name: str) -> int:
        """For metrics of the types Object and External."""


@dataclass(frozen=True)
class Scale:
    """The scale subresource. `status` is how many pods there are, which a Deployment says a little later."""

    spec: int
    status: int


@dataclass(frozen=True)
class Decision:
    replicas: int
    proposals: dict[str, Proposal | None] = field(default_factory=dict)  # None: that metric was not to be had
    metric: str | None = None  # which led
    active_reason: str = "ValidMetricFound"  # of the condition ScalingActive
    able_reason: str = "ReadyForNewScale"
    limited_reason: str | None = None


class Autoscaler:
    """Not thread-safe; all times are seconds of one clock."""

    def __init__(self, spec: HpaSpec, tolerance: float = calculator.DEFAULT_TOLERANCE):
        self.spec = spec
        self._tolerance = tolerance
        self._history = History()
        self._begun = False

    def sync(self, now: float, scale: Scale, pods: list[PodStatus], metrics: MetricsSource) -> Decision:
        """What `spec.replicas` is to be. The caller sets it: a decision counts as carried out."""
        current = scale.spec
        if not self._begun:
            # The first sync counts what is there as a recommendation: a restart of the controller shrinks nothing.
            self._history.recommendations.append((now, current))
            self._begun = True
        decision = self._decide(now, scale, pods, metrics)
        self._history.note_change(now, current, decision.replicas, self.spec)
        return decision

    def _decide(self, now: float, scale: Scale, pods: list[PodStatus], metrics: MetricsSource) -> Decision:
        current, spec = scale.spec, self.spec
        if current == 0 and spec.min_replicas != 0:
            return Decision(0, active_reason="ScalingDisabled")
        if current > spec.max_replicas:
            return Decision(spec.max_replicas)
        if current < spec.min_replicas:
            return Decision(spec.min_replicas)

        proposals = {
            f"{metric.kind}/{metric.name}": self._propose(now, metric, scale, pods, metrics) for metric in spec.metrics
        }
        replicas, leader = 0, None
        for name, proposal in proposals.items():
            if proposal is not None and (replicas == 0 or proposal.replicas > replicas):
                replicas, leader = proposal.replicas, name
        failed = sum(proposal is None for proposal in proposals.values())
        if failed == len(proposals) or (failed and replicas < current):
            # Not even a recommendation is kept: the windows of stabilisation know nothing of this sync.
            return Decision(current, proposals, active_reason="FailedGetMetric")
        result = normalize(spec, self._history, now, current, replicas)
        return Decision(
            result.replicas, proposals, leader, able_reason=result.able_reason, limited_reason=result.limited_reason
        )

    def _propose(
        self, now: float, metric: Metric, scale: Scale, pods: list[PodStatus], metrics: MetricsSource
    ) -> Proposal | None:
        try:
            return self._calculate(now, metric, scale, pods, metrics)
        except MetricUnavailable:
            return None

    def _calculate(
        self, now: float, metric: Metric, scale: Scale, pods: list[PodStatus], metrics: MetricsSource
    ) -> Proposal:
        if metric.kind in ("Pods", "Resource"):
            values = metrics.of_pods(metric.kind, metric.name)
            if not values:
                raise MetricUnavailable("no metrics returned")
            is_cpu = metric.kind == "Resource" and metric.name == "cpu"
            if metric.average_value is not None:
                return calculator.plain_replicas(
                    pods, values, metric.average_value, scale.spec, self._tolerance, is_cpu=is_cpu, now=now
                )
            assert metric.utilization is not None
            return calculator.utilization_replicas(
                pods, values, metric.utilization, scale.spec, self._tolerance, is_cpu=is_cpu, now=now
            )
        usage = metrics.of_whole(metric.kind, metric.name)
        if metric.average_value is not None:
            return calculator.per_pod_replicas(usage, metric.average_value, scale.status, self._tolerance)
        assert metric.value is not None
        return calculator.value_replicas(pods, usage, metric.value, scale.spec, self._tolerance)
