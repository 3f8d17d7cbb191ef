"""The spans of the service's requests, as an endpoint that judges them and a real collector get them."""

from __future__ import annotations

import socket

import otlp
from documents import multi_page_tiff

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
STAGES = ["decode", "preprocess", "queue", "inference", "postprocess", "render"]
EXPORTED = "pp_doclayout_spans_exported_total"


def analyze(service, page: bytes, traceparent: str = "", query: str = ""):
    headers = {"Content-Type": "application/octet-stream"} | ({"traceparent": traceparent} if traceparent else {})
    return service.request("POST", "/analyze" + query, page, headers)


def attributes(span: dict) -> dict:
    return {entry["key"]: next(iter(entry["value"].values())) for entry in span.get("attributes", [])}


def request_span(spans: list[dict]) -> dict:
    (found,) = [span for span in spans if span["name"] == "POST /analyze"]
    return found


def assert_stages(spans: list[dict], pages: int):
    """Each stage of each page lies within the request's own span, and follows the one before."""
    request = request_span(spans)
    stages = [span for span in spans if span is not request]
    assert {span["parentSpanId"] for span in stages} == {request["spanId"]}
    assert {span["name"] for span in stages} == set(STAGES)
    for span in stages:
        assert int(request["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]) <= int(request["endTimeUnixNano"])
    for page in range(pages):
        of_page = [span for span in stages if attributes(span).get("doclayout.page") == str(page)]
        in_time = sorted(of_page, key=lambda span: (int(span["startTimeUnixNano"]), STAGES.index(span["name"])))
        assert [span["name"] for span in in_time] == STAGES[:-1]
        assert all(int(a["endTimeUnixNano"]) <= int(b["startTimeUnixNano"]) for a, b in zip(in_time, in_time[1:]))


def test_records_the_stages_of_every_page(serve_with, pages):
    with otlp.endpoint() as endpoint:
        service = serve_with("--otlp-endpoint", endpoint.url, "--trace-delay-ms", "0")

        answer = analyze(service, (pages / "two_pages.tif").read_bytes(), f"00-{TRACE}-{CALLER}-01")

        # The file is opened, then five stages a page, one rendering and the request.
        spans = endpoint.wait_for_spans(1 + 2 * 5 + 1 + 1)
        request = request_span(spans)
        assert {span["traceId"] for span in spans} == {TRACE}
        assert request["parentSpanId"] == CALLER
        assert answer.headers["traceparent"] == f"00-{TRACE}-{request['spanId']}-01"
        assert_stages(spans, pages=2)
        said = attributes(request)
        assert said["http.route"] == "/analyze"
        assert said["http.response.status_code"] == "200"
        assert said["doclayout.pages"] == "2"
        assert said["doclayout.request_id"] == answer.headers["x-request-id"]
        assert int(said["doclayout.regions"]) == sum(len(page["regions"]) for page in answer.json()["pages"])
        line = service.logged(id=answer.headers["x-request-id"])
        assert line["trace_id"] == TRACE
        assert (line["outcome"], line["pages"], line["client"]) == ("ok", 2, "127.0.0.1")


def test_records_neither_probes_nor_what_the_caller_does_not_want_recorded(serve_with, pages):
    with otlp.endpoint() as endpoint:
        service = serve_with("--otlp-endpoint", endpoint.url, "--trace-delay-ms", "0")
        page = (pages / "tiny.png").read_bytes()

        for _ in range(3):
            assert service.get("/ready").status == 200
        assert analyze(service, page, f"00-{TRACE}-{CALLER}-00").status == 200
        assert analyze(service, page, query="?threshold=7").status == 400

        # The mistake is recorded, and with it all that came before.
        (span,) = endpoint.wait_for_spans(1)
        assert attributes(span)["error.type"] == "bad_parameter"
        assert span.get("status", {}).get("code", 0) != 2, "a caller's mistake is no error of the service"


def test_a_dead_collector_holds_up_nobody(serve_with, pages):
    service = serve_with(*("--otlp-endpoint", "http://127.0.0.1:9/v1/traces"), *("--trace-flush-ms", "100"))
    page = (pages / "tiny.png").read_bytes()

    assert {analyze(service, page).status for _ in range(20)} == {200}

    service.assert_healthy()
    assert service.metric(EXPORTED) == 0


def test_a_collector_that_hangs_holds_up_no_end(serve_with, pages):
    """The time that the spans get at the end lies within the time to drain."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        service = serve_with(
            *("--otlp-endpoint", url, "--trace-delay-ms", "0", "--trace-flush-ms", "600000"),
            *("--drain-grace-ms", "0", "--drain-timeout-ms", "4000"),
        )
        assert analyze(service, (pages / "tiny.png").read_bytes()).status == 200

        assert service.stop() == 0
    assert "the process ended" in service.logged(event="span_export_failed")["reason"]


def test_a_caller_who_leaves_is_in_the_log_and_the_spans_with_how_far_it_came(serve_with, pages):
    with otlp.endpoint() as endpoint:
        service = serve_with("--otlp-endpoint", endpoint.url, "--trace-delay-ms", "0")
        document = multi_page_tiff([(800, 1000)] * 40)
        headers = {"Content-Type": "image/tiff", "traceparent": f"00-{TRACE}-{CALLER}-01"}
        caller = service.connect()
        caller.request("POST", "/analyze", document, headers)
        service.wait_until(lambda: service.metric("pp_doclayout_pages_total") > 0, "the first page is done")

        caller.close()

        line = service.logged(route="/analyze")
        assert (line["status"], line["outcome"]) == (499, "cancelled")
        assert 0 < line["pages"] < 40
        assert line["decode_ms"] > 0 and line["inference_ms"] > 0
        spans = endpoint.wait_for_spans(1 + 1 + 5 * line["pages"])
        assert attributes(request_span(spans))["doclayout.pages"] == str(line["pages"])
        assert {"decode", "preprocess", "queue", "inference", "postprocess"} <= {span["name"] for span in spans}


def test_a_real_collector_gets_the_spans_of_requests(serve_with, pages, collector_program):
    with otlp.endpoint() as behind, otlp.collector(collector_program, behind) as collector:
        service = serve_with("--otlp-base-endpoint", collector.url, "--trace-delay-ms", "100")

        answer = analyze(service, (pages / "form.png").read_bytes())

        spans = behind.wait_for_spans(1 + 5 + 1 + 1)
        assert_stages(spans, pages=1)
        assert answer.headers["traceparent"].split("-")[1] == request_span(spans)["traceId"]
