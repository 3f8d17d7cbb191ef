"""Rules of KEDA 2.18.1: pkg/fallback/fallback.go and pkg/scaling/executor/scale_scaledobjects.go."""

from __future__ import annotations

from typing import Any

import pytest

from tools.autoscale_sim.hpa import Scale
from tools.autoscale_sim.keda import KedaAutoscaler, parse_scaled_object

from .hand import FLAT_OUT, Metrics, running


def scaled(**changes: Any) -> KedaAutoscaler:
    document: dict[str, Any] = {
        "minReplicaCount": 2,
        "maxReplicaCount": 20,
        "triggers": [{"type": "prometheus", "metadata": {"threshold": "2", "activationThreshold": "1"}}],
        "advanced": {"horizontalPodAutoscalerConfig": {"behavior": FLAT_OUT}},
        "fallback": {"failureThreshold": 3, "replicas": 6, "behavior": "currentReplicasIfHigher"},
        **changes,
    }
    return KedaAutoscaler(parse_scaled_object(document))


def sync(keda: KedaAutoscaler, now: float, replicas: int, total: float | None) -> int:
    metrics = Metrics([], trigger=total)
    return keda.sync(now, Scale(replicas, replicas), running(replicas), metrics).replicas


def test_scales_by_the_sum_over_the_threshold() -> None:
    assert sync(scaled(), 15, 4, 16.0) == 8


def test_an_outage_holds_until_the_threshold_and_then_never_shrinks() -> None:
    keda = scaled()

    replicas = [sync(keda, 15.0 * step, 4, None) for step in range(1, 4)]
    grown = sync(keda, 60, 4, None)

    # numberOfFailures > failureThreshold: the fourth one.
    assert (replicas, grown) == ([4, 4, 4], 6)
    assert sync(keda, 75, 9, None) == 9


@pytest.mark.parametrize(
    ("behavior", "replicas"), [("static", 6), ("currentReplicas", 9), ("currentReplicasIfLower", 6)]
)
def test_other_fallbacks(behavior: str, replicas: int) -> None:
    keda = scaled(fallback={"failureThreshold": 0, "replicas": 6, "behavior": behavior})

    assert sync(keda, 15, 9, None) == replicas


def test_static_fallback_shrinks_in_an_outage_which_is_why_ours_is_another() -> None:
    keda = scaled(fallback={"failureThreshold": 0, "replicas": 6})

    assert sync(keda, 15, 12, None) == 6


def test_without_fallback_an_outage_changes_nothing() -> None:
    keda = scaled(fallback=None)

    assert [sync(keda, 15.0 * step, 7, None) for step in range(1, 9)] == [7] * 8


def test_from_none_to_one_above_the_activation_and_back_after_the_cooldown() -> None:
    keda = scaled(minReplicaCount=0, cooldownPeriod=60)

    assert sync(keda, 15, 0, 1.0) == 0
    assert sync(keda, 30, 0, 1.1) == 1
    assert sync(keda, 45, 1, 0.0) == 1
    assert sync(keda, 90, 1, 0.0) == 1
    assert sync(keda, 91, 1, 0.0) == 0
