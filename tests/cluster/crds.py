"""The kinds that the chart and deploy/ have and Kubernetes has not, as those who make them define them; nobody acts on their objects."""

from __future__ import annotations

import contextlib
import pathlib
from collections.abc import Iterator

import keda
from kubectl import Kubectl
from tools import sources

OPERATOR = "example/prometheus-operator-crd/monitoring.coreos.com_"
# By the folder of tools/ that pins the version, and the module.
FILES = {
    ("keda", keda.MODULE): ["config/crd/bases/keda.sh_scaledobjects.yaml"],
    # 1.2 is the oldest whose standard HTTPRoute has time-outs: what it takes, later ones take.
    ("crds", "sigs.k8s.io/gateway-api"): ["config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"],
    ("crds", "github.com/prometheus-operator/prometheus-operator"): [
        f"{OPERATOR}{kind}s.yaml" for kind in ("servicemonitor", "podmonitor", "prometheusrule")
    ],
}


def files() -> list[pathlib.Path]:
    """One for each kind, its version in the name of a folder; downloads what is missing."""
    return [sources(*pinned) / name for pinned, names in FILES.items() for name in names]


@contextlib.contextmanager
def known(kubectl: Kubectl) -> Iterator[None]:
    """Until the end of the `with`: the drills of KEDA bring their own."""
    words = [f"--filename={file}" for file in files()]
    try:
        kubectl("apply", "--server-side", *words)
        kubectl("wait", "--for=condition=Established", *words, "--timeout=30s")
        yield
    finally:
        kubectl("delete", "--ignore-not-found", *words, "--timeout=60s")
