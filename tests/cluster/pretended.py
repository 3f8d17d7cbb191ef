"""A thousand pods that are none: kwok says of them that they run, and an exporter says how loaded each one is.

Everything else is real: the autoscaler, the Deployment's controller, the scheduler, Prometheus and its adapter.
"""

from __future__ import annotations

import bisect
import csv
import http.server
import json
import threading
import time

from addons import PRETENDED
from kubectl import ADMINISTRATOR, Kubectl
from machine import STATE, enter_network, wait_for
from node import Node
from tools import kustomized, tool

MODULE = "sigs.k8s.io/kwok"
NAMESPACE = "pretended"
NODES = 12
PODS_OF_A_NODE = 100
METRIC = "pp_doclayout_load_ratio"
PROCESS = "kwok"
SLOTS = 2  # of each pod, as in the simulator (tools/autoscale_sim/cluster.yaml)
HEARTBEAT = {"durationMilliseconds": 2000, "jitterDurationMilliseconds": 3000}  # a node is lost after 8 s


def start_kwok(kubectl: Kubectl):
    """With its own stages, of the version that go.mod pins, and the nodes that it plays."""
    kinds = ("node/fast", "node/heartbeat", "pod/fast")
    stages = [stage for kind in kinds for stage in kustomized("kwok", MODULE, f"kustomize/stage/{kind}")]
    for stage in stages:
        if stage["metadata"]["name"] == "node-heartbeat":
            stage["spec"]["delay"] = HEARTBEAT
    config = STATE / "kwok-stages.yaml"
    config.write_text("\n---\n".join(map(json.dumps, stages)))
    Node(1).machine.spawn(
        PROCESS,
        tool("kwok", "kwok"),
        f"--kubeconfig={ADMINISTRATOR}",
        f"--config={config}",
        "--manage-all-nodes=false",
        "--manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake",
        # Their nodes tell of themselves by their status: kwok 0.7.0 renews leases from an old copy, and is refused.
        "--node-lease-duration-seconds=0",
        "--cidr=10.200.0.0/16",
    )
    kubectl.apply(*[_node(number) for number in range(NODES)])
    for number in range(NODES):
        kubectl("wait", "--for=condition=Ready", f"node/pretended-{number}", "--timeout=60s")


def _node(number: int) -> dict:
    name = f"pretended-{number}"
    room = {"cpu": "1000", "memory": "1Ti", "pods": str(PODS_OF_A_NODE)}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {"type": "pretended", "kubernetes.io/hostname": name},
        },
        "spec": {"taints": [{"key": "pretended", "value": "yes", "effect": "NoSchedule"}]},
        "status": {"capacity": room, "allocatable": room},
    }


def stop_kwok(kubectl: Kubectl):
    kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=true", seconds=300)
    kubectl("delete", "nodes", "--selector=type=pretended", "--ignore-not-found")
    Node(1).machine.stop(PROCESS)


def deployment(name: str, replicas: int) -> dict:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "nodeSelector": {"type": "pretended"},
                    "tolerations": [{"key": "pretended", "operator": "Exists"}],
                    "automountServiceAccountToken": False,
                    "terminationGracePeriodSeconds": 0,
                    "containers": [{"name": "a", "image": "pretended"}],
                },
            },
        },
    }


class Curve:
    """How many slots a scenario's traffic keeps busy (`autoscale_sim curve`), `faster` times as fast."""

    def __init__(self, text: str, faster: float):
        rows = list(csv.DictReader(text.splitlines()))
        self._times = [float(row["time"]) / faster for row in rows]
        self._busy = [float(row["busy_slots"]) for row in rows]
        self.seconds = self._times[-1]
        self.most = max(self._busy)

    def at(self, seconds: float) -> float:
        return self._busy[max(0, bisect.bisect_right(self._times, seconds) - 1)]


class Exporter:
    """Each ready pod's load, with what the curve says now spread evenly. Runs on node 1's network until the end of the `with`:
    the namespace belongs to a thread, so that one thread enters it and opens the port."""

    def __init__(self, kubectl: Kubectl, curve: Curve):
        self._kubectl = kubectl
        self._curve = curve
        self._start: float | None = None
        self._text = ""
        self._stop = threading.Event()

    def begin(self):
        """The curve's time runs from now on."""
        self._start = time.monotonic()

    @property
    def over(self) -> bool:
        return self._start is not None and time.monotonic() - self._start > self._curve.seconds

    def __enter__(self):
        opened = threading.Event()
        self._threads = [threading.Thread(target=self._serve, args=(opened,)), threading.Thread(target=self._look)]
        for thread in self._threads:
            thread.start()
        assert opened.wait(10)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._server.shutdown()
        for thread in self._threads:
            thread.join()

    def _serve(self, opened: threading.Event):
        exporter = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = exporter._text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        enter_network(Node(1).machine.pid)
        self._server = http.server.HTTPServer(PRETENDED, Handler)
        opened.set()
        self._server.serve_forever()
        self._server.server_close()

    def _look(self):
        words = ("get", "pods", "--output=custom-columns=N:.metadata.name,R:.status.conditions[?(@.type=='Ready')].status", "--no-headers")
        while not self._stop.wait(0.5):
            found = self._kubectl.try_(*words)
            pods = [line.split()[0] for line in found.stdout.splitlines() if line.split()[1:] == ["True"]]
            seconds = 0.0 if self._start is None else time.monotonic() - self._start
            load = self._curve.at(seconds) / SLOTS / max(1, len(pods))
            lines = [f"# TYPE {METRIC} gauge"]
            lines += [f'{METRIC}{{namespace="{NAMESPACE}",pod="{pod}"}} {load:.4f}' for pod in pods]
            self._text = "\n".join(lines) + "\n"


def scale_by(hpa: dict, name: str, most: int) -> dict:
    """The chart's autoscaler for the pretended Deployment."""
    spec = hpa["spec"] | {"maxReplicas": most, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}}
    return {"apiVersion": hpa["apiVersion"], "kind": hpa["kind"], "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def wait_pods(kubectl: Kubectl, count: int, seconds: float = 120):
    wait_for(f"{count} pretended pods", lambda: len(kubectl.items("pods")) == count, seconds, 1)

