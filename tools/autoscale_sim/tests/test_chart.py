"""The simulated cluster is the one that the chart makes: what both say is the same. Of the autoscaler's own settings tests/deploy
says that they are those of settings/."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tools.autoscale_sim import report
from tools.autoscale_sim.hpa import SYNC_PERIOD
from tools.autoscale_sim.options import cluster_options, load_scenarios

OPTIONS = cluster_options()


@pytest.fixture(scope="module")
def chart() -> dict[str, Any]:
    values: dict[str, Any] = yaml.safe_load((report.ROOT / "deploy/helm/doclayout/values.yaml").read_text())
    return values


def test_a_pod_has_the_slots_that_the_program_takes_by_itself(chart: dict[str, Any]) -> None:
    assert chart["service"]["slots"] == 0
    assert OPTIONS.slots == int(chart["resources"]["limits"]["cpu"]) == 2  # docs/deploy.md: one for each processor, up to two


def test_the_queue_is_the_programs_own(chart: dict[str, Any]) -> None:
    assert chart["service"]["queueCapacity"] == 0
    assert f"| `QUEUE_CAPACITY` | {OPTIONS.queue_capacity} |" in (report.ROOT / "docs/operations.md").read_text()


def test_a_pod_starts_and_stops_in_the_charts_times(chart: dict[str, Any]) -> None:
    service = chart["service"]

    assert OPTIONS.startup_probe == (0, chart["startupProbe"]["periodSeconds"])
    assert OPTIONS.pre_stop == chart["preStopSleepSeconds"]
    assert OPTIONS.drain_grace * 1000 == service["drainGraceMs"]
    assert OPTIONS.drain_timeout * 1000 == service["drainTimeoutMs"]
    assert OPTIONS.eviction_after == chart["lostNodeSeconds"]


def test_metrics_come_as_often(chart: dict[str, Any]) -> None:
    assert f"{OPTIONS.scrape_interval:g}s" == chart["monitoring"]["serviceMonitor"]["interval"]
    assert OPTIONS.sync_period == SYNC_PERIOD == chart["autoscaling"]["keda"]["pollingInterval"]


def test_drains_are_as_long_as_the_chart_wants_them() -> None:
    for scenario in load_scenarios().values():
        options = cluster_options(scenario.cluster)
        # templates/checks.yaml: the time of a request, the grace and a second.
        assert options.drain_timeout >= scenario.deadline + options.drain_grace + 1
