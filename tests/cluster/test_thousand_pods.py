"""The real autoscaler with a thousand pretended pods through a month's end, against the simulator."""

from __future__ import annotations

import concurrent.futures
import json
import time

import pretended
import pytest
import yaml
from autoscaler import metric_values, seen
from kubectl import Kubectl
from machine import ROOT, wait_for
from release import CHART, VALUES
from simulator import curve, follow

SCENARIO = "month-end-1000"
FASTER = 60  # four hours in four minutes
NAME = "pp-doclayout-deployment"


@pytest.fixture
def thousand(kubernetes):
    pretended.start_kwok(kubernetes)
    kubernetes.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": pretended.NAMESPACE}})
    kubectl = Kubectl(pretended.NAMESPACE)
    yield kubectl
    pretended.stop_kwok(kubernetes)


def autoscaler(kubectl: Kubectl) -> dict:
    """The chart's, with the values of the drills."""
    words = ("--values", VALUES, "--kube-version", "1.34.0", "--show-only", "templates/hpa.yaml")
    rendered = kubectl.helm("template", "a", CHART, *words)
    assert rendered.returncode == 0, rendered.stderr
    return pretended.scale_by(yaml.safe_load(rendered.stdout), NAME, 1000)


def test_month_end_with_a_thousand_pods(thousand, evidence, tmp_path):
    """The month-end curve, sixty times as fast: the simulator's autoscaler, from what the real one saw at each look, changes what
    that one changes, but for a tenth on average."""
    shape = pretended.Curve(curve(SCENARIO), FASTER)
    with pretended.Exporter(thousand, shape) as exporter:
        first = round(shape.at(0) / pretended.SLOTS / 0.8)
        thousand.apply(pretended.deployment(NAME, first))
        pretended.wait_pods(thousand, first)
        hpa = autoscaler(thousand)
        (tmp_path / "hpa.json").write_text(json.dumps(hpa))
        wait_for("a value of each pod", lambda: len(loads(thousand)) == first, 60)
        thousand.apply(hpa)
        exporter.begin()
        records = []
        while not exporter.over:
            records.append(record(thousand))
    most = max(one["replicas"] for one in records)
    start = records[0]["time"]
    last = None
    for one in records:
        if one["replicas"] != last:
            last = one["replicas"]
            evidence(f"{last} replicas, {len(one['load'])} with a value", one["time"])
    evidence(f"most: {most} replicas, of {shape.most:.0f} busy slots; {len(records)} records in {records[-1]['time'] - start:.0f} s")
    assert most > 0.8 * shape.most / pretended.SLOTS / 0.8
    assert records[-1]["replicas"] < most
    looks = seen(records, pretended.NAMESPACE, NAME)
    told = sum(look.as_told for look in looks)
    evidence(f"{len(looks)} looks of the autoscaler; of {told} there is a record with the very mean that it tells")
    # The load rises by a tenth from one look to the next, and a look takes a second here: each decision is compared on its own.
    result = follow(looks, tmp_path / "hpa.json", KEPT, 0.1)
    assert result.returncode in (0, 1), result.stderr
    said = json.loads(result.stdout)
    lines = [f"{time:7.1f} {before:8} {model:8} {real:8}" for time, before, model, real in said["decisions"] if len({before, model, real}) > 1]
    evidence.table("seconds   before    model     real\n" + "\n".join(lines))
    assert said["changes"], "nothing changed"
    idle = [abs(before - real) / real for _, before, model, real in said["decisions"] if {model, real} != {before}]
    share, changes = said["share_within_tenth"], said["changes"]
    evidence(f"{changes} decisions changed something: mean error {said['mean_error']:.3f}, {share:.2f} of them at most a tenth apart")
    evidence(f"an autoscaler that does nothing: mean error {sum(idle) / len(idle):.3f}")
    assert said["within"], said["mean_error"]
    assert sum(idle) / len(idle) > 0.1, "the bar tells the two apart"


KEPT = ROOT / "build/cluster"  # what was recorded, for whoever wants to replay it with other settings


def loads(kubectl: Kubectl) -> dict[str, float]:
    return metric_values(kubectl) or {}


def record(kubectl: Kubectl) -> dict:
    """All three at once: of a thousand pods each takes half a second."""
    words = "custom-columns=N:.metadata.name,P:.status.phase,R:.status.conditions[?(@.type=='Ready')].status,D:.metadata.deletionTimestamp"
    with concurrent.futures.ThreadPoolExecutor(3) as threads:
        listed = threads.submit(kubectl, "get", "pods", f"--output={words}", "--no-headers")
        load = threads.submit(loads, kubectl)
        spec = threads.submit(kubectl.get, "deployment", NAME)
    pods = []
    for line in listed.result().splitlines():
        name, phase, is_ready, deleted = line.split()
        pods.append({"name": name, "phase": phase, "ready": is_ready == "True", "deleted": deleted != "<none>"})
    return {"time": time.time(), "replicas": spec.result()["spec"]["replicas"], "pods": pods, "load": load.result()}
