"""Results as markdown."""

from __future__ import annotations

import math
from collections.abc import Iterable

from .runs import Summary
from .sweep import Row

HEAD = (
    "| scenario | settings | requests | late | refusals | 504 | lost | p95 s | p99 s | pod-hours | most pods |\n"
    "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
)


def seconds(value: float) -> str:
    if math.isinf(value):
        return "never"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"


def share(part: int, whole: int) -> str:
    if part == 0:
        return "0"
    percent = 100 * part / whole
    return f"{part:,} ({percent:.1f} %)" if percent >= 0.05 else f"{part:,} (<0.05 %)"


def summary_row(summary: Summary) -> str:
    cells = [
        summary.scenario,
        summary.setting,
        f"{summary.requests:,}",
        share(summary.late, summary.requests),
        f"{summary.refusals:,}",
        f"{summary.expired:,}",
        f"{summary.lost:,}",
        seconds(summary.p95),
        seconds(summary.p99),
        f"{summary.pod_hours:,.1f}",
        f"{summary.most_replicas:,}",
    ]
    return "| " + " | ".join(cells) + " |\n"


def variation_table(variations: Iterable[tuple[str, Summary]]) -> str:
    lines = ["| | late | refusals | p99 s | pod-hours |\n", "| --- | ---: | ---: | ---: | ---: |\n"]
    for title, summary in variations:
        late = f"{100 * summary.late / summary.requests:.2f} %"
        lines.append(
            f"| {title} | {late} | {summary.refusals:,} | {seconds(summary.p99)} | {summary.pod_hours:.1f} |\n"
        )
    return "".join(lines)


def sweep_table(rows: list[Row], target: str, scale_up: str) -> str:
    """The row and the column of the grid that meet in what was chosen."""
    scenarios = list(dict.fromkeys(row.scenario for row in rows))
    found = {(row.scenario, row.scale_up, row.target): row for row in rows}
    pairs = [(scale_up, each) for each in dict.fromkeys(row.target for row in rows)]
    pairs += [(each, target) for each in dict.fromkeys(row.scale_up for row in rows) if each != scale_up]
    head = "| target | scale-up | " + " | ".join(f"{name}: late %, pod-hours" for name in scenarios) + " |\n"
    lines = [head, "| ---: | --- |" + " ---: |" * len(scenarios) + "\n"]
    for chosen_up, chosen_target in pairs:
        cells = []
        for name in scenarios:
            row = found.get((name, chosen_up, chosen_target))
            cells.append("–" if row is None else f"{row.late_percent:.2f}, {row.pod_hours:.1f}")
        mark = "**" if (chosen_up, chosen_target) == (scale_up, target) else ""
        lines.append(f"| {mark}{chosen_target}{mark} | {mark}{chosen_up}{mark} | " + " | ".join(cells) + " |\n")
    return "".join(lines)
