"""From pods to the autoscaler: scrapes that age, an adapter, and nothing at all in an outage."""

from __future__ import annotations

import random
from collections.abc import Mapping

from .deployment import Deployment, Member, Sample
from .options import ClusterOptions
from .replica_calculator import MetricUnavailable
from .schedule import Schedule

GROUPS = 15  # targets are scraped at times of their own, here at one of so many

REQUEST = 100_000  # thousandths: what a pod requests of a resource, so that percents are plain


class MetricsPipeline:
    """`of_pods` and `of_whole` say what the metrics APIs would say at `now`, which the caller sets."""

    def __init__(
        self, options: ClusterOptions, deployment: Deployment, series: Mapping[str, str | float], schedule: Schedule,
        dice: random.Random,
    ):  # fmt: skip
        self.now = 0.0
        self.out = False
        self._options = options
        self._deployment = deployment
        self._series = series
        self._dice = dice
        self._group_of: dict[str, int] = {}
        self._schedule = schedule
        schedule.at(0.0, self._scrape, 0)

    def _scrape(self, now: float, group: int) -> None:
        self._schedule.at(now + self._options.scrape_interval / GROUPS, self._scrape, (group + 1) % GROUPS)
        if self.out:
            return
        for member in self._deployment.members:
            known = self._group_of.get(member.name)
            if known is None:
                known = self._group_of[member.name] = self._dice.randrange(GROUPS)
            if known != group or member.scraped_from > now:
                continue
            if member.dead:
                member.samples.clear()  # a scrape that fails ends the series
                continue
            in_progress = member.pod.in_progress(now)
            member.samples.append((now, in_progress, member.pod.pages_done, member.pod.pages_seconds))
            oldest = now - self._options.rate_window - self._options.scrape_interval
            while member.samples[0][0] < oldest:
                member.samples.pop(0)

    def begin_outage(self, now: float) -> None:
        self.out = True
        for member in self._deployment.members:
            member.samples.clear()  # older than the five minutes that Prometheus looks back, once it is here again

    def end_outage(self, now: float) -> None:
        self.out = False

    def of_pods(self, kind: str, name: str) -> dict[str, int]:
        source = self._series[name]
        if self.out or source == "missing":
            raise MetricUnavailable(name)
        values: dict[str, int] = {}
        for member in self._deployment.members:
            value = self._value(member, source)
            if value is not None:
                # Cut off to thousandths, as prometheus-adapter does.
                values[member.name] = int(value * 1000)
        return values

    def of_whole(self, kind: str, name: str) -> int:
        values = self.of_pods(kind, name)
        if not values:
            raise MetricUnavailable(name)
        return sum(values.values())

    def _value(self, member: Member, source: str | float) -> float | None:
        seen_until = self.now - self._options.adapter_delay
        seen = [sample for sample in member.samples if sample[0] <= seen_until]
        if not seen or member.gone <= self.now:
            return None
        if source == "requests_in_progress":
            return seen[-1][1]
        if source == "load_ratio":
            return seen[-1][1] / self._options.slots
        if source == "mean_latency":
            return self._mean_latency(seen)
        return float(source)

    def _mean_latency(self, seen: list[Sample]) -> float:
        within = [sample for sample in seen if sample[0] > self.now - self._options.rate_window]
        pages = within[-1][2] - within[0][2] if within else 0
        # No pages: 0 / 0, which prometheus-adapter makes 0.
        return (within[-1][3] - within[0][3]) / pages if pages else 0.0
