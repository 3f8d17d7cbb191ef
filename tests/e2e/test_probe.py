"""`doclayout probe`: against a service that says what a test wants, and against the real service. Its webhooks: test_probe_webhooks.py."""

from __future__ import annotations

import base64
import json
import math
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

import pytest
from conftest import environment
from probe import FAST, HEALTHY, LOADING, SILENT, UNHEALTHY, UP, WARNING, Reply, fail_for

COMPILING = Reply.report("unhealthy", ("model_loaded", "unhealthy", "compiling"))
MOST_KIB = 20_000


def once(run, url: str, *options):
    return run("probe", "--once", "--url", url, *options)


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
def test_once_tells_by_exit_code_and_report(run, peer_service, reply, status, code):
    peer_service.replies["/deep-health"] = reply

    result = once(run, peer_service.url)

    assert result.returncode == code, result.stderr
    report = json.loads(result.stdout)
    assert report["status"] == status
    assert report["http_status"] == reply.status
    assert report["ms"] > 0
    assert len(peer_service.of("/deep-health")) == 1


def test_once_prints_the_checks(run, peer_service):
    peer_service.replies["/deep-health"] = UNHEALTHY

    report = json.loads(once(run, peer_service.url).stdout)

    assert report["checks"] == [
        {"name": "detection_accuracy", "status": "unhealthy", "details": "3 of 14 regions found"}
    ]


def test_once_cannot_ask_what_does_not_answer_in_time(run, peer_service):
    peer_service.replies["/deep-health"] = SILENT

    result = once(run, peer_service.url, "--timeout-s", "0.1")

    assert result.returncode == 2
    assert "in time" in json.loads(result.stdout)["reason"]


def test_once_waits_for_the_start(run, peer_service):
    peer_service.replies["/startupz"] = LOADING
    results = []

    def start_later():
        peer_service.wait_for("/startupz", 2)
        peer_service.replies["/startupz"] = UP["/startupz"]

    thread = threading.Thread(target=start_later)
    thread.start()
    results.append(once(run, peer_service.url))
    thread.join()

    assert results[0].returncode == 0, results[0].stderr
    assert "model_loaded: loading" in results[0].stderr
    first, second = peer_service.of("/startupz")[:2]
    assert second.at - first.at > 0.5


def test_once_gives_up_a_service_that_does_not_start(run, peer_service):
    peer_service.replies["/startupz"] = LOADING

    result = once(run, peer_service.url, "--start-timeout-s", "0")

    assert result.returncode == 2
    assert "model_loaded: loading" in json.loads(result.stdout)["reason"]
    assert not peer_service.of("/deep-health")


def test_once_gives_up_where_nobody_listens(run):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    result = once(run, f"http://127.0.0.1:{port}", "--start-timeout-s", "0")

    assert result.returncode == 2
    assert json.loads(result.stdout)["status"] == "unreachable"


def test_once_does_not_wait_for_another_service(run, peer_service):
    peer_service.replies = {}

    result = once(run, peer_service.url)

    assert result.returncode == 2
    assert "404" in json.loads(result.stdout)["reason"]


def test_once_goes_round_proxies(run, peer_service):
    result = run("probe", "--once", "--url", peer_service.url, env=environment() | {"http_proxy": "http://127.0.0.1:1"})

    assert result.returncode == 0, result.stdout


def test_once_that_is_broken_off_is_no_good_news(binary, peer_service):
    peer_service.replies["/deep-health"] = SILENT
    command = [str(binary), "probe", "--once", "--url", peer_service.url]
    with subprocess.Popen(command, env=environment(), stdout=subprocess.PIPE, text=True) as process:
        peer_service.wait_for("/deep-health", 1)
        process.send_signal(signal.SIGTERM)

        assert process.wait(10) == 2
        assert process.stdout.read() == ""


def test_a_page_of_ones_own_is_sent(run, peer_service, pages):
    page = pages / "contract.png"

    result = once(run, peer_service.url, "--page", page, "--api-key", "key-7")

    assert result.returncode == 0, result.stderr
    (call,) = peer_service.of("/deep-health")
    assert call.method == "POST"
    assert call.headers["authorization"] == "Bearer key-7"
    assert base64.b64decode(call.json()["image"], validate=True) == page.read_bytes()
    assert peer_service.of("/startupz")[0].headers["authorization"] == "Bearer key-7"


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


def test_it_waits_for_the_start_and_says_the_phases(probe, peer_service):
    peer_service.replies["/startupz"] = LOADING
    sidecar = probe("--url", peer_service.url, *FAST)
    sidecar.wait_for_event("waiting_for_start", lambda line: line["phase"] == "model_loaded: loading")

    peer_service.replies["/startupz"] = COMPILING
    sidecar.wait_for_event("waiting_for_start", lambda line: line["phase"] == "model_loaded: compiling")
    assert not peer_service.of("/deep-health")
    peer_service.replies["/startupz"] = UP["/startupz"]

    sidecar.wait_for_event("started")
    peer_service.wait_for("/deep-health", 2)
    assert len(sidecar.events("waiting_for_start")) == 2, "one line a phase"


def test_it_asks_on_the_period(probe, peer_service):
    sidecar = probe("--url", peer_service.url, "--period-s", "0.2")

    calls = peer_service.wait_for("/deep-health", 8)

    # A busy machine may leave some out; that they do not drift is what the schedule's own tests are for.
    assert (calls[-1].at - calls[0].at) / 7 > 0.15
    assert sidecar.metric('pp_doclayout_probe_total{result="healthy"}') >= 7


def test_calls_never_overlap(probe, peer_service):
    peer_service.replies["/deep-health"] = SILENT
    probe("--url", peer_service.url, "--period-s", "0.02", "--timeout-s", "0.1")

    calls = peer_service.wait_for("/deep-health", 8)

    # One at a time lasts as long as its timeout; each on its period would take a fifth of that.
    assert (calls[7].at - calls[0].at) / 7 > 0.08


def test_each_verdict_is_one_line_and_changes_are_louder(probe, peer_service):
    sidecar = probe("--url", peer_service.url, *FAST)
    sidecar.wait_for_event("probe", lambda line: line["status"] == "healthy")
    peer_service.replies["/deep-health"] = UNHEALTHY
    sidecar.wait_for_event("probe", lambda line: line["status"] == "unhealthy", count=3)

    line = sidecar.events("probe")[-1]
    assert line["level"] == "info"
    assert line["http_status"] == 503
    assert line["check.detection_accuracy"] == "unhealthy"
    assert line["ms"] > 0
    (change,) = sidecar.events("status_changed")
    assert (change["level"], change["from"], change["to"]) == ("error", "healthy", "unhealthy")
    assert change["details"] == "detection_accuracy: 3 of 14 regions found"


def test_metrics_are_there_from_the_start_and_correct(probe, peer_service, run):
    peer_service.replies["/startupz"] = LOADING
    sidecar = probe("--url", peer_service.url, *FAST)

    assert sidecar.metric("pp_doclayout_probe_up") == 0
    assert math.isnan(sidecar.metric('pp_doclayout_probe_check{check="detection_accuracy"}'))
    assert sidecar.metric('pp_doclayout_probe_webhook_total{result="delivered"}') == 0
    text = sidecar.get("/metrics")[1]
    promtool = shutil.which("promtool")
    assert promtool, "PATH lacks .deps/tools"
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_metrics_follow_the_service(probe, peer_service):
    peer_service.replies["/deep-health"] = WARNING
    sidecar = probe("--url", peer_service.url, *FAST)
    sidecar.wait_for_metric("pp_doclayout_probe_status", 0.5)
    assert sidecar.metric("pp_doclayout_probe_up") == 1
    assert sidecar.metric('pp_doclayout_probe_check{check="inference_speed"}') == 0.5
    assert abs(sidecar.metric("pp_doclayout_probe_last_success_timestamp_seconds") - time.time()) < 30
    assert sidecar.metric("pp_doclayout_probe_duration_seconds_count") >= 1

    peer_service.replies["/deep-health"] = UNHEALTHY
    sidecar.wait_for_metric('pp_doclayout_probe_check{check="detection_accuracy"}', 0)
    assert sidecar.metric("pp_doclayout_probe_status") == 0
    assert sidecar.metric("pp_doclayout_probe_up") == 1

    peer_service.replies["/deep-health"] = Reply(404, b"")
    sidecar.wait_for_metric("pp_doclayout_probe_up", 0)
    assert math.isnan(sidecar.metric('pp_doclayout_probe_check{check="detection_accuracy"}'))


def test_its_own_health_says_nothing_of_the_service(probe, peer_service):
    peer_service.replies["/deep-health"] = UNHEALTHY
    sidecar = probe("--url", peer_service.url, *FAST)
    sidecar.wait_for_metric("pp_doclayout_probe_alarm", 1)

    status, body = sidecar.get("/health")

    assert status == 200
    assert json.loads(body)["checks"][0]["name"] == "probing"


def test_service_and_probe_answer_both_families_on_all_addresses(probe, serve_with):
    """What the chart's `listenAddress: "::"` stands on: the kubelet asks an IPv6 address, and the probe 127.0.0.1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("there is no IPv6 here")
    served = serve_with("--host", "::")
    sidecar = probe("--url", f"http://127.0.0.1:{served.port}", "--metrics-host", "::")

    for host in ("127.0.0.1", "[::1]"):
        for port in (served.port, sidecar.port):
            with urllib.request.urlopen(f"http://{host}:{port}/livez", timeout=60) as answer:
                assert answer.status == 200, (host, port)


def test_a_port_that_is_taken_ends_the_start(run, peer_service):
    result = run("probe", "--url", peer_service.url, "--metrics-host", "127.0.0.1", "--metrics-port", peer_service.server_port)

    assert result.returncode == 1
    assert str(peer_service.server_port) in result.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("path", ["/startupz", "/deep-health"])
def test_a_signal_ends_it_at_once(probe, peer_service, number, path):
    peer_service.replies[path] = SILENT
    sidecar = probe("--url", peer_service.url, "--timeout-s", "60")
    peer_service.wait_for(path, 1)

    start = time.monotonic()
    assert sidecar.stop(number) == 0
    assert time.monotonic() - start < 5
    assert sidecar.events("stopped")


def test_a_signal_ends_it_between_two_calls(probe, peer_service):
    sidecar = probe("--url", peer_service.url, "--period-s", "3600")
    sidecar.wait_for_event("probe")

    start = time.monotonic()
    assert sidecar.stop() == 0
    assert time.monotonic() - start < 5


@pytest.mark.parametrize("page_bytes", [0, 1 << 20])
def test_it_is_small(probe, peer_service, webhook, tmp_path, page_bytes):
    page = tmp_path / "page.png"
    page.write_bytes(b"\x89PNG" + bytes(page_bytes - 4) if page_bytes else b"")
    sent = ["--page", page] if page_bytes else []
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", *sent)
    peer_service.wait_for("/deep-health", 20)
    fail_for(peer_service, UNHEALTHY)
    webhook.wait_for("/secret", 1)
    fail_for(peer_service, HEALTHY)
    webhook.wait_for("/secret", 2)
    for _ in range(20):
        sidecar.get("/metrics")

    assert sidecar.program() == "doclayout_probe"
    assert 1000 < sidecar.resident_kib() < MOST_KIB
    assert sidecar.peak_resident_kib() < MOST_KIB


def test_the_small_program_takes_the_same_options(binary, peer_service, tmp_path):
    program = binary.with_name("doclayout_probe")
    config = tmp_path / "probe.toml"
    config.write_text(f'[probe]\nurl = "{peer_service.url}"\nonce = true\n')

    result = subprocess.run(
        [program, "--config", config], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )
    version = subprocess.run([program, "--version"], env=environment(), capture_output=True, text=True, check=False)
    nonsense = subprocess.run([program, "--nonsense"], env=environment(), capture_output=True, text=True, check=False)

    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["status"] == "healthy"
    assert (version.returncode, version.stdout.split()[0]) == (0, "doclayout")
    assert nonsense.returncode == 2


def test_the_options_may_stand_before_the_command(run, peer_service, tmp_path):
    config = tmp_path / "probe.toml"
    config.write_text(f'[probe]\nurl = "{peer_service.url}"\n')

    result = run("--config", config, "probe", "--once", "--name", "probe")

    assert result.returncode == 0, result.stderr


def test_without_the_small_program_it_does_the_work_itself(probe, binary, peer_service, tmp_path):
    alone = tmp_path / "doclayout"
    alone.symlink_to(binary)  # what is beside the link does not count: links are followed
    copied = tmp_path / "copy"
    copied.mkdir()
    shutil.copy(binary, copied / "doclayout")
    (copied / "deps").symlink_to(pathlib.Path(binary).parent / "deps")  # its libraries, found from where it lies

    sidecar = probe("--url", peer_service.url, *FAST, program=copied / "doclayout")
    peer_service.wait_for("/deep-health", 1)

    assert sidecar.program() == "doclayout"
    linked = probe("--url", peer_service.url, *FAST, program=alone)
    assert linked.program() == "doclayout_probe"


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
