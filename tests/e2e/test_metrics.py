"""`/metrics`: what is there from the start, what judges say of it, what a Prometheus makes of it, and that strangers
cannot make it grow."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import pathlib
import random
import re
import resource
import string
import subprocess
import time

import documents
import metrics
import pytest
from prometheus import JOB, prometheus
from service import Answer, Service, multipart

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPERATIONS = ROOT / "docs" / "operations.md"

TRACE = "0af7651916cd43dd8448eb211c80319c"
SAMPLED = f"00-{TRACE}-b7ad6b7169203331-01"

# What is there before the first request, and with which value: a number, or None for one that only has to be there.
# `{…}` stands for the labels' values.
ERRORS = (
    *("bad_request", "bad_parameter", "too_large", "unsupported_media", "not_found", "method_not_allowed"),
    *("undecodable", "encrypted", "empty", "rate_limited", "overloaded", "not_ready", "draining"),
    *("deadline_exceeded", "internal", "unauthorized", "forbidden"),
)
REJECTIONS = (
    *("body_too_large", "header_too_large", "header_timeout", "body_timeout", "write_timeout", "too_many_connections"),
    *("body_bytes_in_flight", "queue_full", "too_late", "engine", "document_too_large", "not_ready", "draining"),
    *("unauthorized", "forbidden", "rate_limited"),
)
ANALYZE_STATUSES = (200, 400, 401, 403, 408, 413, 415, 417, 422, 429, 499, 500, 503, 504)
PROBES = ("/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics")
STAGES = ("decode", "preprocess", "inference", "postprocess", "render")
# Of the model that ships: CDLA.
LABELS = (
    *("text", "title", "figure", "figure_caption", "table", "table_caption", "header", "footer"),
    *("reference", "equation"),
)
LIMITS = ("0.1", "0.5", "1", "2", "5", "10", "+Inf")  # that the recipe has, among finer ones


def one_each(name: str, label: str, values: tuple, value: float | None) -> dict[str, float | None]:
    return {f'{name}{{{label}="{each}"}}': value for each in values}


FROM_THE_START = {
    "pp_doclayout_inference_latency_seconds_count": 0,
    "pp_doclayout_inference_latency_seconds_sum": 0,
    **one_each("pp_doclayout_inference_latency_seconds_bucket", "le", LIMITS, 0),
    "pp_doclayout_requests_in_progress": 0,
    "pp_doclayout_request_queue_length": 0,
    **one_each("pp_doclayout_errors_total", "error_type", ERRORS, 0),
    **{f'http_requests_total{{method="POST",route="/analyze",status="{status}"}}': 0 for status in ANALYZE_STATUSES},
    **{f'http_requests_total{{method="GET",route="{route}",status="200"}}': 0 for route in PROBES},
    'http_requests_total{method="GET",route="other",status="404"}': 0,
    'http_requests_total{method="other",route="other",status="400"}': 0,
    **one_each("http_request_duration_seconds_count", "route", ("/analyze", *PROBES, "/version", "other"), 0),
    **one_each("pp_doclayout_stage_duration_seconds_count", "stage", STAGES, 0),
    "pp_doclayout_queue_duration_seconds_count": 0,
    "pp_doclayout_batch_size_count": 0,
    "pp_doclayout_slots": None,
    "pp_doclayout_slots_busy": 0,
    "pp_doclayout_load_ratio": 0,
    **one_each("pp_doclayout_rejected_total", "reason", REJECTIONS, 0),
    "pp_doclayout_cancelled_total": 0,
    **one_each("pp_doclayout_documents_total", "outcome", ("ok", "failed", "expired", "cancelled"), 0),
    "pp_doclayout_pages_total": 0,
    **one_each("pp_doclayout_regions_total", "label", LABELS, 0),
    'pp_doclayout_health{layer="liveness",check="process_memory"}': 1,
    'pp_doclayout_health{layer="readiness",check="model_loaded"}': 1,
    'pp_doclayout_health{layer="readiness",check="draining"}': 1,
    **one_each("pp_doclayout_jobs", "state", ("pending", "processing", "completed", "failed", "cancelled"), 0),
    **one_each("pp_doclayout_job_pages", "state", ("pending", "processing"), 0),
    "pp_doclayout_log_lines_dropped_total": 0,
    "pp_doclayout_log_file_lines_dropped_total": 0,
    "pp_doclayout_log_file_rotations_total": 0,
    "process_cpu_seconds_total": None,
    "process_resident_memory_bytes": None,
    "process_virtual_memory_bytes": None,
    "process_open_fds": None,
    "process_max_fds": None,
    "process_threads": None,
    "process_start_time_seconds": None,
}

# One of each, whose labels are told by what runs.
INFOS = ("pp_doclayout_build_info", "pp_doclayout_model_info")


def plain_samples(service: Service) -> dict[str, float]:
    lines = [line for line in metrics.text(service).splitlines() if not line.startswith("#")]
    return {series: float(value) for series, _, value in (line.rpartition(" ") for line in lines)}


@pytest.fixture(scope="module")
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


def analyze_under(service: Service, page: bytes, traceparent: str) -> Answer:
    headers = {"Content-Type": "application/octet-stream", "traceparent": traceparent}
    return service.request("POST", "/analyze", page, headers)


def send_odd_things(service: Service, page: bytes):
    """One of each that can be sent: good, refused, broken, strange."""
    service.analyze(page)
    analyze_under(service, page, SAMPLED)
    service.analyze(documents.random_bytes())
    service.analyze(documents.png_bomb())
    service.analyze(page, "image/png", "?threshold=7")
    service.analyze(page, "image/png", '?x"y\\z=%0a%ff')
    service.analyze(*multipart([("wrong", "page.png", page)]))
    service.get('/"quoted"\\{path}')
    service.get("/%0a%ff%00")
    service.request("BREW", "/analyze")
    service.request("DELETE", "/metrics")
    service.raw(b"\xff\xfe\n\n")
    service.raw(b'GET /health HTTP/9.9\r\nX: "\\\r\n\r\n')
    service.get("/health", {"X-Request-ID": 'a"b\\c', "traceparent": "00-zz", "Accept": '";"'})


# --- from the start ---


def test_every_series_is_there_before_the_first_request(serve_with):
    service = serve_with()

    exposed = plain_samples(service)

    missing = FROM_THE_START.keys() - exposed.keys()
    assert not missing
    wrong = {name: exposed[name] for name, value in FROM_THE_START.items() if value not in (None, exposed[name])}
    assert not wrong
    for info in INFOS:
        assert [value for series, value in exposed.items() if series.startswith(info + "{")] == [1]
    assert exposed["pp_doclayout_slots"] >= 1


def test_the_process_tells_of_itself_what_the_kernel_does(serve_with):
    service = serve_with(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4000, 4000)))

    exposed = plain_samples(service)

    kernels = pathlib.Path("/proc", str(service.process.pid))
    status = (kernels / "status").read_text()
    kernel = {name: int(value) for name, value in re.findall(r"^(\w+):\s+(\d+)(?: kB)?$", status, re.M)}
    start_ticks = int((kernels / "stat").read_text().rpartition(")")[2].split()[19])
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - start_ticks / os.sysconf("SC_CLK_TCK")
    assert exposed["process_start_time_seconds"] == pytest.approx(time.time() - age, abs=0.05), "loading takes longer"
    assert exposed["process_max_fds"] == 4000
    assert 3 <= exposed["process_open_fds"] < 4000
    assert abs(exposed["process_threads"] - kernel["Threads"]) <= 2
    assert exposed["process_virtual_memory_bytes"] == pytest.approx(kernel["VmSize"] * 1024, rel=0.05)
    assert exposed["process_resident_memory_bytes"] == pytest.approx(kernel["VmRSS"] * 1024, rel=0.2)
    assert 0 < exposed["process_cpu_seconds_total"] < 600


# --- judges ---


def test_promtool_has_nothing_to_say(serve_with, page):
    service = serve_with()

    metrics.assert_promtool_likes(metrics.text(service))
    send_odd_things(service, page)
    metrics.assert_promtool_likes(metrics.text(service))


def test_a_strict_reader_of_openmetrics_takes_it(serve_with, page):
    service = serve_with()
    at_start = metrics.families(service)
    send_odd_things(service, page)

    exposed = metrics.families(service)

    assert at_start.keys() == exposed.keys()
    types = {name: (family.type, family.unit) for name, family in exposed.items()}
    assert types["http_requests"] == ("counter", "")
    assert types["process_cpu_seconds"] == ("counter", "seconds")
    assert types["process_resident_memory_bytes"] == ("gauge", "bytes")
    assert types["http_request_duration_seconds"] == ("histogram", "seconds")
    assert types["pp_doclayout_load_ratio"] == ("gauge", "ratio")
    assert types["pp_doclayout_build"] == ("info", "")
    limits = {
        sample.labels["le"]
        for sample in exposed["pp_doclayout_inference_latency_seconds"].samples
        if sample.name.endswith("_bucket")
    }
    assert {"0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "+Inf"} <= limits


def test_both_formats_tell_the_same(serve_with, page):
    service = serve_with()
    service.analyze(page)

    plain, open_metrics = plain_samples(service), metrics.samples(service)

    assert {series.partition("{")[0] for series in plain} == {name for name, _ in open_metrics}
    assert len(plain) == len(open_metrics)


def exemplars(service: Service) -> dict[str, set[str]]:
    """The trace ids that stand at samples, by the samples' names."""
    found: dict[str, set[str]] = {}
    for family in metrics.families(service).values():
        for sample in family.samples:
            if sample.exemplar:
                found.setdefault(sample.name, set()).add(sample.exemplar.labels["trace_id"])
    return found


def test_a_recorded_trace_is_the_example_of_the_times(serve_with, page):
    service = serve_with()
    assert exemplars(service) == {}

    analyze_under(service, page, SAMPLED[:-2] + "00")
    service.get("/ready", {"traceparent": SAMPLED})
    assert exemplars(service) == {}, "nobody recorded that"
    analyze_under(service, page, SAMPLED)

    expected = {
        "http_request_duration_seconds_bucket",
        "pp_doclayout_inference_latency_seconds_bucket",
        "pp_doclayout_queue_duration_seconds_bucket",
        "pp_doclayout_stage_duration_seconds_bucket",
    }
    service.wait_until(lambda: exemplars(service) == dict.fromkeys(expected, {TRACE}), "exemplars")
    assert " # {" not in metrics.text(service), "Prometheus' own text has no place for them"


# --- a real Prometheus ---


def assert_no_counter_fell(stored: list[dict]):
    fallen = [
        series["metric"]
        for series in stored
        for (_, before), (_, after) in zip(series["values"], series["values"][1:])
        if float(after) < float(before)
    ]
    assert not fallen


def test_a_prometheus_scrapes_it(serve_with, page, tmp_path):
    service = serve_with()
    with prometheus(tmp_path, service.port) as server:
        pages_total = "pp_doclayout_pages_total"
        server.wait_for(lambda: server.value(pages_total), lambda value: value == 0, "the first scrape")
        (at_start,) = server.query("scrape_samples_scraped")

        slowest = 0.0
        for _ in range(20):
            start = time.monotonic()
            assert analyze_under(service, page, SAMPLED).status == 200
            slowest = max(slowest, time.monotonic() - start)
        send_odd_things(service, page)
        count = service.metric(pages_total)
        server.wait_for(lambda: server.value(pages_total), lambda value: value == count, "the pages in Prometheus")

        assert server.value(f'up{{job="{JOB}"}}') == 1
        p90 = server.value(
            "histogram_quantile(0.9, sum by (le) (increase(pp_doclayout_inference_latency_seconds_bucket[5m])))"
        )
        limits = sorted(
            float(series["metric"]["le"]) for series in server.query("pp_doclayout_inference_latency_seconds_bucket")
        )
        assert 0 < p90 <= next(limit for limit in limits if limit >= slowest)

        for name in ("http_request_duration_seconds_bucket", "pp_doclayout_inference_latency_seconds_bucket"):
            found = server.exemplars(name)
            assert {one["labels"]["trace_id"] for one in found} == {TRACE}
            assert all(0 < float(one["value"]) <= float(one["series"]["le"]) for one in found)

        assert_no_counter_fell(server.query('{job="doclayout",__name__=~".+_(total|bucket|count|sum)"}[10m]'))
        scraped, kept = (server.value(f"scrape_samples_{what}") for what in ("scraped", "post_metric_relabeling"))
        assert scraped == kept == len(metrics.samples(service)), "none is there twice"
        undocumented = len(metrics.series_of(service, "http_requests_total")) - at_start_requests(server)
        assert scraped - float(at_start["value"][1]) == undocumented

        (told,) = {
            (one["type"], one["unit"])
            for one in server.api("targets/metadata", metric="pp_doclayout_inference_latency_seconds")
        }
        assert told == ("histogram", "seconds")
        assert [target["health"] for target in server.api("targets")["activeTargets"]] == ["up"]


def at_start_requests(server) -> int:
    """Series of `http_requests_total` in the first scrape that is stored."""
    stored = server.query("http_requests_total[10m]")
    first = min(series["values"][0][0] for series in stored)
    return sum(series["values"][0][0] == first for series in stored)


# --- strangers ---


class Stranger:
    """Asks for what nobody has asked for yet, over connections that it keeps as long as they last."""

    def __init__(self, service: Service, seed: int):
        self.service = service
        self.random = random.Random(seed)
        self.connection = service.connect()

    def word(self, letters: str = string.ascii_letters + string.digits) -> str:
        return "".join(self.random.choices(letters, k=12))

    def ask(self, method: str, target: str, body: bytes | None = None, **headers: str):
        strange = {
            "X-Request-ID": self.word(string.ascii_letters + '"\\{}=,'),
            "X-Forwarded-For": ".".join(str(self.random.randrange(1, 255)) for _ in range(4)),
            "Authorization": f"Bearer {self.word()}",
            "User-Agent": self.word(),
            "Accept": f"{self.word()}/{self.word()}",
            "traceparent": f"00-{self.random.getrandbits(128) | 1:032x}-{self.random.getrandbits(64) | 1:016x}-01",
        }
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self.connection.request(method, target, body, strange | names)
            self.connection.getresponse().read()
        except (http.client.HTTPException, ConnectionError):
            self.connection.close()

    def storm(self, page: bytes):
        for _ in range(1500):
            self.ask("GET", f"/{self.word()}?{self.word()}={self.word()}")
        for _ in range(500):
            self.ask(self.word(string.ascii_uppercase), "/analyze")
        for _ in range(300):
            self.ask("POST", f"/analyze?{self.word()}={self.word()}", b"x", Content_Type=f"image/{self.word()}")
        for _ in range(300):
            self.ask("POST", "/analyze", self.word().encode(), Content_Type="image/png")
        for _ in range(100):
            self.service.raw(self.word(string.printable).encode() + b"\r\n\r\n")
        for _ in range(5):
            self.ask("POST", "/analyze?threshold=0", page, Content_Type="image/png")
        self.connection.close()


def test_strangers_make_no_series(serve_with, page):
    service = serve_with(*("--trusted-proxies", "127.0.0.1/32"), *("--rate-limit", "0.001", "--rate-burst", "1000"))
    send_odd_things(service, page)  # statuses that no route documents come with the first
    before = metrics.samples(service)

    Stranger(service, 1).storm(page)

    after_one = metrics.samples(service)
    assert sum(after_one.values()) > sum(before.values()) + 2500
    assert service.metric("pp_doclayout_rate_limit_clients") > 500, "each that found a route was a client of its own"
    new = after_one.keys() - before.keys()
    assert {name for name, _ in new} <= {"http_requests_total"}
    assert len(new) < 10

    Stranger(service, 2).storm(page)

    assert metrics.samples(service).keys() == after_one.keys()


def test_nothing_that_ascends_falls_while_it_is_read(serve_with, page):
    service = serve_with()
    before = metrics.only_ascends(service)

    for _ in range(30):
        service.analyze(page)
        after = metrics.only_ascends(service)
        fallen = {series: (value, after[series]) for series, value in before.items() if after[series] < value}
        assert not fallen
        before = after


# --- what an operator reads ---


def test_operations_explains_every_metric(serve_with, tmp_path, page):
    """With everything on that has metrics of its own."""
    keys = tmp_path / "keys.json"
    digest = hashlib.sha256(b"a-key-of-some-length").hexdigest()
    keys.write_text(json.dumps({"keys": [{"name": "reader", "sha256": digest}]}))
    service = serve_with(
        *("--api-keys-file", keys, "--rate-limit", "1000", "--answer-cache-bytes", "1000000"),
        *("--otlp-endpoint", "http://127.0.0.1:9/v1/traces", "--admin-token", "the-operators-own-token"),
    )

    exposed = re.findall(r"^# TYPE (\S+) ", metrics.text(service), re.M)

    section = OPERATIONS.read_text().partition("\n## Metrics\n")[2].partition("\n## ")[0]
    explained = {
        name for code in re.findall(r"`([^`]+)`", section) for name in re.findall(r"\w+", code.partition("{")[0])
    }
    assert len(exposed) > 30
    assert not [name for name in exposed if name not in explained]


def test_every_alert_of_the_runbook_can_be_asked_and_has_its_entry(serve, tmp_path):
    text = OPERATIONS.read_text()
    table = text[text.index("| alert | expression |") : text.index("### ServiceDown")]
    rules = []
    for line in table.splitlines()[2:]:
        if line.startswith("|"):
            _, names, told, _ = re.split(r"(?<!\\)\|", line)
            for name in names.split(","):
                assert f"\n### {name.strip()}\n" in text, f"{name} has no entry"
            told = told.replace("…", "pp_doclayout_health").replace(r"\|", "|")
            rules += [{"alert": f"Rule{len(rules) + i}", "expr": one} for i, one in enumerate(re.findall(r"`([^`]+)`", told))]
    path = tmp_path / "rules.yml"
    path.write_text(json.dumps({"groups": [{"name": "runbook", "rules": rules}]}))

    checked = subprocess.run([metrics.tool("promtool"), "check", "rules", path], capture_output=True, text=True, check=False)

    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert len(rules) > 15
    exposed = metrics.text(serve)
    for rule in rules:
        without_values = re.sub(r'"[^"]*"', '""', rule["expr"])
        for name in re.findall(r"\b(?:pp_doclayout|http|process)_\w+", without_values):
            assert re.search(rf"^{name}(_bucket)?[{{ ]", exposed, re.MULTILINE), f"{rule['expr']}: there is no {name}"
