"""Records that are acknowledged before the checkpoint covers them: none is lost, none is hidden."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, record_key
from sabotage import N_BEFORE, WAYS, Saboteur, openings_fit

from facegate.audit.log import MARK_EVERY, AuditLog, Record
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, read_checkpoint
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

COVER = ["pwrite", "pwrite", "replace", "replace"]


def append_uncovered(log: AuditLog, *numbers: int) -> list[int]:
    """Append one intent for each number, and leave the files behind."""
    return [log.append(intent(n), SEALED, record_key=record_key(n), cover=False) for n in numbers]


def test_an_uncovered_record_takes_the_steps_that_make_it_durable(
    log_folder: Path, saboteur: Saboteur
) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(-1, "")
        assert append_uncovered(log, 7) == [N_BEFORE]
        assert saboteur.seen == ["put_many", "pwrite", "fsync"]
        assert (log.acknowledged, read_checkpoint(log_folder).size) == (N_BEFORE + 1, N_BEFORE)


def test_several_are_covered_together_and_once(log_folder: Path, saboteur: Saboteur) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
        for steps in (COVER, []):
            saboteur.arm(-1, "")
            log.cover()
            assert [step for step in saboteur.seen if step != "unlink"] == steps
        assert verify_log(log_folder).size == N_BEFORE + 2


ASKED: dict[str, Callable[[AuditLog], object]] = {
    "size": lambda log: log.size,
    "checkpoint": lambda log: log.checkpoint,
    "its text": lambda log: log.checkpoint_text,
    "entries": lambda log: list(log.entries()),
    "records": lambda log: list(log.read()),
    "an erasure": lambda log: log.erase([0], Record(intent(9), {}, record_key(9))),
    "the next record": lambda log: append_intents(log, 9),
}


@pytest.mark.parametrize("what", ASKED)
def test_whoever_asks_finds_the_files_brought_up(log_folder: Path, what: str) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
        ASKED[what](log)
        assert verify_log(log_folder).size == log.acknowledged
        assert len(entries_of(log_folder)) == log.acknowledged


def test_the_root_is_the_same_before_and_after(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
        before = log.root
        assert read_checkpoint(log_folder).size == N_BEFORE
        log.cover()
        assert log.root == before == verify_log(log_folder).root


def test_a_log_that_is_closed_is_covered(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
    assert verify_log(log_folder).size == N_BEFORE + 2
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert not log.recovered


def test_marks_are_set_as_often_as_ever(log_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[int] = []
    real = AuditLog._flush

    def counted(log: AuditLog) -> None:
        flushed.append(log.acknowledged)
        real(log)

    monkeypatch.setattr(AuditLog, "_flush", counted)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        for number in range(MARK_EVERY):
            append_uncovered(log, number % 50)
            log.cover()
        assert len(flushed) == 1


def test_a_log_that_was_killed_with_records_uncovered_completes_them(
    log_folder: Path, tmp_path: Path
) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
        shutil.copytree(log_folder.parent, tmp_path / "killed")
    killed = tmp_path / "killed" / "log"
    with pytest.raises(VerificationError, match=r"record 3 stands after the end .*opening the log once"):
        verify_log(killed)
    with AuditLog.open(killed, origin=ORIGIN) as log:
        assert log.recovered == "records 3 to 4 were whole but not covered; they were completed"
    for name in (ENTRIES, LEAVES, CHECKPOINT):
        assert (killed / name).read_bytes() == (log_folder / name).read_bytes()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(COVER)))
def test_files_that_cannot_be_brought_up_lose_nothing_and_stop_the_writer(
    log_folder: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7, 8)
        saboteur.arm(at, way)
        with pytest.raises(AuditError, match="nothing may be searched"):
            log.cover()
        saboteur.arm(-1, "")
        assert not log.usable
        for ask in (log.cover, log.entries, lambda: append_intents(log, 9)):
            with pytest.raises(AuditError, match="takes no more records"):
                ask()
        # What files say is told still: whoever looks after the service wants to know.
        assert (log.size, log.acknowledged) == (N_BEFORE, N_BEFORE + 2)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 2
        append_intents(log, 9)
    assert verify_log(log_folder).size == N_BEFORE + 3
    assert openings_fit(log_folder)


@pytest.mark.parametrize("at", range(len(COVER)))
def test_asking_for_the_size_is_no_error_when_the_disk_refuses(
    log_folder: Path, saboteur: Saboteur, at: int
) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7)
        saboteur.arm(at, "before")
        assert log.size == N_BEFORE
        saboteur.arm(-1, "")
        assert not log.usable
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 1


def test_a_record_that_is_none_leaves_those_before_it_to_be_covered(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_uncovered(log, 7)
        with pytest.raises(InputError, match="time is missing"):
            log.append({"kind": "intent"}, SEALED, record_key=record_key(8), cover=False)
        assert log.size == N_BEFORE + 1


def test_threads_that_append_and_ask_never_find_less_than_they_were_told(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:

        def work(number: int) -> bool:
            seq = log.append(intent(number), SEALED, record_key=record_key(number), cover=number % 3 == 0)
            return log.acknowledged > seq and log.size > seq and len(list(log.entries(seq))) > 0

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(work, range(40)))
    assert verify_log(log_folder, max_skew_seconds=3600).size == N_BEFORE + 40


@pytest.mark.usefixtures("saboteur")  # spares the fsyncs of hundreds of logs
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["covered", "uncovered", "cover", "ask", "open again", "kill"]), max_size=12))
def test_the_same_records_make_the_same_log_however_they_are_covered(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    room = tmp_path_factory.mktemp("room")
    log_folder, n = room / "0" / "log", 0
    log = AuditLog.open(log_folder, origin=ORIGIN)
    for at, step in enumerate(steps):
        if step in {"covered", "uncovered"}:
            log.append(intent(n), SEALED, record_key=record_key(n), cover=step == "covered")
            n += 1
        elif step == "cover":
            log.cover()
        elif step == "ask":
            assert log.size == n
        else:
            if step == "kill":  # what it leaves on the disk; its own end is another log's
                shutil.copytree(log_folder.parent, room / str(at + 1))
            log.close()
            log_folder = room / str(at + 1) / "log" if step == "kill" else log_folder
            log = AuditLog.open(log_folder, origin=ORIGIN)
    log.close()
    with AuditLog.open(room / "plain" / "log", origin=ORIGIN) as plain:
        append_intents(plain, *range(n))
    for name in (ENTRIES, LEAVES, CHECKPOINT):
        assert (log_folder / name).read_bytes() == (room / "plain" / "log" / name).read_bytes()
    assert openings_fit(log_folder)
