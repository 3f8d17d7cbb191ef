"""The Grafana board: every query is asked of a real Prometheus that scrapes the real service, and none is empty. The
GPU is a fake, and what only a cluster has (`kube_…`, `container_…`) is played from cluster_series.txt."""

from __future__ import annotations

import http.server
import pathlib
import re

import pytest
from board import ALERTS, OR_ZERO, Query, answers, board, empty, panels, pods, queries
from local_server import running
from prometheus import Prometheus
from shipped import NOT_OURS, RULES, at_once, metrics_in

POD = {"namespace": "doc-processing", "pod": "pp-doclayout-a"}
PLAYED = pathlib.Path(__file__).with_name("cluster_series.txt")
GROUPS = ("State", "Performance", "Business", "Resources")
TIMES = {"__rate_interval": "5m", "__range": "1h"}
WHOLE_WIDTH = 24


class Cluster(http.server.ThreadingHTTPServer):
    """kube-state-metrics and cAdvisor in one; of each scrape there is more."""

    daemon_threads = True
    scrapes = 0

    def __init__(self):
        super().__init__(("127.0.0.1", 0), ClusterHandler)


class ClusterHandler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.scrapes += 1
        body = PLAYED.read_text().replace("PERIODS", str(100 * self.server.scrapes)).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def served(gpu, page, tmp_path):
    """A Prometheus with the shipped rules that has seen a service at work: pages, a refusal, a caller's mistake."""
    gpu.wait_until(lambda: gpu.metric('pp_doclayout_deep_health_checks_total{status="healthy"}') >= 1, "a deep check")
    with running(Cluster()) as cluster:
        here = {"targets": [f"127.0.0.1:{gpu.port}"], "labels": POD}
        around = {"targets": [f"127.0.0.1:{cluster.server_port}"]}
        more = {
            "rule_files": [str(RULES / "recording.yaml"), str(RULES / "alerts.yaml")],
            "scrape_configs": [
                {"job_name": "doclayout", "static_configs": [here]},
                {"job_name": "cluster", "static_configs": [around], "honor_labels": True},
            ],
        }
        folder = tmp_path / "prometheus"
        folder.mkdir()
        server = Prometheus(folder, here["targets"][0], more)
        try:
            pages = "pp_doclayout_pages_total"
            server.wait_for(lambda: server.value(pages), lambda value: value == 0, "a first scrape")
            for _ in range(4):
                assert gpu.analyze(page).status == 200
            assert gpu.analyze(page, "image/png", "?threshold=7").status == 400
            server.wait_for(lambda: server.value(pages), lambda value: value == 4, "the pages")
            yield server
        finally:
            server.stop()


def ask(server: Prometheus, variables: dict[str, str]) -> dict[Query, list[dict]]:
    return answers(server.query, variables | TIMES)


def test_no_query_is_empty(served):
    one = {"namespace": POD["namespace"], "pod": POD["pod"]}

    served.wait_for(lambda: empty(ask(served, one)), lambda those: not those, "a number in each panel")

    every = ask(served, {"namespace": ".*", "pod": ".*"})
    assert empty(every) == [], "with All of both variables"
    assert pods(every) == {POD["pod"]}, "other pods of the cluster are not the board's"
    nobody = {"namespace": "another", "pod": ".*"}
    filtered = [query for query in queries() if query.panel != ALERTS]
    assert len(empty(ask(served, nobody))) == len(filtered), "each query goes by the variables"


def test_nothing_there_is_0_and_an_alert_though_a_namespace_is_chosen(tmp_path):
    server = Prometheus(tmp_path, "none", {"rule_files": at_once(tmp_path), "scrape_configs": []})
    try:
        fires = 'ALERTS{alertname="ServiceDown",alertstate="firing"}'
        server.wait_for(lambda: server.query(fires), bool, "ServiceDown")
        counts = [query for query in queries() if query.expression.endswith(OR_ZERO)]
        told = [(query.panel, server.value(query.with_variables(POD | TIMES))) for query in counts]
        assert told == [
            ("Replicas that answer", 0),
            ("Replicas that answer", 0),
            ("Replicas that are ready", 0),
            (ALERTS, 1),
            (ALERTS, 0),
        ]
    finally:
        server.stop()


def test_the_variables_have_values(served):
    for variable in board()["templating"]["list"]:
        if variable["type"] != "query":
            continue
        matched = re.fullmatch(r"label_values\((.*), (\w+)\)", variable["query"]["query"])
        series, label = matched.groups()
        values = {one[label] for one in served.api("series", **{"match[]": series.replace("$namespace", ".*")})}
        assert values == {POD[label]}, variable["name"]


# --- the file ---


def test_its_groups_are_the_recipes():
    assert tuple(panel["title"] for panel in board()["panels"] if panel["type"] == "row") == GROUPS


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel["title"])
def test_a_panel_says_what_it_shows(panel):
    defaults = panel["fieldConfig"]["defaults"]

    assert len(panel["description"]) > 8
    assert defaults["unit"]
    levels = [step["value"] for step in defaults["thresholds"]["steps"]]
    assert levels[0] is None and levels[1:] == sorted(levels[1:])
    assert panel["datasource"]["uid"] == "${datasource}"
    assert all(target["datasource"]["uid"] == "${datasource}" for target in panel["targets"])
    assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_no_panel_lies_on_another():
    taken = set()
    for panel in board()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not taken & cells, panel["title"]
        assert at["x"] + at["w"] <= WHOLE_WIDTH
        taken |= cells
    ids = [panel["id"] for panel in board()["panels"]]
    assert len(set(ids)) == len(ids)


def test_nothing_is_played_that_the_service_says_itself():
    played = {line.partition("{")[0] for line in PLAYED.read_text().splitlines() if not line.startswith("#")}

    assert all(NOT_OURS.match(name) for name in played)
    read = set().union(*(metrics_in(query.expression) for query in queries()))
    assert played <= read, "each is for a panel"
