"""Verification: every way to change a log is found, and the sentence names the right record."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from logbook import (
    ORIGIN,
    entries_of,
    forge,
    forge_entries,
    forged,
    intent,
    make_log,
    result,
)

from facegate.audit import verify
from facegate.audit.checkpoint import Checkpoint
from facegate.audit.entry import encode_entry
from facegate.audit.frames import frame
from facegate.audit.merkle import EMPTY_ROOT, leaf_hash
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES
from facegate.audit.storage import SEALED as SEALED_FILE
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

N = 6


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "log"
    make_log(folder, N)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "log")
    return tmp_path / "log"


@pytest.fixture
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes these logs: do not wait for the append that would explain what is found."""
    monkeypatch.setattr(verify, "PATIENCE_SECONDS", 0.0)


def finding(folder: Path, *, trusted: bytes | None = None) -> str:
    """Verify a log that must not hold; give the sentence."""
    with pytest.raises(VerificationError) as caught:
        verify_log(folder, trusted=trusted, origin=ORIGIN)
    return str(caught.value)


def test_an_untouched_log_holds(folder: Path) -> None:
    verified = verify_log(folder, origin=ORIGIN)
    assert (verified.origin, verified.size) == (ORIGIN, N)
    assert verified.n_by_kind == {"intent": 3, "result": 3}
    assert verified.open_intents == verified.dated_back == ()


def test_an_empty_log_holds(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 0)
    assert verify_log(tmp_path / "log").root == EMPTY_ROOT.hex()


def test_the_public_files_alone_are_enough(folder: Path) -> None:
    (folder / SEALED_FILE).unlink()
    assert verify_log(folder).size == N


def test_verifying_changes_nothing(folder: Path) -> None:
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    verify_log(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_progress_is_told(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    verify_log(folder, progress=lambda done, total: told.append((done, total)))
    assert told == [(N, N)]


# One byte flipped, anywhere.


@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_every_flipped_byte_of_the_entries_is_found_and_its_record_named(folder: Path, mask: int) -> None:
    whole = (folder / ENTRIES).read_bytes()
    owners = [at for at, entry in enumerate(entries_of(folder)) for _ in frame(entry)]
    assert len(owners) == len(whole) > 1_000
    for at, owner in enumerate(owners):
        (folder / ENTRIES).write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        assert finding(folder).startswith(f"record {owner} was changed"), at


@pytest.mark.parametrize("mask", [0x01, 0x80])
def test_every_flipped_byte_of_the_leaves_is_found_and_its_leaf_named(folder: Path, mask: int) -> None:
    whole = (folder / LEAVES).read_bytes()
    for at in range(len(whole)):
        (folder / LEAVES).write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        assert finding(folder).startswith(f"leaf {at // 32} was changed"), at


@pytest.mark.parametrize("mask", [0x01, 0x04, 0x80])
def test_every_flipped_byte_of_the_checkpoint_is_found(folder: Path, mask: int) -> None:
    whole = (folder / CHECKPOINT).read_bytes()
    for at in range(len(whole)):
        (folder / CHECKPOINT).write_bytes(whole[:at] + bytes([whole[at] ^ mask]) + whole[at + 1 :])
        assert re.search(r"checkpoint|record 6 is missing", finding(folder)), at


def test_a_flip_in_an_entry_and_its_leaf_is_found(folder: Path) -> None:
    entries = entries_of(folder)
    entries[2] = entries[2].replace(b"search-1", b"search-7")
    forge_entries(folder, entries)
    (folder / LEAVES).write_bytes(b"".join(map(leaf_hash, entries)))
    assert finding(folder).startswith("the checkpoint of 6 records does not fit: records and leaves agree")


def test_where_neither_entries_nor_leaves_fit_the_first_place_they_part_is_named(folder: Path) -> None:
    entries = entries_of(folder)
    (folder / LEAVES).write_bytes(b"".join(map(leaf_hash, [*entries[:4], b"changed too", entries[5]])))
    forge_entries(folder, [*entries[:2], b"changed", *entries[3:]])
    assert re.match(r"record 2 was changed: .* leaves do not add up .* either", finding(folder))


# Records dropped, moved, replaced, put in, added.


@pytest.mark.parametrize("at", range(N - 1))
def test_a_dropped_record_is_named(folder: Path, at: int) -> None:
    entries = entries_of(folder)
    forge_entries(folder, entries[:at] + entries[at + 1 :])
    assert finding(folder) == f"record {at} is missing or moved: in its place stands record {at + 1}"


def test_a_dropped_last_record_is_named(folder: Path) -> None:
    forge_entries(folder, entries_of(folder)[:-1])
    assert finding(folder) == "record 5 is missing: the checkpoint covers 6 records, the entries end after 5"


def test_a_dropped_last_record_and_leaf_are_named(folder: Path) -> None:
    forge_entries(folder, entries_of(folder)[:-1])
    (folder / LEAVES).write_bytes((folder / LEAVES).read_bytes()[:-32])
    assert finding(folder).startswith("record 5 is missing: the checkpoint covers 6 records")


def test_a_dropped_last_leaf_is_named(folder: Path) -> None:
    (folder / LEAVES).write_bytes((folder / LEAVES).read_bytes()[:-32])
    assert finding(folder).startswith("leaf 5 was changed or is missing")


@pytest.mark.parametrize("at", range(N - 1))
def test_two_records_exchanged_are_named(folder: Path, at: int) -> None:
    entries = entries_of(folder)
    forge_entries(folder, [*entries[:at], entries[at + 1], entries[at], *entries[at + 2 :]])
    assert finding(folder) == f"record {at} is missing or moved: in its place stands record {at + 1}"


@pytest.mark.parametrize("at", range(N))
def test_a_replaced_record_is_named(folder: Path, at: int) -> None:
    entries = entries_of(folder)
    forge_entries(folder, [*entries[:at], forged(at, intent(77)), *entries[at + 1 :]])
    assert finding(folder).startswith(f"record {at} was changed: it hashes to")


@pytest.mark.parametrize("at", range(N))
def test_a_record_put_in_is_named(folder: Path, at: int) -> None:
    entries = entries_of(folder)
    forge_entries(folder, [*entries[:at], forged(at, intent(77)), *entries[at:]])
    assert re.match(rf"record {at} was (put in later|changed)", finding(folder))


@pytest.mark.parametrize("at", range(N))
def test_a_record_told_twice_is_named(folder: Path, at: int) -> None:
    entries = entries_of(folder)
    forge_entries(folder, [*entries[: at + 1], *entries[at:]])
    assert re.match(rf"record {at + 1} (is missing or moved|stands after)", finding(folder))


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("added", [frame(forged(6, intent(7))), b"\x00", b"\x00\x00", b"\xff" * 500])
def test_whatever_is_added_to_the_entries_is_found(folder: Path, added: bytes) -> None:
    (folder / ENTRIES).write_bytes((folder / ENTRIES).read_bytes() + added)
    assert finding(folder).startswith("record 6 stands after the end of the log, whose checkpoint covers 6")


@pytest.mark.usefixtures("_hasty")
@pytest.mark.parametrize("added", [b"\x00", b"\x01" * 32])
def test_whatever_is_added_to_the_leaves_is_found(folder: Path, added: bytes) -> None:
    (folder / LEAVES).write_bytes((folder / LEAVES).read_bytes() + added)
    assert finding(folder).startswith("leaf 6 stands after the end of the log")


@pytest.mark.usefixtures("_hasty")
def test_a_record_and_leaf_added_without_a_checkpoint_are_found(folder: Path) -> None:
    before = (folder / CHECKPOINT).read_bytes()
    forge(folder, [*entries_of(folder), forged(6, intent(7))])
    (folder / CHECKPOINT).write_bytes(before)
    assert finding(folder).startswith("record 6 stands after the end of the log")


def test_waiting_for_a_writer_ends(folder: Path) -> None:
    (folder / ENTRIES).write_bytes((folder / ENTRIES).read_bytes() + b"\x00")
    assert finding(folder).startswith("record 6 stands after the end")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_random_splice_of_the_entries_goes_unseen(folder: Path, data: st.DataObject) -> None:
    entries = entries_of(folder)
    (folder / ENTRIES).write_bytes(b"".join(map(frame, entries)))
    whole = (folder / ENTRIES).read_bytes()
    start, end = sorted((data.draw(st.integers(0, len(whole))), data.draw(st.integers(0, len(whole) - 1))))
    spliced = whole[:start] + data.draw(st.binary(max_size=40)) + whole[end:]
    (folder / ENTRIES).write_bytes(spliced)
    try:
        if spliced != whole:
            assert re.match(r"record \d", finding(folder))
    finally:
        (folder / ENTRIES).write_bytes(whole)


# A history rewritten whole: caught by nobody but who kept a checkpoint.


def rewritten(folder: Path) -> list[bytes]:
    entries = entries_of(folder)
    entries[0] = entries[0].replace(b"search-0", b"search-7")
    entries[1] = entries[1].replace(b"search-0", b"search-7")
    return entries


def test_a_history_rewritten_whole_is_found_by_whoever_kept_a_checkpoint(folder: Path) -> None:
    kept = (folder / CHECKPOINT).read_bytes()
    forge(folder, [*rewritten(folder), forged(6, intent(7))])
    assert re.match(r"the history was rewritten: the first 6 records", finding(folder, trusted=kept))


def test_without_a_kept_checkpoint_a_history_rewritten_whole_is_not_found(folder: Path) -> None:
    forge(folder, rewritten(folder))
    assert verify_log(folder, origin=ORIGIN).size == N


@pytest.mark.parametrize("n_kept", range(N + 1))
def test_every_checkpoint_of_the_past_is_the_beginning_of_the_log(
    folder: Path, tmp_path: Path, n_kept: int
) -> None:
    kept = make_log(tmp_path / "earlier", n_kept)
    assert verify_log(folder, trusted=kept).size == N


def test_a_log_cut_back_whole_is_found_by_whoever_kept_a_checkpoint(folder: Path) -> None:
    kept = (folder / CHECKPOINT).read_bytes()
    forge(folder, entries_of(folder)[:4])
    assert finding(folder, trusted=kept).startswith("record 4 is missing: the log holds 4 records")


def test_a_log_under_another_name_is_found_by_whoever_kept_a_checkpoint(folder: Path) -> None:
    kept = (folder / CHECKPOINT).read_bytes()
    (folder / CHECKPOINT).write_bytes(kept.replace(b"/test", b"/best"))
    with pytest.raises(VerificationError, match=r"of the log facegate\.example/best, wanted"):
        verify_log(folder, trusted=kept)


def test_a_kept_checkpoint_that_is_none_is_the_callers_mistake(folder: Path) -> None:
    with pytest.raises(InputError, match="the checkpoint you kept cannot be read: checkpoint: wanted three"):
        verify_log(folder, trusted=b"no checkpoint")


# Forged by someone who also made leaves and checkpoint: what the records themselves say.


def test_a_record_that_is_no_record_is_named(folder: Path) -> None:
    entries = entries_of(folder)
    forge(folder, [*entries[:2], entries[2] + b" ", *entries[3:]])
    assert finding(folder).startswith("record 2 is none, though leaf 2 was made for it: not canonical JSON")


def test_a_record_dropped_by_its_own_operator_leaves_a_gap_in_the_numbers(folder: Path) -> None:
    entries = entries_of(folder)
    forge(folder, entries[:2] + entries[3:])
    assert finding(folder) == "record 2 is numbered 3: a record was dropped, moved or put in"


def story(*publics: Mapping[str, JSONValue]) -> list[bytes]:
    return [forged(seq, public) for seq, public in enumerate(publics)]


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        (story(intent(0), result(0, 0), result(0, 0)), "record 2 is a second result of intent 0"),
        (story(intent(0), intent(1), result(2, 1)), "record 2 answers intent 1, which is of another search"),
        (
            story(intent(0), result(0, 0), result(0, 1)),
            "record 2 is the result of record 1, which is no intent",
        ),
        (
            story(intent(5), intent(6), intent(5)),
            "record 2 is dated 60.00 s before an earlier record, at most 10 s is allowed",
        ),
    ],
)
def test_records_that_contradict_each_other_are_named(
    tmp_path: Path, entries: list[bytes], sentence: str
) -> None:
    forge(tmp_path / "log", entries)
    assert finding(tmp_path / "log") == sentence


def test_tampering_is_told_before_contradiction(tmp_path: Path) -> None:
    entries = story(intent(0), result(0, 0), result(0, 0), intent(1))
    forge(tmp_path / "log", entries)
    forge_entries(tmp_path / "log", [*entries[:3], forged(3, intent(9))])
    assert finding(tmp_path / "log").startswith("record 3 was changed")


def test_an_intent_without_a_result_is_a_gap_and_no_failure(tmp_path: Path) -> None:
    forge(tmp_path / "log", story(intent(0), intent(1), result(1, 1), intent(2)))
    assert verify_log(tmp_path / "log").open_intents == (0, 3)


def test_a_clock_set_back_a_little_is_told_and_no_failure(tmp_path: Path) -> None:
    later, sooner = intent(0), intent(0)
    later["time"], sooner["time"] = "2026-11-22T03:00:09.99Z", "2026-11-22T03:00:00.00Z"
    forge(tmp_path / "log", story(later, sooner, later))
    assert verify_log(tmp_path / "log").dated_back == (1,)


def test_other_kinds_of_record_are_counted(tmp_path: Path) -> None:
    forge(tmp_path / "log", story(intent(0), {**intent(0), "kind": "policy"}))
    assert verify_log(tmp_path / "log").n_by_kind == {"intent": 1, "policy": 1}


# Logs that are not there, or not whole.


def test_no_log_is_no_verified_log(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="there is no log in") as caught:
        verify_log(tmp_path)
    assert not isinstance(caught.value, VerificationError)


@pytest.mark.parametrize("name", [ENTRIES, LEAVES, CHECKPOINT])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert re.search(rf"not whole: .*{name} is missing", finding(folder))


def test_a_file_that_cannot_be_read_is_one_sentence(folder: Path) -> None:
    (folder / LEAVES).unlink()
    (folder / LEAVES).mkdir()
    with pytest.raises(AuditError, match="cannot be read: Is a directory"):
        verify_log(folder)


def test_a_checkpoint_that_promises_more_names_the_first_record_missing(folder: Path) -> None:
    (folder / CHECKPOINT).write_bytes(Checkpoint(ORIGIN, 10**15, bytes(32)).text())
    assert finding(folder).startswith("record 6 is missing")


def test_an_entry_of_the_largest_size_is_verified(tmp_path: Path) -> None:
    spare = 65_535 - len(encode_entry(0, intent(0, note=""), {}))
    forge(tmp_path / "log", [encode_entry(0, intent(0, note="x" * spare), {})])
    assert verify_log(tmp_path / "log").size == 1


def ways_to_read() -> list[Callable[[Path], object]]:
    return [entries_of, verify_log]


@pytest.mark.parametrize("read", ways_to_read())
def test_a_frame_cut_short_is_named_by_every_reader(folder: Path, read: Callable[[Path], object]) -> None:
    (folder / ENTRIES).write_bytes((folder / ENTRIES).read_bytes()[:-1])
    with pytest.raises(VerificationError, match="record 5 was changed or cut: its frame runs past the end"):
        read(folder)


def test_records_missing_at_the_end_are_named_by_a_plain_reader_too(folder: Path) -> None:
    forge_entries(folder, entries_of(folder)[:-1])
    with pytest.raises(VerificationError, match="record 5 is missing: the checkpoint covers 6"):
        entries_of(folder)
