"""Prometheus is away for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from kubectl import Kubectl, Watch
from machine import wait_for
from release import DEPLOYMENT, Release

# Longer than it takes to shrink when there are metrics: 20 s of stabilisation (values.yaml).
LEAST_SECONDS = 60


@contextlib.contextmanager
def metrics_outage(release: Release, evidence) -> Iterator[None]:
    """From when the service does not grow any more, for a minute at least. What the caller does meanwhile goes into the `with`; at
    its end no replica may have gone at any time."""
    monitoring = Kubectl("monitoring")
    with Watch(release.kubectl, DEPLOYMENT, what=lambda one: one["spec"]["replicas"]) as replicas:
        wait_for("it does not grow any more", lambda: time.time() - replicas.seen[-1][0] > 5, 60)
        before, since = release.replicas(), time.time()
        monitoring("scale", "deployment/prometheus", "--replicas=0")
        evidence(f"{before} replicas; Prometheus is stopped")
        try:
            yield
            wait_for("a minute without metrics", lambda: time.time() - since > LEAST_SECONDS, LEAST_SECONDS + 10, 1)
            during = [number for at, number in replicas.seen if at > since]
            evidence(f"{release.replicas()} replicas; changes since: {during or 'none'}")
            assert all(number >= before for number in [*during, release.replicas()])
        finally:
            monitoring("scale", "deployment/prometheus", "--replicas=1")
            monitoring.rolled_out("deployment/prometheus")
        evidence("Prometheus is back")
