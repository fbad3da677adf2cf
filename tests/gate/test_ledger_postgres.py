"""The index in PostgreSQL: a server that goes away, a second process, what it keeps and where."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import postgres_server
import pytest
from ledger_room import NOW, ORIGIN, NoteBook, note, opened, said

from facegate.audit.log import AuditLog
from facegate.errors import AuditError
from facegate.gate.ledger import postgres_index
from facegate.gate.ledger.postgres_address import parse_address
from facegate.gate.ledger.postgres_index import PostgresIndex
from facegate.gate.ledger.postgres_place import PostgresPlace
from facegate.gate.ledger.rebuilt import ledger_differences, make_ledger_anew

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.ledger.ledger import Ledger

AWAY = "the ledger cannot be used: its database at .*; nothing may be searched$"
own_server = pytest.mark.skipif(
    postgres_server.chosen() != postgres_server.OWN, reason="the server that was named is not ours to stop"
)


@pytest.fixture
def place(tmp_path: Path) -> PostgresPlace:
    return PostgresPlace.at(tmp_path / "ledger.db", postgres_server.database_url())


@pytest.fixture
def other() -> Iterator[PostgresIndex]:
    """Connect to the server beside the ledger."""
    with closing(PostgresIndex(parse_address(postgres_server.database_url()))) as index:
        yield index


@pytest.fixture
def stopping() -> Iterator[Callable[..., None]]:
    """Stop the server; it is started again when the test has not done it."""
    stopped: list[str] = []

    def stop(mode: str) -> None:
        postgres_server.stop(mode)
        stopped.append(mode)

    yield stop
    if stopped:
        postgres_server.start()


def end_connection(other: PostgresIndex, ledger: Ledger) -> None:
    """End the ledger's session as an administrator does, and wait until it has ended."""
    mine = ledger.value("SELECT pg_backend_pid()")
    other.value("SELECT pg_terminate_backend(?, 5000)", mine)


def test_a_connection_that_was_ended_fails_one_question_and_no_more(
    tmp_path: Path, place: PostgresPlace, other: PostgresIndex
) -> None:
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
        end_connection(other, ledger)
        with pytest.raises(AuditError, match=AWAY):
            said(ledger)
        assert said(ledger) == [("a", "not a")]
        note(ledger, "b")
        assert said(ledger) == [("a", "not a"), ("b", "not b")]


def test_a_record_whose_entry_broke_off_stands_on_the_log_and_is_caught_up(
    tmp_path: Path, place: PostgresPlace, other: PostgresIndex
) -> None:
    with opened(tmp_path, place=place) as ledger:
        end_connection(other, ledger)
        with pytest.raises(AuditError, match=AWAY):
            note(ledger, "a")
        assert ledger.log.size == 1
        assert said(ledger) == [("a", "not a")]


class Ending(NoteBook):
    """Loses its connection after the first row of a record was written, and before the commit."""

    has_ended = False

    def enter(self, connection: Index, event: Event) -> None:
        super().enter(connection, event)
        if not self.has_ended:
            self.has_ended = True
            connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")


def test_an_entry_that_broke_off_in_the_middle_is_entered_once(tmp_path: Path, place: PostgresPlace) -> None:
    with opened(tmp_path, Ending(), place=place) as ledger:
        with pytest.raises(AuditError, match=AWAY):
            note(ledger, "a")
        note(ledger, "b")
        assert said(ledger) == [("a", "not a"), ("b", "not b")]


def test_what_is_read_together_is_not_answered_from_two_states(
    tmp_path: Path, place: PostgresPlace, other: PostgresIndex
) -> None:
    with opened(tmp_path, place=place) as ledger:
        with ledger.reading():
            end_connection(other, ledger)
            with pytest.raises(AuditError, match=AWAY):
                said(ledger)
            with pytest.raises(AuditError, match="went away in the middle"):
                said(ledger)
        assert said(ledger) == []


@own_server
@pytest.mark.parametrize("mode", ["fast", "immediate"])  # as an administrator does, and as a power cut
def test_a_server_that_stops_fails_requests_until_it_is_back(
    tmp_path: Path, place: PostgresPlace, stopping: Callable[..., None], mode: str
) -> None:
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
        stopping(mode)
        for _ in range(2):
            with pytest.raises(AuditError, match=AWAY):
                said(ledger)
        with pytest.raises(AuditError, match=AWAY):
            note(ledger, "b")
        postgres_server.start()
        assert said(ledger) == [("a", "not a"), ("b", "not b")]


@own_server
def test_without_its_server_a_ledger_does_not_open(
    tmp_path: Path, place: PostgresPlace, stopping: Callable[..., None]
) -> None:
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
    stopping("fast")
    with pytest.raises(AuditError, match=AWAY), opened(tmp_path, place=place):
        pass


def test_a_second_process_is_refused_the_index(
    tmp_path: Path, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = [one.replace(postgres_index.LOCK_PATIENCE, "50ms") for one in postgres_index.SETTINGS]
    monkeypatch.setattr(postgres_index, "SETTINGS", patient)
    with opened(tmp_path, place=place):
        (tmp_path / "other").mkdir()
        with (
            pytest.raises(AuditError, match=r"another process has the index of .* open"),
            opened(tmp_path / "other", place=place),
        ):
            pass
    with opened(tmp_path, place=place) as ledger:
        assert said(ledger) == []


def test_homes_share_a_server_without_meeting(tmp_path: Path) -> None:
    url = postgres_server.database_url()
    places = [PostgresPlace.at(tmp_path / name / "ledger.db", url) for name in ("one", "two")]
    for place in places:
        with opened(place.path.parent, place=place) as ledger:
            note(ledger, place.path.parent.name)
    with opened(tmp_path / "one", place=places[0]) as ledger:
        assert said(ledger) == [("one", "not one")]
    assert places[0].name != places[1].name


def test_a_copy_of_a_home_has_an_index_of_its_own(tmp_path: Path) -> None:
    url = postgres_server.database_url()
    first = PostgresPlace.at(tmp_path / "one" / "ledger.db", url)
    with opened(tmp_path / "one", place=first) as ledger:
        note(ledger, "a")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    second = PostgresPlace.at(tmp_path / "two" / "ledger.db", url)
    with opened(tmp_path / "one", place=first), opened(tmp_path / "two", place=second) as ledger:
        assert said(ledger) == [("a", "not a")]


def test_an_index_in_a_file_is_destroyed_when_it_moves_to_a_server(
    tmp_path: Path, place: PostgresPlace
) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as file:
        file.execute("CREATE TABLE note (said TEXT)")
        file.execute("INSERT INTO note VALUES ('a mark that stands nowhere else')")
        file.commit()
    (tmp_path / "still.db").hardlink_to(tmp_path / "ledger.db")
    with opened(tmp_path, place=place) as ledger:
        assert said(ledger) == []
    assert not (tmp_path / "still.db").read_bytes().strip(b"\0")
    assert (tmp_path / "ledger.db").read_bytes().startswith(b"facegate ledger in PostgreSQL, ")


def test_an_erasure_drops_what_stood_in_the_clear(tmp_path: Path, place: PostgresPlace) -> None:
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
        before = ledger.value("SELECT pg_relation_filenode('note')")
        ledger.erase((0,), at=NOW, public={"basis": "court_order"}, sealed={})
        assert said(ledger) == [("a", "")]
        assert ledger.value("SELECT pg_relation_filenode('note')") != before


def test_no_row_reaches_the_servers_write_ahead_log(tmp_path: Path, place: PostgresPlace) -> None:
    query = (
        "SELECT count(*) FROM pg_class JOIN pg_namespace AS room ON room.oid = relnamespace "
        "WHERE nspname = ? AND relkind IN ('r', 'i') AND relpersistence <> 'u'"
    )
    with opened(tmp_path, place=place) as ledger:
        assert ledger.value(query, place.name) == 0


@pytest.mark.parametrize("claim", ["a\x00b", "\ud800", "ß\U0001f600", "'; DROP TABLE note; --", "?"])
def test_whatever_was_claimed_is_entered_and_found(tmp_path: Path, place: PostgresPlace, claim: str) -> None:
    with opened(tmp_path, place=place) as ledger:
        said = claim.encode(errors="backslashreplace").decode()
        note(ledger, said)
        assert len(ledger.rows("SELECT 1 FROM note WHERE said = ?", claim)) == 1
        assert ledger_differences(place, tmp_path / "log", [NoteBook()]) == (1, ())


def test_rows_are_read_by_name_by_position_and_as_a_whole(tmp_path: Path, place: PostgresPlace) -> None:
    with opened(tmp_path, place=place) as ledger:
        [row] = ledger.rows("SELECT 1 AS one, CAST(? AS TEXT) AS text, size FROM ledger_state", "a")
        assert (row["one"], row[1], tuple(row), len(row)) == (1, "a", (1, "a", 0), 3)
        assert dict(row) == {"one": 1, "text": "a", "size": 0}
        with pytest.raises(IndexError, match="no column other"):
            row["other"]


def test_questions_of_every_length_are_forgotten_in_time(
    tmp_path: Path, place: PostgresPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_index, "MOST_PREPARED", 3)
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
        for n in range(1, 9):
            marks = ", ".join("?" * n)
            assert len(ledger.rows(f"SELECT 1 FROM note WHERE seq IN ({marks})", *range(n))) == 1  # noqa: S608  question marks
        assert ledger.value("SELECT count(*) FROM pg_prepared_statements") <= 3


def test_an_edited_index_is_found_and_made_anew(
    tmp_path: Path, place: PostgresPlace, other: PostgresIndex
) -> None:
    books = [NoteBook()]
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
        assert ledger_differences(place, tmp_path / "log", books) == (1, ())  # while it is in use
    other.execute(f"UPDATE {place.name}.note SET said = 'b'")  # noqa: S608  a name of ours
    assert ledger_differences(place, tmp_path / "log", books) == (1, ("note",))
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        make_ledger_anew(place, log, books)
    assert ledger_differences(place, tmp_path / "log", books) == (1, ())


def test_an_index_that_was_never_made_or_dropped_is_made_when_it_is_needed(
    tmp_path: Path, place: PostgresPlace, other: PostgresIndex
) -> None:
    assert ledger_differences(place, tmp_path / "log", [NoteBook()]) == (None, ())
    with opened(tmp_path, place=place) as ledger:
        note(ledger, "a")
    other.script(f"DROP SCHEMA {place.name} CASCADE")
    assert ledger_differences(place, tmp_path / "log", [NoteBook()]) == (None, ())
    with opened(tmp_path, place=place) as ledger:
        assert said(ledger) == [("a", "not a")]
