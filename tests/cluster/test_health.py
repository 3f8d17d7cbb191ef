"""Health, as the cluster acts on it."""

from __future__ import annotations

import datetime
import json
import time

import pytest
from kubectl import Watch
from machine import wait_for
from release import ALWAYS, DEPLOYMENT, FAULTY, SERVICE, TOLD


def test_deep_health_fails_on_one_pod(release, monitoring, evidence):
    """One pod finds nothing on its golden page: within a period of the check it is out of the service, the alert is in Alertmanager, and both
    end when it finds again what it should."""
    period = 5
    service = {"service": FAULTY["service"] | {"deepHealthPeriodS": period}}
    release.install({"autoscaling": {"kind": "none"}, "replicas": 3} | service)
    pods = release.wait_ready(3)
    bad = pods[0]
    address = bad["status"]["podIP"]
    assert address in release.endpoints()
    assert "DeepHealthFailing" not in monitoring.alerts()

    start = time.monotonic()
    release.tell(bad, f"empty {ALWAYS}")
    wait_for("it is out of the service", lambda: address not in release.endpoints(), 60, 0.05)
    gone, out = time.time(), time.monotonic() - start
    failed = next(line["time"] for line in reversed(log_of(release, bad)) if line["event"] == "deep_health")
    after = gone - datetime.datetime.fromisoformat(failed).timestamp()
    evidence(f"out of the service {out:.1f} s after it began to find nothing, and {after:.1f} s after deep health failed; the period is {period} s")
    fires = monitoring.wait_alert("DeepHealthFailing", True, 60)
    evidence(f"DeepHealthFailing is in Alertmanager {fires:.1f} s later")
    evidence(json.dumps(release.get_json("/ready", f"http://{address}:8000")))
    assert len(release.endpoints()) == 2
    assert after < period

    start = time.monotonic()
    release.tell(bad, "none 0")
    wait_for("it is in the service again", lambda: address in release.endpoints(), 60, 0.1)
    evidence(f"in the service again {time.monotonic() - start:.1f} s after it finds what it should")
    resolves = monitoring.wait_alert("DeepHealthFailing", False, 60)
    evidence(f"DeepHealthFailing is resolved {resolves:.1f} s later")


def log_of(release, pod: dict) -> list[dict]:
    return [json.loads(line) for line in release.logs(pod).splitlines() if line.startswith("{")]


def test_start_flood(release, results, evidence):
    """Pods that take 8 s to load are added under load: none gets a request before its model is warm, and no request fails."""
    slow_start = {"service": {"env": TOLD + [{"name": "FAULTS_LOAD", "value": "8"}]}}
    release.install({"autoscaling": {"kind": "none"}, "replicas": 1} | slow_start)
    release.wait_ready(1)

    def ends(one: dict) -> list:
        return sorted([end["addresses"][0], bool(end["conditions"].get("ready"))] for end in one.get("endpoints") or [])

    slices = Watch(release.kubectl, "endpointslices", f"--selector=kubernetes.io/service-name={SERVICE}", what=ends)
    with slices, release.load(results, 6, retry=False) as load:
        load.wait_answers(20)
        release.kubectl("scale", DEPLOYMENT, "--replicas=4")
        pods = release.wait_ready(4)
        load.wait_answers(40)
        attempts = load.stop()
        for pod in pods:
            log = log_of(release, pod)
            ready_at = next(line["time"] for line in log if line["event"] == "ready")
            served = [line["time"] for line in log if line["event"] == "request" and line["route"] == "/analyze"]
            evidence(f"{pod['metadata']['name']}: ready at {ready_at}, first page at {min(served, default='never')}")
            assert all(ready_at < moment for moment in served)
            assert served, "it was never asked"
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    # One pod may have to refuse some, with a time to come again; none is lost.
    assert attempts.lost == []


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_probes_ask_what_they_are_for(release, evidence, probe):
    """The chart has the kubelet ask the three layers, each at its own address, and each answers."""
    release.install(FAULTY)
    pod = release.wait_ready(2)[0]
    container = next(one for one in pod["spec"]["containers"] if one["name"] == "doclayout")
    asked = container[probe]["httpGet"]["path"]
    status, _ = release.get(asked, f"http://{pod['status']['podIP']}:8000")
    evidence(f"{probe}: GET {asked}: {status}")
    assert (asked, status) == ({"startupProbe": "/startupz", "livenessProbe": "/livez", "readinessProbe": "/readyz"}[probe], 200)
