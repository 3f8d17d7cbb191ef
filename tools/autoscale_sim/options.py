"""What a run is made of, read from YAML: the cluster, a scenario, and the settings that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from .hpa import Autoscaler
from .hpa_spec import parse_hpa
from .keda import KedaAutoscaler, parse_scaled_object

FOLDER = Path(__file__).parent
Range = tuple[float, float]  # a value is drawn evenly from it


class OptionsError(ValueError):
    """A file that cannot be used; the message says what is wrong."""


@dataclass(frozen=True)
class ClusterOptions:
    """cluster.yaml says what each is and where it comes from."""

    slots: int
    queue_capacity: int
    pre_stop: float
    drain_grace: float
    drain_timeout: float
    create_per_second: float
    schedule: Range
    image: Range
    container_start: Range
    readiness_probe: Range
    endpoints: Range
    sync_period: float
    scrape_interval: float
    discovery: Range
    adapter_delay: float
    rate_window: float
    nodes: int
    places: int
    node_start: float
    node_grace: float
    eviction_after: float
    idle_first: bool
    connect_timeout: float
    patience: float


@dataclass(frozen=True)
class Scenario:
    name: str
    title: str
    about: str
    profile: str
    deadline: float  # seconds for an answer, of each try and from first asking
    curve: tuple[tuple[float, float], ...]
    noise: float
    replicas: int  # at the start
    outage: Range | None  # no metrics from, until
    node_loss: Range | None  # one node gone from, until
    cluster: Mapping[str, Any]  # what differs in the cluster
    hpa: Mapping[str, Mapping[str, Any]]  # what differs in the settings, by their name
    small: bool  # runs in seconds

    @property
    def seconds(self) -> float:
        return self.curve[-1][0]


@dataclass(frozen=True)
class Settings:
    """An autoscaler's settings, and what the metrics that it names are."""

    name: str
    title: str
    document: Mapping[str, Any]  # an HPA's or a ScaledObject's spec
    series: Mapping[str, str | float]
    is_keda: bool

    def autoscaler(self) -> Autoscaler | KedaAutoscaler:
        if self.is_keda:
            return KedaAutoscaler(parse_scaled_object(self.document))
        return Autoscaler(parse_hpa(self.document))


def _pair(value: Any) -> Range:
    return (float(value[0]), float(value[1])) if isinstance(value, list) else (float(value), float(value))


def cluster_options(changes: Mapping[str, Any] | None = None, path: Path = FOLDER / "cluster.yaml") -> ClusterOptions:
    values = {**yaml.safe_load(path.read_text()), **(changes or {})}
    names = {field.name: field.type for field in fields(ClusterOptions)}
    if unknown := set(values) ^ set(names):
        raise OptionsError(f"{path.name}: unknown or missing: {', '.join(sorted(unknown))}")
    given: dict[str, Any] = {
        name: _pair(values[name]) if kind == "Range" else values[name] for name, kind in names.items()
    }
    return ClusterOptions(**given)


def load_scenarios(path: Path = FOLDER / "scenarios.yaml") -> dict[str, Scenario]:
    entries: dict[str, Any] = yaml.safe_load(path.read_text())
    return {name: _scenario(name, entry) for name, entry in entries.items()}


def _scenario(name: str, entry: dict[str, Any]) -> Scenario:
    unit = {"s": 1.0, "min": 60.0, "h": 3600.0}[entry["unit"]]
    return Scenario(
        name=name,
        title=entry["title"],
        about=entry["about"],
        profile=entry["profile"],
        deadline=entry["deadline"],
        curve=tuple((time * unit, float(rate)) for time, rate in entry["curve"]),
        noise=entry.get("noise", 0.0),
        replicas=entry.get("replicas", 2),
        outage=_pair([time * unit for time in entry["outage"]]) if "outage" in entry else None,
        node_loss=_pair([time * unit for time in entry["node_loss"]]) if "node_loss" in entry else None,
        cluster=entry.get("cluster", {}),
        hpa=entry.get("hpa", {}),
        small=entry.get("small", False),
    )


def load_settings(name: str, folder: Path = FOLDER / "settings") -> Settings:
    path = folder / f"{name}.yaml"
    entry: dict[str, Any] = yaml.safe_load(path.read_text())
    kinds = [kind for kind in ("hpa", "scaledObject") if kind in entry]
    if len(kinds) != 1:
        raise OptionsError(f"{path.name} has to hold either hpa or scaledObject")
    return Settings(name, entry["title"], entry[kinds[0]], entry["series"], kinds[0] == "scaledObject")


def adapt(settings: Settings, scenario: Scenario) -> Settings:
    """With what the scenario changes: limits of replicas, and targets by the metric's name."""
    changes = {**scenario.hpa.get("all", {}), **scenario.hpa.get(settings.name, {})}
    document = {**settings.document, **{key: value for key, value in changes.items() if key != "targets"}}
    targets = changes.get("targets", {})
    if targets and "metrics" in document:
        document["metrics"] = [_with_target(metric, targets) for metric in document["metrics"]]
    return Settings(settings.name, settings.title, document, settings.series, settings.is_keda)


def _with_target(metric: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
    name = metric.get("pods", {}).get("metric", {}).get("name")
    if name not in targets:
        return metric
    target = {"type": "AverageValue", "averageValue": targets[name]}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}
