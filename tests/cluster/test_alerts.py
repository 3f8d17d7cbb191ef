"""Faults in the cluster fire the alerts that are meant for them, in a real Alertmanager, and they resolve when the fault ends.

The shipped rules, a tenth as slow (addons.hurried): five minutes are half a minute.
"""

from __future__ import annotations

import json

import pytest
from machine import wait_for
from release import ALWAYS, DEPLOYMENT, FAULTY, HPA, NO_MODEL, SLOW, TOLD

TWO = {"autoscaling": {"kind": "none"}, "replicas": 2}
GPU = [
    {"name": "FAULTS_GPU", "value": "1"},
    {"name": "FAKE_NVML", "value": "/tmp/gpu"},
    {"name": "FAKE_CUDA", "value": "/tmp/cuda"},
    {"name": "NVML_PATH", "value": "/usr/local/lib/libfake_nvml.so"},
    {"name": "CUDA_DRIVER_PATH", "value": "/usr/local/lib/libfake_cuda.so"},
]
FIRES, RESOLVES = 240, 240
SAY_MORE = {"ErrorRateHigh": ("AvailabilityBurnFast",), "LatencyHigh": ("LatencyBurnFast",)}


@pytest.fixture
def two(release):
    release.install(TWO | FAULTY)
    return release.wait_ready(2)


def watch(monitoring, evidence, name: str, begin, end):
    """`begin` makes the alert fire, `end` makes it go."""
    assert name not in monitoring.alerts()
    begin()
    evidence(f"{name} is in Alertmanager after {monitoring.wait_alert(name, True, FIRES):.1f} s")
    told = monitoring.alerts(told=True)
    evidence(f"told of: {', '.join(sorted(told))}")
    # An alert that says more (that the month's budget burns) is told instead of it.
    assert {name, *SAY_MORE.get(name, ())} & told
    end()
    evidence(f"{name} is resolved after {monitoring.wait_alert(name, False, RESOLVES):.1f} s")


@pytest.mark.parametrize(("name", "fault", "rate"), [("LatencyHigh", "slow {} 2200", 1), ("ErrorRateHigh", "fail {}", 4)])
def test_pages(release, two, results, monitoring, evidence, name, fault, rate):
    """Pages that take more than two seconds, and pages that fail."""

    def tell(what: str):
        for pod in two:
            release.tell(pod, what)

    with release.load(results, rate, retry=False) as load:
        load.wait_answers(3)
        watch(monitoring, evidence, name, lambda: tell(fault.format(ALWAYS)), lambda: tell("none 0"))
        evidence(f"attempts by outcome: {load.stop().by_outcome()}")


def test_service_down(release, two, monitoring, evidence):
    """All pods are gone."""

    def scale(number: int):
        release.kubectl("scale", DEPLOYMENT, f"--replicas={number}")

    watch(monitoring, evidence, "ServiceDown", lambda: scale(0), lambda: scale(2))
    release.wait_ready(2)


def test_hpa_at_maximum(release, results, monitoring, evidence):
    """More load than the most replicas that the autoscaler may have can take."""
    release.install({"service": {"env": SLOW}, "autoscaling": {"maxReplicas": 3}})
    with release.load(results, 0.3, retry=False) as load:
        load.wait_answers(1)
        wait_for("two replicas", lambda: release.replicas() == 2, 120)
        watch(monitoring, evidence, "HpaAtMaximum", lambda: load.rate(6), lambda: load.rate(0.3))
        evidence(f"{release.replicas()} replicas; attempts by outcome: {load.stop().by_outcome()}")


def test_crash_loop(release, two, monitoring, evidence):
    """A replica that is killed again and again, and one that never lives until it is scraped: kube-state-metrics alone knows of it."""
    # Where they were killed in an earlier drill, the kubelet takes longer each time to start them anew.
    release.kubectl("rollout", "restart", DEPLOYMENT)
    release.kubectl.rolled_out(DEPLOYMENT)
    killed, *others = release.wait_ready(2)
    name = killed["metadata"]["name"]

    def lives_anew(times: int) -> bool:
        return release.restarts(killed) == times and bool(monitoring.query(f'up{{job="doclayout",pod="{name}"}} == 1'))

    def crashing() -> set[str]:
        return {one["pod"] for one in monitoring.fired() if one["alertname"] == "CrashLoop"}

    def begin():
        release.install(TWO | FAULTY | NO_MODEL, wait=False)
        for times in range(1, 4):
            release.kill_9(killed)
            wait_for(f"it lives anew, {times}", lambda: lives_anew(times), 90)
            evidence(f"{name} was killed and lives anew: {times}")

    def end():
        both = wait_for("both crash", lambda: len(found := crashing()) == 2 and found, FIRES)
        evidence(f"{', '.join(sorted(both))} crash")
        assert name in both and others[0]["metadata"]["name"] not in both
        release.kubectl.helm("rollback", "pp-doclayout")

    watch(monitoring, evidence, "CrashLoop", begin, end)
    told = monitoring.query(f'count by (pod) (max_over_time(ALERTS{{alertname="CrashLoop",pod="{name}"}}[10m]))')
    assert [one["value"][1] for one in told] == ["1"], "it was told of twice, by other labels"


def test_gpu_memory_high(release, monitoring, evidence):
    """A GPU that is nearly full; the GPU is a fake, the service and its metrics are not."""
    release.install(TWO | {"replicas": 1, "service": {"device": "auto", "env": TOLD + GPU}}, wait=False)
    pod = {}

    def started() -> bool:
        found = [one for one in release.pods() if one["spec"].get("nodeName") and "deletionTimestamp" not in one["metadata"]]
        newest = [one for one in found if any(env["name"] == "FAKE_NVML" for env in one["spec"]["containers"][0]["env"])]
        pod.update(newest[0] if newest else {})
        return bool(newest)

    wait_for("a pod is on a node", started, 60)

    def tell(text: str):
        release.tell(pod, text, "gpu")

    wait_for("its volume is there", lambda: _told(tell, release, pod), 60)
    release.wait_ready(1, 120)
    evidence(json.dumps(release.get_json("/health?verbose=1"))[:2000])
    watch(monitoring, evidence, "GpuMemoryHigh", lambda: tell("full"), lambda: tell("healthy"))


def _told(tell, release, pod) -> bool:
    try:
        tell("healthy")
        release.tell(pod, "healthy", "cuda")
    except OSError:
        return False
    return True
