"""Threads beside the caller's: what they give and raise, and what a forked process has of them."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from facegate.threads import Threads

BESIDE = Threads(1, "beside-a-test")

FORKS = """
import os
from facegate.threads import Threads
pool = Threads(1, "beside")
pool.submit(os.getpid).result()
if pid := os.fork():
    os._exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
os._exit(0 if pool.submit(os.getpid).result(20) == os.getpid() else 3)
"""


def test_work_is_done_in_a_thread_of_the_pool() -> None:
    assert BESIDE.submit(lambda: threading.current_thread().name).result(20).startswith("beside-a-test")


def test_arguments_and_options_are_passed_on() -> None:
    assert BESIDE.submit(sorted, [1, 3, 2], reverse=True).result(20) == [3, 2, 1]


def test_what_work_raises_is_raised_where_it_is_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        BESIDE.submit(lambda: 1 // 0).result(20)


def test_a_forked_process_does_its_work_though_the_threads_it_came_from_are_gone() -> None:
    ended = subprocess.run([sys.executable, "-c", FORKS], capture_output=True, timeout=60, check=False)  # noqa: S603  our own interpreter and text
    assert (ended.returncode, ended.stderr) == (0, b"")
