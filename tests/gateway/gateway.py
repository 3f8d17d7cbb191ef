"""A real nginx with the configuration that ships, of which only site/ is another, and what stands behind it."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import pathlib
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterable, Mapping

from metrics import tool
from service import Endpoint

SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "gateway" / "nginx"
PATIENCE_SECONDS = 120  # for what takes milliseconds on a machine that does nothing else


class Log:
    """The lines of a pipe as they come."""

    def __init__(self, pipe):
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, args=(pipe,), daemon=True)
        self._reader.start()

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                with self._changed:
                    self.lines.append(line)
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def text(self) -> str:
        return "".join(self.lines)

    def join(self):
        self._reader.join(PATIENCE_SECONDS)

    def found(self, **fields) -> dict:
        """The first line with these fields; waits for it, because a line is written behind what it tells of."""

        def matching() -> list[dict]:
            entries = [json.loads(line) for line in self.lines]
            return [entry for entry in entries if entry | fields == entry]

        with self._changed:
            self._changed.wait_for(lambda: self._ended or matching(), PATIENCE_SECONDS)
            assert matching(), f"there is no line with {fields}:\n{self.text()}"
            return matching()[0]


class Gateway(Endpoint):
    """nginx in front of these ports. `changes` are texts of doclayout.conf and what stands there instead: to see a test
    fail, or to shorten a time."""

    def __init__(self, folder: pathlib.Path, ports: Iterable[int], changes: Mapping[str, str] | None = None):
        shutil.copytree(SHIPPED, folder / "conf")
        configuration = folder / "conf" / "doclayout.conf"
        text = configuration.read_text()
        for old, new in (changes or {}).items():
            assert old in text, f"doclayout.conf has no {old!r}"
            text = text.replace(old, new)
        configuration.write_text(text)
        # The socket is opened here and inherited, as nginx does for its own upgrades: no port can be taken in between.
        with socket.create_server(("127.0.0.1", 0), backlog=511) as listening:
            listening.setblocking(False)  # nginx takes that for granted, and a worker of it would wait for ever else
            self.port = listening.getsockname()[1]
            site = folder / "conf" / "site"
            # A balancer in front, as listen.conf describes it: tests say in X-Forwarded-For who calls.
            (site / "listen.conf").write_text(
                f"listen 127.0.0.1:{self.port};\nset_real_ip_from 127.0.0.1;\nreal_ip_header X-Forwarded-For;\n"
            )
            servers = [f"server 127.0.0.1:{port} max_fails=1 fail_timeout=5s;\n" for port in ports]
            (site / "upstream.conf").write_text("".join(servers))
            self.process = subprocess.Popen(
                [tool("nginx"), "-p", str(folder), "-c", str(folder / "conf" / "nginx.conf"), "-g", "daemon off;"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                pass_fds=[listening.fileno()],
                env={"PATH": os.environ["PATH"], "NGINX": f"{listening.fileno()};"},
            )
        self.log = Log(self.process.stdout)
        self.errors = Log(self.process.stderr)

    def stop(self):
        self.process.terminate()
        status = self.process.wait(PATIENCE_SECONDS)
        self.log.join()
        self.errors.join()
        assert status == 0, self.errors.text()
        assert "[emerg]" not in self.errors.text() and "[alert]" not in self.errors.text(), self.errors.text()


class Request:
    """One that an upstream has got, and the way to answer it."""

    def __init__(self, handler: http.server.BaseHTTPRequestHandler):
        self.method = handler.command
        self.target = handler.path
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = handler.rfile
        self._handler = handler

    def answer(self, status: int, body: bytes = b"", **headers: str):
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name.replace("_", "-"), value)
        self._handler.send_header("Content-Length", str(len(body)))
        self._handler.end_headers()
        self.write(body)

    def begin(self, length: int | None):
        """Of an answer in pieces; as chunks where its length is not known."""
        self._handler.send_response(200)
        self._handler.send_header("Content-Type", "application/x-ndjson")
        if length is None:
            self._handler.send_header("Transfer-Encoding", "chunked")
        else:
            self._handler.send_header("Content-Length", str(length))
        self._handler.end_headers()

    def chunk(self, data: bytes):
        """The empty one is the last."""
        self.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

    def write(self, data: bytes):
        self._handler.wfile.write(data)
        self._handler.wfile.flush()


def good(request: Request):
    """Takes what comes and finds it good."""
    request.body.read(int(request.headers.get("content-length", 0)))
    request.answer(200, b"good")


class Upstream:
    """What stands behind the gateway where a test needs another than the service: it answers as it is told."""

    def __init__(self, answer: Callable[[Request], None] = good):
        self.requests: list[Request] = []
        upstream = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def handle_one_request(self):
                with contextlib.suppress(ConnectionError):  # the gateway has left
                    super().handle_one_request()

            def take(self):
                request = Request(self)
                upstream.requests.append(request)
                answer(request)

            do_GET = do_POST = do_HEAD = do_DELETE = take

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()
