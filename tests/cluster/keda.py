"""KEDA in the cluster: its own manifests, with images that are built here."""

from __future__ import annotations

import json

import images
from kubectl import Kubectl
from machine import wait_for
from node import IMAGES, Node
from tools import kustomized, tool

MODULE = "github.com/kedacore/keda/v2"
PROGRAMS = {"keda-operator": "/keda", "keda-metrics-apiserver": "/keda-adapter"}
APISERVICE = "v1beta1.external.metrics.k8s.io"


def manifests() -> list[dict]:
    """What KEDA's repository installs without its webhooks; of the version that go.mod pins."""
    return [_here(one) for one in kustomized("keda", MODULE, "config/minimal")]


def _here(one: dict) -> dict:
    """With the image of this cluster, and without a wait for processors that are busy with tests."""
    if one["kind"] != "Deployment":
        return one
    name = one["metadata"]["name"]
    spec = one["spec"]["template"]["spec"]
    container = spec["containers"][0]
    container |= {"image": f"{name}:1", "imagePullPolicy": "Never", "resources": {}}
    container["readinessProbe"] |= {"initialDelaySeconds": 1, "periodSeconds": 1}
    container["livenessProbe"] |= {"initialDelaySeconds": 60}
    spec["nodeSelector"] = {"kubernetes.io/hostname": "node1"}
    return one


def make_images():
    for name, inside in PROGRAMS.items():
        program = tool("keda", "keda-operator" if inside == "/keda" else "keda-adapter")
        archive = IMAGES / f"{name}.tar"
        root = IMAGES / "root"
        images.root_of(root, {inside: program})
        images.pack(root, f"{name}:1", archive, [inside])
        Node(1).import_image(archive)
        archive.unlink()


def install(kubectl: Kubectl):
    """Takes the API of external metrics for itself."""
    make_images()
    objects = manifests()
    for kind in ("Namespace", "CustomResourceDefinition"):
        kubectl.apply(*[one for one in objects if one["kind"] == kind])
    kubectl("wait", "--for=condition=Established", "customresourcedefinition/scaledobjects.keda.sh", "--timeout=30s")
    kubectl.apply(*[one for one in objects if one["kind"] not in ("Namespace", "CustomResourceDefinition")])
    for name in PROGRAMS:
        Kubectl("keda").rolled_out(f"deployment/{name}", 180)
    path = "/apis/external.metrics.k8s.io/v1beta1"
    wait_for("the external metrics' API answers", lambda: kubectl.try_("get", "--raw", path).returncode == 0, 90)


def remove(kubectl: Kubectl, external: dict):
    """And gives the API of external metrics back to `external`."""
    kubectl("delete", "--ignore-not-found", "--wait=false", "apiservice", APISERVICE)
    objects = manifests()
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [one for one in objects if one["kind"] != "APIService"]})
    kubectl("delete", "--ignore-not-found", "--filename=-", "--timeout=100s", text=text)
    kubectl.apply(external)
