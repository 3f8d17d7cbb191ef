"""Network policies that somebody enforces: kube-router's firewall on each node, for the time of a `with`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from kubectl import ADMINISTRATOR
from node import SERVICES, Node, known
from tools import tool

NAME = "firewall"


@contextlib.contextmanager
def enforced() -> Iterator[None]:
    """What is allowed is known to the kernel a moment after a policy or a pod has changed: wait for what you expect."""
    try:
        for node in known():
            _start(node)
        yield
    finally:
        for node in known():
            _stop(node)


def _start(node: Node):
    words = [f"--kubeconfig={ADMINISTRATOR}", f"--hostname-override={node.name}", f"--service-cluster-ip-range={SERVICES}"]
    words += ["--run-firewall=true", "--run-router=false", "--run-service-proxy=false", "--enable-cni=false"]
    # The rules of Kubernetes' own proxy are nftables'; these are iptables', beside them.
    node.machine.spawn(NAME, tool("kube_router", "kube-router"), *words)


def _stop(node: Node):
    """And takes its rules away: its own way to do so wants the parts of it that do not run here."""
    node.machine.stop(NAME)
    for family in ("iptables", "ip6tables"):
        own = "KUBE-(ROUTER|POD-FW|NWPLCY)-"
        node.machine.run("sh", "-ec", f"{family}-save -t filter | grep -vE '{own}' | {family}-restore -w")
    node.machine.run("ipset", "destroy")
