"""What a sync does with the metrics' proposals. `docs` and `source` (here horizontal.go) as in
test_replica_calculator.py."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tools.autoscale_sim.hpa import Autoscaler, Decision, Scale
from tools.autoscale_sim.hpa_spec import HpaSpec, milli, parse_hpa
from tools.autoscale_sim.inputs import InputError
from tools.autoscale_sim.replica_calculator import PodStatus

from .hand import FLAT_OUT, Metrics, running, spec


class Plant:
    """Pods are there and ready at once; `step` syncs after 15 s."""

    def __init__(self, hpa_spec: HpaSpec, replicas: int):
        self.hpa = Autoscaler(hpa_spec)
        self.replicas = replicas
        self.now = 0.0

    def step(self, seconds: float = 15.0, **values: Any) -> Decision:
        self.now += seconds
        pods = running(self.replicas)
        decision = self.hpa.sync(self.now, Scale(self.replicas, self.replicas), pods, Metrics(pods, **values))
        self.replicas = decision.replicas
        return decision

    def steps(self, *loads: float) -> list[int]:
        return [self.step(load=load).replicas for load in loads]


def test_the_largest_proposal_wins() -> None:
    # docs: "calculated for each metric, and the largest is chosen". 4 * 1.5 = 6, 4 * 0.5 = 2.
    plant = Plant(spec(FLAT_OUT, targets={"load": "1", "latency": "1"}), 4)

    decision = plant.step(load=0.5, latency=1.5)

    assert (decision.replicas, decision.metric) == (6, "Pods/latency")


def test_a_metric_that_cannot_be_fetched_forbids_scaling_down() -> None:
    # docs: "If any of these metrics cannot be converted into a desired replica count and a scale down is suggested by
    # the metrics which can be fetched, scaling is skipped."
    plant = Plant(spec(FLAT_OUT, targets={"load": "1", "latency": "1"}), 4)

    decision = plant.step(load=0.1, latency=None)

    assert (decision.replicas, decision.active_reason) == (4, "FailedGetMetric")


def test_a_metric_that_cannot_be_fetched_does_not_forbid_scaling_up() -> None:
    # docs: "still capable of scaling up if one or more metrics give a desiredReplicas greater than the current value."
    plant = Plant(spec(FLAT_OUT, targets={"load": "1", "latency": "1"}), 4)

    assert plant.step(load=2.0, latency=None).replicas == 8


def test_without_any_metric_nothing_changes_and_nothing_is_remembered() -> None:
    # source: reconcileAutoscaler returns before normalizeDesiredReplicas: no recommendation is stored.
    up_60 = {"scaleUp": {**FLAT_OUT["scaleUp"], "stabilizationWindowSeconds": 60}, "scaleDown": FLAT_OUT["scaleDown"]}
    plant = Plant(spec(up_60), 2)
    plant.step(load=1.0)

    decisions = [plant.step(load=None) for _ in range(5)]
    after = plant.step(load=3.0)

    assert {decision.replicas for decision in decisions} == {2}
    # The window of 60 s is empty but for the new one: up at once.
    assert after.replicas == 6


def test_zero_replicas_switch_the_autoscaler_off() -> None:
    # source: currentReplicas == 0 && minReplicas != 0: ScalingDisabled.
    assert Plant(spec(FLAT_OUT), 0).step(load=5.0).active_reason == "ScalingDisabled"


def test_outside_the_limits_it_comes_inside_whatever_the_metrics_say() -> None:
    # source: currentReplicas > maxReplicas, < minReplicas: no metric is asked, no policy.
    assert Plant(spec(high=10), 50).step(load=None).replicas == 10
    assert Plant(spec(low=5), 1).step(load=None).replicas == 5


def test_default_policies_add_4_or_double_in_15_seconds() -> None:
    # docs, default behaviour: scaleUp 100 % or 4 pods in 15 s, the larger.
    plant = Plant(spec({}), 1)

    assert plant.steps(100, 100, 100, 100, 100) == [5, 10, 20, 40, 80]
    assert plant.step(load=100).limited_reason == "TooManyReplicas"


def test_without_behavior_double_or_4_at_once() -> None:
    # source: calculateScaleUpLimit = max(2 * current, 4).
    assert Plant(spec(), 1).steps(100, 100, 100) == [4, 8, 16]


def test_a_policy_counts_what_was_added_in_its_period() -> None:
    # source: periodStartReplicas = current - added: 100 % in 60 s of 2 is 4 in all until a minute has passed.
    behavior = {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 100, "periodSeconds": 60}],
        },
    }
    plant = Plant(spec(behavior), 2)

    # At 15 s: 4. 30, 45, 60 s: limited. At 75 s the first change is 60 s old, which no longer counts (After is strict):
    # 8.
    assert plant.steps(9, 9, 9, 9, 9, 9) == [4, 4, 4, 4, 8, 8]


def test_what_was_removed_counts_as_room() -> None:
    # source: periodStartReplicas = current - added + deleted, for both directions.
    behavior = {
        "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 2, "periodSeconds": 60}]},
        "scaleDown": FLAT_OUT["scaleDown"],
    }
    plant = Plant(spec(behavior), 10)

    # 10 -> 5 (5 deleted), then up: start of the period 5 + 5 = 10, and 2: 12.
    assert plant.steps(0.5, 9) == [5, 12]


def test_percent_rounds_up_when_growing_and_keeps_more_cut_off_when_shrinking() -> None:
    # source: ceil(3 * 1.1) = 4; int(15 * 0.9) = 13.
    up = {
        "scaleUp": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
        }
    }
    down = {
        "scaleDown": {
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}],
        }
    }

    assert Plant(spec(up), 3).step(load=9).replicas == 4
    assert Plant(spec(down), 15).step(load=0.1).replicas == 13
    # int(1 * 0.9) = 0, and the minimum holds.
    assert Plant(spec(down), 1).step(load=0.1).replicas == 1


@pytest.mark.parametrize(("select", "up", "down"), [("Max", 20, 5), ("Min", 12, 8), ("Disabled", 10, 10)])
def test_select_policy(select: str, up: int, down: int) -> None:
    # docs: selectPolicy Max is the largest change, Min the smallest, Disabled none. Of 10: 100 % or 2 pods; 50 % or 2
    # pods.
    two = {"type": "Pods", "value": 2, "periodSeconds": 60}
    behavior = {
        "scaleUp": {"selectPolicy": select, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 60}, two]},
        "scaleDown": {
            "selectPolicy": select,
            "stabilizationWindowSeconds": 0,
            "policies": [{"type": "Percent", "value": 50, "periodSeconds": 60}, two],
        },
    }

    assert Plant(spec(behavior), 10).step(load=50).replicas == up
    assert Plant(spec(behavior), 10).step(load=0.1).replicas == down


def test_scaling_down_takes_the_highest_recommendation_of_the_window() -> None:
    # docs: "uses the highest recommendation from the past 5 minutes".
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 60, "policies": FLAT_OUT["scaleDown"]["policies"]}}
    plant = Plant(spec(behavior), 10)

    replicas = plant.steps(0.5, 0.5, 0.5, 0.5, 0.5)

    # At 15 s the number that was there (10) is recorded too; at 75 s it is 60 s old and out (After is strict). By then
    # 10 pods at 0.5 have asked for 5 all along.
    assert replicas == [10, 10, 10, 10, 5]


def test_scaling_up_takes_the_lowest_recommendation_of_its_window() -> None:
    # source: upRecommendation = min over the window.
    behavior = {"scaleUp": {"stabilizationWindowSeconds": 60, "policies": FLAT_OUT["scaleUp"]["policies"]}}
    plant = Plant(spec(behavior), 2)

    # 15 s: the recorded 2 holds it. 30..60 s too. 75 s: recommendations of 30, 45, 60 s, all 6.
    assert plant.steps(3, 3, 3, 3, 3) == [2, 2, 2, 2, 6]


def test_a_dip_restarts_the_window_for_scaling_up() -> None:
    behavior = {"scaleUp": {"stabilizationWindowSeconds": 30, "policies": FLAT_OUT["scaleUp"]["policies"]}}
    plant = Plant(spec(behavior), 2)

    # The dip of 30 s holds it until 60 s. At 75 s three times 6 is asked for, but at 60 s it was 6.
    assert plant.steps(3, 1, 3, 3, 3, 3) == [2, 2, 2, 6, 6, 18]


def test_the_flag_is_the_window_where_scale_down_says_nothing() -> None:
    # source: maybeInitScaleDownStabilizationWindow: 300 s.
    plant = Plant(spec({"scaleUp": {"stabilizationWindowSeconds": 0}}), 4)

    replicas = plant.steps(*[0.1] * 21)

    assert replicas == [4] * 20 + [1]


def test_reasons_of_the_conditions() -> None:
    # source: setCondition of AbleToScale and ScalingLimited.
    assert Plant(spec({}, high=3), 2).step(load=5).limited_reason == "TooManyReplicas"
    assert Plant(spec({}), 2).step(load=50).limited_reason == "ScaleUpLimit"
    assert Plant(spec(FLAT_OUT, low=2), 4).step(load=0.1).limited_reason == "TooFewReplicas"
    assert Plant(spec({}), 4).step(load=0.1).able_reason == "ScaleDownStabilized"


def test_external_average_value_uses_the_pods_that_there_are() -> None:
    # source: computeStatusForExternalMetric passes statusReplicas.
    document = {
        "maxReplicas": 50,
        "metrics": [{"type": "External", "external": {"metric": {"name": "load"}, "target": {"averageValue": "2"}}}],
        "behavior": FLAT_OUT,
    }
    hpa = Autoscaler(parse_hpa(document))

    # 20 over 2 is 10 pods, and 20 / (2 * 9 there are) = 1.11 is outside the tolerance, while 20 / (2 * 10 wanted) would
    # not be.
    assert hpa.sync(15, Scale(spec=9, status=9), running(9), Metrics([], load=20.0)).replicas == 10


def test_quantities() -> None:
    assert [milli(text) for text in ("1", "500m", "1.5", "2k", "1Ki", 3, 0.8, "1u")] == [
        1000, 500, 1500, 2_000_000, 1_024_000, 3000, 800, 1,
    ]  # fmt: skip
    with pytest.raises(InputError):
        milli("many")


def test_a_pods_metric_has_no_value_target() -> None:
    # The API server refuses it (autoscaling validation: must specify a positive target averageValue).
    metric = {"type": "Pods", "pods": {"metric": {"name": "load"}, "target": {"type": "Value", "value": "1"}}}

    with pytest.raises(InputError):
        parse_hpa({"maxReplicas": 3, "metrics": [metric]})


def random_behavior(dice: random.Random) -> dict[str, Any] | None:
    def rules() -> dict[str, Any]:
        return {
            "stabilizationWindowSeconds": dice.choice([0, 15, 60, 300]),
            "selectPolicy": dice.choice(["Max", "Min", "Disabled"]),
            "policies": [
                {
                    "type": dice.choice(["Pods", "Percent"]),
                    "value": dice.randint(1, 150),
                    "periodSeconds": dice.choice([15, 30, 60, 120]),
                }
                for _ in range(dice.randint(1, 3))
            ],
        }

    return dice.choice(
        [None, {}, {"scaleUp": rules()}, {"scaleDown": rules()}, {"scaleUp": rules(), "scaleDown": rules()}]
    )


@pytest.mark.parametrize("seed", range(200))
def test_never_outside_the_limits_and_never_down_while_a_metric_is_missing(seed: int) -> None:
    dice = random.Random(seed)
    low = dice.randint(1, 5)
    high = low + dice.randint(0, 200)
    plant = Plant(spec(random_behavior(dice), low, high, {"load": "1", "latency": "2"}), dice.randint(low, high))
    for _ in range(80):
        before = plant.replicas
        out = dice.random()
        load = None if out < 0.2 else dice.choice([0.0, 0.3, 0.95, 1.0, 1.3, 8.0])
        latency = None if out < 0.1 or out > 0.9 else dice.random() * 3

        after = plant.step(load=load, latency=latency).replicas

        assert low <= after <= high
        if load is None or latency is None:
            assert after >= before
        if load is None and latency is None:
            assert after == before


@pytest.mark.parametrize("seed", range(100))
def test_what_windows_promise(seed: int) -> None:
    """Never fewer than the highest recommendation of the last minutes allows, and never more than the lowest."""
    dice = random.Random(seed)
    window = dice.choice([60, 120, 300])
    behavior = {
        "scaleUp": {"stabilizationWindowSeconds": 45, "policies": FLAT_OUT["scaleUp"]["policies"]},
        "scaleDown": {"stabilizationWindowSeconds": window, "policies": FLAT_OUT["scaleDown"]["policies"]},
    }
    plant = Plant(spec(behavior, high=10_000), 20)
    recommended: list[tuple[float, int]] = []
    for _ in range(100):
        before = plant.replicas
        decision = plant.step(load=dice.choice([0.5, 0.8, 1.0, 1.2, 2.0]))
        proposal = decision.proposals["Pods/load"]
        assert proposal is not None
        recommended.append((plant.now, proposal.replicas))
        if decision.replicas < before:
            assert decision.replicas >= max(count for when, count in recommended if when > plant.now - window)
        if decision.replicas > before:
            assert decision.replicas <= min(count for when, count in recommended if when > plant.now - 45)


def test_the_same_calls_give_the_same_decisions() -> None:
    def run() -> list[int]:
        dice = random.Random(5)
        plant = Plant(spec({}), 3)
        return [plant.step(load=dice.random() * 3).replicas for _ in range(200)]

    assert run() == run()


def test_terminating_pods_are_no_load() -> None:
    # Two that serve, two that drain under load: 2 * 1 = 2, no change.
    pods = [*running(2), PodStatus("p2", deleted=True), PodStatus("p3", deleted=True)]
    metrics = Metrics(pods, load={"p0": 1.0, "p1": 1.0, "p2": 9.0, "p3": 9.0})

    assert Autoscaler(spec({})).sync(15, Scale(2, 4), pods, metrics).replicas == 2
