#!/usr/bin/env python3
"""Writes prometheusrule.yaml from ../rules: the same groups, as the Prometheus operator takes them."""

from __future__ import annotations

import pathlib
import textwrap

HERE = pathlib.Path(__file__).resolve().parent
RULES = HERE.parent / "rules"
MADE = HERE / "prometheusrule.yaml"

HEAD = """\
# Made by make_prometheusrule.py from ../rules: change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: pp-doclayout
  namespace: doc-processing
  labels:
    app.kubernetes.io/name: doclayout
spec:
  groups:
"""


def groups(path: pathlib.Path) -> str:
    """As text, so that the comments stay."""
    _, found, after = path.read_text().partition("\ngroups:\n")
    assert found, f"{path} has no groups"
    return textwrap.indent(after, "  ")


def text() -> str:
    return HEAD + "\n".join(groups(RULES / name) for name in ("recording.yaml", "alerts.yaml"))


if __name__ == "__main__":
    MADE.write_text(text())
