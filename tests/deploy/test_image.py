"""What goes into the image, run in a root of its own, and the image itself: nothing of this machine is there."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tarfile

import pytest
from conftest import ROOT
from container import Container

MOST_BYTES = 250 << 20
ENVIRONMENT = {"HOME": "/tmp", "PATH": "/usr/sbin:/usr/bin"}  # of what enters it
PROGRAM = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
PROBE = "/usr/local/bin/doclayout_probe"
PREFIX = "org.opencontainers.image"


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> pathlib.Path:
    root = tmp_path_factory.mktemp("image") / "root"
    subprocess.run([ROOT / "deploy/container/collect", PROGRAM.parent, root], check=True, capture_output=True)
    return root


@pytest.fixture(scope="module")
def run(image):
    """Runs a program of the image as the user of its containers."""
    if os.geteuid() != 0:
        pytest.skip("only root may change the root")

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
    outside = subprocess.run([PROGRAM, "analyze", page], capture_output=True, text=True, check=True)
    assert json.loads(inside.stdout)["pages"] == json.loads(outside.stdout)["pages"]


def test_has_the_probe_and_what_it_needs(run):
    probe = run(PROBE, "--once", "--url", "http://127.0.0.1:9", "--start-timeout-s", "0")

    assert probe.returncode == 2
    assert "127.0.0.1" in probe.stdout


def test_says_what_is_in_it(image):
    bill = json.loads((image / "usr/local/share/doc/doclayout/sbom.spdx.json").read_text())

    assert bill["spdxVersion"] == "SPDX-2.3"
    names = {package["name"] for package in bill["packages"]}
    assert names >= {"doclayout", "openvino", "rapid-layout"}
    assert names >= {"libc6", "libopencv-core406", "libssl3", "ca-certificates"}
    # A library is there because a package brought it, and is told of.
    libraries = [path for path in files_of(image / "usr/lib") if ".so" in path.name]
    assert len(libraries) > 50
    ids = {package["SPDXID"] for package in bill["packages"]}
    for relation in bill["relationships"]:
        assert relation["relatedSpdxElement"] in ids


def test_is_the_same_each_time(image, tmp_path):
    again = tmp_path / "again"
    subprocess.run([ROOT / "deploy/container/collect", PROGRAM.parent, again], check=True, capture_output=True)

    def listing(root: pathlib.Path) -> dict[str, tuple]:
        kept = (path for path in files_of(root) if "tmp" not in path.relative_to(root).parts)
        return {str(path.relative_to(root)): (path.stat().st_mtime, path.read_bytes()) for path in kept}

    assert listing(image) == listing(again)


def test_trusts_nobody_whom_only_this_machine_trusts(image):
    trusted = (image / "etc/ssl/certs/ca-certificates.crt").read_text()

    own = list(pathlib.Path("/usr/local/share/ca-certificates").rglob("*.crt"))
    assert trusted.count("BEGIN CERTIFICATE") > 100
    assert not [path for path in own if path.read_text().strip() in trusted]


# The program: the same wherever it is built.


@pytest.fixture(scope="module")
def sources() -> str:
    """The folder of which the program was built."""
    cache = (PROGRAM.parent / "CMakeCache.txt").read_text()
    return re.search(r"^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$", cache, re.MULTILINE)[1]


@pytest.mark.parametrize("name", ["doclayout", "doclayout_probe"])
def test_no_program_says_where_it_was_built(image, sources, name):
    installed = (image / "usr/local/bin" / name).read_bytes()
    with_debug_information = (PROGRAM.parent / name).read_bytes()

    folders = [f"{sources}/{folder}" for folder in ("build", ".deps", "apps/", "src/")]
    for place in (*folders, f"{pathlib.Path.home()}/"):
        assert place.encode() not in installed
        assert place.encode() not in with_debug_information


def test_every_compiler_is_told_to_hide_the_folders(sources):
    commands = json.loads((PROGRAM.parent / "compile_commands.json").read_text())

    folder = PROGRAM.parent
    for command in commands:
        # As the compiler is given them: absolute, and by ccache relative to the build folder.
        assert f" -ffile-prefix-map={sources}/= " in command["command"], command["file"]
        assert f" -ffile-prefix-map={os.path.relpath(sources, folder)}/= " in command["command"], command["file"]


# The image as an archive.


@dataclasses.dataclass(frozen=True)
class Archive:
    path: pathlib.Path
    facts: dict[str, str]  # what the script printed: the digests of the program, of the image and of the archive

    def member(self, name: str) -> bytes:
        with tarfile.open(self.path) as archive:
            return archive.extractfile(name).read()

    def manifest(self) -> dict:
        (manifest,) = json.loads(self.member("manifest.json"))
        return manifest

    def config(self) -> dict:
        return json.loads(self.member(self.manifest()["Config"]))

    def unpack(self, root: pathlib.Path) -> None:
        for layer in self.manifest()["Layers"]:
            subprocess.run(["tar", "-x", "-C", root], input=self.member(layer), check=True)


def build(path: pathlib.Path, *options: str) -> Archive:
    if os.geteuid() != 0:
        pytest.skip("building an image needs root here")
    command = [ROOT / "deploy/container/build", "--from-build", PROGRAM.parent, "--output", path, *options]
    built = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"XDG_CACHE_HOME": str(path.parent / "cache")}
    )
    assert built.returncode == 0, built.stderr
    return Archive(path, dict(line.split() for line in built.stdout.splitlines()))


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Archive:
    return build(tmp_path_factory.mktemp("archive") / "doclayout.tar", "--tag", "doclayout:TEST")


def test_archive_says_how_the_image_is_run(archive):
    config = archive.config()["config"]

    assert archive.manifest()["RepoTags"] == ["doclayout:TEST"]
    assert config["User"] == "1000:1000"
    assert config["Entrypoint"] == ["/usr/local/bin/doclayout"]
    assert config["Cmd"] == ["serve"]
    assert set(config["ExposedPorts"]) == {"8000/tcp", "7860/tcp"}
    assert config["StopSignal"] == "SIGTERM"
    assert config["Healthcheck"]["Test"][:3] == ["CMD", PROBE, "--once"]
    assert "Volumes" not in config or not config["Volumes"]


def test_labels_say_what_the_image_is(archive):
    labels = archive.config()["config"]["Labels"]

    version = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True).stdout
    assert labels[f"{PREFIX}.title"] == "doclayout"
    assert labels[f"{PREFIX}.description"]
    assert labels[f"{PREFIX}.version"] in version
    assert labels[f"{PREFIX}.licenses"] == "Apache-2.0"
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "HEAD"], capture_output=True, text=True).stdout.strip()
    assert labels[f"{PREFIX}.revision"] == (commit or "unknown")
    assert labels[f"{PREFIX}.created"] == archive.config()["created"]


def test_layers_are_small(archive):
    with tarfile.open(archive.path) as members:
        layers = [members.getmember(layer).size for layer in archive.manifest()["Layers"]]

    assert sum(layers) < MOST_BYTES


def test_digests_are_of_what_is_in_it(archive, image):
    program = hashlib.sha256((image / "usr/local/bin/doclayout").read_bytes()).hexdigest()
    config = archive.member(archive.manifest()["Config"])

    assert archive.facts["program"] == f"sha256:{program}"
    assert archive.facts["image"] == f"sha256:{hashlib.sha256(config).hexdigest()}"
    assert archive.facts["archive"] == f"sha256:{hashlib.sha256(archive.path.read_bytes()).hexdigest()}"


def test_bill_of_materials_lies_beside_it(archive, tmp_path):
    archive.unpack(tmp_path)

    beside = archive.path.with_name("doclayout.tar.spdx.json")
    assert beside.read_bytes() == (tmp_path / "usr/local/share/doc/doclayout/sbom.spdx.json").read_bytes()


def test_two_builds_give_the_same_bytes(archive, tmp_path):
    again = build(tmp_path / "again.tar", "--tag", "doclayout:TEST")

    assert again.facts == archive.facts


def test_nothing_else_stays(archive):
    folder = archive.path.parent

    assert sorted(path.name for path in folder.iterdir()) == ["cache", "doclayout.tar", "doclayout.tar.spdx.json"]
    assert list((folder / "cache/doclayout").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--from-build", "/nowhere"], "error: there is no program in /nowhere: scripts/build makes one"),
        (["--format", "zip"], "deploy/container/build [OPTION…]"),
        (["--tag"], "deploy/container/build [OPTION…]"),
    ],
)
def test_what_cannot_be_built_is_told(options, what):
    refused = subprocess.run([ROOT / "deploy/container/build", *options], capture_output=True, text=True)

    assert refused.returncode != 0
    assert what in refused.stderr


# The image as a container: as its user, with a root that is read-only and a network of its own.


@pytest.fixture
def container(archive, tmp_path) -> Container:
    root = tmp_path / "root"
    root.mkdir()
    archive.unpack(root)
    container = Container(root, archive.config()["config"])
    yield container
    container.close()


def test_healthcheck_finds_a_service_that_serves_and_none_that_ended(container):
    container.start()
    assert container.run(PROBE, "--once", "--start-timeout-s", "110").returncode == 0  # waits for the start

    serving = container.healthcheck()
    container.signal(signal.SIGTERM)
    exit_code = container.wait()
    ended = container.healthcheck()

    assert serving.returncode == 0, serving.stdout + serving.stderr
    assert exit_code == 0
    assert ended.returncode == 2, ended.stdout + ended.stderr


def test_healthcheck_fails_while_the_service_is_not_ready(container):
    container.start()
    container.wait_for_event("listening")  # and its model is not loaded
    container.signal(signal.SIGSTOP)

    starting = container.healthcheck()

    assert starting.returncode == 2, starting.stdout + starting.stderr
    assert json.loads(starting.stdout)["status"] == "unreachable"
