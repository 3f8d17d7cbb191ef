"""Nodes go: one is drained, one loses its power."""

from __future__ import annotations

import json
import time

import cluster
import pytest
from certificates import Authority
from control_plane import NODE_GRACE_SECONDS
from kubectl import Kubectl, Watch, ready
from machine import STATE, wait_for
from node import Node, Switch
from release import SERVICE

FOUR = {"autoscaling": {"kind": "none"}, "replicas": 4, "service": {"env": [{"name": "FAULTS_FILE", "value": "/tmp/faults"}]}}
RATE = 5
TOLERATION_SECONDS = 30  # of the chart: how long a lost node's pods are waited for


@pytest.fixture
def four(release):
    release.install(FOUR)
    pods = release.wait_ready(4)
    if sorted(on_nodes(pods)) != ["node1"] * 2 + ["node2"] * 2:
        # What an earlier test left on one node is spread anew.
        release.kubectl("rollout", "restart", "deployment/pp-doclayout-deployment")
        wait_for("pods are spread", lambda: sorted(on_nodes(release.ready_pods())) == ["node1"] * 2 + ["node2"] * 2, 120)
        release.wait_ready(4)
    return release.pods()


def on_nodes(pods: list[dict]) -> list[str]:
    return [pod["spec"]["nodeName"] for pod in pods]


def ready_on(release, name: str) -> int:
    return on_nodes(release.ready_pods()).count(name)


def test_drain_loses_nothing(release, four, results, evidence):
    """`kubectl drain` of one of two nodes under load: its pods are made elsewhere first to last, and no request fails."""
    nodes = Kubectl()
    try:
        with release.load(results, RATE, retry=False) as load:
            load.wait_answers(10)
            start = time.monotonic()
            nodes("drain", "node2", "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=170s")
            evidence(f"node2 is drained after {time.monotonic() - start:.1f} s")
            wait_for("four pods on node1", lambda: ready_on(release, "node1") == 4, 60)
            evidence(release.kubectl("get", "pods", "--output=wide"))
            load.wait_answers(10)
            attempts = load.stop()
    finally:
        nodes("uncordon", "node2")
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    evidence("\n".join(map(json.dumps, attempts.lost)) or "lost: none")
    assert set(attempts.by_outcome()) == {"200"}


def test_power_cut(release, four, results, evidence):
    """A node loses its power under load: the service is whole again when the loss is noticed, its pods are given up and new
    ones have started; who asks again gets every answer; the node takes part again when it is back."""
    nodes, node = Kubectl(), Node(2)

    def condition(one: dict) -> str:
        return next((c["status"] for c in one["status"]["conditions"] if c["type"] == "Ready"), "")

    def addresses(one: dict) -> list:
        return [[end["nodeName"], bool(end["conditions"].get("ready"))] for end in one.get("endpoints") or []]

    slices = Watch(release.kubectl, "endpointslices", f"--selector=kubernetes.io/service-name={SERVICE}", what=addresses)
    try:
        with slices, Watch(nodes, "node", "node2", what=condition) as conditions:
            with release.load(results, RATE, retry=True) as load:
                load.wait_answers(10)
                cut = time.time()
                Switch().unplug(node.machine)
                node.machine.cut_power()
                evidence("node2 has no power")
                wait_for("four pods on node1", lambda: ready_on(release, "node1") == 4, 120)
                whole = time.time() - cut
                evidence(f"four pods are ready on node1 after {whole:.1f} s")
                load.wait_answers(10)
                attempts = load.stop()
    finally:
        back = time.time()
        come_back(node)
        nodes("wait", "--for=condition=Ready", "node/node2", "--timeout=90s")
        again = time.time() - back
    noticed = next(at for at, status in conditions.seen if at > cut and status != "True") - cut
    out = next(at for at, ends in slices.seen if at > cut and not any(name == "node2" and up for name, up in ends)) - cut
    evidence(f"NotReady after {noticed:.1f} s, out of the service after {out:.1f} s (grace: {NODE_GRACE_SECONDS} s)")
    evidence(f"given up {TOLERATION_SECONDS} s after that; the rest of {whole:.1f} s is the start of the new pods")
    failed = [one for one in attempts.all if one["status"] != 200]
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    if failed:
        evidence(f"first sent {failed[0]['sent'] - cut:.1f} s, last {failed[-1]['sent'] - cut:.1f} s after the cut")
    assert attempts.unfinished == set()
    assert failed, "a lost node costs attempts, or this was none"
    # Detection + the chart's toleration + evictions' queue and a start.
    assert whole < NODE_GRACE_SECONDS + 5 + TOLERATION_SECONDS + 20

    evidence(f"the node is Ready {again:.1f} s after its power is back")
    release.wait_ready(4, 120)
    assert all(ready(pod) for pod in release.pods())


def come_back(node: Node):
    """Power and cable: an empty machine of the same name starts, as after a new installation."""
    node.machine.remove()
    node.machine.start(STATE / "pause")
    Switch().connect(node.machine, node.address)
    cluster.join(node, Authority(STATE / "keys", "ca"))
    cluster.routes([Node(1), node])
