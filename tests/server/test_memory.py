"""Memory that many threads used is given to other threads and back to the machine, not kept by each."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest
from whole_service import whole_service

from facegate.server.opening import open_service

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the GNU C library is asked")

PREPARE = """
import ctypes, sys, threading, time
from pathlib import Path
from facegate.server.memory import GivingBack, bound_heaps, give_back

libc = ctypes.CDLL(None)
if not hasattr(libc, "malloc_info"):
    sys.exit(77)
if sys.argv[1] == "bounded":
    assert bound_heaps()
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes, libc.memset.argtypes = [ctypes.c_void_p], [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]

def taken(size):
    piece = libc.malloc(size)
    libc.memset(piece, 1, size)
    return piece

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20
"""

TWELVE_THREADS = """
took = threading.Barrier(12)

def work():
    took.wait()
    libc.free(taken(100_000))
    took.wait()

threads = [threading.Thread(target=work) for _ in range(12)]
[one.start() for one in threads]
[one.join() for one in threads]
libc.malloc_info.argtypes = [ctypes.c_int, ctypes.c_void_p]
libc.fopen.restype, libc.fclose.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
file = libc.fopen(sys.argv[2].encode(), b"w")
libc.malloc_info(0, file)
libc.fclose(file)
print(Path(sys.argv[2]).read_text().count("<heap nr="))
"""

FREE_END = """
def work():
    libc.free(taken(31 << 20))  # the library learns from it how large a piece can be
    before = resident()
    for piece in [taken(100_000) for _ in range(500)]:
        libc.free(piece)
    give_back()
    print(resident() - before)

thread = threading.Thread(target=work)
thread.start()
thread.join()
"""

HOLES = """
before = resident()
pieces = [taken(100_000) for _ in range(500)]
for piece in pieces[::2]:
    libc.free(piece)
full = resident() - before
if sys.argv[2] == "once":
    assert give_back()
else:
    with GivingBack(every_seconds=0.01):
        until = time.monotonic() + 10
        while resident() - before > full - 15 and time.monotonic() < until:
            time.sleep(0.01)
print(full - (resident() - before))
"""


def told(script: str, how: str, what: str = "") -> float:
    """Give what a process of its own says about its memory."""
    ended = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", PREPARE + script, how, what],
        check=False,
        timeout=60,
        capture_output=True,
        text=True,
    )
    if ended.returncode == 77:  # said above
        pytest.skip("not the GNU C library")
    assert ended.returncode == 0, ended.stderr
    return float(ended.stdout)


def test_threads_of_the_service_share_two_heaps(tmp_path: Path) -> None:
    alone, bounded = (told(TWELVE_THREADS, how, str(tmp_path / how)) for how in ("alone", "bounded"))
    assert bounded <= 2 < alone


def test_the_free_end_of_a_thread_s_heap_is_given_back() -> None:
    alone, bounded = (told(FREE_END, how) for how in ("alone", "bounded"))
    assert bounded <= 16 < alone  # MB


@pytest.mark.parametrize("how", ["once", "beside"])
def test_the_holes_in_a_heap_are_given_back(how: str) -> None:
    assert told(HOLES, "bounded", how) > 15  # of the 24 MB that were freed between others


def test_a_service_gives_memory_back_as_long_as_it_is_open(tmp_path: Path) -> None:
    with whole_service(tmp_path) as made:
        home, config, embedder = made.desk.home, made.config, made.desk.gate.embedder
    name = "giving-back-memory"
    with open_service(home, config, embedder):
        assert name in {thread.name for thread in threading.enumerate()}
    assert name not in {thread.name for thread in threading.enumerate()}
