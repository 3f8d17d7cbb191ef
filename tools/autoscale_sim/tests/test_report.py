from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.autoscale_sim import report, sweep, tables
from tools.autoscale_sim.options import cluster_options, load_scenarios, load_settings
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


Results = dict[tuple[str, str], dict[str, float]]


@pytest.fixture(scope="module")
def prose() -> str:
    """On one line, without tables."""
    text = re.sub(r"<!-- begin .*?<!-- end [a-z]+ -->", "", report.DOCUMENT.read_text(), flags=re.DOTALL)
    return " ".join(text.split())


@pytest.fixture(scope="module")
def results() -> Results:
    """Cells of the table by scenario and settings, without their shares in brackets."""
    lines = report.section(report.DOCUMENT.read_text(), "results").strip().splitlines()
    names, *rows = ([cell.strip() for cell in line.strip("| ").split("|")] for line in lines if "---" not in line)
    return {
        (row[0], row[1]): {
            name: float(cell.split(" (")[0].replace(",", "")) for name, cell in zip(names[2:], row[2:], strict=True)
        }
        for row in rows
    }


def more(part: float, whole: float) -> int:
    """Percent."""
    return round(100 * (part / whole - 1))


def test_what_is_said_of_the_results_is_what_the_table_says(prose: str, results: Results) -> None:
    def late(scenario: str, settings: str) -> str:
        cells = results[scenario, settings]
        return f"{100 * cells['late'] / cells['requests']:.1f} %"

    def hours(scenario: str, settings: str, other: str) -> int:
        return more(results[scenario, settings]["pod-hours"], results[scenario, other]["pod-hours"])

    written, corrected = "recipe as written", "recipe, corrected"
    assert f"a minute make {late('flash-crowd', corrected)} of the requests late" in prose
    assert f"better here than corrected ({late('flash-crowd', written)})" in prose
    assert results["month-end", "ours"]["late"] == results["diurnal", "ours"]["late"] == 0
    assert f"with the recipe, as written or corrected, {results['month-end', written]['late']:.0f} at month's end are not" in prose
    assert results["month-end", written]["late"] == results["month-end", corrected]["late"]
    once_had = [hours(name, written, corrected) for name in ("month-end", "diurnal")]
    assert f"{once_had[0]} and {once_had[1]} % more pod-hours than corrected" in prose
    ours = [hours(name, "ours", corrected) for name in ("month-end", "diurnal")]
    assert f"ours takes {ours[0]} and {ours[1]} % more pod-hours than the corrected recipe" in prose
    large = hours("month-end-1000", "ours", corrected)
    assert f"Of a thousand it takes {abs(large)} % {'more' if large > 0 else 'fewer'}" in prose


def test_what_is_said_of_the_sweep_is_what_its_results_say(prose: str) -> None:
    def row(scenario: str, target: str) -> sweep.Row:
        return next(
            each for each in sweep.read() if (each.scenario, each.scale_up, each.target) == (scenario, report.CHOSEN_SCALE_UP, target)
        )

    fewer = -more(row("month-end", "1").pod_hours, row("month-end", "700m").pod_hours)
    assert f"month's end costs {fewer} % fewer pod-hours" in prose
    small, large = ((row(name, "800m"), row(name, "500m")) for name in ("flash-crowd", "flash-crowd-large"))
    late = [f"{chosen.late_percent:.2f} to {lower.late_percent:.2f} %" for chosen, lower in (small, large)]
    extra = more(large[1].pod_hours, large[0].pod_hours)
    said = f"takes what is late from {late[0]} and, in a large crowd, from {late[1]}, for {extra} % more pod-hours there"
    assert said in prose


def test_a_full_queue_asks_for_what_is_said(prose: str) -> None:
    options = cluster_options()
    ratio = (options.queue_capacity + options.slots) / options.slots

    assert f"the ratio is {ratio:.0f} and asks for {ratio / 0.8:.0f} times as many pods" in prose
    assert f"They run {options.slots} slots" in prose


def test_every_figure_is_there_and_small() -> None:
    for name in (*load_scenarios(), "sweep"):
        assert 10_000 < (report.IMAGES / f"{name}.png").stat().st_size < 150_000
        assert f"images/autoscaling/{name}.png" in report.DOCUMENT.read_text()


def test_the_document_has_the_bars_of_the_drills_and_not_the_numbers_of_a_run(prose: str) -> None:
    drills = (report.ROOT / "docs" / "drills.md").read_text()
    bars = next(line for line in drills.splitlines() if line.startswith("| the simulator against the cluster |"))
    said = prose[prose.index("Two [drills](drills.md)") :]

    for bar in ("at most one period", "on average", "less than a tenth"):
        assert bar in bars.replace(", on average,", " on average") and bar in said
    # How fast a drill goes and how many pods it pretends are set; anything else would be of one run.
    assert re.findall(r"[0-9][0-9.,]*", said) == ["2", "1,000"]


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
    assert slots == pytest.approx(rate * cluster_options().slots / 0.799, abs=0.01)


def test_a_scenario_that_is_not_there_ends_with_2() -> None:
    assert command("run", "nothing", "ours").returncode == 2
