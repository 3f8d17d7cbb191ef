"""The Grafana board has data from a real cluster: its queries are asked of the cluster's Prometheus, which scrapes by the shipped jobs."""

from __future__ import annotations

import board
import pytest
from machine import wait_for
from release import DEPLOYMENT, HPA, NAMESPACE

EVERY = {"namespace": ".*", "pod": ".*"}
# Grafana's least with a scrape each 15 s.
TIMES = {"__rate_interval": "1m", "__range": "1h"}


@pytest.fixture
def at_work(release, results):
    """The service as it is installed, with its autoscaler, and a load that it can take."""
    release.install()
    release.wait_ready(2)
    with release.load(results, 1, retry=True) as load:
        load.wait_answers(10)
        yield load


def test_no_query_is_empty(release, at_work, monitoring, evidence):
    """Every query of the Grafana board draws something while the service works, and nothing of other pods."""

    def ask(variables: dict[str, str]) -> dict[board.Query, list[dict]]:
        return board.answers(monitoring.query, variables | TIMES)

    def all_drawn(variables: dict[str, str]) -> dict[board.Query, list[dict]] | None:
        answers = ask(variables)
        return None if board.empty(answers) else answers

    pod = release.ready_pods()[0]["metadata"]["name"]
    wait_for("numbers of one pod", lambda: all_drawn({"namespace": NAMESPACE, "pod": pod}), 120, 1)
    evidence(f"all {len(board.panels())} panels have numbers of {pod}")
    answers = wait_for("numbers of all pods", lambda: all_drawn(EVERY), 60, 1)
    evidence.table(table(answers))
    # Pods of an earlier drill may have ended a moment ago.
    service = DEPLOYMENT.partition("/")[2]
    assert all(pod.startswith(service) for pod in board.pods(answers)), "with All of both variables it is about the service alone"

    def the_autoscaler_is_drawn() -> bool:
        series = [said for query, said in ask(EVERY).items() if query.panel == "Pods and autoscaler"]
        return [float(one["value"][1]) for (one,) in series] == replicas_of(release.kubectl.get("hpa", HPA))

    wait_for("the autoscaler as it is", the_autoscaler_is_drawn, 60, 1)


def replicas_of(hpa: dict) -> list[int]:
    """In the order of the panel: those that there are, those that it wants, least and most."""
    status, spec = hpa["status"], hpa["spec"]
    return [status["currentReplicas"], status["desiredReplicas"], spec["minReplicas"], spec["maxReplicas"]]


def table(answers: dict[board.Query, list[dict]]) -> str:
    panels: dict[str, list[list[dict]]] = {}
    for query, series in answers.items():
        panels.setdefault(query.panel, []).append(series)
    lines = [f"{'panel':36} series  the first one's value, for each query"]
    for panel, those in panels.items():
        values = "  ".join(f"{float(series[0]['value'][1]):.4g}" for series in those)
        lines.append(f"{panel:36} {sum(map(len, those)):6}  {values}")
    return "\n".join(lines)
