"""The Grafana board, read as Grafana does: queries with its variables in them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping

from shipped import MONITORING

BOARD = MONITORING / "grafana" / "doclayout.json"


@dataclasses.dataclass(frozen=True)
class Query:
    panel: str
    expression: str

    def with_variables(self, values: Mapping[str, str]) -> str:
        expression = self.expression
        for name in sorted(values, key=len, reverse=True):
            expression = expression.replace(f"${name}", values[name])
        assert "$" not in expression, f"{self.panel}: {expression} has a variable that nobody knows"
        return expression


def board() -> dict:
    return json.loads(BOARD.read_text())


def panels() -> list[dict]:
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    for panel in panels():
        for target in panel["targets"]:
            yield Query(panel["title"], target["expr"])
