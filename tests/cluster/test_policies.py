"""The chart's network policy where somebody enforces it: who gets in, where the service gets to, and that it works all the same."""

from __future__ import annotations

import json

import policies
import pytest
from autoscaler import metric_values
from kubectl import Kubectl
from machine import wait_for
from node import DNS, NETWORK, known, node_of
from release import NAMESPACE, PRODUCT, SERVICE

ELSEWHERE = "elsewhere"
HTTP, PROBE_METRICS = 8000, 9105
# Says nothing while it cannot connect, and ends at once when it can.
CONNECT = "import socket, sys; socket.create_connection((sys.argv[1], int(sys.argv[2])), 2)"
ASK_FOR_A_NAME = """
import socket, sys
question = bytes([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
question += b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[2].split(".")) + bytes([0, 0, 1, 0, 1])
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(2)
asking.sendto(question, (sys.argv[1], 53))
answer = asking.recv(512)
sys.exit(answer[3] & 15)
"""


class Place:
    """A pod's network, and programs of this machine in it."""

    def __init__(self, kubectl: Kubectl, pod: dict, container: str):
        self.address = pod["status"]["podIP"]
        self.name = f"{kubectl.namespace}/{pod['metadata']['name']}"
        self._node = node_of(pod)
        self._process = self._node.process(next(one for one in pod["status"]["containerStatuses"] if one["name"] == container))

    def _try(self, script: str, *words: object) -> bool:
        command = ["nsenter", f"--target={self._process}", "--net", "--", "python3", "-c", script, *words]
        return self._node.machine.run(*command, check=False).returncode == 0

    def reaches(self, address: str, port: int) -> bool:
        return self._try(CONNECT, address, port)

    def finds(self, name: str) -> bool:
        return self._try(ASK_FOR_A_NAME, DNS, name)


def visitor(namespace: str, node: str) -> Place:
    """A pod that does nothing, and its network."""
    kubectl = Kubectl(namespace)
    secure = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    container = {"name": "stand", "image": "pause:1", "imagePullPolicy": "Never", "securityContext": secure}
    spec = {
        "containers": [container],
        "nodeName": node,
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 1,
    }
    name = f"visitor-of-{node}"
    kubectl.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec})
    kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s")
    return Place(kubectl, kubectl.get("pod", name), "stand")


@pytest.fixture(scope="module")
def visitors(kubernetes, namespace):
    """By namespace, one on each node."""
    everywhere = (ELSEWHERE, "monitoring", NAMESPACE)
    for name in everywhere[:2]:
        kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    nodes = [node.name for node in known()]
    yield {name: [visitor(name, node) for node in nodes] for name in everywhere}
    for name in everywhere:
        Kubectl(name)("delete", "pod", *[f"visitor-of-{node}" for node in nodes])
    kubernetes("delete", "namespace", ELSEWHERE)


@pytest.fixture(scope="module")
def firewall(release, visitors):
    """Begins to enforce what is there already: before, and after, everybody gets in."""
    release.install(PRODUCT)
    assert all(set(visitors) == set(who) for who in ways_in(release, visitors).values())
    with policies.enforced():
        yield
    assert all(set(visitors) == set(who) for who in ways_in(release, visitors).values())


def service_pods(release) -> list[Place]:
    return [Place(release.kubectl, pod, "doclayout") for pod in release.wait_ready(2)]


def service_of(namespace: str, name: str) -> tuple[str, int]:
    """Its address and first port."""
    spec = Kubectl(namespace).get("service", name)["spec"]
    return spec["clusterIP"], spec["ports"][0]["port"]


def ways_in(release, visitors) -> dict[str, list[str]]:
    """From which namespaces one gets to what: if one of its visitors gets to one pod of it, all of them get to all."""
    pods = service_pods(release)
    places = {
        "pods": [(pod.address, HTTP) for pod in pods],
        "probe": [(pod.address, PROBE_METRICS) for pod in pods],
        "service": [service_of(NAMESPACE, SERVICE)],
    }
    ways: dict[str, list[str]] = {}
    for what, there in places.items():
        for namespace, guests in visitors.items():
            reached = {guest.reaches(*place) for guest in guests for place in there}
            assert len(reached) == 1, f"some of {namespace} get to the {what}, some do not"
            ways.setdefault(what, []).extend([namespace] if reached == {True} else [])
    return ways


def test_who_gets_in_and_where_the_service_gets_to(release, visitors, firewall, evidence):
    """Installed under a firewall, by the chart's own policy: in come the namespace's pods and, to the metrics too, monitoring; out go
    questions for names alone. It is ready, scraped and scaled all the same."""
    release.uninstall()
    release.install(PRODUCT)
    stranger = visitors[ELSEWHERE][0]
    pods = service_pods(release)
    wait_for("strangers are kept out", lambda: not any(stranger.reaches(pod.address, HTTP) for pod in pods), 60)

    ways = ways_in(release, visitors)
    evidence(json.dumps(ways))
    inside = ["monitoring", NAMESPACE]
    assert ways == {"pods": inside, "probe": ["monitoring"], "service": inside}

    elsewhere = {name: service_of(*name.split("/")) for name in ("default/kubernetes", "monitoring/alertmanager")}
    assert all(stranger.reaches(*place) for place in elsewhere.values())
    for pod in pods:
        assert pod.finds("kubernetes.default.svc.cluster.local")
        reached = [name for name, place in elsewhere.items() if pod.reaches(*place)]
        evidence(f"{pod.name} finds names, and gets to {reached or 'none'} of {sorted(elsewhere)}")
        assert not reached
    names = {pod.name.rpartition("/")[2] for pod in pods}
    wait_for("the autoscaler knows the load of each", lambda: set(metric_values(release.kubectl) or {}) == names, 60)
    tested = release.kubectl.helm("test", "pp-doclayout")
    assert tested.returncode == 0, tested.stdout + tested.stderr


def test_who_is_named_gets_in(release, visitors, firewall, evidence):
    """With `networkPolicy.ingressFrom`: a namespace, and addresses of nodes, which reach pods of other nodes; nobody else."""
    named = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": ELSEWHERE}}}]
    release.install(PRODUCT | {"networkPolicy": {"ingressFrom": named}})
    stranger = visitors[ELSEWHERE][0]
    wait_for("who is named gets in", lambda: all(stranger.reaches(pod.address, HTTP) for pod in service_pods(release)), 60)
    ways = ways_in(release, visitors)
    evidence(json.dumps(ways))
    inside = [ELSEWHERE, "monitoring"]
    assert ways == {"pods": inside, "probe": ["monitoring"], "service": inside}

    far = next(pod for pod in release.ready_pods() if pod["spec"]["nodeName"] != "node1")
    url = f"http://{far['status']['podIP']}:{HTTP}"
    assert release.get("/livez", url, seconds=2)[0] == 0
    release.install(PRODUCT | {"networkPolicy": {"ingressFrom": [*named, {"ipBlock": {"cidr": f"{NETWORK}.0/24"}}]}})
    wait_for("node 1 gets in", lambda: release.get("/livez", url, seconds=2)[0] == 200, 60)
    status, body = release.analyze(url)
    evidence(f"from a node, named by its address: {status}")
    assert status == 200 and json.loads(body)["pages"]
