"""A HorizontalPodAutoscaler's `spec` (autoscaling/v2) as values, with the defaults that the API server fills in.

Quantities are kept in thousandths, as the controller does: its arithmetic is of integers in places, and that shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip


class SpecError(ValueError):
    """A spec that the API server would refuse, or that is not modelled; the message says which field."""


def milli(quantity: str | int | float) -> int:
    """Thousandths of a Kubernetes quantity ("500m", "1.5", "2Gi"), rounded up as `MilliValue` does."""
    text = str(quantity).strip()
    number = text.rstrip("numkKMGTi")
    try:
        value = Decimal(number) * _SUFFIXES[text[len(number) :]]
    except (ArithmeticError, KeyError):
        raise SpecError(f"'{quantity}' is no quantity") from None
    return int((value * 1000).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True)
class Metric:
    """One entry of `metrics`. Exactly one of the three targets is set."""

    kind: str  # Pods, Resource, Object or External
    name: str
    average_value: int | None = None  # thousandths, a pod
    value: int | None = None  # thousandths, of the whole
    utilization: int | None = None  # percent of the request


@dataclass(frozen=True)
class Policy:
    kind: str  # Pods or Percent
    value: int
    period: int  # seconds


@dataclass(frozen=True)
class Rules:
    """`scaleUp` or `scaleDown` of `behavior`."""

    window: int | None  # seconds of stabilisation; None: the controller's flag decides
    select: str  # Max, Min or Disabled
    policies: tuple[Policy, ...]

    @property
    def longest_period(self) -> int:
        return max(policy.period for policy in self.policies)


# pkg/apis/autoscaling/v2/defaults.go
DEFAULT_UP = Rules(window=0, select="Max", policies=(Policy("Pods", 4, 15), Policy("Percent", 100, 15)))
DEFAULT_DOWN = Rules(window=None, select="Max", policies=(Policy("Percent", 100, 15),))


@dataclass(frozen=True)
class HpaSpec:
    min_replicas: int
    max_replicas: int
    metrics: tuple[Metric, ...]
    up: Rules | None  # both None: no `behavior`, the rules from before there was one
    down: Rules | None


def parse_hpa(document: Mapping[str, Any]) -> HpaSpec:
    """Of a whole object (`kubectl get hpa -o json`) or of its `spec`."""
    spec = document.get("spec", document)
    if "maxReplicas" not in spec:
        raise SpecError("maxReplicas is missing")
    behavior = spec.get("behavior")
    result = HpaSpec(
        min_replicas=spec.get("minReplicas", 1),
        max_replicas=spec["maxReplicas"],
        metrics=tuple(_parse_metric(metric) for metric in spec.get("metrics") or []),
        up=None if behavior is None else _parse_rules(behavior.get("scaleUp"), DEFAULT_UP),
        down=None if behavior is None else _parse_rules(behavior.get("scaleDown"), DEFAULT_DOWN),
    )
    if not 0 <= result.min_replicas <= result.max_replicas:
        raise SpecError("minReplicas has to be between 0 and maxReplicas")
    if not result.metrics:
        raise SpecError("metrics is empty")
    return result


def _parse_metric(entry: Mapping[str, Any]) -> Metric:
    kind = entry["type"]
    source = entry.get(kind.lower())
    if kind not in ("Pods", "Resource", "Object", "External") or source is None:
        raise SpecError(f"metrics of type {kind} are not modelled, or its field is missing")
    name = source["name"] if kind == "Resource" else source["metric"]["name"]
    target = source["target"]
    metric = Metric(
        kind=kind,
        name=name,
        average_value=milli(target["averageValue"]) if "averageValue" in target else None,
        value=milli(target["value"]) if "value" in target else None,
        utilization=target.get("averageUtilization"),
    )
    allowed = {
        "Pods": metric.average_value is not None,
        "Resource": metric.average_value is not None or metric.utilization is not None,
        "Object": metric.average_value is not None or metric.value is not None,
        "External": metric.average_value is not None or metric.value is not None,
    }
    if not allowed[kind]:
        raise SpecError(f"{kind} metric {name}: no target that this type can have")
    return metric


def _parse_rules(entry: Mapping[str, Any] | None, default: Rules) -> Rules:
    if entry is None:
        return default
    policies = entry.get("policies")
    rules = Rules(
        window=entry.get("stabilizationWindowSeconds", default.window),
        select=entry.get("selectPolicy", default.select),
        policies=default.policies
        if policies is None
        else tuple(Policy(policy["type"], policy["value"], policy["periodSeconds"]) for policy in policies),
    )
    if rules.select not in ("Max", "Min", "Disabled") or not rules.policies:
        raise SpecError("selectPolicy is Max, Min or Disabled, and policies is not empty")
    if any(policy.kind not in ("Pods", "Percent") for policy in rules.policies):
        raise SpecError("a policy's type is Pods or Percent")
    return rules
