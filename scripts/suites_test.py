"""Which suites and tests run again, with real pytest and a ctest that only says what it was asked."""

from __future__ import annotations

import os
import pathlib
import re
import subprocess
import sys

import pytest

SCRIPTS = pathlib.Path(__file__).resolve().parent

RUN = f"""
source {SCRIPTS}/common.sh
source {SCRIPTS}/suites.sh
cd "$FOLDER"
remember_suites failed "$ONLY_FAILED"
suite unit ./ctest
for name in one two; do suite $name {sys.executable} -m pytest -q $name; done
forget_suites
"""


@pytest.fixture
def folder(tmp_path) -> pathlib.Path:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        for test in ("a", "b"):
            (tmp_path / name / f"test_{name}_{test}.py").write_text(
                f'import pathlib\nif pathlib.Path("{name}_{test}_breaks").exists():\n    raise ImportError\n'
                f'def test_it():\n    print("ran {name}_{test}")\n    assert not pathlib.Path("{name}_{test}_fails").exists()\n'
            )
    ctest = tmp_path / "ctest"
    ctest.write_text('#!/usr/bin/env bash\necho "ran unit$*"\nexit "$(cat unit_status 2>/dev/null || echo 0)"\n')
    ctest.chmod(0o755)
    return tmp_path


def run(folder: pathlib.Path, only_failed: bool = False) -> tuple[int, int, set[str]]:
    """The exit status, how many suites failed, and what ran."""
    variables = os.environ | {"FOLDER": str(folder), "ONLY_FAILED": "yes" if only_failed else "no", "PYTEST_ADDOPTS": "-s"}
    done = subprocess.run(["bash", "-c", RUN], env=variables, text=True, capture_output=True, check=False)
    ran = set(re.findall(r"^[.F]*ran (\S+)$", done.stdout, re.MULTILINE))
    return done.returncode, int(done.stdout.splitlines()[-1]) if done.returncode == 0 else -1, ran


def test_all_run_whatever_fails(folder):
    (folder / "one_a_fails").touch()

    assert run(folder) == (0, 1, {"unit", "one_a", "one_b", "two_a", "two_b"})


def test_only_what_failed_runs_again(folder):
    (folder / "one_a_fails").touch()
    run(folder)

    assert run(folder, only_failed=True) == (0, 1, {"one_a"})
    (folder / "one_a_fails").unlink()
    assert run(folder, only_failed=True) == (0, 0, {"one_a"})
    assert run(folder, only_failed=True)[0] != 0, "nothing failed any more"


def test_a_suite_that_broke_off_runs_whole(folder):
    """pytest runs no test of a suite of which a module cannot be read: the others may fail too."""
    (folder / "one_a_breaks").touch()
    (folder / "one_b_fails").touch()
    assert run(folder) == (0, 1, {"unit", "two_a", "two_b"})
    (folder / "one_a_breaks").unlink()

    assert run(folder, only_failed=True) == (0, 1, {"one_a", "one_b"})


@pytest.mark.parametrize(("status", "asked"), [(8, "unit--rerun-failed"), (1, "unit")])
def test_of_the_unit_tests_too(folder, status, asked):
    (folder / "unit_status").write_text(str(status))
    run(folder)

    assert run(folder, only_failed=True) == (0, 1, {asked})
