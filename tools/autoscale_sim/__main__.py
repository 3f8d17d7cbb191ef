"""Simulates how the service scales.

    python -m tools.autoscale_sim report                       writes tables and figures of docs/autoscaling.md
    python -m tools.autoscale_sim run flash-crowd ours         one run, its outcome as JSON
    python -m tools.autoscale_sim sweep                        all targets and policies, into sweep.json
    python -m tools.autoscale_sim replay record.csv hpa.yaml   how far the model is from what a cluster did
    python -m tools.autoscale_sim curve month-end-1000         the traffic of a scenario, to drive a cluster with

Exit status: 0 done, 1 replay found more than --within periods, 2 wrong usage or a file that cannot be used.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path

import yaml

from . import report, sweep, traffic
from .hpa import SYNC_PERIOD, Autoscaler
from .hpa_spec import SpecError, parse_hpa
from .keda import KedaAutoscaler, parse_scaled_object
from .options import FOLDER, OptionsError, cluster_options, load_scenarios, load_settings
from .recording import RecordingError, read_recording, write_recording
from .replay import compare
from .service_time import load_profile
from .simulation import Simulation


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tools.autoscale_sim", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)

    write = commands.add_parser("report")
    write.add_argument("--only", nargs="+", metavar="SCENARIO", help="figures of these scenarios, and no table")

    run = commands.add_parser("run")
    run.add_argument("scenario")
    run.add_argument("settings", help="a file's name in the folder of settings, without .yaml")
    run.add_argument("--seed", type=int, default=1)
    run.add_argument("--record", type=Path, help="writes what the autoscaler saw, for `replay`")
    run.add_argument("--scenarios", type=Path, default=FOLDER / "scenarios.yaml")
    run.add_argument("--settings-folder", type=Path, default=FOLDER / "settings")

    commands.add_parser("sweep")

    replay = commands.add_parser("replay")
    replay.add_argument("recording", type=Path, help="JSON or CSV, as recording.py says")
    replay.add_argument("autoscaler", type=Path, help="YAML or JSON: an HPA, a ScaledObject, or a file of settings")
    replay.add_argument("--period", type=float, default=SYNC_PERIOD, help="seconds between two syncs")
    replay.add_argument("--phase", type=float, help="of the first sync after the first record; default: all are tried")
    replay.add_argument("--within", type=float, default=1.0, help="periods that the two may be apart")

    curve = commands.add_parser("curve")
    curve.add_argument("scenario")
    curve.add_argument("--step", type=int, default=15, help="seconds")
    curve.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def run_one(arguments: argparse.Namespace) -> None:
    scenarios = load_scenarios(arguments.scenarios)
    if arguments.scenario not in scenarios:
        raise OptionsError(f"there is no scenario '{arguments.scenario}'; there are {', '.join(scenarios)}")
    settings = load_settings(arguments.settings, arguments.settings_folder)
    simulation = Simulation(
        scenarios[arguments.scenario], settings, arguments.seed, record=arguments.record is not None
    )
    outcome = asdict(simulation.run())
    outcome["latency"] = {name: value if math.isfinite(value) else None for name, value in outcome["latency"].items()}
    print(json.dumps(outcome))
    if arguments.record:
        write_recording(arguments.record, simulation.recorded)


def replay(arguments: argparse.Namespace) -> int:
    document = yaml.safe_load(arguments.autoscaler.read_text())
    document = document.get("hpa") or document.get("scaledObject") or document
    is_keda = "triggers" in document.get("spec", document)

    def make() -> Autoscaler | KedaAutoscaler:
        return KedaAutoscaler(parse_scaled_object(document)) if is_keda else Autoscaler(parse_hpa(document))

    result = compare(read_recording(arguments.recording), make, arguments.period, arguments.phase)
    answer = asdict(result)
    for name in ("offset_seconds", "offset_periods"):
        answer[name] = answer[name] if math.isfinite(answer[name]) else None
    print(json.dumps({**answer, "within": result.offset_periods <= arguments.within}, indent=1))
    return 0 if result.offset_periods <= arguments.within else 1


def print_curve(arguments: argparse.Namespace) -> None:
    scenario = load_scenarios()[arguments.scenario]
    slot_seconds = load_profile(scenario.profile).slot_seconds(cluster_options(scenario.cluster).slots)
    rate = traffic.rates(scenario.curve, scenario.noise, arguments.seed)
    print("time,requests_per_second,busy_slots")
    for second in range(0, len(rate), arguments.step):
        print(f"{second},{rate[second]:.3f},{rate[second] * slot_seconds:.3f}")


def main() -> int:
    arguments = parse()
    try:
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
    except (OptionsError, SpecError, RecordingError, report.ReportError, OSError, KeyError) as error:
        print(f"autoscale_sim: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
