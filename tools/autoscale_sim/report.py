"""Writes results into docs/autoscaling.md, between its markers, and figures beside it."""

from __future__ import annotations

import re
import sys
import time
from pathlib import Path

from . import plots, sweep, tables
from .inputs import InputError, no_such
from .options import load_scenarios, load_settings
from .runs import settings_of, summarize, vary

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "autoscaling.md"
IMAGES = ROOT / "docs" / "images" / "autoscaling"
CHOSEN_TARGET = "800m"
CHOSEN_SCALE_UP = "300 % or 8 in 15 s"


def section(text: str, name: str) -> str:
    """What stands between the markers."""
    return _pattern(name, text).group(2)


def with_section(text: str, name: str, body: str) -> str:
    found = _pattern(name, text)
    return text[: found.start(2)] + "\n" + body + text[found.end(2) :]


def _pattern(name: str, text: str) -> re.Match[str]:
    found = re.search(rf"(<!-- begin {name}[^>]*-->\n)(.*?)(<!-- end {name} -->)", text, re.DOTALL)
    if found is None:
        raise InputError(f"{DOCUMENT} has to have the markers 'begin {name}' and 'end {name}', and lacks them")
    return found


def small_rows() -> dict[tuple[str, str], str]:
    """Rows of the table for the scenarios that run in seconds: what a test compares with the document."""
    rows = {}
    for name, scenario in load_scenarios().items():
        if scenario.small:
            for setting in settings_of(scenario):
                rows[name, setting] = tables.summary_row(summarize(scenario, load_settings(setting)))
    return rows


def write(only: list[str] | None = None) -> None:
    """All of it; `only`: the figures of these scenarios, and no table."""
    rows = []
    scenarios = load_scenarios()
    for name in only or ():
        if name not in scenarios:
            raise no_such("scenario", name, scenarios)
    for name, scenario in scenarios.items():
        if only and name not in only:
            continue
        summaries = {}
        for setting in settings_of(scenario):
            begun = time.process_time()
            summaries[setting] = summarize(scenario, load_settings(setting))
            rows.append(tables.summary_row(summaries[setting]))
            print(f"{rows[-1].strip()} {time.process_time() - begun:.1f} s of CPU", file=sys.stderr, flush=True)
        plots.plot_scenario(scenario, summaries, IMAGES / f"{name}.png")
    if only:
        return
    swept = sweep.read()
    plots.plot_sweep(swept, (CHOSEN_SCALE_UP, CHOSEN_TARGET), IMAGES / "sweep.png")
    variations = vary(scenarios["flash-crowd"], load_settings("ours"))
    text = DOCUMENT.read_text()
    text = with_section(text, "results", tables.HEAD + "".join(rows) + "\n")
    text = with_section(text, "variations", tables.variation_table(variations) + "\n")
    text = with_section(text, "sweep", tables.sweep_table(swept, CHOSEN_TARGET, CHOSEN_SCALE_UP) + "\n")
    DOCUMENT.write_text(text)
