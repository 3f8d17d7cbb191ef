"""More callers than places, and what a process may open."""

from __future__ import annotations

import contextlib
import http.client
import pathlib
import resource


def answers_a_probe(service) -> bool:
    """False also when there is no place even for a probe, which is so until the silent ones have had their time."""
    try:
        return service.get("/health").status == 200
    except (ConnectionError, http.client.HTTPException):
        return False


def test_many_idle_connections_keep_nobody_out(serve_with, pages):
    service = serve_with("--max-connections", "20")
    with contextlib.ExitStack() as idle:
        for _ in range(100):
            idle.enter_context(service.socket())

        service.wait_until(lambda: answers_a_probe(service), "a probe is answered")
        service.wait_until(lambda: service.analyze((pages / "form.png").read_bytes()).status == 200, "a page is answered")
        assert service.metric('http_connections_closed_idle_total{reason="made_room"}') > 0


def open_files(process) -> int:
    limits = pathlib.Path(f"/proc/{process.pid}/limits").read_text()
    return int(next(line for line in limits.splitlines() if line.startswith("Max open files")).split()[3])


def test_raises_its_limit_of_open_files(serve_with):
    service = serve_with(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 4096)))

    assert open_files(service.process) >= 1024 + 128
    assert not [entry for entry in service.log_entries() if entry["event"] == "max_connections_lowered"]


def test_owns_up_when_it_may_not_open_enough(serve_with):
    service = serve_with(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256)))

    (lowered,) = [entry for entry in service.log_entries() if entry["event"] == "max_connections_lowered"]
    assert lowered["wanted"] == 1024
    assert 0 < lowered["now"] < 256
    with contextlib.ExitStack() as connections:
        for _ in range(250):
            connections.enter_context(service.socket())
        service.wait_until(lambda: answers_a_probe(service), "a probe is answered")
