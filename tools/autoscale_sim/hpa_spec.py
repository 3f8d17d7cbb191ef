"""A HorizontalPodAutoscaler's `spec` (autoscaling/v2) as values, with the defaults that the API server fills in.

Quantities are kept in thousandths, as the controller does: its arithmetic is of integers in places, and that shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import Any

from .inputs import MOST, Given, InputError

_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1),
    "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12),
    "Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40),
}  # fmt: skip


def milli(quantity: str | int | float, where: str = "a quantity") -> int:
    """Thousandths of a Kubernetes quantity ("500m", "1.5", "2Gi"), rounded up as `MilliValue` does."""
    text = str(quantity).strip()
    number = text.rstrip("numkKMGTi")
    try:
        value = Decimal(number) * _SUFFIXES[text[len(number) :]]
    except (ArithmeticError, KeyError):
        value = Decimal("NaN")
    if not value.is_finite() or not 0 <= value <= MOST:
        raise InputError(f"{where} is {quantity!r}, and has to be a Kubernetes quantity that is not negative, such as 500m, 2 or 1.5Gi")
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


def parse_hpa(document: Mapping[str, Any], where: str = "HPA") -> HpaSpec:
    """Of a whole object (`kubectl get hpa NAME -o json`) or of its `spec`. Refuses what the API server would refuse, or what is
    not modelled; `where` is what its messages call the document."""
    given = Given(document, where)
    spec = given.get("spec") if "spec" in given else given
    behavior = spec.get("behavior")
    has_behavior = behavior.value is not None
    result = HpaSpec(
        min_replicas=spec.get("minReplicas").integer(default=1),
        max_replicas=spec.get("maxReplicas").integer(least=1),
        metrics=tuple(_parse_metric(metric) for metric in spec.get("metrics").items()),
        up=_parse_rules(behavior.get("scaleUp"), DEFAULT_UP) if has_behavior else None,
        down=_parse_rules(behavior.get("scaleDown"), DEFAULT_DOWN) if has_behavior else None,
    )
    check_limits(spec, result, "minReplicas", "maxReplicas")
    return result


def check_limits(spec: Given, parsed: HpaSpec, least: str, most: str) -> None:
    if parsed.min_replicas > parsed.max_replicas:
        raise InputError(
            f"{spec.where}: {least} is {parsed.min_replicas}, and has to be at most {most}, which is {parsed.max_replicas}"
        )


# The fields of a target that each type can have.
_TARGETS = {
    "Pods": ("averageValue",),
    "Resource": ("averageValue", "averageUtilization"),
    "Object": ("averageValue", "value"),
    "External": ("averageValue", "value"),
}


def _parse_metric(entry: Given) -> Metric:
    kind = entry.get("type").text(*_TARGETS)
    source = entry.get(kind.lower())
    name = source.get("name") if kind == "Resource" else source.get("metric").get("name")
    target = source.get("target")
    given = [field for field in _TARGETS[kind] if field in target]
    if not given:
        raise InputError(f"{target.where} has none of the fields that a metric of type {kind} can have: {', '.join(_TARGETS[kind])}")
    average, whole, utilization = target.get("averageValue"), target.get("value"), target.get("averageUtilization")
    return Metric(
        kind=kind,
        name=name.text(),
        average_value=positive_milli(average) if "averageValue" in given else None,
        value=positive_milli(whole) if "value" in given else None,
        utilization=utilization.integer(least=1) if "averageUtilization" in given else None,
    )


def positive_milli(given: Given) -> int:
    """Of a target, which the usage is divided by."""
    thousandths = milli(given.value, given.where)
    if thousandths == 0:
        raise InputError(f"{given.where} is {given.value!r}, and has to be more than 0")
    return thousandths


def _parse_rules(entry: Given, default: Rules) -> Rules:
    if entry.value is None:
        return default
    policies = entry.get("policies")
    window = entry.get("stabilizationWindowSeconds")
    return Rules(
        window=default.window if window.value is None else window.integer(most=3600),
        select=entry.get("selectPolicy").text("Max", "Min", "Disabled", default=default.select),
        policies=default.policies if policies.value is None else tuple(_parse_policy(policy) for policy in policies.items()),
    )


def _parse_policy(entry: Given) -> Policy:
    return Policy(
        entry.get("type").text("Pods", "Percent"),
        entry.get("value").integer(least=1),
        entry.get("periodSeconds").integer(least=1, most=1800),
    )
