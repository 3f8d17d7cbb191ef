"""What a cluster needs beside Kubernetes to serve names, collect metrics and scale by them; all of it on node 1.

Prometheus runs the shipped rules and Alertmanager the shipped configuration; prometheus-adapter has the shipped rules as they are.
Only time runs faster: see `hurried`.
"""

from __future__ import annotations

import json
import pathlib
import re
import shutil

import crds
import images
import yaml
from kubectl import Kubectl
from machine import ROOT, STATE, run, wait_for
from node import IMAGES, NETWORK
from tools import KUBERNETES, debian, folder_of, tool

MONITORING = ROOT / "deploy/monitoring"
MANIFESTS = pathlib.Path(__file__).parent / "manifests"
# One second of the shipped configuration's minutes: windows and `for` are a tenth as long, and so is the time of a drill.
TIMES_FASTER = 10
SCRAPE = "1s"
LOOKS = "10s"  # the kubelet's cAdvisor at its groups of processes: asked oftener it says the same, and costs
PRETENDED = (f"{NETWORK}.1", 9900)  # where pretended.py tells of its pods; nobody is there otherwise
TOOLS = (KUBERNETES, "prometheus", "prometheus_adapter", "kube_state_metrics", "coredns", "helm", "keda", "kube_router", "kwok")
DURATION = re.compile(r"(\d+)(ms|s|m|h|d|w)")
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def build_tools():
    for name in TOOLS:
        folder_of(name)
    crds.files()


def _shorter(duration: str) -> str:
    number, unit = DURATION.fullmatch(duration).groups()
    return f"{max(1, round(int(number) * UNITS[unit] / TIMES_FASTER))}s"


def hurried(rules: dict) -> dict:
    """Alerting and recording rules whose windows and waits are a tenth as long. What is counted and compared stays."""
    rules = json.loads(json.dumps(rules))
    for group in rules["groups"]:
        group.pop("interval", None)
        for rule in group["rules"]:
            rule["expr"] = re.sub(r"\[(\w+)\]", lambda found: f"[{_shorter(found.group(1))}]", rule["expr"])
            if "for" in rule:
                rule["for"] = _shorter(rule["for"])
    return rules


def make_images():
    """Archives of what runs in pods, made anew when a program has changed."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    pause = STATE / "pause"
    source = pathlib.Path(__file__).with_name("pause.c")
    run("gcc", "-std=gnu11", "-Os", "-static", "-s", "-o", pause, source)
    _image("pause:1", {"/pause": pause}, entrypoint=["/pause"])
    prometheus = tool("prometheus", "prometheus")
    _image("prometheus:1", {"/bin/prometheus": prometheus}, entrypoint=["/bin/prometheus"])
    _image("adapter:1", {"/bin/adapter": tool("prometheus_adapter", "adapter")}, entrypoint=["/bin/adapter"])
    state_metrics = {"/bin/kube-state-metrics": tool("kube_state_metrics", "kube-state-metrics")}
    _image("kube-state-metrics:1", state_metrics, entrypoint=["/bin/kube-state-metrics"])
    _image("coredns:1", {"/bin/coredns": tool("coredns", "coredns")}, entrypoint=["/bin/coredns"])
    alertmanager = debian("prometheus-alertmanager")
    templates = next(
        path
        for path in (alertmanager.with_name("share") / "prometheus/alertmanager", pathlib.Path("/usr/share/prometheus/alertmanager"))
        if path.is_dir()
    )
    _image(
        "alertmanager:1",
        {"/bin/alertmanager": alertmanager},
        {"/usr/share/prometheus/alertmanager": templates},
        ["/bin/alertmanager"],
    )


def _image(name: str, programs: dict, more: dict | None = None, entrypoint: list[str] | None = None):
    archive = IMAGES / f"{name.split(':')[0]}.tar"
    note = archive.with_suffix(".made-from")
    made_from = "\n".join(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}" for path in programs.values())
    if archive.exists() and note.exists() and note.read_text() == made_from and name != "pause:1":
        return
    root = IMAGES / "root"
    images.root_of(root, programs, more)
    images.pack(root, name, archive, entrypoint)
    shutil.rmtree(root)
    note.write_text(made_from)


def prometheus_configuration() -> dict:
    config = yaml.safe_load((MONITORING / "prometheus/scrape.yaml").read_text())
    config["global"] = {"scrape_interval": SCRAPE, "scrape_timeout": SCRAPE, "evaluation_interval": SCRAPE}
    next(job for job in config["scrape_configs"] if job["job_name"] == "cadvisor").update(scrape_interval=LOOKS, scrape_timeout=LOOKS)
    config["scrape_configs"].append(
        {"job_name": "pretended", "honor_labels": True, "static_configs": [{"targets": ["{}:{}".format(*PRETENDED)]}]}
    )
    return config


def _config_map(name: str, namespace: str, **files: str) -> dict:
    data = {key.replace("__", "."): text for key, text in files.items()}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": data}


def deploy(kubectl: Kubectl):
    """Names, metrics, alerts; until each of them is ready."""
    kubectl.apply(MANIFESTS / "names.yaml")
    kubectl.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "monitoring"}})
    recording, alerts = (yaml.safe_load((MONITORING / "rules" / name).read_text()) for name in ("recording.yaml", "alerts.yaml"))
    kubectl.apply(
        _config_map(
            "prometheus",
            "monitoring",
            prometheus__yaml=json.dumps(prometheus_configuration()),
        ),
        _config_map(
            "rules",
            "monitoring",
            recording__yaml=json.dumps(hurried(recording)),
            alerts__yaml=json.dumps(hurried(alerts)),
        ),
        _config_map("adapter", "monitoring", config__yaml=(MONITORING / "prometheus-adapter/rules.yaml").read_text()),
        _config_map("alertmanager", "monitoring", alertmanager__yaml=_alertmanager_configuration()),
        # Nobody listens there: that messages arrive is tests/monitoring's matter.
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "alertmanager", "namespace": "monitoring"},
            "stringData": {"slack-url": "http://127.0.0.1:9/"},
        },
    )
    kubectl.apply(MANIFESTS / "monitoring.yaml")
    Kubectl("kube-system").rolled_out("deployment/coredns")
    for name in ("prometheus", "adapter", "alertmanager", "kube-state-metrics"):
        Kubectl("monitoring").rolled_out(f"deployment/{name}")
    kubectl("wait", "--for=condition=Available", "apiservice/v1beta2.custom.metrics.k8s.io", "--timeout=60s")
    wait_for("the metrics' API answers", lambda: kubectl.try_("get", "--raw=/apis/custom.metrics.k8s.io/v1beta2").returncode == 0)


def _alertmanager_configuration() -> str:
    """The shipped one; alerts are grouped for a second, not for half a minute."""
    text = (MONITORING / "alertmanager/alertmanager.yaml").read_text()
    return re.sub(r"group_(wait|interval): \w+", r"group_\1: 1s", text)
