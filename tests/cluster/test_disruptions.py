"""Pods go, for all the reasons that pods go for: nothing is lost that need not be."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from collections.abc import Iterator

import pytest
from kubectl import ready
from machine import wait_for
from node import Node
from release import ALWAYS, DEPLOYMENT, FAULTY, NO_MODEL, Attempts

THREE = {"autoscaling": {"kind": "none"}, "replicas": 3}
RATE = 5


@pytest.fixture
def three(release):
    release.install(THREE | FAULTY)
    return release.wait_ready(3)


def test_delete_pod_loses_nothing(release, three, results, evidence):
    """`kubectl delete pod` under load, twice: no request fails, none is sent twice."""
    with release.load(results, RATE, retry=False) as load:
        load.wait_answers(10)
        for pod in three[:2]:
            name = pod["metadata"]["name"]
            start = time.monotonic()
            release.kubectl("delete", "pod", name, "--wait=true")
            evidence(f"{name} deleted in {time.monotonic() - start:.1f} s")
            release.wait_ready(3)
            evidence("3 pods are ready")
        load.wait_answers(10)
        attempts = load.stop()
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    evidence("\n".join(map(json.dumps, attempts.lost)) or "lost: none")
    assert set(attempts.by_outcome()) == {"200"}


@contextlib.contextmanager
def late_endpoints() -> Iterator[None]:
    """The node that the load comes from does not hear of pods that go."""
    machine = Node(1).machine
    machine.signal("proxy", signal.SIGSTOP)
    try:
        yield
    finally:
        machine.signal("proxy", signal.SIGCONT)


def test_without_time_before_the_end_some_are_lost(release, results, evidence):
    """The control: a pod that closes its port at once, while a node still sends to it, costs requests. So the test above can
    fail. The node's proxy is stopped, as if there were much for it to do."""
    hasty = {"preStopSleepSeconds": 0, "service": FAULTY["service"] | {"drainGraceMs": 0}}
    release.install(THREE | hasty)
    pod = release.wait_ready(3)[0]
    with release.load(results, RATE, retry=False) as load:
        load.wait_answers(10)
        # With pages to finish it is there for a while, and its port is not.
        release.tell(pod, f"slow {ALWAYS} 4000")
        wait_for("it has pages to finish", lambda: release.taken(pod), 30)
        with late_endpoints():
            release.kubectl("delete", "pod", pod["metadata"]["name"], "--wait=true")
            # A caller whom the pod's address leads nowhere gives up after a minute.
            wait_for("requests are lost", lambda: load.so_far().lost, 90)
        release.wait_ready(3)
        attempts = load.stop()
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    evidence("\n".join(map(json.dumps, attempts.lost)))
    assert attempts.lost


def test_kill_9_costs_at_most_what_it_was_doing(release, three, results, evidence):
    """The process of one pod is killed in the middle of a page: others take over, what was in it succeeds when it is sent again, the
    pod comes back."""
    pod, *others = three
    before = release.restarts(pod)
    errors = list(map(release.server_errors, others))
    with release.load(results, RATE, retry=True) as load:
        load.wait_answers(10)
        release.tell(pod, f"slow {ALWAYS} 4000")
        # The page may be the golden one: a caller's then waits for it, and is in the process too.
        wait_for("it has a page to finish", lambda: release.taken(pod) and release.in_progress(pod), 30, 0.05)
        release.tell(pod, "none 0")  # or the next process takes it again
        killed = time.time()
        release.kill_9(pod)
        evidence(f"killed {pod['metadata']['name']} in the middle of a page of 4 s")
        wait_for("it is started anew", lambda: release.restarts(pod) == before + 1, 60)
        release.wait_ready(3)
        evidence(f"whole again after {time.time() - killed:.1f} s")
        load.wait_answers(10)
        attempts = load.stop()
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    failed = [one for one in attempts.all if one["status"] != 200]
    evidence("\n".join(map(json.dumps, failed)))
    assert any(one["sent"] < killed and one["status"] == 0 for one in failed), failed
    assert_only_its_own(attempts, killed)
    assert list(map(release.server_errors, others)) == errors


def assert_only_its_own(attempts: Attempts, ended: float):
    """Whoever was in the process that ended, and who came until its address was taken out of the service; and they got an answer."""
    assert attempts.unfinished == set()
    failed = [one for one in attempts.all if one["status"] != 200]
    assert all(ended - 15 < one["sent"] < ended + 10 for one in failed), failed


def test_out_of_memory(release, three, results, evidence):
    """A pod that takes more memory than it may is killed by the kernel: the others go on, and it comes back."""
    pod, *others = three
    before = release.restarts(pod)
    errors = list(map(release.server_errors, others))
    with release.load(results, RATE, retry=True) as load:
        load.wait_answers(10)
        # At once, so that the service has no time to see it come and drain.
        release.tell(pod, "leak 1 1000")
        wait_for("the fault is taken", lambda: release.taken(pod), 30, 0.01)
        release.tell(pod, "none 0")  # or the next process takes it again
        told = time.time()
        wait_for("it is started anew", lambda: release.restarts(pod) == before + 1, 60)
        state = release.last_state(pod)
        evidence(f"its last state: {json.dumps(state)}")
        release.wait_ready(3)
        evidence("3 pods are ready")
        load.wait_answers(10)
        attempts = load.stop()
    evidence(f"{attempts.requests} requests, attempts by outcome: {attempts.by_outcome()}")
    assert state["terminated"]["reason"] == "OOMKilled"
    assert_only_its_own(attempts, told)
    assert list(map(release.server_errors, others)) == errors


def test_roll_out_of_a_new_version_loses_nothing(release, three, results, evidence):
    """Every pod is replaced while there is load, and no request fails."""
    with release.load(results, RATE, retry=False) as load:
        load.wait_answers(10)
        release.install(THREE | FAULTY | {"podAnnotations": {"version": "new"}})
        release.kubectl.rolled_out(DEPLOYMENT)
        pods = release.wait_ready(3)
        evidence(release.kubectl("get", "pods", "--output=wide"))
        load.wait_answers(10)
        attempts = load.stop()
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    evidence("\n".join(map(json.dumps, attempts.lost)) or "lost: none")
    assert all(pod["metadata"]["annotations"]["version"] == "new" for pod in pods)
    assert set(attempts.by_outcome()) == {"200"}


@pytest.mark.parametrize(
    "broken",
    [
        NO_MODEL,
        {"service": {"env": [{"name": "FAULTS_FILE", "value": "/faults/empty"}]}},
    ],
    ids=["does-not-load", "finds-nothing"],
)
def test_roll_out_of_a_broken_version_stops_by_itself(release, three, results, evidence, broken):
    """A version that does not start, and one that starts and finds nothing on its golden page: neither is ever ready, so the
    old pods stay and answer everything."""
    before = {pod["metadata"]["name"] for pod in three}
    with release.load(results, RATE, retry=False) as load:
        release.install(THREE | FAULTY | broken, wait=False)
        wait_for("the new pod has been tried", lambda: tried(release, before), 90)
        load.wait_answers(5 * RATE)
        pods = {pod["metadata"]["name"]: pod for pod in release.pods()}
        evidence(release.kubectl("get", "pods", "--output=wide"))
        assert before <= set(pods) and all(ready(pods[name]) for name in before)
        assert not any(ready(pod) for name, pod in pods.items() if name not in before)
        stopped = release.kubectl.try_("rollout", "status", DEPLOYMENT, "--timeout=1s")
        assert stopped.returncode != 0
        release.kubectl.helm("rollback", "pp-doclayout")
        wait_for("the broken pod is gone", lambda: {pod["metadata"]["name"] for pod in release.pods()} == before, 60)
        evidence("rolled back")
        attempts = load.stop()
    evidence(f"attempts by outcome: {attempts.by_outcome()}")
    assert set(attempts.by_outcome()) == {"200"}


def tried(release, before: set[str]) -> str:
    """What the new pod's own readiness says, once it has had a chance."""
    for pod in release.pods():
        if pod["metadata"]["name"] in before:
            continue
        for one in pod["status"].get("containerStatuses", []):
            if one["name"] == "doclayout" and (one["restartCount"] > 0 or one.get("started")):
                return pod["metadata"]["name"]
    return ""
