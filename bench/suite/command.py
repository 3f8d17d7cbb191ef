"""The command line of bench/run."""

import argparse
import os
import subprocess
from pathlib import Path

from . import (
    cpu,
    faults,
    health,
    idle,
    leak,
    machinery,
    memory,
    metrics,
    overload,
    probes,
    restarts,
    short,
    stages,
    startup,
    throughput,
    v3,
)
from .context import ROOT, BenchError, Context
from .machine import busy_processors, this_machine
from .report import Report, say

SECTIONS = {
    "stages": stages.measure,
    "metrics": metrics.measure,
    "start": startup.measure,
    "idle": idle.measure,
    "throughput": throughput.measure,
    "machinery": machinery.measure,
    "cpu": cpu.measure,
    "health": health.measure,
    "memory": memory.measure,
    "overload": overload.measure,
    "probes": probes.measure,
    "faults": faults.measure,
    "short": short.measure,
    "restarts": restarts.measure,
    "leak": leak.measure,
    "v3": v3.measure,
}

# Processors at work before anything of ours is.
BUSY = 0.1

DESCRIPTION = """
Measures doclayout beside its yardsticks and prints markdown: tables, then which figures reached their bar. Builds
nothing (scripts/bench does). A whole run takes about an hour and wants the machine for itself.

sections (default: all):
  stages      CPU time of decode, resize, post-processing, JSON, ... one by one
  metrics     CPU time of an observation, and of writing all metrics
  start       from exec to the first 200 of /ready
  idle        CPU time without requests
  throughput  pages a second: peer, bare engine, doclayout, taking turns
  machinery   the same beside the bare engine only, also for scans, decoded whole and reduced
  cpu         CPU time of a page, less the bare engine's
  health      /health and /ready while 16 connections saturate the engine
  memory      resident, and its growth over thousands of pages
  overload    good answers a second at 1 and 10 times what it holds, beside the peer
  probes      health, readiness and metrics then, with thousands of idle and slow connections
  faults      health and readiness while something goes wrong that it is told to do
  short       one request a connection, beside many
  restarts    requests that are lost when it is restarted under load
  leak        memory and descriptors after thousands of good, bad and cancelled requests
  v3          PP-DocLayoutV3: pages a second, memory, start, post-processing, beside its yardsticks
"""


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description=DESCRIPTION,
        epilog="Exit status: 0 all bars reached, 1 some missed, 2 something could not be measured.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help="of the list above")
    parser.add_argument("--quick", action="store_true", help="short turns: to see that it works, not for figures")
    parser.add_argument(
        "--page", type=Path, help="image to post; default: $DOCLAYOUT_BENCH_PAGE, else a page of tests/pages"
    )
    parser.add_argument("--build", type=Path, default=ROOT / "build/release", help="build folder (build/release)")
    parser.add_argument("--rounds", type=int, help="turns of each contender (3)")
    parser.add_argument("--seconds", type=float, help="of one turn (20)")
    parser.add_argument("--connections", type=int, default=8, help="that post pages (8)")
    parser.add_argument("--pages", type=int, help="of the memory section, after the warm-up (5000)")
    parser.add_argument("--warm-up-pages", type=int, help="of the memory section (500)")
    parser.add_argument("--starts", type=int, help="of the start section (10)")
    parser.add_argument("--no-peer", action="store_true", help="leave the peer out")
    parser.add_argument(
        "--serve-option", action="append", default=[], metavar="OPTION", help="passed on to `doclayout serve`"
    )
    options = parser.parse_args(arguments)
    for section in options.sections:
        if section not in SECTIONS:
            parser.error(f"unknown section '{section}'; there are {', '.join(SECTIONS)}")
    for name in ("rounds", "seconds", "connections", "pages", "warm_up_pages", "starts"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            parser.error(f"--{name.replace('_', '-')} must be at least 1")
    return options


def choose_page(option: Path | None) -> Path:
    page = option or Path(os.environ.get("DOCLAYOUT_BENCH_PAGE") or ROOT / "tests/pages/paper_table_middle.jpg")
    if not page.is_file():
        raise BenchError(f"the page {page} is not there")
    return page.resolve()


def make_context(options: argparse.Namespace) -> Context:
    quick = options.quick
    return Context(
        build=options.build.resolve(),
        page=choose_page(options.page),
        rounds=options.rounds or (1 if quick else 3),
        seconds=options.seconds or (4 if quick else 20),
        connections=options.connections,
        warm_up_pages=options.warm_up_pages or (30 if quick else 500),
        pages=options.pages or (60 if quick else 5000),
        starts=options.starts or (2 if quick else 10),
        overload_seconds=8 if quick else 60,
        restarts=5 if quick else 200,
        leak_requests=400 if quick else 20_000,
        with_peer=not options.no_peer,
        serve_options=options.serve_option,
    )


def version(context: Context) -> str:
    program = context.build / "doclayout"
    if not program.is_file():
        return "doclayout is not built"  # sections that need it say so themselves
    done = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip() or "doclayout"


def main(arguments: list[str] | None = None) -> int:
    options = parse(arguments)
    report = Report()
    machine = this_machine()
    try:
        context = make_context(options)
    except BenchError as error:
        say(f"error: {error}")
        return 2
    report.lines += [f"{version(context)}; page {context.page.name}; {machine.describe()}.", ""]
    if options.quick:
        report.lines += ["A quick run: it shows that everything works, its figures are no results.", ""]
    if (busy := busy_processors()) > BUSY:
        note = f"Other programs kept {busy:.1f} processors busy before it began: these figures are no results."
        report.lines += [note, ""]
        say(note)
    failures = 0
    for name, measure in SECTIONS.items():
        if options.sections and name not in options.sections:
            continue
        try:
            measure(context, machine, report)
        except (BenchError, OSError, subprocess.CalledProcessError) as error:
            # The other sections took minutes: they are worth having without this one.
            failures += 1
            say(f"error: {name}: {error}")
            report.lines += [f"Not measured: {name}.", ""]
        except KeyboardInterrupt:
            say("interrupted")
            return 130
    print(report.text(), end="", flush=True)
    if failures:
        return 2
    return 1 if report.missed() else 0
