"""Who may ask, and how often: keys from a file that changes while the service runs, rates, proxies."""

from __future__ import annotations

import hashlib
import json
import os
import pathlib

import pytest
from service import Answer, Service

PROBES = ("/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics")
RELOADS = 'pp_doclayout_api_keys_reloads_total{outcome="%s"}'


def entry(name: str, **more) -> dict:
    """Of the client whose key is `key-of-NAME`."""
    return {"name": name, "sha256": hashlib.sha256(f"key-of-{name}".encode()).hexdigest()} | more


def replace(path: pathlib.Path, text: str):
    """As tools do that write a file whole: beside it, then over it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)


def keys_text(*entries: dict) -> str:
    return json.dumps({"keys": entries})


def ask(service: Service, name: str | None = None, target: str = "/version") -> Answer:
    return service.get(target, {"Authorization": f"Bearer key-of-{name}"} if name else {})


def events(service: Service, event: str, count: int) -> list[dict]:
    """The log's lines of that event, once there are so many: it is written a little later than what it tells of."""

    def lines() -> list[dict]:
        return [line for line in service.log_entries() if line["event"] == event]

    service.wait_until(lambda: service.get("/health").status == 200 and len(lines()) >= count, f"{count} lines {event}")
    return lines()


@pytest.fixture
def keys_file(tmp_path) -> pathlib.Path:
    path = tmp_path / "keys.json"
    path.write_text(keys_text(entry("billing")))
    return path


def test_a_key_is_needed_and_names_the_client(serve_with, keys_file, pages):
    service = serve_with("--api-keys-file", keys_file)
    page = (pages / "tiny.png").read_bytes()

    service.analyze(page).assert_problem(401, "unauthorized")
    assert ask(service).headers["www-authenticate"] == 'Bearer realm="doclayout"'
    ask(service, "nobody").assert_problem(401, "unauthorized")
    service.get("/version", {"Authorization": "Bearer a", "X-API-Key": "b"}).assert_problem(400, "bad_request")
    headers = {"X-API-Key": "key-of-billing", "X-Request-ID": "with-key"}
    assert service.request("POST", "/analyze", page, headers | {"Content-Type": "image/png"}).status == 200

    assert service.metric('pp_doclayout_rejected_total{reason="unauthorized"}') == 3
    clients = {line["id"]: line["client"] for line in events(service, "request", 5)}
    assert clients["with-key"] == "billing"
    assert set(clients.values()) == {"billing", "127.0.0.1"}
    assert "key-of" not in service.log()


def test_probes_and_metrics_are_open_unless_told_otherwise(serve_with, keys_file):
    service = serve_with("--api-keys-file", keys_file)
    for path in PROBES:
        assert ask(service, target=path).status == 200

    closed = serve_with("--api-keys-file", keys_file, "--api-keys-for-probes")
    for path in PROBES:
        ask(closed, target=path).assert_problem(401, "unauthorized")
        assert ask(closed, "billing", path).status == 200


def test_keys_are_read_again_when_the_file_is_replaced(serve_with, keys_file):
    service = serve_with("--api-keys-file", keys_file)
    assert ask(service, "billing").status == 200

    replace(keys_file, keys_text(entry("archive")))

    service.wait_until(lambda: ask(service, "archive").status == 200, "the new key is good")
    ask(service, "billing").assert_problem(401, "unauthorized")
    assert service.metric(RELOADS % "ok") == 1
    assert [line["keys"] for line in events(service, "api_keys_reloaded", 1)] == [1]


def test_keys_are_read_again_when_kubernetes_swaps_the_secret(serve_with, tmp_path):
    """A secret's volume: keys.json -> ..data/keys.json, ..data -> a folder; an update swaps ..data and removes the old."""
    for version, name in (("..2026_1", "billing"), ("..2026_2", "archive")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "keys.json").write_text(keys_text(entry(name)))
    (tmp_path / "..data").symlink_to("..2026_1")
    (tmp_path / "keys.json").symlink_to("..data/keys.json")
    service = serve_with("--api-keys-file", tmp_path / "keys.json")
    assert ask(service, "billing").status == 200

    (tmp_path / "..data_tmp").symlink_to("..2026_2")
    os.rename(tmp_path / "..data_tmp", tmp_path / "..data")
    (tmp_path / "..2026_1" / "keys.json").unlink()
    (tmp_path / "..2026_1").rmdir()

    service.wait_until(lambda: ask(service, "archive").status == 200, "the new key is good")
    ask(service, "billing").assert_problem(401, "unauthorized")


@pytest.mark.parametrize("spoil", ["broken", "gone"])
def test_a_file_that_is_wrong_later_leaves_the_keys_as_they_are(spoil, serve_with, keys_file):
    service = serve_with("--api-keys-file", keys_file)

    if spoil == "gone":
        keys_file.unlink()
    else:
        replace(keys_file, '{"keys": [{"name": "billing", "sha256": "key-of-billing"}]}')
    service.wait_until(lambda: service.metric(RELOADS % "failed") == 1, "the change is seen")

    assert ask(service, "billing").status == 200
    (kept,) = events(service, "api_keys_kept", 1)
    assert kept["level"] == "error"
    assert ("No such file" if spoil == "gone" else "key 1 ('billing')") in kept["reason"]
    assert "key-of" not in service.log()
    replace(keys_file, keys_text(entry("archive")))
    service.wait_until(lambda: ask(service, "archive").status == 200, "the next good file is taken")
    assert service.metric(RELOADS % "failed") == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--api-keys-file", "/nowhere/keys.json"], "the file of API keys '/nowhere/keys.json' is not usable"),
        (["--trusted-proxies", "10.0.0.1,proxy"], "--trusted-proxies: 'proxy' is no address"),
        (["--rate-limit", "-1"], "--rate-limit"),
    ],
)
def test_what_is_wrong_at_the_start_ends_it(options, message, run):
    result = run("serve", "--host", "127.0.0.1", "--port", "0", *options)

    assert result.returncode == 2
    assert message in result.stderr


def test_a_client_that_sends_too_much_is_told_when_to_come_again(serve_with, pages):
    service = serve_with("--rate-limit", "0.01", "--rate-burst", "2")
    page = (pages / "tiny.png").read_bytes()

    assert [service.analyze(page).status for _ in range(2)] == [200, 200]
    refused = service.analyze(page)

    problem = refused.assert_problem(429, "rate_limited")
    assert "may send 0.01 requests a second, and 2 at once" in problem["detail"]
    assert 90 <= int(refused.headers["retry-after"]) <= 100
    assert service.metric('pp_doclayout_rejected_total{reason="rate_limited"}') == 1
    for path in PROBES * 3:
        assert service.get(path).status == 200


def test_a_keys_own_rate_wins(serve_with, keys_file):
    keys_file.write_text(keys_text(entry("billing"), entry("archive", rate=0.01, burst=3)))
    service = serve_with("--api-keys-file", keys_file, "--rate-limit", "0.01")

    assert [ask(service, "billing").status for _ in range(2)] == [200, 429]
    assert [ask(service, "archive").status for _ in range(4)] == [200, 200, 200, 429]


def test_a_trusted_proxy_tells_who_the_client_is(serve_with):
    service = serve_with("--rate-limit", "0.01", "--trusted-proxies", "127.0.0.0/8, 10.0.0.0/8")

    def ask_for(forwarded: str) -> int:
        return service.get("/version", {"X-Forwarded-For": forwarded}).status

    assert ask_for("192.0.2.1") == 200
    assert ask_for("192.0.2.2, 10.0.0.7") == 200
    assert ask_for("203.0.113.9, 192.0.2.1") == 429
    assert ask_for("2001:db8:0:1::1") == 200
    assert ask_for("2001:db8:0:1::2") == 429
    clients = {line["client"] for line in events(service, "request", 5)}
    assert clients == {"192.0.2.1", "192.0.2.2", "2001:db8:0:1::/64"}


def test_nobody_else_can_say_who_the_client_is(serve_with):
    service = serve_with("--rate-limit", "0.01")

    assert service.get("/version", {"X-Forwarded-For": "192.0.2.1"}).status == 200
    service.get("/version", {"X-Forwarded-For": "192.0.2.2"}).assert_problem(429, "rate_limited")
