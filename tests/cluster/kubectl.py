"""kubectl and helm as the cluster's administrator."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping

from machine import STATE, wait_for
from node import Node
from tools import KUBERNETES, tool

ADMINISTRATOR = STATE / "administrator.kubeconfig"


class Kubectl:
    """In a namespace of the cluster, or where objects say; every call is a process of its own, on node 1's network."""

    def __init__(self, namespace: str = ""):
        self.namespace = namespace

    def inside(self, *command: object) -> list[str]:
        """The command that runs `command` on node 1's network, and nothing else of it."""
        return ["nsenter", f"--target={Node(1).machine.pid}", "--net", "--", *map(str, command)]

    def command(self, *words: object) -> list[str]:
        namespace = [f"--namespace={self.namespace}"] if self.namespace else []
        return self.inside(tool(KUBERNETES, "kubectl"), f"--kubeconfig={ADMINISTRATOR}", *namespace, *words)

    def try_(self, *words: object, text: str | None = None, seconds: float = 180) -> subprocess.CompletedProcess[str]:
        """As it ends; what it says is in `stdout` and `stderr`."""
        return subprocess.run(self.command(*words), input=text, capture_output=True, text=True, timeout=seconds)

    def __call__(self, *words: object, text: str | None = None, seconds: float = 180) -> str:
        done = self.try_(*words, text=text, seconds=seconds)
        if done.returncode != 0:
            raise AssertionError(f"kubectl {' '.join(map(str, words))}: {done.stdout}{done.stderr}")
        return done.stdout

    def get(self, *words: object) -> dict:
        return json.loads(self("get", *words, "--output=json"))

    def items(self, *words: object) -> list[dict]:
        return self.get(*words)["items"]

    def apply(self, *objects: Mapping | str | pathlib.Path) -> str:
        """Objects, the text of some, or a file of them. Server-side: definitions of resources are too large for the other way."""
        said = []
        for one in objects:
            text = one.read_text() if isinstance(one, pathlib.Path) else one if isinstance(one, str) else json.dumps(one)
            said.append(self("apply", "--server-side", "--force-conflicts", "--filename=-", text=text))
        return "".join(said)

    def rolled_out(self, name: str, seconds: int = 120):
        self("rollout", "status", name, f"--timeout={seconds}s", seconds=seconds + 10)

    def helm(self, *words: object, seconds: float = 300) -> subprocess.CompletedProcess[str]:
        command = self.inside(tool("helm", "helm"), f"--kubeconfig={ADMINISTRATOR}", f"--namespace={self.namespace}", *words)
        places = {f"HELM_{kind}_HOME": str(STATE / "helm") for kind in ("CACHE", "CONFIG", "DATA")}
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=os.environ | places)


def ready(pod: Mapping) -> bool:
    """Running, ready and not on its way out."""
    conditions = {one["type"]: one["status"] for one in pod["status"].get("conditions", [])}
    return conditions.get("Ready") == "True" and "deletionTimestamp" not in pod["metadata"]


class Watch:
    """What becomes of objects, as the server tells it, until the end of the `with`: `seen` has (time, object) in order.

    `what` makes of an object what is kept; what says the same as before is left out."""

    def __init__(self, kubectl: Kubectl, *words: object, what: Callable[[dict], object] = lambda one: one):
        self.seen: list[tuple[float, object]] = []
        self._what = what
        self._command = kubectl.command("get", *words, "--watch", "--output-watch-events", "--output=json")

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        wait_for("the watch has begun", lambda: self.seen, 30, 0.05)
        return self

    def _read(self):
        for line in self._process.stdout:
            said = self._what(json.loads(line)["object"])
            if not self.seen or self.seen[-1][1] != said:
                self.seen.append((time.time(), said))

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        self._process.stdout.close()


def wait_ready(kubectl: Kubectl, selector: str, count: int, seconds: float = 120) -> list[dict]:
    """Until exactly so many pods are ready, and no other is there."""

    def pods() -> list[dict]:
        found = kubectl.items("pods", f"--selector={selector}")
        return found if len(found) == count and all(map(ready, found)) else []

    return wait_for(f"{count} pods of {selector} are ready", pods, seconds)


if __name__ == "__main__":
    command = Kubectl().command(*sys.argv[1:])
    os.execvp(command[0], command)
