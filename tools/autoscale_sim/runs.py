"""Runs that the report is made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from .options import Scenario, Settings
from .simulation import Outcome, Simulation

SETTINGS = ("recipe-as-written", "recipe", "ours")
WITH_KEDA = ("metrics-outage", "outage-then-surge")  # elsewhere KEDA's HPA does as ours
LARGE = ("flash-crowd-large", "month-end-1000")  # that the recipe as written never shrinks is seen in the others
SMALL_SEEDS = (1, 2, 3)
SEEDS = (1,)


@dataclass(frozen=True)
class Summary:
    """Of one scenario and setting, over all seeds: counts are sums, the rest are means."""

    scenario: str
    setting: str
    requests: int
    late: int
    never: int
    refusals: int
    expired: int
    lost: int
    cut: int
    p95: float
    p99: float
    pod_hours: float
    most_replicas: int
    first: Outcome  # of the first seed, for plots


def settings_of(scenario: Scenario) -> tuple[str, ...]:
    if scenario.name in LARGE:
        return ("recipe", "ours")
    return (*SETTINGS, "keda") if scenario.name in WITH_KEDA else SETTINGS


def summarize(scenario: Scenario, settings: Settings, seeds: Iterable[int] | None = None) -> Summary:
    chosen = seeds if seeds is not None else SMALL_SEEDS if scenario.small else SEEDS
    outcomes = [Simulation(scenario, settings, seed).run() for seed in chosen]

    def total(name: str) -> int:
        return sum(getattr(outcome, name) for outcome in outcomes)

    def mean(values: list[float]) -> float:
        return math.fsum(values) / len(values)

    return Summary(
        scenario=scenario.name,
        setting=settings.title,
        requests=total("requests"),
        late=total("late"),
        never=total("never"),
        refusals=total("refusals"),
        expired=total("expired"),
        lost=total("lost"),
        cut=total("cut"),
        p95=mean([outcome.latency["p95"] for outcome in outcomes]),
        p99=mean([outcome.latency["p99"] for outcome in outcomes]),
        pod_hours=mean([outcome.pod_hours for outcome in outcomes]),
        most_replicas=max(outcome.most_replicas for outcome in outcomes),
        first=outcomes[0],
    )


# What else than settings decides how a flash crowd ends: title, changes of the cluster, changes of the HPA.
VARIATIONS: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("as in the table above", {}, {}),
    ("scrapes every 5 s", {"scrape_interval": 5}, {}),
    ("scrapes every 5 s, sync every 5 s", {"scrape_interval": 5, "sync_period": 5}, {}),
    ("4 pods at least", {}, {"minReplicas": 4}),
    ("6 pods at least", {}, {"minReplicas": 6}),
    ("20 s more for the image", {"image": [20, 25]}, {}),
    ("nodes for 4 pods only, others after 120 s", {"places": 4}, {}),
    ("queue for 16 documents", {"queue_capacity": 16}, {}),
)


def vary(scenario: Scenario, settings: Settings) -> list[tuple[str, Summary]]:
    made = []
    for title, cluster, hpa in VARIATIONS:
        changed = replace(
            scenario,
            cluster={**scenario.cluster, **cluster},
            hpa={**scenario.hpa, settings.name: hpa},
            replicas=max(scenario.replicas, hpa.get("minReplicas", 0)),
        )
        made.append((title, summarize(changed, settings)))
    return made
