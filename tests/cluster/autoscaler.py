"""What the real autoscaler saw and did, look by look: from the API server's audit log, which has each of its questions with the time."""

from __future__ import annotations

import dataclasses
import datetime
import json
import math
import threading
import time
import urllib.parse
from collections.abc import Callable, Sequence

from api import Api
from control_plane import AUDIT_LOG, SYNC_SECONDS
from kubectl import Kubectl, ready
from machine import wait_for

METRIC = "pp_doclayout_load_ratio"
TARGET, TOLERANCE = 0.8, 0.1  # the chart's, and the autoscaler's
EVERY = 0.2  # seconds from one question for the metric to the next


@dataclasses.dataclass
class Look:
    """One sync of the autoscaler at a Deployment: what there was, what it asked for (the same where it let it be), the mean of the
    metric that it tells, and what the pods and their metric were then, by the record whose mean is nearest to that. Without a metric
    `mean` is None, and `load` None or empty."""

    time: float
    replicas: int
    wanted: int
    mean: float | None = None
    pods: Sequence[dict] = ()
    load: dict[str, float] | None = None
    as_told: bool = False  # the record's mean is the one that the autoscaler tells

    @property
    def over_target(self) -> bool:
        """The mean of the pods is above what is aimed at, and above what the autoscaler tolerates."""
        return bool(self.load) and sum(self.load.values()) / len(self.load) > TARGET * (1 + TOLERANCE)


def _path(namespace: str, metric: str) -> str:
    return f"/apis/custom.metrics.k8s.io/v1beta2/namespaces/{namespace}/pods/*/{metric}"


def _by_pod(answer: dict | None) -> dict[str, float] | None:
    return answer and {one["describedObject"]["name"]: quantity(one["value"]) for one in answer["items"]}


def metric_values(kubectl: Kubectl, metric: str = METRIC, selector: str = "") -> dict[str, float] | None:
    """Of the pods of its namespace, as an autoscaler is told them; None where it is told none."""
    question = urllib.parse.urlencode({"labelSelector": selector})
    found = kubectl.try_("get", "--raw", f"{_path(kubectl.namespace, metric)}?{question}")
    return _by_pod(json.loads(found.stdout)) if found.returncode == 0 else None


def quantity(text: str) -> float:
    """A quantity of Kubernetes."""
    return float(text[:-1]) / 1000 if text.endswith("m") else float(text)


def looks(namespace: str, deployment: str) -> list[Look]:
    """All since the control plane was started, at the one Deployment that is scaled by `METRIC` in the namespace."""
    events = [json.loads(line) for line in AUDIT_LOG.read_text().splitlines()]
    found: list[Look] = []
    mean = None
    for event in sorted(events, key=lambda one: one["requestReceivedTimestamp"]):
        about, good = event["objectRef"], event["responseStatus"]["code"] == 200
        at = datetime.datetime.fromisoformat(event["requestReceivedTimestamp"].replace("Z", "+00:00")).timestamp()
        match about.get("namespace") == namespace, about.get("subresource"), event["verb"]:
            case True, "scale", "get" if good and about["name"] == deployment:
                replicas = event["responseObject"]["spec"].get("replicas", 0)
                found.append(Look(at, replicas, replicas, mean))
            case True, "scale", "update" if good and about["name"] == deployment:
                found[-1].wanted = event["responseObject"]["spec"]["replicas"]
            case True, "status", "update" if good and found:
                # It tells its state when that is another than before.
                mean = found[-1].mean = _mean_told(event["responseObject"]["status"])
            case True, metric, "get" if found and metric == METRIC:
                found[-1].time = at
    return found


def _mean_told(status: dict) -> float | None:
    active = [one["status"] for one in status.get("conditions", []) if one["type"] == "ScalingActive"]
    told = [one["pods"]["current"].get("averageValue", "0") for one in status.get("currentMetrics") or [] if one["type"] == "Pods"]
    return quantity(told[0]) if active == ["True"] and told else None


def _mean(record: dict) -> float | None:
    """As the autoscaler has it: of pods that run and are not on their way out, in whole thousandths."""
    counted = {pod["name"] for pod in record["pods"] if pod["phase"] == "Running" and not pod["deleted"]}
    load = [value for name, value in (record["load"] or {}).items() if name in counted]
    return sum(load) * 1000 // len(load) / 1000 if load else None


def _apart(record: dict, look: Look) -> float:
    """How far what was recorded is from what the autoscaler tells that it saw."""
    mean = _mean(record)
    if mean is None or look.mean is None:
        return 0 if mean == look.mean else math.inf
    return abs(mean - look.mean)


def seen(records: Sequence[dict], namespace: str, deployment: str) -> list[Look]:
    """What the autoscaler saw from the first record (`time`, `replicas`, `pods`, `load`) to the last."""
    found = []
    for look in looks(namespace, deployment) if records else []:
        if records[0]["time"] <= look.time <= records[-1]["time"]:
            near = [one for one in records if abs(one["time"] - look.time) <= SYNC_SECONDS]
            best = min(near or records, key=lambda one: (_apart(one, look), abs(one["time"] - look.time)))
            look.pods, look.load, look.as_told = best["pods"], best["load"], _apart(best, look) == 0
            found.append(look)
    return found


class Recorder:
    """Asks for pods and their metric all the time, until the end of the `with`; `looks` then has what the autoscaler saw of it."""

    def __init__(self, namespace: str, deployment: str, selector: str):
        self._namespace, self._deployment, self._selector = namespace, deployment.removeprefix("deployment/"), selector
        self._stop = threading.Event()
        self._records: list[dict] = []
        self.looks: list[Look] = []

    def __enter__(self):
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        wait_for("a first record", lambda: self._records or not self._thread.is_alive(), 30, 0.05)
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()
        self.looks = seen(self._records, self._namespace, self._deployment)

    def wait_replicas(self, good: Callable[[int], bool], seconds: float):
        """Until the Deployment is to have so many."""
        wait_for("so many replicas", lambda: good(self._records[-1]["replicas"]), seconds, EVERY)

    def _run(self):
        api = Api()
        spec = f"/apis/apps/v1/namespaces/{self._namespace}/deployments/{self._deployment}"
        pods = f"/api/v1/namespaces/{self._namespace}/pods"
        next_time = time.monotonic()
        while not self._stop.wait(max(0, next_time - time.monotonic())):
            next_time = time.monotonic() + EVERY
            now = time.time()
            load = _by_pod(api.try_(_path(self._namespace, METRIC)))
            deployment, listed = api.try_(spec), api.try_(pods, labelSelector=self._selector)
            if deployment and listed:
                replicas, there = deployment["spec"]["replicas"], [_pod(pod) for pod in listed["items"]]
                self._records.append({"time": now, "replicas": replicas, "pods": there, "load": load})
        api.close()


def _pod(pod: dict) -> dict:
    deleted = "deletionTimestamp" in pod["metadata"]
    return {"name": pod["metadata"]["name"], "phase": pod["status"]["phase"], "ready": ready(pod), "deleted": deleted}


def table(seen: Sequence[Look]) -> str:
    """The looks that changed something, and those at which other pods were ready."""
    lines, last = ["seconds replicas wanted ready  load ratio of each pod"], None
    for look in seen:
        load = "none" if look.load is None else " ".join(f"{value:.2f}" for value in look.load.values())
        shown = look.replicas, look.wanted, sum(pod["ready"] for pod in look.pods)
        if shown != last or look is seen[-1]:
            lines.append(f"{look.time - seen[0].time:7.1f} {shown[0]:8} {shown[1]:6} {shown[2]:5}  {load}")
        last = shown
    return "\n".join(lines)
