"""The crash matrix: every step of an append made to fail, then the whole log verified.

Each step fails in three ways: before it does anything, after it is done, and (for writes) halfway. Then the
log is opened again, which may itself be made to fail at any step, and opened once more.
No acknowledged record may be lost, none torn, and the next append must work.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, record_key
from sabotage import N_BEFORE, WAYS, Saboteur, openings_fit

from facegate.audit.entry import parse_entry
from facegate.audit.frames import frame
from facegate.audit.log import AuditLog
from facegate.audit.merkle import leaf_hash
from facegate.audit.sealing.sealed import Opening, SealedStore
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, MARK
from facegate.audit.storage import SEALED as SEALED_FILE
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STEPS = ["put_many", "pwrite", "fsync", "pwrite", "pwrite", "replace", "replace"]
FLUSH = ["fsync", "write_bytes", "fsync", "replace", "fsync"]


def crash(log_folder: Path, saboteur: Saboteur, at: int, way: str) -> None:
    """Append one record, failing at one step."""
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(at, way)
        with pytest.raises(AuditError, match="nothing may be searched"):
            append_intents(log, 7)
        saboteur.arm(-1, "")


def attempt_to_open(log_folder: Path) -> type[AuditError] | None:
    """Open and close; give the kind of refusal, if it is refused."""
    try:
        AuditLog.open(log_folder, origin=ORIGIN).close()
    except AuditError as error:
        return type(error)
    return None


def hold_and_go_on(log_folder: Path, before: list[bytes]) -> int:
    """Open, compare, append, verify; give how many records stood there after the crash."""
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        survived = log.size
        append_intents(log, 8)
    after = entries_of(log_folder)
    assert after[:N_BEFORE] == before
    assert survived in {N_BEFORE, N_BEFORE + 1}
    assert verify_log(log_folder).size == len(after) == survived + 1
    assert openings_fit(log_folder)
    assert not [*log_folder.glob(".checkpoint*"), *log_folder.glob(".mark*")]
    return survived


def test_these_are_the_steps_of_an_append(log_folder: Path, saboteur: Saboteur) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(-1, "")
        append_intents(log, 7)
        assert [step for step in saboteur.seen if step != "unlink"] == STEPS


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_a_failed_append_loses_nothing_and_tears_nothing(
    log_folder: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    before = entries_of(log_folder)
    crash(log_folder, saboteur, at, way)
    survived = hold_and_go_on(log_folder, before)
    entry_is_whole = at > 1 or (at == 1 and way == "after")
    assert survived == N_BEFORE + entry_is_whole


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(STEPS), len(STEPS) + len(FLUSH)))
def test_a_failed_flush_loses_nothing_and_tears_nothing(
    log_folder: Path, saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch, at: int, way: str
) -> None:
    monkeypatch.setattr("facegate.audit.log.MARK_EVERY", 1)
    before = entries_of(log_folder)
    crash(log_folder, saboteur, at, way)
    assert hold_and_go_on(log_folder, before) == N_BEFORE + 1


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_after_a_failed_append_the_writer_takes_no_more(
    log_folder: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        known = log.checkpoint_text
        saboteur.arm(at, way)
        with pytest.raises(AuditError, match="nothing may be searched"):
            append_intents(log, 7)
        saboteur.arm(-1, "")
        with pytest.raises(AuditError, match="takes no more records"):
            append_intents(log, 8)
        assert log.checkpoint_text == known
        assert not saboteur.seen


@pytest.mark.parametrize("at", range(len(STEPS)))
def test_ctrl_c_between_any_two_steps_is_no_worse(
    log_folder: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    saboteur = Saboteur(monkeypatch, KeyboardInterrupt())
    before = entries_of(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(at, "after")
        with pytest.raises(KeyboardInterrupt):
            append_intents(log, 7)
        saboteur.arm(-1, "")
        with pytest.raises(AuditError, match="takes no more records"):
            append_intents(log, 8)
    hold_and_go_on(log_folder, before)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(STEPS)))
def test_a_crash_while_settling_a_crash_is_settled_too(
    three_records: Path, tmp_path: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    for again in range(20):
        log_folder = tmp_path / str(again) / "log"
        shutil.copytree(three_records, log_folder.parent)
        before = entries_of(log_folder)
        crash(log_folder, saboteur, at, way)
        saboteur.arm(again, "before" if again % 2 else "after")
        refused_as = attempt_to_open(log_folder)
        assert refused_as in {None, AuditError}, "a crash must never look like tampering"
        struck = saboteur.struck
        saboteur.arm(-1, "")
        hold_and_go_on(log_folder, before)
        if not struck:
            return
    pytest.fail("settling has more than 20 steps; the matrix must grow")


@pytest.mark.parametrize("at", range(12))
def test_a_crash_while_a_log_is_made_leaves_one_that_can_be_made(
    tmp_path: Path, saboteur: Saboteur, at: int
) -> None:
    saboteur.arm(at, "after")
    assert attempt_to_open(tmp_path / "log") in {None, AuditError}
    saboteur.arm(-1, "")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert append_intents(log, 1) == [0]
    assert verify_log(tmp_path / "log").size == 1


# What a crash can leave is settled; what it cannot leave is refused, and not a byte is changed.


def next_entry(log_folder: Path, *, with_opening: bool) -> bytes:
    """Make the record that would come next, as the log's own writer would have."""
    shutil.copytree(log_folder, log_folder.with_name("copy"))
    with AuditLog.open(log_folder.with_name("copy"), origin=ORIGIN) as log:
        append_intents(log, 7)
    if with_opening:
        store = SealedStore(log_folder / SEALED_FILE)
        store.put(N_BEFORE, Opening(record_key(7), SEALED))
        store.close()
    return entries_of(log_folder.with_name("copy"))[-1]


def add(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_a_torn_record_is_cut_off_and_the_log_says_so(log_folder: Path) -> None:
    add(log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=True))[:-1])
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.recovered.endswith(
            "bytes of a record 3 that was never whole nor acknowledged were cut off"
        )
        assert log.size == N_BEFORE
    assert verify_log(log_folder).size == N_BEFORE


def test_a_whole_record_is_completed_and_the_log_says_so(log_folder: Path) -> None:
    add(log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=True)))
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.recovered == "record 3 was whole but not covered; it was completed"
    assert parse_entry(entries_of(log_folder)[3]).public == intent(7)


def test_a_whole_record_is_written_again_before_it_is_completed(log_folder: Path, saboteur: Saboteur) -> None:
    """After a failed fsync the kernel may hold its bytes as clean without their being on disk."""
    add(log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=True)))
    saboteur.arm(-1, "")
    AuditLog.open(log_folder, origin=ORIGIN).close()
    assert saboteur.seen[: len(STEPS) - 1] == STEPS[1:]


def test_what_a_kill_left_of_a_new_checkpoint_is_cleared_away(log_folder: Path) -> None:
    (log_folder / ".checkpoint.0123abcd").write_bytes(b"half a check")
    AuditLog.open(log_folder, origin=ORIGIN).close()
    assert not list(log_folder.glob(".checkpoint*"))


def test_a_record_that_arrived_as_zeros_is_cut_off(log_folder: Path) -> None:
    entry = next_entry(log_folder, with_opening=True)
    add(log_folder / ENTRIES, bytes(len(frame(entry))))
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE


def test_a_record_whose_second_half_arrived_as_zeros_is_cut_off(log_folder: Path) -> None:
    data = frame(next_entry(log_folder, with_opening=True))
    add(log_folder / ENTRIES, data[:100] + bytes(len(data) - 100))
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE


@pytest.mark.parametrize(("n_bytes", "n_zeros"), [(20, 0), (20, 12), (0, 32), (0, 7), (32, 0)])
def test_a_torn_leaf_is_written_again(log_folder: Path, n_bytes: int, n_zeros: int) -> None:
    entry = next_entry(log_folder, with_opening=True)
    add(log_folder / ENTRIES, frame(entry))
    add(log_folder / LEAVES, leaf_hash(entry)[:n_bytes] + bytes(n_zeros))
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 1
    assert verify_log(log_folder).size == N_BEFORE + 1


def cut_power(log_folder: Path, *, checkpoint: bytes, n_leaves: int) -> None:
    """Append two records that are acknowledged, then let a power cut take back what was not flushed."""
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    leaves = (log_folder / LEAVES).read_bytes()[: n_leaves * 32]
    (log_folder / LEAVES).write_bytes(leaves)
    (log_folder / CHECKPOINT).write_bytes(checkpoint)


def take_back_the_mark(log_folder: Path) -> bytes:
    """Give the mark as it stands, to be put back: as if the close after the last append never came."""
    return (log_folder / MARK).read_bytes()


@pytest.mark.parametrize("n_leaves", [3, 4, 5])
@pytest.mark.parametrize("zeros", [0, 7, 32])
@pytest.mark.parametrize("emptied", [b"", b"\x00" * 90, None])
def test_a_power_cut_takes_back_checkpoint_and_leaves_but_no_record(
    log_folder: Path, n_leaves: int, zeros: int, emptied: bytes | None
) -> None:
    mark = take_back_the_mark(log_folder)
    cut_power(log_folder, checkpoint=mark if emptied is None else emptied, n_leaves=n_leaves)
    if n_leaves < N_BEFORE + 2:
        add(log_folder / LEAVES, bytes(zeros))
    (log_folder / MARK).write_bytes(mark)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 2
        assert log.recovered == "records 3 to 4 were whole but not covered; they were completed"
    assert verify_log(log_folder).size == N_BEFORE + 2
    assert openings_fit(log_folder)


@pytest.mark.parametrize("n_leaves", [3, 4])
def test_leaves_lost_behind_the_mark_are_made_again(log_folder: Path, n_leaves: int) -> None:
    mark = take_back_the_mark(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    (log_folder / LEAVES).write_bytes((log_folder / LEAVES).read_bytes()[: n_leaves * 32])
    (log_folder / MARK).write_bytes(mark)
    AuditLog.open(log_folder, origin=ORIGIN).close()
    assert verify_log(log_folder).size == N_BEFORE + 2


@pytest.mark.parametrize("marked", [True, False])
def test_a_leaf_that_was_changed_is_never_made_again(log_folder: Path, marked: bool) -> None:  # noqa: FBT001  pytest
    mark = take_back_the_mark(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    leaves = bytearray((log_folder / LEAVES).read_bytes())
    leaves[4 * 32] ^= 1
    (log_folder / LEAVES).write_bytes(leaves)
    if not marked:
        (log_folder / MARK).write_bytes(mark)
    with pytest.raises(VerificationError, match="leaf 4 was changed"):
        AuditLog.open(log_folder, origin=ORIGIN)


def test_leaves_missing_before_the_mark_were_taken_by_somebody(log_folder: Path) -> None:
    (log_folder / LEAVES).write_bytes((log_folder / LEAVES).read_bytes()[: 2 * 32])
    with pytest.raises(VerificationError, match="leaf 2 was changed or is missing"):
        AuditLog.open(log_folder, origin=ORIGIN)


def without_opening(log_folder: Path) -> None:
    add(log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=False)))


def torn_without_opening(log_folder: Path) -> None:
    add(log_folder / ENTRIES, b"\x00")


def two_records(log_folder: Path) -> None:
    add(log_folder / ENTRIES, 2 * frame(next_entry(log_folder, with_opening=True)))


def another_seal(log_folder: Path) -> None:
    entry = next_entry(log_folder, with_opening=True)
    commitment = Opening(record_key(7), SEALED).commitments()["requester"].encode()
    add(log_folder / ENTRIES, frame(entry.replace(commitment, b"0" * 64)))


def no_record(log_folder: Path) -> None:
    next_entry(log_folder, with_opening=True)
    add(log_folder / ENTRIES, frame(b"not a record"))


def another_number(log_folder: Path) -> None:
    add(
        log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=True).replace(b'"seq":3', b'"seq":4'))
    )


def another_leaf(log_folder: Path) -> None:
    add(log_folder / ENTRIES, frame(next_entry(log_folder, with_opening=True)))
    add(log_folder / LEAVES, b"\x01" * 32)


def leaf_without_record(log_folder: Path) -> None:
    add(log_folder / LEAVES, leaf_hash(next_entry(log_folder, with_opening=True)))


def zeros_without_record(log_folder: Path) -> None:
    add(log_folder / LEAVES, bytes(32))


def two_leaves(log_folder: Path) -> None:
    entry = next_entry(log_folder, with_opening=True)
    add(log_folder / ENTRIES, frame(entry))
    add(log_folder / LEAVES, 2 * leaf_hash(entry))


def old_copy(log_folder: Path) -> None:
    put_back(log_folder, ENTRIES, LEAVES, CHECKPOINT, MARK)


def old_copy_without_its_mark(log_folder: Path) -> None:
    put_back(log_folder, ENTRIES, LEAVES, CHECKPOINT)


def put_back(log_folder: Path, *names: str) -> None:
    kept = {name: (log_folder / name).read_bytes() for name in names}
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    for name, data in kept.items():
        (log_folder / name).write_bytes(data)


def arrived_out_of_order(log_folder: Path, *, opening: bool) -> None:
    """Leave a record whose first block did not arrive, though the next one did."""
    data = frame(next_entry(log_folder, with_opening=opening))
    add(log_folder / ENTRIES, bytes(100) + data[100:])


def test_a_record_whose_first_half_arrived_as_zeros_is_cut_off(log_folder: Path) -> None:
    arrived_out_of_order(log_folder, opening=True)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE
    assert verify_log(log_folder).size == N_BEFORE


def test_bytes_behind_zeros_without_an_opening_were_put_there(log_folder: Path) -> None:
    arrived_out_of_order(log_folder, opening=False)
    with pytest.raises(VerificationError, match="record 3 stands after the end"):
        AuditLog.open(log_folder, origin=ORIGIN)


@pytest.mark.parametrize("emptied", [b"", bytes(90)])
def test_a_checkpoint_emptied_on_a_log_at_rest_is_written_again(log_folder: Path, emptied: bytes) -> None:
    (log_folder / CHECKPOINT).write_bytes(emptied)
    AuditLog.open(log_folder, origin=ORIGIN).close()
    assert verify_log(log_folder).size == N_BEFORE


def test_a_checkpoint_whose_last_byte_did_not_arrive_is_the_one_before(log_folder: Path) -> None:
    """It was written over one that was a digit shorter: longer already, its bytes still the old ones."""
    before = (log_folder / CHECKPOINT).read_bytes()
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7)
    (log_folder / MARK).write_bytes(before)
    (log_folder / CHECKPOINT).write_bytes(before + b"\x00")
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 1
    assert verify_log(log_folder).size == N_BEFORE + 1


def test_a_checkpoint_older_than_the_mark_was_taken_back_and_is_written_again(log_folder: Path) -> None:
    """Its name may be flushed with the mark's while its bytes are still those of some swaps before."""
    before = (log_folder / CHECKPOINT).read_bytes()
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    (log_folder / CHECKPOINT).write_bytes(before)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert (log.size, log.recovered) == (N_BEFORE + 2, "")
    assert verify_log(log_folder).size == N_BEFORE + 2


def test_what_nobody_flushed_is_flushed_when_the_log_is_opened(log_folder: Path, saboteur: Saboteur) -> None:
    """A killed writer's leaves may be in no mark, and after a failed fsync nowhere but in memory."""
    mark = take_back_the_mark(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7, 8)
    (log_folder / MARK).write_bytes(mark)
    saboteur.arm(-1, "")
    with AuditLog.open(log_folder, origin=ORIGIN):
        assert (log_folder / MARK).read_bytes() == (log_folder / CHECKPOINT).read_bytes()
    assert saboteur.seen[:3] == ["pwrite", "fsync", "fsync"]


def test_a_log_closed_twice_leaves_the_next_writer_alone(log_folder: Path) -> None:
    first = AuditLog.open(log_folder, origin=ORIGIN)
    first.close()
    with AuditLog.open(log_folder, origin=ORIGIN) as second:
        append_intents(second, 7, 8)
        beside = sorted(log_folder.glob(".checkpoint*"))
        first.close()
        assert beside == sorted(log_folder.glob(".checkpoint*")) != []


PUT_THERE = "record 3 stands after the end"


@pytest.mark.parametrize(
    ("done", "sentence"),
    [
        (without_opening, PUT_THERE),
        (torn_without_opening, PUT_THERE),
        (two_records, "record 4 stands after the end"),
        (another_seal, PUT_THERE),
        (no_record, PUT_THERE),
        (another_number, PUT_THERE),
        (another_leaf, "leaf 3 does not fit"),
        (leaf_without_record, "leaf 3 does not fit"),
        (zeros_without_record, "leaf 3 does not fit"),
        (two_leaves, "leaf 3 does not fit"),
        (old_copy, "records are missing: the sealed part knows record 4"),
        (
            old_copy_without_its_mark,
            "records are missing: 5 were flushed to the disk, says mark, .* record 3",
        ),
    ],
)
def test_what_no_crash_can_leave_is_refused_and_left_as_it_is(
    log_folder: Path, done: Callable[[Path], None], sentence: str
) -> None:
    done(log_folder)
    found = {name: (log_folder / name).read_bytes() for name in (ENTRIES, LEAVES, CHECKPOINT)}
    with pytest.raises(VerificationError, match=sentence):
        AuditLog.open(log_folder, origin=ORIGIN)
    assert {name: (log_folder / name).read_bytes() for name in found} == found
