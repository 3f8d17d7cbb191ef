"""Health and readiness while something goes wrong that the service is told to do: faults are injected."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from .context import Context
from .health import PERIOD_S, ask_in_turn
from .load import start_wrk
from .machine import Machine
from .processes import Service, faulty
from .report import Report, say

PATHS = ("/health", "/ready")
CONNECTIONS = 8
MANY = 1_000_000
BAR_MS = 5


@dataclass(frozen=True)
class Fault:
    name: str
    engine: str = ""
    """What its engine is told, as apps/doclayout/testing/faulty_engine.cc reads it."""
    gpu: str = ""
    """What the fake GPU is told, where there is one."""
    options: tuple[str, ...] = ()
    variables: dict[str, str] = field(default_factory=dict)
    loads: bool = False
    """It is asked while the model is being loaded."""


def faults(seconds: float) -> list[Fault]:
    return [
        Fault("none"),
        Fault("model slow to load", variables={"FAULTS_LOAD": f"{seconds + 2:g}"}, loads=True),
        Fault("outputs are no numbers", engine=f"nan {MANY}"),
        Fault("nothing is found", engine=f"empty {MANY}"),
        Fault("an inference hangs", "hang 1", options=("--inference-timeout-ms", "1000", "--drain-grace-ms", "20000")),
        Fault("inferences take 6 s longer", engine=f"slow {MANY} 6000"),
        Fault("memory leaks", engine=f"leak {MANY} 5", options=("--memory-limit-bytes", str(64 << 30))),
        Fault("GPU is hot", gpu="hot"),
        Fault("GPU is lost", gpu="lost"),
        Fault("GPU's memory is at 95 %", gpu="full"),
        Fault("NVML hangs", gpu="hanging"),
    ]


def measure(context: Context, machine: Machine, report: Report) -> None:
    del machine
    seconds = min(10.0, context.seconds)
    rows = []
    for fault in faults(seconds):
        say(f"faults: {fault.name}")
        with _told(context, fault) as service:
            times = _ask(context, service, fault, seconds)
        for path, values in times.items():
            percentile = quantiles(values, n=100, method="inclusive")
            rows.append([fault.name, f"`{path}`", f"{percentile[49]:.2f}", f"{percentile[98]:.2f}", f"{max(values):.2f}"])
            report.under(f"{path} while: {fault.name}, p99", percentile[98], BAR_MS, "ms")
    report.section(
        "Probes while something is wrong",
        f"Milliseconds of one client that asks in turn every {PERIOD_S * 1e3:g} ms for {seconds:g} s on its own connection, "
        f"while {CONNECTIONS} connections post pages and a fault goes on. The answers say 200 or 503, as they should.",
    )
    report.table(["fault", "", "p50", "p99", "most"], rows)


@contextlib.contextmanager
def _told(context: Context, fault: Fault) -> Iterator[Service]:
    with tempfile.TemporaryDirectory(prefix="doclayout-faults-") as folder:
        files = {name: Path(folder) / name for name in ("engine", "gpu", "cuda")}
        files["gpu"].write_text("healthy")
        files["cuda"].write_text("healthy")
        variables = {"FAULTS_FILE": str(files["engine"])} | fault.variables
        options = ["--deep-health-period-s", "1", *fault.options]
        if fault.gpu:
            variables |= {"FAULTS_GPU": "1", "FAKE_NVML": str(files["gpu"]), "FAKE_CUDA": str(files["cuda"])}
            options += ["--nvml-path", str(context.program("libfake_nvml.so"))]
            options += ["--cuda-driver-path", str(context.program("libfake_cuda.so"))]
        with faulty(context, options, os.environ | variables, wait_until_ready=not fault.loads) as service:
            if fault.engine:
                files["engine"].write_text(fault.engine)
            if fault.gpu:
                files["gpu"].write_text(fault.gpu)
            yield service


def _ask(context: Context, service: Service, fault: Fault, seconds: float) -> dict[str, list[float]]:
    with contextlib.ExitStack() as stack:
        if not fault.loads:
            load = start_wrk(service, context.page, CONNECTIONS, seconds + 2)
            stack.callback(load.wait)
            stack.callback(load.kill)
        return ask_in_turn(service, PATHS, seconds, any_status=True)
