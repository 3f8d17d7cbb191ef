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
    return _replay(looks, hpa, folder, "--within", 1)


def follow(looks: Sequence[Look], hpa: pathlib.Path, folder: pathlib.Path, mean_error: float):
    """How far each decision of the simulated autoscaler is from the one that the cluster's made at that look: exit status 0 where
    those that changed something are at most `mean_error` of the replicas apart, on average."""
    return _replay(looks, hpa, folder, "--follow", "--mean-error", mean_error)


def _replay(looks: Sequence[Look], hpa: pathlib.Path, folder: pathlib.Path, *options: object) -> subprocess.CompletedProcess[str]:
    records = [_record(look.time - looks[0].time, look.replicas, look.pods, look.load) for look in looks]
    recording = folder / "recording.json"
    recording.write_text(json.dumps({"records": records, "syncs": [one["time"] for one in records]}))
    return _run("replay", recording, hpa, *options)


def _record(seconds: float, replicas: int, pods: Sequence[dict], load: dict | None) -> dict:
    return {
        "time": seconds,
        "replicas": replicas,
        "pods": {pod["name"]: {key: pod[key] for key in ("phase", "ready", "deleted")} for pod in pods},
        "metrics": {METRIC: load} if load else {},
    }
