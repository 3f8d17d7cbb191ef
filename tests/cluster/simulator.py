"""tools/autoscale_sim, asked by its command line."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Sequence

from autoscaler import METRIC, Look
from machine import ROOT

PYTHON = ROOT / ".deps/venv/autoscale/bin/python"


def _run(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([PYTHON, "-m", "tools.autoscale_sim", *map(str, words)], cwd=ROOT, capture_output=True, text=True)


def curve(scenario: str) -> str:
    """CSV: time, requests_per_second, busy_slots."""
    done = _run("curve", scenario)
    assert done.returncode == 0, done.stderr
    return done.stdout


def compare(looks: Sequence[Look], hpa: pathlib.Path, folder: pathlib.Path):
    """Whether the simulated autoscaler, given what the cluster's saw at each of its looks, decided the same within a look: exit
    status 0."""
    start = looks[0].time
    records = [_record(look.time - start, look.replicas, look.pods, look.load) for look in looks]
    return _replay({"records": records, "syncs": [one["time"] for one in records]}, hpa, folder, "--within", 1)


def follow(records: Sequence[dict], hpa: pathlib.Path, folder: pathlib.Path, period: float, mean_error: float):
    """How far each of its decisions is from the one that the cluster's made within a period, by records at any times: exit status
    0 where it is at most `mean_error` of the replicas, on average."""
    start = records[0]["time"]
    written = [_record(one["time"] - start, one["replicas"], one["pods"], one["load"]) for one in records]
    return _replay({"records": written}, hpa, folder, "--period", period, "--follow", "--mean-error", mean_error)


def _replay(document: dict, hpa: pathlib.Path, folder: pathlib.Path, *options: object) -> subprocess.CompletedProcess[str]:
    recording = folder / "recording.json"
    recording.write_text(json.dumps(document))
    return _run("replay", recording, hpa, *options)


def _record(seconds: float, replicas: int, pods: Sequence[dict], load: dict | None) -> dict:
    return {
        "time": seconds,
        "replicas": replicas,
        "pods": {pod["name"]: {key: pod[key] for key in ("phase", "ready", "deleted")} for pod in pods},
        "metrics": {METRIC: load} if load else {},
    }
