"""Builds a program around the functions of the real controller, taken from the Go module at the time. Nothing of them
is kept here."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

VERSION = "v1.34.4"

_TYPES = {
    "horizontal.go": ("timestampedRecommendation", "timestampedScaleEvent", "NormalizationArg"),
    "replica_calculator.go": ("Tolerances",),
}
_FUNCTIONS = {
    "horizontal.go": (
        "stabilizeRecommendation", "normalizeDesiredReplicas", "normalizeDesiredReplicasWithBehaviors",
        "maybeInitScaleDownStabilizationWindow", "getReplicasChangePerPeriod", "storeScaleEvent",
        "stabilizeRecommendationWithBehaviors", "convertDesiredReplicasWithBehaviorRate",
        "convertDesiredReplicasWithRules", "calculateScaleUpLimit", "markScaleEventsOutdated",
        "getLongestPolicyPeriod", "calculateScaleUpLimitWithScalingRules", "calculateScaleDownLimitWithBehaviors",
        "minInt32", "maxInt32", "recordInitialRecommendation",
    ),
    "replica_calculator.go": (
        "isWithin", "calcPlainMetricReplicas", "GetResourceReplicas", "groupPods", "removeMetricsForPods",
        "GetExternalPerPodMetricReplicas", "getUsageRatioReplicaCount", "getReadyPodsCount",
    ),
    "metrics/utilization.go": ("GetResourceUtilizationRatio", "GetMetricUsageRatio"),
}  # fmt: skip
# Packages whose names controller.go has for itself.
_WITHOUT_PACKAGE = ("autoscalingv2.", "metricsclient.", "podutil.", "metav1.", "labels.", "v1.")


def build(folder: Path) -> Path:
    """The program, in the folder."""
    source = _download(folder) / "pkg/controller/podautoscaler"
    parts = []
    for name in _FUNCTIONS:
        text = (source / name).read_text()
        parts += [_take(text, rf"type {each} struct") for each in _TYPES.get(name, ())]
        parts += [_take(text, rf"func (?:\([^)]*\) )?{each}\(") for each in _FUNCTIONS[name]]
    code = "\n".join(parts).replace("time.Now()", "clock()")
    code = code.replace("sets.Set[string]", "Set").replace("sets.New[string]()", "Set{}")
    for package in _WITHOUT_PACKAGE:
        code = re.sub(rf"\b{re.escape(package)}", "", code)
    imports = 'import (\n\t"context"\n\t"fmt"\n\t"math"\n\t"time"\n)\n'
    (folder / "extracted.go").write_text(f"package main\n\n{imports}\n{code}")
    shutil.copy(Path(__file__).with_name("controller.go"), folder)
    subprocess.run(["go", "build", "-o", "controller", "."], cwd=folder, check=True)
    return folder / "controller"


def _download(folder: Path) -> Path:
    (folder / "go.mod").write_text("module parity\n\ngo 1.22\n")
    answer = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@{VERSION}"],
        cwd=folder, check=True, capture_output=True, text=True, env={**os.environ, "GOFLAGS": "-mod=mod"},
    )  # fmt: skip
    return Path(json.loads(answer.stdout)["Dir"])


def _take(text: str, head: str) -> str:
    found = re.search(rf"^{head}", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"Kubernetes {VERSION} has no '{head}'")
    return text[found.start() : text.index("\n}\n", found.start()) + 3]
