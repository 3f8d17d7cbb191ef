"""A recorded timeline of an autoscaled Deployment, as JSON or CSV.

JSON: {"records": [RECORD, ...], "syncs": [seconds, ...]}; `syncs` only where the controller's syncs are known. A
RECORD:

    {"time": 12.0, "replicas": 2,
     "pods": {"a": {"phase": "Running", "ready": true, "deleted": false}},    (what is left out is as here)
     "metrics": {"pp_doclayout_load_ratio": {"a": 0.5}, "an_external_one": 3.0}}

`replicas` is spec.replicas of the Deployment. A metric that is not there, or null, could not be fetched. Without
`pods`, those with a metric run and are ready, and as many as `replicas` says are pending besides.

CSV: time,replicas,metric,pod,value; rows of one time make one record. A row with an empty metric says that none was to
be had; one with a metric and an empty pod is of the whole.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .replica_calculator import PodStatus
from .simulation import Recorded

Values = dict[str, dict[str, float] | float]


@dataclass(frozen=True)
class Record:
    time: float
    replicas: int
    pods: list[PodStatus]
    metrics: Values


@dataclass(frozen=True)
class Recording:
    records: list[Record]
    syncs: list[float] | None


class RecordingError(ValueError):
    """A file that is no recording; the message says why."""


def read_recording(path: Path) -> Recording:
    recording = _read_csv(path) if path.suffix == ".csv" else _read_json(path)
    if len(recording.records) < 2:
        raise RecordingError(f"{path} has fewer than two records")
    times = [record.time for record in recording.records]
    if any(not math.isfinite(time) for time in times) or times != sorted(set(times)):
        raise RecordingError(f"{path}: times have to rise from record to record")
    return recording


def _read_json(path: Path) -> Recording:
    document: dict[str, Any] = json.loads(path.read_text())
    records = []
    for entry in document["records"]:
        metrics: Values = {name: value for name, value in entry.get("metrics", {}).items() if value is not None}
        if "pods" in entry:
            pods = [
                PodStatus(
                    name, pod.get("phase", "Running"), pod.get("ready", True), pod.get("deleted", False),
                    request=pod.get("request", 0),
                )
                for name, pod in entry["pods"].items()
            ]  # fmt: skip
        else:
            pods = _guess_pods(entry["replicas"], metrics)
        records.append(Record(float(entry["time"]), int(entry["replicas"]), pods, metrics))
    return Recording(records, document.get("syncs"))


def _read_csv(path: Path) -> Recording:
    grouped: dict[float, tuple[int, Values]] = {}
    with path.open(newline="") as lines:
        for row in csv.DictReader(lines):
            time = float(row["time"])
            _, metrics = grouped.setdefault(time, (int(row["replicas"]), {}))
            if not row["metric"]:
                continue
            if not row["pod"]:
                metrics[row["metric"]] = float(row["value"])
                continue
            of_pods = metrics.setdefault(row["metric"], {})
            if not isinstance(of_pods, dict):
                raise RecordingError(f"{path}: {row['metric']} is of pods and of the whole")
            of_pods[row["pod"]] = float(row["value"])
    records = [
        Record(time, replicas, _guess_pods(replicas, metrics), metrics) for time, (replicas, metrics) in grouped.items()
    ]
    return Recording(records, None)


def _guess_pods(replicas: int, metrics: Values) -> list[PodStatus]:
    names = sorted({name for values in metrics.values() if isinstance(values, dict) for name in values})
    pending = [f"pending-{index}" for index in range(replicas - len(names))]
    return [PodStatus(name) for name in names] + [PodStatus(name, phase="Pending", ready=False) for name in pending]


def write_recording(path: Path, recorded: Iterable[Recorded]) -> None:
    """Of a simulated run."""
    records = [
        {
            "time": moment.time,
            "replicas": moment.replicas,
            "pods": {
                pod.name: {"phase": pod.phase, "ready": pod.ready, "deleted": pod.deleted, "request": pod.request}
                for pod in moment.pods
            },
            "metrics": moment.metrics,
        }
        for moment in recorded
    ]
    syncs = [record["time"] for record in records]
    path.write_text(json.dumps({"records": records, "syncs": syncs}))
