"""Memory that many threads used is given to other threads, and not kept by each."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import ctypes, sys, threading
from facegate.server.memory import share_heaps

if sys.argv[1] == "shared" and not share_heaps():
    sys.exit(77)
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
took = threading.Barrier(12)

def work():
    took.wait()
    libc.free(libc.malloc(100_000))
    took.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fopen.restype, libc.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
"""


def heaps(tmp_path: Path, how: str) -> int:
    """Count the heaps of a process in which twelve threads at once took memory."""
    told = tmp_path / how
    ended = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", SCRIPT, how, str(told)], check=False, timeout=60
    )
    if ended.returncode == 77:  # said above
        pytest.skip("not the GNU C library")
    assert ended.returncode == 0
    return told.read_text().count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="the GNU C library is asked")
def test_threads_of_the_service_share_two_heaps(tmp_path: Path) -> None:
    alone, shared = heaps(tmp_path, "alone"), heaps(tmp_path, "shared")
    assert shared <= 2 < alone
