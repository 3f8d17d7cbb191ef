"""A model that hangs, fails or leaks: what the whole service does then. Its engine is told by a file what to do
(apps/doclayout/testing/faulty_engine.cc)."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import pathlib

import pytest
from conftest import environment
from service import Service

EXIT_STUCK = 4
EXIT_MEMORY = 5


class FaultyService(Service):
    """A service whose engine fails as the test says."""

    def __init__(self, binary, faults: pathlib.Path, *options, **variables):
        self._faults = faults
        super().__init__(binary, environment() | {"FAULTS_FILE": str(faults)} | variables, options)

    def tell(self, fault: str):
        """Whole or not at all: the engine reads the file at any moment."""
        new = self._faults.with_suffix(".new")
        new.write_text(fault)
        new.rename(self._faults)


@pytest.fixture
def faulty(binary, tmp_path):
    """Starts services with a faulty engine. Each test waits for, and judges, its service's end, or it must end well."""
    program = binary.with_name("doclayout_faulty")
    assert program.is_file(), f"there is no program at {program}: build the target doclayout_faulty"
    services = []

    def start(*options, **variables) -> FaultyService:
        services.append(FaultyService(program, tmp_path / f"faults-{len(services)}", *options, **variables))
        return services[-1]

    yield start
    statuses = [0 if service.waited_for else service.stop() for service in services]
    assert not any(statuses), "\n".join(service.log() for service in services)


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
    assert service.logged(event="memory_limit")["resident_bytes"] > limit
    assert service.logged(event="draining")["cause"] == "memory"
    assert service.logged(event="stopped")["requests_lost"] == 0


def test_has_no_limit_of_memory_that_nobody_set(serve):
    limit = serve.metric("pp_doclayout_memory_limit_bytes")

    assert limit == 0 or limit > serve.metric("process_resident_memory_bytes")
