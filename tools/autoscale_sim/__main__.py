"""Simulates how the service scales.

    python -m tools.autoscale_sim report                       writes tables and figures of docs/autoscaling.md
    python -m tools.autoscale_sim run flash-crowd ours         one run, its outcome as JSON
    python -m tools.autoscale_sim sweep                        all targets and policies, into sweep.json
    python -m tools.autoscale_sim replay record.csv hpa.yaml   how far the model is from what a cluster did
    python -m tools.autoscale_sim curve month-end-1000         the traffic of a scenario, to drive a cluster with

Exit status: 0 done, 1 replay found more than --within periods (--mean-error), 2 wrong usage or a file that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import NoReturn, TypeVar

from . import report, sweep, traffic
from .hpa import SYNC_PERIOD, Autoscaler
from .hpa_spec import parse_hpa
from .inputs import InputError, integer, number, read_document
from .keda import KedaAutoscaler, parse_scaled_object
from .options import FOLDER, cluster_options, load_scenario, load_settings
from .recording import read_recording, write_recording
from .replay import compare, follow
from .service_time import load_profile
from .simulation import Simulation

DAY = 86400
T = TypeVar("T", int, float)


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"autoscale_sim: {message}\n")


def within(check: Callable[[str, str, T, T], T], least: T, most: T) -> Callable[[str], T]:
    """An argument's type: `number` or `integer` between these two."""

    def convert(text: str) -> T:
        try:
            return check(text, "it", least, most)
        except InputError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return convert


def parse() -> argparse.Namespace:
    parser = Parser(prog="python -m tools.autoscale_sim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    seed = within(integer, 0, 2**32 - 1)

    write = commands.add_parser("report")
    write.add_argument("--only", nargs="+", metavar="SCENARIO", help="figures of these scenarios, and no table")

    run = commands.add_parser("run")
    run.add_argument("scenario")
    run.add_argument("settings", help="a file's name in the folder of settings, without .yaml")
    run.add_argument("--seed", type=seed, default=1)
    run.add_argument("--record", type=Path, help="writes what the autoscaler saw, for `replay`")
    run.add_argument("--scenarios", type=Path, default=FOLDER / "scenarios.yaml")
    run.add_argument("--settings-folder", type=Path, default=FOLDER / "settings")

    commands.add_parser("sweep")

    replay = commands.add_parser("replay")
    replay.add_argument("recording", type=Path, help="JSON or CSV, as recording.py says")
    replay.add_argument("autoscaler", type=Path, help="YAML or JSON: an HPA, a ScaledObject, a List of one, or a file of settings")
    replay.add_argument("--period", type=within(number, 0.1, DAY), default=SYNC_PERIOD, help="seconds between two syncs")
    replay.add_argument("--phase", type=within(number, 0, DAY), help="of the first sync after the first record; default: all are tried")
    replay.add_argument("--within", type=within(number, 0, 1e6), default=1.0, help="periods that the two may be apart")
    replay.add_argument("--follow", action="store_true", help="each decision on its own, from the recorded replicas")
    replay.add_argument("--mean-error", type=within(number, 0, 1e6), default=0.05, help="that changes may be apart, with --follow")

    curve = commands.add_parser("curve")
    curve.add_argument("scenario")
    curve.add_argument("--step", type=within(integer, 1, DAY), default=15, help="seconds")
    curve.add_argument("--seed", type=seed, default=1)
    return parser.parse_args()


def run_one(arguments: argparse.Namespace) -> None:
    scenario = load_scenario(arguments.scenario, arguments.scenarios)
    settings = load_settings(arguments.settings, arguments.settings_folder)
    simulation = Simulation(scenario, settings, arguments.seed, record=arguments.record is not None)
    if arguments.record:
        arguments.record.touch()  # if it cannot be written, that is better known before the run than after
    outcome = asdict(simulation.run())
    outcome["latency"] = {name: value if math.isfinite(value) else None for name, value in outcome["latency"].items()}
    print(json.dumps(outcome))
    if arguments.record:
        write_recording(arguments.record, simulation.recorded)


def read_autoscaler(path: Path) -> Callable[[], Autoscaler | KedaAutoscaler]:
    """Of what `kubectl get hpa -o yaml` gives, with a name or as a List of one; or of a file of settings."""
    document = read_document(path)
    if "items" in document:
        items = document.get("items").items(least=0)
        if len(items) != 1:
            raise InputError(f"{path} is a List of {len(items)} objects, and has to be of one: kubectl get hpa NAME -o yaml")
        document = items[0]
    for kind in ("hpa", "scaledObject"):
        if kind in document:
            document = document.get(kind)
            break
    if "kind" in document:
        document.get("kind").text("HorizontalPodAutoscaler", "ScaledObject")
    spec = document.get("spec") if "spec" in document else document
    if "triggers" in spec:
        scaled = parse_scaled_object(spec.value, spec.where)
        return lambda: KedaAutoscaler(scaled)
    hpa = parse_hpa(spec.value, spec.where)
    return lambda: Autoscaler(hpa)


def replay(arguments: argparse.Namespace) -> int:
    if arguments.phase is not None and arguments.phase > arguments.period:
        raise InputError(f"--phase is {arguments.phase:g}, and has to be at most --period, which is {arguments.period:g}")
    make = read_autoscaler(arguments.autoscaler)
    recording = read_recording(arguments.recording)
    if arguments.follow:
        followed = follow(recording, make, arguments.period, arguments.phase)
        near = followed.mean_error <= arguments.mean_error  # where nothing changed nothing was shown
        answer = asdict(followed)
        answer["mean_error"] = None if math.isnan(followed.mean_error) else followed.mean_error
        print(json.dumps({**answer, "within": near}, indent=1))
        return 0 if near else 1
    result = compare(recording, make, arguments.period, arguments.phase)
    answer = asdict(result)
    for name in ("offset_seconds", "offset_periods"):
        answer[name] = answer[name] if math.isfinite(answer[name]) else None
    print(json.dumps({**answer, "within": result.offset_periods <= arguments.within}, indent=1))
    return 0 if result.offset_periods <= arguments.within else 1


def print_curve(arguments: argparse.Namespace) -> None:
    scenario = load_scenario(arguments.scenario)
    slot_seconds = load_profile(scenario.profile).slot_seconds(cluster_options(scenario.cluster).slots)
    rate = traffic.rates(scenario.curve, scenario.noise, arguments.seed)
    print("time,requests_per_second,busy_slots")
    for second in range(0, len(rate), arguments.step):
        print(f"{second},{rate[second]:.3f},{rate[second] * slot_seconds:.3f}")


def act(arguments: argparse.Namespace) -> int:
    match arguments.command:
        case "report":
            report.write(arguments.only)
        case "run":
            run_one(arguments)
        case "sweep":
            sweep.write()
        case "replay":
            return replay(arguments)
        case "curve":
            print_curve(arguments)
    return 0


def main() -> int:
    try:
        status = act(parse())
        sys.stdout.flush()
        return status
    except InputError as error:
        print(f"autoscale_sim: {error}", file=sys.stderr)
    except OSError as error:
        about = "standard output" if error.filename is None else error.filename
        print(f"autoscale_sim: cannot use {about}: {error.strerror}", file=sys.stderr)
        if error.filename is None:
            # What is left in the buffer would fail again at the interpreter's end, with a status of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 2


if __name__ == "__main__":
    sys.exit(main())
