"""A node: a machine with containerd, a kubelet and kube-proxy, on the cable of a switch."""

from __future__ import annotations

import json
import pathlib

from certificates import Authority
from machine import STATE, Machine, pid_of, run, spawn, stop, wait_for
from tools import KUBERNETES, OTHER_VERSION, debian, tool

SERVICES = "10.96.0.0/16"
PODS = "10.88.0.0/16"
DNS = "10.96.0.10"
NETWORK = "172.31.255"
SWITCH = "dlk-switch"
IMAGES = STATE / "images"


class Switch:
    """One bridge in a network namespace of its own, which no rule filters."""

    def start(self):
        spawn(SWITCH, ["unshare", "--net", "sleep", "infinity"])
        wait_for("the switch has a namespace", lambda: self._ip("link", check=False).returncode == 0 and self._is_apart())
        self._ip("link", "add", "switch", "type", "bridge")
        self._ip("link", "set", "switch", "up")

    def _is_apart(self) -> bool:
        namespace = pathlib.Path(f"/proc/{pid_of(SWITCH)}/ns/net")
        return namespace.readlink() != pathlib.Path("/proc/self/ns/net").readlink()

    def _ip(self, *words: object, check: bool = True):
        return run("nsenter", f"--target={pid_of(SWITCH)}", "--net", "--", "ip", *words, check=check)

    def connect(self, machine: Machine, address: str):
        # The cable of a machine that lost its power stays for as long as the kernel takes to clean up behind it.
        self._ip("link", "delete", machine.name, check=False)
        self._ip("link", "add", machine.name, "type", "veth", "peer", "name", "node0", "netns", machine.pid)
        self._ip("link", "set", machine.name, "master", "switch", "up")
        machine.run("ip", "link", "set", "node0", "up")
        machine.run("ip", "address", "add", f"{address}/24", "dev", "node0")
        # Nobody is there: what is for elsewhere gets nowhere.
        machine.run("ip", "route", "add", "default", "via", f"{NETWORK}.254", "dev", "node0")
        machine.run("sysctl", "-qw", "net.ipv4.ip_forward=1")

    def unplug(self, machine: Machine):
        self._ip("link", "set", machine.name, "down", check=False)

    def stop(self):
        stop(SWITCH)


def kubeconfig(place: pathlib.Path, server: str, authority: pathlib.Path, certificate: pathlib.Path):
    """For the program whose certificate that is (its key lies beside it)."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": server, "certificate-authority": str(authority)}}],
        "users": [
            {
                "name": "u",
                "user": {"client-certificate": str(certificate), "client-key": str(certificate.with_suffix(".key"))},
            }
        ],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    place.write_text(json.dumps(config))


class Node:
    """`number` from 1; node 1 also carries the control plane."""

    def __init__(self, number: int):
        self.number = number
        self.name = f"node{number}"
        self.address = f"{NETWORK}.{number}"
        self.machine = Machine(f"dlk-node{number}")
        self.folder = self.machine.folder

    @property
    def socket(self) -> pathlib.Path:
        return self.folder / "containerd.sock"

    def ctr(self, *words: object, check: bool = True):
        """containerd's own client, in the name space of Kubernetes."""
        return self.machine.run(debian("ctr"), "--address", self.socket, "--namespace", "k8s.io", *words, check=check)

    def start_containers(self):
        """containerd, with the images of the cluster."""
        self.folder.mkdir(parents=True, exist_ok=True)
        network = self.folder / "cni"
        network.mkdir(exist_ok=True)
        (self.folder / "containerd.toml").write_text(f"""\
version = 2
root = "{self.folder}/containerd"
state = "/run/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "{self.socket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/library/pause:1"
  disable_apparmor = true
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{network}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
        Root = "/run/runc"
""")
        self.machine.spawn("containerd", debian("containerd"), "--config", self.folder / "containerd.toml")
        wait_for(f"{self.name}'s containerd answers", lambda: self.ctr("version", check=False).returncode == 0)
        for archive in sorted(IMAGES.glob("*.tar")):
            self.import_image(archive)

    def import_image(self, archive: pathlib.Path):
        self.ctr("images", "import", archive)

    def start_kubelet(self, authority: Authority, server: str):
        """Joins the cluster. Its pods have addresses once the control plane has given it a range of them."""
        keys = self.folder / "keys"
        root = authority.folder / f"{authority.name}.crt"
        authority.issue("kubelet", f"/O=system:nodes/CN=system:node:{self.name}", "clientAuth", folder=keys)
        names = [f"DNS:{self.name}", f"IP:{self.address}"]
        authority.issue("kubelet-server", f"/CN={self.name}", "serverAuth", names, folder=keys)
        authority.issue("proxy", "/CN=system:kube-proxy", "clientAuth", folder=keys)
        for program in ("kubelet", "proxy"):
            kubeconfig(self.folder / f"{program}.kubeconfig", server, root, keys / f"{program}.crt")
        config = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": True},
                "x509": {"clientCAFile": str(root)},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": str(keys / "kubelet-server.crt"),
            "tlsPrivateKeyFile": str(keys / "kubelet-server.key"),
            "containerRuntimeEndpoint": f"unix://{self.socket}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{self.machine.name}",
            "failCgroupV1": False,
            "failSwapOn": False,
            "enforceNodeAllocatable": ["pods"],
            "clusterDNS": [DNS],
            "clusterDomain": "cluster.local",
            "resolvConf": "",
            "imageGCHighThresholdPercent": 100,
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "nodefs.inodesFree": "1%"},
            "syncFrequency": "10s",
            "nodeStatusUpdateFrequency": "5s",
            "nodeLeaseDurationSeconds": 8,
            "oomScoreAdj": 0,
            "maxOpenFiles": 20000,
            "podLogsDir": str(self.folder / "pod-logs"),
        }
        (self.folder / "kubelet.yaml").write_text(json.dumps(config))
        self.machine.spawn(
            "kubelet",
            tool(KUBERNETES, "kubelet"),
            f"--config={self.folder}/kubelet.yaml",
            f"--kubeconfig={self.folder}/kubelet.kubeconfig",
            f"--hostname-override={self.name}",
            f"--node-ip={self.address}",
            f"--root-dir={self.folder}/kubelet",
            f"--cert-dir={self.folder}/kubelet-keys",
            # cAdvisor does not go by containerRuntimeEndpoint, and without containerd knows groups of processes, but no pods.
            f"--containerd={self.socket}",
        )

    def start_network(self, pods: str):
        """`pods` are the addresses of its pods."""
        bridge = {
            "type": "bridge",
            "bridge": "cni0",
            "isGateway": True,
            "hairpinMode": True,
            "ipMasq": False,
            "ipam": {
                "type": "host-local",
                "dataDir": "/run/cni-addresses",
                "ranges": [[{"subnet": pods}]],
                "routes": [{"dst": "0.0.0.0/0"}],
            },
        }
        plugins = [bridge, {"type": "portmap", "capabilities": {"portMappings": True}}]
        new = self.folder / "cni" / "network.new"
        new.write_text(json.dumps({"cniVersion": "1.0.0", "name": "cluster", "plugins": plugins}))
        new.rename(new.with_name("10-cluster.conflist"))
        config = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(self.folder / "proxy.kubeconfig")},
            "mode": "nftables",
            # Of itself since 1.31.
            "featureGates": {"NFTablesProxyMode": True} if OTHER_VERSION == "1.30" else {},
            "clusterCIDR": PODS,
            "hostnameOverride": self.name,
            "oomScoreAdj": 0,
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        }
        (self.folder / "proxy.yaml").write_text(json.dumps(config))
        self.machine.run("sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=1", check=False)
        self.machine.spawn("proxy", tool(KUBERNETES, "kube-proxy"), f"--config={self.folder}/proxy.yaml")

    def stop_orderly(self):
        """Ends its programs; `machine.remove` does the rest."""
        for program in ("kubelet", "proxy", "containerd"):
            self.machine.stop(program)

    def process(self, container: dict) -> str:
        """The first process of a container (as a pod's status tells of it), by its number on this node."""
        identity = container["containerID"].removeprefix("containerd://")
        tasks = self.ctr("tasks", "list").stdout.splitlines()
        return next(line.split()[1] for line in tasks if line.startswith(identity))

    def volume(self, pod_uid: str, name: str) -> pathlib.Path:
        """A pod's emptyDir, seen from here."""
        inside = self.folder / "kubelet/pods" / pod_uid / "volumes/kubernetes.io~empty-dir" / name
        return self.machine.path(inside)


def node_of(pod: dict) -> Node:
    return Node(int(pod["spec"]["nodeName"].removeprefix("node")))


def known() -> list[Node]:
    """The nodes that were started, in order; some may be without power."""
    numbers = sorted(int(path.name.removeprefix("dlk-node")) for path in STATE.glob("dlk-node?"))
    return [Node(number) for number in numbers]
