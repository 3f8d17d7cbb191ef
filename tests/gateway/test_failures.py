"""Replicas that are slow, go away or shut down, seen from in front of the gateway."""

from __future__ import annotations

import concurrent.futures
import threading

import pytest
from gateway import PATIENCE_SECONDS
from service import Service, read_answer


@pytest.fixture
def page(pages) -> bytes:
    """A small one: nothing of it is looked at here."""
    return (pages / "blank.png").read_bytes()


GATEWAY_IS_IMPATIENT = {"proxy_read_timeout    65s": "proxy_read_timeout 300ms"}


@pytest.mark.parametrize("changes, status", [({}, 200), (GATEWAY_IS_IMPATIENT, 504)])
def test_a_slow_page_is_waited_for(faulty, gateway, page, changes, status):
    service = faulty("--slots", "1", "--threads", "1")
    through = gateway(service, changes=changes)
    service.tell("slow 1 3000")

    answer = through.analyze(page)

    assert answer.status == status
    if status == 504:
        assert "replica" in answer.assert_problem(504, "deadline_exceeded")["detail"]


def test_the_services_own_deadline_comes_through(faulty, gateway, page):
    service = faulty("--slots", "1", "--threads", "1", "--request-timeout-ms", "1500")
    through = gateway(service)
    service.tell("slow 1 3000")

    problem = through.analyze(page).assert_problem(504, "deadline_exceeded")

    assert "replica" not in problem["detail"]
    assert through.log.found(status=504)["upstream_status"] == "504"


@pytest.mark.parametrize(
    "query, status",
    [("", 504), ("?timeout_ms=59999", 504), ("?timeout_ms=60000", 200), ("?threshold=0.4&timeout_ms=3600000", 200)],
)
def test_who_asks_for_a_longer_wait_gets_it(faulty, gateway, page, query, status):
    service = faulty("--slots", "1", "--threads", "1")
    through = gateway(service, changes=GATEWAY_IS_IMPATIENT)
    service.tell("slow 1 2000")

    answer = through.analyze(page, query=query)

    assert answer.status == status
    assert through.log.found(status=status)["path"] == "/analyze"


TRY_AGAIN = {
    "proxy_request_buffering off": "proxy_request_buffering on",
    "proxy_next_upstream         error timeout": "proxy_next_upstream error timeout non_idempotent",
}


@pytest.mark.parametrize("changes, status, carried_on", [({}, 502, 0), (TRY_AGAIN, 200, 1)])
def test_a_document_is_never_analysed_twice(faulty, upstream, gateway, page, changes, status, carried_on):
    """A replica dies in the middle of it: perhaps it had been analysed, perhaps it was what killed the replica."""
    service = faulty("--slots", "1", "--threads", "1")
    other = upstream()
    through = gateway(service, other, changes=changes)
    service.tell("slow 1 60000")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        answer = pool.submit(through.analyze, page)
        service.wait_until(lambda: service.metric("pp_doclayout_slots_busy") == 1, "the page in its slot")

        service.process.kill()
        service.wait()

    assert answer.result().status == status
    assert len(other.requests) == carried_on
    if status == 502:
        answer.result().assert_problem(502, "bad_gateway")


NEVER_ELSEWHERE = {"proxy_next_upstream         error timeout": "proxy_next_upstream off"}


@pytest.mark.parametrize("changes, statuses", [({}, {200}), (NEVER_ELSEWHERE, {200, 502})])
def test_a_replica_that_refuses_connections_is_passed_over(closed, upstream, gateway, changes, statuses):
    other = upstream()
    through = gateway(closed, other, changes=changes)

    answers = {through.request("POST", "/analyze", b"page").status for _ in range(4)}

    assert answers == statuses
    if statuses == {200}:
        assert len(other.requests) == 4
        assert through.log.found(upstream_status="502, 200")["status"] == 200


def test_all_replicas_gone(closed, gateway):
    gateway(closed).request("POST", "/analyze", b"page").assert_problem(502, "bad_gateway")


def test_a_refusal_is_the_callers_to_heed(upstream, gateway):
    full = upstream(lambda request: request.body.read(4) and request.answer(503, b"full", Retry_After="2"))
    other = upstream()
    through = gateway(full, other)

    statuses = [through.request("POST", "/analyze", b"page").status for _ in range(4)]

    assert 503 in statuses
    assert (statuses.count(503), statuses.count(200)) == (len(full.requests), len(other.requests))


class Caller(threading.Thread):
    """Sends one page after the other until it is told to stop. A client of its own: it has a key."""

    def __init__(self, gateway, page: bytes, key: str):
        super().__init__(daemon=True)
        self.answers = []
        self.failure: Exception | None = None
        self.wanted = threading.Event()
        self.wanted.set()
        self._gateway, self._page = gateway, page
        self._headers = {"Content-Type": "image/png", "X-API-Key": key}
        self._changed = threading.Condition()

    def run(self):
        connection = self._gateway.connect()
        try:
            while self.wanted.is_set():
                connection.request("POST", "/analyze", self._page, self._headers)
                answer = read_answer(connection.getresponse())
                with self._changed:
                    self.answers.append(answer)
                    self._changed.notify_all()
        except Exception as failure:  # told by the test
            self.failure = failure
        finally:
            connection.close()

    def wait_for_more(self, count: int = 3):
        with self._changed:
            goal = len(self.answers) + count
            assert self._changed.wait_for(lambda: self.failure or len(self.answers) >= goal, PATIENCE_SECONDS)


@pytest.mark.parametrize("drained", [True, False])
def test_a_replica_that_drains_loses_nothing(binary, serve_with, gateway, page, drained):
    """Ended by SIGTERM while pages come without a pause; and, to see that losses are seen, by SIGKILL."""
    options = ("--threads", "1", "--slots", "1", "--deep-health-period-s", "0")
    ending: Service = serve_with(*options)
    staying: Service = serve_with(*options)
    through = gateway(ending, staying)
    callers = [Caller(through, page, f"caller-{number}") for number in range(6)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.wait_for_more()
    ending.wait_until(lambda: ending.metric("pp_doclayout_slots_busy") == 1, "a page in its slot")

    if drained:
        ending.terminate()
    else:
        ending.process.kill()
    status = ending.wait()
    for caller in callers:
        caller.wait_for_more()
        caller.wanted.clear()
    for caller in callers:
        caller.join(PATIENCE_SECONDS)

    failures = [caller.failure for caller in callers if caller.failure]
    statuses = [answer.status for caller in callers for answer in caller.answers]
    assert not failures
    assert ending.log_entries() and staying.metric('pp_doclayout_documents_total{outcome="ok"}') > 0
    if drained:
        assert status == 0, ending.log()
        assert set(statuses) == {200}, statuses
        assert sum("502, 200" in line for line in through.log.lines) >= 1, "nobody met the closed port"
    else:
        assert 502 in statuses
        lost = next(answer for caller in callers for answer in caller.answers if answer.status == 502)
        lost.assert_problem(502, "bad_gateway")
