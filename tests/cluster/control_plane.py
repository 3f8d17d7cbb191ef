"""The control plane, on node 1: etcd, the API server, the controllers with the autoscaler, the scheduler."""

from __future__ import annotations

import json

from certificates import Authority
from kubectl import ADMINISTRATOR, Kubectl
from machine import LOGS, STATE, run, wait_for
from node import NETWORK, PODS, SERVICES, Node, kubeconfig
from tools import KUBERNETES, debian, tool

SERVER = f"https://{NETWORK}.1:6443"
AUTOSCALER = "system:serviceaccount:kube-system:horizontal-pod-autoscaler"
# Of the autoscaler: the default is 15 s.
SYNC_SECONDS = 2
# A node that says nothing for so long is lost: the default is 50 s.
NODE_GRACE_SECONDS = 8
# What the autoscaler asks and is answered, with the time of each question.
AUDIT_LOG = LOGS / "autoscaler.audit.log"
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {
            "level": "RequestResponse",
            "users": [AUTOSCALER],
            "resources": [
                {"group": "apps", "resources": ["deployments/scale"]},
                {"group": "autoscaling", "resources": ["horizontalpodautoscalers/status"]},
            ],
        },
        {"level": "Metadata", "users": [AUTOSCALER], "resources": [{"group": "custom.metrics.k8s.io"}]},
        {"level": "None"},
    ],
}
# To the API server, a second: the defaults (20, 50) would have a thousand pods take a minute.
QUESTIONS = ("--kube-api-qps=300", "--kube-api-burst=500")


def authorities() -> tuple[Authority, Authority]:
    """Makes who vouches for everybody, and for the API server where it passes a question on."""
    keys = STATE / "keys"
    return Authority(keys, "ca"), Authority(keys, "front-proxy-ca")


def start(node: Node, authority: Authority, front: Authority):
    keys = authority.folder
    service = SERVICES.split("/")[0].rsplit(".", 1)[0] + ".1"
    names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"]
    alternatives = [f"DNS:{name}" for name in names] + [f"IP:{ip}" for ip in ("127.0.0.1", node.address, service)]
    authority.issue("apiserver", "/CN=kube-apiserver", "serverAuth", alternatives)
    authority.issue("apiserver-kubelet", "/O=system:masters/CN=apiserver-kubelet", "clientAuth")
    front.issue("front-proxy", "/CN=front-proxy-client", "clientAuth")
    for name, subject in (
        ("administrator", "/O=system:masters/CN=administrator"),
        ("controllers", "/CN=system:kube-controller-manager"),
        ("scheduler", "/CN=system:kube-scheduler"),
    ):
        authority.issue(name, subject, "clientAuth")
        kubeconfig(STATE / f"{name}.kubeconfig", SERVER, keys / "ca.crt", keys / f"{name}.crt")
    run("openssl", "genrsa", "-out", keys / "accounts.key", "2048")

    policy = STATE / "audit-policy.json"
    policy.write_text(json.dumps(AUDIT_POLICY))
    client, peer = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
    node.machine.spawn(
        "etcd",
        debian("etcd"),
        "--name=n",
        f"--data-dir={node.folder}/etcd",
        "--unsafe-no-fsync",  # what is lost with the machine is lost
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=n={peer}",
        "--log-level=warn",
    )
    node.machine.spawn(
        "apiserver",
        tool(KUBERNETES, "kube-apiserver"),
        f"--etcd-servers={client}",
        f"--advertise-address={node.address}",
        "--secure-port=6443",
        f"--service-cluster-ip-range={SERVICES}",
        f"--tls-cert-file={keys}/apiserver.crt",
        f"--tls-private-key-file={keys}/apiserver.key",
        f"--client-ca-file={keys}/ca.crt",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        f"--kubelet-client-certificate={keys}/apiserver-kubelet.crt",
        f"--kubelet-client-key={keys}/apiserver-kubelet.key",
        f"--kubelet-certificate-authority={keys}/ca.crt",
        "--kubelet-preferred-address-types=InternalIP",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={keys}/accounts.key",
        f"--service-account-signing-key-file={keys}/accounts.key",
        f"--requestheader-client-ca-file={keys}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={keys}/front-proxy.crt",
        f"--proxy-client-key-file={keys}/front-proxy.key",
        "--enable-aggregator-routing=true",  # to pods of metrics: the API server has no address of services itself
        "--allow-privileged=true",
        "--profiling=false",
        f"--audit-policy-file={policy}",
        f"--audit-log-path={AUDIT_LOG}",
    )
    assert ADMINISTRATOR.exists()
    kubectl = Kubectl()
    wait_for("the API server is ready", lambda: kubectl.try_("get", "--raw=/readyz").returncode == 0, 120)
    start_controllers(node)
    start_scheduler(node)


def start_controllers(node: Node):
    keys, config = STATE / "keys", STATE / "controllers.kubeconfig"
    node.machine.spawn(
        "controllers",
        tool(KUBERNETES, "kube-controller-manager"),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={keys}/accounts.key",
        f"--root-ca-file={keys}/ca.crt",
        f"--cluster-signing-cert-file={keys}/ca.crt",
        f"--cluster-signing-key-file={keys}/ca.key",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        "--allocate-node-cidrs",
        f"--cluster-cidr={PODS}",
        f"--service-cluster-ip-range={SERVICES}",
        f"--horizontal-pod-autoscaler-sync-period={SYNC_SECONDS}s",
        "--node-monitor-period=1s",
        f"--node-monitor-grace-period={NODE_GRACE_SECONDS}s",
        *QUESTIONS,
    )


def start_scheduler(node: Node):
    config = STATE / "scheduler.kubeconfig"
    node.machine.spawn(
        "scheduler",
        tool(KUBERNETES, "kube-scheduler"),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
        *QUESTIONS,
    )
