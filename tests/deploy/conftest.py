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
NO_GO = 3


@pytest.fixture(scope="session")
def helm() -> pathlib.Path:
    built = subprocess.run([ROOT / "scripts" / "go-tool", "tests/cluster/tools/helm"], capture_output=True, text=True)
    if built.returncode == NO_GO:
        pytest.skip("helm needs a newer Go than there is here")
    assert built.returncode == 0, built.stderr
    return pathlib.Path(built.stdout.strip()) / "helm"


@pytest.fixture(scope="session")
def template(helm) -> Callable[..., subprocess.CompletedProcess]:
    """What helm makes of the chart with `values`, as `--set` takes them; without a cluster."""

    def run(*values: str) -> subprocess.CompletedProcess:
        command = [helm, "template", "pp-doclayout", CHART, "--namespace", NAMESPACE, "--kube-version", "1.34.0"]
        for value in values:
            command += ["--set", value]
        return subprocess.run(list(map(str, command)), capture_output=True, text=True)

    return run


@pytest.fixture(scope="session")
def render(template) -> Callable[..., dict[tuple[str, str], dict]]:
    """The objects by kind and name."""

    def run(*values: str) -> dict[tuple[str, str], dict]:
        rendered = template(*values)
        assert rendered.returncode == 0, rendered.stderr
        objects = [item for item in yaml.safe_load_all(rendered.stdout) if item]
        return {(item["kind"], item["metadata"]["name"]): item for item in objects}

    return run
