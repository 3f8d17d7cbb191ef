"""The Grafana board, read as Grafana does: queries with its variables in them."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable, Iterator, Mapping

from shipped import MONITORING

BOARD = MONITORING / "grafana" / "doclayout.json"
ALERTS = "Alerts that fire"
# Of a query that says 0 where there is nothing to count.
OR_ZERO = " or vector(0)"


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

    def bare(self) -> Query:
        """Without the 0 that is there in any case."""
        return dataclasses.replace(self, expression=self.expression.removesuffix(OR_ZERO))


def board() -> dict:
    return json.loads(BOARD.read_text())


def panels() -> list[dict]:
    return [panel for panel in board()["panels"] if panel["type"] != "row"]


def queries() -> Iterator[Query]:
    for panel in panels():
        for target in panel["targets"]:
            yield Query(panel["title"], target["expr"])


def answers(ask: Callable[[str], list[dict]], variables: Mapping[str, str]) -> dict[Query, list[dict]]:
    """The series that each query of the board gets; `ask` asks a Prometheus. A 0 for want of series is none, but for alerts: that
    none fires is how it should be."""
    asked = (query if query.panel == ALERTS else query.bare() for query in queries())
    return {query: ask(query.with_variables(variables)) for query in asked}


def empty(answers: Mapping[Query, list[dict]]) -> list[str]:
    """The queries without one number that is a number."""
    return [
        f"{query.panel}: {query.expression}: {series}"
        for query, series in answers.items()
        if not any(math.isfinite(float(one["value"][1])) for one in series)
    ]


def pods(answers: Mapping[Query, list[dict]]) -> set[str]:
    """Those that the board draws."""
    return {one["metric"]["pod"] for series in answers.values() for one in series if "pod" in one["metric"]}
