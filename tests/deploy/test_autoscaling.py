"""The autoscalers that the chart makes: what they ask for, and that they are the ones that were simulated."""

from __future__ import annotations

import re

import pytest
import yaml
from conftest import HPA, NAMESPACE, ROOT, WORKER


def test_the_autoscaler_asks_for_metrics_that_the_adapter_offers(render):
    rules = (ROOT / "deploy/monitoring/prometheus-adapter/rules.yaml").read_text()
    further = ("meanLatencySeconds=5", "requestsInProgress=4", "gpuMemoryPercent=80")
    hpa = render("profile=gpu", *(f"autoscaling.{one}" for one in further))[HPA]

    wanted = [metric["pods"]["metric"]["name"] for metric in hpa["spec"]["metrics"]]
    assert wanted[0] == "pp_doclayout_load_ratio", "it leads"
    assert len(wanted) == 4
    offered = set()
    for rule in yaml.safe_load(rules)["rules"]:
        series = re.fullmatch(r'\{__name__=~"\^(\w+)\(([\w|]+)\)\$".*', rule["seriesQuery"])
        offered |= {series[1] + name for name in series[2].split("|")} if series else {rule["name"]["as"]}
    assert set(wanted) <= offered


def test_a_target_is_a_quantity_or_a_number(render, tmp_path):
    values = tmp_path / "values.yaml"
    values.write_text("autoscaling: {loadRatio: 0.8, requestsInProgress: 2000000, meanLatencySeconds: 1500m}")

    hpa = render(f"--values={values}")[HPA]

    targets = {metric["pods"]["metric"]["name"]: metric["pods"]["target"]["averageValue"] for metric in hpa["spec"]["metrics"]}
    assert targets == {
        "pp_doclayout_load_ratio": "0.8",
        "pp_doclayout_requests_in_progress": "2000000",
        "pp_doclayout_page_duration_mean_seconds": "1500m",
    }


def simulated(name: str) -> dict:
    return yaml.safe_load((ROOT / "tools" / "autoscale_sim" / "settings" / name).read_text())


def spelt_out(behavior: dict) -> dict:
    """With what Kubernetes takes where nothing is said."""
    return {direction: {"selectPolicy": "Max", **rules} for direction, rules in behavior.items()}


def test_the_autoscaler_is_the_one_that_was_simulated(render):
    hpa, ours = render()[HPA]["spec"], simulated("ours.yaml")["hpa"]

    assert spelt_out(hpa.pop("behavior")) == spelt_out(ours.pop("behavior"))
    del hpa["scaleTargetRef"]
    assert hpa == ours


def test_keda_is_the_one_that_was_simulated(render):
    objects = render("autoscaling.kind=keda")
    assert HPA not in objects
    scaled, ours = objects["ScaledObject", "pp-doclayout-scaledobject"]["spec"], simulated("keda.yaml")["scaledObject"]

    for name in ("minReplicaCount", "maxReplicaCount", "fallback"):
        assert scaled[name] == ours[name], name
    autoscaler = scaled["advanced"]["horizontalPodAutoscalerConfig"]
    assert spelt_out(autoscaler["behavior"]) == spelt_out(ours["advanced"]["horizontalPodAutoscalerConfig"]["behavior"])
    (trigger,), (simulated_trigger,) = scaled["triggers"], ours["triggers"]
    assert (trigger["type"], trigger["metricType"]) == (simulated_trigger["type"], "AverageValue")
    # The query is a sum over the pods while all are scraped, as in the simulation: test_keda_query.py.
    asked = {"activationThreshold": "0", **trigger["metadata"], "query": "sum(pp_doclayout_load_ratio)"}
    assert {name: asked[name] for name in simulated_trigger["metadata"]} == simulated_trigger["metadata"]


def test_kedas_autoscaler_is_never_the_one_that_helm_makes(render):
    """Else `helm upgrade` to the kind hpa adopts it, and it goes with the ScaledObject."""
    scaled = render("autoscaling.kind=keda")["ScaledObject", "pp-doclayout-scaledobject"]["spec"]

    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["name"] == "pp-doclayout-keda-hpa"


def test_the_workers_are_as_many_as_the_pages_that_wait_need(render):
    hpa = render(*WORKER)["HorizontalPodAutoscaler", "pp-doclayout-worker"]["spec"]

    assert hpa["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "pp-doclayout-worker"}
    assert (hpa["minReplicas"], hpa["maxReplicas"]) == (2, 10)
    (metric,) = hpa["metrics"]
    assert metric["external"] == {
        "metric": {"name": "pp_doclayout_job_pages_pending"},
        "target": {"type": "AverageValue", "averageValue": "100"},
    }


@pytest.mark.parametrize(("values", "threshold"), [([], "100"), (["bulk.worker.pendingPerWorker=2500m"], "2.5")])
def test_keda_scales_the_workers_too(render, values, threshold):
    objects = render("autoscaling.kind=keda", *WORKER, *values)
    assert not [name for kind, name in objects if kind == "HorizontalPodAutoscaler"]
    scaled = objects["ScaledObject", "pp-doclayout-worker"]["spec"]

    assert scaled["scaleTargetRef"] == {"name": "pp-doclayout-worker"}
    assert ("Deployment", "pp-doclayout-worker") in objects
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (2, 10)
    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["name"] == "pp-doclayout-worker-keda-hpa"
    (trigger,) = scaled["triggers"]
    assert trigger["metricType"] == "AverageValue"
    assert trigger["metadata"]["query"] == f'max(pp_doclayout_job_pages{{state="pending",namespace="{NAMESPACE}"}})'
    assert trigger["metadata"]["threshold"] == threshold
