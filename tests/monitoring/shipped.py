"""The files of deploy/monitoring, read."""

from __future__ import annotations

import functools
import json
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
RULES = MONITORING / "rules"
RULE_TESTS = RULES / "tests"
OPERATIONS = ROOT / "docs" / "operations.md"

# What Prometheus makes itself, and what is Kubernetes'.
NOT_OURS = re.compile(r"^(up|ALERTS|kube_\w+|container_\w+)$")


def load(path: pathlib.Path):
    return yaml.safe_load(path.read_text())


def rules_of(name: str) -> list[dict]:
    return [rule for group in load(RULES / name)["groups"] for rule in group["rules"]]


@functools.cache
def recorded() -> dict[str, str]:
    return {rule["record"]: rule["expr"] for rule in rules_of("recording.yaml")}


@functools.cache
def alerts() -> dict[str, dict]:
    return {rule["alert"]: rule for rule in rules_of("alerts.yaml")}


def at_once(folder: pathlib.Path) -> list[str]:
    """The rules without `for`."""
    paths = []
    for name in ("recording.yaml", "alerts.yaml"):
        rules = load(RULES / name)
        for group in rules["groups"]:
            group["rules"] = [{key: value for key, value in rule.items() if key != "for"} for rule in group["rules"]]
        paths.append(folder / name)
        paths[-1].write_text(json.dumps(rules))  # which is YAML too
    return [str(path) for path in paths]


def one_line(expression: str) -> str:
    return " ".join(expression.split())


def metrics_in(expression: str) -> set[str]:
    """The series that an expression reads, through what is recorded."""
    bare = re.sub(r'"[^"]*"', "", expression)
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", bare)
    names = re.findall(r"(?<![\w:.])[a-zA-Z_][\w:]*(?!\s*\()\b", bare)
    found = set()
    for name in names:
        if name in recorded():
            found |= metrics_in(recorded()[name])
        elif name not in ("and", "or", "unless", "bool", "by", "without"):
            found.add(name)
    return found
