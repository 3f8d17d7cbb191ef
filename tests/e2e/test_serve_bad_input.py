"""What nobody should send: each gets its documented status and a sentence that helps, and the service stays healthy."""

from __future__ import annotations

import contextlib
import json
import socket

import documents
import pytest
from service import multipart


@pytest.fixture(autouse=True)
def stays_healthy(serve):
    """Whatever a test has sent."""
    yield
    serve.assert_healthy()


@pytest.fixture(scope="module")
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


# --- documents ---


@pytest.mark.parametrize(
    "document, status, code, word",
    [
        (documents.random_bytes(), 415, "unsupported_media", "JPEG"),
        (b"Dear Sir or Madam, nothing is enclosed.\n" * 20, 415, "unsupported_media", "JPEG"),
        (documents.PDF, 415, "unsupported_media", "PDF"),
        (documents.gif(), 415, "unsupported_media", "GIF"),
        (documents.png_bomb(), 413, "too_large", "pixels"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", 422, "undecodable", "PNG"),
    ],
    ids=["random", "text", "pdf", "gif", "bomb", "png-header"],
)
@pytest.mark.parametrize("kind", ["raw", "multipart"])
def test_refuses_a_bad_document(document, status, code, word, kind, serve):
    if kind == "raw":
        answer = serve.analyze(document, "image/jpeg")
    else:
        answer = serve.analyze(*multipart([("file", "page.jpg", document)]))

    assert word in answer.assert_problem(status, code)["detail"]


def test_refuses_a_truncated_jpeg(serve, pages):
    document = documents.truncated_jpeg((pages / "rotated_exif6.jpg").read_bytes())

    assert "truncated" in serve.analyze(document, "image/jpeg").assert_problem(422, "undecodable")["detail"]


def test_the_bomb_is_small_and_its_refusal_costs_nothing(serve):
    assert len(documents.png_bomb()) < 20_000

    answer = serve.analyze(documents.png_bomb())

    assert "10000" in answer.json()["detail"] and "50000000" in answer.json()["detail"], (
        "what was sent and what is allowed"
    )


@pytest.mark.parametrize("size", [(1, 1), (1, 20_000), (20_000, 1)])
def test_takes_pages_of_extreme_shape(size, serve):
    answer = serve.analyze(documents.encode(documents.white(*size), "PNG"))

    assert answer.status == 200, answer.body
    page = answer.json()["pages"][0]
    assert (page["width"], page["height"]) == size


def test_counts_errors_by_their_code(serve):
    before = serve.metric('pp_doclayout_errors_total{error_type="unsupported_media"}')

    serve.analyze(documents.random_bytes())

    assert serve.metric('pp_doclayout_errors_total{error_type="unsupported_media"}') == before + 1


def test_png_holds_one_page(serve):
    document = documents.multi_page_tiff([(60, 40), (60, 40)])

    problem = serve.analyze(document, "image/tiff", "?format=png").assert_problem(400, "bad_parameter")

    assert "2 pages" in problem["detail"]


# --- bodies ---


def test_refuses_an_empty_body(serve):
    serve.analyze(b"", "image/png").assert_problem(400, "bad_request")


def test_refuses_an_empty_file(serve):
    serve.analyze(*multipart([("file", "page.png", b"")])).assert_problem(422, "empty")


@pytest.mark.parametrize(
    "parts, word",
    [
        ([], "file"),
        ([("document", "page.png", b"x")], "document"),
        ([("file", "a.png", b"x"), ("file", "b.png", b"y")], "more than one"),
    ],
    ids=["none", "other", "two"],
)
def test_refuses_a_form_without_exactly_one_file(parts, word, serve):
    assert word in serve.analyze(*multipart(parts)).assert_problem(400, "bad_request")["detail"]


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        f"multipart/form-data; boundary={'x' * 71}",
        "multipart/form-data; boundary=another-one",
        'multipart/form-data; boundary="unclosed',
    ],
)
def test_refuses_a_malformed_boundary(content_type, serve, page):
    body, _ = multipart([("file", "page.png", page)])

    serve.analyze(body, content_type).assert_problem(400, "bad_request")


@pytest.mark.parametrize("cut", [1, 20, 60, -4, -40])
def test_refuses_a_form_that_is_cut_off(cut, serve, page):
    body, content_type = multipart([("file", "page.png", page)])

    serve.analyze(body[:cut], content_type).assert_problem(400, "bad_request")


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "image", "video/mp4"])
def test_refuses_other_types_of_body(content_type, serve, page):
    answer = serve.analyze(page, content_type)

    assert (answer.status, answer.json()["code"]) in {(415, "unsupported_media"), (400, "bad_request")}
    if "/" in content_type:
        answer.assert_problem(415, "unsupported_media")


def test_refuses_a_body_without_a_type(serve, page):
    answer = serve.request("POST", "/analyze", page)

    assert "multipart/form-data" in answer.assert_problem(415, "unsupported_media")["detail"], "says what is allowed"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"{}",
        b'{"picture": "AAAA"}',
        b'{"image": 7}',
        b'{"image": ["AAAA"]}',
        b'{"image": "AAAA"} {"image": "AAAA"}',
        b'{"image": "AAAA", "image": "AAAA"}',
        b'{"image": "\xff"}',
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 100_000,
        b'{"image":' + b"[" * 100_000,
    ],
    ids=[
        "empty",
        "cut",
        "null",
        "list",
        "text",
        "no-key",
        "other-key",
        "number",
        "in-list",
        "two-values",
        "twice",
        "not-utf-8",
        "deep-list",
        "deep-object",
        "deep-image",
    ],
)
def test_refuses_json_that_holds_no_image(body, serve):
    serve.analyze(body, "application/json").assert_problem(400, "bad_request")


@pytest.mark.parametrize(
    "text", ["!!!!", "AAA", "AAAA=AAA", "====", "AAAA\u00e9AAA", "data:image/png;base64,AAAA", "AA=A"]
)
def test_refuses_base64_with_rubbish(text, serve):
    body = json.dumps({"image": text}).encode()

    detail = serve.analyze(body, "application/json").assert_problem(400, "bad_request")["detail"]

    assert ("data URL" if text.startswith("data:") else "base64") in detail


# --- query and path ---


@pytest.mark.parametrize(
    "query, name",
    [
        ("threshold=abc", "threshold"),
        ("threshold=-1", "threshold"),
        ("threshold=2", "threshold"),
        ("threshold=nan", "threshold"),
        ("threshold=inf", "threshold"),
        ("threshold=", "threshold"),
        ("threshold=0.5x", "threshold"),
        ("threshold=1e999", "threshold"),
        ("nms=maybe", "nms"),
        ("format=jpeg", "format"),
        ("colour=blue", "colour"),
        ("Threshold=0.5", "Threshold"),
    ],
)
def test_refuses_a_bad_parameter_and_names_it(query, name, serve, page):
    problem = serve.analyze(page, query="?" + query).assert_problem(400, "bad_parameter")

    assert name in problem["detail"]


def test_refuses_a_query_that_is_not_percent_encoded(serve, page):
    assert serve.analyze(page, query="?threshold=%zz").status == 400


@pytest.mark.parametrize("path", ["/nothing", "/analyze/", "/analyze/../health", "/%2e%2e/etc/passwd", "/favicon.ico"])
def test_answers_an_unknown_path(path, serve):
    serve.get(path).assert_problem(404, "not_found")


@pytest.mark.parametrize(
    "method, path, allowed",
    [
        ("GET", "/analyze", "POST"),
        ("PUT", "/analyze", "POST"),
        ("DELETE", "/analyze", "POST"),
        ("POST", "/health", "GET"),
        ("POST", "/metrics", "GET"),
        ("BREW", "/version", "GET"),
    ],
)
def test_answers_a_wrong_method_with_the_right_ones(method, path, allowed, serve):
    answer = serve.request(method, path)

    answer.assert_problem(405, "method_not_allowed")
    assert allowed in answer.headers["allow"]


# --- the wire ---


def post(headers: str, body: bytes = b"") -> bytes:
    return f"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\n{headers}\r\n".encode() + body


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: abc\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 99999999999999999999999\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
    ],
)
def test_refuses_a_length_that_is_none(headers, serve):
    answer = serve.raw(post(headers, b"abc"))

    assert answer.status in (400, 413), answer.body
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_body_shorter_than_its_length_costs_only_its_own_connection(serve):
    with serve.socket() as connection:
        connection.sendall(post("Content-Length: 1000\r\n", b"too short"))
        connection.shutdown(socket.SHUT_WR)

        rest = connection.recv(65_536)  # closed, or told why: but soon

    assert rest == b"" or rest.startswith(b"HTTP/1.1 400 ")


def test_a_body_longer_than_its_length_is_a_broken_next_request(serve):
    with serve.socket() as connection:
        connection.sendall(post("Content-Length: 4\r\n", b"rubbish and more rubbish\r\n\r\n"))
        text = b""
        with contextlib.suppress(ConnectionResetError):
            while block := connection.recv(65_536):
                text += block

    assert text.startswith(b"HTTP/1.1 415 ")
    assert b"HTTP/1.1 400 " in text or b"HTTP/1.1 505 " in text, "what follows is read as a request, and is none"


def test_refuses_a_body_past_the_limit_by_its_length(serve_with):
    service = serve_with("--max-body-bytes", "100000")

    answer = service.raw(post("Content-Length: 100001\r\n"))

    assert "100000" in answer.assert_problem(413, "too_large")["detail"]
    service.analyze(b"x" * 100_000).assert_problem(415, "unsupported_media")


def test_refuses_a_chunked_body_past_the_limit(serve_with):
    service = serve_with("--max-body-bytes", "100000")
    chunk = b"2710\r\n" + b"x" * 10_000 + b"\r\n"

    answer = service.raw(post("Transfer-Encoding: chunked\r\n", chunk * 50))

    assert "100000" in answer.assert_problem(413, "too_large")["detail"]
    service.assert_healthy()


@pytest.mark.parametrize(
    "header", [b"X-Long: " + b"x" * (1 << 20) + b"\r\n", b"X-Many: y\r\n" * 90_000], ids=["long", "many"]
)
def test_refuses_a_header_of_a_megabyte(header, serve):
    serve.raw(b"GET /health HTTP/1.1\r\nHost: x\r\n" + header + b"\r\n").assert_problem(431, "header_too_large")


@pytest.mark.parametrize(
    "line",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /health\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /health HTTP/1.1\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["tls", "no-target", "no-version", "no-colon", "no-host", "space"],
)
def test_refuses_what_is_not_http(line, serve):
    assert serve.raw(line).status in (400, 505)


def drip(connection: socket.socket, data: bytes) -> bool:
    """Sends a byte, waits a moment for an answer, sends the next; whether an answer came before the bytes ran out."""
    connection.settimeout(0.02)
    for byte in data:
        try:
            connection.sendall(bytes([byte]))
            connection.recv(1, socket.MSG_PEEK)
            return True
        except TimeoutError:
            continue
        except ConnectionError:
            return True
    return False


@pytest.mark.parametrize(
    "start, slow",
    [
        (b"", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"s" * 400),
        (post("Content-Length: 1000\r\n"), b"b" * 400),
    ],
    ids=["header", "body"],
)
def test_does_not_wait_for_a_client_that_drips(start, slow, serve_with):
    """Bytes do not restart the clock."""
    service = serve_with("--header-timeout-ms", "500", "--body-timeout-ms", "500")

    with service.socket() as connection:
        connection.sendall(start)
        assert drip(connection, slow), "the service still waited after 8 seconds"
        connection.settimeout(10)
        service.answer_on(connection).assert_problem(408, "request_timeout")

    service.assert_healthy()


def test_closes_a_connection_that_says_nothing(serve_with):
    service = serve_with("--idle-timeout-ms", "300", "--header-timeout-ms", "300")

    with service.socket() as connection:
        connection.settimeout(20)
        assert connection.recv(1000) == b""


# --- clients that leave ---


def idle(service) -> bool:
    return (
        service.metric("pp_doclayout_requests_in_progress") == 0
        and service.metric("pp_doclayout_request_queue_length") == 0
    )


def test_forgets_a_client_that_leaves_while_it_uploads(serve, page):
    for _ in range(5):
        with serve.socket() as connection:
            connection.sendall(post(f"Content-Length: {len(page)}\r\n", page[: len(page) // 2]))

    serve.wait_until(lambda: idle(serve), "nothing in progress")


def test_forgets_a_client_that_leaves_while_its_page_is_analysed(serve, pages):
    huge = (pages / "huge_600dpi.png").read_bytes()
    for _ in range(6):
        with serve.socket() as connection:
            connection.sendall(post(f"Content-Length: {len(huge)}\r\n", huge))

    serve.wait_until(lambda: idle(serve), "nothing in progress", seconds=60)
    assert serve.analyze(huge).status == 200


# --- too much at once ---


def test_refuses_at_once_when_the_queue_is_full(serve_with, pages):
    service = serve_with("--slots", "1", "--queue-capacity", "1")
    huge = (pages / "huge_600dpi.png").read_bytes()
    connections = [service.socket() for _ in range(8)]
    for connection in connections:
        connection.sendall(post(f"Content-Length: {len(huge)}\r\n", huge))

    answers = [service.answer_on(connection) for connection in connections]

    for connection in connections:
        connection.close()
    statuses = sorted(answer.status for answer in answers)
    assert set(statuses) == {200, 503}, statuses
    for answer in answers:
        if answer.status == 503:
            answer.assert_problem(503, "overloaded")
            assert int(answer.headers["retry-after"]) >= 1
    service.assert_healthy()


def test_refuses_one_connection_too_many_but_answers_probes(serve_with):
    service = serve_with("--max-connections", "2")
    upload = b"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nabc"
    with service.socket() as first, service.socket() as second:
        for connection in (first, second):
            connection.sendall(upload)
        service.wait_until(lambda: service.metric("pp_doclayout_requests_in_progress") == 2, "two uploads")

        service.get("/version").assert_problem(503, "overloaded")
        assert service.get("/health").status == 200

    service.wait_until(lambda: service.get("/version").status == 200, "a free place")
