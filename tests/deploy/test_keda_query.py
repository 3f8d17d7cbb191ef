"""What KEDA is told: the chart's query, asked of a real Prometheus' engine (`promtool test rules`) over series as they are when
pods are scraped, when some are not, and when there are none."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest
from conftest import NAMESPACE, WORKER

PODS = [f"pp-doclayout-deployment-5d8f-{name}" for name in "abcd"]
SCRAPED, FAILED, GONE = "1", "0", "stale"
JOB = "doclayout"
PER_SCRAPE = "15s"
# Four scrapes, and then as long as a case says.
BEFORE, SOON, LATER = 4, 4, 300


def series(name: str, values: str, **labels: str) -> dict:
    text = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return {"series": f"{name}{{{text}}}", "values": values}


def pod(name: str, load: float, then: str = SCRAPED, job: str = JOB, scrapes: int = SOON, namespace: str = NAMESPACE) -> list[dict]:
    """A pod that tells its load, and then does so still, cannot be scraped, or is no target any more."""
    labels = {"namespace": namespace, "pod": name, "job": job, "instance": name}
    told = f"{load}x{BEFORE - 1}"
    after = f"{load}x{scrapes - 1}" if then == SCRAPED else "stale"
    up = f"1x{BEFORE - 1} " + ("stale" if then == GONE else f"{then}x{scrapes - 1}")
    return [series("pp_doclayout_load_ratio", f"{told} {after}", **labels), series("up", up, **labels)]


def starting(name: str) -> list[dict]:
    """A target that has not answered yet."""
    labels = {"namespace": NAMESPACE, "pod": name, "job": JOB, "instance": name}
    return [series("up", f"_x{BEFORE - 1} 0x{SOON - 1}", **labels)]


@pytest.fixture(scope="module")
def answer(render, tmp_path_factory) -> Callable[..., str]:
    """promtool's complaint about the answer to the service's query; empty where it is `expected` (None: none)."""
    return asking(render, tmp_path_factory, "pp-doclayout-scaledobject")


@pytest.fixture(scope="module")
def workers_answer(render, tmp_path_factory) -> Callable[..., str]:
    """The same of the workers' query."""
    return asking(render, tmp_path_factory, "pp-doclayout-worker")


def asking(render, tmp_path_factory, name: str) -> Callable[..., str]:
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: scripts/bootstrap.sh --with test unpacks it into .deps/tools"
    scaled = render("autoscaling.kind=keda", *WORKER)["ScaledObject", name]["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"]["ignoreNullValues"] == "false", "an empty answer is an error, and not 0"
    folder = tmp_path_factory.mktemp("query")

    def ask(told: list[dict], expected: float | None, scrapes: int = SOON) -> str:
        samples = [] if expected is None else [{"value": expected}]
        question = {
            # Sums of fractions are not exact.
            "expr": f"round({trigger['metadata']['query']}, 0.001)",
            "eval_time": f"{15 * (BEFORE + scrapes - 1)}s",
            "exp_samples": samples,
        }
        case = {"interval": PER_SCRAPE, "input_series": told, "promql_expr_test": [question]}
        file = folder / "case.yaml"
        # promtool takes in samples only as far as its last evaluation.
        file.write_text(json.dumps({"evaluation_interval": PER_SCRAPE, "tests": [case]}))
        done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    return ask


def of(loads: list[float], *fates: str, **more) -> list[dict]:
    return [one for name, load, then in zip(PODS, loads, fates, strict=True) for one in pod(name, load, then, **more)]


ALL = (SCRAPED,) * 4
HALF = (SCRAPED, FAILED, SCRAPED, FAILED)
NONE = (FAILED,) * 4
BUSY, QUIET, IDLE = [1.2, 0.7, 2.0, 0.9], [0.1, 0.5, 0.3, 0.7], [0.0] * 4
PROBED = [series("up", f"1x{BEFORE + SOON - 2}", namespace=NAMESPACE, pod=name, job="doclayout-probe") for name in PODS]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param(of(BUSY, *ALL), 4.8, id="all are scraped"),
        pytest.param(of(QUIET, *ALL), 1.6, id="all are scraped, and quiet"),
        pytest.param(of(IDLE, *ALL), 0, id="nobody asks"),
        pytest.param(of(QUIET, *HALF), 0.8, id="half are scraped: the others count with their mean, 0.2"),
        pytest.param(of([0.7] * 4, *HALF), 2.8, id="half are scraped: nothing shrinks"),
        pytest.param(of(IDLE, *HALF), 0, id="half are scraped, and nobody asks"),
        pytest.param(of([1.0] * 4, *HALF), 3.2, id="half are scraped, over the target: as many as there are"),
        pytest.param(of([1.8] * 4, *HALF), 3.6, id="half are scraped, far over it: more by what is known"),
        pytest.param(of(BUSY, *NONE), None, id="none is scraped"),
        pytest.param(of(BUSY, *[GONE] * 4), None, id="none is a target any more"),
        pytest.param([], None, id="there never was one"),
        pytest.param(of(BUSY, *NONE) + PROBED, None, id="none is scraped, but for the probes"),
        pytest.param(of(BUSY, *ALL) + PROBED, 4.8, id="the probes are scraped too"),
        pytest.param(of(BUSY, *ALL) + of(BUSY, *ALL, job="kubernetes-pods"), 4.8, id="each is scraped by two jobs"),
        pytest.param(of(QUIET, *HALF) + of(QUIET, *HALF, job="kubernetes-pods"), 0.8, id="half, by two jobs"),
        pytest.param(of(QUIET, *HALF) + of(QUIET, *ALL, job="kubernetes-pods"), 1.6, id="half by one job, all by another"),
        pytest.param(of(BUSY, *ALL, job="another"), 4.8, id="the job is called otherwise"),
        pytest.param(of(BUSY, SCRAPED, SCRAPED, SCRAPED, GONE), 3.9, id="one was deleted"),
        pytest.param(of([1.0] * 4, *ALL) + starting(f"{PODS[0]}x"), 4.0, id="one starts"),
        pytest.param(of([0.7] * 4, *ALL) + starting(f"{PODS[0]}x"), 2.8, id="one starts that is not needed"),
        pytest.param(of(BUSY, *ALL) + pod("pp-doclayout-worker-1", 9), 4.8, id="other pods are no part of it"),
        pytest.param(of(BUSY, *ALL) + of(BUSY, *ALL, namespace="another"), 4.8, id="nor another namespace's"),
    ],
)
def test_what_is_not_scraped_neither_removes_nor_adds_pods(answer, told, expected):
    assert answer(told, expected) == ""


def test_a_pod_that_is_not_heard_of_for_an_hour_counts_no_more(answer):
    """Those of a lost node stay in the list as Terminating."""
    told = of([0.4] * 4, SCRAPED, SCRAPED, SCRAPED, FAILED, scrapes=LATER)

    assert answer(told, 1.2, LATER) == ""


def pages(waiting: int, **more: str) -> dict:
    labels = {"state": "pending", "namespace": NAMESPACE, "pod": PODS[0], "job": JOB, **more}
    return series("pp_doclayout_job_pages", f"{waiting}x{BEFORE + SOON - 2}", **labels)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param([pages(300)], 300, id="one tells"),
        pytest.param([pages(300), pages(300, pod=PODS[1])], 300, id="each tells of the same queue"),
        pytest.param([pages(290), pages(300, pod=PODS[1])], 300, id="one was asked a moment before"),
        pytest.param([pages(0)], 0, id="none waits"),
        pytest.param([pages(300), pages(900, state="processing")], 300, id="what is under way waits no more"),
        pytest.param([pages(300), pages(900, namespace="another")], 300, id="another namespace's are another queue"),
        pytest.param([], None, id="nobody tells"),
    ],
)
def test_the_pages_that_wait_are_counted_once(workers_answer, told, expected):
    assert workers_answer(told, expected) == ""


def test_a_wrong_answer_is_noticed(answer):
    assert "got:" in answer(of(BUSY, *ALL), 2.4)
