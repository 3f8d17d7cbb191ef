"""The rules: that promtool takes them and their tests pass, that no alert lacks a test that fires and one that does
not, and that the runbook, the operator's object and the rules say the same."""

from __future__ import annotations

import re
import runpy
import subprocess

import metrics
import pytest
from shipped import MONITORING, OPERATIONS, RULE_TESTS, RULES, alerts, load, metrics_in, one_line, recorded

SEVERITIES = ("critical", "warning", "info")
PROMTOOL_SECONDS = 600  # of a busy machine; the longest takes some 10 s of one that is not


def promtool(*arguments) -> str:
    done = subprocess.run(
        [metrics.tool("promtool"), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=PROMTOOL_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize(("name", "count"), [("recording.yaml", len(recorded())), ("alerts.yaml", len(alerts()))])
def test_promtool_takes_the_rules(name, count):
    assert f"{count} rules found" in promtool("check", "rules", RULES / name)


@pytest.mark.parametrize("name", sorted(path.name for path in RULE_TESTS.glob("*.yaml")))
def test_the_rules_own_tests_pass(name):
    assert "SUCCESS" in promtool("test", "rules", RULE_TESTS / name)


def asked() -> list[tuple[str, dict, set[str]]]:
    """Each question of the rules' tests about an alert, with the series that its case has."""
    found = []
    for path in RULE_TESTS.glob("*.yaml"):
        for case in load(path)["tests"]:
            series = {one["series"].partition("{")[0] for one in case["input_series"]}
            found += [(one["alertname"], one, series) for one in case.get("alert_rule_test", [])]
    return found


@pytest.mark.parametrize("name", alerts())
def test_every_alert_has_a_test_that_fires_and_one_that_does_not(name):
    questions = [(one, series) for alert, one, series in asked() if alert == name]

    fires = [one for one, _ in questions if one.get("exp_alerts")]
    # With all that it reads: it is silent because of the values, and not because there are none.
    feeding = metrics_in(alerts()[name]["expr"])
    silent = [one for one, series in questions if not one.get("exp_alerts") and feeding <= series]

    assert fires, "no test has it fire"
    assert silent, f"no test has {feeding} and it does not fire"


def test_the_tests_ask_for_no_alert_that_is_gone():
    assert {name for name, _, _ in asked()} == alerts().keys()


def test_what_fires_names_the_job_that_alertmanager_goes_by():
    fired = [alert["exp_labels"] for _, one, _ in asked() for alert in one.get("exp_alerts", [])]

    assert len(fired) > len(alerts())
    assert {labels["job"] for labels in fired} == {"doclayout"}


@pytest.mark.parametrize("name", alerts())
def test_every_alert_says_what_it_is_and_where_to_look(name):
    alert = alerts()[name]

    assert alert["labels"]["severity"] in SEVERITIES
    assert len(alert["annotations"]["summary"]) > 15
    assert len(alert["annotations"]["description"]) > 30
    assert alert["annotations"]["runbook_url"] == f"docs/operations.md#{name.lower()}"
    assert f"\n### {name}\n" in OPERATIONS.read_text(), "the runbook has no such entry"


def test_the_runbooks_table_says_what_the_rules_do():
    text = OPERATIONS.read_text()
    table = text[text.index("|---|---|\n", text.index("| alert | expression |")) : text.index("\n### ServiceDown\n")]
    told = dict(re.findall(r"^\| (\w+) \| (.*) \|$", table, re.M))

    expected = {}
    for name, alert in alerts().items():
        wait = f" for {alert['for'].removesuffix('m')} m" if "for" in alert else ""
        expression = one_line(alert["expr"]).replace("|", r"\|")
        expected[name] = f"`{expression}`{wait}, {alert['labels']['severity']}"

    assert told == expected


def test_the_operators_rules_are_the_rules():
    made = MONITORING / "operator" / "prometheusrule.yaml"
    maker = runpy.run_path(str(made.with_name("make_prometheusrule.py")))

    assert made.read_text() == maker["text"](), "run deploy/monitoring/operator/make_prometheusrule.py"
    shipped = load(RULES / "recording.yaml")["groups"] + load(RULES / "alerts.yaml")["groups"]
    assert load(made)["spec"]["groups"] == shipped
