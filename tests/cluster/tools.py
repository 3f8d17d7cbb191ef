"""The programs of the cluster: built from pinned Go modules by scripts/go-tool, or of Debian."""

from __future__ import annotations

import functools
import json
import os
import pathlib
import re
import shutil
import subprocess

import yaml
from machine import ROOT, run

TOOLS = pathlib.Path(__file__).with_name("tools")
# Versions of Kubernetes that are pinned, and the folders of their tools; "" is the one that runs where nobody asks for another.
PINNED = {path.name.removeprefix("kubernetes").strip("_").replace("_", "."): path.name for path in sorted(TOOLS.glob("kubernetes*"))}
# KUBERNETES_VERSION=1.30, for every command as long as the cluster is up.
OTHER_VERSION = os.environ.get("KUBERNETES_VERSION", "")
if OTHER_VERSION not in PINNED:
    raise SystemExit(f"KUBERNETES_VERSION={OTHER_VERSION}: there are {', '.join(filter(None, PINNED))}, and the newest without it")
KUBERNETES = PINNED[OTHER_VERSION]
NO_GO = 3


class NoGo(Exception):
    """There is no Go here that is new enough."""


@functools.cache
def folder_of(name: str) -> pathlib.Path:
    """Where the programs of tests/cluster/tools/NAME are; builds them first where nobody has."""
    built = subprocess.run([ROOT / "scripts/go-tool", f"tests/cluster/tools/{name}"], stdout=subprocess.PIPE, text=True)
    if built.returncode == NO_GO:
        raise NoGo(name)
    if built.returncode != 0:
        raise RuntimeError(f"{name} was not built")
    return pathlib.Path(built.stdout.strip())


def version_of(kubernetes: str) -> str:
    """The version that is pinned in this folder of the tools, such as 1.34.4."""
    return re.search(r"k8s.io/kubernetes v(\S+)", (TOOLS / kubernetes / "go.mod").read_text()).group(1)


def tool(name: str, program: str) -> pathlib.Path:
    return folder_of(name) / program


@functools.cache
def sources(name: str, module: str) -> pathlib.Path:
    """The module's files, of the version that go.mod of tests/cluster/tools/NAME pins; downloaded where nobody has."""
    environment = os.environ | {"GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}
    return pathlib.Path(json.loads(run("go", "mod", "download", "-json", module, cwd=TOOLS / name, env=environment).stdout)["Dir"])


def kustomized(name: str, module: str, folder: str) -> list[dict]:
    """The objects of a kustomization in the repository of the tool NAME, of the version that its go.mod pins."""
    return list(yaml.safe_load_all(run(tool(KUBERNETES, "kubectl"), "kustomize", sources(name, module) / folder).stdout))


def debian(program: str) -> pathlib.Path:
    """A program that scripts/bootstrap.sh unpacked, or the machine's own."""
    unpacked = ROOT / ".deps/tools" / program
    found = unpacked if unpacked.exists() else shutil.which(program)
    if not found:
        raise RuntimeError(f"{program} is missing: scripts/bootstrap.sh --with cluster installs it")
    return pathlib.Path(found)
