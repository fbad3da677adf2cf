"""The ledger: an index of the log, never more than the log says, made again from it when it must be."""

from __future__ import annotations

import stat
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_room import NOW, ORIGIN, Breaking, NoteBook, Strict, note, opened, said
from resealed import delete, reseal, unseal

from facegate.audit.log import AuditLog, Record
from facegate.errors import AuditError, InputError, VerificationError
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.ledger import stamp
from facegate.gate.ledger.sqlite_place import SqlitePlace

if TYPE_CHECKING:
    from pathlib import Path


pytestmark = pytest.mark.usefixtures("either_database")


def test_a_record_stands_on_the_log_and_in_the_index(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        assert note(ledger, "a") == 0
        assert said(ledger) == [("a", "not a")]
        assert ledger.log.size == 1


def test_an_index_that_is_gone_is_made_again_from_the_log(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
        note(ledger, "b")
    (tmp_path / "ledger.db").unlink()
    with opened(tmp_path) as ledger:
        assert said(ledger) == [("a", "not a"), ("b", "not b")]


def test_records_that_came_without_the_index_are_caught_up(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append({"kind": "note", "time": stamp(NOW), "said": "b"}, {}, record_key=bytes(32))
    with opened(tmp_path) as ledger:
        assert said(ledger) == [("a", "not a"), ("b", "")]


@pytest.mark.parametrize("content", [b"", b"this is no database at all, however long it may be" * 40])
def test_a_spoiled_index_is_made_again(tmp_path: Path, content: bytes) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    (tmp_path / "ledger.db").write_bytes(content)
    with opened(tmp_path) as ledger:
        assert said(ledger) == [("a", "not a")]


def test_an_index_of_another_log_is_made_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with opened(tmp_path / name, start=7 if name == "two" else 0) as ledger:
            note(ledger, name)
    (tmp_path / "two" / "ledger.db").rename(tmp_path / "one" / "ledger.db")
    with opened(tmp_path / "one") as ledger:
        assert said(ledger) == [("one", "not one")]


def test_an_index_with_other_books_is_made_again(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    with opened(tmp_path, Strict()) as ledger:
        assert said(ledger) == [("a", "not a")]


def test_an_erased_opening_leaves_the_public_part(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    unseal(tmp_path / "log", 0)
    (tmp_path / "ledger.db").unlink()
    with opened(tmp_path) as ledger:
        assert said(ledger) == [("a", "")]


def test_a_deleted_opening_is_no_erased_one(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    delete(tmp_path / "log", 0)
    (tmp_path / "ledger.db").unlink()
    with pytest.raises(VerificationError, match="record 0 is missing, and no erasure"), opened(tmp_path):
        pass


def test_a_record_that_cannot_be_one_is_neither_logged_nor_entered(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        with pytest.raises(InputError):
            ledger.record("note", at=NOW, public={"kind of": 1}, sealed={"": "no name"})
        assert (ledger.log.size, said(ledger)) == (0, [])


@pytest.mark.parametrize("name", ["kind", "time"])
def test_no_field_hides_what_a_record_is_or_when(tmp_path: Path, name: str) -> None:
    with opened(tmp_path) as ledger, pytest.raises(RuntimeError, match=f"cannot be named {name}"):
        ledger.record("note", at=NOW, public={name: "other"}, sealed={})


def test_a_book_that_fails_loses_nothing_of_the_log(tmp_path: Path) -> None:
    with opened(tmp_path, Breaking()) as ledger:
        note(ledger, "a")
        with pytest.raises(AuditError, match="the ledger cannot be used"):
            note(ledger, "break")
        assert ledger.log.size == 2
    with opened(tmp_path) as ledger:
        assert said(ledger) == [("a", "not a"), ("break", "not break")]


def test_only_its_owner_can_read_the_index(tmp_path: Path) -> None:
    with opened(tmp_path):
        assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600


def test_times_are_utc_with_hundredths() -> None:
    later = NOW.replace(microsecond=129_999)
    assert stamp(later) == "2026-11-22T12:00:00.12Z"
    assert stamp(later + timedelta(hours=1)) == "2026-11-22T13:00:00.12Z"


# Which home the index has is the same for every example.
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(["note", "reopen", "lose", "other"]), max_size=12))
def test_whatever_happens_the_index_says_what_the_log_says(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    told: list[tuple[str, str]] = []
    for number, step in enumerate(steps):
        if step == "lose":
            (folder / "ledger.db").unlink(missing_ok=True)
        with opened(folder, start=100 * number) as ledger:
            if step == "note":
                note(ledger, str(number))
                told.append((str(number), f"not {number}"))
            if step == "other":
                ledger.record("other", at=NOW, public={}, sealed={})
            assert said(ledger) == told


def test_an_edited_opening_is_not_believed_when_the_index_is_made_again(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger:
        note(ledger, "a")
    reseal(tmp_path / "log", 0, secret="edited")  # noqa: S106  a field of that name
    (tmp_path / "ledger.db").unlink()
    with pytest.raises(VerificationError, match="sealed fields of record 0 are not those"), opened(tmp_path):
        pass


def test_what_could_not_be_entered_is_not_passed_over_by_the_next_record(tmp_path: Path) -> None:
    book = Breaking()
    with opened(tmp_path, book) as ledger:
        with pytest.raises(AuditError, match="the ledger cannot be used"):
            note(ledger, "break")
        ledger._books = (NoteBook(),)
        ledger._taken.clear()
        note(ledger, "b")
        assert said(ledger) == [("break", "not break"), ("b", "not b")]


def test_a_question_waits_for_a_record_that_could_not_be_entered(tmp_path: Path) -> None:
    """A suspension is on the log, and the index broke under it: no question may be answered without it."""
    book = Breaking()
    with opened(tmp_path, book) as ledger:
        with pytest.raises(AuditError, match="the ledger cannot be used"):
            note(ledger, "break")
        with pytest.raises(AuditError, match="the ledger cannot be used"):
            ledger.rows("SELECT * FROM note")
        ledger._books = (NoteBook(),)
        ledger._taken.clear()
        with ledger.reading():
            assert said(ledger) == [("break", "not break")]


def test_an_index_with_other_tables_is_made_anew(tmp_path: Path) -> None:
    class More(NoteBook):
        tables = NoteBook.tables + " CREATE TABLE IF NOT EXISTS note_more (one INTEGER);"

    with opened(tmp_path) as ledger:
        note(ledger, "a")
    with opened(tmp_path, More()) as ledger:
        assert ledger.rows("SELECT * FROM note_more") == []
        assert said(ledger) == [("a", "not a")]


def test_a_number_too_large_for_the_index_is_one_sentence(tmp_path: Path) -> None:
    with opened(tmp_path) as ledger, pytest.raises(AuditError, match="the ledger cannot be used"):
        ledger.rows("SELECT size FROM ledger_state WHERE size = ?", 2**80)


def test_an_erasure_leaves_nothing_of_the_old_index_on_the_disk(tmp_path: Path) -> None:
    with opened(tmp_path, place=SqlitePlace(tmp_path / "ledger.db")) as ledger:
        note(ledger, "a mark that stands nowhere else")
        ledger.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        (tmp_path / "still.db").hardlink_to(tmp_path / "ledger.db")  # the blocks, freed or not
        assert b"a mark that stands nowhere else" in (tmp_path / "still.db").read_bytes()
        ledger.erase((0,), at=NOW, public={"basis": "court_order"}, sealed={})
    assert not (tmp_path / "still.db").read_bytes().strip(b"\0")


def test_events_and_records_printed_show_nothing_sealed() -> None:
    event = Event(0, "note", NOW, {"a": "open"}, {"b": "hidden"})
    record = Record({"a": "open"}, {"b": "hidden"}, b"key" * 10)
    for shown in (repr(event), repr(record)):
        assert "open" in shown
        assert "hidden" not in shown
        assert "key" not in shown.lower().replace("record_key", "")
