"""The log in ordinary use: what an append leaves behind, who may write, what is refused."""

from __future__ import annotations

import json
import os
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

import pytest
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, make_log, record_key, result

from facegate.audit import storage
from facegate.audit.checkpoint import Checkpoint
from facegate.audit.commitments import check_opening, salt_of
from facegate.audit.entry import parse_entry
from facegate.audit.log import AuditLog
from facegate.audit.merkle import EMPTY_ROOT, MerkleTree, leaf_hash
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, next_entry
from facegate.audit.storage import SEALED as SEALED_FILE
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        yield log


def test_a_new_log_is_empty_and_says_so(log: AuditLog, tmp_path: Path) -> None:
    assert log.size == 0
    assert log.checkpoint_text == Checkpoint(ORIGIN, 0, EMPTY_ROOT).text()
    assert (tmp_path / "log" / CHECKPOINT).read_bytes() == log.checkpoint_text


def test_records_are_numbered_from_0(log: AuditLog) -> None:
    assert append_intents(log, 5, 6, 7) == [0, 1, 2]


def test_what_is_appended_is_on_disk_hashed_into_the_tree(log: AuditLog, tmp_path: Path) -> None:
    append_intents(log, 1, 2, 3)
    entries = entries_of(tmp_path / "log")
    leaves = b"".join(map(leaf_hash, entries))
    assert [parse_entry(entry).public for entry in entries] == [intent(1), intent(2), intent(3)]
    assert (tmp_path / "log" / LEAVES).read_bytes() == leaves
    assert log.root == MerkleTree(leaves).root().hex()
    assert (tmp_path / "log" / CHECKPOINT).read_bytes() == log.checkpoint_text


def test_a_sealed_value_stands_in_no_public_file(log: AuditLog, tmp_path: Path) -> None:
    append_intents(log, 1)
    for name in (ENTRIES, LEAVES, CHECKPOINT):
        assert b"24-001234" not in (tmp_path / "log" / name).read_bytes()


def test_what_was_sealed_opens_what_the_log_committed_to(log: AuditLog, tmp_path: Path) -> None:
    append_intents(log, 1)
    log.close()
    store = SealedStore(tmp_path / "log" / SEALED_FILE)
    opening = store.get(0)
    store.close()
    assert opening is not None
    [entry] = map(parse_entry, entries_of(tmp_path / "log"))
    for field, value in opening.values.items():
        salt = salt_of(field, opening.record_key)
        check_opening(field, salt, value, bytes.fromhex(entry.sealed[field]))
    assert opening.values == SEALED


def test_a_reader_begins_at_any_record_of_a_long_log(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "PLACES_EVERY", 4)
    append_intents(log, *range(21))
    every = list(log.entries())
    for start in (20, 0, 3, 4, 19, 7, 21, 22):
        assert list(log.entries(start)) == every[start:]
    append_intents(log, *range(30, 36))
    assert [entry.seq for entry, _ in log.read(24)] == [24, 25, 26]


def test_a_reader_is_told_of_a_record_that_was_cut_off(log: AuditLog, tmp_path: Path) -> None:
    append_intents(log, 1, 2, 3)
    with (tmp_path / "log" / ENTRIES).open("r+b") as file:
        file.truncate(10)
    for start in (0, 2):
        with pytest.raises(VerificationError, match="record 0 was changed or cut"):
            list(log.entries(start))


def test_a_record_behind_places_that_are_known_is_read_without_those_before(
    log: AuditLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "PLACES_EVERY", 4)
    append_intents(log, *range(14))
    next(log.entries(13))
    asked: list[int] = []

    def noted(file: BinaryIO, seq: int, *, missing: str) -> bytes:
        asked.append(seq)
        return next_entry(file, seq, missing=missing)

    monkeypatch.setattr(storage, "next_entry", noted)
    next(log.entries(13))
    assert asked == [12, 13]


def test_a_log_goes_on_where_it_was_left(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 5)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert (log.size, log.recovered) == (5, "")
        assert append_intents(log, 9) == [5]
    assert verify_log(tmp_path / "log").size == 6


def test_the_same_records_make_the_same_log_byte_for_byte(tmp_path: Path) -> None:
    make_log(tmp_path / "one", 6)
    make_log(tmp_path / "two", 6)
    for name in (ENTRIES, LEAVES, CHECKPOINT):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_second_writer_is_refused(log: AuditLog, tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="one writer at a time"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)
    assert append_intents(log, 1) == [0]


def test_a_closed_log_is_free_for_the_next_writer_and_takes_no_more_itself(tmp_path: Path) -> None:
    first = AuditLog.open(tmp_path / "log", origin=ORIGIN)
    first.close()
    AuditLog.open(tmp_path / "log", origin=ORIGIN).close()
    with pytest.raises(RuntimeError, match="closed"):
        append_intents(first, 1)


def test_threads_take_turns(log: AuditLog, tmp_path: Path) -> None:
    threads = [threading.Thread(target=append_intents, args=(log, *range(10))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify_log(tmp_path / "log", max_skew_seconds=3600).size == 40


def test_another_log_in_the_folder_is_not_appended_to(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 2)
    with pytest.raises(AuditError, match=r"is facegate.example/test, wanted facegate.example/other"):
        AuditLog.open(tmp_path / "log", origin="facegate.example/other")


@pytest.mark.parametrize(
    ("public", "reason"),
    [
        (intent(1, note="x" * 70_000), "at most 65,535 fit"),
        ({**intent(1), "score": 0.5}, "a float"),
        (intent(1, seq=7), "cannot be named seq"),
        ({"kind": "intent"}, "time is missing"),
        (result(1, of=0), "an earlier record"),
    ],
)
def test_what_is_no_record_is_refused_and_the_log_stays_usable(
    log: AuditLog, public: dict[str, Any], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        log.append(public, SEALED, record_key=record_key(1))
    assert append_intents(log, 1) == [0]


def test_a_record_key_must_be_32_bytes_even_with_nothing_to_seal(log: AuditLog) -> None:
    with pytest.raises(InputError, match="32 bytes, got 16"):
        log.append(intent(1), {}, record_key=bytes(16))
    assert log.append(intent(1), {}, record_key=record_key(1)) == 0


def test_an_open_log_with_a_name_that_cannot_be_signed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no spaces"):
        AuditLog.open(tmp_path / "log", origin="my log")
    assert not (tmp_path / "log").exists()


def test_a_file_where_the_folder_should_be_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("no folder")
    with pytest.raises(AuditError, match="nothing may be searched"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for the superuser")
def test_a_read_only_folder_takes_no_log(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(AuditError, match="Permission denied; nothing may be searched"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)


def test_a_read_only_disk_takes_no_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_log(tmp_path / "log", 2)

    def refuse(*_: object) -> int:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        with pytest.raises(AuditError, match="Read-only file system; nothing may be searched"):
            AuditLog.open(tmp_path / "log", origin=ORIGIN)
    assert verify_log(tmp_path / "log").size == 2


@pytest.mark.parametrize("name", [ENTRIES, LEAVES, CHECKPOINT, SEALED_FILE])
def test_a_log_with_a_file_gone_is_neither_opened_nor_made_anew(tmp_path: Path, name: str) -> None:
    make_log(tmp_path / "log", 3)
    (tmp_path / "log" / name).unlink()
    with pytest.raises(VerificationError, match=rf"not whole: .*{name} is missing"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)
    assert not (tmp_path / "log" / name).exists()


def test_a_log_whose_records_were_removed_but_not_their_openings_is_not_begun_again(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 3)
    for name in (ENTRIES, LEAVES, CHECKPOINT):
        (tmp_path / "log" / name).unlink()
    with pytest.raises(VerificationError, match=r"sealed\.db knows record 2, the log itself is gone"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)


def test_no_record_is_added_to_a_changed_history(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 6)
    path = tmp_path / "log" / ENTRIES
    path.write_bytes(path.read_bytes().replace(b"search-1", b"search-7", 1))
    with pytest.raises(VerificationError, match="record 2 was changed"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)


def test_no_record_is_added_under_a_changed_checkpoint(tmp_path: Path) -> None:
    text = make_log(tmp_path / "log", 6)
    (tmp_path / "log" / CHECKPOINT).write_bytes(Checkpoint(ORIGIN, 6, bytes(32)).text())
    with pytest.raises(VerificationError, match="the checkpoint of 6 records does not fit"):
        AuditLog.open(tmp_path / "log", origin=ORIGIN)
    (tmp_path / "log" / CHECKPOINT).write_bytes(text)
    AuditLog.open(tmp_path / "log", origin=ORIGIN).close()


def test_the_record_says_how_many_fields_are_sealed_and_nothing_of_them(
    log: AuditLog, tmp_path: Path
) -> None:
    append_intents(log, 1)
    [entry] = entries_of(tmp_path / "log")
    assert json.loads(entry)["sealed"].keys() == SEALED.keys()
