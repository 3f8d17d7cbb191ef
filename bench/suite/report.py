"""Markdown tables, and which figures reached their bar."""

import sys
from dataclasses import dataclass, field


@dataclass
class Report:
    lines: list[str] = field(default_factory=list)
    bars: list[tuple[str, str, str, bool]] = field(default_factory=list)

    def section(self, title: str, note: str) -> None:
        self.lines += [f"## {title}", "", note, ""]

    def table(self, head: list[str], rows: list[list[str]]) -> None:
        self.lines.append("| " + " | ".join(head) + " |")
        self.lines.append("|" + "|".join([" --- "] + [" ---: "] * (len(head) - 1)) + "|")
        self.lines += ["| " + " | ".join(row) + " |" for row in rows]
        self.lines.append("")

    def remark(self, text: str) -> None:
        self.lines += [text, ""]

    def under(self, figure: str, value: float, bar: float, unit: str) -> None:
        self.bars.append((figure, f"{value:.4g} {unit}", f"< {bar:g} {unit}", value < bar))

    def at_least(self, figure: str, value: float, bar: float, unit: str) -> None:
        self.bars.append((figure, f"{value:.3g} {unit}", f"≥ {bar:g} {unit}", value >= bar))

    def missed(self) -> list[str]:
        return [figure for figure, _, _, reached in self.bars if not reached]

    def text(self) -> str:
        lines = list(self.lines)
        if self.bars:
            lines += ["## Bars", "", "| figure | measured | bar | |", "| --- | ---: | ---: | --- |"]
            lines += [
                f"| {figure} | {value} | {bar} | {'reached' if reached else '**missed**'} |"
                for figure, value, bar, reached in self.bars
            ]
        return "\n".join(lines).rstrip() + "\n"


def say(message: str) -> None:
    """Progress: to standard error, so that standard output is the report alone."""
    print(message, file=sys.stderr, flush=True)
