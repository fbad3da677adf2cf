"""Records that are entered into the index beside the work: nobody is answered without them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_room import NOW, Breaking, NoteBook, note, opened, said

from facegate.audit.storage import read_checkpoint
from facegate.errors import AuditError
from facegate.gate.ledger.ledger import stamp

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

pytestmark = pytest.mark.usefixtures("either_database")


def test_whoever_asks_next_is_told_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        for number in range(20):
            note(ledger, str(number), beside=True)
            assert len(said(ledger)) == number + 1


def test_it_is_entered_though_nobody_asks(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a", beside=True)
        ends = time.monotonic() + 30
        while not ledger._size and time.monotonic() < ends:
            time.sleep(0.005)
        assert ledger._size == 1


def test_the_index_is_never_ahead_of_the_files(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        for number in range(5):
            note(ledger, str(number), beside=True)
            entered = len(said(ledger))
            assert read_checkpoint(tmp_path / "log").size >= entered == number + 1


def test_who_reads_in_one_state_is_told_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a", beside=True)
        with ledger.reading():
            assert said(ledger) == [("a", "not a")]


def test_a_question_fails_while_it_cannot_be_entered_and_nothing_is_lost(tmp_path: Path) -> None:
    with opened(tmp_path, Breaking()) as ledger:
        assert note(ledger, "break", beside=True) == 0
        for _ in range(2):
            with pytest.raises(AuditError, match="the ledger cannot be used"):
                said(ledger)
        with pytest.raises(AuditError, match="the ledger cannot be used"):
            note(ledger, "b")
        ledger._books = (NoteBook(),)
        ledger._taken.clear()
        assert said(ledger) == [("break", "not break"), ("b", "not b")]


def test_a_ledger_that_is_closed_at_once_has_it_when_it_is_opened_next(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a", beside=True)
    with opened(tmp_path, start=100) as ledger:
        assert said(ledger) == [("a", "not a")]


def test_an_erasure_right_behind_it_leaves_nothing_of_it(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        seq = note(ledger, "a", beside=True)
        ledger.erase([seq], at=NOW, public={"authority": "court"}, sealed={})
        assert said(ledger) == [("a", "")]


def test_threads_that_record_and_ask_are_told_of_all_of_their_own(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:

        def work(name: str) -> bool:
            mine: set[str] = set()
            for number in range(15):
                mine.add(f"{name}{number}")
                note(ledger, f"{name}{number}", beside=number % 3 > 0)
                if not mine <= {one for one, _ in said(ledger)}:
                    return False
            return True

        with ThreadPoolExecutor(4) as threads:
            assert all(threads.map(work, "abcd"))
        assert len(said(ledger)) == 60


def _by_somebody_else(ledger: Ledger, said: str) -> None:
    public = {"kind": "note", "time": stamp(NOW), "said": said}
    ledger.log.append(public, {"secret": f"not {said}"}, record_key=bytes(32))


STEPS: dict[str, Callable[[Ledger, str], object]] = {
    "beside": lambda ledger, said: note(ledger, said, beside=True),
    "plain": note,
    "by somebody else": _by_somebody_else,
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*STEPS, "ask", "wait"]), max_size=14))
def test_the_index_says_what_the_log_says_whoever_recorded_how(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    told: list[tuple[str, str]] = []
    with opened(tmp_path_factory.mktemp("ledger")) as ledger:
        for number, step in enumerate(steps):
            if step in STEPS:
                STEPS[step](ledger, str(number))
                told.append((str(number), f"not {number}"))
            elif step == "ask":
                assert said(ledger) == told
            else:
                time.sleep(0.012)
        assert said(ledger) == told
