"""Pods of bulk: they infer as the service does, know its queue and its model, and nobody calls them."""

from __future__ import annotations

import re

import pytest
from conftest import BULK, TO_OUTSIDE, WORKER
from pods import X86, environment_of, pods_of


def test_bulk_pods_infer_where_and_as_the_service_does(render):
    wishes = ("nodeSelector.zone=a", "tolerations[0].key=busy")
    variable = ("service.env[0].name=DECODE", "service.env[0].value=fast")
    pods = pods_of(render("profile=gpu", "testData.enabled=false", *BULK, *wishes, *variable))
    assert len(pods) == 3
    containers = [pod["containers"][0] for pod in pods]

    for part in ("nodeSelector", "tolerations"):
        assert pods[0][part] == pods[1][part] == pods[2][part], part
    assert pods[0]["nodeSelector"] == {"nvidia.com/gpu.present": "true", "zone": "a", **X86}
    assert [one["resources"]["limits"]["nvidia.com/gpu"] for one in containers] == [1, 1, 1]
    assert [environment_of(one)["DEVICE"] for one in containers] == ["gpu"] * 3
    assert [environment_of(one)["DECODE"] for one in containers] == ["fast"] * 3


def test_the_service_and_its_workers_know_the_same_queue(render):
    def queues(*values: str) -> list[dict | None]:
        pods = pods_of(render("testData.enabled=false", *values))
        told = [{entry["name"]: entry for entry in pod["containers"][0]["env"]} for pod in pods]
        return [environment.get("JOBS_URL", {}).get("valueFrom") for environment in told]

    queue = {"secretKeyRef": {"name": "mine", "key": "JOBS_URL"}}
    assert queues(*WORKER, "bulk.worker.jobsUrlSecret=mine") == [queue, queue]
    assert queues("bulk.job.enabled=true", "bulk.worker.jobsUrlSecret=mine") == [None, None], "nobody who knows it"


@pytest.mark.parametrize("values", [[], ["model.pvc.create=false"], ["model.pvc.existingClaim=mine"]])
def test_a_model_that_is_pulled_is_pulled_for_each_pod_that_infers(render, values):
    pull = ("model.source=pull", "model.name=m")
    objects = render("testData.enabled=false", "probe.enabled=false", *BULK, *pull, *values)
    pods = pods_of(objects)
    assert len(pods) == 3

    models = [next(volume for volume in pod["volumes"] if volume["name"] == "models") for pod in pods]
    assert models[0] == models[1] == models[2]
    claim = models[0].get("persistentVolumeClaim", {}).get("claimName")
    assert claim in (None, "mine") or ("PersistentVolumeClaim", claim) in objects
    for pod in pods:
        (init,) = pod["initContainers"]
        assert init["args"] == ["model", "pull", "m"]
        assert init == pods[0]["initContainers"][0]


def test_another_batch_is_another_job(render):
    def job(*values: str) -> dict:
        (found,) = [item for (kind, _), item in render(*BULK, *values).items() if kind == "Job"]
        return found

    names = [job(*values)["metadata"]["name"] for values in ((), ("image.tag=0.2.0",), ("bulk.job.input=next",))]
    assert all(re.fullmatch("pp-doclayout-batch-[0-9a-f]{8}", name) for name in names)
    assert len(set(names)) == 3
    assert job() == job("replicas=5"), "what it does not see leaves it alone"


def policies_of(objects: dict, labels: dict) -> list[str]:
    """The network policies that are of a pod with these labels."""

    def selects(selector: dict) -> bool:
        assert selector.keys() <= {"matchLabels", "matchExpressions"}
        assert {one["operator"] for one in selector.get("matchExpressions", [])} <= {"In"}
        matching = selector["matchLabels"].items() <= labels.items()
        return matching and all(labels.get(one["key"]) in one["values"] for one in selector.get("matchExpressions", []))

    policies = {name: item["spec"] for (kind, name), item in objects.items() if kind == "NetworkPolicy"}
    return [name for name, spec in policies.items() if selects(spec["podSelector"])]


def test_each_pod_but_helm_tests_has_one_network_policy(render):
    """helm test calls the service as others do."""
    objects = render(*BULK)
    found = {}
    for (kind, _), item in objects.items():
        if kind in ("Deployment", "Job", "Pod"):
            labels = (item if kind == "Pod" else item["spec"]["template"])["metadata"]["labels"]
            found[labels["app.kubernetes.io/component"]] = policies_of(objects, labels)

    bulk = ["pp-doclayout-bulk-network"]
    assert found == {"service": ["pp-doclayout-network"], "batch": bulk, "worker": bulk, "test": []}
    assert not policies_of(objects, {"app.kubernetes.io/name": "another"})
    policies = {name for kind, name in render() if kind == "NetworkPolicy"}
    assert policies == {"pp-doclayout-network"}, "without bulk pods there is none for them"
    assert "NetworkPolicy" not in {kind for kind, _ in render(*BULK, "networkPolicy.enabled=false")}


@pytest.mark.parametrize("values", [("bulk.job.enabled=true", *TO_OUTSIDE), WORKER], ids=["job", "worker"])
def test_nobody_calls_bulk_pods_and_they_go_where_the_service_goes(render, values):
    objects = render("testData.enabled=false", *values)
    bulk, service = (objects["NetworkPolicy", f"pp-doclayout-{name}"]["spec"] for name in ("bulk-network", "network"))

    assert (bulk["policyTypes"], bulk["ingress"]) == (["Ingress", "Egress"], [])
    assert bulk["egress"] == service["egress"]
    assert [rule["to"][0].keys() for rule in bulk["egress"]] == [{"namespaceSelector", "podSelector"}, {"ipBlock"}]
    ports = ["ports" in pod["containers"][0] for pod in pods_of(objects)]
    assert sorted(ports) == [False, True], "only the service has one to let somebody in to"
