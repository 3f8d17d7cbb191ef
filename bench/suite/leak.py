"""Memory and descriptors after thousands of requests of all kinds: good, bad, and cancelled at any moment."""

import http.client
import random
import socket
import threading
from pathlib import Path

from .context import Context
from .machine import Machine
from .memory import MEGABYTE
from .processes import Service, doclayout
from .report import Report, say

CALLERS = 8


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    with doclayout(context) as service:
        callers = _Callers(service, context.page.read_bytes())
        # What grows once, caches of memory and the most that was ever at work at once, has grown by then.
        callers.send(max(100, context.leak_requests // 5))
        before, descriptors_before = _at_rest(service)
        samples = [(0, before)]
        for part in range(1, 11):
            callers.send(context.leak_requests // 10)
            size, descriptors = _at_rest(service)
            samples.append((context.leak_requests * part // 10, size))
            say(f"leak: {samples[-1][0]} requests, {size / MEGABYTE:.1f} MB, {descriptors} descriptors")
    slope = _slope(samples) / 1e3
    report.section(
        "Leaks",
        f"Resident megabytes at rest while {context.leak_requests} requests pass: one in four good, one in four broken, "
        "one in four refused by its parameters or type, one in four left by its caller at some moment.",
    )
    report.table(["requests", "MB"], [[str(count), f"{size / MEGABYTE:.2f}"] for count, size in samples])
    report.under("memory a request", slope, 0.2, "kB")
    report.under("descriptors more than before", descriptors - descriptors_before, 1, "")


def _slope(samples: list[tuple[int, int]]) -> float:
    """Bytes a request of the line that fits best."""
    mean_x = sum(x for x, _ in samples) / len(samples)
    mean_y = sum(y for _, y in samples) / len(samples)
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / sum((x - mean_x) ** 2 for x, _ in samples)


def _at_rest(service: Service) -> tuple[int, int]:
    service.wait_until_quiet()
    return service.resident_bytes(), len(list(Path(f"/proc/{service.pid}/fd").iterdir()))


class _Callers:
    def __init__(self, service: Service, page: bytes) -> None:
        self._service = service
        self._page = page
        self._lock = threading.Lock()
        self._left = 0
        self._chance = random.Random(1)

    def send(self, count: int) -> None:
        self._left = count
        threads = [threading.Thread(target=self._work) for _ in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self._service.check_alive()

    def _take(self) -> tuple[int, float] | None:
        with self._lock:
            if self._left == 0:
                return None
            self._left -= 1
            return self._left % 4, self._chance.random()

    def _work(self) -> None:
        while (turn := self._take()) is not None:
            kind, chance = turn
            if kind == 0:
                self._post(self._page)
            elif kind == 1:
                self._post(self._page[: round(len(self._page) * chance)] or b"x")
            elif kind == 2:
                self._post(self._page, "?threshold=7" if chance < 0.5 else "", "text/plain")
            else:
                self._leave(chance)

    def _post(self, page: bytes, query: str = "", content_type: str = "application/octet-stream") -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=60)
        try:
            connection.request("POST", "/analyze" + query, page, {"Content-Type": content_type})
            connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            pass  # refused before its body was read
        finally:
            connection.close()

    def _leave(self, chance: float) -> None:
        """Within the header, within the body, or while the page waits or is analysed."""
        head = f"POST /analyze HTTP/1.1\r\nHost: h\r\nContent-Type: image/jpeg\r\nContent-Length: {len(self._page)}\r\n\r\n"
        request = head.encode() + self._page
        with socket.create_connection(("127.0.0.1", self._service.port), timeout=60) as connection:
            part = request[: 1 + round(len(request) * min(1.0, 1.5 * chance))]
            try:
                connection.sendall(part)
            except OSError:
                pass  # refused meanwhile
