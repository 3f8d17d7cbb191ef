"""`doclayout serve`: the good ways through the API."""

from __future__ import annotations

import base64
import contextlib
import io
import json
import re
import statistics
import threading
import time

import pytest
from PIL import Image
from service import multipart

PAGE = "paper_two_columns.png"


@pytest.fixture(scope="module")
def page(pages) -> bytes:
    return (pages / PAGE).read_bytes()


def regions(answer) -> list[dict]:
    assert answer.status == 200, answer.body
    return answer.json()["pages"][0]["regions"]


# --- /analyze ---


def test_all_three_kinds_of_body_give_what_the_command_line_gives(serve, page, pages, analyze_one):
    form, form_type = multipart([("file", "page.png", page)])
    text = json.dumps({"image": base64.b64encode(page).decode()}).encode()

    answers = [
        serve.analyze(page, "image/png"),
        serve.analyze(page, "application/octet-stream"),
        serve.analyze(form, form_type),
        serve.analyze(text, "application/json"),
    ]

    expected = analyze_one(pages / PAGE)["pages"]
    assert len(expected[0]["regions"]) > 10
    for answer in answers:
        assert answer.status == 200, answer.body
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["pages"] == expected


def test_answers_as_the_contract_says(serve, page):
    answer = serve.analyze(page, "image/png")

    body = answer.json()
    assert list(body) == ["request_id", "model", "pages", "timings_ms"]
    assert body["request_id"] == answer.headers["x-request-id"]
    timings = body["timings_ms"]
    assert timings["inference"] > 0
    assert timings["total"] >= timings["inference"]


@pytest.mark.parametrize(
    "name",
    [
        "invoice_table.png",
        "newspaper_three_columns.jpg",
        "slide_figures.webp",
        "dense_text.tif",
        "letter.bmp",
        "rotated_exif6.jpg",
        "huge_600dpi.png",
        "two_pages.tif",
        "tiny.png",
    ],
)
def test_reads_every_format(name, serve, pages, analyze_one):
    answer = serve.analyze((pages / name).read_bytes())

    assert answer.status == 200, answer.body
    assert answer.json()["pages"] == analyze_one(pages / name)["pages"]


def test_threshold_and_nms_change_what_is_reported(serve, pages):
    form = (pages / "form.png").read_bytes()

    def count(query=""):
        return len(regions(serve.analyze(form, query=query)))

    assert count("?threshold=0.95") < count() < count("?threshold=0.1")
    assert count("?nms=false") > count("?nms=true") == count()
    assert count("?threshold=0.95&nms=false&format=json") >= count("?threshold=0.95")


def test_draws_a_png(serve, page):
    answer = serve.analyze(page, query="?format=png")

    assert answer.status == 200, answer.body
    assert answer.headers["content-type"] == "image/png"
    drawn = Image.open(io.BytesIO(answer.body))
    assert (drawn.format, drawn.mode, drawn.size) == ("PNG", "RGB", (909, 1286))
    assert (0x00, 0x72, 0xB2) in {colour for _, colour in drawn.getcolors(1 << 24)}, "text is marked in its colour"


# --- the protocol ---


def test_keeps_the_connection(serve, page):
    connection = serve.connect()
    for _ in range(3):
        connection.request("POST", "/analyze", page, {"Content-Type": "image/png"})
        response = connection.getresponse()
        assert response.status == 200
        assert len(json.loads(response.read())["pages"]) == 1
        assert connection.sock is not None, "the service closed the connection"
    connection.close()


def test_answers_pipelined_requests_in_their_order(serve, page):
    """A slow request before two fast ones: the fast answers wait for their turn."""
    head = (
        f"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(page)}\r\n"
        "X-Request-ID: slow\r\n\r\n"
    )
    fast = "GET /{path} HTTP/1.1\r\nHost: x\r\nX-Request-ID: {path}\r\n\r\n"
    with serve.socket() as connection:
        connection.sendall(
            head.encode() + page + fast.format(path="health").encode() + fast.format(path="version").encode()
        )
        # One reader for all: each HTTPResponse of its own would buffer away the answer behind it.
        stream = connection.makefile("rb")
        ids = []
        for _ in range(3):
            assert stream.readline().startswith(b"HTTP/1.1 200")
            headers = {}
            while line := stream.readline().strip():
                name, _, value = line.partition(b":")
                headers[name.lower()] = value.strip()
            stream.read(int(headers[b"content-length"]))
            ids.append(headers[b"x-request-id"].decode())

    assert ids == ["slow", "health", "version"]


def test_says_continue_to_a_client_that_waits_for_it(serve, page):
    head = (
        f"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: {len(page)}\r\n"
        "Expect: 100-continue\r\nConnection: close\r\n\r\n"
    )
    with serve.socket() as connection:
        connection.sendall(head.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 100 ")
        connection.sendall(page)
        assert serve.answer_on(connection).status == 200


def test_refuses_before_the_body_where_the_client_waits(serve):
    head = (
        "POST /analyze?threshold=2 HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n"
        "Expect: 100-continue\r\n\r\n"
    )
    with serve.socket() as connection:
        connection.sendall(head.encode())
        serve.answer_on(connection).assert_problem(400, "bad_parameter")


def test_takes_a_chunked_body(serve, page):
    connection = serve.connect()
    chunks = [page[i : i + 10_000] for i in range(0, len(page), 10_000)]
    connection.request("POST", "/analyze", iter(chunks), {"Content-Type": "image/png"}, encode_chunked=True)

    assert connection.getresponse().status == 200
    connection.close()


def test_speaks_http_1_0(serve):
    answer = serve.raw(b"GET /health HTTP/1.0\r\n\r\n")

    assert answer.status == 200


def test_echoes_the_request_id_or_makes_one(serve):
    given = serve.get("/health", {"X-Request-ID": "my-id-17"}).headers["x-request-id"]
    made = serve.get("/health").headers["x-request-id"]

    assert given == "my-id-17"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made), "a UUIDv7"


# --- the other endpoints ---


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_health_has_the_recipes_shape(path, serve):
    answer = serve.get(path)

    assert answer.status == 200
    report = answer.json()
    assert report["status"] == "healthy"
    assert all({"name", "status", "details"} <= set(check) for check in report["checks"])


def test_health_answers_while_the_engine_is_saturated(serve, page):
    """The benchmark measures how fast; here it is enough that health does not queue behind pages."""
    stop = threading.Event()

    def load():
        with contextlib.closing(serve.connect()) as connection:
            while not stop.is_set():
                connection.request("POST", "/analyze", page, {"Content-Type": "image/png"})
                assert connection.getresponse().read()

    clients = [threading.Thread(target=load) for _ in range(16)]
    for client in clients:
        client.start()
    try:
        serve.wait_until(lambda: serve.metric("pp_doclayout_request_queue_length") >= 10, "a queue of pages")
        seconds = []
        for path in ["/health", "/ready"] * 50:
            start = time.monotonic()
            assert serve.get(path).status == 200
            seconds.append(time.monotonic() - start)
    finally:
        stop.set()
        for client in clients:
            client.join()

    assert statistics.median(seconds) < 0.05, "a page takes longer than that"
    assert max(seconds) < 1


def test_version_says_what_it_is(serve):
    version = serve.get("/version").json()

    assert version["name"] == "doclayout"
    assert version["model"]["name"] == "picodet-cdla"
    assert len(version["model"]["sha256"]) == 64


def test_metrics_speak_openmetrics_when_asked(serve):
    answer = serve.get("/metrics", {"Accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.body.endswith(b"# EOF\n")


def test_counts_what_it_does(serve, page):
    before = serve.metric("pp_doclayout_pages_total"), serve.metric('pp_doclayout_regions_total{label="figure"}')
    inferences = serve.metric("pp_doclayout_inference_latency_seconds_count")

    found = regions(serve.analyze(page))

    figures = sum(region["label"] == "figure" for region in found)
    assert figures
    assert serve.metric("pp_doclayout_pages_total") == before[0] + 1
    assert serve.metric('pp_doclayout_regions_total{label="figure"}') == before[1] + figures
    assert serve.metric("pp_doclayout_inference_latency_seconds_count") == inferences + 1


def test_the_log_is_one_json_object_a_line(serve, page):
    serve.request("POST", "/analyze", page, {"Content-Type": "image/png", "X-Request-ID": "find-me"})
    serve.wait_until(lambda: "find-me" in serve.log(), "the request's line in the log")

    entries = serve.log_entries()

    assert all(isinstance(entry, dict) and "event" in entry for entry in entries)
    assert any(entry["event"] == "listening" and entry["port"] == serve.port for entry in entries)
