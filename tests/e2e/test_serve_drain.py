"""SIGTERM: what was accepted is answered, then the process exits with 0."""

from __future__ import annotations

import http.client
import signal
import threading

import pytest
from service import read_answer


class Client(threading.Thread):
    """Posts one page after the other on one connection until it is told that this was the last answer."""

    def __init__(self, service, page: bytes):
        super().__init__(daemon=True)
        self.connection = service.connect()
        self.connection.connect()
        self.page = page
        self.sent = 0
        self.statuses: list[int] = []
        self.failure: Exception | None = None
        self.first_answer = threading.Event()

    def run(self):
        try:
            while True:
                self.sent += 1
                self.connection.request("POST", "/analyze", self.page, {"Content-Type": "image/png"})
                answer = read_answer(self.connection.getresponse())
                assert answer.json()["pages"] if answer.status == 200 else answer.json()["code"]
                self.statuses.append(answer.status)
                self.first_answer.set()
                if answer.headers.get("connection", "").lower() == "close":
                    return
        except Exception as failure:  # told by the test
            self.failure = failure
            self.first_answer.set()
        finally:
            self.connection.close()


def test_loses_nothing_under_load(serve_with, pages):
    service = serve_with()
    clients = [Client(service, (pages / "form.png").read_bytes()) for _ in range(16)]
    for client in clients:
        client.start()
    for client in clients:
        assert client.first_answer.wait(60)

    service.terminate()

    for client in clients:
        client.join(timeout=60)
        assert not client.is_alive(), "a client still waits for its answer"
    assert service.wait() == 0, service.log()
    lost = [f"{client.failure!r} after {len(client.statuses)} answers" for client in clients if client.failure]
    assert not lost, lost
    assert all(len(client.statuses) == client.sent for client in clients)
    assert {status for client in clients for status in client.statuses} <= {200, 503}
    assert all(client.statuses[0] == 200 for client in clients)


def test_answers_what_it_has_accepted_and_is_not_ready_meanwhile(serve_with, pages):
    service = serve_with("--slots", "1")
    watcher = service.connect()
    huge = (pages / "huge_600dpi.png").read_bytes()
    connections = [service.connect() for _ in range(6)]
    for connection in connections:
        connection.request("POST", "/analyze", huge, {"Content-Type": "image/png"})
    service.wait_until(lambda: service.metric("pp_doclayout_requests_in_progress") == 6, "all six accepted")

    watcher.request("GET", "/ready")
    assert read_answer(watcher.getresponse()).status == 200
    service.terminate()

    status = 200
    while status == 200:
        watcher.request("GET", "/ready")
        answer = read_answer(watcher.getresponse())
        status = answer.status
    assert status == 503
    assert answer.json()["status"] == "unhealthy"
    assert [read_answer(connection.getresponse()).status for connection in connections] == [200] * 6
    assert service.wait() == 0


def test_tells_new_probes_to_go_elsewhere_for_a_grace(serve_with, pages):
    """A probe that connects anew finds a 503, and not a closed port, while balancers still send requests here."""
    service = serve_with("--drain-grace-ms", "3000")

    service.terminate()
    service.wait_until(lambda: service.get("/ready").status == 503, "not ready")

    assert service.analyze((pages / "form.png").read_bytes()).status == 200
    assert service.wait() == 0


def test_takes_no_new_connections_at_the_end(serve_with):
    service = serve_with()

    assert service.stop() == 0

    with pytest.raises((ConnectionRefusedError, http.client.HTTPException, ConnectionResetError)):
        service.get("/health")


def test_ends_at_once_when_idle_even_with_open_connections(serve_with):
    service = serve_with()
    connection = service.connect()
    connection.request("GET", "/health")
    assert connection.getresponse().read()

    service.terminate()

    assert service.wait(timeout=10) == 0
    connection.close()


def test_refuses_what_it_has_no_time_for_and_owns_up(serve_with, pages):
    """Whoever still waits at the end of the time is told so, and the log has a line for each."""
    service = serve_with("--slots", "1", "--drain-grace-ms", "0", "--drain-timeout-ms", "300")
    huge = (pages / "huge_600dpi.png").read_bytes()
    connections = [service.connect() for _ in range(6)]
    for connection in connections:
        connection.request("POST", "/analyze", huge, {"Content-Type": "image/png"})
    service.wait_until(lambda: service.metric("pp_doclayout_requests_in_progress") == 6, "all six accepted")

    service.terminate()

    answers = [read_answer(connection.getresponse()) for connection in connections]
    refused = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} <= {200, 503}
    assert len(refused) >= 3
    assert {answer.json()["code"] for answer in refused} == {"draining"}
    assert service.wait() == 1
    log = service.log_entries()
    assert log[-1]["requests_lost"] == len(refused)
    ids = {answer.json()["request_id"] for answer in refused}
    assert {entry["id"] for entry in log if entry.get("status") == 503} == ids


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_cuts_the_drain_short(serve_with, second):
    service = serve_with("--drain-grace-ms", "600000", "--drain-timeout-ms", "600000")
    with service.socket() as connection:
        connection.sendall(b"GET /hea")
        service.get("/health")
        service.terminate()
        service.wait_until(lambda: service.get("/ready").status == 503, "draining")

        service.process.send_signal(second)

        assert b" 503 " in connection.recv(4096).split(b"\r\n")[0]
        assert service.wait(timeout=20) == 1
    log = service.log_entries()
    assert [entry["signal"] for entry in log if entry["event"] == "drain_cut_short"] == [second.name]


def test_ends_when_a_caller_neither_sends_nor_reads(serve_with):
    """A client that never finishes its upload cannot hold the process; the exit status says that it was cut off."""
    service = serve_with("--drain-grace-ms", "0", "--drain-timeout-ms", "500")
    with service.socket() as connection:
        connection.sendall(
            b"POST /analyze HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 100\r\n\r\nabc"
        )
        service.get("/health")

        service.terminate()

        assert service.wait(timeout=20) == 1
    assert service.log_entries()[-1]["requests_lost"] == 1
