"""Where spans go: an endpoint that judges what it is sent by OTLP's schema, and a real OpenTelemetry Collector before it."""

from __future__ import annotations

import contextlib
import http.server
import json
import pathlib
import re
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping

from local_server import running
from program import PATIENCE_SECONDS, Program

ROOT = pathlib.Path(__file__).resolve().parents[2]
NO_GO = 3  # of scripts/go-tool
BUILD_SECONDS = 1200  # a first build, on a machine that does other things too

TEXT, INTEGER, NUMBER, BOOLEAN = "text", "integer", "number", "boolean"
VALUES = {"stringValue": TEXT, "intValue": INTEGER, "doubleValue": NUMBER, "boolValue": BOOLEAN}


class NotOtlp(Exception):
    pass


def check(condition: bool, what: str):
    if not condition:
        raise NotOtlp(what)


def check_keys(value, required: set[str], optional: set[str], where: str):
    check(isinstance(value, dict), f"{where} is no object")
    check(required <= value.keys(), f"{where} lacks {required - value.keys()}")
    check(value.keys() <= required | optional, f"{where} has {value.keys() - required - optional}")


def check_attributes(attributes, where: str):
    check(isinstance(attributes, list), f"{where} is no list")
    for attribute in attributes:
        check_keys(attribute, {"key", "value"}, set(), where)
        check(isinstance(attribute["key"], str) and attribute["key"] != "", f"{where} has a key that is none")
        check(len(attribute["value"]) == 1, f"{where} has a value of several kinds")
        ((kind, value),) = attribute["value"].items()
        good = {
            TEXT: lambda: isinstance(value, str),
            INTEGER: lambda: isinstance(value, str) and re.fullmatch(r"-?\d{1,19}", value),
            NUMBER: lambda: isinstance(value, (int, float)) or value in ("NaN", "Infinity", "-Infinity"),
            BOOLEAN: lambda: isinstance(value, bool),
        }
        check(kind in VALUES and bool(good[VALUES[kind]]()), f"{where} has {attribute}")
    keys = [attribute["key"] for attribute in attributes]
    check(len(keys) == len(set(keys)), f"{where} has a key twice")


def check_span(span):
    required = {"traceId", "spanId", "name", "kind", "startTimeUnixNano", "endTimeUnixNano"}
    check_keys(span, required, {"parentSpanId", "flags", "attributes", "status"}, "a span")
    for name, digits in (("traceId", 32), ("spanId", 16), ("parentSpanId", 16)):
        value = span.get(name, "1" * digits)
        check(bool(re.fullmatch(f"[0-9a-f]{{{digits}}}", value)) and value.strip("0") != "", f"{name} is {value}")
    check(isinstance(span["name"], str) and span["name"] != "", "a span has no name")
    check(type(span["kind"]) is int and 1 <= span["kind"] <= 5, "a span's kind is none")
    for name in ("startTimeUnixNano", "endTimeUnixNano"):
        check(isinstance(span[name], str) and span[name].isdigit(), f"{name} is {span[name]!r}, no integer as text")
    check(0 < int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"]), "a span ends before it starts")
    check(type(span.get("flags", 0)) is int, "a span's flags are no integer")
    check_attributes(span.get("attributes", []), "a span's attributes")
    status = span.get("status", {})
    check_keys(status, set(), {"code", "message"}, "a status")
    check(status.get("code", 0) in (0, 1, 2) and isinstance(status.get("message", ""), str), f"a status is {status}")


def check_request(request):
    """Raises NotOtlp where it is no ExportTraceServiceRequest in the JSON of
    https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding."""
    check_keys(request, {"resourceSpans"}, set(), "the request")
    for resource_spans in request["resourceSpans"]:
        check_keys(resource_spans, {"resource", "scopeSpans"}, set(), "resourceSpans")
        check_keys(resource_spans["resource"], {"attributes"}, set(), "a resource")
        check_attributes(resource_spans["resource"]["attributes"], "a resource's attributes")
        for scope_spans in resource_spans["scopeSpans"]:
            check_keys(scope_spans, {"scope", "spans"}, set(), "scopeSpans")
            check_keys(scope_spans["scope"], {"name"}, {"version"}, "a scope")
            for span in scope_spans["spans"]:
                check_span(span)


class Endpoint(http.server.ThreadingHTTPServer):
    """Takes `POST /v1/traces`. What is no OTLP gets a 400, and is remembered as a fault. `answers` are statuses that come
    first, before anything is taken."""

    def __init__(self, answers: tuple[int, ...] = ()):
        super().__init__(("127.0.0.1", 0), EndpointHandler)
        self.answers = list(answers)
        self.faults: list[str] = []
        self.requests: list[dict] = []
        self.headers: list[Mapping[str, str]] = []
        self.changed = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        with self.changed:
            self.headers.append(headers)
            if self.answers:
                return self.answers.pop(0)
            try:
                check(path == "/v1/traces", f"the path is {path}")
                check(headers["content-type"] == "application/json", "the body is said to be no JSON")
                request = json.loads(body.decode("utf-8"))
                check_request(request)
            except (ValueError, KeyError, NotOtlp) as error:
                self.faults.append(repr(error))
                return 400
            self.requests.append(request)
            self.changed.notify_all()
            return 200

    def scopes(self) -> list[tuple[dict, dict]]:
        """All that came, as (resource, scope and its spans)."""
        return [
            (resource_spans["resource"], scope_spans)
            for request in self.requests
            for resource_spans in request["resourceSpans"]
            for scope_spans in resource_spans["scopeSpans"]
        ]

    def spans(self) -> list[dict]:
        return [span for _, scope_spans in self.scopes() for span in scope_spans["spans"]]

    def wait_for_spans(self, count: int) -> list[dict]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.spans()) >= count, PATIENCE_SECONDS), (
                f"{len(self.spans())} spans came, not {count}; faults: {self.faults}"
            )
            return self.spans()


class EndpointHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body at once: apart, the second waits for the first's acknowledgement
    server: Endpoint

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.send_response(self.server.take(self.path, headers, body))
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def endpoint(*answers: int) -> Iterator[Endpoint]:
    """One that has seen no fault when it ends."""
    server = Endpoint(answers)
    server.daemon_threads = True  # a client may keep its connection
    with running(server):
        yield server
    assert not server.faults


def collector_program() -> pathlib.Path | None:
    """Builds it where it is not there yet; None where there is no Go for it."""
    command = [ROOT / "scripts" / "go-tool", "tests/e2e/otel_collector"]
    built = subprocess.run(command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if built.returncode == NO_GO:
        return None
    assert built.returncode == 0, built.stderr
    return pathlib.Path(built.stdout.strip()) / "otel-collector"


def free_port() -> int:
    """The collector does not tell which port it took, so that one is chosen for it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Collector(Program):
    """An OpenTelemetry Collector that sends what it receives on to an endpoint of ours, as its own JSON."""

    def __init__(self, program: pathlib.Path, behind: Endpoint):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "receivers": {"otlp": {"protocols": {"http": {"endpoint": f"127.0.0.1:{port}"}}}},
            "exporters": {"otlp_http": {"traces_endpoint": behind.url, "encoding": "json", "compression": "none"}},
            "service": {"pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["otlp_http"]}}},
        }
        super().__init__([program, "--config", "yaml:" + json.dumps(config)], re.compile("Everything is ready"))


@contextlib.contextmanager
def collector(program: pathlib.Path, behind: Endpoint) -> Iterator[Collector]:
    started = Collector(program, behind)
    try:
        yield started
    finally:
        started.stop()
