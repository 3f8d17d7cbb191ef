"""The drills' cluster: the one that is up, or one of their own, which they take down again."""

from __future__ import annotations

import json
import pathlib
import shutil
import sys
import time
from collections.abc import Iterator

import cluster
import images
import pytest
from evidence import Evidence, commit, evidence_file
from kubectl import Kubectl
from machine import ROOT, run
from node import IMAGES, known
from release import ALWAYS, NAMESPACE, MonitoringApi, Release, make_restricted
from tools import KUBERNETES, version_of

sys.path.append(str(ROOT / "tests/monitoring"))  # for `board`
BINARIES = ROOT / "build/release"
IMAGE = "doclayout"
PROGRAMS = ("doclayout", "doclayout_faulty", "doclayout_probe", "libfake_nvml.so", "libfake_cuda.so")
# Of the image that fails: what FAULTS_FILE=/faults/NAME makes its engine do, for all pages (apps/doclayout/testing).
FAULTS = {"slow": f"slow {ALWAYS} 850", "empty": f"empty {ALWAYS}"}


def make_images() -> list[pathlib.Path]:
    """The product's image, and one whose engine fails as it is told, with the fakes of a GPU's libraries; new ones when a program
    has changed. A node that is started later takes them from the same folder."""
    archives = [IMAGES / f"{IMAGE}.tar", IMAGES / f"{IMAGE}-faulty.tar"]
    note = IMAGES / f"{IMAGE}.made-from"
    made_from = "\n".join(
        f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}"
        for path in [BINARIES / name for name in PROGRAMS] + sorted((ROOT / "deploy/container").iterdir())
    )
    if all(path.exists() for path in archives) and note.exists() and note.read_text() == made_from:
        return archives
    words = ["--from-build", BINARIES, "--tag", f"docker.io/library/{IMAGE}:0.1.0", "--output", archives[0]]
    run(ROOT / "deploy/container/build", *words)
    root = IMAGES / "root"
    shutil.rmtree(root, ignore_errors=True)
    run(ROOT / "deploy/container/collect", BINARIES, root)
    shutil.copy(BINARIES / "doclayout_faulty", root / "usr/local/bin/doclayout")
    (root / "faults").mkdir()
    for name, fault in FAULTS.items():
        (root / "faults" / name).write_text(fault)
    for library in ("libfake_nvml.so", "libfake_cuda.so"):
        shutil.copy(BINARIES / library, root / "usr/local/lib" / library)
    # It is not installed, so it looks for its libraries where it was built.
    images.pack(root, f"{IMAGE}:faulty", archives[1], ["/usr/local/bin/doclayout"], ["LD_LIBRARY_PATH=/usr/local/lib/doclayout"])
    shutil.rmtree(root)
    note.write_text(made_from)
    return archives


def check_version():
    """What the evidence says of its version holds: a cluster that was up already may be of another."""
    server = json.loads(Kubectl()("version", "--output=json"))["serverVersion"]["gitVersion"]
    assert server == f"v{version_of(KUBERNETES)}", f"the cluster that is up is of Kubernetes {server}: KUBERNETES_VERSION says otherwise"


@pytest.fixture(scope="session")
def kubernetes() -> Iterator[Kubectl]:
    started = not known()
    kernel = cluster.kernel()
    try:
        if started:
            cluster.up()
        check_version()
        for archive in make_images():
            for node in known():
                node.import_image(archive)
        yield Kubectl()
    finally:
        if started:
            cluster.down()
    assert cluster.kernel() == kernel
    if started:
        assert not (left := cluster.left()), left


@pytest.fixture(scope="session")
def namespace(kubernetes) -> Kubectl:
    """doc-processing, in which Kubernetes lets in only what keeps to its strictest standard."""
    return make_restricted(kubernetes, NAMESPACE)


@pytest.fixture(scope="session")
def release(namespace) -> Release:
    return Release()


@pytest.fixture(scope="session")
def monitoring(release) -> MonitoringApi:
    return MonitoringApi(release)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """So that the evidence can say what came of the drill."""
    report = yield
    if report.when == "call":
        item.passed = report.passed
    return report


@pytest.fixture
def evidence(request) -> Iterator[Evidence]:
    made = Evidence(evidence_file(request.node.nodeid), " ".join(request.function.__doc__.split()))
    yield made
    made(f"{'passed' if getattr(request.node, 'passed', False) else 'FAILED'} ({commit()})")


@pytest.fixture
def results(tmp_path) -> pathlib.Path:
    """Where a load writes what became of its requests."""
    return tmp_path / "results.jsonl"

