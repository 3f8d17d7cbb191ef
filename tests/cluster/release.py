"""doclayout in the cluster: installed by helm from the chart, asked, loaded, and made to fail."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator

from kubectl import Kubectl, ready, wait_ready
from machine import ROOT, STATE, wait_for
from node import node_of

CHART = ROOT / "deploy/helm/doclayout"
VALUES = pathlib.Path(__file__).with_name("values.yaml")
PAGE = ROOT / "tests/pages/contract.png"
NAMESPACE = "doc-processing"
NAME = "pp-doclayout"
DEPLOYMENT = "deployment/pp-doclayout-deployment"
SERVICE = "pp-doclayout-service"
HPA = "pp-doclayout-hpa"
PODS = "app.kubernetes.io/name=doclayout,app.kubernetes.io/component=service"
LOAD = pathlib.Path(__file__).with_name("load.py")
# Every page takes 0.9 s in the model, whatever this machine is busy with: a pod of one slot then holds about 1.1 a second.
SLOW = [{"name": "FAULTS_FILE", "value": "/faults/slow"}]
PRODUCT = {"image": {"tag": "0.1.0"}}  # the image that is shipped, not the test build
ALWAYS = 1_000_000_000  # pages
TOLD = [{"name": "FAULTS_FILE", "value": "/tmp/faults"}]  # what `Release.tell` writes
FAULTY = {"service": {"env": TOLD}}
NO_MODEL = {"model": {"source": "image", "path": "/models/none.onnx"}}  # never starts
REFUSALS = (429, 503)


def make_restricted(kubectl: Kubectl, name: str) -> Kubectl:
    """A namespace that lets in only what keeps to the strictest standard, and warns of whatever would make something else."""
    standard = {f"pod-security.kubernetes.io/{what}": "restricted" for what in ("enforce", "warn", "audit")}
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": standard}})
    return Kubectl(name)


class Attempts:
    """What became of the requests of one load."""

    def __init__(self, path: pathlib.Path):
        lines = path.read_text().splitlines()
        self.all = sorted((json.loads(line) for line in lines), key=lambda one: one["sent"])

    def by_outcome(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self.all:
            what = str(one["status"]) if one["status"] else one["error"].split(":")[0]
            counts[what] = counts.get(what, 0) + 1
        return counts

    @property
    def lost(self) -> list[dict]:
        """Neither answered well nor refused with a time to come again."""
        return [one for one in self.all if one["status"] != 200 and not (one["status"] in REFUSALS and one["retry_after"])]

    @property
    def requests(self) -> int:
        return len({one["request"] for one in self.all})

    @property
    def unfinished(self) -> set[int]:
        """Requests that no attempt brought an answer for."""
        return {one["request"] for one in self.all} - {one["request"] for one in self.all if one["status"] == 200}


class Load:
    """A running load.py on node 1's network."""

    def __init__(self, kubectl: Kubectl, url: str, results: pathlib.Path, retry: bool, page: pathlib.Path = PAGE):
        words = [sys.executable, LOAD, url, page, results] + (["--retry"] if retry else [])
        self._results = results
        self._process = subprocess.Popen(kubectl.inside(*words), stdin=subprocess.PIPE, text=True)

    def rate(self, rate: float):
        self._process.stdin.write(f"rate {rate}\n")
        self._process.stdin.flush()

    def so_far(self) -> Attempts:
        return Attempts(self._results)

    def wait_answers(self, more: int, seconds: float = 60):
        """Until so many further requests were answered well."""
        def answered():
            return sum(one["status"] == 200 for one in self.so_far().all) if self._results.exists() else 0

        least = answered() + more
        wait_for(f"{more} more answers", lambda: answered() >= least, seconds)

    def stop(self) -> Attempts:
        self._process.stdin.close()
        assert self._process.wait(400) == 0
        return self.so_far()

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()


class Release:
    def __init__(self):
        self.kubectl = Kubectl(NAMESPACE)

    def install(self, values: dict | None = None, wait: bool = True, seconds: int = 180) -> str:
        """Installs or changes it: `values` on top of values.yaml. What helm said."""
        # A pod that an earlier test has let crash would be waited for, for minutes.
        for pod in self.pods():
            if not ready(pod):
                self.kubectl("delete", "pod", pod["metadata"]["name"], "--force", "--grace-period=0", "--ignore-not-found")
        with (STATE / "values.json").open("w") as file:
            json.dump(values or {}, file)
        words = ["upgrade", "--install", NAME, CHART, "--values", VALUES, "--values", STATE / "values.json"]
        if wait:
            words += ["--wait", f"--timeout={seconds}s"]
        done = self.kubectl.helm(*words, seconds=seconds + 30)
        if "another operation" in done.stderr:  # a test run that was broken off
            self.uninstall()
            done = self.kubectl.helm(*words, seconds=seconds + 30)
        if done.returncode != 0:
            happened = self.kubectl.try_("get", "pods,events", "--sort-by=.metadata.creationTimestamp", "--output=wide")
            raise AssertionError(done.stdout + done.stderr + happened.stdout[-4000:])
        return done.stdout + done.stderr

    def uninstall(self):
        self.kubectl.helm("uninstall", NAME, "--ignore-not-found", "--wait")
        wait_for("no pod is left", lambda: not self.pods(), 90)

    def pods(self) -> list[dict]:
        return self.kubectl.items("pods", f"--selector={PODS}")

    def ready_pods(self) -> list[dict]:
        return [pod for pod in self.pods() if ready(pod)]

    def wait_ready(self, count: int, seconds: float = 120) -> list[dict]:
        return wait_ready(self.kubectl, PODS, count, seconds)

    def replicas(self) -> int:
        return self.kubectl.get(DEPLOYMENT)["spec"]["replicas"]

    @property
    def url(self) -> str:
        """Of the service's own address."""
        return f"http://{self.kubectl.get('service', SERVICE)['spec']['clusterIP']}:8000"

    def get(self, path: str, base: str = "", seconds: float = 20) -> tuple[int, str]:
        """A GET from node 1's network; status 0 when there was no answer."""
        words = ["curl", "-sS", "--max-time", str(seconds), "-w", "\n%{http_code}", (base or self.url) + path]
        done = subprocess.run(self.kubectl.inside(*words), capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        return (int(status or 0), body) if done.returncode == 0 else (0, done.stderr)

    def get_json(self, path: str, base: str = "") -> dict:
        status, body = self.get(path, base)
        assert status, body
        return json.loads(body)

    def analyze(self, base: str = "", page: pathlib.Path = PAGE) -> tuple[int, str]:
        words = ["curl", "-sS", "--max-time", "30", "-w", "\n%{http_code}", "--data-binary", f"@{page}"]
        words += ["-H", "Content-Type: application/octet-stream", (base or self.url) + "/analyze"]
        done = subprocess.run(self.kubectl.inside(*words), capture_output=True, text=True)
        body, _, status = done.stdout.rpartition("\n")
        return (int(status or 0), body) if done.returncode == 0 else (0, done.stderr)

    @contextlib.contextmanager
    def load(self, results: pathlib.Path, rate: float, retry: bool) -> Iterator[Load]:
        """Runs until `stop`, or to the end of the `with` at the latest."""
        load = Load(self.kubectl, self.url + "/analyze", results, retry)
        load.rate(rate)
        try:
            yield load
        finally:
            load.kill()

    def tell(self, pod: dict, fault: str, file: str = "faults"):
        """What its engine shall do (apps/doclayout/testing/faulty_engine.cc), whole or not at all."""
        folder = _tmp(pod)
        new = folder / f"{file}.new"
        new.write_text(fault)
        new.chmod(0o644)
        new.rename(folder / file)

    def taken(self, pod: dict) -> bool:
        """Whether its engine has begun to do what it was last told."""
        taken = _tmp(pod) / "faults.taken"
        return taken.exists() and taken.read_text().partition(" of ")[2] == (_tmp(pod) / "faults").read_text()

    def kill_9(self, pod: dict):
        """The service's own process in that pod."""
        node = node_of(pod)
        node.machine.run("kill", "-KILL", node.process(self._container(pod)))

    def server_errors(self, pod: dict) -> int:
        """Requests that it answered with 5xx since its process began, refusals among them."""
        text = self._metrics(pod)
        counted = re.findall(r'^http_requests_total{[^}]*route="/analyze",status="5[^}]*} (\d+)$', text, re.MULTILINE)
        assert counted, text
        return sum(map(int, counted))

    def in_progress(self, pod: dict) -> int:
        """Requests that it has now."""
        return int(re.search(r"^pp_doclayout_requests_in_progress (\d+)$", self._metrics(pod), re.MULTILINE)[1])

    def _metrics(self, pod: dict) -> str:
        status, text = self.get("/metrics", f"http://{pod['status']['podIP']}:8000")
        assert status == 200, text
        return text

    def restarts(self, pod: dict) -> int:
        return self._container(pod)["restartCount"]

    def last_state(self, pod: dict) -> dict:
        """Of the service's container, before it was started anew."""
        return self._container(pod)["lastState"]

    def _container(self, pod: dict) -> dict:
        """Its state now."""
        found = self.kubectl.get("pod", pod["metadata"]["name"])
        return next(one for one in found["status"]["containerStatuses"] if one["name"] == "doclayout")

    def endpoints(self) -> set[str]:
        """Addresses that take new requests."""
        found = self.kubectl.items("endpointslices", f"--selector=kubernetes.io/service-name={SERVICE}")
        ends = [end for one in found for end in one.get("endpoints") or []]
        return {address for end in ends if end["conditions"].get("ready") for address in end["addresses"]}

    def logs(self, pod: dict, *words: str, container: str = "doclayout") -> str:
        return self.kubectl("logs", pod["metadata"]["name"], f"--container={container}", *words)


def _tmp(pod: dict) -> pathlib.Path:
    """Its /tmp, seen from here."""
    return node_of(pod).volume(pod["metadata"]["uid"], "tmp")


class MonitoringApi:
    """Alertmanager's and Prometheus'."""

    def __init__(self, release: Release):
        self._release = release
        self._monitoring = Kubectl("monitoring")

    def _get(self, service: str, path: str, **words: str) -> dict | list:
        spec = self._monitoring.get("service", service)["spec"]
        url = f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}"
        return self._release.get_json(f"{path}?{urllib.parse.urlencode(words)}", url)

    def query(self, expression: str) -> list[dict]:
        """The series that Prometheus answers with."""
        said = self._get("prometheus-server", "/api/v1/query", query=expression)
        assert said["status"] == "success" and not said.get("warnings"), said
        return said["data"]["result"]

    def fired(self, told: bool = False) -> list[dict[str, str]]:
        """The labels of the service's alerts that Alertmanager has; with `told`, of those only that no other alert keeps from being
        told of."""
        said = self._get("alertmanager", "/api/v2/alerts", active="true", silenced="false", inhibited=str(not told).lower())
        return [one["labels"] for one in said if one["labels"].get("namespace", NAMESPACE) == NAMESPACE]

    def alerts(self, told: bool = False) -> set[str]:
        """Their names."""
        return {one["alertname"] for one in self.fired(told)}

    def wait_alert(self, name: str, firing: bool, seconds: float) -> float:
        """Seconds until Alertmanager has it, or no longer."""
        start = time.monotonic()
        wait_for(f"{name} {'fires' if firing else 'resolves'}", lambda: (name in self.alerts()) == firing, seconds, 0.5)
        return time.monotonic() - start
