#!/usr/bin/env python3
"""Sends a page again and again, as many users do: at a rate, whether answers come or not.

    load.py URL PAGE RESULTS [--retry]

Reads what to do from standard input, a line each: `rate 12.5` (requests a second, from now on), `stop` (no new ones; ends when
all have ended). Writes a line of JSON for each attempt into RESULTS when it has ended:

    {"request": 17, "attempt": 1, "sent": 1700000000.1, "seconds": 0.4, "status": 200, "error": "", "retry_after": null}

With --retry a request whose attempt was refused (429, 503) or failed (5xx, no answer) is sent again: after `Retry-After` where
the answer has it, else after a second; for five minutes at most. Every attempt has a connection of its own: a balancer that
balances connections then balances requests. Python's standard library only.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import sys
import time
import urllib.parse

ANSWER_SECONDS = 60
PATIENCE_SECONDS = 300
PAUSE_SECONDS = 1


class Load:
    def __init__(self, url: str, page: bytes, results, retry: bool):
        parts = urllib.parse.urlsplit(url)
        self._address = parts.hostname, parts.port or 80
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = f"POST {target} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/octet-stream\r\n"
        self._request = f"{head}Content-Length: {len(page)}\r\nConnection: close\r\n\r\n".encode() + page
        self._results = results
        self._retry = retry
        self._rate = 0.0
        self._changed = asyncio.Event()
        self._stopping = False
        self._open: set[asyncio.Task] = set()

    def tell(self, line: str):
        match line.split():
            case ["rate", rate]:
                self._rate = float(rate)
            case ["stop"] | []:
                self._stopping = True
        self._changed.set()

    async def run(self):
        number, due = 0, time.monotonic()
        while not self._stopping:
            self._changed.clear()
            wait = due - time.monotonic() if self._rate > 0 else None
            if wait is None or wait > 0:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(self._changed.wait(), wait)
                if self._changed.is_set():
                    due = time.monotonic()
                    continue
            number += 1
            task = asyncio.create_task(self._one(number))
            self._open.add(task)
            task.add_done_callback(self._open.discard)
            # Not before now: what could not be sent in time is not made up for in a burst.
            due = max(due + 1 / self._rate, time.monotonic() - 0.5)
        while self._open:
            await asyncio.wait(self._open)

    async def _one(self, number: int):
        end, attempt = time.monotonic() + PATIENCE_SECONDS, 0
        while True:
            attempt += 1
            sent, start = time.time(), time.monotonic()
            status, retry_after, error = 0, None, ""
            try:
                status, retry_after = await asyncio.wait_for(self._ask(), ANSWER_SECONDS)
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as what:
                error = f"{type(what).__name__}: {what}"
            known = {"request": number, "attempt": attempt, "sent": sent, "seconds": round(time.monotonic() - start, 4)}
            told = {"status": status, "error": error, "retry_after": retry_after}
            self._results.write(json.dumps(known | told) + "\n")
            self._results.flush()
            again = self._retry and (status == 429 or status >= 500 or status == 0)
            if not again or time.monotonic() > end:
                return
            pause = PAUSE_SECONDS if retry_after is None else float(retry_after)
            await asyncio.sleep(pause * random.uniform(1, 1.2))

    async def _ask(self) -> tuple[int, str | None]:
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            writer.write(self._request)
            with contextlib.suppress(ConnectionError):  # an answer may come before the page is read
                await writer.drain()
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            status = int(head.split(" ", 2)[1])
            headers = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            body = await reader.readexactly(int(headers["content-length"]))
            if status == 200 and b'"pages"' not in body:
                raise ValueError("an answer without pages")
            return status, headers.get("retry-after")
        finally:
            writer.close()


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("page")
    parser.add_argument("results")
    parser.add_argument("--retry", action="store_true")
    words = parser.parse_args()
    with open(words.page, "rb") as file:
        page = file.read()
    with open(words.results, "w", encoding="utf-8") as results:
        load = Load(words.url, page, results, words.retry)
        running = asyncio.create_task(load.run())
        reader = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode():
            load.tell(line)
        load.tell("stop")
        await running
    return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
