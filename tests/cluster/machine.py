"""Machines that are none: namespaces of this one, and processes in them that outlive whoever started them.

A machine is a process that does nothing but adopt orphans, first in a process namespace of its own, with its own mounts and
network. Ending it ends all that runs there, as a power cut does, and takes mounts and addresses along: little is left to clean up.
What this kernel counts for all (cgroups) is named after the machine, and removed.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "doclayout"
STATE = CACHE / "cluster"  # one cluster at a time on a machine, whichever clone it is of
LOGS = STATE / "log"
PIDS = STATE / "pids"
CGROUPS = pathlib.Path("/sys/fs/cgroup")

# What the kubelet wants of the kernel, and would set for the whole machine. It is shown files that say so already.
KERNEL = {
    "vm/overcommit_memory": "1",
    "vm/panic_on_oom": "0",
    "kernel/panic": "10",
    "kernel/panic_on_oops": "1",
    "kernel/keys/root_maxkeys": "1000000",
    "kernel/keys/root_maxbytes": "25000000",
}
CLONE_NEWNET = 0x40000000
# Where programs write, whatever they are told: empty at a machine's start, gone with it.
PRIVATE = ("/run", "/var/log", "/var/lib")

Value = TypeVar("Value")


def run(*command: object, check: bool = True, **options) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, command))}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def wait_for(what: str, ask: Callable[[], Value], seconds: float = 60, pause: float = 0.2) -> Value:
    """Asks until the answer is true."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; last answer: {answer!r}")
        time.sleep(pause)
    return answer


def _started(pid: int) -> str:
    """When a process started: with its number it tells it from a later one that got the same. Empty when there is none."""
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] == "Z" else fields[19]


def spawn(name: str, command: Sequence[object], **options) -> int:
    """Starts a process of its own session, with its log in LOGS; `pid_of(name)` finds it again, from another process too."""
    for folder in (LOGS, PIDS):
        folder.mkdir(parents=True, exist_ok=True)
    with (LOGS / f"{name}.log").open("ab") as log:
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **options,
        )
    (PIDS / name).write_text(f"{process.pid} {_started(process.pid)}")
    return process.pid


def pid_of(name: str) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        pid, started = (PIDS / name).read_text().split()
        if _started(int(pid)) == started:
            return int(pid)
    return None


def stop(name: str, number: int = signal.SIGTERM, seconds: float = 20):
    """Ends what `spawn` started, by force when it takes too long."""
    for attempt in (number, signal.SIGKILL):
        pid = pid_of(name)
        if pid is None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, attempt)
        with contextlib.suppress(AssertionError):
            wait_for(f"{name} ends", lambda: (_reap(pid), pid_of(name) is None)[1], seconds, 0.05)
    (PIDS / name).unlink(missing_ok=True)


def _reap(pid: int):
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


def enter_network(pid: int):
    """That of a process, for the thread that calls, and for it alone; Python has it itself from 3.12 on."""
    with pathlib.Path(f"/proc/{pid}/ns/net").open() as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def hierarchies() -> list[pathlib.Path]:
    """Of cgroups: one, or with version 1 one for each controller."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [path for path in CGROUPS.iterdir() if path.is_dir() and not path.is_symlink() and path.name != "unified"]


class Machine:
    """`name` is short: it is in the names of cgroups and interfaces. Only root can make one."""

    def __init__(self, name: str):
        self.name = name
        self.folder = STATE / name

    @property
    def pid(self) -> int | None:
        """Of its first process, as this machine counts."""
        holder = pid_of(self.name)
        if holder is None:
            return None
        children = pathlib.Path(f"/proc/{holder}/task/{holder}/children").read_text().split()
        return int(children[0]) if children else None

    def start(self, first: pathlib.Path):
        """`first` is the program that adopts orphans."""
        assert self.pid is None, f"{self.name} is running"
        self.folder.mkdir(parents=True, exist_ok=True)
        namespaces = ["--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child=KILL", "--mount-proc"]
        spawn(self.name, ["unshare", *namespaces, first])
        wait_for(f"{self.name} starts", lambda: self.pid and self.run("true", check=False).returncode == 0)
        lines = ["mount --make-rprivate /"]
        for place in PRIVATE:
            lines.append(f"mount -t tmpfs {self.name} {place}")
        lines += ["mkdir -p /run/kernel /run/netns /run/lock"]
        for key, value in KERNEL.items():
            copy = "/run/kernel/" + key.replace("/", ".")
            lines += [f"echo {value} > {copy}", f"[ ! -e /proc/sys/{key} ] || mount --bind {copy} /proc/sys/{key}"]
        # Volumes that the kubelet mounts have to show in containers that share them.
        lines += ["mount --make-rshared /", f"hostname {self.name}", "ip link set lo up"]
        self.run("sh", "-ec", "\n".join(lines))
        for hierarchy in hierarchies():
            group = hierarchy / self.name
            group.mkdir(exist_ok=True)
            for file in ("cpuset.cpus", "cpuset.mems"):
                if (hierarchy / file).exists() and not (group / file).read_text().strip():
                    (group / file).write_text((hierarchy / file).read_text())

    def enter(self, *command: object) -> list[str]:
        """The command that runs `command` there."""
        assert (pid := self.pid), f"{self.name} is not running"
        return ["nsenter", f"--target={pid}", "--mount", "--pid", "--net", "--uts", "--ipc", "--", *map(str, command)]

    def run(self, *command: object, check: bool = True, **options) -> subprocess.CompletedProcess[str]:
        return run(*self.enter(*command), check=check, **options)

    def spawn(self, name: str, *command: object, **options) -> int:
        return spawn(f"{self.name}.{name}", self.enter(*command), **options)

    def signal(self, name: str, number: int):
        """To what `spawn` started and still runs."""
        pid = pid_of(f"{self.name}.{name}")
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(child), number)

    def stop(self, name: str, seconds: float = 10):
        """Ends what `spawn` started: it is a child of the process that entered the machine, which ends with it."""
        pid = pid_of(f"{self.name}.{name}")
        if pid is not None:
            self.signal(name, signal.SIGTERM)
            with contextlib.suppress(AssertionError):
                wait_for(f"{name} ends", lambda: (_reap(pid), pid_of(f"{self.name}.{name}") is None)[1], seconds, 0.05)
        stop(f"{self.name}.{name}", signal.SIGKILL)

    def path(self, inside: str | pathlib.Path) -> pathlib.Path:
        """A file as the machine sees it, mounts and all."""
        return pathlib.Path(f"/proc/{self.pid}/root") / str(inside).lstrip("/")

    def cut_power(self):
        """Everything on it ends at once."""
        pid = self.pid
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        stop(self.name)
        for file in PIDS.glob(f"{self.name}.*"):
            stop(file.name, signal.SIGKILL)

    def remove(self):
        """As `cut_power`, and what it had on the disk and among cgroups goes."""
        self.cut_power()
        for hierarchy in hierarchies():
            wait_for(f"cgroups of {self.name} in {hierarchy} go", lambda: _remove_groups(hierarchy / self.name), 20)
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_groups(group: pathlib.Path) -> bool:
    """Those that have no process any more: the kernel takes a moment to let go of the last."""
    if not group.exists():
        return True
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            os.rmdir(folder)
    return not group.exists()
