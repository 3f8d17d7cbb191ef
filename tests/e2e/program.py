"""Other people's programs that run beside the service while a test does."""

from __future__ import annotations

import re
import subprocess
import threading

PATIENCE_SECONDS = 60


class Program:
    """A process whose log says when it is ready, and perhaps where it listens: then `address` is what `listening` found."""

    def __init__(self, command: list, ready: re.Pattern, listening: re.Pattern | None = None, **options):
        self._log: list[str] = []
        self._heard = threading.Event()
        self.address = ""
        self.process = subprocess.Popen(
            list(map(str, command)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **options,
        )
        self._reader = threading.Thread(target=self._read, args=(ready, listening))
        self._reader.start()
        heard = self._heard.wait(PATIENCE_SECONDS)
        if not heard or self.process.poll() is not None or (listening and not self.address):
            self.stop()
            raise AssertionError(f"{command[0]} did not start:\n{self.log()}")

    def _read(self, ready: re.Pattern, listening: re.Pattern | None):
        is_ready = False
        for line in self.process.stdout:
            self._log.append(line)
            if listening and (said := listening.search(line)):
                self.address = self.address or said.group(1)
            is_ready = is_ready or ready.search(line) is not None
            # Two threads of the program may write the two lines, in either order.
            if is_ready and (self.address or not listening):
                self._heard.set()
        self._heard.set()

    def log(self) -> str:
        return "".join(self._log)

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE_SECONDS)
        self._reader.join()
        self.process.stdout.close()
