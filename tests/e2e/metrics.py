"""Reads /metrics as strict readers do, and as promtool does."""

from __future__ import annotations

import math
import shutil
import subprocess

from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from service import Service

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"
MOST_EXEMPLAR_CHARACTERS = 128

# A series as a key: its name, and its labels in their order.
Series = tuple[str, tuple[tuple[str, str], ...]]


def tool(name: str) -> str:
    program = shutil.which(name)
    assert program, f"{name} is missing: scripts/bootstrap.sh --with test unpacks it into .deps/tools"
    return program


def text(service: Service, accept: str = "text/plain") -> str:
    answer = service.get("/metrics", {"Accept": accept})
    assert answer.status == 200, answer.body
    return answer.body.decode()


def families(service: Service) -> dict[str, Metric]:
    """What the service exposes as OpenMetrics, by the families' names; raises where that is none."""
    exposed = list(text_string_to_metric_families(text(service, OPEN_METRICS)))
    for family in exposed:
        assert family.documentation, f"{family.name} has no HELP"
        assert family.type not in ("unknown", ""), f"{family.name} has no TYPE"
        for sample in family.samples:
            if sample.exemplar:
                characters = "".join(name + value for name, value in sample.exemplar.labels.items())
                assert len(characters) <= MOST_EXEMPLAR_CHARACTERS
                assert 0 <= sample.exemplar.value <= float(sample.labels["le"])
    return {family.name: family for family in exposed}


def samples(service: Service) -> dict[Series, float]:
    found = {}
    for family in families(service).values():
        for sample in family.samples:
            key = (sample.name, tuple(sorted(sample.labels.items())))
            assert key not in found, f"{key} is there twice"
            found[key] = sample.value
    return found


def series_of(service: Service, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    """All values of that name, by their labels."""
    return {labels: value for (own, labels), value in samples(service).items() if own == name}


def only_ascends(service: Service) -> dict[Series, float]:
    """What must never fall: counters, and all of histograms."""
    ascending = {}
    for family in families(service).values():
        if family.type in ("counter", "histogram"):
            for sample in family.samples:
                assert not math.isnan(sample.value) and sample.value >= 0
                ascending[(sample.name, tuple(sorted(sample.labels.items())))] = sample.value
    return ascending


def assert_promtool_likes(exposition: str):
    """Not even a remark: names, units and HELP are as they should be."""
    check = subprocess.run(
        [tool("promtool"), "check", "metrics"], input=exposition.encode(), capture_output=True, timeout=60, check=False
    )
    assert (check.returncode, check.stdout + check.stderr) == (0, b"")
