"""What the proof from kept answers stands on: the program alone."""

import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def binary() -> pathlib.Path:
    path = pathlib.Path(os.environ.get("DOCLAYOUT_BIN") or ROOT / "build" / "release" / "doclayout").resolve()
    assert path.is_file(), f"there is no program at {path}: build it, or set DOCLAYOUT_BIN"
    return path
