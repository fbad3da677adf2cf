"""The sealed part: kept for its owner only, and gone without a trace when it is discarded."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from logbook import record_key

from facegate.audit.commitments import commit
from facegate.audit.sealing.sealed import Opening, SealedStore
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OPENING = Opening(record_key(1), {"case_number": "24-001234", "requester": ""})


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path) -> None:
    for name in ("log", "other"):
        (tmp_path / name).mkdir()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SealedStore]:
    store = SealedStore.create(tmp_path / "log" / "sealed.db")
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
    assert stat.S_IMODE((tmp_path / "log" / name).stat().st_mode) == 0o600


def test_a_file_opened_to_others_is_closed_to_them_again(tmp_path: Path) -> None:
    SealedStore.create(tmp_path / "log" / "sealed.db").close()
    (tmp_path / "log" / "sealed.db").chmod(0o644)
    SealedStore(tmp_path / "log" / "sealed.db").close()
    assert stat.S_IMODE((tmp_path / "log" / "sealed.db").stat().st_mode) == 0o600


def test_a_record_is_put_once(store: SealedStore) -> None:
    store.put(0, OPENING)
    with pytest.raises(AuditError, match="UNIQUE"):
        store.put(0, Opening(record_key(2), {"case_number": "other"}))
    assert store.get(0) == OPENING


@pytest.mark.parametrize("found", ["no box", b"", b"\x00" * 60, 7])
def test_a_box_that_somebody_changed_is_said_to_be_changed(
    store: SealedStore, found: str | bytes | int
) -> None:
    store.put(0, OPENING)
    store._run("UPDATE openings SET box = ? WHERE seq = 0", found)
    with pytest.raises(
        VerificationError, match="sealed fields of record 0 cannot be read: they were changed"
    ):
        store.get(0)


def test_a_box_moved_to_another_record_does_not_open(store: SealedStore) -> None:
    store.put_many(0, (OPENING, Opening(record_key(2), {})))
    [(box,)] = store._run("SELECT box FROM openings WHERE seq = 0")
    store._run("UPDATE openings SET box = ? WHERE seq = 1", box)
    with pytest.raises(VerificationError, match="record 1 cannot be read"):
        store.get(1)


def test_nothing_sealed_can_be_read_in_the_file(store: SealedStore, tmp_path: Path) -> None:
    store.put(0, OPENING)
    kept = b"".join(one.read_bytes() for one in (tmp_path / "log").iterdir() if one.is_file())
    assert b"24-001234" not in kept
    assert record_key(1) not in kept


def test_what_was_erased_opens_in_no_copy_made_before(tmp_path: Path) -> None:
    store = SealedStore.create(tmp_path / "log" / "sealed.db")
    store.put_many(0, (OPENING, Opening(record_key(2), {})))
    store.close()
    shutil.copytree(tmp_path / "log", tmp_path / "backup")  # a copy of the sealed part, not of its keys
    for folder in ("log", "backup"):
        with closing(SealedStore(tmp_path / folder / "sealed.db")) as opened:
            opened.erase((0,))
            assert (opened.get(0), opened.destroyed(0)) == (None, True)
            assert opened.get(1) == Opening(record_key(2), {})


def test_destroyed_keys_are_not_in_their_old_file_either(store: SealedStore, tmp_path: Path) -> None:
    store.put(0, OPENING)
    with (tmp_path / "keys" / "openings.key").open("rb") as old:
        store.erase((0,))
        assert not old.read().strip(b"\x00")


def test_a_store_without_its_keys_says_where_they_belong(tmp_path: Path) -> None:
    SealedStore.create(tmp_path / "log" / "sealed.db").close()
    (tmp_path / "keys" / "openings.key").unlink()
    with pytest.raises(AuditError, match="put them back from a backup"):
        SealedStore(tmp_path / "log" / "sealed.db")


def test_a_new_store_takes_no_keys_of_which_some_were_destroyed(tmp_path: Path) -> None:
    with closing(SealedStore.create(tmp_path / "log" / "sealed.db")) as first:
        first.put(0, OPENING)
        first.erase((0,))
    with pytest.raises(AuditError, match="keys of another log"):
        SealedStore.create(tmp_path / "other" / "sealed.db")


def test_a_store_of_the_first_form_is_refused(tmp_path: Path) -> None:
    SealedStore.create(tmp_path / "log" / "sealed.db").close()
    with closing(sqlite3.connect(tmp_path / "log" / "sealed.db")) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(AuditError, match="another version of facegate"):
        SealedStore(tmp_path / "log" / "sealed.db")


def test_what_is_discarded_is_not_left_in_the_file(tmp_path: Path) -> None:
    store = SealedStore.create(tmp_path / "log" / "sealed.db")
    store.put(0, OPENING)
    store.discard(0)
    store.close()  # the last connection folds the write-ahead log into the file and removes it
    assert [one.name for one in (tmp_path / "log").iterdir()] == ["sealed.db"]
    kept = (tmp_path / "log" / "sealed.db").read_bytes()
    assert b"24-001234" not in kept
    assert record_key(1) not in kept


def test_every_commit_is_flushed_to_disk(store: SealedStore) -> None:
    assert store._run("PRAGMA synchronous") == [(2,)]
    assert store._run("PRAGMA journal_mode") == [("wal",)]
    assert store._run("PRAGMA secure_delete") == [(1,)]


def test_a_missing_file_is_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"sealed\.db, cannot be used"):
        SealedStore(tmp_path / "log" / "sealed.db")
    assert not (tmp_path / "log" / "sealed.db").exists()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "log" / "sealed.db").write_bytes(b"no database" * 1_000)
    with pytest.raises(AuditError, match="not a database"):
        SealedStore(tmp_path / "log" / "sealed.db")


@pytest.mark.parametrize("missing", [1, 4_096])
def test_a_file_cut_short_is_refused_before_anything_missing_is_needed(tmp_path: Path, missing: int) -> None:
    with closing(SealedStore.create(tmp_path / "log" / "sealed.db")) as store:
        store.put(0, OPENING)
    path = tmp_path / "log" / "sealed.db"
    path.write_bytes(path.read_bytes()[:-missing])
    with pytest.raises(AuditError, match=r"sealed\.db, was cut short"):
        SealedStore(path)


def test_a_file_whose_newest_pages_are_still_in_the_write_ahead_log_is_whole(store: SealedStore) -> None:
    store.put_many(0, [Opening(record_key(one), {"note": "x" * 5_000}) for one in range(20)])
    with closing(SealedStore(store._path)) as other:
        assert other.last() == 19


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / "log" / "sealed.db").close()
    (tmp_path / "log" / "sealed.db").touch()
    with pytest.raises(AuditError, match="no such table"):
        SealedStore(tmp_path / "log" / "sealed.db")
