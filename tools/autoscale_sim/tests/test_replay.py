"""The timelines here are computed by hand; the comments show how."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tools.autoscale_sim.__main__ import main
from tools.autoscale_sim.hpa import Autoscaler, Decision
from tools.autoscale_sim.inputs import InputError
from tools.autoscale_sim.options import Scenario, load_scenarios, load_settings
from tools.autoscale_sim.recording import read_recording, write_recording
from tools.autoscale_sim.replay import Comparison, compare, follow, offset
from tools.autoscale_sim.simulation import Simulation

from .hand import spec

# 100 % in 15 s at most, nothing held when scaling up, 60 s when scaling down.
BEHAVIOR = {
    "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}]},
    "scaleDown": {
        "stabilizationWindowSeconds": 60,
        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 15}],
    },
}

LOAD = {"type": "Pods", "pods": {"metric": {"name": "load"}, "target": {"type": "AverageValue", "averageValue": "1"}}}

# One pod's load, all the same; the target is 1. Syncs at 0, 15, 30, ...
#  0 s: 2 pods at 1.0: 2.
# 15 s: 2 pods at 3.0: 6 wanted, 4 allowed.
# 30 s: 4 pods at 1.5: 6 wanted, 8 allowed: 6.
# 45 s: 6 pods at 1.0: 6.
# 60 s: 6 pods at 0.3: 1.8 -> 2 wanted; 6 was wanted at 15, 30 and 45 s: 6.
# 75, 90 s: the same. 105 s: 6 was wanted at 45 s, which is 60 s ago and no longer counts: 2.
# 120 s: 2 pods at 0.9: 2.
BY_HAND = [
    (0, 2, 1.0), (15, 2, 3.0), (30, 4, 1.5), (45, 6, 1.0), (60, 6, 0.3), (75, 6, 0.3), (90, 6, 0.3), (105, 6, 0.3),
    (120, 2, 0.9),
]  # fmt: skip


def records(rows: Sequence[tuple[float, int, float]]) -> dict[str, Any]:
    """Every second. A row says what there was before its sync: what the sync changes shows a second later."""
    made = []
    for second in range(131):
        load = [row[2] for row in rows if row[0] <= second][-1]
        passed = sum(1 for row in rows if row[0] < second)
        count = rows[min(passed, len(rows) - 1)][1]
        made.append({"time": second, "replicas": count, "metrics": {"load": {f"p{n}": load for n in range(count)}}})
    return {"records": made}


def at_syncs(rows: Sequence[tuple[float, int, float]]) -> dict[str, Any]:
    """At each sync, and no more."""
    made = [
        {"time": time, "replicas": count, "metrics": {"load": {f"p{n}": load for n in range(count)}}}
        for time, count, load in rows
    ]
    return {"records": made, "syncs": [row[0] for row in rows]}


def replay(tmp_path: Path, document: dict[str, Any], **options: Any) -> Comparison:
    path = tmp_path / "record.json"
    path.write_text(json.dumps(document))
    return compare(read_recording(path), lambda: Autoscaler(spec(BEHAVIOR, low=2)), **options)


def test_the_timeline_computed_by_hand(tmp_path: Path) -> None:
    result = replay(tmp_path, at_syncs(BY_HAND))

    assert result.model == [(0, 2), (15, 4), (30, 6), (105, 2)]
    assert result.recorded == [(0, 2), (15, 4), (30, 6), (105, 2)]
    assert (result.offset_periods, result.largest_difference, result.equal_share) == (0, 0, 1)


def test_the_same_recorded_every_second_without_the_syncs(tmp_path: Path) -> None:
    result = replay(tmp_path, records(BY_HAND))

    assert [count for _, count in result.model] == [2, 4, 6, 2]
    assert result.offset_seconds <= 1.0  # a change shows in the next record
    assert result.offset_periods < 0.1


def test_syncs_at_other_times_are_off_by_as_much(tmp_path: Path) -> None:
    # At 22 s the model has 2 pods at 3.0 and wants 4, at 37 s 4 at 1.5 and wants 6, and at 112 s 6 is no longer in the
    # window.
    result = replay(tmp_path, records(BY_HAND), phase=7.0)

    assert result.model == [(0, 2), (22, 4), (37, 6), (112, 2)]
    assert 6.0 <= result.offset_seconds <= 7.0
    assert result.offset_periods == result.offset_seconds / 15


def test_a_sync_late_is_one_period_however_long_it_took(tmp_path: Path) -> None:
    # The fourth sync comes 15 s late, and is the one that has the real autoscaler want 6, which the model wants at 30 s.
    rows = [(0, 2, 1.0), (15, 2, 3.0), (30, 4, 1.5), (60, 4, 1.5), (75, 6, 1.0)]

    result = replay(tmp_path, at_syncs(rows))

    assert (result.model, result.recorded) == ([(0, 2), (15, 4), (30, 6)], [(0, 2), (15, 4), (60, 6)])
    assert (result.offset_seconds, result.offset_periods) == (30, 1)


def test_csv_says_the_same(tmp_path: Path) -> None:
    path = tmp_path / "record.csv"
    with path.open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["time", "replicas", "metric", "pod", "value"])
        for record in records(BY_HAND)["records"]:
            for pod, value in record["metrics"]["load"].items():
                table.writerow([record["time"], record["replicas"], "load", pod, value])

    result = compare(read_recording(path), lambda: Autoscaler(spec(BEHAVIOR, low=2)))

    assert [count for _, count in result.model] == [2, 4, 6, 2]
    assert result.offset_periods < 0.1


def test_an_outage_in_the_record_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "record.csv"
    path.write_text("time,replicas,metric,pod,value\n" + "".join(f"{time},5,,,\n" for time in range(60)))

    result = compare(read_recording(path), lambda: Autoscaler(spec(BEHAVIOR, low=2)))

    assert (result.model, result.offset_seconds) == ([(0.0, 5)], 0.0)


def test_another_number_of_replicas_is_infinitely_far(tmp_path: Path) -> None:
    document = records([(0, 2, 1.0), (15, 2, 3.0), (30, 7, 0.9)])

    result = replay(tmp_path, document)

    assert math.isinf(result.offset_periods)
    assert result.largest_difference > 0


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ([(0, 2), (30, 4)], [(0, 2), (30, 4)], 0),
        ([(0, 2), (30, 4)], [(0, 2), (45, 4)], 15),
        ([(0, 2), (30, 4), (60, 6)], [(0, 2), (60, 6)], 30),  # 4 lies between 2 and 6 within 30 s
        ([(0, 2), (30, 6), (40, 2)], [(0, 2)], math.inf),
        ([(0, 2), (30, 6), (40, 2)], [(0, 2), (35, 6), (50, 2)], 10),
    ],
)
def test_offset(a: Any, b: Any, apart: float) -> None:
    assert offset(a, b, 0, 100) == apart
    assert offset(b, a, 0, 100) == apart


def test_a_simulated_run_replays_as_itself(tmp_path: Path) -> None:
    scenario: Scenario = load_scenarios()["flash-crowd"]
    settings = load_settings("ours")
    simulation = Simulation(scenario, settings, seed=3, record=True)
    simulation.run()
    path = tmp_path / "run.json"
    write_recording(path, simulation.recorded)

    result = compare(read_recording(path), settings.autoscaler)

    assert result.largest_difference == 0
    assert len(result.model) > 5


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "record.csv"
    path.write_text("time,replicas,metric,pod,value\n3,2,,,\n1,2,,,\n")

    with pytest.raises(InputError):
        read_recording(path)


def followed(tmp_path: Path, document: dict[str, Any], make: Any = lambda: Autoscaler(spec(BEHAVIOR, low=2))):
    path = tmp_path / "record.json"
    path.write_text(json.dumps(document))
    return follow(read_recording(path), make)


def test_following_decides_as_by_hand(tmp_path):
    result = followed(tmp_path, records(BY_HAND))

    assert (result.phase, result.mean_error, result.share_within_tenth) == (0.0, 0.0, 1.0)
    assert [step[1:] for step in result.decisions if step[1] != step[2]] == [(2, 4, 4), (4, 6, 6), (6, 2, 2)]


def test_following_starts_each_decision_from_what_was_recorded(tmp_path):
    document = records(BY_HAND)
    # Somebody scaled by hand, and each later record has one pod more: the model does not go on from its own number.
    for record in document["records"]:
        if record["time"] >= 50:
            record["replicas"] += 1

    result = followed(tmp_path, document)

    assert [before for time, before, _, _ in result.decisions if time >= 60] == [7, 7, 7, 7]
    assert result.mean_error > 0


class Idle:
    """An autoscaler that leaves all as it is."""

    def sync(self, now, scale, pods, metrics):
        return Decision(scale.spec)


def test_following_tells_one_that_does_nothing_from_one_that_is_right(tmp_path):
    """However seldom the real one does something: the times between do not count."""
    idle = followed(tmp_path, records(BY_HAND), make=Idle)

    assert idle.changes == 3
    assert idle.mean_error == pytest.approx((2 / 4 + 2 / 6 + 4 / 2) / 3)
    assert idle.share_within_tenth == 0


def test_following_shows_nothing_where_nothing_changes(tmp_path):
    document = records(BY_HAND)
    document["records"] = document["records"][:2]

    assert math.isnan(followed(tmp_path, document, make=Idle).mean_error)


def test_the_command_says_that_nothing_changed(tmp_path, monkeypatch, capsys):
    document = records(BY_HAND)
    document["records"] = document["records"][:2]
    (tmp_path / "record.json").write_text(json.dumps(document))
    hpa = {"minReplicas": 2, "maxReplicas": 10, "metrics": [LOAD], "behavior": BEHAVIOR}
    (tmp_path / "hpa.json").write_text(json.dumps({"spec": hpa}))

    monkeypatch.setattr("sys.argv", ["autoscale_sim", "replay", "--follow", str(tmp_path / "record.json"), str(tmp_path / "hpa.json")])

    status = main()

    said = json.loads(capsys.readouterr().out)
    assert (status, said["mean_error"], said["changes"], said["within"]) == (1, None, 0, False)


def test_following_takes_what_came_of_a_sync_from_the_next(tmp_path):
    """However far they are from each other."""
    document = at_syncs(BY_HAND)
    for number, record in enumerate(document["records"]):
        record["time"] = float(number**2)
    document["syncs"] = [record["time"] for record in document["records"]]

    idle = followed(tmp_path, document, make=Idle)

    assert [(before, real) for _, before, _, real in idle.decisions if before != real] == [(2, 4), (4, 6), (6, 2)]
    assert idle.changes == 3
