"""The log's file in LOG_DIR: the lines of standard output, in files that a tailer follows, be the disk full or not."""

from __future__ import annotations

import collections
import concurrent.futures
import json
import pathlib
import shlex
import threading
import time

import pytest
from conftest import environment
from program import PATIENCE_SECONDS
from rsyslog import Rsyslog, rsyslog
from service import Service, read_answer

DROPPED = "pp_doclayout_log_file_lines_dropped_total"
ROTATIONS = "pp_doclayout_log_file_rotations_total"
CALLERS = 4


def send(service: Service, requests: int):
    """So many requests, each of which has one line in the log, from several callers at once."""

    def call(count: int):
        connection = service.connect()
        for _ in range(count):
            connection.request("GET", "/nowhere")
            assert read_answer(connection.getresponse()).status == 404
        connection.close()

    with concurrent.futures.ThreadPoolExecutor(CALLERS) as callers:
        list(callers.map(call, [requests // CALLERS] * CALLERS))


def file_lines(folder: pathlib.Path) -> list[str]:
    """Of all files of the log, the oldest first."""
    files = sorted(folder.glob("doclayout.log.*"), key=lambda path: -int(path.suffix[1:]))
    return [line for path in [*files, folder / "doclayout.log"] for line in path.read_text().splitlines(keepends=True)]


def assert_same(lines: list[str], service: Service):
    """Each exactly once. Of callers at once the two may have their lines in another order."""
    written = service.log().splitlines(keepends=True)
    assert collections.Counter(lines) == collections.Counter(written)
    for line in lines:
        json.loads(line)


def test_has_the_lines_of_standard_output_too(serve_with, tmp_path):
    service = serve_with(LOG_DIR=str(tmp_path))
    send(service, 40)

    assert service.stop() == 0

    assert [path.name for path in tmp_path.iterdir()] == ["doclayout.log"]
    lines = file_lines(tmp_path)
    assert json.loads(lines[-1])["event"] == "stopped"
    assert_same(lines, service)


def test_no_more_and_no_larger_files_than_allowed(serve_with, tmp_path):
    service = serve_with("--log-dir", tmp_path, "--log-file-bytes", 8192, "--log-files", 3)

    while service.metric(ROTATIONS) < 4:
        send(service, 20)
    assert service.stop() == 0

    sizes = {path.name: path.stat().st_size for path in tmp_path.iterdir()}
    assert sizes.keys() == {"doclayout.log", "doclayout.log.1", "doclayout.log.2"}
    assert max(sizes.values()) <= 8192
    lines = file_lines(tmp_path)
    assert len(lines) < len(service.log_entries())
    assert set(lines) <= set(service.log().splitlines(keepends=True))


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda _: None, "No such file or directory"),
        (pathlib.Path.touch, "it is no folder"),
        (lambda path: (path / "doclayout.log").mkdir(parents=True), "doclayout.log' cannot be written: Is a directory"),
    ],
    ids=["missing", "a file", "the name is taken"],
)
def test_a_folder_that_is_of_no_use_ends_the_start(run, tmp_path, make, complaint):
    folder = tmp_path / "logs"
    make(folder)

    result = run("serve", "--port", "0", env=environment() | {"LOG_DIR": str(folder)})

    assert result.returncode == 2
    assert result.stderr.startswith(f"doclayout: --log-dir: '{folder}")
    assert complaint in result.stderr
    assert result.stdout == ""


# --- a disk that is full ---


@pytest.fixture
def on_small_disk(binary, tmp_path):
    """A service whose log's folder is a disk of 64 KiB, of which 48 are taken; and that folder, as it sees it."""
    folder = tmp_path / "disk"
    folder.mkdir()
    where = shlex.quote(str(folder))
    mount = f"mount -t tmpfs -o size=64k none {where} && head -c 49152 /dev/zero >{where}/taken"
    script = f'{mount} && exec {shlex.quote(str(binary))} "$@"'
    program = tmp_path / "on_small_disk"
    program.write_text(f"#!/bin/sh\nexec unshare --map-root-user --mount sh -c {shlex.quote(script)} sh \"$@\"\n")
    program.chmod(0o755)
    service = Service(program, environment(), ["--log-dir", str(folder)])
    yield service, pathlib.Path(f"/proc/{service.process.pid}/root{folder}")
    assert service.stop() == 0, service.log()


def test_a_full_disk_costs_lines_of_the_file_alone_and_once_there_is_room_it_goes_on(on_small_disk):
    service, folder = on_small_disk

    while service.metric(DROPPED) == 0:
        send(service, 20)
    service.assert_healthy()
    failed = service.logged(event="log_file_failed")
    assert (failed["level"], failed["reason"]) == ("error", "No space left on device")
    assert service.metric("pp_doclayout_log_lines_dropped_total") == 0

    (folder / "taken").unlink()
    send(service, CALLERS)
    recovered = service.logged(event="log_file_recovered")
    assert recovered["lost"] == service.metric(DROPPED)
    service.get("/version", {"X-Request-ID": "behind-the-gap"})
    service.wait_until(lambda: "behind-the-gap" in file_lines(folder)[-1], "the last line in the file")
    service.wait_until(lambda: "behind-the-gap" in service.log(), "the last line on standard output")

    lines = file_lines(folder)
    broken = [line for line in lines if not line.endswith("}\n")]
    assert len(broken) <= 1, "a line that the disk took a part of"
    whole = [line for line in lines if line not in broken and "log_lines_dropped" not in line]
    told = [entry for entry in service.log_entries() if not entry["event"].startswith("log_file_")]
    assert len(whole) + recovered["lost"] == len(told)


# --- a tailer ---


def wait_for_copy(tailer: Rsyslog, service: Service, behind: int):
    """Until no more than so many lines of standard output are not copied yet."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(tailer.lines()) < service.log().count("\n") - behind:
        assert time.monotonic() < deadline, f"{len(tailer.lines())} lines were copied\n{tailer.log()}"
        # Each look reads a file: the pause is for the machine's sake, and the deadline is what ends it.
        threading.Event().wait(0.02)


def test_a_tailer_gets_every_line_exactly_once_through_rotations(serve_with, tmp_path):
    logs = tmp_path / "logs"
    logs.mkdir()
    service = serve_with("--log-dir", logs, "--log-file-bytes", 65536, "--log-files", 100)
    with rsyslog(tmp_path, logs / "doclayout.log") as tailer:
        while service.metric(ROTATIONS) < 5:
            send(service, 40)
            # A file has some 200 lines. A tailer that is a whole file behind finds the next one under its name no more.
            wait_for_copy(tailer, service, behind=80)
        assert service.stop() == 0
        wait_for_copy(tailer, service, behind=0)

    assert_same(tailer.lines(), service)
    assert len(list(logs.iterdir())) >= 6
