"""What prometheus-adapter asks of Prometheus by the shipped rules: each query asked of a real Prometheus' engine (`promtool test
rules`) over series as they are without traffic, with pods that start, and while most requests are refused."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable

import pytest
import yaml
from conftest import NAMESPACE, ROOT

RULES = ROOT / "deploy/monitoring/prometheus-adapter/rules.yaml"
MEAN, PENDING = "pp_doclayout_page_duration_mean_seconds", "pp_doclayout_job_pages_pending"
PODS = ["pp-doclayout-deployment-5d8f-a", "pp-doclayout-deployment-5d8f-b"]
PER_SCRAPE_SECONDS, SCRAPES = 15, 12


def query(name: str, by: str) -> str:
    """As the adapter fills it in, for both pods (by pod) or the namespace."""
    rules = yaml.safe_load(RULES.read_text())
    (rule,) = [one for one in rules["rules"] + rules["externalRules"] if one["name"]["as"] == name]
    matchers = f'namespace="{NAMESPACE}"' + (f',pod=~"{"|".join(PODS)}"' if by == "pod" else "")
    text = rule["metricsQuery"].replace("<<.Series>>", rule["seriesQuery"].partition("{")[0])
    return text.replace("<<.LabelMatchers>>", matchers).replace("<<.GroupBy>>", by)


@pytest.fixture
def answer(tmp_path) -> Callable[..., str]:
    """promtool's complaint about the query's answer; empty where it is `expected`, by pod or namespace."""
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: scripts/bootstrap.sh --with test unpacks it into .deps/tools"

    def ask(name: str, told: list[dict], expected: dict[str, float], by: str = "pod") -> str:
        samples = [{"labels": f'{{{by}="{of}"}}', "value": value} for of, value in expected.items()]
        # Rates of what rises evenly are not exact.
        question = {"expr": f"round({query(name, by)}, 0.001)", "eval_time": f"{PER_SCRAPE_SECONDS * (SCRAPES - 1)}s"}
        case = {"interval": f"{PER_SCRAPE_SECONDS}s", "input_series": told, "promql_expr_test": [question | {"exp_samples": samples}]}
        file = tmp_path / "case.yaml"
        # promtool takes in samples only as far as its last evaluation.
        file.write_text(json.dumps({"evaluation_interval": f"{PER_SCRAPE_SECONDS}s", "tests": [case]}))
        done = subprocess.run([promtool, "test", "rules", file], capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    return ask


def series(name: str, values: str, pod: str, **labels: str) -> dict:
    all_labels = {"namespace": NAMESPACE, "pod": pod, "job": "doclayout"} | labels
    return {"series": f"{name}{{{','.join(f'{label}={json.dumps(value)}' for label, value in all_labels.items())}}}", "values": values}


def rising(per_second: float, scrapes: int) -> str:
    """From 0, after as many scrapes without the pod as there are more."""
    return " ".join(["_"] * (SCRAPES - scrapes) + [str(per_second * PER_SCRAPE_SECONDS * number) for number in range(scrapes)])


def pages(
    pod: str, per_second: float, waited: float, inferred: float, left: float = 0, refused: float = 0, scrapes: int = SCRAPES
) -> list[dict]:
    """A pod that does `per_second` pages, each after `waited` seconds in `inferred`, others whose callers left, and refuses others."""
    told = []
    for name, seconds, rate in (
        ("pp_doclayout_queue_duration_seconds", waited, per_second),
        ("pp_doclayout_inference_latency_seconds", inferred, per_second + left),
    ):
        told.append(series(f"{name}_sum", rising(rate * seconds, scrapes), pod))
        told.append(series(f"{name}_count", rising(rate, scrapes), pod))
    http = "http_request_duration_seconds"
    told.append(series(f"{http}_sum", rising(per_second * (waited + inferred) + refused * 0.001, scrapes), pod, route="/analyze"))
    told.append(series(f"{http}_count", rising(per_second + refused, scrapes), pod, route="/analyze"))
    return told


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"per_second": 0}, {"per_second": 0}, (0, 0)),
        ({"per_second": 2, "waited": 1.5}, {"per_second": 0}, (2, 0)),
        # What is refused takes no time, and does not make the others' shorter.
        ({"per_second": 1, "waited": 7.5, "refused": 20}, {"per_second": 2}, (8, 0.5)),
        ({"per_second": 2, "waited": 5, "inferred": 1, "left": 2}, {"per_second": 0, "left": 3}, (6, 0.5)),
        # Of a pod that was scraped once there is no rate yet.
        ({"per_second": 2}, {"per_second": 2, "scrapes": 1}, (0.5, 0)),
    ],
    ids=["no traffic", "one of two", "refusals", "callers who left", "one that starts"],
)
def test_the_mean_latency_is_that_of_pages(answer, a, b, expected):
    told = [one for pod, says in zip(PODS, (a, b), strict=True) for one in pages(pod, **{"waited": 0, "inferred": 0.5} | says)]

    assert answer(MEAN, told, dict(zip(PODS, expected, strict=True))) == ""


@pytest.mark.parametrize("pending", [0, 1200])
def test_pages_that_wait_are_counted_once_whoever_tells_of_them(answer, pending):
    states = {"pending": pending, "processing": 7}
    told = [series("pp_doclayout_job_pages", f"{pages}x{SCRAPES}", pod, state=state) for pod in PODS for state, pages in states.items()]

    assert answer(PENDING, told, {NAMESPACE: pending}, by="namespace") == ""
