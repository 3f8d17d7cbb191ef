"""What the chart makes of its values: names, numbers that follow from each other, and what it refuses."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import BULK, CHART, FROM_OUTSIDE, HPA, LOGS, NAMESPACE, OLDER, ROOT, TO_OUTSIDE
from pods import X86, environment_of, pod_of, pods_of

DEPLOYMENT = ("Deployment", "pp-doclayout-deployment")
SERVICE = "pp-doclayout-service"
# One of each kind that the chart can make.
EVERYTHING = (
    *("profile=gpu", "autoscaling.gpuMemoryPercent=80", "ingress.enabled=true"),
    *("httpRoute.enabled=true", "model.source=pull", "model.name=pp-doclayoutv3", "bulk.job.enabled=true"),
    *("bulk.worker.enabled=true", "monitoring.serviceMonitor.enabled=true"),
    *("priorityClass.create=true", "priorityClass.name=documents", "service.apiKeysSecret=keys"),
    *("logs.sidecar.enabled=true", *FROM_OUTSIDE, *TO_OUTSIDE),
)
GPU_LABEL = r"gpu.nodeSelector.nvidia\.com/gpu\.present"


def service_of(objects: dict) -> dict:
    (container,) = pod_of(objects[DEPLOYMENT])["containers"]
    return container


def test_names_are_those_that_others_know(render):
    names = {name for _, name in render(*EVERYTHING)}

    assert names >= {
        *("pp-doclayout-deployment", "pp-doclayout-service", "pp-doclayout-hpa", "pp-doclayout-ingress"),
        *("pp-doclayout-models-pvc", "pp-doclayout-test-data", "fluent-bit-config"),
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


@pytest.mark.parametrize(
    ("values", "account"),
    [
        ([], "pp-doclayout-service-account"),
        (["serviceAccount.name=mine"], "mine"),
        (["serviceAccount.create=false", "serviceAccount.name=mine"], "mine"),
        (["serviceAccount.create=false"], "default"),
    ],
)
def test_pods_run_under_an_account_that_exists(render, values, account):
    objects = render(*EVERYTHING, *values)

    assert {pod["serviceAccountName"] for pod in pods_of(objects)} == {account}
    assert (("ServiceAccount", account) in objects) == ("serviceAccount.create=false" not in values)


def test_every_pod_may_pull_the_image_and_goes_to_nodes_that_it_runs_on(render):
    pods = pods_of(render(*EVERYTHING, "image.pullSecrets[0].name=registry-key", "tolerations[0].key=busy"))

    assert len(pods) == 4, "service, batch, worker and helm test"
    assert [pod["imagePullSecrets"] for pod in pods] == [[{"name": "registry-key"}]] * 4
    for pod in pods:
        assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "true", **X86}
        assert {"key": "busy"} in pod["tolerations"]
        assert pod["tolerations"] == pods[0]["tolerations"]


@pytest.mark.parametrize(
    ("values", "selector"),
    [
        ([], X86),
        ([r"nodeSelector.kubernetes\.io/arch=arm64"], {"kubernetes.io/arch": "arm64"}),
        ([r"nodeSelector.kubernetes\.io/arch=null", "nodeSelector.pool="], {"pool": ""}),
        (["nodeSelector=null"], None),
        (["profile=gpu", f"{GPU_LABEL}=null", "gpu.nodeSelector.accelerator=l4"], {"accelerator": "l4", **X86}),
        (["profile=gpu", "gpu.nodeSelector=null"], X86),
        (["profile=gpu", r"nodeSelector.nvidia\.com/gpu\.present=null"], X86),
    ],
)
def test_a_label_of_nodes_can_be_replaced_and_left_out(render, values, selector):
    for pod in pods_of(render(*BULK, *values)):
        assert pod.get("nodeSelector") == selector


def test_resources_can_be_left_out(render):
    left_out = [f"{of}resources=null" for of in ("", "probe.", "logs.sidecar.")]
    pods = pods_of(render("testData.enabled=false", *BULK, *LOGS, *left_out))
    assert len(pods) == 3

    assert [one["resources"] for pod in pods for one in pod.get("initContainers", []) + pod["containers"]] == [{}] * 5
    gpu = service_of(render("profile=gpu", "resources=null"))["resources"]
    assert gpu == {"limits": {"nvidia.com/gpu": 1}}, "without it there would be no GPU"


def test_ids_are_left_out_where_the_cluster_gives_them(render):
    left_out = [f"podSecurityContext.{name}=null" for name in ("runAsUser", "runAsGroup", "fsGroup")]

    for pod in pods_of(render(*EVERYTHING, *left_out)):
        assert pod["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_service_and_probe_listen_on_the_address_that_is_said(render, address):
    objects = render(*([] if address == "0.0.0.0" else [f"listenAddress={address}"]))
    (probe,) = pod_of(objects[DEPLOYMENT])["initContainers"]

    assert environment_of(service_of(objects))["HOST"] == address
    assert environment_of(probe)["PROBE_METRICS_HOST"] == address


def test_numbers_and_booleans_in_env_are_quoted(render):
    variables = [
        {"name": "A", "value": 1000000},
        {"name": "B", "value": True},
        {"name": "C", "value": 0.5},
        {"name": "D", "value": "1e3"},
        {"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "F"},
    ]
    pods = pods_of(render("testData.enabled=false", *BULK, f"--set-json=service.env={json.dumps(variables)}"))
    assert len(pods) == 3

    for pod in pods:
        (container,) = pod["containers"]
        told = container["env"][-len(variables) :]
        assert [one.get("value") for one in told] == ["1000000", "true", "0.5", "1e3", None, None]
        assert told[4] == variables[4]


def test_numbers_in_a_file_of_values_are_quoted_as_they_were_written(render, tmp_path):
    values = tmp_path / "values.yaml"
    values.write_text("service: {env: [{name: A, value: 67108864}, {name: B, value: no}]}")

    environment = environment_of(service_of(render(f"--values={values}")))
    assert (environment["A"], environment["B"]) == ("67108864", "false")


def test_what_the_chart_says_too_comes_once_and_the_users_wins(render, tmp_path):
    anti = "podAntiAffinity"
    preferred = "preferredDuringSchedulingIgnoredDuringExecution"
    nginx = "nginx.ingress.kubernetes.io/proxy-body-size"
    said = {
        "podLabels": {"app.kubernetes.io/version": "mine", "team": "documents"},
        "podAnnotations": {"prometheus.io/port": "9000", "prometheus.io/scrape": "", "team": "documents"},
        "ingress": {"annotations": {nginx: "1m", "team": "documents"}},
        "affinity": {anti: {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone"}]}},
        "nodeSelector": {"nvidia.com/gpu.present": "false"},
        "monitoring": {"serviceMonitor": {"labels": {"app.kubernetes.io/part-of": "mine"}}},
    }
    values = tmp_path / "values.json"
    values.write_text(json.dumps(said))
    objects = render(f"--values={values}", *EVERYTHING)
    metadata = objects[DEPLOYMENT]["spec"]["template"]["metadata"]
    pod = pod_of(objects[DEPLOYMENT])

    assert said["podLabels"].items() <= metadata["labels"].items()
    assert said["podAnnotations"].items() <= metadata["annotations"].items()
    assert metadata["annotations"]["prometheus.io/path"] == "/metrics"
    annotations = objects["Ingress", "pp-doclayout-ingress"]["metadata"]["annotations"]
    assert said["ingress"]["annotations"].items() <= annotations.items() and len(annotations) > 5
    assert said["affinity"][anti].items() <= pod["affinity"][anti].items() and pod["affinity"][anti][preferred]
    assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "false", **X86}
    for monitor in (("ServiceMonitor", "pp-doclayout-monitor"), ("PodMonitor", "pp-doclayout-probe-monitor")):
        assert objects[monitor]["metadata"]["labels"]["app.kubernetes.io/part-of"] == "mine"

    replaced = render(f"affinity.{anti}.{preferred}[0].weight=1")
    assert pod_of(replaced[DEPLOYMENT])["affinity"] == {anti: {preferred: [{"weight": 1}]}}


@pytest.mark.parametrize(
    ("tag", "version"),
    [("0.2.0", "0.2.0"), ("a" * 61 + "-." + "b" * 65, "a" * 61), ("_1", "1"), ("1.0", "1.0"), ("", "0.1.0")],
)
def test_a_tag_makes_a_label_that_kubernetes_takes(render, tag, version):
    objects = render("--set-string=image.tag=" + tag)

    assert service_of(objects)["image"] == f"doclayout:{tag or '0.1.0'}"
    assert {item["metadata"]["labels"]["app.kubernetes.io/version"] for item in objects.values()} == {version}


def test_a_large_number_in_a_file_of_values_stays_one(render, tmp_path):
    """Helm reads it as a float, and the API server takes no 1e+08."""
    values = tmp_path / "values.yaml"
    values.write_text("priorityClass: {create: true, name: documents, value: 100000000}")
    priority = render(f"--values={values}")["PriorityClass", "documents"]["value"]

    assert (priority, type(priority)) == (100000000, int)


@pytest.mark.parametrize("most", [1, "25%"])
def test_a_drain_may_take_a_number_or_a_part_of_the_pods(render, most):
    budget = render(f"podDisruptionBudget.maxUnavailable={most}")["PodDisruptionBudget", "pp-doclayout-pdb"]

    assert budget["spec"]["maxUnavailable"] == most


def test_the_service_says_a_balancer_what_it_is_told(render):
    said = {
        "type": "LoadBalancer",
        "externalTrafficPolicy": "Local",
        "loadBalancerClass": "example.com/internal",
        "loadBalancerSourceRanges": ["192.0.2.0/24", "2001:db8::/32"],
    }
    spec = render(*FROM_OUTSIDE, f"--set-json=kubernetesService={json.dumps(said)}")["Service", SERVICE]["spec"]

    assert said.items() <= spec.items()
    assert not (said.keys() - {"type"}) & render()["Service", SERVICE]["spec"].keys()


def test_without_the_page_nothing_leads_to_it(render):
    def ways(*values: str) -> tuple[set, set, set]:
        objects = render("ingress.enabled=true", "httpRoute.enabled=true", *FROM_OUTSIDE, *values)
        (rule,) = objects["Ingress", "pp-doclayout-ingress"]["spec"]["rules"]
        routes = objects["HTTPRoute", "pp-doclayout-route"]["spec"]["rules"]
        return (
            {port["name"] for port in objects["Service", SERVICE]["spec"]["ports"]},
            {path["backend"]["service"]["port"]["name"] for path in rule["http"]["paths"]},
            {backend["port"] for one in routes for backend in one["backendRefs"]},
        )

    assert ways() == ({"http", "web"}, {"http", "web"}, {8000, 7860})
    assert ways("kubernetesService.web=false") == ({"http"}, {"http"}, {8000})


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


def test_a_roll_out_keeps_new_pods_from_each_other_not_from_the_old_ones(render):
    pod = pod_of(render()[DEPLOYMENT])

    preferred = pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"]
    for rule in [one["podAffinityTerm"] for one in preferred] + pod["topologySpreadConstraints"]:
        assert rule["matchLabelKeys"] == ["pod-template-hash"], rule

    [older] = pod_of(render(OLDER)[DEPLOYMENT])["affinity"]["podAntiAffinity"].values()
    assert "matchLabelKeys" not in older[0]["podAffinityTerm"], "an older Kubernetes does not know it there"


def test_without_a_sleep_there_is_no_pre_stop(render):
    """Kubernetes before 1.33 refuses a sleep of 0."""
    assert "lifecycle" not in service_of(render("preStopSleepSeconds=0"))


def test_sets_no_variable_that_the_programs_do_not_know(render):
    program = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()

    def known(command: str) -> set[str]:
        text = subprocess.run([program, command, "--help"], capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"\[env ([A-Z_]+)\]", text))

    options = ("service.slots=3", "service.queueCapacity=9", "service.apiKeysSecret=keys", *LOGS)
    objects = render(*options, "model.source=image", "model.path=/m")
    service = environment_of(service_of(objects)).keys()
    assert service and service <= known("serve")
    (probe,) = [one for one in pod_of(objects[DEPLOYMENT])["initContainers"] if one["name"] == "probe"]
    assert environment_of(probe).keys() <= known("probe")


def test_the_operators_prometheus_scrapes_the_probe_too(render):
    on = ("monitoring.serviceMonitor.enabled=true", "monitoring.serviceMonitor.labels.release=mine")
    objects = render(*on)
    monitor = objects["PodMonitor", "pp-doclayout-probe-monitor"]
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    shipped = yaml.safe_load((ROOT / "deploy/monitoring/operator/podmonitor.yaml").read_text())["spec"]
    (theirs,) = [one for one in shipped["podMetricsEndpoints"] if one["port"] == endpoint["port"]]

    (probe,) = pod_of(objects[DEPLOYMENT])["initContainers"]
    assert endpoint["port"] in [port["name"] for port in probe["ports"]]
    assert (endpoint["path"], endpoint["relabelings"]) == (theirs["path"], theirs["relabelings"])
    assert monitor["metadata"]["labels"]["release"] == "mine"
    wanted = monitor["spec"]["selector"]["matchLabels"].items()
    assert wanted <= objects[DEPLOYMENT]["spec"]["template"]["metadata"]["labels"].items()
    assert "PodMonitor" not in {kind for kind, _ in render(*on, "probe.enabled=false")}


@pytest.mark.parametrize("annotations", [True, False])
def test_who_installs_is_told_where_pods_may_be_scraped_twice(helm, tmp_path, annotations):
    """By annotations and by a ServiceMonitor. helm shows the notes to who has a cluster, so a template of a copy reads them."""
    copy = shutil.copytree(CHART, tmp_path / "doclayout")
    (copy / "templates/NOTES.txt").rename(copy / "notes")
    (copy / "templates/notes.yaml").write_text('notes: {{ tpl (.Files.Get "notes") . | quote }}')
    values = ("--set", "monitoring.serviceMonitor.enabled=true", "--set", f"monitoring.annotations={str(annotations).lower()}")

    command = [helm, "template", copy, "--kube-version=1.34.0", "--show-only=templates/notes.yaml", *values]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert ("scrapes each pod twice" in yaml.safe_load(done.stdout)["notes"]) == annotations


def test_helm_test_sends_a_page_only_where_nobody_needs_a_key(render):
    def asked(*values: str) -> list[str]:
        (container,) = pod_of(render(*values)["Pod", "pp-doclayout-test"])["containers"]
        return container["args"]

    assert "--page" in asked()
    assert asked("service.apiKeysSecret=keys") == asked()[:-2]


def test_a_lost_nodes_pods_are_given_up_after_the_time_that_is_said(render):
    def waits(*values: str) -> dict[str, int]:
        tolerations = pod_of(render(*values)[DEPLOYMENT])["tolerations"]
        return {one["key"]: one["tolerationSeconds"] for one in tolerations if "tolerationSeconds" in one}

    lost = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    assert waits() == dict.fromkeys(lost, 30)
    assert waits("lostNodeSeconds=0") == dict.fromkeys(lost, 0)


@pytest.mark.parametrize(("said", "safe"), [(None, "true"), ("true", "true"), ("false", "false")])
def test_a_cluster_autoscaler_may_take_nodes_away_unless_told(helm, tmp_path, said, safe):
    name = "cluster-autoscaler.kubernetes.io/safe-to-evict"
    values = tmp_path / "values.yaml"
    values.write_text(json.dumps({"podAnnotations": {name: said} if said else {}}))
    command = [helm, "template", CHART, f"--values={values}", "--kube-version=1.34.0"]
    done = subprocess.run([*command, "--show-only=templates/deployment.yaml"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert done.stdout.count(name) == 1
    assert yaml.safe_load(done.stdout)["spec"]["template"]["metadata"]["annotations"][name] == safe


def test_a_roll_out_takes_no_old_pod_before_a_new_one_is_ready(render):
    objects = render()
    assert objects[DEPLOYMENT]["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    for surge in ("5", "25%"):
        strategy = render(f"rollingUpdate.maxSurge={surge}")[DEPLOYMENT]["spec"]["strategy"]["rollingUpdate"]
        assert strategy == {"maxUnavailable": 0, "maxSurge": int(surge) if surge.isdigit() else surge}
    assert "replicas" not in objects[DEPLOYMENT]["spec"], "they are the autoscaler's"
    assert render("autoscaling.kind=none", "replicas=5")[DEPLOYMENT]["spec"]["replicas"] == 5
    pdb = objects["PodDisruptionBudget", "pp-doclayout-pdb"]["spec"]
    assert pdb["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_the_gateway_waits_longer_than_the_service_takes(render):
    objects = render("ingress.enabled=true", "httpRoute.enabled=true", *FROM_OUTSIDE)
    longest = int(environment_of(service_of(objects))["REQUEST_TIMEOUT_MS"]) / 1000
    annotations = objects["Ingress", "pp-doclayout-ingress"]["metadata"]["annotations"]

    assert int(annotations["nginx.ingress.kubernetes.io/proxy-read-timeout"]) > longest
    timeouts = objects["HTTPRoute", "pp-doclayout-route"]["spec"]["rules"][0]["timeouts"]
    assert int(timeouts["request"].removesuffix("s")) > longest


# The chart's requests may take another time than the samples', which have the program's own.
OF_THE_TIMES = {f"nginx.ingress.kubernetes.io/proxy-{way}-timeout" for way in ("read", "send")}


def sample(name: str) -> dict:
    return next(yaml.safe_load_all((ROOT / "deploy" / "gateway" / "kubernetes" / name).read_text()))


def test_the_gateway_is_asked_for_what_the_samples_ask_for(render):
    objects = render("ingress.enabled=true", "httpRoute.enabled=true", *FROM_OUTSIDE)
    chart, samples = objects["Ingress", "pp-doclayout-ingress"], sample("ingress.yaml")

    def annotations(item: dict) -> dict[str, str]:
        return {name: value for name, value in item["metadata"]["annotations"].items() if name not in OF_THE_TIMES}

    def paths(item: dict) -> set[tuple[str, str]]:
        return {(one["pathType"], one["path"]) for one in item["spec"]["rules"][0]["http"]["paths"]}

    assert annotations(chart) == annotations(samples)
    # The chart's has the web page under the same name, and the sample an Ingress of its own for it.
    assert paths(chart) == paths(samples) | {("Prefix", "/")}
    route, samples = objects["HTTPRoute", "pp-doclayout-route"]["spec"]["rules"][0], sample("httproute.yaml")["spec"]["rules"][0]
    asked = [{(one["path"]["type"], one["path"]["value"]) for one in rule["matches"]} for rule in (route, samples)]
    assert asked[0] == asked[1]


def test_an_annotation_that_is_set_wins(template):
    name = r"nginx\.ingress\.kubernetes\.io/limit-rps"
    rendered = template("ingress.enabled=true", *FROM_OUTSIDE, f"ingress.annotations.{name}=x50", "ingress.annotations.further=x")

    assert rendered.returncode == 0, rendered.stderr
    assert rendered.stdout.count("limit-rps: x50\n") == rendered.stdout.count("limit-rps:") == 1
    assert "further: x\n" in rendered.stdout


@pytest.mark.parametrize(("limit", "size"), [((), "50m"), (("value=1000000",), "1000000"), (("valueFrom.x=y",), "50m")])
def test_the_ingress_takes_as_large_a_body_as_the_service(helm, tmp_path, limit, size):
    values = [f"service.env[0].{one}" for one in limit]
    command = [helm, "template", CHART, "--set=ingress.enabled=true,networkPolicy.enabled=false", "--kube-version=1.34.0"]
    command += [f"--set-string={one}" for one in (*values, "service.env[0].name=MAX_BODY_BYTES") if limit]
    done = subprocess.run([*command, "--show-only=templates/ingress.yaml"], capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["metadata"]["annotations"]["nginx.ingress.kubernetes.io/proxy-body-size"] == size


def test_a_gpu_is_asked_for_where_there_is_one(render):
    pod = pod_of(render("profile=gpu")[DEPLOYMENT])
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert pod["nodeSelector"] == {"nvidia.com/gpu.present": "true", **X86}
    assert "nvidia.com/gpu" in [toleration["key"] for toleration in pod["tolerations"]]
    assert environment_of(pod["containers"][0])["DEVICE"] == "gpu"


def test_writes_no_log_file_unless_asked(render):
    objects = render()

    assert "LOG_DIR" not in environment_of(service_of(objects))
    assert ("ConfigMap", "fluent-bit-config") not in objects
    assert "fluent-bit" not in yaml.safe_dump(list(objects.values()))


def test_a_sidecar_follows_the_log_in_a_volume_that_holds_its_files(render):
    outputs = ("logs.sidecar.outputs[0].name=loki", "logs.sidecar.outputs[0].host=loki.monitoring")
    objects = render(*LOGS, *outputs, *TO_OUTSIDE, "logs.fileMiB=8", "logs.sidecar.secret=loki-password")
    pod = pod_of(objects[DEPLOYMENT])
    service = service_of(objects)
    (sidecar,) = [one for one in pod["initContainers"] if one["name"] == "fluent-bit"]
    environment = environment_of(service)
    configuration = yaml.safe_load(objects["ConfigMap", "fluent-bit-config"]["data"]["fluent-bit.yaml"])
    (tail,) = configuration["pipeline"]["inputs"]

    assert sidecar["restartPolicy"] == "Always"
    assert sidecar["image"] == "docker.io/fluent/fluent-bit:4.1.1"
    assert sidecar["envFrom"] == [{"secretRef": {"name": "loki-password"}}]
    logs = {"name": "logs", "mountPath": environment["LOG_DIR"]}
    assert logs in sidecar["volumeMounts"] and logs in service["volumeMounts"]
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    room = int(volumes["logs"]["emptyDir"]["sizeLimit"].removesuffix("Mi")) << 20
    assert room > int(environment["LOG_FILE_BYTES"]) * int(environment["LOG_FILES"])
    assert volumes["fluent-bit-config"]["configMap"]["name"] == "fluent-bit-config"
    (config,) = [mount for mount in sidecar["volumeMounts"] if mount["name"] == "fluent-bit-config"]
    assert sidecar["args"] == [f"--config={config['mountPath']}/fluent-bit.yaml"]

    # The program's own name of the file is matched, and those of the renamed ones and of the database are not.
    path = pathlib.PurePath(tail["path"])
    assert str(path.parent) == environment["LOG_DIR"]
    names = ("doclayout.log", "doclayout.log.1", pathlib.PurePath(tail["db"]).name)
    assert [pathlib.PurePath(name).match(path.name) for name in names] == [True, False, False]
    assert str(pathlib.PurePath(tail["db"]).parent) == environment["LOG_DIR"], "it outlives the container"
    assert tail["rotate_wait"] >= 5
    assert configuration["pipeline"]["outputs"] == [{"host": "loki.monitoring", "name": "loki"}]


def test_the_log_is_parsed_with_the_time_that_the_program_writes(render):
    configuration = yaml.safe_load(render(*LOGS)["ConfigMap", "fluent-bit-config"]["data"]["fluent-bit.yaml"])
    (parser,) = configuration["parsers"]

    assert parser["format"] == "json"
    assert configuration["pipeline"]["inputs"][0]["parser"] == parser["name"]
    assert [output["name"] for output in configuration["pipeline"]["outputs"]] == ["stdout"]
    line = '{"time":"2026-11-29T03:04:05.678Z","level":"info","event":"ready"}'  # src/base/log_test.cc has its form
    # fluent-bit's %L is a fraction of a second, which is %f here.
    datetime.datetime.strptime(json.loads(line)[parser["time_key"]], parser["time_format"].replace("%L", "%f"))


def test_other_settings_of_the_sidecar_start_pods_anew(render):
    def annotations(*values: str) -> dict[str, str]:
        return render(*LOGS, *TO_OUTSIDE, *values)[DEPLOYMENT]["spec"]["template"]["metadata"]["annotations"]

    assert annotations() == annotations()
    assert annotations() != annotations("logs.sidecar.outputs[0].name=file")


@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_the_plain_manifests_are_the_chart_with_its_defaults(render, profile):
    text = (ROOT / "deploy" / "kubernetes" / f"{profile}.yaml").read_text()
    plain = {(item["kind"], item["metadata"]["name"]): item["spec"] for item in yaml.safe_load_all(text) if "spec" in item}
    charts = {name: item["spec"] for name, item in render(f"profile={profile}").items() if "spec" in item}

    labels = charts[DEPLOYMENT]["template"]["metadata"]["labels"]
    del labels["app.kubernetes.io/managed-by"], labels["helm.sh/chart"]
    assert DEPLOYMENT in plain and HPA in plain
    assert plain == {name: spec for name, spec in charts.items() if name[0] != "Pod"}, "helm test's pod is no part of them"


def test_the_plain_manifests_are_in_step(helm, tmp_path):
    subprocess.run([ROOT / "scripts" / "render-manifests", tmp_path], check=True, capture_output=True)

    for made in sorted(tmp_path.iterdir()):
        kept = ROOT / "deploy" / "kubernetes" / made.name
        assert made.read_text() == kept.read_text(), f"run scripts/render-manifests: {made.name} is of another chart"
    assert len(list(tmp_path.iterdir())) == len(list((ROOT / "deploy/kubernetes").glob("*.yaml")))
