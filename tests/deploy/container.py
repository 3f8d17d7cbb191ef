"""A container of an image without an engine: the same walls, made of unshare and chroot. Only root may."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

PATIENCE_SECONDS = 120

# What an engine gives a container whose root is read-only: a loopback that is up (ioctl SIOCSIFFLAGS, IFF_UP |
# IFF_RUNNING), devices, processes and a small /tmp. The end of the standard input is the end of it all.
SETUP = """
set -e
"$2" -c 'import fcntl, socket, struct; fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sH14x", b"lo", 0x41))'
mount --bind "$1" "$1"
mount -o remount,bind,ro "$1"
mount -t proc proc "$1/proc"
mount --bind /sys "$1/sys"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o size=64m,mode=1777 tmpfs "$1/tmp"
echo made
read -r _
"""


def child_of(process: subprocess.Popen) -> int:
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1, children
    return int(children[0])


class Container:
    """Network, processes and mounts of its own, and an image's root, in which programs run as its configuration says.

    Not thread-safe. `close` ends all that runs in it.
    """

    def __init__(self, root: pathlib.Path, config: dict, **variables: str):
        """`config` is what an image's configuration has under that name; `variables` go beside those of the image."""
        self._root = root
        self._config = config
        self._variables = dict(entry.split("=", 1) for entry in config["Env"]) | variables
        space = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child"]
        command = [*space, "bash", "-c", SETUP, "bash", root, sys.executable, config["User"]]
        self._holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._holder.stdout.readline() == "made\n"
        self._first = child_of(self._holder)
        self._service: subprocess.Popen | None = None

    def _command(self, *command: str) -> list[str]:
        space = ["nsenter", "--target", str(self._first), "--net", "--mount", "--pid"]
        return [*space, "chroot", f"--userspec={self._config['User']}", str(self._root), *command]

    def run(self, *command: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self._command(*command), capture_output=True, text=True, env=self._variables, timeout=PATIENCE_SECONDS
        )

    def healthcheck(self) -> subprocess.CompletedProcess:
        kind, *command = self._config["Healthcheck"]["Test"]
        assert kind == "CMD"
        return self.run(*command)

    def start(self) -> None:
        """What the image starts."""
        command = self._command(*self._config["Entrypoint"], *self._config["Cmd"])
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        self._service = subprocess.Popen(command, **streams, text=True, env=self._variables)

    def wait_for_event(self, event: str) -> None:
        """Reads the service's log up to that event."""
        for line in self._service.stdout:
            if f'"event":"{event}"' in line.replace(" ", ""):
                return
        raise AssertionError(f"the service ended without the event {event}")

    def signal(self, number: signal.Signals) -> None:
        """To the service itself: nsenter is its parent."""
        os.kill(child_of(self._service), number)

    def wait(self) -> int:
        """Until the service has ended; its exit code."""
        self._service.communicate(timeout=PATIENCE_SECONDS)
        return self._service.returncode

    def close(self) -> None:
        self._holder.kill()
        self._holder.communicate()
        if self._service is not None:
            self._service.kill()  # nsenter, which stops when its child is stopped
            self._service.communicate(timeout=PATIENCE_SECONDS)
