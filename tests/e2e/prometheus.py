"""A real Prometheus that scrapes one service, and its API."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from metrics import tool
from program import PATIENCE_SECONDS, Program

JOB = "doclayout"
LISTENING = re.compile(r'msg="Listening on" address=(\S+)')
READY = re.compile("Server is ready to receive web requests")

Value = TypeVar("Value")


class Prometheus(Program):
    """Starts at once in an empty folder, on a port that it takes itself, and has its API when the constructor is done. `more`
    are parts of the configuration that a test wants otherwise: rules, targets with labels of their own."""

    def __init__(self, folder: pathlib.Path, target: str, more: Mapping | None = None):
        self.target = target
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": [target]}]}],
        } | dict(more or {})
        path = folder / "prometheus.yml"
        path.write_text(json.dumps(config))  # which is YAML too
        command = [
            tool("prometheus"),
            f"--config.file={path}",
            f"--storage.tsdb.path={folder / 'data'}",
            "--web.listen-address=127.0.0.1:0",
            "--enable-feature=exemplar-storage",
        ]
        super().__init__(command, READY, LISTENING, cwd=folder)

    def api(self, path: str, **parameters: str) -> list | dict:
        """The `data` of an answer that is a success."""
        url = f"http://{self.address}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as response:
            answer = json.load(response)
        assert answer["status"] == "success" and not answer.get("warnings"), answer
        return answer["data"]

    def query(self, expression: str) -> list[dict]:
        return self.api("query", query=expression)["result"]

    def value(self, expression: str) -> float | None:
        """Of an expression that gives one number or, so far, none."""
        found = self.query(expression)
        assert len(found) <= 1, found
        return float(found[0]["value"][1]) if found else None

    def exemplars(self, expression: str) -> list[dict]:
        """Those of the last minutes, each with the series that it is of."""
        now = time.time()
        found = self.api("query_exemplars", query=expression, start=str(now - 600), end=str(now + 60))
        return [one | {"series": of["seriesLabels"]} for of in found for one in of["exemplars"]]

    def wait_for(self, ask: Callable[[], Value], good: Callable[[Value], bool], what: str) -> Value:
        """Asks again and again, a little slower than the service is scraped."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = ask()
            if good(answer):
                return answer
            assert time.monotonic() < deadline, f"{what} did not come true; last: {answer}\n{self.log()}"
            # Each asking costs both a request: the pause is for the machine's sake, and the deadline is what ends it.
            threading.Event().wait(0.1)


@contextlib.contextmanager
def prometheus(folder: pathlib.Path, port: int, more: Mapping | None = None) -> Iterator[Prometheus]:
    started = Prometheus(folder, f"127.0.0.1:{port}", more)
    try:
        yield started
    finally:
        started.stop()
