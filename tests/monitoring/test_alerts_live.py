"""The shipped rules in a real Prometheus over the real service: silent while all is well, and each fault that can be
had here fires the alert that is meant for it. Only `for` is left out: promtool's tests see to that, and nobody waits
for minutes."""

from __future__ import annotations

import concurrent.futures
import contextlib
import math
import pathlib
from collections.abc import Callable, Iterator

import pytest
from alertmanager import Alertmanager, alertmanager
from probe import Peer, Reply, peer
from prometheus import Prometheus, prometheus
from shipped import at_once, recorded

FAILS = "fail 1000"


@contextlib.contextmanager
def watching(folder: pathlib.Path, service, **more) -> Iterator[Prometheus]:
    folder = folder / "prometheus"
    folder.mkdir()
    with prometheus(folder, service.port, {"rule_files": at_once(folder)} | more) as server:
        server.wait_for(lambda: server.value('up{job="doclayout"}'), lambda value: value == 1, "a scrape")
        yield server


def alarms(server: Prometheus) -> set[str]:
    return {alert["labels"]["alertname"] for alert in server.api("alerts")["alerts"]}


def evaluated(server: Prometheus) -> dict[str, str]:
    """When each group was evaluated last."""
    return {group["name"]: group["lastEvaluation"] for group in server.api("rules")["groups"]}


def wait_for_evaluation(server: Prometheus):
    """Until each group has seen what is there now: its second evaluation from now begins after it."""
    for _ in range(2):
        before = evaluated(server)
        server.wait_for(
            lambda: evaluated(server), lambda now: all(now[name] != before[name] for name in before), "an evaluation"
        )


def wait_for_alarms(server: Prometheus, good: Callable[[set[str]], bool], what: str):
    server.wait_for(lambda: alarms(server), good, what)


def test_a_service_that_starts_and_that_nobody_asks_is_no_alarm(faulty, tmp_path):
    service = faulty(wait_for="listening", FAULTS_LOAD="15", DEEP_HEALTH_PERIOD_S="1")
    with watching(tmp_path, service) as server:
        wait_for_evaluation(server)  # before the first scrape there was no target, and a ServiceDown
        while_loading = alarms(server)
        assert server.value("sum(pp_doclayout_deep_health_checks_total)") == 0, "it still loads its model"
        assert while_loading == {"NotReady", "NoReplicaReady"}, "for which five minutes are given"

        service.wait_for("ready")
        checks = "sum(pp_doclayout_deep_health_checks_total)"
        server.wait_for(lambda: server.value(checks), lambda value: value >= 1, "a deep check")
        wait_for_evaluation(server)

        assert alarms(server) == set()
        rules = [rule for group in server.api("rules")["groups"] for rule in group["rules"]]
        assert {(rule["health"], rule.get("lastError")) for rule in rules} == {("ok", None)}
        values = [float(one["value"][1]) for one in server.query('{__name__=~"namespace_job:.+"}')]
        assert values and not any(math.isnan(value) for value in values)
        # What has nothing to say of nobody's requests: quantiles of nothing.
        told = {one["metric"]["__name__"] for one in server.query('{__name__=~"namespace_job:.+"}')}
        assert recorded().keys() - told == {name for name in recorded() if ":doclayout_analyze_seconds:" in name}


def test_good_pages_are_no_alarm_and_their_times_are_recorded(faulty, page, tmp_path):
    service = faulty()
    with watching(tmp_path, service) as server:
        for _ in range(3):
            assert service.analyze(page).status == 200
        quantile = "namespace_job:doclayout_analyze_seconds:p99_rate5m"
        server.wait_for(lambda: server.value(quantile), lambda value: value is not None, "a quantile")

        wait_for_evaluation(server)

        assert alarms(server) == set()
        assert 0 < server.value("namespace_job:doclayout_analyze_seconds:p50_rate5m") <= server.value(quantile)
        assert server.value("namespace_job:doclayout_success:ratio_rate5m") == 1
        assert server.value("namespace_job:doclayout_analyze:rate5m") > 0


def test_a_model_that_fails_is_an_alarm_until_it_is_well(faulty, page, tmp_path):
    service = faulty("--breaker-failures", "3", "--breaker-open-ms", "500")
    with watching(tmp_path, service) as server:
        service.tell(FAILS)
        statuses = [service.analyze(page).status for _ in range(6)]
        assert set(statuses) == {500, 503}, "503: the breaker is open"
        meant = {"EngineFails", "ErrorRateHigh", "AvailabilityBurnFast"}
        wait_for_alarms(server, lambda those: meant <= those, "the alarms")
        assert not {"Overload", "RefusalsHigh", "LatencyHigh"} & alarms(server), "these refusals are no load"

        service.tell("fail 0")
        service.wait_until(lambda: service.analyze(page).status == 200, "the breaker closes")
        wait_for_alarms(server, lambda those: "EngineFails" not in those, "its end")


def test_a_model_that_finds_nothing_is_an_alarm(faulty, tmp_path):
    service = faulty(DEEP_HEALTH_PERIOD_S="1")
    with watching(tmp_path, service) as server:
        service.tell("empty 100000")
        wait_for_alarms(server, lambda those: "DeepHealthFailing" in those, "the alarm")

        service.tell("empty 0")
        wait_for_alarms(server, lambda those: "DeepHealthFailing" not in those, "its end")


def test_a_slow_model_is_an_alarm(faulty, page, tmp_path):
    service = faulty()
    with watching(tmp_path, service) as server:
        service.tell("slow 1000 2100")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            answers = list(pool.map(lambda _: service.analyze(page).status, range(4)))
        assert answers == [200] * 4

        wait_for_alarms(server, lambda those: {"LatencyHigh", "LatencyBurnFast"} <= those, "the alarms")
        assert "ErrorRateHigh" not in alarms(server)


def test_refusals_are_an_alarm_and_no_error(faulty, page, tmp_path):
    service = faulty("--slots", "1", "--queue-capacity", "1", "--queue-spare-places", "0")
    with watching(tmp_path, service) as server:
        service.tell("slow 1000 500")
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda _: service.analyze(page).status, range(8)))
        assert set(answers) == {200, 503}

        wait_for_alarms(server, lambda those: {"Overload", "RefusalsHigh"} <= those, "the alarms")
        assert not {"ErrorRateHigh", "AvailabilityBurnFast"} & alarms(server)


@pytest.mark.parametrize(
    ("state", "alarm"),
    [("hot", "GpuHot"), ("throttled", "GpuHot"), ("full", "GpuMemoryHigh"), ("ecc", "GpuErrors"), ("lost", "GpuLost")],
)
def test_a_gpu_in_trouble_is_an_alarm(gpu, tmp_path, state, alarm):
    gpu.wait_until(lambda: gpu.metric("pp_doclayout_gpu_up") == 1, "a reading")
    with watching(tmp_path, gpu) as server:
        wait_for_evaluation(server)
        assert not {name for name in alarms(server) if name.startswith("Gpu")}

        gpu.tell_gpu(state)

        wait_for_alarms(server, lambda those: alarm in those, "the alarm")


def test_a_service_that_is_gone_and_comes_back_is_told_to_slack(faulty, tmp_path):
    service = faulty()
    hook = "/services/T0/B0/secret"
    with contextlib.ExitStack() as stack:
        slack = stack.enter_context(peer({hook: Reply(200, b"ok")}))
        manager = stack.enter_context(alertmanager(tmp_path, slack.url + hook, slack.url + "/dingtalk"))
        target = {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]}
        server = stack.enter_context(watching(tmp_path, service, alerting=target))

        assert service.stop() == 0
        wait_for_alarms(server, lambda those: {"ServiceDown", "ReplicaDown"} <= those, "the alarms")
        # While it drained it may have been seen as not ready.
        server.wait_for(lambda: titles(slack, hook), lambda those: "Critical: ServiceDown" in those, "the message")
        texts = [call.json()["attachments"][0]["text"] for call in slack.of(hook)]
        assert any("docs/operations.md#servicedown" in text for text in texts)
        server.wait_for(lambda: states(manager), lambda now: now.get("ReplicaDown") == "suppressed", "the muting")

        back = faulty("--port", str(service.port))
        assert back.port == service.port
        server.wait_for(lambda: titles(slack, hook), lambda those: "Resolved: ServiceDown" in those, "the end")


def states(manager: Alertmanager) -> dict[str, str]:
    return {one["labels"]["alertname"]: one["status"]["state"] for one in manager.api("alerts")}


def titles(slack: Peer, hook: str) -> list[str]:
    return [call.json()["attachments"][0]["title"] for call in slack.of(hook)]
