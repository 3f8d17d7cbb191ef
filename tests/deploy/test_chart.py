"""What the chart makes of its values: names, numbers that follow from each other, and what it refuses."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess

import pytest
import yaml
from conftest import NAMESPACE, ROOT

DEPLOYMENT = ("Deployment", "pp-doclayout-deployment")
HPA = ("HorizontalPodAutoscaler", "pp-doclayout-hpa")
# One of each kind that the chart can make.
EVERYTHING = (
    *("profile=gpu", "autoscaling.gpuMemoryPercent=80", "ingress.enabled=true"),
    *("httpRoute.enabled=true", "model.source=pull", "model.name=pp-doclayoutv3", "bulk.job.enabled=true"),
    *("bulk.worker.enabled=true", "monitoring.serviceMonitor.enabled=true"),
    *("priorityClass.create=true", "priorityClass.name=documents", "service.apiKeysSecret=keys"),
)


def pod_of(item: dict) -> dict:
    return item["spec"] if item["kind"] == "Pod" else item["spec"]["template"]["spec"]


def pods_of(objects: dict) -> list[dict]:
    return [pod_of(item) for (kind, _), item in objects.items() if kind in ("Deployment", "Job", "Pod")]


def environment_of(container: dict) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}


def service_of(objects: dict) -> dict:
    (container,) = pod_of(objects[DEPLOYMENT])["containers"]
    return container


def test_names_are_those_that_others_know(render):
    names = {name for _, name in render(*EVERYTHING)}

    assert names >= {
        *("pp-doclayout-deployment", "pp-doclayout-service", "pp-doclayout-hpa", "pp-doclayout-ingress"),
        *("pp-doclayout-models-pvc", "pp-doclayout-test-data"),
    }


def test_everything_lies_in_the_releases_namespace(render):
    cluster_wide = {"PriorityClass"}
    for (kind, name), item in render(*EVERYTHING).items():
        if kind not in cluster_wide:
            assert item["metadata"]["namespace"] == NAMESPACE, name


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_every_pod_is_what_restricted_pod_security_wants(render, values):
    pods = pods_of(render(*values))
    assert pods
    for pod in pods:
        assert pod["automountServiceAccountToken"] is False
        security = pod["securityContext"]
        assert (security["runAsNonRoot"], security["runAsUser"]) == (True, 1000)
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod.get("initContainers", []) + pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, container["name"]
            assert container["resources"]["requests"]["cpu"] and container["resources"]["limits"]["memory"]


def test_each_probe_asks_the_layer_that_is_meant_for_it(render):
    service = service_of(render())

    assert service["startupProbe"]["httpGet"]["path"] == "/startupz"
    assert service["livenessProbe"]["httpGet"]["path"] == "/livez"
    assert service["readinessProbe"]["httpGet"]["path"] == "/readyz"
    # Longer than the event loop is given before it counts as blocked, so that the log has the stack first.
    period = service["livenessProbe"]["periodSeconds"] * service["livenessProbe"]["failureThreshold"]
    assert period > 5


def test_a_pod_has_time_to_answer_what_it_accepted(render):
    objects = render()
    pod = pod_of(objects[DEPLOYMENT])
    service = service_of(objects)
    environment = environment_of(service)
    drain = int(environment["DRAIN_TIMEOUT_MS"]) / 1000

    assert drain >= (int(environment["REQUEST_TIMEOUT_MS"]) + int(environment["DRAIN_GRACE_MS"])) / 1000 + 1
    sleep = service["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] >= sleep + drain + 5


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (["terminationGracePeriodSeconds=42"], "has to be at least 43"),
        (["preStopSleepSeconds=20"], "terminationGracePeriodSeconds is 45"),
        (["service.drainTimeoutMs=31999"], "has to be at least 32000"),
        (["service.requestTimeoutMs=60000"], "service.drainTimeoutMs is 33000"),
        (["service.inferenceTimeoutMs=30001"], "longer than requestTimeoutMs"),
        (["autoscaling.minReplicas=11"], "autoscaling.minReplicas is 11"),
        (["autoscaling.gpuMemoryPercent=80"], "profile is cpu"),
        (["model.source=pvc"], "model.path has to name"),
        (["model.source=pull"], "model.name has to be"),
        (["podDisruptionBudget.maxUnavailable=0"], "no node could ever be drained"),
        (["bulk.worker.enabled=true", "bulk.worker.jobsUrlSecret="], "bulk.worker.jobsUrlSecret"),
        (["readynessProbe.periodSeconds=1"], "readynessProbe"),
        (["service.slots=-1"], "/service/slots"),
        (["profile=tpu"], "/profile"),
        (["resources.limits.memory=lots"], "/resources/limits/memory"),
        (["image.digest=sha256:1"], "/image/digest"),
    ],
)
def test_refuses_what_contradicts_itself_or_is_misspelt(template, values, complaint):
    rendered = template(*values)

    assert rendered.returncode != 0
    assert complaint in rendered.stderr, rendered.stderr


def test_sets_no_variable_that_the_programs_do_not_know(render):
    program = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()

    def known(command: str) -> set[str]:
        text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"\[env ([A-Z_]+)\]", text))

    options = ("service.slots=3", "service.queueCapacity=9", "service.apiKeysSecret=keys")
    objects = render(*options, "model.source=image", "model.path=/m")
    service = environment_of(service_of(objects)).keys()
    assert service and service <= known("serve")
    (probe,) = [one for one in pod_of(objects[DEPLOYMENT])["initContainers"] if one["name"] == "probe"]
    assert environment_of(probe).keys() <= known("probe")


def test_the_autoscaler_asks_for_metrics_that_the_adapter_offers(render):
    rules = (ROOT / "deploy/monitoring/prometheus-adapter/rules.yaml").read_text()
    hpa = render("profile=gpu", "autoscaling.gpuMemoryPercent=80", "autoscaling.requestsInProgress=4")[HPA]

    wanted = [metric["pods"]["metric"]["name"] for metric in hpa["spec"]["metrics"]]
    assert wanted[0] == "pp_doclayout_load_ratio", "it leads"
    assert len(wanted) == 4
    offered = set()
    for rule in yaml.safe_load(rules)["rules"]:
        series = re.fullmatch(r'\{__name__=~"\^(\w+)\(([\w|]+)\)\$".*', rule["seriesQuery"])
        offered |= {series[1] + name for name in series[2].split("|")} if series else {rule["name"]["as"]}
    assert set(wanted) <= offered


def test_keda_scales_the_same_and_never_down_in_an_outage(render):
    objects = render("autoscaling.kind=keda")
    assert HPA not in objects
    scaled = objects["ScaledObject", "pp-doclayout-scaledobject"]["spec"]

    assert scaled["triggers"][0]["metadata"]["threshold"] == "0.8"
    assert scaled["fallback"]["behavior"] == "currentReplicasIfHigher"
    assert scaled["advanced"]["horizontalPodAutoscalerConfig"]["name"] == "pp-doclayout-hpa"


def test_a_roll_out_takes_no_old_pod_before_a_new_one_is_ready(render):
    objects = render()
    assert objects[DEPLOYMENT]["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert "replicas" not in objects[DEPLOYMENT]["spec"], "they are the autoscaler's"
    assert render("autoscaling.kind=none", "replicas=5")[DEPLOYMENT]["spec"]["replicas"] == 5
    pdb = objects["PodDisruptionBudget", "pp-doclayout-pdb"]["spec"]
    assert pdb["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_gateway_waits_longer_than_the_service_takes(render):
    objects = render("ingress.enabled=true", "httpRoute.enabled=true")
    longest = int(environment_of(service_of(objects))["REQUEST_TIMEOUT_MS"]) / 1000
    annotations = objects["Ingress", "pp-doclayout-ingress"]["metadata"]["annotations"]

    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) > longest
    timeouts = objects["HTTPRoute", "pp-doclayout-route"]["spec"]["rules"][0]["timeouts"]
    assert int(timeouts["request"].removesuffix("s")) > longest


def test_a_gpu_is_asked_for_where_there_is_one(render):
    pod = pod_of(render("profile=gpu")[DEPLOYMENT])
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert "nvidia.com/gpu" in [toleration["key"] for toleration in pod["tolerations"]]
    assert environment_of(pod["containers"][0])["DEVICE"] == "gpu"


def test_the_plain_manifests_are_in_step(helm, tmp_path):
    subprocess.run([ROOT / "scripts" / "render-manifests", tmp_path], check=True, capture_output=True)

    for made in sorted(tmp_path.iterdir()):
        kept = ROOT / "deploy" / "kubernetes" / made.name
        assert made.read_text() == kept.read_text(), f"run scripts/render-manifests: {made.name} is of another chart"
    assert len(list(tmp_path.iterdir())) == len(list((ROOT / "deploy/kubernetes").glob("*.yaml")))
