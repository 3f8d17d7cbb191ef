"""A server of models on this machine, which misbehaves in every way that the network does, and what a pull from it has to come to.

The model that is pulled is the embedded one, which the catalogue has as well: real bytes with the real digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import pathlib
import re
import ssl
import subprocess
from collections.abc import Callable

from conftest import ROOT
from local_server import running

NAME = "picodet-cdla"
URL_PATH = "/onnx/pp_layout/layout_cdla.onnx"
PICODET_TABLE = "/onnx/pp_layout/layout_table.onnx"
MODEL = (ROOT / ".deps" / "models" / "layout_cdla.onnx").read_bytes()
DIGEST = hashlib.sha256(MODEL).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request: counted, and answered by the test's own function."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.close_connection = True
        with contextlib.suppress(ConnectionError):
            self.server.behaviour(self, len(self.server.requests))

    def log_message(self, *_arguments) -> None:
        pass

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        # Not announced, the next request may be on its way on this connection when it ends, and is sent again.
        self.send_header("Connection", "close")
        self.end_headers()

    def first_byte(self) -> int:
        """Where the answer to a request with a Range begins, 0 without one."""
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        return int(match.group(1)) if match else 0

    def serve(self, body: bytes = MODEL, until: int | None = None, ranges: bool = True, **headers: object) -> None:
        """The file as a good server sends it, but broken off at byte `until` of the file."""
        first = self.first_byte() if ranges else 0
        if first >= len(body):
            self.head(416, Content_Range=f"bytes */{len(body)}", Content_Length=0)
            return
        length = {"Content_Length": len(body) - first}
        if first > 0:
            self.head(206, Content_Range=f"bytes {first}-{len(body) - 1}/{len(body)}", **(length | headers))
        else:
            self.head(200, **(length | headers))
        self.wfile.write(body[first : len(body) if until is None else max(first, until)])


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behaviour: Callable[[Handler, int], None], context: ssl.SSLContext | None = None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server_port}"
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_arguments) -> None:
        pass  # a client that goes away is what some tests are about


def serving(behaviour: Callable[[Handler, int], None], context: ssl.SSLContext | None = None) -> contextlib.AbstractContextManager[Server]:
    return running(Server(behaviour, context))


def good(handler: Handler, _number: int) -> None:
    handler.serve()


def left_in(folder: pathlib.Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def assert_pulled(result: subprocess.CompletedProcess, models: pathlib.Path) -> None:
    assert result.returncode == 0, result.stderr
    assert left_in(models) == [f"{NAME}.onnx"]
    assert hashlib.sha256((models / f"{NAME}.onnx").read_bytes()).hexdigest() == DIGEST


def assert_refused(result: subprocess.CompletedProcess, models: pathlib.Path, *words: str, code: int = 1) -> None:
    """With one message that has all these words, and with nothing left."""
    assert result.returncode == code, result.stderr
    assert result.stderr.splitlines()[-1].startswith("doclayout: ")
    for word in words:
        assert word in result.stderr, result.stderr
    assert left_in(models) == []
