"""Restarts under load: what was accepted is answered, and nobody is cut off who came in time."""

import http.client
import random
import socket
import threading
import time

from .context import BenchError, Context
from .machine import Machine
from .processes import Service, doclayout
from .report import Report, say

CONNECTIONS = 16
LONGEST_RUN_S = 1.5


class Callers:
    """Post one page after another, each on a connection of its own that stays, until the port is closed."""

    def __init__(self, service: Service, page: bytes) -> None:
        self.answered = 0
        self.refused = 0
        self.lost: list[str] = []
        self.closed = threading.Event()  # nobody can connect any more
        self._service = service
        self._page = page
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self.closed.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._service.port, timeout=60)
            try:
                connection.connect()
            except OSError:
                self.closed.set()  # the listener is closed: what comes now was not accepted
                return
            with connection.sock:
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._post_until_told_to_leave(connection)

    def _post_until_told_to_leave(self, connection: http.client.HTTPConnection) -> None:
        while True:
            after_close = self.closed.is_set()
            try:
                connection.request("POST", "/analyze", self._page, {"Content-Type": "application/octet-stream"})
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                # Sent on an open connection before the listener closed: a request that was accepted.
                if not after_close:
                    with self._lock:
                        self.lost.append(repr(error))
                return
            with self._lock:
                self.answered += answer.status == 200
                self.refused += answer.status == 503
                if answer.status not in (200, 503):
                    self.lost.append(f"status {answer.status}")
            if answer.getheader("Connection", "").lower() == "close":
                return


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    page = context.page.read_bytes()
    chance = random.Random(1)
    answered = refused = 0
    lost: list[str] = []
    codes: set[int] = set()
    seconds: list[float] = []
    for index in range(context.restarts):
        with doclayout(context) as service:
            service.may_end = True
            callers = Callers(service, page)
            time.sleep(chance.uniform(0.05, LONGEST_RUN_S))
            start = time.monotonic()
            service.process.terminate()
            codes.add(service.process.wait(timeout=60))
            seconds.append(time.monotonic() - start)
            callers.closed.set()
            callers.join()
            answered, refused, lost = answered + callers.answered, refused + callers.refused, lost + callers.lost
        if (index + 1) % 10 == 0:
            say(f"restarts: {index + 1} of {context.restarts}, {answered} pages answered, {len(lost)} lost")
    if answered == 0:
        raise BenchError("no page was answered")
    report.section(
        "Restarts under load",
        f"{context.restarts} times SIGTERM at a random moment within {LONGEST_RUN_S:g} s, while {CONNECTIONS} callers post "
        f"pages. The drain took {max(seconds):.2f} s at most.",
    )
    report.table(
        ["restarts", "answered", "refused (503)", "lost or reset", "exit codes"],
        [[str(context.restarts), str(answered), str(refused), str(len(lost)), ", ".join(map(str, sorted(codes)))]],
    )
    for example in lost[:3]:
        say(f"  lost: {example}")
    report.under("accepted requests lost in restarts", len(lost), 1, "requests")
    report.under("restarts that ended badly", len(codes - {0}), 1, "")
