"""What the tests of `deploy/monitoring` stand on: the files that are shipped, the real programs that read them, and the
real service, started as in the end-to-end tests."""

from __future__ import annotations

import importlib.util
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
E2E = ROOT / "tests" / "e2e"
sys.path.insert(0, str(E2E))

# The end-to-end tests' own fixtures: the program, services that must end well. By its path: both files have one name.
_spec = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
_e2e = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_e2e)
binary, pages, serve_with = _e2e.binary, _e2e.pages, _e2e.serve_with
faulty_program, faulty = _e2e.faulty_program, _e2e.faulty


@pytest.fixture(scope="session")
def page(pages) -> bytes:
    return (pages / "form.png").read_bytes()


@pytest.fixture
def gpu(binary, faulty, tmp_path):
    """A service on a GPU that is none; `gpu.tell_gpu("hot")`. It looks at itself often."""
    from faulty_service import gpu_service  # beside the end-to-end tests' conftest, whose folder is in the path by now

    return gpu_service(faulty, binary.parent, tmp_path, DEEP_HEALTH_PERIOD_S="1")
