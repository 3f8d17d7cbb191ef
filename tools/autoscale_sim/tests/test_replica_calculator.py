"""Every case is worked out by hand from the rule that it cites; `docs` is
https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details,
`source` is pkg/controller/podautoscaler/replica_calculator.go of Kubernetes 1.34.4."""

from __future__ import annotations

import pytest

from tools.autoscale_sim.replica_calculator import (
    MetricUnavailable,
    PodStatus,
    per_pod_replicas,
    plain_replicas,
    utilization_replicas,
    value_replicas,
)

from .hand import running


def ask(pods: list[PodStatus], metrics: dict[str, int], target: int = 1000, current: int | None = None) -> int:
    return plain_replicas(pods, metrics, target, len(pods) if current is None else current).replicas


def of(*values: int) -> dict[str, int]:
    return {f"p{index}": value for index, value in enumerate(values)}


def test_twice_the_target_doubles() -> None:
    # docs: desiredReplicas = ceil(currentReplicas * currentMetricValue / desiredMetricValue); 200m over 100m doubles.
    assert ask(running(3), of(200, 200, 200), target=100) == 6


def test_half_the_target_halves() -> None:
    # docs: 50m over 100m halves.
    assert ask(running(4), of(50, 50, 50, 50), target=100) == 2


def test_rounds_up() -> None:
    # docs: ceil. 3 * 1.2 = 3.6.
    assert ask(running(3), of(1200, 1200, 1200)) == 4


@pytest.mark.parametrize("usage", [900, 1000, 1100])
def test_within_the_tolerance_nothing_changes(usage: int) -> None:
    # source: Tolerances.isWithin has both ends inside: 0.9 <= ratio <= 1.1.
    assert ask(running(10), of(*[usage] * 10)) == 10


def test_just_outside_the_tolerance_it_does() -> None:
    # source: 10 * 1.101 = 11.01, 10 * 0.899 = 8.99.
    assert ask(running(10), of(*[1101] * 10)) == 12
    assert ask(running(10), of(*[899] * 10)) == 9


def test_the_average_is_cut_off_to_thousandths() -> None:
    # source: GetMetricUsageRatio divides integers. (1100 + 1100 + 1102) / 3 = 1100.67 counts as 1100: within.
    assert ask(running(3), of(1100, 1100, 1102)) == 3


def test_missing_pods_count_nothing_when_scaling_up() -> None:
    # docs: "assume those pods were consuming 0% of the desired value in case of a scale up". Ratio of the two with a
    # metric 3; with zeros for the other two 6000 / 4 = 1500: 1.5 * 4 = 6, and not 3 * 4.
    assert ask(running(4), of(3000, 3000)) == 6


def test_missing_pods_count_the_whole_target_when_scaling_down() -> None:
    # docs: "100% of the desired value in case of a scale down". (0 + 0 + 1000 + 1000) / 4 = 500: 0.5 * 4 = 2.
    assert ask(running(4), of(0, 0)) == 2


def test_missing_pods_can_turn_a_change_into_none() -> None:
    # docs: "if the new ratio reverses the scale direction, or is within the tolerance, the controller doesn't take any
    # scaling action". 1500 / 2 = 750 is under 1 while 1500 was over it.
    assert ask(running(2), of(1500)) == 2
    # (600 + 9 * 1000) / 10 = 960: within the tolerance.
    assert ask(running(10), of(600)) == 10


def test_with_missing_pods_and_exactly_on_target_nothing_changes() -> None:
    # source: at a ratio of exactly 1 nothing is filled in, and it is within the tolerance.
    assert ask(running(4), of(1000, 1000)) == 4


def test_pending_pods_count_nothing_when_scaling_up() -> None:
    # docs: "not-yet-ready pods ... 0%". 4 pods, 2 of them pending: (2000 + 2000 + 0 + 0) / 4 = 1000: nothing to do.
    pods = [*running(2), PodStatus("p2", phase="Pending"), PodStatus("p3", phase="Pending")]

    assert ask(pods, of(2000, 2000)) == 4
    # 3000: 6000 / 4 = 1.5: 6 pods, where without the pending ones the ratio is 3.
    assert ask(pods, of(3000, 3000)) == 6


def test_pending_pods_are_left_out_when_scaling_down() -> None:
    # source: scaleUpWithUnready is false under 1, so ratio * readyPodCount = 0.5 * 2 = 1.
    pods = [*running(2), PodStatus("p2", phase="Pending")]

    assert ask(pods, of(500, 500)) == 1


def test_a_running_pod_that_is_not_ready_counts_for_a_pods_metric() -> None:
    # source: groupPods asks for readiness only if resource == cpu. (4000 + 0) / 2 = 2: 2 * 2 = 4.
    pods = [PodStatus("p0"), PodStatus("p1", ready=False)]

    assert ask(pods, of(4000, 0)) == 4


def test_terminating_and_failed_pods_are_ignored_with_their_metrics() -> None:
    # docs: "all Pods with a deletion timestamp set are ignored, and all failed Pods are discarded". 2 * 1.5 = 3.
    pods = [*running(2), PodStatus("p2", deleted=True), PodStatus("p3", phase="Failed")]

    assert ask(pods, of(1500, 1500, 9000, 9000)) == 3


def test_metrics_of_pods_that_are_gone_count_in_the_average_only() -> None:
    # source: only ignored and unready pods' metrics are removed; one of an unknown pod stays. (2000 + 2000 + 500) / 3 =
    # 1500: ceil(1.5 * 2 ready) = 3.
    assert ask(running(2), {"p0": 2000, "p1": 2000, "gone": 500}) == 3


def test_without_any_metric_it_fails() -> None:
    # source: "did not receive metrics for targeted pods (pods might be unready)".
    with pytest.raises(MetricUnavailable):
        ask([PodStatus("p0", phase="Pending")], of(2000))
    with pytest.raises(MetricUnavailable):
        ask([], of(2000))


def test_changed_lengths_never_turn_the_direction() -> None:
    # source: newUsageRatio < 1 and newReplicas > currentReplicas: unchanged. 10 running pods (a roll-out's surplus)
    # while spec says 4; one is missing. (9 * 700 + 1000) / 10 = 730: 7.3 -> 8 > 4.
    assert ask(running(10), of(*[700] * 9), current=4) == 4


def test_utilization_is_whole_percents_of_all_requests() -> None:
    # source: GetResourceUtilizationRatio: 1190 * 100 / 2000 = 59 (cut off); 59 / 50 = 1.18; 2 * 1.18 = 2.36.
    pods = [PodStatus("p0", request=1000), PodStatus("p1", request=1000)]

    proposal = utilization_replicas(pods, of(595, 595), 50, 2)

    assert (proposal.replicas, proposal.usage) == (3, 59)


def test_utilization_with_a_missing_pod_when_scaling_down() -> None:
    # source: fallbackUtilization = max(100, target) percent of the request: (100 + 1000) * 100 / 2000 = 55 over 80:
    # 0.6875; 2 * 0.6875 = 1.375.
    pods = [PodStatus("p0", request=1000), PodStatus("p1", request=1000)]

    assert utilization_replicas(pods, of(100), 80, 2).replicas == 2


def test_utilization_needs_requests() -> None:
    # source: calculateRequests: "missing request for ..." is an error of the metric.
    with pytest.raises(MetricUnavailable):
        utilization_replicas(running(1), of(100), 80, 1)


@pytest.mark.parametrize(
    ("ready", "started", "ready_changed", "sampled", "counts"),
    [
        (True, 0.0, 10.0, 100.0, True),  # young, a whole window of samples since it is ready
        (True, 0.0, 50.0, 100.0, False),  # young, ready for less than a window
        (False, 0.0, 50.0, 200.0, False),  # young and not ready
        (False, -1000.0, -990.0, 100.0, False),  # old, not ready, and has never been (changed within 30 s of its start)
        (False, -1000.0, 0.0, 100.0, True),  # old, was ready: its load counts
    ],
)
def test_starting_pods_for_cpu(ready: bool, started: float, ready_changed: float, sampled: float, counts: bool) -> None:
    # source: groupPods for resource == cpu, cpuInitializationPeriod 5 min, delayOfInitialReadinessStatus 30 s.
    pods = [
        PodStatus("p0", request=1000, started=-1000.0, ready_changed=-900.0, sampled=100.0),
        PodStatus("p1", request=1000, ready=ready, started=started, ready_changed=ready_changed, sampled=sampled),
    ]

    proposal = utilization_replicas(pods, of(1000, 1000), 50, 2, is_cpu=True, now=101.0)

    # Both count: 100 % of 50 %: 2 * 2 = 4. Only one: its ratio is 2, with a zero for the other (1000 * 100 / 2000) / 50
    # = 1.
    assert proposal.replicas == (4 if counts else 2)


def test_value_of_an_object_scales_the_ready_pods() -> None:
    # source: getUsageRatioReplicaCount: ceil(150 / 100 * 3 ready).
    pods = [*running(3), PodStatus("p3", ready=False)]

    assert value_replicas(pods, 150_000, 100_000, 4).replicas == 5
    assert value_replicas(pods, 109_000, 100_000, 4).replicas == 4


def test_value_scales_from_zero_without_pods() -> None:
    # source: currentReplicas == 0: ceil(usageRatio).
    assert value_replicas([], 2_500, 1_000, 0).replicas == 3


def test_average_value_of_a_whole_looks_at_no_pod() -> None:
    # source: GetExternalPerPodMetricReplicas: 12 / (2 * 4) = 1.5: ceil(12 / 2). The status shows ceil(12 / 4).
    proposal = per_pod_replicas(12_000, 2_000, 4)

    assert (proposal.replicas, proposal.usage) == (6, 3_000)
    # 8.8 / 8 = 1.1: within.
    assert per_pod_replicas(8_800, 2_000, 4).replicas == 4
