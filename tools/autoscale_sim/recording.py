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

from .inputs import MOST_PODS, Given, InputError, integer, number, read_document
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


def read_recording(path: Path) -> Recording:
    recording = _read_csv(path) if path.suffix == ".csv" else _read_json(path)
    if len(recording.records) < 2:
        raise InputError(f"{path} has {len(recording.records)} records, and has to have at least two, of different times")
    for name, times in (("times", [record.time for record in recording.records]), ("syncs", recording.syncs or [])):
        if times != sorted(set(times)):
            raise InputError(f"{path}: {name} do not rise from one to the next, and have to")
    return recording


def _read_json(path: Path) -> Recording:
    document = read_document(path, json.loads)
    records = []
    for entry in document.get("records").items(least=0):
        replicas = entry.get("replicas").integer(most=MOST_PODS)
        metrics = _metrics(entry.get("metrics"))
        pods = entry.get("pods")
        if pods.value is None:
            listed = _guess_pods(replicas, metrics)
        else:
            listed = [_pod(name, pod) for name, pod in pods.entries().items()]
        records.append(Record(entry.get("time").number(), replicas, listed, metrics))
    syncs = document.get("syncs")
    return Recording(records, [sync.number() for sync in syncs.items()] if syncs.value is not None else None)


def _metrics(given: Given) -> Values:
    values: Values = {}
    for name, metric in given.entries(default={}).items():
        if isinstance(metric.value, dict):
            values[name] = {pod: value.number() for pod, value in metric.entries().items()}
        elif metric.value is not None:
            values[name] = metric.number()
    return values


def _pod(name: str, given: Given) -> PodStatus:
    return PodStatus(
        name,
        given.get("phase").text(default="Running"),
        given.get("ready").flag(default=True),
        given.get("deleted").flag(default=False),
        request=given.get("request").integer(default=0),
    )


COLUMNS = ("time", "replicas", "metric", "pod", "value")


def _read_csv(path: Path) -> Recording:
    grouped: dict[float, tuple[int, Values]] = {}
    try:
        with path.open(newline="") as lines:
            reader = csv.DictReader(lines)
            if missing := set(COLUMNS) - set(reader.fieldnames or ()):
                raise InputError(f"{path} lacks the columns {', '.join(sorted(missing))}; the first row has to be {','.join(COLUMNS)}")
            for row in reader:
                _add_row(row, f"{path}, line {reader.line_num}", grouped)
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{path} has to be CSV in UTF-8, and cannot be read as such: {error}") from None
    records = [
        Record(time, replicas, _guess_pods(replicas, metrics), metrics) for time, (replicas, metrics) in grouped.items()
    ]
    return Recording(records, None)


def _add_row(row: dict[str | None, Any], where: str, grouped: dict[float, tuple[int, Values]]) -> None:
    if None in row:
        raise InputError(f"{where} has more columns than {','.join(COLUMNS)}, and has to have these")
    time = number(row["time"], f"{where}: time")
    replicas = integer(row["replicas"], f"{where}: replicas", most=MOST_PODS)
    _, metrics = grouped.setdefault(time, (replicas, {}))
    if not row["metric"]:
        return
    value = number(row["value"], f"{where}: value")
    of_pods = metrics.setdefault(row["metric"], {} if row["pod"] else value)
    if isinstance(of_pods, dict) != bool(row["pod"]):
        raise InputError(f"{where}: {row['metric']} is of pods and of the whole, and has to be one of the two")
    if isinstance(of_pods, dict):
        of_pods[row["pod"]] = value


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
