"""`doclayout probe`: what it tells a webhook, and when; and webhooks that hang, are busy or refuse."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
import urllib.parse

from probe import FAST, HEALTHY, LOADING, SILENT, UNHEALTHY, UP, Reply, fail_for, peer


def text_of(call) -> str:
    return call.json()["text"]


def test_an_alarm_is_one_message_and_so_is_its_end(probe, peer_service, webhook):
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--name", "layout-0")
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY, 8)
    webhook.wait_for("/secret", 1)
    fail_for(peer_service, HEALTHY, 8)
    webhook.wait_for("/secret", 2)
    fail_for(peer_service, HEALTHY, 4)

    alarm, recovery = webhook.calls
    assert alarm.headers["content-type"] == "application/json"
    assert text_of(alarm).startswith("*layout-0 is unhealthy*\n• detection_accuracy (unhealthy): 3 of 14 regions found")
    assert "Since 20" in text_of(alarm) and "/version" in text_of(alarm)
    assert f"{peer_service.url}/deep-health" in text_of(alarm)
    assert text_of(recovery).startswith("*layout-0 is well again*\nIt failed for ")
    assert sidecar.metric('pp_doclayout_probe_webhook_total{result="delivered"}') == 2
    assert "secret" not in sidecar.log()


def test_one_bad_verdict_is_no_message(probe, peer_service, webhook):
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--failures", "1000")
    fail_for(peer_service, UNHEALTHY, 10)

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


def test_other_checks_are_another_message(probe, peer_service, webhook):
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret")
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY, 4)
    webhook.wait_for("/secret", 1)
    fail_for(peer_service, Reply.report("unhealthy", ("gpu_temperature", "unhealthy", "96 C")), 4)

    changed = webhook.wait_for("/secret", 2)[1]
    assert "fails in another way now" in text_of(changed)
    assert "gpu_temperature (unhealthy): 96 C" in text_of(changed) and "nvidia-smi" in text_of(changed)


def test_it_is_repeated_while_it_lasts(probe, peer_service, webhook):
    peer_service.replies["/deep-health"] = UNHEALTHY
    probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--webhook-repeat-s", "0.3")

    first, second, third = webhook.wait_for("/secret", 3)[:3]

    assert "is unhealthy" in text_of(first)
    assert "is still unhealthy" in text_of(second)
    assert third.at - first.at > 0.3


def test_a_service_that_never_starts_is_an_alarm(probe, peer_service, webhook):
    peer_service.replies["/startupz"] = LOADING
    sidecar = probe(
        "--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--start-timeout-s", "0", "--failures", "1"
    )

    (call,) = webhook.wait_for("/secret", 1)
    assert "it was not up after 0 s: model_loaded: loading" in text_of(call)
    assert sidecar.wait_for_event("start_timeout")["level"] == "error"
    peer_service.replies["/startupz"] = UP["/startupz"]
    assert "well again" in text_of(webhook.wait_for("/secret", 2)[1])


def test_a_webhook_that_hangs_delays_neither_calls_nor_other_webhooks(probe, peer_service, webhook):
    with peer({"/secret": SILENT}) as hanging:
        sidecar = probe(
            *("--url", peer_service.url, *FAST),
            *("--webhook", f"{hanging.url}/secret", "--webhook", f"{webhook.url}/secret"),
        )
        sidecar.wait_for_event("probe")
        fail_for(peer_service, UNHEALTHY)
        hanging.wait_for("/secret", 1)
        webhook.wait_for("/secret", 1)
        fail_for(peer_service, HEALTHY, 20)
        webhook.wait_for("/secret", 2)

        assert len(hanging.calls) == 1
        start = time.monotonic()
        assert sidecar.stop() == 0
        assert time.monotonic() - start < 5
        assert sidecar.wait_for_event("webhook_dropped")["messages"] >= 1


def test_a_webhook_that_is_busy_is_tried_again(probe, peer_service, webhook):
    webhook.replies["/secret"] = Reply(500, b"oh")
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret")
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY)
    sidecar.wait_for_event("webhook_retry")
    webhook.replies["/secret"] = Reply(200, b"ok")

    sidecar.wait_for_metric('pp_doclayout_probe_webhook_total{result="delivered"}', 1)
    assert webhook.calls[0].body == webhook.calls[1].body


def test_a_webhook_that_refuses_is_logged_and_counted(probe, peer_service, webhook):
    webhook.replies["/secret"] = Reply(403, b"invalid_token")
    sidecar = probe("--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret?key=hidden")
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY)

    failed = sidecar.wait_for_event("webhook_failed")
    assert (failed["level"], failed["webhook"], failed["attempt"]) == ("error", webhook.url, 1)
    assert failed["reason"] == "it answered 403: invalid_token"
    sidecar.wait_for_metric('pp_doclayout_probe_webhook_total{result="failed"}', 1)
    assert "secret" not in sidecar.log() and "hidden" not in sidecar.log()


def test_dingtalk_gets_markdown_that_is_signed(probe, peer_service, webhook):
    webhook.replies["/robot/send"] = Reply(200, b'{"errcode":0,"errmsg":"ok"}')
    sidecar = probe(
        *("--url", peer_service.url, *FAST, "--webhook-format", "dingtalk", "--name", "layout-0"),
        PROBE_WEBHOOK=f"{webhook.url}/robot/send?access_token=hidden",
        PROBE_DINGTALK_SECRET="SEC-hidden",
    )
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY)

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


def test_dingtalk_that_does_not_take_it_is_a_failure(probe, peer_service, webhook):
    webhook.replies["/secret"] = Reply(200, b'{"errcode":310000,"errmsg":"sign not match"}')
    sidecar = probe(
        "--url", peer_service.url, *FAST, "--webhook", f"{webhook.url}/secret", "--webhook-format", "dingtalk"
    )
    sidecar.wait_for_event("probe")
    fail_for(peer_service, UNHEALTHY)

    assert "310000: sign not match" in sidecar.wait_for_event("webhook_failed")["reason"]
