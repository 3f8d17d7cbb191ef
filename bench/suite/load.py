"""Load: wrk for pages a second, threads of our own where pages must be counted exactly."""

import http.client
import json
import os
import shutil
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

from .context import ROOT, BenchError
from .processes import Service

# The slowest contender keeps 8 callers waiting for seconds; wrk's own 2 s would call that an error.
TIMEOUT_S = 60


@dataclass(frozen=True)
class LoadResult:
    pages: int
    seconds: float
    rejected: int
    failed: int
    socket_errors: int
    p50_ms: float
    p99_ms: float

    @property
    def pages_per_second(self) -> float:
        return self.pages / self.seconds

    @property
    def errors(self) -> int:
        return self.rejected + self.failed + self.socket_errors


def start_wrk(service: Service, page: Path, connections: int, seconds: float, query: str = "") -> subprocess.Popen:
    if shutil.which("wrk") is None:
        raise BenchError("wrk is not installed; scripts/bootstrap.sh --with bench installs it")
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration", f"{max(1, round(seconds))}s"]
    command += ["--timeout", f"{TIMEOUT_S}s", "--script", str(ROOT / "bench/analyze.lua"), service.url("/analyze" + query)]
    environment = {**os.environ, "PAGE": str(page)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish_wrk(process: subprocess.Popen, service: Service) -> LoadResult:
    output, _ = process.communicate()
    service.check_alive()
    for line in output.splitlines():
        if line.startswith("result "):
            return LoadResult(**json.loads(line.removeprefix("result ")))
    raise BenchError(f"wrk failed:\n{output}")


def run_wrk(service: Service, page: Path, connections: int, seconds: float, query: str = "") -> LoadResult:
    """A short warm-up that is not counted, then `seconds` that are."""
    finish_wrk(start_wrk(service, page, connections, min(2, seconds), query), service)
    service.wait_until_quiet()
    result = finish_wrk(start_wrk(service, page, connections, seconds, query), service)
    if result.pages == 0:
        raise BenchError(f"{service.name} answered no page: {result}")
    service.wait_until_quiet()
    return result


class PagePoster:
    """Posts an exact number of pages over keep-alive connections that stay open between calls."""

    def __init__(self, service: Service, page: Path, connections: int) -> None:
        self._service = service
        boundary = "----layoutbench"
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="page"\r\n\r\n'
        self._body = head.encode() + page.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        self._headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        self._connections = [
            http.client.HTTPConnection("127.0.0.1", service.port, timeout=TIMEOUT_S) for _ in range(connections)
        ]
        self._lock = threading.Lock()
        self._left = 0
        self._failure: str | None = None

    def post(self, pages: int) -> None:
        """Returns when all of them are answered. Any answer but 200 is an error."""
        self._left = pages
        threads = [threading.Thread(target=self._work, args=(connection,)) for connection in self._connections]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._service.check_alive()
        if self._failure is not None:
            raise BenchError(f"{self._service.name}: {self._failure}")

    def close(self) -> None:
        for connection in self._connections:
            connection.close()

    def _take(self) -> bool:
        with self._lock:
            if self._left == 0 or self._failure is not None:
                return False
            self._left -= 1
            return True

    def _work(self, connection: http.client.HTTPConnection) -> None:
        while self._take():
            try:
                connection.request("POST", "/analyze", self._body, self._headers)
                response = connection.getresponse()
                answer = response.read()
                if response.status != 200:
                    self._failure = f"status {response.status}: {answer[:300]!r}"
            except (OSError, http.client.HTTPException) as error:
                self._failure = repr(error)
