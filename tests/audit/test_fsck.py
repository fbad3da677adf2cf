"""fsck: what is made from the entries is rebuilt and compared; faults are named, only copies are mended."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, entries_of, make_log
from published_logs import content_of, history, publish_log, published, record, write_log

from facegate.audit.frames import frame
from facegate.audit.log import AuditLog, Record
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, SEALED
from facegate.audit.verify import verify_log
from facegate.audit.watching.fsck import (
    check_openings,
    check_published,
    check_tree,
    mend_leaves,
    mend_published,
)
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path

N_RECORDS = 300


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Publish a log of 300 records, which lies beside it."""
    return published(tmp_path, history(N_RECORDS))


@pytest.fixture
def log(out: Path) -> Path:
    return out.parent / "log"


@pytest.fixture(scope="module")
def sealed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    make_log(folder / "log", 6)
    return folder


@pytest.fixture
def sealed_log(sealed_home: Path, tmp_path: Path) -> Path:
    """Copy a log of six records with their openings, and the keys beside it."""
    shutil.copytree(sealed_home, tmp_path / "home")
    return tmp_path / "home" / "log"


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("n_records", [0, 1, 256, 300])
def test_a_whole_log_holds(tmp_path: Path, n_records: int) -> None:
    out = published(tmp_path, history(n_records))
    findings = [*check_tree(tmp_path / "log"), check_published(tmp_path / "log", out)]
    assert [one.holds for one in findings] == [True, True, True]
    assert findings[0].said.startswith(f"{n_records} records lead to root ")


def test_a_changed_entry_is_named_and_nothing_can_be_mended(log: Path) -> None:
    flip(log / ENTRIES, 40_000)
    entries, leaves = check_tree(log)
    assert (entries.holds, leaves.holds, entries.mendable, leaves.mendable) == (False, False, False, False)
    assert "was changed: it hashes to" in entries.said


@pytest.mark.parametrize(
    ("end", "named"), [(-1, "record 299 was changed or cut"), (0, "record 0 is missing")]
)
def test_entries_cut_short_are_told(log: Path, end: int, named: str) -> None:
    (log / ENTRIES).write_bytes((log / ENTRIES).read_bytes()[:end])
    assert check_tree(log)[0].said.startswith(named)


def test_a_changed_leaf_is_named_and_mended(log: Path) -> None:
    flip(log / LEAVES, 270 * 32)
    entries, leaves = check_tree(log)
    assert (entries.holds, leaves.holds, leaves.mendable) == (True, False, True)
    assert leaves.said.startswith("leaf 270 was changed or is missing; record 270 itself fits")
    mend_leaves(log)
    assert verify_log(log).size == N_RECORDS


def test_missing_leaves_are_mended(log: Path) -> None:
    (log / LEAVES).write_bytes(b"")
    assert check_tree(log)[1].said.startswith("leaf 0 was changed or is missing")
    mend_leaves(log)
    assert all(one.holds for one in check_tree(log))


def test_leaves_are_not_made_from_entries_that_do_not_hold(log: Path) -> None:
    before = (log / LEAVES).read_bytes()
    write_log(log.parent / "other", [record(seq, "x") for seq in range(N_RECORDS)])
    shutil.copy(log.parent / "other" / ENTRIES, log / ENTRIES)
    with pytest.raises(VerificationError, match="record 0 was changed"):
        mend_leaves(log)
    assert (log / LEAVES).read_bytes() == before


def test_leaves_are_not_mended_under_a_writer(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 1)
    with (
        AuditLog.open(tmp_path / "log", origin=ORIGIN),
        pytest.raises(AuditError, match="one writer at a time"),
    ):
        mend_leaves(tmp_path / "log")


@pytest.mark.parametrize("path", ["tile/0/000", "tile/1/000.p/1", "tile/entries/001.p/44"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_published_file_that_is_wrong_or_gone_is_named_and_made_anew(
    log: Path, out: Path, path: str, *, gone: bool
) -> None:
    before = content_of(out)
    if gone:
        (out / path).unlink()
    else:
        flip(out / path, 3)
    found = check_published(log, out)
    assert (found.holds, found.mendable) == (False, True)
    assert f"1 files in {out} are missing or changed: {path}" in found.said
    mend_published(log, out)
    assert check_published(log, out).holds
    assert content_of(out) == before


def test_a_published_checkpoint_of_another_history_is_told(log: Path, out: Path) -> None:
    write_log(log.parent / "other", [record(seq, "x") for seq in range(N_RECORDS)])
    publish_log(log.parent / "other", log.parent / "other-out")
    shutil.copy(log.parent / "other-out" / CHECKPOINT, out / CHECKPOINT)
    found = check_published(log, out)
    assert (found.holds, found.mendable) == (False, False)
    assert "is of another history" in found.said


def test_a_published_log_longer_than_the_log_is_told(log: Path, out: Path) -> None:
    write_log(log, history(299))
    assert "it shows 300 records, the log holds 299" in check_published(log, out).said


def test_a_folder_without_a_published_log_is_told(log: Path, tmp_path: Path) -> None:
    assert "there is no checkpoint in" in check_published(log, tmp_path).said


def test_openings_that_open_what_was_committed_to_hold(sealed_log: Path) -> None:
    found = check_openings(sealed_log)
    assert (found.holds, found.said) == (
        True,
        "6 openings open what the log committed to, 0 were erased on record",
    )


def test_an_opening_that_is_gone_without_an_erasure_is_named(sealed_log: Path) -> None:
    with closing(sqlite3.connect(sealed_log / SEALED, isolation_level=None)) as database:
        database.execute("DELETE FROM openings WHERE seq IN (2, 4)")
    found = check_openings(sealed_log)
    assert (found.holds, found.mendable) == (False, False)
    assert found.said == "no opening and no erasure of record 2, 4"


def test_openings_that_were_exchanged_are_named(sealed_log: Path) -> None:
    with closing(sqlite3.connect(sealed_log / SEALED, isolation_level=None)) as database:
        for was, becomes in ((0, 100), (2, 0), (100, 2)):
            database.execute("UPDATE openings SET seq = ? WHERE seq = ?", (becomes, was))
    assert (
        "the opening of record 0, 2 is another than the log committed to" in check_openings(sealed_log).said
    )


def test_an_opening_erased_on_record_is_no_fault(sealed_log: Path) -> None:
    with AuditLog.open(sealed_log, origin=ORIGIN) as log:
        log.erase([2], Record({"time": "2026-11-22T04:00:00.00Z"}, {}, bytes(32)))
    found = check_openings(sealed_log)
    assert found.holds, found.said
    assert "1 were erased on record" in found.said


def test_an_erasure_undone_from_a_backup_is_told(sealed_home: Path, sealed_log: Path) -> None:
    with AuditLog.open(sealed_log, origin=ORIGIN) as log:
        log.erase([3, 4], Record({"time": "2026-11-22T04:00:00.00Z"}, {}, bytes(32)))
    shutil.copytree(sealed_home / "keys", sealed_log.parent / "keys", dirs_exist_ok=True)
    shutil.copy(sealed_home / "log" / SEALED, sealed_log / SEALED)
    said = check_openings(sealed_log).said
    assert said.startswith("no opening and no erasure of record 6; erased on record, but there still: 3, 4 (")


def test_entries_are_read_as_they_were_framed(log: Path) -> None:
    assert b"".join(frame(entry) for entry in entries_of(log)) == (log / ENTRIES).read_bytes()
