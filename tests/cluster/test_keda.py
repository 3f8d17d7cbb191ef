"""The same scaling by KEDA: the real operator, from its own manifests."""

from __future__ import annotations

import json
import pathlib
import time

import keda
import pytest
import yaml
from kubectl import Kubectl
from machine import wait_for
from outage import metrics_outage
from release import HPA, SLOW

VALUES = {"service": {"env": SLOW}, "autoscaling": {"kind": "keda", "keda": {"pollingInterval": 2, "cooldownPeriod": 20}}}
SCALED = "pp-doclayout-scaledobject"
USUAL, SURGE = 0.6, 6.0


@pytest.fixture(scope="module")
def operator(kubernetes, release):
    manifests = pathlib.Path(__file__).parent / "manifests/monitoring.yaml"
    external = next(
        one for one in yaml.safe_load_all(manifests.read_text()) if one["metadata"]["name"] == keda.APISERVICE
    )
    keda.install(kubernetes)
    yield Kubectl("keda")
    # While its kind is known: helm wants to know what it replaces.
    release.install()
    wait_for("the ScaledObject is gone", lambda: not release.kubectl.items("scaledobjects"), 60)
    keda.remove(kubernetes, external)


def test_keda_scales_and_an_outage_shrinks_nothing(release, operator, results, evidence):
    """2 pods become 6 and more under ten times the load; Prometheus stops: none goes (the fallback adds some at most); it is back:
    2 again. Nothing is lost."""
    release.install(VALUES)
    wait_for("KEDA has made its autoscaler", lambda: len(release.kubectl.items("hpa")) == 1, 60)
    wait_for("two replicas", lambda: release.replicas() == 2, 120)
    release.wait_ready(2)
    with release.load(results, USUAL, retry=True) as load:
        load.wait_answers(3)
        load.rate(SURGE)
        began = time.time()
        wait_for("six replicas", lambda: release.replicas() >= 6, 90)
        evidence(f"{release.replicas()} replicas {time.time() - began:.1f} s after the load rose tenfold")
        with metrics_outage(release, evidence):
            load.rate(USUAL)
            wait_for("KEDA falls back", lambda: condition(release, "Fallback") == "True", 90)
            evidence("KEDA falls back")
        wait_for("two replicas", lambda: release.replicas() == 2, 240)
        evidence("2 replicas")
        attempts = load.stop()
    evidence(release.kubectl("describe", "hpa"))
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    evidence("\n".join(map(json.dumps, attempts.lost)) or "lost: none")
    assert attempts.lost == [] and attempts.unfinished == set()


def test_back_to_the_plain_autoscaler(release, operator, evidence):
    """`helm upgrade` from KEDA to an HPA leaves the chart's HPA, which is nobody else's."""
    release.install(VALUES)
    wait_for("KEDA has made its autoscaler", lambda: len(release.kubectl.items("hpa")) == 1, 60)
    release.install()
    wait_for("the ScaledObject is gone", lambda: not release.kubectl.items("scaledobjects"), 60)
    wait_for("one autoscaler is left", lambda: len(release.kubectl.items("hpa")) == 1, 60)
    hpa = release.kubectl.get("hpa", HPA)
    evidence(release.kubectl("get", "hpa"))
    assert "ownerReferences" not in hpa["metadata"]


def condition(release, name: str) -> str:
    conditions = release.kubectl.get("scaledobject", SCALED)["status"].get("conditions", [])
    return next((one["status"] for one in conditions if one["type"] == name), "")
