"""What the tests of the chart stand on: the real helm."""

from __future__ import annotations

import pathlib
import subprocess
from collections.abc import Callable

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "deploy" / "helm" / "doclayout"
NAMESPACE = "doc-processing"
HPA = ("HorizontalPodAutoscaler", "pp-doclayout-hpa")
NO_GO = 3
# Among the values: for the oldest Kubernetes that the chart takes.
OLDER = "--kube-version=1.30.0"
# What a network policy needs where callers come from outside, and where pods have to reach somebody.
FROM_OUTSIDE = ("networkPolicy.ingressFrom[0].namespaceSelector.matchLabels.name=gateway",)
TO_OUTSIDE = ("networkPolicy.egress[0].to[0].ipBlock.cidr=192.0.2.0/24",)
WORKER = ("bulk.worker.enabled=true", *TO_OUTSIDE)
BULK = ("bulk.job.enabled=true", *WORKER)
LOGS = ("logs.sidecar.enabled=true",)


@pytest.fixture(scope="session")
def helm() -> pathlib.Path:
    built = subprocess.run([ROOT / "scripts" / "go-tool", "tests/cluster/tools/helm"], capture_output=True, text=True)
    if built.returncode == NO_GO:
        pytest.skip("helm needs a newer Go than there is here")
    assert built.returncode == 0, built.stderr
    return pathlib.Path(built.stdout.strip()) / "helm"


class OnceEach(yaml.SafeLoader):
    """Refuses a key that comes twice in a map, as the API server's strict validation does. PyYAML takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        keys = [self.construct_object(key) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{twice} twice{node.start_mark}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="session")
def template(helm) -> Callable[..., subprocess.CompletedProcess]:
    """What helm makes of the chart with `values`, as `--set` takes them, or helm's options; without a cluster."""

    def run(*values: str) -> subprocess.CompletedProcess:
        command = [helm, "template", "pp-doclayout", CHART, "--namespace", NAMESPACE, "--kube-version", "1.34.0"]
        for value in values:
            command += [value] if value.startswith("--") else ["--set", value]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True)

    return run


@pytest.fixture(scope="session")
def render(template) -> Callable[..., dict[tuple[str, str], dict]]:
    """The objects by kind and name."""

    def run(*values: str) -> dict[tuple[str, str], dict]:
        rendered = template(*values)
        assert rendered.returncode == 0, rendered.stderr
        objects = [item for item in yaml.load_all(rendered.stdout, OnceEach) if item]
        return {(item["kind"], item["metadata"]["name"]): item for item in objects}

    return run
