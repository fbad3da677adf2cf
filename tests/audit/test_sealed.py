"""The sealed part: kept for its owner only, and gone without a trace when it is discarded."""

from __future__ import annotations

import sqlite3
import stat
from typing import TYPE_CHECKING

import pytest
from logbook import record_key

from facegate.audit.commitments import commit
from facegate.audit.sealed import Opening, SealedStore
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENING = Opening(record_key(1), {"case_number": "24-001234", "requester": ""})


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SealedStore]:
    store = SealedStore.create(tmp_path / "sealed.db")
    yield store
    store.close()


def test_what_is_put_is_given_back(store: SealedStore) -> None:
    store.put(0, OPENING)
    assert store.get(0) == OPENING
    assert (store.get(1), store.last()) == (None, 0)


def test_an_empty_store_has_no_last_record(store: SealedStore) -> None:
    assert store.last() == -1


def test_an_opening_knows_the_commitments_it_opens() -> None:
    assert OPENING.commitments()["requester"] == commit("requester", "", record_key(1)).hex()


def test_an_opening_printed_shows_neither_key_nor_value() -> None:
    assert repr(OPENING) == "Opening(fields=['case_number', 'requester'])"


@pytest.mark.parametrize("name", ["sealed.db", "sealed.db-wal", "sealed.db-shm"])
def test_every_file_of_it_is_for_its_owner_only(store: SealedStore, tmp_path: Path, name: str) -> None:
    store.put(0, OPENING)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_a_file_opened_to_others_is_closed_to_them_again(tmp_path: Path) -> None:
    SealedStore.create(tmp_path / "sealed.db").close()
    (tmp_path / "sealed.db").chmod(0o644)
    SealedStore(tmp_path / "sealed.db").close()
    assert stat.S_IMODE((tmp_path / "sealed.db").stat().st_mode) == 0o600


def test_a_record_is_put_once(store: SealedStore) -> None:
    store.put(0, OPENING)
    with pytest.raises(AuditError, match="UNIQUE"):
        store.put(0, Opening(record_key(2), {"case_number": "other"}))
    assert store.get(0) == OPENING


@pytest.mark.parametrize("found", ["no JSON", "[]", '{"case_number": null}', b"\x00", 7])
def test_fields_that_somebody_made_unreadable_are_said_to_be_changed(
    store: SealedStore, found: str | bytes | int
) -> None:
    store.put(0, OPENING)
    store._run("UPDATE openings SET fields = ? WHERE seq = 0", found)
    with pytest.raises(
        VerificationError, match="sealed fields of record 0 cannot be read: they were changed"
    ):
        store.get(0)


def test_what_is_discarded_is_not_left_in_the_file(tmp_path: Path) -> None:
    store = SealedStore.create(tmp_path / "sealed.db")
    store.put(0, OPENING)
    store.discard(0)
    store.close()  # the last connection folds the write-ahead log into the file and removes it
    assert [one.name for one in tmp_path.iterdir()] == ["sealed.db"]
    kept = (tmp_path / "sealed.db").read_bytes()
    assert b"24-001234" not in kept
    assert record_key(1) not in kept


def test_every_commit_is_flushed_to_disk(store: SealedStore) -> None:
    assert store._run("PRAGMA synchronous") == [(2,)]
    assert store._run("PRAGMA journal_mode") == [("wal",)]
    assert store._run("PRAGMA secure_delete") == [(1,)]


def test_a_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"sealed\.db, cannot be used"):
        SealedStore(tmp_path / "sealed.db")
    assert not (tmp_path / "sealed.db").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sealed.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(AuditError, match="not a database"):
        SealedStore(tmp_path / "sealed.db")


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "sealed.db").close()
    (tmp_path / "sealed.db").touch()
    with pytest.raises(AuditError, match="no such table"):
        SealedStore(tmp_path / "sealed.db")
