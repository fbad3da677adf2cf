"""The log under real processes: killed at random, two writers at once, out of disk, read while written."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, append_intents, entries_of

from facegate.audit.entry import parse_entry
from facegate.audit.log import AuditLog
from facegate.audit.verify import verify_log
from facegate.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Iterator

N_KILLS = 20

# Appends intents until it is killed or refused; says so on standard output after each one.
WRITER = """
import resource, sys
from pathlib import Path
from logbook import ORIGIN, SEALED, intent, record_key
from facegate.audit.log import AuditLog
from facegate.errors import AuditError

folder, first, most, largest_file, note, late = sys.argv[1], *map(int, sys.argv[2:])
if largest_file:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, largest_file))
try:
    with AuditLog.open(Path(folder), origin=ORIGIN) as log:
        print("open", flush=True)
        for number in range(first, first + most):
            public, cover = intent(number, note="x" * note), number % (late + 1) == 0
            index = log.append(public, SEALED, record_key=record_key(number), cover=cover)
            print(index, number, flush=True)
except AuditError as error:
    print("refused", error, flush=True)
"""


@contextmanager
def writer(
    folder: Path, first: int, *, most: int = 100_000, largest_file: int = 0, note: int = 0, late: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """Run a process that appends, leaving so many to be covered later; it does not outlive the test."""
    settings = map(str, (first, most, largest_file, note, late))
    process = subprocess.Popen(  # noqa: S603  our own interpreter and text
        [sys.executable, "-c", WRITER, str(folder), *settings],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def lines(process: subprocess.Popen[str]) -> list[str]:
    """Every whole line that the process still says; killed, it may have begun one more."""
    return [] if process.stdout is None else process.stdout.read().split("\n")[:-1]


def first_line(process: subprocess.Popen[str]) -> str:
    """Wait for the first thing the process says: it has begun."""
    return "" if process.stdout is None else process.stdout.readline().strip()


def acknowledged(said: list[str]) -> dict[int, str]:
    """Index and search id of every record that a writer was told is durable."""
    pairs = [line.split() for line in said if line and line[0].isdigit() and line.count(" ") == 1]
    return {int(index): f"search-{number}" for index, number in pairs}


def held(folder: Path) -> dict[int, object]:
    """Index and search id of every record in the log."""
    return {at: parse_entry(entry).public["search_id"] for at, entry in enumerate(entries_of(folder))}


@pytest.mark.parametrize("late", [0, 3])
def test_no_acknowledged_record_is_lost_when_the_writer_is_killed(tmp_path: Path, late: int) -> None:
    folder = tmp_path / "log"
    dice = random.Random(20261122)  # noqa: S311  moments to kill at, no secret
    promised: dict[int, str] = {}
    for kill in range(N_KILLS):
        with writer(folder, first=1_000 * kill, late=late) as process:
            assert first_line(process) == "open"
            time.sleep(dice.uniform(0, 0.06))
            process.kill()
            promised |= acknowledged(lines(process))
        AuditLog.open(folder, origin=ORIGIN).close()
        found = held(folder)
        assert promised.items() <= found.items()
        assert verify_log(folder, max_skew_seconds=3600).size == len(found) <= len(promised) + kill + 1
    assert len(promised) > N_KILLS


def test_a_writer_in_another_process_holds_the_log(tmp_path: Path) -> None:
    with writer(tmp_path / "log", first=0) as process:
        assert first_line(process) == "open"
        with pytest.raises(AuditError, match="one writer at a time"):
            AuditLog.open(tmp_path / "log", origin=ORIGIN)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert append_intents(log, 1) == [log.size - 1]


def test_a_writer_process_is_refused_while_this_one_writes(tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        with writer(tmp_path / "log", first=0) as process:
            assert first_line(process).startswith("refused the log")
        assert append_intents(log, 1) == [0]
    assert verify_log(tmp_path / "log").size == 1


@pytest.mark.parametrize("late", [0, 3])
def test_a_log_is_verified_while_it_is_written(tmp_path: Path, late: int) -> None:
    sizes = []
    with writer(tmp_path / "log", first=0, most=150, late=late) as process:
        assert first_line(process) == "open"
        while process.poll() is None:
            sizes.append(verify_log(tmp_path / "log", max_skew_seconds=3600).size)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 1
    assert verify_log(tmp_path / "log", max_skew_seconds=3600).size == 150


@pytest.mark.parametrize("note", [0, 12_000])
def test_a_disk_that_fills_up_in_the_middle_of_a_record_is_an_error_and_no_loss(
    tmp_path: Path, note: int
) -> None:
    """The kernel stands in for the full disk: no file may grow beyond 200 kB.

    Small records fill the database first, large ones the entries, which are then cut in the middle.
    """
    with writer(tmp_path / "log", first=0, largest_file=200_000, note=note) as process:
        assert first_line(process) == "open"
        *appended, refusal = lines(process)
    assert refusal.endswith("nothing may be searched")
    found = held(tmp_path / "log")
    assert acknowledged(appended) == found
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert log.size - len(found) in {0, 1}
        append_intents(log, 1)
        assert verify_log(tmp_path / "log", max_skew_seconds=3600).size == log.size
