#!/usr/bin/env python3
"""A real Kubernetes on this machine: cluster.py tools | up [NODES] | down | status | left.

`tools` builds what is built of Go; exit status 3: there is no Go that is new enough. `up` leaves it running for `make cluster-test`
and for `scripts/cluster kubectl`; `down` leaves nothing behind, and `left` says what there is of a cluster. Needs root.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import sys
import time

import addons
import control_plane
from kubectl import Kubectl
from machine import KERNEL, LOGS, PIDS, STATE, hierarchies, pid_of, run, stop, wait_for
from node import IMAGES, Node, Switch, known
from tools import NO_GO, NoGo

NODES = 2
PREFIX = "dlk-"
KEPT = 3  # folders of logs of earlier clusters


def up(nodes: int = NODES):
    """Starts everything; what is up already stays. Prints where the time goes."""
    if os.geteuid() != 0:
        raise SystemExit("a cluster needs root: it makes namespaces, mounts and cgroups")
    if known():
        raise SystemExit("a cluster is up already; `make cluster-down` ends it")
    clock = _Clock()
    addons.build_tools()
    clock("tools")
    addons.make_images()
    clock("images")
    pause = STATE / "pause"
    switch = Switch()
    switch.start()
    members = [Node(number) for number in range(1, nodes + 1)]
    for node in members:
        node.machine.start(pause)
        switch.connect(node.machine, node.address)
    clock("machines")
    authority, front = control_plane.authorities()
    control_plane.start(members[0], authority, front)
    clock("control plane")
    for node in members:
        join(node, authority)
    routes(members)
    kubectl = Kubectl()
    for node in members:
        kubectl("wait", "--for=condition=Ready", f"node/{node.name}", "--timeout=90s")
    clock("nodes")
    addons.deploy(kubectl)
    clock("monitoring and names")


def join(node: Node, authority: control_plane.Authority):
    """Makes a machine that has a cable a node of the cluster."""
    node.start_containers()
    node.start_kubelet(authority, control_plane.SERVER)
    node.start_network(wait_for(f"{node.name} has addresses for pods", lambda: pods_of(node), 60))


def pods_of(node: Node) -> str:
    found = Kubectl().try_("get", "node", node.name, "--output=jsonpath={.spec.podCIDR}")
    return found.stdout if found.returncode == 0 else ""


def routes(members: list[Node]):
    """Each node finds the pods of the others."""
    for node in members:
        for other in members:
            if node.number != other.number:
                node.machine.run("ip", "route", "replace", pods_of(other), "via", other.address, "dev", "node0")


def down():
    """Also after a start that failed midway."""
    for node in known():
        node.stop_orderly()
        node.machine.remove()
    Switch().stop()
    for file in PIDS.glob("*"):
        stop(file.name)
    _keep_logs()
    for path in STATE.glob("*"):
        if path not in (IMAGES, LOGS.parent / "logs"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _keep_logs():
    """Those of the last clusters stay, for whoever looks for why a test failed."""
    if LOGS.exists():
        kept = LOGS.parent / "logs"
        kept.mkdir(exist_ok=True)
        LOGS.rename(kept / time.strftime("%Y%m%d-%H%M%S"))
        for old in sorted(kept.iterdir())[:-KEPT]:
            shutil.rmtree(old)


def left() -> list[str]:
    """What a cluster could leave on a machine: one line each; nothing of it is there while none is up."""
    found = []
    for name in PIDS.glob("*"):
        if pid_of(name.name):
            found.append(f"process {name.name}")
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(STATE) in line and int(path.parent.name) != os.getpid():
            found.append(f"process {path.parent.name} {line[:80]}")
    mounts = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    found += [f"mount {line}" for line in mounts if str(STATE) in line or PREFIX in line]
    found += [f"cgroup {path}" for hierarchy in hierarchies() for path in hierarchy.glob(f"{PREFIX}*")]
    found += [f"link {line}" for line in run("ip", "-brief", "link").stdout.splitlines() if line.startswith(PREFIX)]
    return found


def kernel() -> dict[str, str]:
    """What a kubelet would set for the whole machine."""
    return {name: pathlib.Path("/proc/sys", name).read_text().strip() for name in [*KERNEL, "net/ipv4/ip_forward"]}


class _Clock:
    def __init__(self):
        self._last = time.monotonic()

    def __call__(self, what: str):
        now = time.monotonic()
        print(f"{what}: {now - self._last:.1f} s", flush=True)
        self._last = now


def main(words: list[str]) -> int:
    match words:
        case ["tools"]:
            addons.build_tools()
        case ["up"]:
            up()
        case ["up", number] if number.isdigit() and 1 <= int(number) <= 9:
            up(int(number))
        case ["down"]:
            down()
        case ["status"]:
            print(Kubectl()("get", "nodes,pods", "--all-namespaces", "--output=wide") if known() else "no cluster is up")
        case ["left"]:
            print("\n".join(left()) or "nothing is left")
            return 1 if left() else 0
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except NoGo:
        print("Kubernetes is built with a newer Go than there is here", file=sys.stderr)
        sys.exit(NO_GO)
