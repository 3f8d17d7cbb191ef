"""What drills saw, kept as text: one file for each, of its latest run, in a folder for each version of Kubernetes."""

from __future__ import annotations

import pathlib
import re
import time

from machine import ROOT, run
from tools import OTHER_VERSION, PINNED

FOLDERS = {version: ROOT / "build/cluster" / f"evidence{version and '-'}{version}" for version in PINNED}


def evidence_file(test: str, version: str = OTHER_VERSION) -> pathlib.Path:
    """Of a test, by pytest's name for it: `tests/cluster/test_nodes.py::test_power_cut[…]`."""
    file, _, name = test.partition("::")
    words = re.sub(r"\W+", "-", name).strip("-").removeprefix("test_")
    return FOLDERS[version] / f"{pathlib.Path(file).stem.removeprefix('test_')}-{words}.txt"


class Evidence:
    """What a drill saw, as text with the seconds since its start, and what came of it in the last line."""

    def __init__(self, path: pathlib.Path, title: str):
        self._start = time.time()
        self._path = path
        self._lines = [title, ""]
        path.unlink(missing_ok=True)

    def __call__(self, text: str, at: float | None = None):
        for line in text.rstrip("\n").splitlines():
            self._lines.append(f"{(at or time.time()) - self._start:8.1f}  {line}")
        self._write()

    def table(self, text: str):
        """Lines as they are."""
        self._lines += ["", *text.rstrip("\n").splitlines(), ""]
        self._write()

    def _write(self):
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text("\n".join(self._lines) + "\n")


def commit() -> str:
    """Of what was tested; with a mark where the tree differs from it."""
    return run("git", "-C", ROOT, "describe", "--always", "--dirty", "--abbrev=10", check=False).stdout.strip() or "unknown"
