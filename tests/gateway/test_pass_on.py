"""What goes through the gateway unchanged and unheld: answers, errors, ids, and streams in both directions."""

from __future__ import annotations

import concurrent.futures
import json
import queue
import re
import subprocess
import threading

import pytest
from gateway import PATIENCE_SECONDS, SHIPPED
from metrics import tool
from service import multipart

HELD_SECONDS = 2  # what a stream is given to come through; it takes milliseconds


def test_the_files_as_they_ship_are_a_good_configuration(tmp_path):
    command = [tool("nginx"), "-t", "-q", "-p", str(tmp_path), "-c", str(SHIPPED / "nginx.conf"), "-g", "daemon off;"]

    tested = subprocess.run(command, capture_output=True, text=True, check=False)

    assert tested.returncode == 0 and not tested.stderr, tested.stderr


def test_a_page_comes_back_byte_for_byte(service, gateway, page):
    through = gateway(service)

    drawn, drawn_directly = (one.analyze(page, "image/png", "?format=png") for one in (through, service))
    form, content_type = multipart([("file", "form.png", page)])
    found, found_directly = (one.analyze(form, content_type) for one in (through, service))

    assert (drawn.status, found.status) == (200, 200)
    assert drawn.body == drawn_directly.body
    assert found.json()["pages"] == found_directly.json()["pages"]
    assert found.json()["pages"][0]["regions"]
    told = {"content-type", "server-timing", "x-request-id"}
    assert told <= found.headers.keys() and told <= found_directly.headers.keys()


HIDDEN = {"proxy_buffering  ": "proxy_hide_header Retry-After; proxy_buffering  "}


@pytest.mark.parametrize("changes, expected", [({}, "37"), (HIDDEN, None)])
def test_a_refusal_of_the_service_keeps_its_retry_after(gateway, upstream, changes, expected):
    problem = json.dumps({"code": "overloaded", "status": 503}).encode()
    told = {"Content_Type": "application/problem+json", "Retry_After": "37"}
    behind = upstream(lambda request: request.answer(503, problem, **told))

    answer = gateway(behind, changes=changes).get("/version")

    assert (answer.status, answer.body, answer.headers["content-type"]) == (503, problem, "application/problem+json")
    assert answer.headers.get("retry-after") == expected


def test_a_full_queue_refuses_a_large_document_before_it_is_sent(faulty, gateway, page):
    """The answer comes while the body is still on its way; it must not become nginx's 502."""
    service = faulty("--slots", "1", "--threads", "1", "--queue-capacity", "1", "--queue-spare-places", "0")
    through = gateway(service)
    service.tell("slow 2 2000")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        busy = [pool.submit(through.analyze, page)]
        service.wait_until(lambda: service.metric("pp_doclayout_slots_busy") == 1, "a busy slot")
        busy.append(pool.submit(through.analyze, page))
        service.wait_until(lambda: service.metric("pp_doclayout_request_queue_length") == 1, "a full queue")

        refused = through.analyze(bytes(30_000_000))

        assert [one.result().status for one in busy] == [200, 200]
    refused.assert_problem(503, "overloaded")
    assert int(refused.headers["retry-after"]) >= 1
    assert through.log.found(status=503)["bytes_in"] < 30_000_000


@pytest.mark.parametrize("sent", ["order-4711", None])
def test_both_logs_have_the_same_id(service, gateway, page, sent):
    through = gateway(service)
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"Content-Type": "image/png", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}

    answer = through.request("POST", "/analyze", page, headers | ({"X-Request-ID": sent} if sent else {}))

    identity = answer.headers["x-request-id"]
    assert answer.json()["request_id"] == identity
    assert sent is None or identity == sent
    assert through.log.found(id=identity)["upstream_status"] == "200"
    assert service.logged(id=identity)["trace_id"] == trace
    assert trace in through.log.found(id=identity)["traceparent"]


@pytest.mark.parametrize("sent", ['a"b', "a\\b", "two words", "ä", "x" * 129])
def test_an_id_that_one_of_both_would_not_take_is_replaced_for_both(gateway, upstream, sent):
    behind = upstream()
    through = gateway(behind)

    through.request("GET", "/version", headers={"X-Request-ID": sent.encode()})
    refused = through.request("GET", "/metrics", headers={"X-Request-ID": sent.encode()})

    made = behind.requests[0].headers["x-request-id"]
    assert re.fullmatch("[0-9a-f]{32}", made)
    assert through.log.found(path="/version")["id"] == made
    refused.assert_problem(404, "not_found")


def test_the_service_is_told_who_calls_and_believes_no_caller(service, gateway, upstream):
    through = gateway(service)

    answer = through.request("GET", "/version", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})

    assert service.logged(id=answer.headers["x-request-id"])["client"] == "198.51.100.7"

    behind = upstream()
    gateway(behind).request("GET", "/version", headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.7"})
    assert behind.requests[0].headers["x-forwarded-for"] == "198.51.100.7"


# Small chunks nginx does not hold back even with buffering: that is why there is no such case.
@pytest.mark.parametrize(
    "chunked, buffering, comes_through", [(True, "off", True), (False, "off", True), (False, "on", False)]
)
def test_lines_come_as_they_are_written(gateway, upstream, chunked, buffering, comes_through):
    """The next line is written once the last has been read at the other end: whoever holds it back is found out."""
    lines = [json.dumps({"page": number}).encode() + b"\n" for number in range(3)]
    read = [threading.Event() for _ in lines]
    waited: queue.Queue[bool] = queue.Queue()

    def trickle(request):
        request.begin(None if chunked else len(b"".join(lines)))
        for line, event in zip(lines, read, strict=True):
            (request.chunk if chunked else request.write)(line)
            waited.put(event.wait(PATIENCE_SECONDS if comes_through else HELD_SECONDS))
        if chunked:
            request.chunk(b"")

    changes = {"proxy_buffering         off": f"proxy_buffering {buffering}"}
    connection = gateway(upstream(trickle), changes=changes).connect()
    connection.request("POST", "/jobs", b"")
    response = connection.getresponse()
    for line, event in zip(lines, read, strict=True):
        assert response.readline() == line
        event.set()

    assert all([waited.get(timeout=PATIENCE_SECONDS) for _ in lines]) is comes_through
    connection.close()


@pytest.mark.parametrize("buffering, comes_through", [("off", True), ("on", False)])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_goes_on_as_it_comes(gateway, upstream, chunked, buffering, comes_through):
    first, second = b"a" * 1000, b"b" * 1000
    arrived = threading.Event()

    def take(request):
        as_chunks = "transfer-encoding" in request.headers  # which buffering makes one piece of
        if as_chunks:
            request.body.readline()
        request.body.read(len(first))
        arrived.set()
        if as_chunks:
            while request.body.readline() != b"0\r\n":
                pass
            request.body.readline()
        else:
            request.body.read(len(second))
        request.answer(200)

    changes = {"proxy_request_buffering off": f"proxy_request_buffering {buffering}"}
    through = gateway(upstream(take), changes=changes)
    length = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(first + second)}"
    parts = [b"3e8\r\n" + first + b"\r\n", b"3e8\r\n" + second + b"\r\n0\r\n\r\n"] if chunked else [first, second]
    with through.socket() as connection:
        connection.sendall(f"POST /analyze HTTP/1.1\r\nHost: x\r\n{length}\r\n\r\n".encode() + parts[0])
        assert arrived.wait(PATIENCE_SECONDS if comes_through else HELD_SECONDS) is comes_through
        connection.sendall(parts[1])
        assert through.answer_on(connection).status == 200


def test_a_caller_who_leaves_cancels_the_work(faulty, gateway, page):
    service = faulty("--slots", "1", "--threads", "1")
    through = gateway(service)
    service.tell("slow 1 2000")
    connection = through.connect()
    connection.request("POST", "/analyze", page, {"Content-Type": "image/png", "X-Request-ID": "left"})
    service.wait_until(lambda: service.metric("pp_doclayout_slots_busy") == 1, "the page in its slot")

    connection.close()

    assert service.logged(id="left")["outcome"] == "cancelled"
