"""A real rsyslogd that follows one log file and copies its lines."""

from __future__ import annotations

import contextlib
import json
import pathlib
import re
from collections.abc import Iterator

from metrics import tool
from program import Program

STARTED = re.compile(r'\[origin software="rsyslogd".*\] start$', re.M)
CONFIGURATION = """
global(workDirectory={work} maxMessageSize="64k" processInternalMessages="on")
module(load="imfile" mode="inotify")
template(name="line" type="string" string="%msg%\\n")
ruleset(name="copy") {{ action(type="omfile" file={copy} template="line") }}
input(type="imfile" file={log} tag="doclayout" ruleset="copy")
# What it says of itself: the test reads there that it has started.
action(type="omfile" file="/dev/stdout")
"""


def modules_of(program: pathlib.Path) -> list[str]:
    """Where Debian's package is unpacked and not installed, its modules lie beside the program."""
    unpacked = program.with_name("lib") / "x86_64-linux-gnu" / "rsyslog"
    return ["-M", str(unpacked)] if unpacked.is_dir() else []


class Rsyslog(Program):
    """Starts at once, with all of its own files in an empty folder, and reads what is in the log already."""

    def __init__(self, folder: pathlib.Path, log: pathlib.Path):
        self._copy = folder / "copy"
        (folder / "work").mkdir()
        path = folder / "rsyslog.conf"
        places = {"work": folder / "work", "copy": self._copy, "log": log}
        path.write_text(CONFIGURATION.format(**{name: json.dumps(str(place)) for name, place in places.items()}))
        program = pathlib.Path(tool("rsyslogd"))
        super().__init__([program, *modules_of(program), "-n", "-f", path, "-i", folder / "pid"], STARTED)

    def lines(self) -> list[str]:
        """What it has copied so far, each with its line feed."""
        return self._copy.read_text().splitlines(keepends=True) if self._copy.exists() else []


@contextlib.contextmanager
def rsyslog(folder: pathlib.Path, log: pathlib.Path) -> Iterator[Rsyslog]:
    started = Rsyslog(folder, log)
    try:
        yield started
    finally:
        started.stop()
