"""A model that hangs, fails or leaks: what the whole service does then. Its engine is told by a file what to do
(apps/doclayout/testing/faulty_engine.cc)."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import signal
import subprocess

import pytest
from conftest import environment
from faulty_service import EXIT_MEMORY, EXIT_STUCK
from service import read_answer

@pytest.fixture
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


def test_drains_and_exits_for_a_restart_when_an_inference_hangs(faulty, page):
    service = faulty(
        *("--slots", "2", "--inference-timeout-ms", "5000", "--drain-grace-ms", "500", "--drain-timeout-ms", "30000")
    )
    assert service.analyze(page).status == 200
    service.tell("hang 1")

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(service.analyze, page) for _ in range(8)]
        statuses = [answer.result().status for answer in answers]

    assert statuses.count(504) == 1, statuses
    assert statuses.count(200) == 7, f"the other slot's pages are answered: {statuses}"
    assert service.wait() == EXIT_STUCK, service.log()
    assert service.logged(event="slot_stuck")["replaced"] is False
    assert service.logged(event="draining")["cause"] == "stuck_slot"
    assert service.logged(event="stopped")["requests_lost"] == 0


def test_is_not_ready_while_it_drains_for_a_slot_that_hangs(faulty, page):
    service = faulty("--inference-timeout-ms", "3000", "--drain-grace-ms", "3000")
    service.tell("hang 1")

    service.analyze(page).assert_problem(504, "deadline_exceeded")

    ready = service.get("/ready")
    assert ready.status == 503
    failing = [check["name"] for check in ready.json()["checks"] if check["status"] == "unhealthy"]
    assert "slots" in failing
    assert service.get("/health").status == 200
    assert service.wait() == EXIT_STUCK


def test_goes_on_where_the_engine_replaces_a_slot_that_hangs(faulty, page):
    service = faulty("--slots", "1", "--inference-timeout-ms", "3000", FAULTS_REPLACE="1")
    service.tell("hang 1")

    assert service.analyze(page).status == 504

    # The caller hears of its page before the new slot is there; until then others are refused.
    service.wait_until(lambda: service.get("/ready").status == 200, "ready")
    assert service.analyze(page).status == 200
    assert service.logged(event="slot_stuck")["replaced"] is True
    service.process.kill()  # a thread that hangs keeps no promise about its end
    service.wait()


def test_answers_the_deadline_and_not_the_slow_model(faulty, page):
    service = faulty("--slots", "1")
    assert service.analyze(page).status == 200
    service.tell("slow 1 8000")

    answer = service.analyze(page, query="?timeout_ms=4000")

    answer.assert_problem(504, "deadline_exceeded")
    assert service.metric('pp_doclayout_documents_total{outcome="expired"}') == 1
    assert service.get("/ready").status == 200


def test_times_of_pages_that_nobody_waits_for_any_more_are_in_the_histogram(faulty, page):
    service = faulty("--slots", "1")
    service.tell("slow 1 3000")

    service.analyze(page, query="?timeout_ms=1000").assert_problem(504, "deadline_exceeded")

    count = "pp_doclayout_inference_latency_seconds_count"
    service.wait_until(lambda: service.metric(count) == 1, "the page's inference has ended")
    assert service.metric("pp_doclayout_inference_latency_seconds_sum") > 3


def test_stops_asking_a_model_whose_answers_are_no_numbers(faulty, page):
    service = faulty("--slots", "1", "--breaker-failures", "3", "--breaker-open-ms", "1000")
    service.tell("nan 3")
    for _ in range(3):
        service.analyze(page).assert_problem(500, "internal")

    assert service.get("/ready").status == 503
    service.analyze(page).assert_problem(503, "not_ready")
    service.wait_until(lambda: service.get("/ready").status == 200, "ready for a page to try with")
    assert service.analyze(page).status == 200
    assert service.metric("pp_doclayout_breaker_open") == 0


def test_stops_asking_a_model_that_fails_and_tries_it_again(faulty, page):
    service = faulty("--slots", "1", "--breaker-failures", "3", "--breaker-open-ms", "4000")
    service.tell("fail 3")
    for _ in range(3):
        service.analyze(page).assert_problem(500, "internal")

    refused = service.analyze(page)

    refused.assert_problem(503, "not_ready")
    assert int(refused.headers["retry-after"]) in (1, 2, 3, 4)
    assert service.get("/ready").status == 503
    assert service.get("/health").status == 200
    service.wait_until(lambda: service.get("/ready").status == 200, "ready for a page to try with")
    assert service.analyze(page).status == 200
    assert service.metric("pp_doclayout_breaker_open") == 0
    assert service.metric('pp_doclayout_rejected_total{reason="engine"}') == 1


def test_drains_and_exits_for_a_restart_before_memory_runs_out(faulty, serve, page):
    limit = int(serve.metric("process_resident_memory_bytes")) + (400 << 20)
    service = faulty(
        *("--memory-limit-bytes", str(limit), "--memory-limit-for-ms", "300", "--drain-grace-ms", "200"),
    )
    assert service.metric("pp_doclayout_memory_limit_bytes") == limit
    assert service.analyze(page).status == 200
    service.tell("leak 100 64")

    # One after another until the port is closed: each that is accepted is answered.
    statuses = []
    with contextlib.suppress(ConnectionRefusedError):
        for _ in range(200):
            try:
                statuses.append(service.analyze(page).status)
            except (http.client.RemoteDisconnected, ConnectionResetError) as failure:
                statuses.append(repr(failure))

    assert set(statuses) == {200}, statuses
    assert service.wait() == EXIT_MEMORY, service.log()
    assert service.logged(event="memory_limit")["resident_bytes"] > 0.8 * limit
    assert service.logged(event="draining")["cause"] == "memory"
    assert service.logged(event="stopped")["requests_lost"] == 0


@pytest.fixture
def hung_page(page):
    """Has pages hang in a service: each is with a slot, and its caller waits, until the block ends."""

    @contextlib.contextmanager
    def hang(service: FaultyService, count: int = 1):
        service.tell(f"hang {count}")
        with contextlib.ExitStack() as connections:
            callers = [connections.enter_context(contextlib.closing(service.connect())) for _ in range(count)]
            for number, caller in enumerate(callers):
                caller.request("POST", "/analyze", page, {"Content-Type": "image/png"})
                taken = f"{number + 1} of hang {count}"
                service.wait_until(lambda taken=taken: service.taken() == taken, taken)
            yield callers

    return hang


NO_LIMIT = ("--inference-timeout-ms", "600000", "--request-timeout-ms", "600000")
"""A page may take for ever: nothing but the end of the service ends it."""


def test_ends_at_the_limit_although_an_inference_hangs(faulty, hung_page):
    service = faulty(*NO_LIMIT, "--drain-grace-ms", "0", "--drain-timeout-ms", "2000")

    with hung_page(service) as (caller,):
        service.terminate()

        read_answer(caller.getresponse()).assert_problem(503, "draining")
        assert service.wait() == 1, service.log()
    assert service.logged(event="stopped")["requests_lost"] == 1


def test_a_second_signal_ends_it_although_an_inference_hangs(faulty, hung_page):
    service = faulty(*NO_LIMIT, "--drain-grace-ms", "0", "--drain-timeout-ms", "600000")

    with hung_page(service) as (caller,):
        service.terminate()
        service.wait_until(lambda: not service.accepts(), "the port is closed")
        service.terminate()

        read_answer(caller.getresponse()).assert_problem(503, "draining")
        assert service.wait() == 1, service.log()


def test_ends_although_a_page_hangs_whose_caller_has_gone(faulty, hung_page):
    service = faulty(*NO_LIMIT, "--drain-grace-ms", "0", "--drain-timeout-ms", "600000")
    with hung_page(service):
        pass

    service.terminate()

    assert service.wait() == 0, service.log()
    assert service.logged(event="stopped")["requests_lost"] == 0


def test_exits_for_a_restart_although_another_inference_hangs_by_then(faulty, page, hung_page):
    """The first that hangs has the service stop; the second is not known to hang when it does."""
    service = faulty(
        *("--slots", "2", "--inference-timeout-ms", "6000", "--drain-grace-ms", "0", "--drain-timeout-ms", "1000")
    )
    assert service.analyze(page).status == 200

    with hung_page(service, 2) as (first, second):
        read_answer(first.getresponse()).assert_problem(504, "deadline_exceeded")
        assert read_answer(second.getresponse()).status in (503, 504)

    assert service.wait() == EXIT_STUCK, service.log()


def test_a_first_signal_does_not_hurry_a_drain_that_the_service_began(faulty, page, hung_page):
    """A slot hangs; the other one's page, which began later, is answered although the service is told to stop too."""
    service = faulty(
        *("--slots", "2", "--inference-timeout-ms", "8000", "--drain-grace-ms", "3000", "--drain-timeout-ms", "600000")
    )
    assert service.analyze(page).status == 200
    with hung_page(service) as (hung,), contextlib.closing(service.connect()) as slow:
        service.tell("slow 1 3000")
        assert service.analyze(page).status == 200
        service.tell("slow 1 6500")
        slow.request("POST", "/analyze", page, {"Content-Type": "image/png"})
        read_answer(hung.getresponse()).assert_problem(504, "deadline_exceeded")
        assert service.logged(event="draining", cause="stuck_slot")

        service.terminate()

        assert read_answer(slow.getresponse()).status == 200
    assert service.wait() == EXIT_STUCK, service.log()
    assert service.logged(event="stopped")["requests_lost"] == 0


def blocks_sigterm(process: subprocess.Popen) -> bool:
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    blocked = int(re.search(r"^SigBlk:\s*(\w+)", status, re.MULTILINE)[1], 16)
    return bool(blocked >> (signal.SIGTERM - 1) & 1)


def test_ends_on_a_signal_while_the_model_is_being_loaded(faulty_program, tmp_path):
    variables = environment() | {"FAULTS_FILE": str(tmp_path / "faults"), "FAULTS_LOAD": "hang"}
    with subprocess.Popen(
        [faulty_program, "serve", "--port", "0", "--drain-grace-ms", "600000", "--drain-timeout-ms", "600000"],
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    ) as process:
        while not blocks_sigterm(process):
            assert process.poll() is None

        process.terminate()

        log, _ = process.communicate(timeout=60)
    assert process.returncode == 0, log
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events == ["listening", "draining", "stopped"]


def test_has_no_limit_of_memory_that_nobody_set(serve):
    limit = serve.metric("pp_doclayout_memory_limit_bytes")

    assert limit == 0 or limit > serve.metric("process_resident_memory_bytes")
