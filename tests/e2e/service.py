"""A running `doclayout serve`, and a client of the bare minimum: http.client, or a socket where that is too polite."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import json
import pathlib
import queue
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping

START_SECONDS = 180  # under a sanitizer, on a machine that does other things too
ANSWER_SECONDS = 60


@dataclasses.dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> dict:
        return json.loads(self.body)

    def assert_problem(self, status: int, code: str) -> dict:
        """An RFC 9457 answer with a sentence that says something."""
        assert self.status == status, f"{self.status}: {self.body[:500]!r}"
        assert self.headers["content-type"] == "application/problem+json"
        problem = self.json()
        assert (problem["status"], problem["code"]) == (status, code), problem
        assert problem["title"] and len(problem["detail"]) > 10, problem
        assert problem["request_id"] == self.headers["x-request-id"]
        return problem


def read_answer(response: http.client.HTTPResponse) -> Answer:
    body = response.read()
    return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, body)


class Endpoint:
    """Whatever speaks HTTP on a port of this machine."""

    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)

    def socket(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_SECONDS)

    def request(
        self, method: str, target: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One request on a connection of its own."""
        connection = self.connect()
        try:
            connection.request(method, target, body=body, headers=dict(headers or {}))
            return read_answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", target, headers=headers)

    def analyze(self, document: bytes, content_type: str = "application/octet-stream", query: str = "") -> Answer:
        return self.request("POST", "/analyze" + query, document, {"Content-Type": content_type})

    def raw(self, data: bytes) -> Answer:
        """Sends bytes as they are and reads one answer. That the service stops reading midway is no error."""
        with self.socket() as connection:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.sendall(data)
            return self.answer_on(connection)

    @staticmethod
    def answer_on(connection: socket.socket) -> Answer:
        response = http.client.HTTPResponse(connection)
        response.begin()
        return read_answer(response)


class Service(Endpoint):
    """Starts at once, and is ready when the constructor is done; with `wait_for="listening"` it may still load its model."""

    def __init__(
        self,
        binary: pathlib.Path,
        environment: Mapping[str, str],
        options: Iterable[str] = (),
        preexec_fn: Callable[[], None] | None = None,
        wait_for: str = "ready",
    ):
        command = [str(binary), "serve", "--host", "127.0.0.1", "--port", "0", *map(str, options)]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=dict(environment),
            preexec_fn=preexec_fn,
        )
        self.waited_for = False
        self._lines: list[str] = []
        self._reading = threading.Event()
        self._reading.set()
        self._events: queue.Queue[str | None] = queue.Queue()
        self.port = 0
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()
        self.wait_for(wait_for)

    def wait_for(self, event: str):
        """Until it says that it is listening, or ready."""
        said: str | None = ""
        with contextlib.suppress(queue.Empty):
            while said is not None and said != event:
                said = self._events.get(timeout=START_SECONDS)
        if said != event:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the service is not {event}:\n{self.log()}")

    def _read_log(self):
        for line in self.process.stdout:
            self._reading.wait()
            self._lines.append(line)
            with contextlib.suppress(ValueError, TypeError, KeyError):
                entry = json.loads(line)
                if entry["event"] == "listening":
                    self.port = int(entry["port"])
                if entry["event"] in ("listening", "ready"):
                    self._events.put(entry["event"])
        self._events.put(None)

    def log(self) -> str:
        """All that the process has written so far."""
        return "".join(self._lines)

    def log_entries(self) -> list[dict]:
        return [json.loads(line) for line in list(self._lines)]

    def logged(self, **fields) -> dict:
        """The log's latest line with these fields. A line is written a little later than what it tells of: waits for it."""

        def found() -> list[dict]:
            return [entry for entry in self.log_entries() if entry | fields == entry]

        if not self.waited_for:
            self.wait_until(lambda: self.get("/health").status == 200 and bool(found()), f"a line with {fields}")
        entries = found()
        assert entries, f"there is no line with {fields}:\n{self.log()}"
        return entries[-1]

    def pause_log(self):
        """Stops reading the log, as a collector does that hangs: the pipe fills."""
        self._reading.clear()

    def resume_log(self):
        self._reading.set()

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self, timeout: float = 60) -> int:
        status = self.process.wait(timeout)
        self.resume_log()
        self._reader.join(timeout=10)
        self.waited_for = True
        return status

    def stop(self) -> int:
        """Ends it as an operator does; answers its exit status. Does nothing where it has ended."""
        if self.process.poll() is None:
            self.terminate()
        try:
            return self.wait()
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.wait()
            raise

    def accepts(self) -> bool:
        """Whether the port is open."""
        try:
            self.socket().close()
        except (ConnectionRefusedError, ConnectionResetError):  # closed, or this moment
            return False
        return True

    def metric(self, name: str) -> float:
        """The value of a series, named as it stands in the text: `pp_doclayout_errors_total{error_type="x"}`."""
        for line in self.get("/metrics").body.decode().splitlines():
            series, _, value = line.rpartition(" ")
            if series == name:
                return float(value)
        raise KeyError(name)

    def wait_until(self, condition: Callable[[], bool], what: str, seconds: float = 30):
        """Asks again and again; each asking is a request to the service, so that it paces itself."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, f"{what} did not come true in {seconds} s"

    def assert_healthy(self):
        """Alive, ready, and still able to do its work."""
        assert self.process.poll() is None, self.log()
        assert self.get("/health").status == 200
        assert self.get("/ready").status == 200


def multipart(
    parts: Iterable[tuple[str, str | None, bytes]], boundary: str = "page-boundary-7f3a"
) -> tuple[bytes, str]:
    """A multipart/form-data body of (field, file name, content), and its Content-Type."""
    body = b""
    for field, file_name, content in parts:
        disposition = f'form-data; name="{field}"' + (f'; filename="{file_name}"' if file_name else "")
        body += f"--{boundary}\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"
