"""What the whole service does when its machine, or what it is given, fails it: slowness, a leak in a real control group, an
I/O thread that hangs, a clock that jumps, pages that are others than they were. The faults are injected."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import http.client
import os
import pathlib
import re
import signal
import threading

import pytest
from faulty_service import EXIT_MEMORY
from health import MANY, OFTEN, deep_metric, status_of
from prometheus import prometheus

CONTAINER_BYTES = 700 << 20


@pytest.fixture
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


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
    # A limit of one's own that is over the container's is none.
    @pytest.mark.parametrize("options", [(), ("--memory-limit-bytes", str(8 * CONTAINER_BYTES))], ids=["default", "own"])
    def test_is_warned_of_and_ends_in_a_drain_before_the_kernel_ends_it(self, faulty, page, options):
        with memory_group(CONTAINER_BYTES) as group:

            def enter():
                (group / "cgroup.procs").write_text(str(os.getpid()))

            service = faulty("--slots", "1", "--drain-grace-ms", "200", *options, preexec_fn=enter)
            limit = service.metric("pp_doclayout_memory_limit_bytes")
            assert limit == CONTAINER_BYTES // 10 * 9
            service.tell(f"leak {MANY} 5")
            warned = threading.Event()
            answers: list[int] = []

            def work():
                while True:
                    try:
                        answers.append(service.analyze(page).status)
                    except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
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


class TestCallersPages:
    def test_of_deep_health_are_in_memory_one_at_a_time(self, faulty, pages):
        service = faulty("--slots", "1")
        huge = (pages / "huge_600dpi.png").read_bytes()  # 35 million pixels: 105 MB
        before = service.metric("process_resident_memory_bytes")
        service.tell(f"slow {MANY} 500")

        with concurrent.futures.ThreadPoolExecutor(12) as pool:
            posts = [
                pool.submit(service.request, "POST", "/deep-health", huge + bytes([i]), {"Content-Type": "image/png"})
                for i in range(12)
            ]
            most = 0.0
            while not all(post.done() for post in posts):
                most = max(most, service.metric("process_resident_memory_bytes") - before)
            statuses = {post.result().status for post in posts}

        assert statuses == {200, 503}, "as many as may wait, and the rest at once"
        assert most < 350e6


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
    def test_may_jump_without_a_false_alarm(self, serve_with, tmp_path):
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
        alarms = [entry for entry in service.log_entries() if entry["level"] not in ("info", "debug")]
        # That a page took long is true on a machine that does other things too.
        false_alarms = [entry for entry in alarms if not re.fullmatch(r"inference_speed: [^;]*; [^;]*", entry.get("failing", ""))]
        assert not false_alarms, service.log()


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
