"""It grows with the load and shrinks after it, and loses nothing on the way."""

from __future__ import annotations

import json

import pytest
import simulator
from autoscaler import Recorder, metric_values, table
from machine import wait_for
from outage import metrics_outage
from release import DEPLOYMENT, HPA, NAMESPACE, PODS, SLOW

VALUES = {"service": {"env": SLOW}}
USUAL, SURGE = 0.6, 6.0


@pytest.fixture
def quiet(release):
    release.install(VALUES)
    wait_for("two replicas", lambda: release.replicas() == 2, 120)
    return release.wait_ready(2)


def test_surge(release, quiet, results, evidence):
    """Ten times the load, then back: the autoscaler follows within two of its periods, nothing that was taken on is lost, and who
    obeys Retry-After gets all answers."""
    with Recorder(NAMESPACE, DEPLOYMENT, PODS) as recorder, release.load(results, USUAL, retry=True) as load:
        load.wait_answers(5)
        assert release.replicas() == 2
        evidence(f"load: {USUAL} requests a second, 2 replicas")
        load.rate(SURGE)
        evidence(f"load: {SURGE} requests a second")
        recorder.wait_replicas(lambda count: count >= 6, 60)
        evidence("six replicas or more")
        load.wait_answers(40)
        load.rate(USUAL)
        evidence(f"load: {USUAL} requests a second")
        recorder.wait_replicas(lambda count: count == 2, 180)
        evidence("2 replicas")
        release.wait_ready(2, 60)
        attempts = load.stop()
    looks = recorder.looks
    evidence.table(table(looks))
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    seen = next(index for index, look in enumerate(looks) if look.over_target)
    grown = next(index for index, look in enumerate(looks) if look.wanted >= 6)
    seconds = looks[grown].time - looks[seen].time
    evidence(f"the metric is over its target at a look of the autoscaler, six replicas {grown - seen} looks and {seconds:.1f} s later")
    longest = max(later.time - look.time for look, later in zip(looks, looks[1:], strict=False))
    as_told = sum(look.as_told for look in looks)
    evidence(f"{len(looks)} looks, from one to the next {longest:.1f} s at most; {as_told} of them recorded with the mean that it tells")
    hpa = results.with_name("hpa.json")
    hpa.write_text(json.dumps(release.kubectl.get("hpa", HPA)))
    simulated = simulator.compare(looks, hpa, results.parent)
    evidence.table(simulated.stdout + simulated.stderr)
    evidence(release.kubectl("describe", "hpa", HPA))
    assert attempts.lost == []
    assert attempts.unfinished == set()
    assert attempts.by_outcome().get("503", 0) > 0, "nothing was refused: the surge was none"
    # Of two periods the first passes at most until a look sees the metric: it, or the next, has to be the one.
    assert grown - seen <= 1
    # The simulated autoscaler, given what the real one saw, was never more than a look apart from it.
    assert simulated.returncode == 0, simulated.stdout + simulated.stderr


def test_no_replica_goes_while_there_are_no_metrics(release, quiet, results, evidence):
    """Prometheus stops while there is load: the number of replicas never falls, and the load ends unharmed."""
    with release.load(results, USUAL, retry=True) as load:
        load.rate(SURGE)
        wait_for("six replicas", lambda: release.replicas() >= 6, 60)
        with metrics_outage(release, evidence):
            wait_for("the metrics are gone", lambda: not metric_values(release.kubectl), 60)
            evidence("the autoscaler gets no metrics")
            load.rate(USUAL)
        conditions = release.kubectl.get("hpa", HPA)["status"]["conditions"]
        evidence(json.dumps([one for one in conditions if one["type"] == "ScalingActive"]))
        wait_for("two replicas", lambda: release.replicas() == 2, 180)
        evidence("2 replicas")
        attempts = load.stop()
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    assert attempts.lost == [] and attempts.unfinished == set()


def test_metrics_exist_at_zero_traffic(release, quiet, evidence):
    """Every metric that the chart can scale by has a value for each pod before the first request."""
    names = ("load_ratio", "requests_in_progress", "page_duration_mean_seconds", "gpu_memory_usage_percent")
    release.kubectl("rollout", "restart", DEPLOYMENT)
    release.kubectl.rolled_out(DEPLOYMENT)
    pods = {pod["metadata"]["name"] for pod in release.wait_ready(2)}
    for name in names:

        def values():
            said = metric_values(release.kubectl, f"pp_doclayout_{name}", PODS)
            return said if said and pods <= set(said) else None

        found = wait_for(f"{name} of all pods", values, 60)
        evidence(f"{name}: {found}")
        assert all(found[pod] == 0 for pod in pods), found
