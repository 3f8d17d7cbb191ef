"""What goes into the image, run in a root of its own: nothing of this machine is there."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import ROOT

MOST_BYTES = 250 << 20
ENVIRONMENT = {"HOME": "/tmp", "PATH": "/usr/sbin:/usr/bin"}  # of what enters it


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> pathlib.Path:
    program = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
    root = tmp_path_factory.mktemp("image") / "root"
    subprocess.run([ROOT / "deploy/container/collect", program.parent, root], check=True, capture_output=True)
    return root


@pytest.fixture(scope="module")
def run(image):
    """Runs a program of the image as the user of its containers."""
    if os.geteuid() != 0:
        pytest.skip("only root may change the root")
    (image / "proc").mkdir(exist_ok=True)

    def run_in_image(*command: str) -> subprocess.CompletedProcess:
        space = ["unshare", "--mount", "--pid", "--fork", f"--mount-proc={image}/proc"]
        root = ["chroot", "--userspec=1000:1000", image]
        return subprocess.run([*space, *root, *command], capture_output=True, text=True, env=ENVIRONMENT, timeout=120)

    return run_in_image


def files_of(image: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in image.rglob("*") if path.is_file() and not path.is_symlink()]


def test_is_small_and_has_no_shell(image):
    files = files_of(image)

    assert sum(path.stat().st_size for path in files) < MOST_BYTES
    assert not {path.name for path in files} & {"sh", "bash", "dash", "busybox", "curl", "apt", "dpkg"}
    assert sorted(path.name for path in (image / "usr/local/bin").iterdir()) == ["doclayout", "doclayout_probe"]
    assert (image / "usr/local/share/doc/doclayout/NOTICE").is_file()


def test_finds_what_the_program_finds_outside(image, run):
    page = ROOT / "tests/pages/contract.png"
    shutil.copy(page, image / "tmp" / page.name)

    inside = run("/usr/local/bin/doclayout", "analyze", f"/tmp/{page.name}")

    assert inside.returncode == 0, inside.stderr
    program = os.environ.get("DOCLAYOUT_BIN") or ROOT / "build/release/doclayout"
    outside = subprocess.run([program, "analyze", page], capture_output=True, text=True, check=True)
    assert json.loads(inside.stdout)["pages"] == json.loads(outside.stdout)["pages"]


def test_has_the_probe_and_what_it_needs(run):
    probe = run("/usr/local/bin/doclayout_probe", "--once", "--url", "http://127.0.0.1:9", "--start-timeout-s", "0")

    assert probe.returncode == 2
    assert "127.0.0.1" in probe.stdout


def test_says_what_is_in_it(image):
    bill = json.loads((image / "usr/local/share/doc/doclayout/sbom.spdx.json").read_text())

    assert bill["spdxVersion"] == "SPDX-2.3"
    names = {package["name"] for package in bill["packages"]}
    assert names >= {"doclayout", "openvino", "rapid-layout", "libc6", "libopencv-core406", "libssl3"}
    # A library is there because a package brought it, and is told of.
    libraries = [path for path in files_of(image / "usr/lib") if ".so" in path.name]
    assert len(libraries) > 50
    ids = {package["SPDXID"] for package in bill["packages"]}
    for relation in bill["relationships"]:
        assert relation["relatedSpdxElement"] in ids


def test_is_the_same_each_time(image, tmp_path):
    program = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
    again = tmp_path / "again"
    subprocess.run([ROOT / "deploy/container/collect", program.parent, again], check=True, capture_output=True)

    def listing(root: pathlib.Path) -> dict[str, tuple]:
        kept = (path for path in files_of(root) if "tmp" not in path.relative_to(root).parts)
        return {str(path.relative_to(root)): (path.stat().st_mtime, path.read_bytes()) for path in kept}

    assert listing(image) == listing(again)
