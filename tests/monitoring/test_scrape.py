"""How targets are found. Debian's Prometheus has no discovery in Kubernetes, so the labels of pods and nodes are given to it as
Kubernetes would: what is done with them is the shipped configuration's, and the real service is scraped. (In a cluster:
tests/cluster/test_board.py.)"""

from __future__ import annotations

import pytest
from prometheus import Prometheus
from shipped import MONITORING, load

SCRAPE = MONITORING / "prometheus" / "scrape.yaml"
META = "__meta_kubernetes_"


@pytest.fixture(scope="module")
def scrape() -> dict:
    return load(SCRAPE)


def pod(name: str, address: str, **more: str) -> dict:
    """A target as discovery makes it for a port of a pod's container."""
    labels = {
        "namespace": "doc-processing",
        "pod_name": name,
        "pod_phase": "Running",
        "pod_node_name": "node-1",
        "pod_label_app_kubernetes_io_name": "doclayout",
        "pod_container_port_name": "http",
        "pod_annotation_prometheus_io_scrape": "true",
        "pod_annotation_prometheus_io_port": address.rpartition(":")[2],
    } | more
    return {"targets": [address], "labels": {META + key: value for key, value in labels.items() if value}}


def node(name: str, address: str) -> dict:
    return {"targets": [address], "labels": {META + "node_name": name}}


def state_metrics(address: str, **more: str) -> dict:
    """A port of kube-state-metrics' pod."""
    of = {"namespace": "monitoring", "pod_label_app_kubernetes_io_name": "kube-state-metrics", "pod_annotation_prometheus_io_scrape": ""}
    return pod("kube-state-metrics-a", address, **of, pod_container_port_number=address.rpartition(":")[2], **more)


def targets(server: Prometheus) -> dict[str, list[dict]]:
    """The active ones, by job."""
    found: dict[str, list[dict]] = {}
    for one in server.api("targets", state="active")["activeTargets"]:
        found.setdefault(one["labels"]["job"], []).append(one)
    return found


def started(tmp_path, scrape, *pods: dict, nodes: tuple[dict, ...] = ()) -> Prometheus:
    """What vouches for who asks and who answers is in files that only a pod has."""
    found = {"pod": list(pods), "node": list(nodes)}
    jobs = []
    for job in scrape["scrape_configs"]:
        (discovery,) = job["kubernetes_sd_configs"]
        given = {key: value for key, value in job.items() if key not in ("kubernetes_sd_configs", "authorization", "tls_config")}
        jobs.append(given | {"static_configs": found[discovery["role"]]})
    return Prometheus(tmp_path, "none", {"scrape_configs": jobs})


def test_a_pod_with_the_annotations_is_scraped_under_the_jobs_name(serve_with, tmp_path, scrape):
    service = serve_with()
    here = f"127.0.0.1:{service.port}"
    server = started(
        tmp_path,
        scrape,
        # Its two ports, one of which is for another thing, are one target.
        pod("pp-doclayout-a", here),
        pod("pp-doclayout-a", "127.0.0.1:7860", pod_annotation_prometheus_io_port=str(service.port)),
    )
    try:
        server.wait_for(lambda: server.value('up{job="doclayout"}'), lambda value: value == 1, "a scrape")
        (up,) = server.query('up{job="doclayout"}')
        labels = {name: value for name, value in up["metric"].items() if name != "__name__"}
        assert labels == {
            "job": "doclayout",
            "instance": here,
            "namespace": "doc-processing",
            "pod": "pp-doclayout-a",
            "node": "node-1",
        }
        assert server.value('pp_doclayout_slots{job="doclayout"}') >= 1
    finally:
        server.stop()


def name_of(labels: dict[str, str]) -> str:
    return labels.get("pod") or labels.get("node") or labels["instance"]


def test_what_is_a_target_and_where(tmp_path, scrape):
    none = "127.0.0.1:9"  # nobody listens there: the addresses are what is judged
    server = started(
        tmp_path,
        scrape,
        pod("elsewhere", none, pod_annotation_prometheus_io_path="/elsewhere"),
        pod("six", "[::1]:7860", pod_annotation_prometheus_io_port="9"),
        pod("no-port", none, pod_annotation_prometheus_io_port=""),
        pod("not-wanted", none, pod_annotation_prometheus_io_scrape="false"),
        pod("another", none, pod_label_app_kubernetes_io_name="shop"),
        pod("ended", none, pod_phase="Succeeded"),
        pod("failed", none, pod_phase="Failed"),
        pod("probed", "127.0.0.1:7", pod_container_port_name="probe-metrics", pod_annotation_prometheus_io_scrape=""),
        state_metrics("127.0.0.1:8080"),
        state_metrics("127.0.0.1:8081"),
        state_metrics("127.0.0.2:8080", pod_phase="Failed"),
        nodes=(node("node-1", "127.0.0.1:10250"), node("node-2", "[::1]:10250")),
    )
    try:
        found = server.wait_for(lambda: targets(server), bool, "targets")
        urls = {job: {name_of(one["labels"]): one["scrapeUrl"] for one in those} for job, those in found.items()}
        assert urls == {
            "doclayout": {"elsewhere": f"http://{none}/elsewhere", "six": "http://[::1]:9/metrics"},
            "doclayout-probe": {"probed": "http://127.0.0.1:7/metrics"},
            "kube-state-metrics": {"127.0.0.1:8080": "http://127.0.0.1:8080/metrics"},
            "cadvisor": {
                "node-1": "https://127.0.0.1:10250/metrics/cadvisor",
                "node-2": "https://[::1]:10250/metrics/cadvisor",
            },
        }
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("name", "kind", "endpoints"),
    [("servicemonitor", "ServiceMonitor", "endpoints"), ("podmonitor", "PodMonitor", "podMetricsEndpoints")],
)
def test_the_operators_monitors_give_the_same_jobs(name, kind, endpoints):
    monitor = load(MONITORING / "operator" / f"{name}.yaml")

    assert (monitor["apiVersion"], monitor["kind"]) == ("monitoring.coreos.com/v1", kind)
    jobs = {
        one["port"]: rule["replacement"]
        for one in monitor["spec"][endpoints]
        for rule in one["relabelings"]
        if rule["targetLabel"] == "job"
    }
    expected = {"http": "doclayout", "probe-metrics": "doclayout-probe"}
    assert jobs == {port: expected[port] for port in jobs} and jobs["http"]
    assert len(jobs) == len(monitor["spec"][endpoints]), "each endpoint has a job's name"
