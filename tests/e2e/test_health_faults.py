"""What each layer of health says, and what the whole service does, while something goes wrong: the faults are injected."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading

import pytest
from faulty_service import EXIT_MEMORY, FaultyService
from prometheus import prometheus

MANY = 1_000_000
OFTEN = ("--deep-health-period-s", "0.1")
CONTAINER_BYTES = 700 << 20


@pytest.fixture
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


def status_of(service, path: str, check: str | None = None) -> str:
    """Of a check in a report; without a name of the report."""
    report = service.get(path).json()
    if check is None:
        return report["status"]
    return next(entry["status"] for entry in report["checks"] if entry["name"] == check)


def deep_metric(service, check: str) -> float:
    return service.metric(f'pp_doclayout_health{{layer="deep",check="{check}"}}')


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
        assert "not finite" in service.logged(event="deep_health")["failing"] or service.logged(event="deep_health")["failing"]
        service.tell("none 0")
        service.wait_for("ready")


class TestDeepHealth:
    def test_finds_what_is_recorded_of_the_golden_page(self, serve):
        report = serve.get("/deep-health").json()

        checks = {check["name"]: check for check in report["checks"]}
        assert report["status"] == "healthy", report
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

    def test_takes_base64_in_json(self, serve, page):
        import base64

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

    def test_counts_as_no_document(self, serve):
        before = serve.metric("pp_doclayout_pages_total"), serve.metric('pp_doclayout_documents_total{outcome="ok"}')

        serve.get("/deep-health")

        after = serve.metric("pp_doclayout_pages_total"), serve.metric('pp_doclayout_documents_total{outcome="ok"}')
        assert after == before


class TestGarbage:
    @pytest.mark.parametrize("fault", ["nan", "empty", "shift"])
    def test_is_seen_within_a_period_and_is_no_reason_to_restart(self, faulty, fault):
        service = faulty(*OFTEN)
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

        service.tell("none 0")
        service.wait_until(lambda: service.get("/deep-health").status == 200, "it is well again")

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


class TestSlowness:
    def test_of_six_seconds_is_a_warning_and_shows_in_the_alert(self, faulty, page, tmp_path):
        service = faulty("--slots", "1")
        with prometheus(tmp_path, service.port) as watcher:
            alert = "histogram_quantile(0.95, sum by (le) (rate(pp_doclayout_inference_latency_seconds_bucket[5m]))) > 5"
            watcher.wait_for(lambda: watcher.value("pp_doclayout_pages_total"), lambda value: value == 0, "a first scrape")
            assert watcher.query(alert) == []
            service.tell("slow 2 6000")

            deep = service.get("/deep-health")
            answer = service.analyze(page)

            assert deep.status == 200
            assert [check["status"] for check in deep.json()["checks"] if check["name"] == "inference_speed"] == ["warning"]
            assert answer.status == 200
            slow = service.metric("pp_doclayout_inference_latency_seconds_count") - service.metric(
                'pp_doclayout_inference_latency_seconds_bucket{le="5"}'
            )
            assert slow == 1
            watcher.wait_for(lambda: watcher.query(alert), bool, "the alert's expression")


@contextlib.contextmanager
def memory_group(limit: int):
    """A control group of this machine with so much memory, version 1 or 2."""
    version1 = pathlib.Path("/sys/fs/cgroup/memory")
    root, name = (version1, "memory.limit_in_bytes") if version1.is_dir() else (pathlib.Path("/sys/fs/cgroup"), "memory.max")
    group = root / f"doclayout-test-{os.getpid()}"
    group.mkdir()
    try:
        (group / name).write_text(str(limit))
        yield group
    finally:
        for process in (group / "cgroup.procs").read_text().split():  # of a test that failed
            os.kill(int(process), signal.SIGKILL)
        while (group / "cgroup.procs").read_text():
            pass
        group.rmdir()


class TestLeak:
    def test_is_warned_of_and_ends_in_a_drain_before_the_kernel_ends_it(self, faulty, page):
        with memory_group(CONTAINER_BYTES) as group:

            def enter():
                (group / "cgroup.procs").write_text(str(os.getpid()))

            service = faulty("--slots", "1", "--drain-grace-ms", "200", preexec_fn=enter)
            limit = service.metric("pp_doclayout_memory_limit_bytes")
            assert limit == CONTAINER_BYTES // 10 * 9
            service.tell(f"leak {MANY} 5")
            warned = threading.Event()
            answers: list[int] = []

            def work():
                while True:
                    try:
                        answers.append(service.analyze(page).status)
                    except (ConnectionError, http.client.HTTPException, socket.timeout) as error:
                        answers.append(0 if not isinstance(error, ConnectionRefusedError) else -1)
                        return

            def watch():
                while not warned.is_set():
                    try:
                        if status_of(service, "/health", "process_memory") == "warning":
                            warned.set()
                    except (OSError, http.client.HTTPException):
                        return

            threads = [threading.Thread(target=target) for target in (work, work, work, watch)]
            for thread in threads:
                thread.start()
            status = service.wait(300)  # a machine that does other things too leaks more slowly
            for thread in threads:
                thread.join()

        assert status == EXIT_MEMORY, service.log()
        assert warned.is_set()
        assert service.logged(event="memory_limit")["resident_bytes"] < CONTAINER_BYTES
        assert service.logged(event="stopped")["requests_lost"] == 0
        accepted = [code for code in answers if code > 0]
        assert set(accepted) <= {200, 503}, set(accepted)
        assert answers.count(0) == 0, "an answer was cut off"


def io_thread(service) -> int:
    for task in pathlib.Path(f"/proc/{service.process.pid}/task").iterdir():
        if (task / "comm").read_text().strip() == "http-io":
            return int(task.name)
    raise AssertionError("there is no I/O thread")


class TestEventLoop:
    def test_that_is_blocked_answers_nothing_and_the_log_says_where_it_hangs(self, faulty):
        service = faulty("--event-loop-timeout-ms", "1000")
        thread = io_thread(service)
        tgkill = 234
        assert ctypes.CDLL(None).syscall(tgkill, service.process.pid, thread, signal.SIGUSR2) == 0

        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=2)
        connection.request("GET", "/livez")
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()

        service.wait_until(lambda: service.get("/livez").status == 200, "it turns again", 60)
        blocked = service.logged(event="event_loop_blocked")
        assert "HoldUp" in blocked["stack"], blocked
        assert "http::EventLoop::Run" in blocked["stack"], blocked
        assert service.logged(event="event_loop_recovered")
        assert service.metric("pp_doclayout_event_loop_blocked_total") == 1


class TestClock:
    def test_may_jump_without_a_false_alarm(self, binary, serve_with, tmp_path):
        library = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
        assert library.is_file(), "faketime is missing: scripts/bootstrap.sh --with test installs it"
        offset = tmp_path / "offset"
        offset.write_text("+0\n")
        service = serve_with(
            *OFTEN,
            LD_PRELOAD=str(library),
            FAKETIME_TIMESTAMP_FILE=str(offset),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        years = set()
        for jump in ("+400d", "-400d", "+0"):
            offset.write_text(jump + "\n")
            checks = service.metric('pp_doclayout_deep_health_checks_total{status="healthy"}')
            service.wait_until(
                lambda checks=checks: service.metric('pp_doclayout_deep_health_checks_total{status="healthy"}') >= checks + 3,
                "deep health goes on",
            )
            service.get("/version", {"X-Request-ID": f"jumped{jump}"})
            years.add(service.logged(event="request", id=f"jumped{jump}")["time"][:4])
            assert service.metric("pp_doclayout_deep_health_age_seconds") < 60
            assert service.metric("pp_doclayout_event_loop_age_seconds") < 60
            for path in ("/health", "/ready", "/startupz", "/deep-health"):
                assert service.get(path).status == 200, path

        assert len(years) == 3, f"the clock did jump: {years}"
        levels = {entry["level"] for entry in service.log_entries()}
        assert levels <= {"info", "debug"}, service.log()
        assert subprocess.run([binary, "--version"], check=True).returncode == 0


class TestGpu:
    """A GPU that is none: the engine says that it infers on one, and NVML and the CUDA driver are fakes."""

    @pytest.fixture
    def gpu(self, binary, faulty, tmp_path):
        libraries = binary.parent
        state = tmp_path / "gpu"

        def tell(text: str):
            new = state.with_suffix(".new")
            new.write_text(text)
            new.rename(state)

        tell("healthy")
        (tmp_path / "cuda").write_text("healthy")
        service = faulty(
            *OFTEN,
            *("--nvml-path", libraries / "libfake_nvml.so", "--cuda-driver-path", libraries / "libfake_cuda.so"),
            FAULTS_GPU="1",
            FAKE_NVML=str(state),
            FAKE_CUDA=str(tmp_path / "cuda"),
        )
        service.tell_gpu = tell
        return service

    def test_that_is_well_is_told_in_every_layer(self, gpu):
        gpu.wait_until(lambda: status_of(gpu, "/health", "gpu_available") == "healthy", "a reading")

        assert status_of(gpu, "/ready", "gpu_memory") == "healthy"
        assert gpu.get("/deep-health").json()["status"] == "healthy"
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


class TestDrift:
    def test_of_what_pages_give_is_a_warning_and_a_metric(self, faulty, page):
        service = faulty(*OFTEN, "--drift-baseline-hours", "0", "--slots", "2")
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            assert set(pool.map(lambda _: service.analyze(page).status, range(210))) == {200}
            assert service.metric("pp_doclayout_drift_score") == 0
            assert service.metric('pp_doclayout_drift_regions_per_page{pages="recent"}') > 1

            service.tell(f"empty {MANY}")
            assert set(pool.map(lambda _: service.analyze(page).status, range(110))) == {200}

        assert service.metric("pp_doclayout_drift_score") > 0.25
        assert service.metric('pp_doclayout_drift_empty_page_ratio{pages="recent"}') > 0.3
        shares = [float(share) for share in re.findall(
            r'^pp_doclayout_drift_label_ratio{pages="first",label="[a-z_]+"} (\S+)$',
            service.get("/metrics").body.decode(), re.MULTILINE)]
        assert len(shares) == 11 and sum(shares) == pytest.approx(1)
        service.wait_until(lambda: deep_metric(service, "detection_drift") == 0.5, "the warning")
        assert service.get("/health").status == 200

    def test_looks_at_no_page_whose_caller_asked_for_other_regions(self, serve_with, page):
        service = serve_with()

        service.analyze(page, query="?threshold=0.9")

        assert service.metric('pp_doclayout_drift_pages{pages="recent"}') == 0
