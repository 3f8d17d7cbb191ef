"""A run: callers, pods and an autoscaler through a scenario."""

from __future__ import annotations

import math
import random
from array import array
from dataclasses import dataclass, field

import numpy as np

from . import traffic
from .deployment import Deployment
from .hpa import Scale
from .inputs import InputError
from .metrics_pipeline import REQUEST, MetricsPipeline
from .options import Scenario, Settings, adapt, cluster_options
from .pod import Refused
from .replica_calculator import PodStatus
from .schedule import Schedule
from .service_time import Lognormal, load_profile


@dataclass
class Moment:
    """One sync of the autoscaler."""

    time: float
    offered: float  # requests a second that ask for the first time
    replicas: int  # wanted after the sync
    ready: int
    refusals: float = 0.0  # a second, since the last one
    late: float = 0.0  # requests a second, asked for since the last one, that got no answer in time


@dataclass
class Outcome:
    requests: int
    refusals: int  # 503s, each try counts
    expired: int  # 504s: accepted, and not in time
    late: int  # requests not answered within the deadline from first asking, those never answered among them
    never: int  # of these: not at all, as long as the caller had patience
    lost: int  # accepted, and cut off by a pod that was scaled down
    cut: int  # accepted, and cut off with their node
    unconnected: int  # tries that met a pod without power, or no pod at all
    pod_hours: float
    latency: dict[str, float]  # p50, p95, p99 from first asking, seconds; infinite: never
    most_replicas: int
    timeline: list[Moment] = field(repr=False)


@dataclass(frozen=True)
class Recorded:
    """What the autoscaler saw at a sync: what `replay` reads."""

    time: float
    replicas: int  # before the sync
    pods: list[PodStatus]
    metrics: dict[str, dict[str, float]]


class Simulation:
    def __init__(self, scenario: Scenario, settings: Settings, seed: int = 1, record: bool = False):
        self.recorded: list[Recorded] = []
        self._record = record
        self._scenario = scenario
        self._settings = adapt(settings, scenario)
        self._options = cluster_options(scenario.cluster)
        self._schedule = Schedule()
        # Streams of their own: the same traffic and the same pages meet each of the settings.
        profile = load_profile(scenario.profile)
        self._rate = traffic.rates(scenario.curve, scenario.noise, seed)
        self._asked: list[float] = traffic.arrivals(self._rate, seed).tolist()
        self._choice = random.Random(f"{seed} choice")
        self._page = Lognormal(profile.page_cv, random.Random(f"{seed} page"))
        self._deployment = Deployment(
            self._options, profile, self._schedule, random.Random(f"{seed} pods"), self._cut_off
        )
        self._metrics = MetricsPipeline(
            self._options, self._deployment, self._settings.series, self._schedule, random.Random(f"{seed} scrapes")
        )
        self._autoscaler = self._settings.autoscaler()
        self._answered = array("d", [math.nan]) * len(self._asked)
        self._refusals = self._expired = self._lost = self._cut = self._unconnected = 0
        self._refusals_before = 0
        self._timeline: list[Moment] = []
        self._phase = random.Random(f"{seed} sync").uniform(0, self._options.sync_period)

    def run(self) -> Outcome:
        self._deployment.start_with(self._scenario.replicas)
        self._schedule.at(self._phase, self._sync)
        self._plan_troubles()
        schedule = self._schedule
        for request, asked in enumerate(self._asked):
            while schedule.next_time <= asked:
                schedule.run_next()
            self._ask(asked, request)
        while schedule.next_time <= self._scenario.seconds:
            schedule.run_next()
        self._deployment.close_books(self._scenario.seconds)
        pod_hours = self._deployment.pod_seconds / 3600
        # Whoever still tries again gets all the time that he has.
        while schedule.next_time <= self._scenario.seconds + self._options.patience + self._scenario.deadline:
            schedule.run_next()
        return self._outcome(pod_hours)

    def _plan_troubles(self) -> None:
        scenario, schedule = self._scenario, self._schedule
        if scenario.outage:
            schedule.at(scenario.outage[0], self._metrics.begin_outage)
            schedule.at(scenario.outage[1], self._metrics.end_outage)
        if scenario.node_loss:
            begins, ends = scenario.node_loss
            if self._options.nodes < 2:
                raise InputError(f"{scenario.name}: nodes has to be at least 2 where one is lost")
            if ends - begins <= self._options.node_grace + self._options.eviction_after:
                raise InputError(f"{scenario.name}: a node that returns before its pods are evicted is not modelled")
            schedule.at(begins, self._deployment.lose_node, 0)
            schedule.at(ends, self._deployment.return_node, 0)

    def _ask(self, now: float, request: int) -> None:
        endpoints = self._deployment.endpoints
        if not endpoints:
            self._unconnected += 1
            self._again(now, now + 1, request)
            return
        member = endpoints[int(self._choice.random() * len(endpoints))]
        if member.dead:
            self._unconnected += 1
            self._again(now, now + self._options.connect_timeout, request)
            return
        if member.closed <= now:
            self._refuse(now, request, 1)
            return
        answer = member.pod.offer(now, now + self._scenario.deadline, request, self._page.draw())
        if isinstance(answer, Refused):
            self._refuse(now, request, answer.retry_after)
        elif answer.good:
            self._answered[request] = answer.answered
        else:
            self._expired += 1
            self._again(now, answer.answered + 1, request)

    def _refuse(self, now: float, request: int, retry_after: int) -> None:
        self._refusals += 1
        self._again(now, now + retry_after, request)

    def _again(self, now: float, earliest: float, request: int) -> None:
        if earliest - self._asked[request] <= self._options.patience:
            # Callers that were refused at once must not come back at once.
            self._schedule.at(earliest + self._choice.random(), self._ask, request)

    def _cut_off(self, now: float, requests: list[int], planned: bool) -> None:
        for request in requests:
            if not self._answered[request] > now:
                continue  # its caller has been told that it is late
            self._answered[request] = math.nan
            if planned:
                # Refused with 503 just before the pod ends, and lost all the same: it had been accepted.
                self._lost += 1
                self._again(now, now + 1, request)
            else:
                self._cut += 1
                # Nobody says so to its caller, who waits for as long as he wanted to.
                self._again(now, now + self._scenario.deadline, request)

    def _sync(self, now: float) -> None:
        self._schedule.at(now + self._options.sync_period, self._sync)
        deployment = self._deployment
        pods = [
            PodStatus(
                name=member.name,
                phase="Running" if member.runs_from <= now else "Pending",
                ready=member.is_ready(now),
                deleted=member.deleted <= now,
                request=REQUEST,
            )
            for member in deployment.members
            if member.created <= now
        ]
        self._metrics.now = now
        scale = Scale(deployment.replicas, sum(not pod.deleted for pod in pods))
        if self._record:
            self._note(now, pods)
        decision = self._autoscaler.sync(now, scale, pods, self._metrics)
        if decision.replicas != scale.spec:
            deployment.set_replicas(now, decision.replicas)
        second = min(int(now), len(self._rate) - 1)
        self._timeline.append(
            Moment(
                time=now,
                offered=float(self._rate[second]) if now < self._scenario.seconds else 0.0,
                replicas=decision.replicas,
                ready=sum(pod.ready and not pod.deleted for pod in pods),
                refusals=(self._refusals - self._refusals_before) / self._options.sync_period,
            )
        )
        self._refusals_before = self._refusals

    def _note(self, now: float, pods: list[PodStatus]) -> None:
        metrics = {}
        for name, source in self._settings.series.items():
            if not self._metrics.out and source != "missing":
                metrics[name] = {pod: value / 1000 for pod, value in self._metrics.of_pods("Pods", name).items()}
        self.recorded.append(Recorded(now, self._deployment.replicas, pods, metrics))

    def _outcome(self, pod_hours: float) -> Outcome:
        asked = np.array(self._asked)
        took = np.array(self._answered) - asked
        took[np.isnan(took)] = np.inf
        is_late = took > self._scenario.deadline
        self._timeline = [moment for moment in self._timeline if moment.time <= self._scenario.seconds]
        edges = [0.0] + [moment.time for moment in self._timeline]
        for moment, count in zip(self._timeline, np.histogram(asked[is_late], edges)[0], strict=True):
            moment.late = float(count) / self._options.sync_period
        quantiles = np.quantile(took, [0.5, 0.95, 0.99], method="higher") if len(took) else [0.0] * 3
        return Outcome(
            requests=len(asked),
            refusals=self._refusals,
            expired=self._expired,
            late=int(is_late.sum()),
            never=int(np.isinf(took).sum()),
            lost=self._lost,
            cut=self._cut,
            unconnected=self._unconnected,
            pod_hours=pod_hours,
            latency=dict(zip(("p50", "p95", "p99"), map(float, quantiles), strict=True)),
            most_replicas=max((moment.replicas for moment in self._timeline), default=self._scenario.replicas),
            timeline=self._timeline,
        )
