"""Figures. Colours are Okabe and Ito's, which the colour-blind can tell apart; each setting also has a dash of its
own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.axes import Axes  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

from .options import Scenario  # noqa: E402
from .runs import Summary  # noqa: E402
from .sweep import Row  # noqa: E402

STYLES: dict[str, Any] = {
    "recipe-as-written": {"color": "#E69F00", "linestyle": (0, (1, 1)), "linewidth": 2.2},
    "recipe": {"color": "#D55E00", "linestyle": (0, (5, 2)), "linewidth": 1.8},
    "ours": {"color": "#0072B2", "linestyle": "-", "linewidth": 1.8},
    "keda": {"color": "#009E73", "linestyle": (0, (5, 1, 1, 1)), "linewidth": 1.8},
}
PALETTE = ("#D55E00", "#E69F00", "#0072B2", "#009E73")
MARKERS = ("s", "^", "o", "D")
_RC: Any = {
    "font.size": 10, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd",
    "grid.linewidth": 0.6, "axes.axisbelow": True, "legend.frameon": False, "svg.hashsalt": "autoscale",
}  # fmt: skip


def _save(figure: Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Without the program's name and version: the same figures give the same bytes.
    figure.savefig(path, dpi=100, metadata={"Software": None})
    plt.close(figure)


def plot_scenario(scenario: Scenario, summaries: Mapping[str, Summary], path: Path) -> None:
    """Traffic, pods that are ready, and requests that were late, over time."""
    unit, name = (3600.0, "hours") if scenario.seconds > 3 * 3600 else (60.0, "minutes")
    any_late = any(moment.late for summary in summaries.values() for moment in summary.first.timeline)
    heights = [1.0, 1.6, 1.1] if any_late else [1.0, 1.6]
    with plt.rc_context(_RC):
        figure, axes = plt.subplots(
            len(heights), 1, sharex=True, figsize=(8.4, 2.0 * sum(heights) / 1.3 + 0.9), layout="constrained",
            height_ratios=heights,
        )  # fmt: skip
        figure.suptitle(scenario.title, fontsize=12, x=0.01, ha="left", fontweight="bold")
        first = next(iter(summaries.values())).first.timeline
        times = [moment.time / unit for moment in first]
        axes[0].plot(times, [moment.offered for moment in first], color="#333333", linewidth=1.2)
        axes[0].set_ylabel("requests / s")
        for key, summary in summaries.items():
            timeline = summary.first.timeline
            moments = [moment.time / unit for moment in timeline]
            axes[1].step(
                moments, [moment.ready for moment in timeline], where="post", label=summary.setting, **STYLES[key]
            )
            if any_late:
                axes[2].step(moments, [moment.late for moment in timeline], where="pre", **STYLES[key])
        axes[1].set_ylabel("pods ready")
        axes[1].legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=4, handlelength=3.2)
        if any_late:
            axes[2].set_ylabel(f"answered after\n{scenario.deadline:g} s, a second")
        for axis in axes:
            axis.set_ylim(bottom=0)
            _shade(axis, scenario, unit, axis is axes[0])
        axes[-1].set_xlabel(
            f"{name} (late requests by when they were asked)" if any_late else f"{name}; nothing was late"
        )
        axes[-1].set_xlim(0, scenario.seconds / unit)
        _save(figure, path)


def _shade(axis: Axes, scenario: Scenario, unit: float, is_top: bool) -> None:
    for span, text in ((scenario.outage, "no metrics"), (scenario.node_loss, "a node is gone")):
        if span is None:
            continue
        axis.axvspan(span[0] / unit, span[1] / unit, color="#56B4E9", alpha=0.15, linewidth=0)
        if is_top:
            top = axis.get_ylim()[1]
            axis.text((span[0] + span[1]) / 2 / unit, top, text, ha="center", va="bottom", fontsize=9, color="#33658a")


def plot_sweep(rows: list[Row], chosen: tuple[str, str], path: Path) -> None:
    """What is late against what it costs: one line for each way to scale up, one point for each target."""
    names = ("flash-crowd", "flash-crowd-large")
    with plt.rc_context(_RC):
        figure, axes = plt.subplots(1, 2, figsize=(9.4, 4.2), layout="constrained")
        figure.suptitle("Targets and policies", fontsize=12, x=0.01, ha="left", fontweight="bold")
        cost = {(row.scale_up, row.target): row.pod_hours for row in rows if row.scenario == "month-end"}
        for axis, name in zip(axes, names, strict=True):
            for index, scale_up in enumerate(dict.fromkeys(row.scale_up for row in rows)):
                line = [row for row in rows if row.scenario == name and row.scale_up == scale_up]
                if not line:
                    continue
                axis.plot(
                    [cost[scale_up, row.target] for row in line], [row.late_percent for row in line], label=scale_up,
                    color=PALETTE[index], marker=MARKERS[index], markersize=5, linewidth=1.2,
                )  # fmt: skip
                for row in line:
                    if (row.scale_up, row.target) == chosen:
                        place = (cost[chosen], row.late_percent)
                        axis.plot(*place, marker="o", markersize=13, fillstyle="none", color="black")
            axis.set_title(name, fontsize=10, loc="left")
            axis.set_xlabel("pod-hours of the month-end run")
            axis.set_yscale("log")
            axis.set_ylim(0.05, 50)
            axis.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
        axes[0].set_ylabel("late, % of the flash crowd's requests")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="outside lower center", ncols=4, title="scale-up; targets rise from right to left"
        )
        _save(figure, path)
