"""From nothing to serving."""

from __future__ import annotations

import json

import pytest
from release import DEPLOYMENT, NAMESPACE, PRODUCT, SERVICE


def test_one_command_installs_it_under_the_strictest_standard(release, evidence):
    """`helm install`: all pods are ready, nothing was complained about, and the service answers."""
    release.uninstall()
    said = release.install(PRODUCT)
    evidence(said)
    assert "Installing it now" in said and "warning" not in said.lower(), said
    pods = release.wait_ready(2)
    evidence(release.kubectl("get", "pods", "--output=wide"))
    started = [pod["status"]["containerStatuses"][0] for pod in pods]
    assert all(one["restartCount"] == 0 for one in started)

    status, body = release.analyze()
    assert status == 200 and json.loads(body)["pages"][0]["regions"], body
    evidence(f"POST /analyze: {status}, {len(json.loads(body)['pages'][0]['regions'])} regions")
    tested = release.kubectl.helm("test", "pp-doclayout")
    evidence(tested.stdout)
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_the_standard_is_enforced(namespace, evidence):
    """A pod that wants more than the strictest standard allows is refused: so the one above keeps to it."""
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "bad"},
        "spec": {"containers": [{"name": "a", "image": "doclayout:0.1.0", "imagePullPolicy": "Never"}]},
    }
    refused = namespace.try_("create", "--filename=-", text=json.dumps(pod))
    evidence(refused.stderr)
    assert refused.returncode != 0 and 'violates PodSecurity "restricted' in refused.stderr


def test_pods_are_spread_over_the_nodes(release, evidence):
    """Four pods on two nodes: two on each."""
    release.install(PRODUCT | {"autoscaling": {"kind": "none"}, "replicas": 4})
    pods = release.wait_ready(4)
    on = sorted(pod["spec"]["nodeName"] for pod in pods)
    evidence(release.kubectl("get", "pods", "--output=wide"))
    assert on == ["node1", "node1", "node2", "node2"]


def test_limits_reach_the_kernel(release, evidence):
    """The service counts with the memory that its pod may have, not with the node's."""
    release.install(PRODUCT)
    release.wait_ready(2)
    health = release.get_json("/health?verbose=1")
    evidence(json.dumps(health))
    status, metrics = release.get("/metrics")
    limit = next(line for line in metrics.splitlines() if line.startswith("pp_doclayout_memory_limit_bytes"))
    evidence(limit)
    assert status == 200 and float(limit.split()[-1]) == pytest.approx(0.9 * (512 << 20), rel=0.001)


def test_names_are_the_agreed_ones(release, evidence):
    """What other people's scripts and boards go by."""
    release.install(PRODUCT)
    found = release.kubectl("get", "deployment,service,hpa,configmap,networkpolicy,pdb", "--output=name")
    evidence(found)
    names = {line.split("/")[1] for line in found.splitlines()}
    assert {DEPLOYMENT.split("/")[1], SERVICE, "pp-doclayout-hpa", "pp-doclayout-test-data"} <= names
    ports = {port["port"] for port in release.kubectl.get("service", SERVICE)["spec"]["ports"]}
    assert ports == {8000, 7860}
    assert NAMESPACE == "doc-processing"
