"""The export of spans, by the options of the program: to an endpoint that judges what it is sent, and to a real collector."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess

import otlp
import pytest
from conftest import environment

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"
SAMPLED = f"00-{TRACE}-{CALLER}-01"
NOT_SAMPLED = f"00-{TRACE}-{CALLER}-00"
STAGES = ["decode", "queue", "preprocess", "inference", "postprocess", "render"]
SPANS_A_REQUEST = len(STAGES) + 1

EXPORTED = "pp_doclayout_spans_exported_total"
QUEUE_FULL = 'pp_doclayout_spans_dropped_total{reason="queue_full"}'
EXPORT_FAILED = 'pp_doclayout_spans_dropped_total{reason="export_failed"}'


class Result:
    def __init__(self, status: int, stdout: str, stderr: str):
        self.status = status
        self.stderr = stderr
        self.series = dict(line.rsplit(" ", 1) for line in stdout.splitlines() if not line.startswith("#"))

    def counts(self) -> tuple[int, int, int]:
        return tuple(int(self.series[name]) for name in (EXPORTED, QUEUE_FULL, EXPORT_FAILED))

    def events(self) -> list[str]:
        return [json.loads(line)["event"] for line in self.stderr.splitlines()]


@pytest.fixture(scope="session")
def export(binary):
    """Makes up a request for each `traceparent` and exports its spans: `export([SAMPLED], "--otlp-endpoint", url)`. Calls
    `before_end` while the program still waits for more."""
    tool = binary.with_name("doclayout_tracing_export_tool")
    assert tool.is_file(), f"there is no program at {tool}: build it"

    def run(traceparents, *options, before_end=lambda: None, **variables) -> Result:
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        # However slow the machine is, the end waits for what is left: the last value given counts.
        command = [str(tool), "serve", "--trace-flush-ms", "60000", *options]
        with subprocess.Popen(command, env=environment() | variables, text=True, **pipes) as process:
            try:
                with contextlib.suppress(BrokenPipeError):  # its options were wrong
                    process.stdin.write("".join(f"{traceparent}\n" for traceparent in traceparents))
                    process.stdin.flush()
                before_end()
                stdout, stderr = process.communicate(timeout=120)
            finally:
                process.kill()
        return Result(process.returncode, stdout, stderr)

    return run


def assert_request_of(spans: list[dict], traceparent: str = SAMPLED):
    """One request's spans: its own under the caller's, and its stages under it in their order."""
    *stages, request = spans
    assert [span["name"] for span in stages] == STAGES
    assert {span["traceId"] for span in spans} == {TRACE}
    assert len({span["spanId"] for span in spans}) == len(spans)
    assert {span["parentSpanId"] for span in stages} == {request["spanId"]}
    assert request["parentSpanId"] == CALLER
    assert (request["name"], request["kind"]) == ("POST /analyze", 2)
    assert request["status"] == {"code": 2, "message": "internal"}
    assert stages[-1]["status"] == {"code": 2, "message": "no \ufffd"}
    attributes = {attribute["key"]: attribute["value"] for attribute in request["attributes"]}
    assert attributes == {
        "http.request.method": {"stringValue": "POST"},
        "http.response.status_code": {"intValue": "500"},
        "doclayout.score": {"doubleValue": 0.5},
        "doclayout.cancelled": {"boolValue": False},
    }
    for span in stages:
        assert int(request["startTimeUnixNano"]) <= int(span["startTimeUnixNano"])
        assert int(span["endTimeUnixNano"]) <= int(request["endTimeUnixNano"])


def test_without_an_endpoint_nothing_is_recorded(export):
    result = export([SAMPLED])

    assert result.status == 0
    assert EXPORTED not in result.series
    assert result.events() == []


def test_an_endpoint_gets_what_the_schema_says(export):
    with otlp.endpoint() as endpoint:
        result = export([SAMPLED], "--otlp-endpoint", endpoint.url, "--otlp-headers", "api-key=a%20b")

        assert result.counts() == (SPANS_A_REQUEST, 0, 0)
        ((resource, scope_spans),) = endpoint.scopes()
        attributes = {attribute["key"]: attribute["value"]["stringValue"] for attribute in resource["attributes"]}
        assert attributes["service.name"] == "doclayout"
        assert attributes["service.version"] and attributes["service.instance.id"]
        assert scope_spans["scope"]["name"] == "doclayout"
        assert_request_of(scope_spans["spans"])
        assert endpoint.headers[0]["api-key"] == "a b"


def test_the_variables_of_opentelemetry_are_enough(export):
    with otlp.endpoint() as endpoint:
        result = export(
            [SAMPLED],
            OTEL_EXPORTER_OTLP_ENDPOINT=endpoint.url.removesuffix("/v1/traces"),
            OTEL_EXPORTER_OTLP_PROTOCOL="http/protobuf",
            OTEL_SERVICE_NAME="layout",
        )

        assert result.counts() == (SPANS_A_REQUEST, 0, 0)
        assert endpoint.scopes()[0][0]["attributes"][0]["value"] == {"stringValue": "layout"}


def test_the_caller_decides_what_is_recorded(export):
    with otlp.endpoint() as endpoint:
        result = export([NOT_SAMPLED, SAMPLED, ""], "--otlp-endpoint", endpoint.url, "--trace-ratio", "0")

        assert result.counts() == (SPANS_A_REQUEST, 0, 0)
        assert_request_of(endpoint.spans())


def test_spans_go_in_batches(export):
    with otlp.endpoint() as endpoint:
        result = export([SAMPLED] * 100, "--otlp-endpoint", endpoint.url, "--trace-batch", "14")

        assert result.counts() == (100 * SPANS_A_REQUEST, 0, 0)
        assert {len(scope_spans["spans"]) for _, scope_spans in endpoint.scopes()} == {14}


def test_what_was_not_taken_in_a_busy_moment_is_sent_again(export):
    with otlp.endpoint(503, 429) as endpoint:
        result = export(
            *([SAMPLED], "--otlp-endpoint", endpoint.url, "--trace-delay-ms", "0"),
            before_end=lambda: endpoint.wait_for_spans(SPANS_A_REQUEST),
        )

        assert result.counts() == (SPANS_A_REQUEST, 0, 0)
        assert result.events() == []
        assert len(endpoint.headers) == 3


def test_spans_that_are_refused_are_counted_and_said_once(export):
    with otlp.endpoint(*[401] * 100) as endpoint:
        result = export([SAMPLED] * 100, "--otlp-endpoint", endpoint.url, "--trace-batch", "7")

        assert result.counts() == (0, 0, 100 * SPANS_A_REQUEST)
        assert result.events() == ["span_export_failed", "span_export_ended"]


def test_a_collector_that_stays_silent_holds_up_neither_requests_nor_the_end(export):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        result = export([SAMPLED] * 1000, "--otlp-endpoint", url, "--trace-flush-ms", "100")

    exported, queue_full, export_failed = result.counts()
    assert exported == 0
    # What waits and one batch that is under way.
    assert 0 < export_failed <= 2048 + 512
    assert queue_full + export_failed == 1000 * SPANS_A_REQUEST


def test_an_address_that_is_none_ends_the_start(export):
    for url in ("localhost:4318", "http://host:99999/v1/traces"):
        result = export([], "--otlp-endpoint", url)

        assert result.status == 2
        assert "http" in result.stderr


def test_a_real_collector_takes_and_understands_every_span(export, collector_program):
    with otlp.endpoint() as behind, otlp.collector(collector_program, behind) as collector:
        result = export([SAMPLED, ""] * 50, "--otlp-base-endpoint", collector.url)

        assert result.counts() == (100 * SPANS_A_REQUEST, 0, 0), result.stderr
        spans = behind.wait_for_spans(100 * SPANS_A_REQUEST)
        # The collector sends its batches on side by side: which comes first, and where one ends, is its own affair.
        ours = [span for span in spans if span["traceId"] == TRACE]
        requests = [span for span in ours if span["name"] == "POST /analyze"]
        assert (len(requests), len(ours)) == (50, 50 * SPANS_A_REQUEST)
        for request in requests:
            stages = [span for span in ours if span["parentSpanId"] == request["spanId"]]
            assert_request_of([*sorted(stages, key=lambda span: STAGES.index(span["name"])), request])
        resource, scope_spans = behind.scopes()[0]
        assert resource["attributes"][0] == {"key": "service.name", "value": {"stringValue": "doclayout"}}
        assert scope_spans["scope"]["name"] == "doclayout"
        assert {span["flags"] for span in spans} == {0x101, 0x301}
