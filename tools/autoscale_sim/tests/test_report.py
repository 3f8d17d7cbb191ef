from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.autoscale_sim import report, sweep, tables
from tools.autoscale_sim.options import load_scenarios, load_settings
from tools.autoscale_sim.runs import settings_of


def test_the_table_of_the_small_scenarios_is_what_the_document_says() -> None:
    results = report.section(report.DOCUMENT.read_text(), "results").splitlines(keepends=True)

    for row in report.small_rows().values():
        assert row in results


def test_the_document_has_every_scenario_and_setting_once() -> None:
    results = report.section(report.DOCUMENT.read_text(), "results").splitlines()
    rows = [line for line in results if line.startswith("| ")][2:]

    expected = [
        (name, load_settings(setting).title)
        for name, scenario in load_scenarios().items()
        for setting in settings_of(scenario)
    ]

    assert [tuple(row.strip("| ").split(" | ")[:2]) for row in rows] == expected


def test_the_table_of_the_sweep_is_that_of_its_results() -> None:
    table = tables.sweep_table(sweep.read(), report.CHOSEN_TARGET, report.CHOSEN_SCALE_UP)

    assert report.section(report.DOCUMENT.read_text(), "sweep").strip() == table.strip()


def test_ours_is_what_was_chosen() -> None:
    document = load_settings("ours").document

    assert document["metrics"][0]["pods"]["target"]["averageValue"] == report.CHOSEN_TARGET
    scale_up = sweep.SCALE_UPS[report.CHOSEN_SCALE_UP]
    assert document["behavior"]["scaleUp"] == {**scale_up, "selectPolicy": "Max"}
    keda = load_settings("keda").document
    assert keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == document["behavior"]


def test_every_figure_is_there_and_small() -> None:
    for name in (*load_scenarios(), "sweep"):
        assert 10_000 < (report.IMAGES / f"{name}.png").stat().st_size < 150_000
        assert f"images/autoscaling/{name}.png" in report.DOCUMENT.read_text()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.autoscale_sim", *arguments],
        cwd=report.ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_recorded_run_replays_within_a_period(tmp_path: Path) -> None:
    record = tmp_path / "run.json"

    run = command("run", "outage-then-surge", "keda", "--record", str(record))
    replayed = command("replay", str(record), str(report.ROOT / "tools/autoscale_sim/settings/keda.yaml"))

    assert run.returncode == 0, run.stderr
    assert replayed.returncode == 0, replayed.stdout + replayed.stderr
    assert '"within": true' in replayed.stdout


def test_a_timeline_that_is_another_ones_ends_with_1(tmp_path: Path) -> None:
    record = tmp_path / "run.json"
    command("run", "outage-then-surge", "ours", "--record", str(record))

    # Of the recipe: it knows none of the metrics, so it does nothing.
    replayed = command("replay", str(record), str(report.ROOT / "tools/autoscale_sim/settings/recipe.yaml"))

    assert replayed.returncode == 1


def test_the_curve_can_drive_a_cluster() -> None:
    lines = command("curve", "month-end-1000", "--step", "60").stdout.splitlines()

    assert lines[0] == "time,requests_per_second,busy_slots"
    assert len(lines) == 1 + 240
    time, rate, slots = map(float, lines[101].split(","))
    assert time == 6000
    assert slots == pytest.approx(rate * 3 / 0.799, abs=0.01)


def test_a_scenario_that_is_not_there_ends_with_2() -> None:
    assert command("run", "nothing", "ours").returncode == 2
