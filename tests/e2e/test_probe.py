"""`doclayout probe`: against a service and webhooks that say what a test wants, and against the real service."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest
from conftest import environment
from probe import HEALTHY, SILENT, UNHEALTHY, WARNING, Peer, Probe, Reply, peer

UP = {"/startupz": Reply.report("healthy"), "/deep-health": HEALTHY}
LOADING = Reply.report("unhealthy", ("model_loaded", "unhealthy", "loading"))
COMPILING = Reply.report("unhealthy", ("model_loaded", "unhealthy", "compiling"))
FAST = ("--period-s", "0.05")
MOST_KIB = 20_000


@pytest.fixture
def probe(binary):
    """Starts probes with options of a test's own; each must end well."""
    probes = []

    def start(*options, program=binary, metrics=True, **variables) -> Probe:
        probes.append(Probe(program, environment() | variables, options, metrics))
        return probes[-1]

    yield start
    statuses = [probe.stop() for probe in probes]
    assert not any(statuses), "\n".join(probe.log() for probe in probes)


@pytest.fixture
def service():
    with peer(UP) as server:
        yield server


@pytest.fixture
def webhook():
    with peer({"/secret": Reply(200, b"ok")}) as server:
        yield server


def once(run, url: str, *options):
    return run("probe", "--once", "--url", url, *options)


def fail_for(service: Peer, reply: Reply, verdicts: int = 3):
    service.replies["/deep-health"] = reply
    service.wait_for_more("/deep-health", verdicts)


# --once


@pytest.mark.parametrize(
    ("reply", "status", "code"),
    [
        (HEALTHY, "healthy", 0),
        (WARNING, "warning", 0),
        (UNHEALTHY, "unhealthy", 1),
        (Reply.problem(504, "deadline_exceeded"), "unhealthy", 1),
        (Reply.problem(503, "draining"), "draining", 0),
        (Reply.problem(503, "not_ready"), "starting", 2),
        (Reply.problem(404, "not_found"), "unreachable", 2),
        (Reply(200, b"<html>"), "unreachable", 2),
        (Reply(200, b"[" * 50_000), "unreachable", 2),
        (Reply(200, b'{"status": "healthy", "checks": ["' + b"x" * 200_000), "unreachable", 2),
    ],
)
def test_once_tells_by_exit_code_and_report(run, service, reply, status, code):
    service.replies["/deep-health"] = reply

    result = once(run, service.url)

    assert result.returncode == code, result.stderr
    report = json.loads(result.stdout)
    assert report["status"] == status
    assert report["http_status"] == reply.status
    assert report["ms"] > 0
    assert len(service.of("/deep-health")) == 1


def test_once_prints_the_checks(run, service):
    service.replies["/deep-health"] = UNHEALTHY

    report = json.loads(once(run, service.url).stdout)

    assert report["checks"] == [
        {"name": "detection_accuracy", "status": "unhealthy", "details": "3 of 14 regions found"}
    ]


def test_once_cannot_ask_what_does_not_answer_in_time(run, service):
    service.replies["/deep-health"] = SILENT

    result = once(run, service.url, "--timeout-s", "0.1")

    assert result.returncode == 2
    assert "in time" in json.loads(result.stdout)["reason"]


def test_once_waits_for_the_start(run, service):
    service.replies["/startupz"] = LOADING
    results = []

    def start_later():
        service.wait_for("/startupz", 2)
        service.replies["/startupz"] = UP["/startupz"]

    thread = threading.Thread(target=start_later)
    thread.start()
    results.append(once(run, service.url))
    thread.join()

    assert results[0].returncode == 0, results[0].stderr
    assert "model_loaded: loading" in results[0].stderr
    first, second = service.of("/startupz")[:2]
    assert second.at - first.at > 0.5


def test_once_gives_up_a_service_that_does_not_start(run, service):
    service.replies["/startupz"] = LOADING

    result = once(run, service.url, "--start-timeout-s", "0")

    assert result.returncode == 2
    assert "model_loaded: loading" in json.loads(result.stdout)["reason"]
    assert not service.of("/deep-health")


def test_once_gives_up_where_nobody_listens(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    result = once(run, f"http://127.0.0.1:{port}", "--start-timeout-s", "0")

    assert result.returncode == 2
    assert json.loads(result.stdout)["status"] == "unreachable"


def test_once_does_not_wait_for_another_service(run, service):
    service.replies = {}

    result = once(run, service.url)

    assert result.returncode == 2
    assert "404" in json.loads(result.stdout)["reason"]


def test_once_goes_round_proxies(run, service):
    result = run("probe", "--once", "--url", service.url, env=environment() | {"http_proxy": "http://127.0.0.1:1"})

    assert result.returncode == 0, result.stdout


def test_once_that_is_broken_off_is_no_good_news(binary, service):
    service.replies["/deep-health"] = SILENT
    command = [str(binary), "probe", "--once", "--url", service.url]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        service.wait_for("/deep-health", 1)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 2
        assert process.stdout.read() == ""


def test_a_page_of_ones_own_is_sent(run, service, pages):
    page = pages / "contract.png"

    result = once(run, service.url, "--page", page, "--api-key", "key-7")

    assert result.returncode == 0, result.stderr
    (call,) = service.of("/deep-health")
    assert call.method == "POST"
    assert call.headers["authorization"] == "Bearer key-7"
    assert base64.b64decode(call.json()["image"], validate=True) == page.read_bytes()
    assert service.of("/startupz")[0].headers["authorization"] == "Bearer key-7"


def test_wrong_usage_is_2_and_keeps_secrets(run, tmp_path):
    empty = tmp_path / "empty.png"
    empty.touch()
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(5 << 20)
    for options in (
        ("--url", "localhost"),
        ("--url", "http://host:99999"),
        ("--page", empty),
        ("--page", large),
        ("--page", tmp_path),
        ("--webhook", "secret"),
        ("--once", "--nonsense"),
    ):
        result = run("probe", *options)

        assert result.returncode == 2, options
        assert result.stderr.startswith("doclayout: ") and "secret" not in result.stderr


def test_a_webhook_that_is_no_url_ends_the_start(run):
    result = run("probe", "--metrics-port", "-1", "--webhook", "http://secret:99999/")

    assert result.returncode == 2
    assert "webhook" in result.stderr and "secret" not in result.stderr


# The sidecar


def test_it_waits_for_the_start_and_says_the_phases(probe, service):
    service.replies["/startupz"] = LOADING
    sidecar = probe("--url", service.url, *FAST)
    sidecar.wait_for_event("waiting_for_start", lambda line: line["phase"] == "model_loaded: loading")

    service.replies["/startupz"] = COMPILING
    sidecar.wait_for_event("waiting_for_start", lambda line: line["phase"] == "model_loaded: compiling")
    assert not service.of("/deep-health")
    service.replies["/startupz"] = UP["/startupz"]

    sidecar.wait_for_event("started")
    service.wait_for("/deep-health", 2)
    assert len(sidecar.events("waiting_for_start")) == 2, "one line a phase"


def test_it_asks_on_the_period(probe, service):
    sidecar = probe("--url", service.url, "--period-s", "0.2")

    calls = service.wait_for("/deep-health", 8)

    # A busy machine may leave some out; that they do not drift is what the schedule's own tests are for.
    assert (calls[-1].at - calls[0].at) / 7 > 0.15
    assert sidecar.metric('pp_doclayout_probe_total{result="healthy"}') >= 7


def test_calls_never_overlap(probe, service):
    service.replies["/deep-health"] = SILENT
    probe("--url", service.url, "--period-s", "0.02", "--timeout-s", "0.1")

    calls = service.wait_for("/deep-health", 8)

    # One at a time lasts as long as its timeout; each on its period would take a fifth of that.
    assert (calls[7].at - calls[0].at) / 7 > 0.08


def test_each_verdict_is_one_line_and_changes_are_louder(probe, service):
    sidecar = probe("--url", service.url, *FAST)
    sidecar.wait_for_event("probe", lambda line: line["status"] == "healthy")
    service.replies["/deep-health"] = UNHEALTHY
    sidecar.wait_for_event("probe", lambda line: line["status"] == "unhealthy", count=3)

    line = sidecar.events("probe")[-1]
    assert line["level"] == "info"
    assert line["http_status"] == 503
    assert line["check.detection_accuracy"] == "unhealthy"
    assert line["ms"] > 0
    (change,) = sidecar.events("status_changed")
    assert (change["level"], change["from"], change["to"]) == ("error", "healthy", "unhealthy")
    assert change["details"] == "detection_accuracy: 3 of 14 regions found"


def test_metrics_are_there_from_the_start_and_correct(probe, service, run):
    service.replies["/startupz"] = LOADING
    sidecar = probe("--url", service.url, *FAST)

    assert sidecar.metric("pp_doclayout_probe_up") == 0
    assert math.isnan(sidecar.metric('pp_doclayout_probe_check{check="detection_accuracy"}'))
    assert sidecar.metric('pp_doclayout_probe_webhook_total{result="delivered"}') == 0
    text = sidecar.get("/metrics")[1]
    promtool = shutil.which("promtool")
    assert promtool, "PATH lacks .deps/tools"
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_metrics_follow_the_service(probe, service):
    service.replies["/deep-health"] = WARNING
    sidecar = probe("--url", service.url, *FAST)
    sidecar.wait_for_metric("pp_doclayout_probe_status", 0.5)
    assert sidecar.metric("pp_doclayout_probe_up") == 1
    assert sidecar.metric('pp_doclayout_probe_check{check="inference_speed"}') == 0.5
    assert abs(sidecar.metric("pp_doclayout_probe_last_success_timestamp_seconds") - time.time()) < 30
    assert sidecar.metric("pp_doclayout_probe_duration_seconds_count") >= 1

    service.replies["/deep-health"] = UNHEALTHY
    sidecar.wait_for_metric('pp_doclayout_probe_check{check="detection_accuracy"}', 0)
    assert sidecar.metric("pp_doclayout_probe_status") == 0
    assert sidecar.metric("pp_doclayout_probe_up") == 1

    service.replies["/deep-health"] = Reply(404, b"")
    sidecar.wait_for_metric("pp_doclayout_probe_up", 0)
    assert math.isnan(sidecar.metric('pp_doclayout_probe_check{check="detection_accuracy"}'))


def test_its_own_health_says_nothing_of_the_service(probe, service):
    service.replies["/deep-health"] = UNHEALTHY
    sidecar = probe("--url", service.url, *FAST)
    sidecar.wait_for_metric("pp_doclayout_probe_alarm", 1)

    status, body = sidecar.get("/health")

    assert status == 200
    assert json.loads(body)["checks"][0]["name"] == "probing"


def test_a_port_that_is_taken_ends_the_start(run, service):
    result = run("probe", "--url", service.url, "--metrics-host", "127.0.0.1", "--metrics-port", service.server_port)

    assert result.returncode == 1
    assert str(service.server_port) in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("path", ["/startupz", "/deep-health"])
def test_a_signal_ends_it_at_once(probe, service, number, path):
    service.replies[path] = SILENT
    sidecar = probe("--url", service.url, "--timeout-s", "60")
    service.wait_for(path, 1)

    start = time.monotonic()
    assert sidecar.stop(number) == 0
    assert time.monotonic() - start < 5
    assert sidecar.events("stopped")


def test_a_signal_ends_it_between_two_calls(probe, service):
    sidecar = probe("--url", service.url, "--period-s", "3600")
    sidecar.wait_for_event("probe")

    start = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("page_bytes", [0, 1 << 20])
def test_it_is_small(probe, service, webhook, tmp_path, page_bytes):
    page = tmp_path / "page.png"
    page.write_bytes(b"\x89PNG" + bytes(page_bytes - 4) if page_bytes else b"")
    sent = ["--page", page] if page_bytes else []
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", *sent)
    service.wait_for("/deep-health", 20)
    fail_for(service, UNHEALTHY)
    webhook.wait_for("/secret", 1)
    fail_for(service, HEALTHY)
    webhook.wait_for("/secret", 2)
    for _ in range(20):
        sidecar.get("/metrics")

    assert sidecar.program() == "doclayout_probe"
    assert 1000 < sidecar.resident_kib() < MOST_KIB
    assert sidecar.peak_resident_kib() < MOST_KIB


def test_the_small_program_takes_the_same_options(binary, service, tmp_path):
    program = binary.with_name("doclayout_probe")
    config = tmp_path / "probe.toml"
    config.write_text(f'[probe]\nurl = "{service.url}"\nonce = true\n')

    result = subprocess.run(
        [program, "--config", config], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    version = subprocess.run([program, "--version"], env=environment(), capture_output=True, text=True, check=False)
    nonsense = subprocess.run([program, "--nonsense"], env=environment(), capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "healthy"
    assert (version.returncode, version.stdout.split()[0]) == (0, "doclayout")
    assert nonsense.returncode == 2


def test_the_options_may_stand_before_the_command(run, service, tmp_path):
    config = tmp_path / "probe.toml"
    config.write_text(f'[probe]\nurl = "{service.url}"\n')

    result = run("--config", config, "probe", "--once", "--name", "probe")

    assert result.returncode == 0, result.stderr


def test_without_the_small_program_it_does_the_work_itself(probe, binary, service, tmp_path):
    alone = tmp_path / "doclayout"
    alone.symlink_to(binary)  # what is beside the link does not count: links are followed
    copied = tmp_path / "copy"
    copied.mkdir()
    shutil.copy(binary, copied / "doclayout")

    sidecar = probe("--url", service.url, *FAST, program=copied / "doclayout")
    service.wait_for("/deep-health", 1)

    assert sidecar.program() == "doclayout"
    linked = probe("--url", service.url, *FAST, program=alone)
    assert linked.program() == "doclayout_probe"


# Webhooks


def text_of(call) -> str:
    return call.json()["text"]


def test_an_alarm_is_one_message_and_so_is_its_end(probe, service, webhook):
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--name", "layout-0")
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY, 8)
    webhook.wait_for("/secret", 1)
    fail_for(service, HEALTHY, 8)
    webhook.wait_for("/secret", 2)
    fail_for(service, HEALTHY, 4)

    alarm, recovery = webhook.calls
    assert alarm.headers["content-type"] == "application/json"
    assert text_of(alarm).startswith("*layout-0 is unhealthy*\n• detection_accuracy (unhealthy): 3 of 14 regions found")
    assert "Since 20" in text_of(alarm) and "/version" in text_of(alarm)
    assert f"{service.url}/deep-health" in text_of(alarm)
    assert text_of(recovery).startswith("*layout-0 is well again*\nIt failed for ")
    assert sidecar.metric('pp_doclayout_probe_webhook_total{result="delivered"}') == 2
    assert "secret" not in sidecar.log()


def test_one_bad_verdict_is_no_message(probe, service, webhook):
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--failures", "1000")
    fail_for(service, UNHEALTHY, 10)

    assert not webhook.calls
    assert sidecar.metric("pp_doclayout_probe_alarm") == 0


def test_a_service_that_drains_is_no_message_and_one_that_is_gone_is(probe, webhook):
    with peer(UP) as service:
        sidecar = probe(
            *("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--failures", "3", "--name", "x"),
            *("--drain-timeout-s", "2"),
        )
        service.wait_for("/deep-health", 2)
        fail_for(service, Reply.problem(503, "draining"), 8)
        assert not webhook.calls
        assert sidecar.metric("pp_doclayout_probe_status") == 1
        service.replies["/startupz"] = LOADING
        port = service.server_port

    # Its closed port is no message at once: it may still answer what it has accepted.
    (call,) = webhook.wait_for("/secret", 1)
    assert sidecar.metric('pp_doclayout_probe_total{result="draining"}') > 8
    assert text_of(call).startswith("*x cannot be asked*\n• unreachable: ")

    with peer(UP, port) as service:
        service.wait_for("/deep-health", 4)
        recovery = webhook.wait_for("/secret", 2)[1]
        assert "well again" in text_of(recovery)


def test_other_checks_are_another_message(probe, service, webhook):
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret")
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY, 4)
    webhook.wait_for("/secret", 1)
    fail_for(service, Reply.report("unhealthy", ("gpu_temperature", "unhealthy", "96 C")), 4)

    changed = webhook.wait_for("/secret", 2)[1]
    assert "fails in another way now" in text_of(changed)
    assert "gpu_temperature (unhealthy): 96 C" in text_of(changed) and "nvidia-smi" in text_of(changed)


def test_it_is_repeated_while_it_lasts(probe, service, webhook):
    service.replies["/deep-health"] = UNHEALTHY
    probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--webhook-repeat-s", "0.3")

    first, second, third = webhook.wait_for("/secret", 3)[:3]

    assert "is unhealthy" in text_of(first)
    assert "is still unhealthy" in text_of(second)
    assert third.at - first.at > 0.3


def test_a_service_that_never_starts_is_an_alarm(probe, service, webhook):
    service.replies["/startupz"] = LOADING
    sidecar = probe(
        "--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--start-timeout-s", "0", "--failures", "1"
    )

    (call,) = webhook.wait_for("/secret", 1)
    assert "it was not up after 0 s: model_loaded: loading" in text_of(call)
    assert sidecar.wait_for_event("start_timeout")["level"] == "error"
    service.replies["/startupz"] = UP["/startupz"]
    assert "well again" in text_of(webhook.wait_for("/secret", 2)[1])


def test_a_webhook_that_hangs_delays_neither_calls_nor_other_webhooks(probe, service, webhook):
    with peer({"/secret": SILENT}) as hanging:
        sidecar = probe(
            *("--url", service.url, *FAST),
            *("--webhook", f"{hanging.url}/secret", "--webhook", f"{webhook.url}/secret"),
        )
        sidecar.wait_for_event("probe")
        fail_for(service, UNHEALTHY)
        hanging.wait_for("/secret", 1)
        webhook.wait_for("/secret", 1)
        fail_for(service, HEALTHY, 20)
        webhook.wait_for("/secret", 2)

        assert len(hanging.calls) == 1
        start = time.monotonic()
        assert sidecar.stop() == 0
        assert time.monotonic() - start < 5
        assert sidecar.wait_for_event("webhook_dropped")["messages"] >= 1


def test_a_webhook_that_is_busy_is_tried_again(probe, service, webhook):
    webhook.replies["/secret"] = Reply(500, b"oh")
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret")
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY)
    sidecar.wait_for_event("webhook_retry")
    webhook.replies["/secret"] = Reply(200, b"ok")

    sidecar.wait_for_metric('pp_doclayout_probe_webhook_total{result="delivered"}', 1)
    assert webhook.calls[0].body == webhook.calls[1].body


def test_a_webhook_that_refuses_is_logged_and_counted(probe, service, webhook):
    webhook.replies["/secret"] = Reply(403, b"invalid_token")
    sidecar = probe("--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret?key=hidden")
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY)

    failed = sidecar.wait_for_event("webhook_failed")
    assert (failed["level"], failed["webhook"], failed["attempt"]) == ("error", webhook.url, 1)
    assert failed["reason"] == "it answered 403: invalid_token"
    sidecar.wait_for_metric('pp_doclayout_probe_webhook_total{result="failed"}', 1)
    assert "secret" not in sidecar.log() and "hidden" not in sidecar.log()


def test_dingtalk_gets_markdown_that_is_signed(probe, service, webhook):
    webhook.replies["/robot/send"] = Reply(200, b'{"errcode":0,"errmsg":"ok"}')
    sidecar = probe(
        *("--url", service.url, *FAST, "--webhook-format", "dingtalk", "--name", "layout-0"),
        PROBE_WEBHOOK=f"{webhook.url}/robot/send?access_token=hidden",
        PROBE_DINGTALK_SECRET="SEC-hidden",
    )
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY)

    (call,) = webhook.wait_for("/robot/send", 1)
    query = dict(urllib.parse.parse_qsl(call.path.partition("?")[2], strict_parsing=True))
    signed = f"{query['timestamp']}\nSEC-hidden".encode()
    digest = hmac.new(b"SEC-hidden", signed, hashlib.sha256).digest()
    assert query == {
        "access_token": "hidden",
        "timestamp": query["timestamp"],
        "sign": base64.b64encode(digest).decode(),
    }
    assert abs(int(query["timestamp"]) / 1000 - time.time()) < 60
    message = call.json()
    assert message["msgtype"] == "markdown"
    assert message["markdown"]["title"] == "layout-0 is unhealthy"
    assert "- detection_accuracy (unhealthy): 3 of 14 regions found" in message["markdown"]["text"]
    sidecar.wait_for_metric('pp_doclayout_probe_webhook_total{result="delivered"}', 1)
    assert "hidden" not in sidecar.log()


def test_dingtalk_that_does_not_take_it_is_a_failure(probe, service, webhook):
    webhook.replies["/secret"] = Reply(200, b'{"errcode":310000,"errmsg":"sign not match"}')
    sidecar = probe(
        "--url", service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--webhook-format", "dingtalk"
    )
    sidecar.wait_for_event("probe")
    fail_for(service, UNHEALTHY)

    assert "310000: sign not match" in sidecar.wait_for_event("webhook_failed")["reason"]


# The real service


def test_of_the_real_service(run, serve, probe):
    url = f"http://127.0.0.1:{serve.port}"

    result = once(run, url)

    assert "waiting_for_start" not in result.stderr
    report = json.loads(result.stdout)
    assert (result.returncode, report["status"]) in ((0, "healthy"), (0, "warning")), report
    probe("--url", url, *FAST).wait_for_event("started")


def test_of_a_real_service_that_answers_nonsense(run, faulty, pages):
    service = faulty()
    service.tell("empty 1000000")
    url = f"http://127.0.0.1:{service.port}"

    golden = once(run, url)
    page = once(run, url, "--page", pages / "form.png")

    for result in (golden, page):
        assert (result.returncode, json.loads(result.stdout)["status"]) == (1, "unhealthy"), result.stdout
    service.tell("none 0")
    assert once(run, url, "--page", pages / "form.png").returncode == 0
