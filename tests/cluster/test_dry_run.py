"""The API server takes whatever the chart can make, and every manifest that users apply: it checks all, and makes nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import crds
import pytest
import yaml
from kubectl import Kubectl
from machine import ROOT, wait_for
from release import CHART, NAME, make_restricted
from tools import KUBERNETES, version_of

DRY_RUN = ("apply", "--server-side", "--dry-run=server", "--validate=strict")
TAKEN = " serverside-applied (server dry run)"
EVERYTHING = yaml.safe_load((ROOT / "tests/cluster/everything.yaml").read_text())
BALANCER = {
    "type": "LoadBalancer",
    "externalTrafficPolicy": "Local",
    "loadBalancerClass": "example.com/internal",
    "loadBalancerSourceRanges": ["192.0.2.0/24", "2001:db8::/32"],
}
METRICS = {"kind": "hpa", "meanLatencySeconds": "1500m", "requestsInProgress": 4, "gpuMemoryPercent": 80}
DIGEST = "sha256:" + "0" * 64
NO_IDS = {"runAsUser": None, "runAsGroup": None, "fsGroup": None}  # as on OpenShift
OFF = {"enabled": False}
# Layers of values. A value that is empty or off by default has another one in some of them, and so has one that is on.
RENDERS = {
    "default": [{}],
    "hpa-gpu-pull": [EVERYTHING, {"profile": "gpu", "autoscaling": METRICS, "model": {"source": "pull", "name": "pp-doclayoutv3"}}],
    "hpa-cpu-embedded": [
        *(EVERYTHING, {"image": {"digest": DIGEST}, "logs": {"sidecar": {"image": {"digest": DIGEST}}}}),
        {"service": {"device": "cpu"}, "autoscaling": {"behavior": {"scaleUp": {"stabilizationWindowSeconds": 15}}}},
    ],
    "keda-cpu-pvc": [
        *(EVERYTHING, {"autoscaling": {"kind": "keda"}, "serviceAccount": {"create": False, "name": "default"}}),
        {"model": {"source": "pvc", "path": "/models/ours.onnx", "pvc": {"storageClassName": "fast", "accessModes": ["ReadWriteMany"]}}},
    ],
    "keda-gpu-image": [
        *(EVERYTHING, {"profile": "gpu", "autoscaling": {"kind": "keda"}, "model": {"source": "image", "path": "/opt/ours"}}),
        {"kubernetesService": BALANCER, "listenAddress": "::"},
    ],
    "none-pull-to-the-pods-disk": [
        *(EVERYTHING, {"autoscaling": {"kind": "none"}, "podSecurityContext": NO_IDS, "podDisruptionBudget": {"maxUnavailable": "25%"}}),
        {"model": {"source": "pull", "name": "pp-doclayoutv3", "mirror": "https://models.example.com", "pvc": {"create": False}}},
        {"rollingUpdate": {"maxSurge": "25%"}, "topologySpread": {"whenUnsatisfiable": "DoNotSchedule"}},
    ],
    "pvc-that-exists": [{"model": {"source": "pvc", "path": "/models/ours.onnx", "pvc": {"existingClaim": "ours"}}}],
    "least": [
        {"autoscaling": {"kind": "none"}, "networkPolicy": OFF, "podDisruptionBudget": OFF, "topologySpread": OFF, "antiAffinity": OFF},
        {"probe": OFF, "testData": OFF, "kubernetesService": {"web": False}, "monitoring": {"annotations": False}},
        {"service": {"readyNeedsDeepHealth": False, "deepHealthPeriodS": 0}, "preStopSleepSeconds": 0, "nodeSelector": None},
    ],
}
MANIFESTS = [
    path
    for path in sorted((ROOT / "deploy").rglob("*.yaml"))
    if CHART not in path.parents and re.search("^kind:", path.read_text(), re.M)
]


@pytest.fixture(scope="module")
def kinds(kubernetes) -> Iterator[None]:
    with crds.known(kubernetes):
        yield


@pytest.fixture(scope="module")
def empty(kubernetes, kinds) -> Iterator[Kubectl]:
    """As strict as doc-processing, and none of the objects is there. Pods name an account, though, and a dry run makes none."""
    there = make_restricted(kubernetes, "doc-dry-run")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "pp-doclayout-service-account"}}
    there.apply(account)
    wait_for("the default account is there", lambda: there.try_("get", "serviceaccount", "default").returncode == 0)
    yield there
    kubernetes("delete", "namespace", there.namespace, "--timeout=100s")


@pytest.fixture
def render(empty, tmp_path) -> Callable[[str], str]:
    """What helm makes of the chart for the Kubernetes that runs."""

    def run(name: str) -> str:
        words = ["template", NAME, CHART, f"--kube-version={version_of(KUBERNETES)}"]
        for number, layer in enumerate(RENDERS[name]):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps(layer))
            words.append(f"--values={file}")
        done = empty.helm(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def objects_of(text: str) -> list[dict]:
    return [one for one in yaml.safe_load_all(text) if one]


def name_of(one: dict) -> str:
    """As kubectl says it."""
    group = one["apiVersion"].rpartition("/")[0]
    return ".".join(filter(None, [one["kind"].lower(), group])) + "/" + one["metadata"]["name"]


def check(kubectl: Kubectl, text: str, evidence, *more: str):
    """Each object is taken, and no word is said against any: not of the standard for pods, a field or an old version."""
    done = kubectl.try_(*DRY_RUN, *more, "--filename=-", text=text)
    evidence(done.stdout + done.stderr)
    assert done.returncode == 0 and not done.stderr, done.stderr
    taken = [line.removesuffix(TAKEN) for line in done.stdout.splitlines() if line.endswith(TAKEN)]
    assert sorted(taken) == sorted(map(name_of, objects_of(text))) != []


@pytest.mark.parametrize("name", RENDERS)
def test_what_the_chart_makes_is_taken(empty, render, evidence, name):
    """The API server takes every object of a render, into a namespace of the strictest standard, and warns of none."""
    check(empty, render(name), evidence)


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: str(path.relative_to(ROOT / "deploy")))
def test_manifests_are_taken(namespace, kinds, evidence, path):
    """The API server takes every object of a manifest that users apply, and warns of none."""
    # The drills' own release may be there.
    check(namespace, path.read_text(), evidence, "--force-conflicts")


def leaves(values: dict, path: tuple = ()) -> Iterator[tuple[tuple, object]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def left_alone() -> set[tuple]:
    """Of the chart's values that are empty, off or on those that are nothing else in any render."""
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    switches = {path: value for path, value in leaves(values) if not value or value is True}
    changed = {path for layers in RENDERS.values() for layer in layers for path, value in leaves(layer) if value != switches.get(path)}
    return {path for path in switches if not any(path == one[: len(path)] for one in changed)}


def test_all_that_the_chart_can_make_was_among_it(render, evidence):
    """The renders have, between them, every kind of every template, and have changed every value that is empty, off or on."""
    wanted = {
        (path.name, kind) for path in CHART.glob("templates/**/*.yaml") for kind in re.findall(r"^kind: (\w+)", path.read_text(), re.M)
    }
    text = "".join(map(render, RENDERS))
    rendered = set(re.findall(r"^# Source: \S+/(\S+)$.*?^kind: (\w+)", text, re.M | re.S))
    evidence("\n".join(sorted(f"{kind} of {source}" for source, kind in rendered)))
    evidence("\n".join(re.search("[^/]+/[^/]+@.*", str(file)).group() for file in crds.files()))
    assert rendered == wanted
    assert not left_alone()


# What is spoilt in the object of a kind, and what is said then.
SLIPS = {
    "limit": ("Job", lambda spec: spec.update(maxFailedIndexes=spec["completions"] + 1), "must be less than or equal to"),
    "field": ("Deployment", lambda spec: spec["template"]["spec"]["containers"][0].update(imagePullPolice="Never"), "imagePullPolice"),
    "standard": ("Deployment", lambda spec: spec["template"]["spec"].pop("securityContext"), "would violate PodSecurity"),
    "route": ("HTTPRoute", lambda spec: spec["rules"][0].update(timeout="5s"), "spec.rules[0].timeout"),
    "trigger": ("ScaledObject", lambda spec: spec["triggers"][0].pop("metadata"), "spec.triggers[0].metadata"),
    "interval": ("ServiceMonitor", lambda spec: spec["endpoints"][0].update(interval="soon"), "spec.endpoints[0].interval"),
    "port": ("PodMonitor", lambda spec: spec["podMetricsEndpoints"][0].update(ports="http"), "podMetricsEndpoints[0].ports"),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_found(empty, render, evidence, slip):
    """The control: with one thing wrong the same check fails, and says of what."""
    kind, spoil, said = SLIPS[slip]
    one = next(one for one in objects_of(render("keda-cpu-pvc")) if one["kind"] == kind)
    spoil(one["spec"])
    with pytest.raises(AssertionError, match=re.escape(said)):
        check(empty, json.dumps(one), evidence)
