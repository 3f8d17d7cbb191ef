"""A service that fails as a test says: its engine is told by a file what to do (apps/doclayout/testing/faulty_engine.cc)."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping

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
