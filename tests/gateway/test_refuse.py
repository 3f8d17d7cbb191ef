"""What the gateway refuses itself: in the service's shape, so that a caller needs to know one."""

from __future__ import annotations

import contextlib
import math
import time

import pytest
from service import read_answer

BURST = 20


def ask(connection, headers=None, path="/version"):
    connection.request("GET", path, headers=headers or {})
    return read_answer(connection.getresponse())


def refills(since: float) -> int:
    """Places that may have come back since then, at ten a second."""
    return math.ceil(10 * (time.monotonic() - since))


def test_a_burst_passes_and_the_rest_is_told_when_to_come_back(gateway, upstream):
    behind = upstream()
    connection = gateway(behind).connect()
    begin = time.monotonic()

    answers = [ask(connection) for _ in range(3 * BURST)]

    passed = [answer.status for answer in answers].count(200)
    assert all(answer.status == 200 for answer in answers[: 1 + BURST])
    assert 1 + BURST <= passed <= 1 + BURST + refills(begin)
    refused = [answer for answer in answers if answer.status != 200]
    assert refused
    for answer in refused:
        problem = answer.assert_problem(429, "rate_limited")
        assert (problem["type"], answer.headers["retry-after"]) == ("/problems/rate_limited", "1")
    assert len(behind.requests) == passed

    # Refusals do not count, and the time that they name is enough.
    since = time.monotonic()
    while ask(connection).status != 200:
        assert time.monotonic() < since + 1
    connection.close()


def test_a_burst_is_not_held_back(gateway, upstream):
    """In step (without `nodelay`) the last of it would wait for two seconds."""
    connection = gateway(upstream()).connect()
    begin = time.monotonic()

    assert {ask(connection).status for _ in range(BURST)} == {200}

    assert time.monotonic() - begin < 1.5
    connection.close()


# A machine that is busy is still faster than this.
SLOW = {"rate=10r/s": "rate=1r/s"}


def exhaust(connection, headers=None):
    """Calls until it is refused."""
    for _ in range(100):
        if ask(connection, headers).status == 429:
            return
    raise AssertionError("100 requests at once were not too many")


@pytest.mark.parametrize(
    "one, same, other",
    [
        ({"X-API-Key": "a"}, {"Authorization": "Bearer a"}, {"X-API-Key": "b"}),
        ({"Authorization": "Bearer a"}, {"Authorization": "bearer  a"}, {}),
        ({"X-API-Key": "a"}, {"X-API-Key": "a", "X-Forwarded-For": "192.0.2.9"}, {"X-Forwarded-For": "192.0.2.9"}),
        ({"X-Forwarded-For": "192.0.2.1"}, {"X-Forwarded-For": "::ffff:192.0.2.1"}, {"X-Forwarded-For": "192.0.2.2"}),
        (
            {"X-Forwarded-For": "::ffff:192.0.2.1"},
            {"X-Forwarded-For": "192.0.2.1"},
            {"X-Forwarded-For": "::ffff:192.0.2.2"},
        ),
        (
            {"X-Forwarded-For": "2001:db8:0:1::1"},
            {"X-Forwarded-For": "2001:db8:0:1:ffff::a0a"},
            {"X-Forwarded-For": "2001:db8:0:2::1"},
        ),
    ],
)
def test_a_client_is_a_key_or_an_address(gateway, upstream, one, same, other):
    connection = gateway(upstream(), changes=SLOW).connect()

    exhaust(connection, one)

    assert 429 in [ask(connection, same).status for _ in range(3)]
    assert ask(connection, other).status == 200
    connection.close()


def test_made_up_keys_are_no_way_round(gateway, upstream):
    connection = gateway(upstream(), changes={"rate=100r/s": "rate=1r/s"}).connect()

    statuses = [ask(connection, {"X-API-Key": f"made-up-{number}"}).status for number in range(250)]

    assert statuses[:201] == [200] * 201
    assert statuses.count(429) >= 30
    connection.close()


def test_probes_are_not_limited(gateway, upstream):
    connection = gateway(upstream(), changes=SLOW).connect()
    exhaust(connection)

    for path in ("/health", "/ready", "/livez", "/readyz", "/v2/health/live", "/v2/health/ready"):
        assert {ask(connection, path=path).status for _ in range(5)} == {200}
    connection.close()


@pytest.mark.parametrize(
    "path",
    ["/metrics", "/deep-health", "/startupz", "/admin/reload", "/admin", "/metrics?x=1", "//metrics", "/%6detrics"]
    + ["/version/../metrics", "/problems/rate_limited", "/patient/analyze"],
)
def test_the_operators_paths_stay_inside(gateway, upstream, path):
    behind = upstream()

    for method in ("GET", "POST"):
        gateway(behind).request(method, path).assert_problem(404, "not_found")

    assert not behind.requests


def test_what_the_gateway_does_not_know_the_service_answers(service, gateway):
    problem = gateway(service).get("/nothing").assert_problem(404, "not_found")

    assert "gateway" not in problem["detail"]


def test_a_body_over_the_limit_is_refused_before_it_is_sent(gateway, upstream):
    behind = upstream()
    head = b"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Length: 52428801\r\n\r\n"

    gateway(behind).raw(head).assert_problem(413, "too_large")

    assert not behind.requests


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(gateway, upstream):
    behind = upstream(lambda request: request.body.read() or request.answer(200))
    through = gateway(behind, changes={"client_max_body_size 52428800": "client_max_body_size 100000"})
    head = b"POST /analyze HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"2710\r\n" + bytes(10_000) + b"\r\n"

    through.raw(head + 11 * chunk + b"0\r\n\r\n").assert_problem(413, "too_large")


def test_a_body_of_the_limit_passes(gateway, upstream):
    through = gateway(upstream(), changes={"client_max_body_size 52428800": "client_max_body_size 100000"})

    assert through.request("POST", "/analyze", bytes(100_000)).status == 200


@pytest.mark.parametrize(
    "data, status, code",
    [
        (b"GET /version HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, "bad_request"),
        (b"nonsense\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431, "header_too_large"),
        (b"GET /version HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 431, "header_too_large"),
        (b"TRACE /version HTTP/1.1\r\nHost: x\r\n\r\n", 405, "method_not_allowed"),
        (b"GET /version HTTP/3.0\r\nHost: x\r\n\r\n", 505, "http_version"),
        (b"POST /analyze HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "bad_request"),
    ],
)
def test_what_is_no_good_http_is_a_problem_too(gateway, upstream, data, status, code):
    answer = gateway(upstream()).raw(data)

    answer.assert_problem(status, code)
    assert ("allow" in answer.headers) == (status == 405)


def test_the_log_has_neither_keys_nor_queries(gateway, upstream):
    through = gateway(upstream(), changes=SLOW)
    secrets = {"X-API-Key": "secret-one", "Authorization": "Bearer secret-two"}
    connection = through.connect()
    with contextlib.closing(connection):
        exhaust(connection, secrets)
        ask(connection, {"X-Request-ID": "last"}, "/version?threshold=secret-three")

    entry = through.log.found(id="last")
    assert through.log.found(status=429)["rate"] == "REJECTED"
    assert (entry["path"], entry["status"], entry["method"], entry["rate"]) == ("/version", 200, "GET", "PASSED")
    assert all(float(entry[f"upstream_{what}seconds"]) >= 0 for what in ("connect_", "header_", ""))
    assert "secret" not in through.log.text() + through.errors.text()
