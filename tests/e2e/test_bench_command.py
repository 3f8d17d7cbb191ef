"""`doclayout bench`: against the service, and against servers on this machine that answer as a bad day makes them."""

from __future__ import annotations

import collections
import contextlib
import http.server
import json
import re
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable

import pytest
from conftest import environment
from local_server import running

SLOW_SECONDS = 0.1


class Handler(http.server.BaseHTTPRequestHandler):
    """One request: read, counted, and answered by the test's own function."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60

    def do_GET(self) -> None:
        self.answer(404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.changed:
            self.server.requests.append((self.path, dict(self.headers), body))
            self.server.callers.add(self.client_address)
            number = len(self.server.requests) - 1
        with contextlib.suppress(ConnectionError):
            kind = self.server.behaviour(self, number)
            with self.server.changed:
                self.server.done[kind] += 1
                self.server.changed.notify_all()

    def log_message(self, *_arguments) -> None:
        pass

    def answer(self, status: int, body: bytes = b"{}", **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def problem(self, status: int, detail: str, **headers: object) -> None:
        self.answer(status, json.dumps({"status": status, "detail": detail}).encode(), **headers)

    def reset(self) -> None:
        """Ends the connection as a crash does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def wait_for_caller_to_leave(self) -> None:
        self.connection.recv(1)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, behaviour: Callable[[Handler, int], str]):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.changed = threading.Condition()
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.callers: set[tuple[str, int]] = set()
        self.done: collections.Counter[str] = collections.Counter()
        self.url = f"http://127.0.0.1:{self.server_port}"

    def done_by_kind(self, count: int) -> dict[str, int]:
        """What so many requests came to; the last ones may end here after they ended for their caller."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.done.total() >= count, timeout=30)
            return dict(self.done)

    def handle_error(self, *_arguments) -> None:
        pass  # callers that leave, and connections that the handlers break


def serving(behaviour: Callable[[Handler, int], str]) -> contextlib.AbstractContextManager[Server]:
    return running(Server(behaviour))


def good(handler: Handler, _number: int) -> str:
    handler.answer(200)
    return "ok"


def slow(handler: Handler, _number: int) -> str:
    threading.Event().wait(SLOW_SECONDS)
    handler.answer(200)
    return "ok"


def bad_day(handler: Handler, number: int) -> str:
    """One of each, in turn."""
    kinds = ("ok", "refused", "server_error", "expired", "client_error", "reset", "timeout", "other")
    kind = kinds[number % len(kinds)]
    if kind == "ok":
        handler.answer(200)
    elif kind == "refused":
        handler.problem(503, "the queue is full", Retry_After=1 + number % 16)
    elif kind == "server_error":
        handler.problem(500, "<b>our fault</b>")
    elif kind == "expired":
        handler.problem(504, "not done in time")
    elif kind == "client_error":
        handler.answer(422, b"no page")
    elif kind == "other":
        handler.answer(302, Location="http://127.0.0.1:1/")
    elif kind == "reset":
        handler.reset()
    else:
        handler.wait_for_caller_to_leave()
    return kind


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "page.png"
    path.write_bytes(b"not read by these servers")
    return path


@pytest.fixture
def bench(run, page):
    """Runs `doclayout bench` and gives its report, once the counts of every step were seen to add up."""

    def run_bench(url: str, *options, pages=None, status: int = 0) -> dict:
        result = run("bench", url, *(pages or [page]), "--warm-up", "0", "--format", "json", *options)
        assert result.returncode == status, result.stderr
        report = json.loads(result.stdout)
        for step in report["steps"]:
            assert sum(step["outcomes"].values()) == step["requests"]
            assert (step["latency_s"] or {"count": 0})["count"] == step["outcomes"]["ok"]
        seen = sum(moment[kind] for moment in report["timeline"] for kind in ("ok", "refused", "failed"))
        assert seen == sum(step["requests"] + step["warm_up_requests"] for step in report["steps"])
        assert seen == sum(moment["due"] for moment in report["timeline"])
        return report

    return run_bench


def outcomes(report: dict, step: int = 0) -> dict[str, int]:
    return {kind: count for kind, count in report["steps"][step]["outcomes"].items() if count > 0}


def test_counts_what_the_service_counted(bench, serve, pages):
    series = 'http_requests_total{method="POST",route="/analyze",status="200"}'
    before = serve.metric(series)

    report = bench(
        f"http://127.0.0.1:{serve.port}",
        *("--connections", "2", "--duration", "1.5", "--query", "threshold=0.4"),
        pages=[pages / "tiny.png"],
    )

    version = serve.get("/version").json()
    step = report["steps"][0]
    assert outcomes(report) == {"ok": step["requests"]}
    assert serve.metric(series) - before == step["requests"] > 0
    assert report["service"]["model"] == version["model"]["name"]
    assert report["service"]["slots"] == serve.metric("pp_doclayout_slots")
    assert step["latency_s"]["p50"] > 0
    assert step["service"]["inference_s"] > 0
    assert any(moment["slots_busy"] is not None for moment in report["timeline"])


def test_text_and_page_say_what_is_sustainable(run, serve, pages, tmp_path):
    html = tmp_path / "report.html"

    result = run(
        *("bench", f"http://127.0.0.1:{serve.port}", pages / "tiny.png", "--rate", "1", "--arrivals", "constant"),
        *("--duration", "1", "--warm-up", "0", "--p99", "60", "--target-rate", "10", "--report", html),
    )

    assert result.returncode == 0, result.stderr
    assert "Sustainable: 1 pages/s with p99 within 60 s" in result.stdout
    assert "For 10 pages/s: 10 replicas" in result.stdout
    assert "MAX_CONCURRENT_REQUESTS" in result.stdout
    text = html.read_text()
    assert text.startswith("<!doctype html>") and text.count("<svg") == text.count("</svg>") >= 4
    assert not re.search(r"<script|src=|<link|@import|url\(", text)


def test_a_bad_parameter_is_shown_with_the_services_own_words(run, serve, pages):
    result = run(
        *("bench", f"http://127.0.0.1:{serve.port}", pages / "tiny.png", "--query", "threshold=2"),
        *("--rate", "20", "--duration", "0.5", "--warm-up", "0"),
    )

    assert result.returncode == 1
    assert "other 4xx (400), for example: the parameter 'threshold' is '2'" in result.stdout


def test_classes_every_answer_as_the_server_gave_it(bench):
    with serving(bad_day) as server:
        report = bench(
            server.url, "--rate", "80", "--arrivals", "constant", "--duration", "1", "--timeout", "3", "--max-in-flight", "64"
        )

        done = server.done_by_kind(80)
        assert outcomes(report) == done == dict.fromkeys(done, 10)
        assert len(server.requests) == report["steps"][0]["requests"] == 80
    step = report["steps"][0]
    details = {example["outcome"]: example["detail"] for example in step["examples"]}
    assert details["refused"] == "the queue is full"
    assert details["client_error"] == "no page"
    assert details["server_error"] == "<b>our fault</b>"
    assert set(details) == set(done) - {"ok"}
    assert step["retry_after_s"] == {"min": 2, "max": 10}
    assert step["refusal_latency_s"]["count"] == 10
    assert 0 < step["refusal_latency_from_send_s"]["p50"] <= step["refusal_latency_s"]["p50"]
    assert not step["held"] and "12.5 % answered well" in step["reason"]


def test_the_page_escapes_what_servers_say(run, page, tmp_path):
    html = tmp_path / "report.html"
    with serving(bad_day) as server:
        run("bench", server.url, page, "--rate", "40", "--duration", "0.5", "--timeout", "0.5", "--report", html)

    assert "<b>our fault</b>" not in html.read_text()
    assert "&lt;b&gt;our fault&lt;/b&gt;" in html.read_text()


def test_latency_counts_from_when_a_request_was_due(bench):
    """One connection, 100 ms an answer, a request due every 50 ms: each waits longer than the one before."""
    with serving(slow) as server:
        report = bench(
            server.url, "--rate", "20", "--arrivals", "constant", "--duration", "2", "--max-in-flight", "1"
        )

    step = report["steps"][0]
    assert step["requests"] == 40
    assert step["outcomes"]["ok"] + step["outcomes"]["not_sent"] == 40
    assert step["generator"]["held_back"] > 10
    # The last one that was sent became due about a second before.
    assert step["latency_s"]["max"] > 5 * SLOW_SECONDS
    assert step["latency_s"]["p50"] > step["latency_from_send_s"]["p50"] + 2 * SLOW_SECONDS
    assert any("all connections were in use" in note for note in report["notes"])


def test_throughput_is_what_came_within_the_time(bench):
    with serving(slow) as server:
        report = bench(server.url, "--connections", "4", "--duration", "1")

    step = report["steps"][0]
    assert step["outcomes"]["ok"] / 1.5 <= step["ok_per_s"] <= 4 / SLOW_SECONDS
    assert step["in_flight"]["at_end"] <= 4


def test_the_warm_up_is_not_measured(run, page):
    with serving(good) as server:
        result = run(
            *("bench", server.url, page, "--rate", "40", "--arrivals", "constant", "--format", "json"),
            *("--warm-up", "0.5", "--duration", "0.5"),
        )

    step = json.loads(result.stdout)["steps"][0]
    assert (step["warm_up_requests"], step["requests"]) == (20, 20)


def test_looks_for_the_knee(bench):
    """Two at once, 20 ms each, else refused."""
    places = threading.Semaphore(2)

    def two_at_once(handler: Handler, _number: int) -> str:
        if not places.acquire(blocking=False):
            handler.problem(503, "full", Retry_After=1)
            return "refused"
        threading.Event().wait(0.02)
        places.release()
        handler.answer(200)
        return "ok"

    with serving(two_at_once) as server:
        report = bench(server.url, "--arrivals", "constant", "--duration", "0.6", "--target-rate", "1000")

    steps = report["steps"]
    assert [step["connections"] for step in steps[:2]] == [1, 8]
    rates = [(step["rate"], step["held"]) for step in steps[2:]]
    assert not all(held for _, held in rates)
    broken = min(rate for rate, held in rates if not held)
    held = [rate for rate, held in rates if held and rate < broken]
    if held:
        assert report["suggestion"]["sustainable_per_s"] == pytest.approx(max(held), rel=0.25)
        assert report["suggestion"]["replicas"] > 1
    else:
        assert report["suggestion"]["sustainable_per_s"] is None


def test_sends_pages_in_turn_with_headers_and_query(bench, tmp_path):
    folder = tmp_path / "pages"
    folder.mkdir()
    for name in ("b.png", "a.jpg", "not_a_page.txt"):
        (folder / name).write_bytes(name.encode())
    with serving(good) as server:
        bench(
            *(server.url, "--rate", "20", "--arrivals", "constant", "--duration", "0.2", "--query", "threshold=0.3"),
            *("--header", "X-API-Key: secret", "--header", "Content-Type: image/png"),
            pages=[folder],
        )

    assert [body for _, _, body in server.requests] == [b"a.jpg", b"b.png"] * 2
    path, headers, _ = server.requests[0]
    assert path == "/analyze?threshold=0.3"
    assert headers["X-API-Key"] == "secret"
    assert headers["Content-Type"] == "image/png"


def test_sends_forms(bench):
    with serving(good) as server:
        bench(server.url + "/analyze", "--connections", "1", "--duration", "0.2", "--body", "multipart")

    _, headers, body = server.requests[0]
    boundary = re.fullmatch("multipart/form-data; boundary=(.+)", headers["Content-Type"]).group(1)
    assert body.startswith(f'--{boundary}\r\nContent-Disposition: form-data; name="file"'.encode())
    assert b"\r\n\r\nnot read by these servers\r\n" in body


@pytest.mark.parametrize("options", [(), ("--no-keep-alive",)])
def test_keeps_connections_or_takes_a_new_one_each_time(bench, options):
    with serving(good) as server:
        report = bench(server.url, "--connections", "2", "--duration", "0.3", *options)

    requests = report["steps"][0]["requests"]
    assert outcomes(report) == {"ok": requests}
    if options:
        assert len(server.callers) == requests
    else:
        assert len(server.callers) <= 3  # one may be left over from a look at /metrics


def test_nothing_that_answers_is_a_failure(run, page):
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    result = run("bench", f"http://127.0.0.1:{port}", page, "--rate", "20,40", "--duration", "0.3", "--warm-up", "0")

    assert result.returncode == 1
    assert "connection failed, for example: Failed to connect" in result.stdout
    assert "40/s" not in result.stdout  # there was no sense in going on


def test_an_interrupt_ends_it_with_what_was_measured(binary, page):
    seen = threading.Event()

    def last_ones_hang(handler: Handler, number: int) -> str:
        if number < 20:
            return good(handler, number)
        seen.set()
        handler.wait_for_caller_to_leave()
        return "unfinished"

    with serving(last_ones_hang) as server:
        process = subprocess.Popen(
            [str(binary), "bench", server.url, str(page), "--rate", "50", "--arrivals", "constant"]
            + ["--duration", "3600", "--warm-up", "0", "--timeout", "3600", "--format", "json"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        assert seen.wait(30)
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=30)

    report = json.loads(output)
    assert process.returncode == 0
    assert report["interrupted"]
    found = outcomes(report)
    assert found["ok"] == 20
    assert found["unfinished"] == report["steps"][0]["requests"] - 20 > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("localhost:8000", "PAGE"), "the URL"),
        (("http://127.0.0.1:1", "/nowhere.png"), "/nowhere.png: it cannot be opened"),
        (("http://127.0.0.1:1", "PAGE", "--query", "a b"), "--query"),
        (("http://127.0.0.1:1", "PAGE", "--report", "/nowhere/report.html"), "/nowhere"),
        (("http://127.0.0.1:1", "PAGE", "--rate", "1", "--connections", "1"), "open loop"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(run, page, arguments, sentence):
    result = run("bench", *(page if argument == "PAGE" else argument for argument in arguments))

    assert result.returncode == 2
    assert sentence in result.stderr
