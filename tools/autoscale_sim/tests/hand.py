"""What the tests of the algorithm share: specs and metrics written down by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.autoscale_sim.hpa_spec import HpaSpec, parse_hpa
from tools.autoscale_sim.replica_calculator import MetricUnavailable, PodStatus

FLAT_OUT: dict[str, Any] = {  # no limit but min and max, no memory
    "scaleUp": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 10000, "periodSeconds": 15}],
    },
    "scaleDown": {
        "stabilizationWindowSeconds": 0,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}


def pods_metric(name: str, target: str) -> dict[str, Any]:
    return {
        "type": "Pods",
        "pods": {"metric": {"name": name}, "target": {"type": "AverageValue", "averageValue": target}},
    }


def spec(
    behavior: dict[str, Any] | None = None, low: int = 1, high: int = 100, targets: Mapping[str, str] | None = None
) -> HpaSpec:
    """With Pods metrics; by default one named `load` with the target 1."""
    metrics = [pods_metric(name, target) for name, target in (targets or {"load": "1"}).items()]
    document: dict[str, Any] = {"minReplicas": low, "maxReplicas": high, "metrics": metrics}
    if behavior is not None:
        document["behavior"] = behavior
    return parse_hpa(document)


def running(count: int) -> list[PodStatus]:
    return [PodStatus(f"p{index}") for index in range(count)]


class Metrics:
    """`load=2.0`: every running pod says so; a dictionary: those pods; None: it cannot be fetched."""

    def __init__(self, pods: list[PodStatus], **values: float | dict[str, float] | None):
        self._pods = pods
        self._values = values

    def of_pods(self, kind: str, name: str) -> dict[str, int]:
        value = self._values[name]
        if value is None:
            raise MetricUnavailable(name)
        if isinstance(value, dict):
            return {pod: round(1000 * number) for pod, number in value.items()}
        return {pod.name: round(1000 * value) for pod in self._pods if pod.phase == "Running" and not pod.deleted}

    def of_whole(self, kind: str, name: str) -> int:
        value = self._values[name]
        if not isinstance(value, (int, float)):
            raise MetricUnavailable(name)
        return round(1000 * value)
