"""Runs clang-tidy over a compile database and remembers what was clean: `tidy.py BUILD_FOLDER CACHE_FOLDER [FILE...]`.

A translation unit is skipped when the program, its flags, .clang-tidy, this script and the content of every file that it
includes are those of a run without findings. Paths inside the repository enter the key relative to it, so that another clone
profits too. Findings are never remembered: they show again until they are mended.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

COMPILER = "clang++-19"
ROOT = Path(__file__).resolve().parent.parent
TIDY = str(ROOT / ".deps/venv/lint/bin/clang-tidy")  # made by scripts/lint
CHECKED = ("src", "apps", "fuzz", "bench", "tests")
# A unit whose includes changed back finds its old result; older ones than these are forgotten.
KEPT_RESULTS = 8


@lru_cache(maxsize=None)
def digest(path: str) -> str:
    """The content's digest, or nothing when the file is gone. Read once a run: most units share most headers."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def portable(path: str) -> str:
    return path.replace(str(ROOT), "@")


def local(path: str) -> str:
    return str(ROOT) + path[1:] if path.startswith("@/") else path


@dataclass
class Unit:
    """One entry of the compile database."""

    file: str
    folder: str
    arguments: list[str]

    @staticmethod
    def from_entry(entry: dict) -> "Unit":
        arguments = entry.get("arguments") or shlex.split(entry["command"])
        if Path(arguments[0]).name == "ccache":
            arguments = arguments[1:]
        return Unit(os.path.join(entry["directory"], entry["file"]), entry["directory"], arguments)

    def flags(self) -> list[str]:
        """What is left of the command without the program, the source and the output."""
        kept, skip = [], False
        for argument in self.arguments[1:]:
            if skip:
                skip = False
            elif argument in ("-o", "-MF", "-MT", "-MQ"):
                skip = True
            elif argument not in ("-c", "-MD", "-MMD", self.file):
                kept.append(argument)
        return kept

    def includes(self) -> list[str]:
        """Every file that the unit reads, itself among them. Headers that are not there are left out: the check names them."""
        command = [COMPILER, *self.flags(), "-M", "-MG", "-MT", "unit", self.file]
        rule = subprocess.run(command, cwd=self.folder, capture_output=True, text=True).stdout
        words = re.split(r"(?<!\\)\s+", rule.replace("\\\n", " ").partition(":")[2].strip())
        return [os.path.normpath(os.path.join(self.folder, word.replace("\\ ", " "))) for word in words if word]


class Results:
    """What was clean before: a file for each unit and configuration, holding the digests of the unit's includes."""

    def __init__(self, folder: Path, configuration: str) -> None:
        self.folder = folder
        self.configuration = configuration
        folder.mkdir(parents=True, exist_ok=True)

    def place(self, unit: Unit) -> Path:
        words = [self.configuration, portable(unit.file), *(portable(flag) for flag in unit.flags())]
        return self.folder / hashlib.sha256("\0".join(words).encode()).hexdigest()

    def load(self, unit: Unit) -> list[dict[str, str]]:
        try:
            return json.loads(self.place(unit).read_text())
        except (OSError, ValueError):
            return []

    def is_clean(self, unit: Unit) -> bool:
        return any(all(digest(local(path)) == was for path, was in result.items()) for result in self.load(unit))

    def remember(self, unit: Unit, result: dict[str, str]) -> None:
        results = [result, *(old for old in self.load(unit) if old != result)][:KEPT_RESULTS]
        fresh = self.place(unit).with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(results))
        fresh.rename(self.place(unit))


@lru_cache(maxsize=None)
def compiler_headers() -> str:
    """Those that come with the compiler: clang-tidy has its own, but not libFuzzer's."""
    found = subprocess.run([COMPILER, "-print-resource-dir"], capture_output=True, text=True, check=True)
    return found.stdout.strip() + "/include"


@dataclass
class Outcome:
    unit: Unit
    findings: str
    seconds: float
    cached: bool = False


def check(unit: Unit, build: Path, results: Results) -> Outcome:
    if results.is_clean(unit):
        return Outcome(unit, "", 0.0, cached=True)
    start = time.monotonic()
    # Read before the check: a file that is edited meanwhile then counts as not checked.
    seen = {portable(path): digest(path) for path in unit.includes()}
    command = [TIDY, "-p", str(build), "--quiet", f"--extra-arg=-idirafter{compiler_headers()}", unit.file]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        return Outcome(unit, run.stdout or run.stderr, time.monotonic() - start)
    results.remember(unit, seen)
    return Outcome(unit, "", time.monotonic() - start)


def units_of(build: Path, only: list[str]) -> list[Unit]:
    wanted = {str(Path(name).resolve()) for name in only}
    units = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        unit = Unit.from_entry(entry)
        unit.file = os.path.normpath(unit.file)
        inside = os.path.relpath(unit.file, ROOT).split(os.sep)
        if inside[0] in CHECKED and unit.file.endswith(".cc") and (not wanted or unit.file in wanted):
            units[unit.file] = unit
    # The largest first: the last ones then end together.
    return sorted(units.values(), key=lambda unit: -Path(unit.file).stat().st_size)


def main() -> int:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    build, cache = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
    configuration = version + (ROOT / ".clang-tidy").read_text() + Path(__file__).read_text()
    results = Results(cache, hashlib.sha256(configuration.encode()).hexdigest())
    units = units_of(build, sys.argv[3:])
    start = time.monotonic()
    outcomes = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for future in as_completed([pool.submit(check, unit, build, results) for unit in units]):
            outcome = future.result()
            outcomes.append(outcome)
            if outcome.findings:
                print(outcome.findings, flush=True)
    for outcome in sorted(outcomes, key=lambda outcome: -outcome.seconds)[:5]:
        if not outcome.cached:
            print(f"  {outcome.seconds:5.1f} s  {os.path.relpath(outcome.unit.file, ROOT)}")
    bad = sum(bool(outcome.findings) for outcome in outcomes)
    cached = sum(outcome.cached for outcome in outcomes)
    print(f"tidy: {len(units)} files, {cached} known clean, {bad} with findings, {time.monotonic() - start:.0f} s")
    return 1 if bad or not units else 0


if __name__ == "__main__":
    sys.exit(main())
