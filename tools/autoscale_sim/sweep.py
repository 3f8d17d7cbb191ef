"""Looks for our target and policies: every pair on scenarios that pull in different directions. Results are kept in
sweep.json."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .inputs import InputError
from .options import FOLDER, Settings, load_scenarios, load_settings
from .simulation import Simulation

RESULTS = FOLDER / "sweep.json"

TARGETS = ("500m", "600m", "700m", "800m", "900m", "1", "1250m", "1500m")

_RECIPE = [{"type": "Percent", "value": 100, "periodSeconds": 60}]
SCALE_UPS: dict[str, dict[str, Any]] = {
    "100 % in 60 s, after 60 s": {"stabilizationWindowSeconds": 60, "policies": _RECIPE},
    "100 % in 60 s": {"stabilizationWindowSeconds": 0, "policies": _RECIPE},
    "100 % or 4 in 15 s": {
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Percent", "value": 100, "periodSeconds": 15},
            {"type": "Pods", "value": 4, "periodSeconds": 15},
        ],
    },
    "300 % or 8 in 15 s": {
        "stabilizationWindowSeconds": 0,
        "policies": [
            {"type": "Percent", "value": 300, "periodSeconds": 15},
            {"type": "Pods", "value": 8, "periodSeconds": 15},
        ],
    },
}
SEEDS = {"flash-crowd": (1, 2, 3), "flash-crowd-large": (1,), "month-end": (1,)}
# What waits a minute there is refused for minutes, which says nothing new and takes long to simulate.
SKIPPED = {("flash-crowd-large", "100 % in 60 s, after 60 s")}


@dataclass(frozen=True)
class Row:
    scenario: str
    scale_up: str
    target: str
    late_percent: float
    refusals_a_request: float
    lost: int
    pod_hours: float
    p99: float
    most_replicas: int


def variant(base: Settings, scale_up: str, target: str) -> Settings:
    document = json.loads(json.dumps(base.document))
    document["metrics"][0]["pods"]["target"]["averageValue"] = target
    document["behavior"]["scaleUp"] = SCALE_UPS[scale_up]
    return Settings("ours", f"{target}, {scale_up}", document, base.series, False)


def run() -> Iterator[Row]:
    base = load_settings("ours")
    scenarios = load_scenarios()
    for name, seeds in SEEDS.items():
        for scale_up in SCALE_UPS:
            if (name, scale_up) in SKIPPED:
                continue
            for target in TARGETS:
                outcomes = [Simulation(scenarios[name], variant(base, scale_up, target), seed).run() for seed in seeds]
                requests = sum(outcome.requests for outcome in outcomes)
                yield Row(
                    scenario=name,
                    scale_up=scale_up,
                    target=target,
                    late_percent=round(100 * sum(outcome.late for outcome in outcomes) / requests, 3),
                    refusals_a_request=round(sum(outcome.refusals for outcome in outcomes) / requests, 4),
                    lost=sum(outcome.lost for outcome in outcomes),
                    pod_hours=round(sum(outcome.pod_hours for outcome in outcomes) / len(outcomes), 2),
                    p99=round(sum(outcome.latency["p99"] for outcome in outcomes) / len(outcomes), 2),
                    most_replicas=max(outcome.most_replicas for outcome in outcomes),
                )


def write(path: Path = RESULTS) -> None:
    rows = []
    for row in run():
        rows.append(json.dumps(asdict(row)))
        print(rows[-1], file=sys.stderr, flush=True)
    path.write_text("[\n" + ",\n".join(rows) + "\n]\n")


def read(path: Path = RESULTS) -> list[Row]:
    try:
        return [Row(**row) for row in json.loads(path.read_text())]
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} has to be what `sweep` writes, and is not: {error}") from None
