"""What each layer of health says while the service starts, while it is well, and while its model or its GPU is not: the
faults are injected."""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import json
import re
import threading

import pytest
from conftest import ROOT
from faulty_service import FaultyService, gpu_service
from health import MANY, OFTEN, deep_metric, status_of, unwell


@pytest.fixture
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


@pytest.fixture
def embedded_elsewhere(tmp_path):
    """The embedded model under another digest: nothing is recorded of it."""
    model = tmp_path / "model.onnx"
    # A field that is not known, behind the rest: https://protobuf.dev/programming-guides/encoding/.
    model.write_bytes((ROOT / ".deps/models/layout_cdla.onnx").read_bytes() + b"\xc0\x3e\x01")
    return model


class TestStart:
    def test_lives_from_the_first_moment_and_is_ready_when_it_is_warm(self, faulty, page):
        service: FaultyService = faulty(wait_for="listening", FAULTS_LOAD="10")
        phases = set()
        refused = service.analyze(page)

        for path in ("/health", "/livez", "/v2/health/live"):
            assert service.get(path).status == 200
        for path in ("/ready", "/readyz", "/startupz", "/v2/health/ready", "/deep-health"):
            assert service.get(path).status == 503, path
        while (start := service.get("/startupz")).status == 503:
            phases.add(start.json()["phase"])
        service.wait_for("ready")
        answers = [service.analyze(page).status for _ in range(5)]

        refused.assert_problem(503, "not_ready")
        assert int(refused.headers["retry-after"]) >= 1
        assert phases <= {"loading", "compiling", "warming"} and "compiling" in phases
        assert start.json()["phase"] == "serving"
        assert answers == [200] * 5
        assert service.get("/ready").status == 200
        events = [entry["event"] for entry in service.log_entries()]
        assert events.index("listening") < events.index("model_loaded") < events.index("ready")

    def test_is_warm_by_a_page_that_went_through_the_model(self, serve):
        assert serve.metric('pp_doclayout_deep_health_checks_total{status="healthy"}') >= 1
        assert serve.get("/version").json()["runtime"]

    def test_says_what_it_does_not_know_yet(self, faulty):
        service = faulty(wait_for="listening", FAULTS_LOAD="5")

        version = service.get("/version").json()

        assert (version["model"], version["runtime"]) == (None, None)
        assert service.metric("pp_doclayout_slots") == 0
        assert service.metric("pp_doclayout_load_ratio") == 0
        service.wait_for("ready")

    def test_stays_unready_and_says_why_while_the_first_page_fails(self, faulty_program, faulty, tmp_path):
        (tmp_path / "faults-0").write_text(f"nan {MANY}")

        service = faulty(wait_for="listening")
        service.wait_until(lambda: service.get("/startupz").json()["phase"] == "warming", "the first page")
        service.wait_until(lambda: service.log().count('"deep_health"') > 0, "the reason in the log")

        assert service.get("/ready").status == 503
        assert "infinite or no numbers" in service.logged(event="deep_health")["failing"]
        service.tell("none 0")
        service.wait_for("ready")


    def test_ends_on_a_signal_while_the_first_page_hangs(self, faulty, tmp_path):
        (tmp_path / "faults-0").write_text(f"hang {MANY}")
        service = faulty("--drain-timeout-ms", "3000", "--deep-health-timeout-s", "3600", wait_for="listening")
        service.wait_until(lambda: service.get("/startupz").json()["phase"] == "warming", "the first page")

        service.terminate()

        assert service.wait(30) == 0, service.log()
        # The line of a question that was answered before may come after that of the signal.
        events = [entry["event"] for entry in service.log_entries() if entry["event"] != "request"]
        assert events[-2:] == ["draining", "stopped"]

    def test_takes_a_slow_model_for_what_it_is(self, faulty, tmp_path):
        """However short a deep check's time is: what hangs is found by the limit of its slot."""
        (tmp_path / "faults-0").write_text("slow 1 1500")

        service = faulty("--deep-health-timeout-s", "0.5")

        assert service.get("/ready").status == 200


class TestDeepHealth:
    def test_finds_what_is_recorded_of_the_golden_page(self, serve):
        report = serve.get("/deep-health").json()

        checks = {check["name"]: check for check in report["checks"]}
        assert not unwell(report), report
        assert checks["detection_accuracy"]["value"] == 1
        assert "15 of 15" in checks["detection_accuracy"]["details"]
        assert checks["inference_speed"]["unit"] == "s"
        for name in ("gpu_memory_after_inference", "gpu_temperature", "gpu_throttling", "gpu_errors", "gpu_fragmentation"):
            assert checks[name]["status"] == "not_applicable", name

    def test_infers_the_page_that_is_sent(self, serve, page, pages):
        as_form = serve.request("POST", "/deep-health", page, {"Content-Type": "image/png"})
        blank = serve.request("POST", "/deep-health", (pages / "blank.png").read_bytes(), {"Content-Type": "image/png"})

        assert as_form.status == 200, as_form.body
        assert blank.status == 503, blank.body
        assert [check["status"] for check in blank.json()["checks"] if check["name"] == "detection_accuracy"] == ["unhealthy"]

    def test_takes_no_parameters_with_a_page(self, serve, page):
        answer = serve.request("POST", "/deep-health?threshold=7", page, {"Content-Type": "image/png"})

        answer.assert_problem(400, "bad_parameter")
        assert "threshold" in answer.json()["detail"]

    def test_says_that_the_service_shuts_down(self, faulty, page):
        service = faulty("--drain-grace-ms", "20000")
        service.tell("hang 1")
        with contextlib.closing(service.connect()) as caller:
            caller.request("POST", "/analyze?timeout_ms=2000", page, {"Content-Type": "image/png"})
            service.wait_until(lambda: service.taken() == "1 of hang 1", "the page hangs")
            service.terminate()
            service.wait_until(lambda: service.get("/ready").status == 503, "it drains")

            service.get("/deep-health").assert_problem(503, "draining")
        service.terminate()  # no more grace
        service.wait()

    def test_takes_base64_in_json(self, serve, page):
        body = json.dumps({"image": base64.b64encode(page).decode()}).encode()

        assert serve.request("POST", "/deep-health", body, {"Content-Type": "application/json"}).status == 200

    @pytest.mark.parametrize(
        ("body", "content_type", "status", "code"),
        [
            (b"{}", "application/json", 400, "bad_request"),
            (b'{"image": "?"}', "application/json", 400, "bad_request"),
            (b"rubbish", "image/png", 415, "unsupported_media"),
            (b"\x89PNG\r\n\x1a\nrubbish", "image/png", 422, "undecodable"),
            (b"x", "text/plain", 415, "unsupported_media"),
            (None, "image/png", 400, "bad_request"),
        ],
    )
    def test_says_what_is_wrong_with_a_page(self, serve, body, content_type, status, code):
        serve.request("POST", "/deep-health", body, {"Content-Type": content_type}).assert_problem(status, code)

    def test_takes_one_page_and_not_two(self, serve, pages):
        two = (pages / "two_pages.tif").read_bytes()

        serve.request("POST", "/deep-health", two, {"Content-Type": "image/tiff"}).assert_problem(400, "bad_request")

    def test_shares_one_inference_among_all_who_ask_at_once(self, faulty):
        service = faulty("--slots", "1")
        before = service.metric('pp_doclayout_deep_health_checks_total{status="healthy"}')
        service.tell("slow 1 1000")

        with concurrent.futures.ThreadPoolExecutor(20) as pool:
            statuses = list(pool.map(lambda _: service.get("/deep-health").status, range(20)))

        after = service.metric('pp_doclayout_deep_health_checks_total{status="healthy"}')
        assert statuses == [200] * 20
        assert after - before <= 2, "whoever came while it ran shares it"

    def test_is_not_shut_out_by_a_full_queue_and_takes_nobodys_place(self, faulty, page):
        service = faulty("--slots", "1", "--queue-capacity", "4", "--queue-spare-places", "0")
        service.tell(f"slow {MANY} 300")

        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = [pool.submit(service.analyze, page) for _ in range(16)]
            service.wait_until(lambda: service.metric("pp_doclayout_request_queue_length") >= 4, "a full queue")
            deep = service.get("/deep-health")
            ready = service.get("/ready")
            statuses = {answer.result().status for answer in answers}

        assert deep.status == 200, deep.body
        assert ready.status == 200, "a full queue stays ready"
        assert statuses <= {200, 503} and 200 in statuses

    def test_is_not_starved_by_pages_that_callers_send(self, faulty, pages):
        service = faulty("--slots", "1", *OFTEN)
        bodies = [(pages / name).read_bytes() for name in ("form.png", "contract.png", "invoice_table.png", "chinese.png")]
        over = threading.Event()

        def post(body):
            while not over.is_set():
                service.request("POST", "/deep-health", body, {"Content-Type": "image/png"})

        threads = [threading.Thread(target=post, args=(body,)) for body in bodies * 2]
        for thread in threads:
            thread.start()
        service.tell(f"empty {MANY}")
        try:
            service.wait_until(lambda: deep_metric(service, "detection_accuracy") == 0, "the fault is seen")
        finally:
            over.set()
            for thread in threads:
                thread.join()

    def test_is_a_warning_while_the_model_is_slow_and_loaded(self, faulty, page):
        service = faulty("--slots", "1", "--ready-needs-deep-health", "--deep-health-timeout-s", "1", *OFTEN)
        service.tell(f"slow {MANY} 1500")

        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            answers = [pool.submit(service.analyze, page) for _ in range(3)]
            service.wait_until(lambda: deep_metric(service, "inference") == 0.5, "a check that takes too long")
            ready = service.get("/ready").status
            statuses = {answer.result().status for answer in answers}

        assert (ready, statuses) == (200, {200})

    def test_takes_no_empty_answer_for_the_measure_of_later_ones(self, faulty, embedded_elsewhere, tmp_path):
        (tmp_path / "faults-0").write_text(f"empty {MANY}")
        service = faulty("--model-path", embedded_elsewhere, *OFTEN)

        service.wait_until(
            lambda: service.metric('pp_doclayout_deep_health_checks_total{status="unhealthy"}') >= 3, "several checks"
        )
        assert service.metric('pp_doclayout_deep_health_checks_total{status="healthy"}') == 0
        service.tell("none 0")

        service.wait_until(lambda: service.get("/deep-health").status == 200, "a good answer is the measure")

    @pytest.mark.parametrize("option", ["--deep-health-period-s", "--deep-health-timeout-s", "--drift-warning"])
    def test_wants_numbers_that_are_some(self, run, option):
        result = run("serve", "--port", "0", option, "nan")

        assert result.returncode == 2
        assert option in result.stderr and "not a number" in result.stderr

    @pytest.mark.parametrize(("name", "reason"), [("missing", "No such file"), ("folder", "no file of at most")])
    def test_says_which_golden_page_it_cannot_use(self, run, tmp_path, name, reason):
        (tmp_path / "folder").mkdir()

        result = run("serve", "--port", "0", "--golden-file", tmp_path / name)

        assert result.returncode == 3
        assert str(tmp_path / name) in result.stderr and reason in result.stderr and "--golden-file" in result.stderr

    def test_counts_as_no_document(self, serve):
        before = serve.metric("pp_doclayout_pages_total"), serve.metric('pp_doclayout_documents_total{outcome="ok"}')

        serve.get("/deep-health")

        after = serve.metric("pp_doclayout_pages_total"), serve.metric('pp_doclayout_documents_total{outcome="ok"}')
        assert after == before


class TestGarbage:
    @pytest.mark.parametrize("fault", ["nan", "empty", "shift"])
    def test_is_seen_within_a_period_and_is_no_reason_to_restart(self, faulty, fault):
        # What is no numbers opens the breaker too, with which readiness ends: test_serve_faults.py.
        service = faulty(*OFTEN, "--breaker-failures", "0")
        service.tell(f"{fault} {MANY}")

        service.wait_until(lambda: deep_metric(service, "detection_accuracy") < 1, "the fault is seen")
        answer = service.get("/deep-health")

        if fault == "shift":
            assert answer.json()["status"] in ("warning", "unhealthy")
        else:
            assert (answer.status, answer.json()["status"]) == (503, "unhealthy")
        assert service.get("/health").status == 200
        assert service.get("/ready").status == 200, "readiness does not depend on it unless it is told to"
        assert service.logged(event="deep_health", status=answer.json()["status"])["failing"]
        if fault != "shift":
            assert service.metric("pp_doclayout_golden_recall_ratio") == 0, "not the value of when it was well"

        service.tell("none 0")
        service.wait_until(lambda: service.get("/deep-health").status == 200, "it is well again")
        assert service.metric("pp_doclayout_golden_recall_ratio") == 1

    def test_is_told_in_the_log_each_time_that_it_is_another(self, faulty):
        service = faulty("--breaker-failures", "0")
        for fault in ("nan", "empty"):
            service.tell(f"{fault} {MANY}")
            assert service.get("/deep-health").status == 503

        def told() -> list[str]:
            return [entry["failing"] for entry in service.log_entries() if entry["event"] == "deep_health"]

        service.wait_until(lambda: service.get("/health").status == 200 and len(told()) == 3, "the log has three lines")
        well, no_numbers, nothing = told()
        assert well == ""
        assert no_numbers.startswith("inference: ")
        assert nothing.startswith("detection_accuracy: ")

    def test_makes_a_service_unready_that_is_told_to_be(self, faulty):
        service = faulty(*OFTEN, "--ready-needs-deep-health")
        assert service.get("/ready").status == 200
        service.tell(f"empty {MANY}")

        service.wait_until(lambda: service.get("/ready").status == 503, "it is not ready")
        assert status_of(service, "/ready", "deep_health") == "unhealthy"
        assert service.get("/health").status == 200
        assert service.get("/startupz").status == 200

        service.tell("none 0")
        service.wait_until(lambda: service.get("/ready").status == 200, "it is ready again")


class TestGpu:
    """A GPU that is none: the engine says that it infers on one, and NVML and the CUDA driver are fakes."""

    @pytest.fixture
    def gpu(self, binary, faulty, tmp_path):
        return gpu_service(faulty, binary.parent, tmp_path, *OFTEN)

    def test_that_is_well_is_told_in_every_layer(self, gpu):
        gpu.wait_until(lambda: status_of(gpu, "/health", "gpu_available") == "healthy", "a reading")

        assert status_of(gpu, "/ready", "gpu_memory") == "healthy"
        assert not unwell(gpu.get("/deep-health").json())
        assert gpu.metric("pp_doclayout_gpu_memory_total_bytes") > 0
        assert 0 < gpu.metric("pp_doclayout_gpu_memory_usage_percent") < 100

    def test_that_is_hot_is_seen_by_deep_health(self, gpu):
        gpu.tell_gpu("hot")

        gpu.wait_until(lambda: deep_metric(gpu, "gpu_temperature") < 1, "it is seen")

        assert gpu.get("/deep-health").status == 503
        assert gpu.metric("pp_doclayout_gpu_temperature_celsius") > 90
        assert gpu.get("/health").status == 200

    def test_that_is_lost_is_cured_by_a_restart(self, gpu):
        gpu.tell_gpu("lost")

        gpu.wait_until(lambda: gpu.get("/health").status == 503, "liveness fails")

        assert status_of(gpu, "/health", "gpu_available") == "unhealthy"
        assert gpu.get("/ready").status == 503

    def test_whose_memory_is_nearly_full_is_warned_of_and_then_not_ready(self, gpu):
        gpu.tell_gpu("full")
        gpu.wait_until(lambda: status_of(gpu, "/ready", "gpu_memory") == "warning", "a warning")
        assert gpu.get("/ready").status == 200
        assert gpu.metric("pp_doclayout_gpu_memory_usage_percent") > 90

        gpu.tell_gpu("out-of-memory")
        gpu.wait_until(lambda: gpu.get("/ready").status == 503, "it is not ready")
        assert gpu.get("/health").status == 200

    def test_whose_nvml_hangs_is_waited_for_by_nobody(self, gpu):
        gpu.wait_until(lambda: status_of(gpu, "/health", "gpu_available") == "healthy", "a reading")
        gpu.tell_gpu("hanging")

        gpu.wait_until(lambda: status_of(gpu, "/health", "gpu_available") == "warning", "it is seen", 60)

        assert gpu.get("/health").status == 200, "no reason to restart"
        assert gpu.get("/ready").status == 200
        assert gpu.metric("pp_doclayout_gpu_up") == 0

    @pytest.mark.parametrize(
        ("state", "check"), [("throttled", "gpu_throttling"), ("ecc", "gpu_errors"), ("xid", "gpu_errors")]
    )
    def test_that_fails_in_its_own_way_is_seen_by_deep_health(self, gpu, state, check):
        gpu.tell_gpu(state)

        gpu.wait_until(lambda: deep_metric(gpu, check) < 1, f"{state} is seen")

    def test_whose_memory_is_in_pieces_is_seen_by_deep_health(self, gpu, tmp_path):
        new = tmp_path / "cuda.new"
        new.write_text("fragmented")
        new.rename(tmp_path / "cuda")

        gpu.wait_until(lambda: deep_metric(gpu, "gpu_fragmentation") < 1, "it is seen")

    def test_of_a_service_on_a_processor_does_not_apply(self, serve):
        assert status_of(serve, "/health", "gpu_available") == "not_applicable"
        assert status_of(serve, "/ready", "gpu_memory") == "not_applicable"
        assert re.search(r"^pp_doclayout_gpu_memory_usage_percent 0$", serve.get("/metrics").body.decode(), re.MULTILINE)
