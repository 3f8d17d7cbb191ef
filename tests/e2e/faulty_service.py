"""A service that fails as a test says: its engine is told by a file what to do (apps/doclayout/testing/faulty_engine.cc)."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping

from service import Service

EXIT_STUCK = 4
EXIT_MEMORY = 5


class FaultyService(Service):
    """Deep health looks only when it is asked to: its pages would take faults that are meant for others."""

    def __init__(self, binary: pathlib.Path, environment: Mapping[str, str], faults: pathlib.Path, *options, **how):
        self._faults = faults
        variables = {"FAULTS_FILE": str(faults), "DEEP_HEALTH_PERIOD_S": "0"} | how.pop("variables", {})
        super().__init__(binary, dict(environment) | variables, options, **how)

    def taken(self) -> str:
        """What the engine has taken of the latest fault: `1 of hang 1`."""
        try:
            return pathlib.Path(f"{self._faults}.taken").read_text()
        except FileNotFoundError:
            return ""

    def tell(self, fault: str):
        """Whole or not at all: the engine reads the file at any moment."""
        new = self._faults.with_suffix(".new")
        new.write_text(fault)
        new.rename(self._faults)


def gpu_service(start: Callable[..., FaultyService], libraries: pathlib.Path, folder: pathlib.Path, *options, **variables):
    """A service on a GPU that is none: the engine says that it infers on one, and NVML and the CUDA driver are fakes (of
    `libraries`), who play what `folder / "cuda"` and `service.tell_gpu("hot")` say."""
    state = folder / "gpu"

    def tell(text: str):
        new = state.with_suffix(".new")
        new.write_text(text)
        new.rename(state)

    tell("healthy")
    (folder / "cuda").write_text("healthy")
    fakes = ("--nvml-path", libraries / "libfake_nvml.so", "--cuda-driver-path", libraries / "libfake_cuda.so")
    told = {"FAULTS_GPU": "1", "FAKE_NVML": str(state), "FAKE_CUDA": str(folder / "cuda")}
    service = start(*options, *fakes, **told, **variables)
    service.tell_gpu = tell
    return service
