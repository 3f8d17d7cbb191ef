"""A terminal to write to."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios

from conftest import environment


def stderr_on_a_terminal(binary, *arguments, columns: int | None = None) -> str:
    """What the program writes to standard error when that is a terminal, of so many columns where given."""
    master, slave = pty.openpty()
    if columns is not None:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen(
        [str(binary), *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=slave,
        env=environment(),
    )
    os.close(slave)
    written = b""
    try:
        while block := os.read(master, 4096):
            written += block
    except OSError:  # how a terminal says that the other side has left
        pass
    os.close(master)
    assert process.wait(timeout=60) == 0
    return written.decode()
