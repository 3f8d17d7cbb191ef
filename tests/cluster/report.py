#!/usr/bin/env python3
"""Writes into docs/drills.md what the drills saw in their latest run, and that they passed with other versions of Kubernetes too:
scripts/cluster report. Every drill has to have passed."""

from __future__ import annotations

import dataclasses
import pathlib
import platform
import re
import subprocess
import sys
from collections.abc import Sequence

from evidence import FOLDERS, evidence_file
from machine import ROOT
from tools import PINNED, version_of

PAGE = ROOT / "docs/drills.md"
BEGIN, END = "<!-- begin evidence: scripts/cluster report -->", "<!-- end evidence -->"
GROUPS = {
    "install": "Installing",
    "dry_run": "What the API server takes",
    "policies": "Network policy",
    "scaling": "Scaling",
    "keda": "Scaling by KEDA",
    "thousand_pods": "A thousand pods",
    "disruptions": "Pods go, and roll-outs",
    "nodes": "Nodes go",
    "health": "Health",
    "alerts": "Alerts",
    "board": "The board",
}


def processor() -> str:
    found = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.machine()


@dataclasses.dataclass
class Drill:
    group: str
    title: str
    text: str
    seconds: str
    commit: str


def drills() -> list[str]:
    """All that there are, by pytest's names."""
    listed = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "--quiet", "tests/cluster"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [line for line in listed.stdout.splitlines() if "::" in line]


def passed(test: str, version: str) -> Drill:
    file = evidence_file(test, version)
    if not file.exists():
        raise SystemExit(f"{test} has not run ({file})")
    title, _, text = file.read_text().partition("\n")
    last = re.fullmatch(r" *([\d.]+)  passed \((\S+)\)", text.splitlines()[-1])
    if not last:
        raise SystemExit(f"{test} has not passed ({file})")
    return Drill(pathlib.Path(test.partition("::")[0]).stem.removeprefix("test_"), title, text.strip("\n"), *last.groups())


def all_passed(tests: Sequence[str], version: str) -> list[Drill]:
    found = [passed(test, version) for test in tests]
    return sorted(found, key=lambda drill: list(GROUPS).index(drill.group))


def commits_of(found: Sequence[Drill]) -> str:
    return ", ".join(sorted({drill.commit for drill in found}))


def in_full(found: Sequence[Drill]) -> list[str]:
    lines = []
    for key, title in GROUPS.items():
        lines += [f"### {title}", ""]
        for drill in found:
            lines += [f"**{drill.title}**", "", "```", drill.text, "```", ""] if drill.group == key else []
    return lines


def in_short(found: Sequence[Drill], version: str) -> list[str]:
    lines = [f"### The same with Kubernetes {version_of(PINNED[version])}", "", "| drill | seconds until it passed |", "|---|---|"]
    lines += ["| {} | {} |".format(drill.title.replace("|", "\\|"), drill.seconds) for drill in found]
    return [*lines, "", f"At {commits_of(found)}.", ""]


def main():
    tests = drills()
    newest = version_of(PINNED[""])
    lines = [f"Kubernetes {newest}, two nodes on one machine ({processor()}, {len(list_processors())} processors).", ""]
    lines += in_full(all_passed(tests, ""))
    for version in sorted(PINNED):
        if version and FOLDERS[version].exists():
            lines += in_short(all_passed(tests, version), version)
    page = PAGE.read_text()
    head, tail = page.split(BEGIN)[0], page.split(END)[1]
    PAGE.write_text("\n".join([f"{head}{BEGIN}", "", *lines]) + END + tail)


def list_processors() -> list[str]:
    return re.findall(r"^processor", pathlib.Path("/proc/cpuinfo").read_text(), re.M)


if __name__ == "__main__":
    main()
