"""Processes killed at any moment: forked from one that has loaded everything, so a thousand are cheap."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent
KILLED = -signal.SIGKILL
PATIENCE_SECONDS = 20.0

# Forks one process for each line, with the line's words as arguments; says its id, and how it ended.
NURSERY = """
import os, sys, traceback
from importlib import import_module
module = import_module(sys.argv[1])
getattr(module, "prepare", lambda: None)()
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        try:
            module.begin(*line.split())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    print(pid, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class Nursery:
    """Runs ``begin`` of one module again and again, each time in a process of its own."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def killed_after(self, seconds: float, *words: str, begun: Path | None = None) -> int:
        """Begin, kill after so long, and give how it ended: `KILLED`, or 0 if it was faster.

        The time is counted from the start, or from when a file is there.
        """
        self._say(" ".join(words))
        pid = int(self._heard())
        patience = time.monotonic() + PATIENCE_SECONDS
        while begun and not begun.exists() and time.monotonic() < patience:
            time.sleep(0.005)
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        return int(self._heard())

    def _say(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _heard(self) -> str:
        return "" if self._process.stdout is None else self._process.stdout.readline().strip()


@contextmanager
def nursery(module: str) -> Iterator[Nursery]:
    """Load a module of the tests in a process that does not outlive the test."""
    path = os.pathsep.join(str(TESTS / name) for name in ("", "audit", "gate"))
    process = subprocess.Popen(  # noqa: S603  our own interpreter and text
        [sys.executable, "-c", NURSERY, module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},  # a fork has no other threads
    )
    with process:
        one = Nursery(process)
        try:
            if one._heard() != "ready":
                msg = f"{module} could not be loaded"
                raise RuntimeError(msg)
            yield one
        finally:
            process.kill()


def told(path: Path) -> list[list[str]]:
    """Every whole line that killed processes wrote, as words; what they said outlives them."""
    return [line.split() for line in path.read_text().split("\n")[:-1]] if path.exists() else []


class Teller:
    """Writes lines that a kill cannot take back: straight into the file, one call each."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def tell(self, *lines: str) -> None:
        """Write lines whole."""
        os.write(self._descriptor, "".join(f"{line}\n" for line in lines).encode())
