"""Random cases to the model and to the controller's own functions: every answer has to be the same.

    python -m tools.autoscale_sim.parity [--cases 20000] [--seed 1]

Needs Go and its module proxy. Exit status: 0 all the same, 1 some differ, which are printed.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ..behavior import History, normalize
from ..hpa_spec import HpaSpec, Policy, Rules
from ..replica_calculator import (
    MetricUnavailable,
    PodStatus,
    per_pod_replicas,
    plain_replicas,
    utilization_replicas,
    value_replicas,
)
from .extract import build

Case = tuple[dict[str, Any], Any]  # what is asked, and what the model says
NOW = 1000.0


def random_rules(dice: random.Random) -> Rules:
    policies = tuple(
        Policy(dice.choice(["Pods", "Percent"]), dice.choice([1, 4, 10, 33, 50, 100, 150, 900]), period)
        for period in dice.choices([15, 30, 60, 120, 300], k=dice.randint(1, 3))
    )
    return Rules(dice.choice([0, 0, 15, 30, 60, 120, 300]), dice.choice(["Max", "Max", "Min", "Disabled"]), policies)


def as_go(rules: Rules) -> dict[str, Any]:
    policies = [{"Type": each.kind, "Value": each.value, "PeriodSeconds": each.period} for each in rules.policies]
    return {"StabilizationWindowSeconds": rules.window, "SelectPolicy": rules.select, "Policies": policies}


def behavior_case(dice: random.Random) -> Case:
    low = dice.randint(1, 5)
    high = low + dice.choice([0, 3, 20, 1000])
    up, down = (random_rules(dice), random_rules(dice)) if dice.random() < 0.85 else (None, None)
    spec, history = HpaSpec(low, high, (), up, down), History()
    start = current = desired = dice.randint(low, high)
    time, steps, answers = 0.0, [], []
    for index in range(60):
        time += dice.choice([15.0, 15.0, 15.0, 15.25, 14.5, 45.0])
        factor = dice.choice([1, 1, 1, 0.5, 0.9, 1.3, 2, 4])
        desired = min(5000, max(0, int(desired * factor) + dice.choice([0, 0, 1, -1])))
        steps.append({"Time": time, "Desired": desired})
        if index == 0:
            history.recommendations.append((time, current))
        result = normalize(spec, history, time, current, desired)
        history.note_change(time, current, result.replicas, spec)
        answers.append([result.replicas, result.able_reason, result.limited_reason or ""])
        current = result.replicas
    behavior = None if up is None or down is None else {"ScaleUp": as_go(up), "ScaleDown": as_go(down)}
    asked = {"Steps": steps, "Min": low, "Max": high, "Start": start, "Behavior": behavior}
    return {"Behavior": asked}, answers


def random_pod(dice: random.Random, index: int, is_cpu: bool) -> PodStatus:
    return PodStatus(
        name=f"p{index}",
        phase=dice.choices(["Running", "Pending", "Failed"], [8, 2, 1])[0],
        ready=dice.random() < 0.7,
        deleted=dice.random() < 0.1,
        request=dice.choice([100, 250, 1000]),
        started=NOW - dice.choice([5, 100, 299, 301, 1000]),
        ready_changed=None if is_cpu and dice.random() < 0.1 else NOW - dice.choice([1, 20, 59, 60, 61, 200, 400, 995]),
        sampled=NOW - dice.choice([0, 10, 30, 100]),
        window=dice.choice([30.0, 60.0]),
    )


def calculator_case(dice: random.Random) -> Case:
    kind = dice.choice(["plain", "plain", "utilization", "value", "per pod"])
    is_cpu = kind in ("plain", "utilization") and dice.random() < 0.4
    pods = [random_pod(dice, index, is_cpu) for index in range(dice.randint(0, 8))]
    target = dice.choice([50, 80, 120] if kind == "utilization" else [100, 500, 1000, 1500])
    # Around the ends of the tolerance, where a comparison can be the wrong one, and most often the same for all pods.
    levels = [0, 50, 89, 90, 91, 99, 100, 101, 109, 110, 111, 150, 300]  # percent of the target
    common = dice.choice(levels) if dice.random() < 0.7 else None
    metrics = {}
    for pod in pods:
        if dice.random() < 0.75:
            level = dice.choice(levels) if common is None else common
            whole_target = pod.request * target // 100 if kind == "utilization" else target
            metrics[pod.name] = whole_target * level // 100
    if dice.random() < 0.1:
        metrics["gone"] = dice.randint(0, 3000)
    current = max(len(pods), 1) if dice.random() < 0.5 else dice.randint(0 if kind == "value" else 1, 10)
    whole = dice.choice([0, dice.randint(0, 20_000)])
    answer = None
    try:
        match kind:
            case "plain":
                proposal = plain_replicas(pods, metrics, target, current, is_cpu=is_cpu, now=NOW)
            case "utilization":
                proposal = utilization_replicas(pods, metrics, target, current, is_cpu=is_cpu, now=NOW)
            case "value":
                proposal = value_replicas(pods, whole, target, current)
            case _:
                proposal = per_pod_replicas(whole, target, current)
        answer = [proposal.replicas, proposal.usage]
    except MetricUnavailable:
        pass
    asked = {
        "Kind": kind, "Metrics": metrics, "Target": target, "Sum": whole, "Current": current, "Cpu": is_cpu, "Now": NOW,
        "Pods": [
            {
                "Name": pod.name, "Phase": pod.phase, "Ready": pod.ready, "Deleted": pod.deleted,
                "Request": pod.request,
                "Started": pod.started, "Changed": pod.ready_changed, "Sampled": pod.sampled, "Window": pod.window,
            }
            for pod in pods
        ],
    }  # fmt: skip
    return {"Calculator": asked}, answer


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.autoscale_sim.parity")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()

    dice = random.Random(arguments.seed)
    cases = [dice.choice([behavior_case, calculator_case])(dice) for _ in range(arguments.cases)]
    with tempfile.TemporaryDirectory() as folder:
        program = build(Path(folder))
        lines = "\n".join(json.dumps(asked) for asked, _ in cases)
        output = subprocess.run([program], input=lines, text=True, capture_output=True, check=True).stdout
    answers = [json.loads(line) for line in output.splitlines()]
    differing = [(case, answer) for case, answer in zip(cases, answers, strict=True) if case[1] != answer]
    for (asked, model), answer in differing[:5]:
        print(f"asked: {json.dumps(asked)}\nmodel: {model}\ncontroller: {answer}\n")
    print(f"{len(cases)} cases, {len(differing)} differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
