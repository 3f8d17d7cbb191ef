"""The Deployment's pods: made, started, put into the service's endpoints, drained, lost with their node."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from .options import ClusterOptions, Range
from .pod import Pod, PodOptions
from .schedule import Schedule
from .service_time import Lognormal, Profile

Sample = tuple[float, int, int, float]  # time, in progress, pages done, their seconds


@dataclass(eq=False)
class Member:
    """A pod and what the cluster knows of it. Times that have not come yet are infinite."""

    name: str
    node: int
    pod: Pod
    created: float
    runs_from: float = math.inf
    ready_from: float = math.inf
    scraped_from: float = math.inf
    deleted: float = math.inf
    closed: float = math.inf  # its port, after SIGTERM
    gone: float = math.inf
    dead: bool = False  # its node has no power
    unreachable: bool = False  # and the cluster knows it
    samples: list[Sample] = field(default_factory=list)

    def is_ready(self, now: float) -> bool:
        return self.ready_from <= now and not self.unreachable


class Deployment:
    def __init__(
        self, options: ClusterOptions, profile: Profile, schedule: Schedule, dice: random.Random,
        on_cut: Callable[[float, list[int], bool], None],
    ):  # fmt: skip
        """`on_cut(time, requests, planned)`: accepted requests whose pod went before it could answer."""
        self.members: list[Member] = []
        self.endpoints: list[Member] = []
        self.replicas = 0
        self.pod_seconds = 0.0
        self._options = options
        self._profile = profile
        self._schedule = schedule
        self._dice = dice
        self._on_cut = on_cut
        self._pace = Lognormal(profile.pace_cv, dice)
        self._count = 0
        self._up = set(range(options.nodes))  # nodes that take pods, as far as the scheduler knows
        self._without_power: set[int] = set()

    def start_with(self, replicas: int) -> None:
        """Pods that are ready when the run begins."""
        self.replicas = replicas
        for _ in range(replicas):
            member = self._new_member(0.0)
            member.runs_from = member.ready_from = member.scraped_from = -3600.0
            self.endpoints.append(member)

    def set_replicas(self, now: float, replicas: int) -> None:
        self.replicas = replicas
        active = [member for member in self.members if member.deleted > now]
        missing = replicas - len(active)
        for index in range(missing):
            self._create(now + (index + 1) / self._options.create_per_second)
        if missing < 0:
            for member in self._first_to_go(now, active)[:-missing]:
                self._delete(now, member)

    def _draw(self, bounds: Range) -> float:
        return self._dice.uniform(*bounds)

    def _new_member(self, created: float) -> Member:
        options = self._options
        pod = Pod(
            PodOptions(
                slots=options.slots,
                queue_capacity=options.queue_capacity,
                page_seconds=self._profile.slot_seconds(options.slots),
                page_cv=self._profile.page_cv,
                overhead=self._profile.overhead,
            ),
            self._pace.draw(),
        )
        on_node = dict.fromkeys(sorted(self._up), 0)
        for member in self.members:
            if member.node in on_node:
                on_node[member.node] += 1
        node = min(on_node, key=lambda candidate: on_node[candidate])
        self._count += 1
        member = Member(f"pod-{self._count:04}", node, pod, created)
        self.members.append(member)
        return member

    def _create(self, time: float) -> None:
        options = self._options
        waits_for_node = options.node_start if len(self.members) >= options.places else 0.0
        member = self._new_member(time)
        runs = time + waits_for_node + self._draw(options.schedule) + self._draw(options.image)
        runs += self._draw(options.container_start)
        ready = runs + self._draw(self._profile.start) + self._draw(options.startup_probe)
        listed = ready + self._draw(options.endpoints)
        if member.node in self._without_power:
            return  # the scheduler does not know yet: it stays pending until it is evicted
        member.runs_from, member.ready_from = runs, ready
        member.scraped_from = runs + self._draw(options.discovery)
        self._schedule.at(listed, self._list, member)

    def _list(self, now: float, member: Member) -> None:
        if member.deleted > now and not member.dead:
            self.endpoints.append(member)

    def _unlist(self, now: float, member: Member) -> None:
        if member in self.endpoints:
            self.endpoints.remove(member)

    def _first_to_go(self, now: float, active: list[Member]) -> list[Member]:
        """The ReplicaSet controller's order (`ActivePodsWithRanks` in pkg/controller/controller_utils.go)."""
        ready_on_node: dict[int, int] = {}
        for member in active:
            if member.is_ready(now):
                ready_on_node[member.node] = ready_on_node.get(member.node, 0) + 1

        def order(member: Member) -> tuple[float, ...]:
            ready = member.is_ready(now)
            cost = member.pod.in_progress(now) if self._options.idle_first and ready else 0
            # By powers of two of how long they are ready, so that not always the same ones go; then it is chance.
            age = math.floor(math.log2(max(1e-9, now - member.ready_from))) if ready else 0
            return (member.runs_from <= now, ready, cost, -ready_on_node.get(member.node, 0), age, self._dice.random())

        return sorted(active, key=order)

    def _delete(self, now: float, member: Member) -> None:
        member.deleted = now
        if member.dead:
            return  # nobody there to end it
        if member.runs_from > now:
            self._finish(now, member)
            return
        options = self._options
        self._schedule.at(now + self._draw(options.endpoints), self._unlist, member)
        terminated = now + options.pre_stop
        member.closed = terminated + options.drain_grace
        self._schedule.at(terminated, self._drain, member)

    def _drain(self, now: float, member: Member) -> None:
        if member.dead:
            return
        idle = max(member.pod.idle_at(), now + self._options.drain_grace)
        limit = now + self._options.drain_timeout - 0.5
        self._schedule.at(min(idle, limit), self._finish, member)

    def _finish(self, now: float, member: Member) -> None:
        if member.dead:
            return
        cut = member.pod.unfinished(now)
        if cut:
            self._on_cut(now, cut, True)
        self._unlist(now, member)
        self._account(now, member)
        member.gone = now
        self.members.remove(member)

    def _account(self, now: float, member: Member) -> None:
        self.pod_seconds += max(0.0, now - member.created)

    def close_books(self, now: float) -> None:
        for member in self.members:
            if not member.dead:
                self._account(now, member)

    def lose_node(self, now: float, node: int) -> None:
        self._without_power.add(node)
        for member in self.members:
            if member.node == node:
                member.dead = True
                self._account(now, member)
                self._on_cut(now, member.pod.unfinished(now), False)
        self._schedule.at(now + self._options.node_grace, self._notice_loss, node)

    def _notice_loss(self, now: float, node: int) -> None:
        self._up.discard(node)
        for member in self._on(node):
            member.unreachable = True
            self._schedule.at(now + self._draw(self._options.endpoints), self._unlist, member)
        self._schedule.at(now + self._options.eviction_after, self._evict, node)

    def _evict(self, now: float, node: int) -> None:
        for member in self._on(node):
            member.deleted = min(member.deleted, now)
        self.set_replicas(now, self.replicas)

    def return_node(self, now: float, node: int) -> None:
        """After its pods were evicted: only then is it known what becomes of them."""
        self._without_power.discard(node)
        self._up.add(node)
        for member in self._on(node):
            self.members.remove(member)

    def _on(self, node: int) -> list[Member]:
        return [member for member in self.members if member.node == node]
