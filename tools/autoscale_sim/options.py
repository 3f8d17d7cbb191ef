"""What a run is made of, read from YAML: the cluster, a scenario, and the settings that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .hpa import Autoscaler
from .hpa_spec import parse_hpa
from .inputs import MOST_PODS, Given, InputError, no_such, read_document
from .keda import KedaAutoscaler, parse_scaled_object

FOLDER = Path(__file__).parent
Range = tuple[float, float]  # a value is drawn evenly from it

# With 0 of these a run would divide by it, or never end.
POSITIVE = {"slots", "queue_capacity", "nodes", "create_per_second", "sync_period", "scrape_interval"}
SHORTEST = 0.1  # seconds, of what is repeated: with less a run takes for ever
LONGEST = 7 * 86400.0  # seconds of a scenario, and its most requests a second: all of them are in memory
MOST_REQUESTS = 100_000.0
SERIES = ("load_ratio", "requests_in_progress", "mean_latency", "missing")


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
    startup_probe: Range
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


def cluster_options(changes: Mapping[str, Any] | None = None, path: Path = FOLDER / "cluster.yaml") -> ClusterOptions:
    given = read_document(path)
    values = {**given.entries(), **Given(changes or {}, "cluster").entries()}
    kinds = {field.name: field.type for field in fields(ClusterOptions)}
    if unknown := set(values) ^ set(kinds):
        raise InputError(f"{path.name}: unknown or missing: {', '.join(sorted(unknown))}; there are {', '.join(kinds)}")
    return ClusterOptions(**{name: _option(values[name], str(kind), name in POSITIVE) for name, kind in kinds.items()})


def _option(given: Given, kind: str, positive: bool) -> Any:
    match kind:
        case "bool":
            return given.flag()
        case "int":
            return given.integer(least=int(positive))
        case "float":
            return given.number(least=SHORTEST if positive else 0.0)
    return given.pair()


UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}


def load_scenarios(path: Path = FOLDER / "scenarios.yaml") -> dict[str, Scenario]:
    return {name: _scenario(name, entry) for name, entry in read_document(path).entries().items()}


def load_scenario(name: str, path: Path = FOLDER / "scenarios.yaml") -> Scenario:
    scenarios = load_scenarios(path)
    if name not in scenarios:
        raise no_such("scenario", name, scenarios)
    return scenarios[name]


def _scenario(name: str, entry: Given) -> Scenario:
    unit = UNITS[entry.get("unit").text(*UNITS)]
    return Scenario(
        name=name,
        title=entry.get("title").text(),
        about=entry.get("about").text(),
        profile=entry.get("profile").text(),
        deadline=entry.get("deadline").number(least=SHORTEST),
        curve=_curve(entry.get("curve"), unit),
        noise=entry.get("noise").number(default=0.0),
        replicas=entry.get("replicas").integer(most=MOST_PODS, default=2),
        outage=_span(entry.get("outage"), unit),
        node_loss=_span(entry.get("node_loss"), unit),
        cluster=entry.get("cluster").mapping(default={}),
        hpa={setting: changes.mapping() for setting, changes in entry.get("hpa").entries(default={}).items()},
        small=entry.get("small").flag(default=False),
    )


def _curve(given: Given, unit: float) -> tuple[tuple[float, float], ...]:
    points = []
    for point in given.items(least=2):
        pair = point.items()
        if len(pair) != 2:
            raise InputError(f"{point.where} is {point.value!r}, and has to be a time and requests a second")
        points.append((pair[0].number(most=LONGEST / unit) * unit, pair[1].number(most=MOST_REQUESTS)))
    times = [time for time, _ in points]
    if times != sorted(set(times)) or times[0] != 0:
        raise InputError(f"{given.where}: times have to begin with 0 and rise from point to point")
    return tuple(points)


def _span(given: Given, unit: float) -> Range | None:
    if given.value is None:
        return None
    begins, ends = given.pair()
    return (begins * unit, ends * unit)


def load_settings(name: str, folder: Path = FOLDER / "settings") -> Settings:
    path = folder / f"{name}.yaml"
    if not path.exists():
        raise no_such("file of settings", name, sorted(each.stem for each in folder.glob("*.yaml")))
    entry = read_document(path)
    kinds = [kind for kind in ("hpa", "scaledObject") if kind in entry]
    if len(kinds) != 1:
        raise InputError(f"{path} has to hold either hpa or scaledObject")
    series = {metric: _series(source) for metric, source in entry.get("series").entries().items()}
    settings = Settings(name, entry.get("title").text(), entry.get(kinds[0]).mapping(), series, kinds[0] == "scaledObject")
    named = {"trigger"} if settings.is_keda else {metric.name for metric in parse_hpa(settings.document, f"{path}: hpa").metrics}
    if missing := named - set(series):
        raise InputError(f"{path}: series has to say what {', '.join(sorted(missing))} is")
    return settings


def _series(given: Given) -> str | float:
    return given.text(*SERIES) if isinstance(given.value, str) else given.number()


def adapt(settings: Settings, scenario: Scenario) -> Settings:
    """With what the scenario changes: limits of replicas, and targets by the metric's name."""
    changes = {**scenario.hpa.get("all", {}), **scenario.hpa.get(settings.name, {})}
    document = {**settings.document, **{key: value for key, value in changes.items() if key != "targets"}}
    targets = Given(changes, f"{scenario.name}.hpa").get("targets").mapping(default={})
    if targets and "metrics" in document:
        document["metrics"] = [_with_target(metric, targets) for metric in document["metrics"]]
    return Settings(settings.name, settings.title, document, settings.series, settings.is_keda)


def _with_target(metric: dict[str, Any], targets: Mapping[str, str]) -> dict[str, Any]:
    name = metric.get("pods", {}).get("metric", {}).get("name")
    if name not in targets:
        return metric
    target = {"type": "AverageValue", "averageValue": targets[name]}
    return {"type": "Pods", "pods": {"metric": {"name": name}, "target": target}}
