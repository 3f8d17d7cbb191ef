"""The real Alertmanager with the shipped configuration: who is told what, and in which shape."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest
from alertmanager import ADAPTER_URL, CONFIGURATION, PATIENCE_SECONDS, SLACK_FILE, adapter, alertmanager
from metrics import tool
from probe import Peer, Reply, peer
from shipped import alerts

SLACK = "/services/T0/B0/secret"
DINGTALK = "/robot/send"
TAKEN = {SLACK: Reply(200, b"ok"), DINGTALK: Reply(200, b'{"errcode":0,"errmsg":"ok"}')}


def firing(name: str, **labels: str) -> dict:
    """An alert as Prometheus makes it of the shipped rule, its description as of one replica."""
    rule = alerts()[name]
    mine = {"alertname": name, "job": "doclayout", "namespace": "doc-processing"} | rule["labels"] | labels
    kept = {key: value for key, value in mine.items() if value}
    text = f"what {name} says of {kept.get('pod', 'all')}"
    return {"labels": kept, "annotations": dict(rule["annotations"]) | {"description": text}}


@pytest.fixture
def chats():
    """Slack and DingTalk."""
    with peer(TAKEN) as server:
        yield server


@pytest.fixture
def manager(chats, tmp_path):
    with contextlib.ExitStack() as stack:
        beside = stack.enter_context(adapter(tmp_path, f"{chats.url}{DINGTALK}?access_token=secret"))
        yield stack.enter_context(alertmanager(tmp_path, chats.url + SLACK, f"http://127.0.0.1:{beside.address}/"))


def amtool(*arguments) -> str:
    done = subprocess.run(
        [tool("amtool"), *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def texts(chats: Peer, path: str) -> list[str]:
    return [call.body.decode() for call in chats.of(path)]


# --- the configuration ---


def test_amtool_takes_it_and_no_address_is_in_it():
    said = amtool("check-config", CONFIGURATION)

    assert "SUCCESS" in said
    text = CONFIGURATION.read_text()
    assert f"slack_api_url_file: {SLACK_FILE}" in text
    assert [line.strip() for line in text.splitlines() if "://" in line] == [f"- url: {ADAPTER_URL}"]


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (("job=doclayout", "severity=critical"), "chats"),
        (("job=doclayout-probe", "severity=warning"), "chats"),
        (("job=doclayout", "severity=info"), "notes"),
        (("job=another", "severity=critical"), "notes"),
    ],
)
def test_who_is_told(labels, receiver):
    assert amtool("config", "routes", "test", f"--config.file={CONFIGURATION}", *labels) == receiver


# --- messages ---


def test_an_alert_and_its_end_reach_both_chats(chats, manager):
    replicas = [firing("GpuMemoryHigh", pod=f"pp-doclayout-{one}") for one in "ab"]

    manager.post(*replicas)

    slack = chats.wait_for(SLACK, 1)[0].json()
    (attachment,) = slack["attachments"]
    assert attachment["title"] == "Warning: GpuMemoryHigh in doc-processing"
    assert attachment["color"] == "warning"
    for replica in replicas:
        assert replica["annotations"]["description"] in attachment["text"], "one message for both"
    assert "docs/operations.md#gpumemoryhigh" in attachment["text"]

    ding = chats.wait_for(DINGTALK, 1)[0]
    assert ding.headers["content-type"] == "application/json"
    body = ding.json()
    assert body.keys() == {"msgtype", "markdown"} and body["msgtype"] == "markdown"
    assert body["markdown"]["title"] == "Warning: GpuMemoryHigh in doc-processing"
    for replica in replicas:
        assert replica["annotations"]["description"] in body["markdown"]["text"]
    assert "docs/operations.md#gpumemoryhigh" in body["markdown"]["text"]

    manager.post(*replicas, resolved=True)

    assert chats.wait_for(SLACK, 2)[1].json()["attachments"][0]["title"] == "Resolved: GpuMemoryHigh in doc-processing"
    assert chats.wait_for(SLACK, 2)[1].json()["attachments"][0]["color"] == "good"
    assert chats.wait_for(DINGTALK, 2)[1].json()["markdown"]["title"] == "Resolved: GpuMemoryHigh in doc-processing"


def test_a_note_goes_to_slack_alone(chats, manager):
    manager.post(firing("RateLimited"))
    chats.wait_for(SLACK, 1)

    # What comes later and goes to both shows that nothing was on its way.
    manager.post(firing("Overload"))
    chats.wait_for(DINGTALK, 1)

    assert not any("RateLimited" in text for text in texts(chats, DINGTALK))
    assert "RateLimited" in texts(chats, SLACK)[0]


@pytest.mark.parametrize(
    ("namespace", "muted"), [("doc-processing", ["doc-processing"]), ("", ["doc-processing", "other"])]
)
def test_a_service_that_is_down_mutes_what_else_is_wrong_with_it(chats, manager, namespace, muted):
    """In its namespace; when there is no target at all, in every one."""
    manager.post(firing("ServiceDown", namespace=namespace))
    chats.wait_for(SLACK, 1)

    manager.post(*(firing("LatencyHigh", namespace=one) for one in ("doc-processing", "other")))
    manager.post(firing("HpaAtMaximum", job="another", namespace="doc-processing"))
    chats.wait_for(SLACK, 4 - len(muted))

    states = {
        one["labels"]["namespace"]: one["status"]["state"]
        for one in manager.api("alerts", filter='alertname="LatencyHigh"')
    }
    assert states == {one: "suppressed" if one in muted else "active" for one in ("doc-processing", "other")}
    told = " ".join(texts(chats, SLACK) + texts(chats, DINGTALK))
    assert "HpaAtMaximum" in told, "another service's"
    assert [one for one in ("doc-processing", "other") if f"LatencyHigh in {one}" in told] == [
        one for one in ("doc-processing", "other") if one not in muted
    ]


@pytest.mark.parametrize(
    ("louder", "muted"),
    [
        ("NoReplicaReady", "NotReady"),
        ("AvailabilityBurnFast", "ErrorRateHigh"),
        ("AvailabilityBurnFast", "AvailabilityBurnSlow"),
        ("LatencyBurnFast", "LatencyHigh"),
        ("LatencyBurnFast", "LatencyBurnSlow"),
        ("RefusalsHigh", "Overload"),
    ],
)
def test_the_same_trouble_is_told_once(chats, manager, louder, muted):
    manager.post(firing(louder))
    chats.wait_for(SLACK, 1)

    manager.post(firing(muted, pod="pp-doclayout-a"), firing("EventLoopBlocked"))
    chats.wait_for(SLACK, 2)

    (found,) = manager.api("alerts", filter=f'alertname="{muted}"')
    assert found["status"]["state"] == "suppressed"


# --- DingTalk's adapter ---


NOTIFICATION = {
    "status": "firing",
    "commonLabels": {"alertname": "NotReady", "severity": "warning", "job": "doclayout"},
    "commonAnnotations": {},
    "truncatedAlerts": 3,
    "alerts": [
        {"status": "firing", "labels": {"alertname": "NotReady"}, "annotations": {"description": f"replica {i}"}}
        for i in range(30)
    ],
}


def notify(port: str, body: bytes) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", body, timeout=PATIENCE_SECONDS) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code


def test_alertmanager_tries_again_what_dingtalk_is_too_busy_for(chats, manager):
    chats.replies[DINGTALK] = Reply(200, b'{"errcode":130101,"errmsg":"send too fast"}')
    manager.post(firing("SlotStuck"))
    chats.wait_for(DINGTALK, 2)

    chats.replies[DINGTALK] = TAKEN[DINGTALK]
    chats.wait_for_more(DINGTALK, 1)

    assert all("SlotStuck" in text for text in texts(chats, DINGTALK))


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (TAKEN[DINGTALK], 200),
        (Reply(200, b'{"errcode":310000,"errmsg":"keywords not in content"}'), 400),
        (Reply(200, b'{"errcode":-1,"errmsg":"busy"}'), 502),
        (Reply(200, b"<html>a proxy</html>"), 502),
        (Reply(403, b""), 400),
        (Reply(429, b""), 502),
        (Reply(500, b""), 502),
    ],
)
def test_what_dingtalk_answers_decides_whether_it_is_tried_again(chats, tmp_path, reply, status):
    chats.replies[DINGTALK] = reply
    with adapter(tmp_path, chats.url + DINGTALK + "?access_token=hidden") as beside:
        assert notify(beside.address, json.dumps(NOTIFICATION).encode()) == status

        assert len(chats.of(DINGTALK)) == 1
    assert "hidden" not in beside.log(), "the address is a secret"


def test_a_robot_that_wants_signatures_gets_them(chats, tmp_path):
    with adapter(tmp_path, chats.url + DINGTALK + "?access_token=x", secret="SECabc") as beside:
        assert notify(beside.address, json.dumps(NOTIFICATION).encode()) == 200

    query = urllib.parse.parse_qs(urllib.parse.urlsplit(chats.of(DINGTALK)[0].path).query)
    (at,), (sign,) = query["timestamp"], query["sign"]
    assert sign == base64.b64encode(hmac.new(b"SECabc", f"{at}\nSECabc".encode(), hashlib.sha256).digest()).decode()


def test_many_alerts_are_a_message_that_dingtalk_takes(chats, tmp_path):
    with adapter(tmp_path, chats.url + DINGTALK) as beside:
        assert notify(beside.address, json.dumps(NOTIFICATION).encode()) == 200

    text = chats.of(DINGTALK)[0].json()["markdown"]["text"]
    assert "replica 19" in text and "replica 20" not in text
    assert "and 13 more" in text


@pytest.mark.parametrize("body", [b"", b"no JSON", b"[]", b'{"status": "firing"}', b'{"status": 1, "alerts": [2]}'])
def test_what_is_no_notification_is_refused_and_harms_nobody(chats, tmp_path, body):
    with adapter(tmp_path, chats.url + DINGTALK) as beside:
        assert notify(beside.address, body) == 400
        assert notify(beside.address, json.dumps(NOTIFICATION).encode()) == 200

    assert len(chats.of(DINGTALK)) == 1
