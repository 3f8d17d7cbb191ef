"""The log: what is in it, and that the service goes on when nobody reads it."""

from __future__ import annotations

from service import Service, read_answer

DROPPED = "pp_doclayout_log_lines_dropped_total"
PROBES = ("/health", "/livez", "/ready", "/readyz", "/startupz", "/metrics")


def ask_until_lines_are_dropped(service: Service) -> int:
    """How many requests it took; each has one line in the log."""
    asked = 0
    connection = service.connect()

    def ask() -> bool:
        nonlocal asked
        for _ in range(500):
            connection.request("GET", "/" + "x" * 199)
            assert read_answer(connection.getresponse()).status == 404
            asked += 1
        return service.metric(DROPPED) > 0

    service.wait_until(ask, "lines dropped")
    connection.close()
    return asked


def test_a_log_that_nobody_reads_holds_up_no_request_and_loses_no_line_untold(serve_with):
    service = serve_with()
    service.pause_log()

    asked = ask_until_lines_are_dropped(service)

    service.assert_healthy()
    dropped = service.metric(DROPPED)
    service.resume_log()

    def told() -> int:
        return sum(entry["count"] for entry in service.log_entries() if entry["event"] == "log_lines_dropped")

    service.wait_until(lambda: told() == dropped, "the log says what it lacks")
    written = sum(entry["event"] == "request" for entry in service.log_entries())
    assert written + dropped == asked


def test_ends_well_and_soon_though_nobody_reads_the_log(serve_with):
    service = serve_with()
    service.pause_log()
    ask_until_lines_are_dropped(service)

    service.terminate()

    assert service.wait(timeout=10) == 0


def test_good_answers_to_probes_are_in_the_log_at_debug_only(serve, serve_with):
    for service, expected in ((serve, set()), (serve_with("--log-level", "debug"), set(PROBES))):
        for path in PROBES:
            assert service.get(path).status == 200
        service.get("/version", {"X-Request-ID": "behind-the-probes"})
        service.wait_until(lambda service=service: "behind-the-probes" in service.log(), "the last line in the log")

        routes = {entry["route"] for entry in service.log_entries() if entry.get("status") == 200}

        assert routes & set(PROBES) == expected
