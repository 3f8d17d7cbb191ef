from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

from tools.autoscale_sim import traffic
from tools.autoscale_sim.inputs import InputError
from tools.autoscale_sim.options import Scenario, cluster_options, load_scenarios, load_settings
from tools.autoscale_sim.runs import settings_of
from tools.autoscale_sim.service_time import load_profile
from tools.autoscale_sim.simulation import Outcome, Simulation


def scenario(**changes: Any) -> Scenario:
    """Ten minutes of 20 requests a second on two pods, which hold 33."""
    plain = Scenario(
        name="test", title="", about="", profile="picodet-avx2", deadline=10.0, curve=((0.0, 20.0), (600.0, 20.0)),
        noise=0.0, replicas=2, outage=None, node_loss=None, cluster={}, hpa={}, small=True,
    )  # fmt: skip
    return replace(plain, **changes)


def run(of: Scenario, settings: str = "ours", seed: int = 1) -> Outcome:
    return Simulation(of, load_settings(settings), seed).run()


SURGE = ((0.0, 10.0), (120.0, 10.0), (125.0, 90.0), (600.0, 90.0), (605.0, 5.0), (1500.0, 5.0))


def test_times_are_those_that_were_measured() -> None:
    profile = load_profile("picodet-avx2")

    # docs/performance.md, Throughput: the median of three rounds; p50 and p99 of 8 connections: (606 / 466 - 1) / 2.326
    # * sqrt(8).
    assert profile.slot_seconds(3) == pytest.approx(3 / 16.73)
    assert profile.page_cv == pytest.approx(0.365, abs=0.001)


def test_one_pod_gives_what_it_was_measured_to_give() -> None:
    one = scenario(
        profile="picodet-avx512",
        replicas=1,
        curve=((0.0, 60.0), (300.0, 60.0)),
        hpa={"ours": {"minReplicas": 1, "maxReplicas": 1}},
        cluster={"patience": 0},
    )

    outcome = run(one)

    # 60 a second are offered and 38.4 are done, give or take the pod's pace.
    answered = outcome.requests - outcome.never
    assert answered / 300 == pytest.approx(38.38, rel=0.03)
    assert outcome.expired == 0


def test_everybody_is_answered_and_nothing_is_lost_through_a_surge_and_back() -> None:
    outcome = run(scenario(curve=SURGE))

    assert outcome.refusals > 0  # else it proves nothing
    assert (outcome.never, outcome.lost, outcome.cut) == (0, 0, 0)
    assert outcome.most_replicas > 5
    assert outcome.timeline[-1].replicas < outcome.most_replicas


def test_a_drain_that_is_too_short_loses_what_was_accepted() -> None:
    # Pages of 3.75 s, and half a second to drain.
    falling = ((0.0, 4.0), (300.0, 4.0), (305.0, 1.0), (1200.0, 1.0))
    outcome = run(
        scenario(
            curve=falling, profile="v3-avx2", deadline=60.0, replicas=8, cluster={"pre_stop": 0, "drain_timeout": 1}
        )
    )

    assert outcome.lost > 0


def test_no_request_meets_a_pod_before_it_is_ready() -> None:
    simulation = Simulation(scenario(curve=SURGE), load_settings("ours"))
    listed: list[tuple[float, float]] = []
    deployment = simulation._deployment
    list_member = deployment._list

    def note(now: float, member: Any) -> None:
        assert member.pod.pages_done == 0 and member.pod.idle_at() == 0.0
        listed.append((now, member.ready_from))
        list_member(now, member)

    deployment._list = note  # type: ignore[method-assign]
    simulation.run()

    assert listed and all(now >= ready for now, ready in listed)


def test_an_outage_of_the_metrics_never_shrinks() -> None:
    falling = scenario(
        curve=((0.0, 80.0), (300.0, 80.0), (310.0, 2.0), (1800.0, 2.0)), replicas=8, outage=(290.0, 1500.0)
    )

    for settings in ("recipe-as-written", "recipe", "ours", "keda"):
        timeline = run(falling, settings).timeline
        during = [moment.replicas for moment in timeline if 290 <= moment.time < 1500]
        assert during == sorted(during)


def test_a_lost_node_costs_callers_time_and_no_answer() -> None:
    outcome = run(load_scenarios()["node-loss"])

    assert outcome.cut > 0
    assert (outcome.never, outcome.lost) == (0, 0)


def test_a_node_that_returns_too_soon_is_refused() -> None:
    with pytest.raises(InputError):
        run(scenario(node_loss=(60.0, 120.0)))


def test_the_recipe_as_written_never_shrinks() -> None:
    timeline = run(scenario(curve=SURGE), "recipe-as-written").timeline

    replicas = [moment.replicas for moment in timeline]
    assert replicas == sorted(replicas)
    assert replicas[-1] > 2


def test_the_same_seed_gives_the_same_run_and_another_one_another() -> None:
    first, again, other = (asdict(run(scenario(curve=SURGE), seed=seed)) for seed in (7, 7, 8))

    assert first == again
    assert first != other


def test_settings_meet_the_same_traffic() -> None:
    ours, recipe = (run(scenario(curve=SURGE), settings) for settings in ("ours", "recipe"))

    assert ours.requests == recipe.requests
    assert [moment.offered for moment in ours.timeline] == [moment.offered for moment in recipe.timeline]


def test_replicas_stay_within_the_limits() -> None:
    limits = {"all": {"maxReplicas": 5, "maxReplicaCount": 5}}
    short = scenario(curve=((0.0, 10.0), (60.0, 95.0), (180.0, 95.0), (185.0, 2.0), (900.0, 2.0)), hpa=limits)
    for settings in ("recipe", "ours", "keda"):
        replicas = [moment.replicas for moment in run(short, settings).timeline]
        assert (min(replicas), max(replicas)) == (2, 5)


def test_nodes_without_room_delay_pods() -> None:
    waits = run(scenario(curve=SURGE, cluster={"places": 2}))

    assert waits.late > run(scenario(curve=SURGE)).late


def test_the_idlest_pod_goes_first_where_its_cost_is_kept() -> None:
    simulation = Simulation(scenario(replicas=6, cluster={"idle_first": True}), load_settings("ours"))
    deployment = simulation._deployment
    deployment.start_with(6)
    for member in deployment.members[1:]:
        member.pod.offer(0.0, 60.0, 0, 1.0)

    deployment.set_replicas(0.1, 5)

    assert [member.name for member in deployment.members if member.deleted < 1] == ["pod-0001"]


def test_arrivals_follow_the_curve() -> None:
    rate = traffic.rates(((0.0, 0.0), (1000.0, 100.0)), 0.0, 1)

    times = traffic.arrivals(rate, 1)

    assert len(times) == pytest.approx(50_000, rel=0.02)
    assert np.all(np.diff(times) >= 0)
    assert np.mean(times < 500) == pytest.approx(0.25, abs=0.01)


def test_noise_keeps_the_mean() -> None:
    rate = traffic.rates(((0.0, 50.0), (360_000.0, 50.0)), 0.2, 1)

    assert rate.mean() == pytest.approx(50, rel=0.01)
    assert rate.std() / rate.mean() > 0.1


def test_every_file_of_settings_and_scenarios_can_be_used() -> None:
    for each in load_scenarios().values():
        cluster_options(each.cluster)
        load_profile(each.profile)
        for settings in settings_of(each):
            load_settings(settings).autoscaler()
