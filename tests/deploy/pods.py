"""What lies in the pods that the chart makes."""

from __future__ import annotations

# Of the nodes that the image is for.
X86 = {"kubernetes.io/arch": "amd64"}


def pod_of(item: dict) -> dict:
    return item["spec"] if item["kind"] == "Pod" else item["spec"]["template"]["spec"]


def pods_of(objects: dict) -> list[dict]:
    return [pod_of(item) for (kind, _), item in objects.items() if kind in ("Deployment", "Job", "Pod")]


def environment_of(container: dict) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "") for entry in container["env"]}
