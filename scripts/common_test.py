"""What scripts/common.sh promises about Python environments, with a Python that installs nothing."""

from __future__ import annotations

import os
import pathlib
import subprocess

import pytest

COMMON = pathlib.Path(__file__).resolve().parent / "common.sh"

# Stands for both pythons: `-m venv FOLDER` puts it into the folder, `-m pip install …` fails when it is told to.
FAKE_PYTHON = """#!/usr/bin/env bash
case "$*" in
  --version) echo "Python 3" ;;
  "-m venv "*) echo venv >>"$CALLS" && mkdir "$3" "$3/bin" && cp "$0" "$3/bin/python" ;;
  "-m pip "*) echo pip >>"$CALLS" && [[ ! -e $CALLS.fail ]] ;;
esac
"""


@pytest.fixture
def clone(tmp_path) -> pathlib.Path:
    """A folder with common.sh and nothing else of the project."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "common.sh").write_bytes(COMMON.read_bytes())
    (tmp_path / "lock.txt").write_text("package==1\n")
    python = tmp_path / "python"
    python.write_text(FAKE_PYTHON)
    python.chmod(0o755)
    return tmp_path


def start(clone: pathlib.Path) -> subprocess.Popen:
    command = f"source {clone}/scripts/common.sh; PYTHON={clone}/python; environment test lock.txt; echo made"
    variables = os.environ | {"XDG_CACHE_HOME": str(clone / "cache"), "CALLS": str(clone / "calls")}
    return subprocess.Popen(["bash", "-c", command], env=variables, text=True, stdout=subprocess.PIPE)


def calls(clone: pathlib.Path) -> list[str]:
    return (clone / "calls").read_text().split()


def ends_well(process: subprocess.Popen) -> bool:
    return process.communicate(timeout=60)[0] == "made\n" and process.returncode == 0


def environment_folder(clone: pathlib.Path) -> pathlib.Path:
    return (clone / ".deps" / "venv" / "test").resolve()


def test_scripts_at_once_make_an_environment_once(clone):
    scripts = [start(clone) for _ in range(8)]

    assert all([ends_well(script) for script in scripts])
    assert calls(clone) == ["venv", "pip"]
    assert (environment_folder(clone) / "complete").exists()


def test_an_environment_that_is_there_is_not_made_again(clone):
    assert ends_well(start(clone))
    assert ends_well(start(clone))

    assert calls(clone) == ["venv", "pip"]


def test_what_a_broken_off_run_left_is_made_anew(clone):
    assert ends_well(start(clone))
    (environment_folder(clone) / "complete").unlink()
    (environment_folder(clone) / "half").touch()

    assert ends_well(start(clone))

    assert calls(clone) == ["venv", "pip"] * 2
    assert not (environment_folder(clone) / "half").exists()


def test_an_environment_whose_packages_fail_is_not_used(clone):
    (clone / "calls.fail").touch()

    assert not ends_well(start(clone))
    assert not (clone / ".deps" / "venv" / "test").exists()

    (clone / "calls.fail").unlink()
    assert ends_well(start(clone))
