"""Reads what a service says of its health."""

from __future__ import annotations

from service import Service

MANY = 1_000_000
OFTEN = ("--deep-health-period-s", "0.1")


def status_of(service: Service, path: str, check: str | None = None) -> str:
    """Of a check in a report; without a name of the report."""
    report = service.get(path).json()
    if check is None:
        return report["status"]
    return next(entry["status"] for entry in report["checks"] if entry["name"] == check)


def deep_metric(service: Service, check: str) -> float:
    return service.metric(f'pp_doclayout_health{{layer="deep",check="{check}"}}')


def unwell(report: dict) -> list[dict]:
    """The checks that are not healthy, but for a page that took long: on a machine that does other things too it does."""
    slow = ("inference_speed", "warning")
    well = ("healthy", "not_applicable")
    return [check for check in report["checks"] if check["status"] not in well and (check["name"], check["status"]) != slow]
