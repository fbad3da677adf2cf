"""Records appended together and records erased: every step made to fail, then the whole log verified.

An erasure is on record and carried out, or neither, wherever it was cut off. What else the steps of an
append can leave: `test_log_crashes`.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, record_key, result
from sabotage import N_BEFORE, WAYS, Saboteur, openings_fit

from facegate.audit.entry import parse_entry
from facegate.audit.frames import frame
from facegate.audit.log import LARGEST_BATCH, AuditLog, Record
from facegate.audit.reading import read_records
from facegate.audit.sealing.erasure import PENDING
from facegate.audit.sealing.openings_key import openings_key_of
from facegate.audit.sealing.row_keys import RowKeys
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, MARK
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

N_BATCH = 3
APPEND = ["put_many", "pwrite", "fsync", "pwrite", "pwrite", "replace", "replace"]
FLUSH = ["fsync", "write_bytes", "fsync", "replace", "fsync"]
ANNOUNCE = FLUSH[1:]
DESTROY = ["pwrite", "fsync", "replace", "fsync", "pwrite", "fsync", "_delete"]
ERASURE_STEPS = [*ANNOUNCE, *APPEND, *FLUSH, *DESTROY, "fsync"]
WITH_UNLINKS = (
    len(ERASURE_STEPS) + 4
)  # of what was written aside, twice; of the old keys; of the announcement


def batch(*numbers: int) -> list[Record]:
    """Make one record for each number."""
    return [Record(intent(number), SEALED, record_key(number)) for number in numbers]


BATCH = batch(*range(10, 10 + N_BATCH))
ON_ORDER = Record(
    {"time": "2026-11-22T04:00:00.00Z", "basis": "court-order"}, {"order": "26-17"}, record_key(9)
)


def fails(log: AuditLog, saboteur: Saboteur, at: int, way: str, seqs: Sequence[int]) -> bool:
    """Erase records with one step failing; say whether the failure was noticed."""
    saboteur.arm(at, way)
    try:
        log.erase(seqs, ON_ORDER)
    except AuditError:
        return True
    finally:
        saboteur.arm(-1, "")
    return False


def hold(log_folder: Path, before: list[bytes]) -> list[bytes]:
    """Open, append, verify: nothing before was lost, and the openings fit. Give the entries."""
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 8)
    after = entries_of(log_folder)
    assert after[: len(before)] == before
    assert verify_log(log_folder, max_skew_seconds=3600).size == len(after)
    assert openings_fit(log_folder)
    assert not [
        *log_folder.glob(".checkpoint*"),
        *log_folder.glob(".mark*"),
        *log_folder.glob(f"*{PENDING}*"),
    ]
    return after


def demand_gone_for_good(log_folder: Path, seq: int) -> None:
    """No file beside the keys, nor the keys, lead to the key of a record."""
    keys = openings_key_of(log_folder)
    assert [one.name for one in keys.parent.iterdir()] == [keys.name]
    assert RowKeys.read(keys).key(seq) is None


# Appended together.


def test_records_appended_together_get_places_in_order(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert log.append_many(BATCH) == range(N_BEFORE, N_BEFORE + N_BATCH)
    assert [parse_entry(one).public for one in entries_of(log_folder)[N_BEFORE:]] == [
        one.public for one in BATCH
    ]
    assert openings_fit(log_folder)


def test_a_result_may_stand_in_one_batch_with_its_intent(log_folder: Path) -> None:
    pair = [BATCH[0], Record(result(10, of=N_BEFORE), {}, record_key(11))]
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        log.append_many(pair)
    assert verify_log(log_folder, max_skew_seconds=3600).n_by_kind == {"intent": 3, "result": 2}


def test_one_append_of_many_makes_as_many_steps_as_of_one(log_folder: Path, saboteur: Saboteur) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(-1, "")
        log.append_many(BATCH)
        assert saboteur.seen == APPEND


@pytest.mark.parametrize("number", [0, LARGEST_BATCH + 1])
def test_none_and_too_many_are_refused(log_folder: Path, number: int) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        with pytest.raises(InputError, match=f"{number} records to be appended together, wanted 1 to 256"):
            log.append_many(batch(*range(number)))
        assert append_intents(log, 8) == [N_BEFORE]


def test_one_bad_record_refuses_all_and_the_log_stays_usable(log_folder: Path) -> None:
    bad = Record(intent(1, note="x" * 70_000), SEALED, record_key(1))
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        with pytest.raises(InputError, match="at most 65,535 fit"):
            log.append_many([*BATCH, bad])
        assert append_intents(log, 8) == [N_BEFORE]
    assert openings_fit(log_folder)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(len(APPEND) + len(FLUSH)))
def test_a_failed_batch_loses_nothing_and_tears_nothing(
    log_folder: Path, saboteur: Saboteur, monkeypatch: pytest.MonkeyPatch, at: int, way: str
) -> None:
    monkeypatch.setattr("facegate.audit.log.MARK_EVERY", 1)
    before = entries_of(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(at, way)
        with pytest.raises(AuditError, match="nothing may be searched"):
            log.append_many(BATCH)
        saboteur.arm(-1, "")
        with pytest.raises(AuditError, match="takes no more records"):
            append_intents(log, 8)
    survived = len(hold(log_folder, before)) - N_BEFORE - 1
    if at == 1 and way == "halfway":
        assert survived == 1  # of three as long as each other
    else:
        assert survived == (N_BATCH if at > 1 or (at == 1 and way == "after") else 0)


@pytest.mark.parametrize("n_bytes", [1, 300, 700, 900])
def test_of_a_batch_cut_off_anywhere_the_whole_records_stay(log_folder: Path, n_bytes: int) -> None:
    before = entries_of(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        kept = {name: (log_folder / name).read_bytes() for name in (LEAVES, CHECKPOINT, MARK)}
        log.append_many(BATCH)
    frames = b"".join(map(frame, entries_of(log_folder)))
    cut = len(b"".join(map(frame, before))) + n_bytes
    for name, data in {**kept, ENTRIES: frames[:cut]}.items():
        (log_folder / name).write_bytes(data)
    survived = len(hold(log_folder, before)) - N_BEFORE - 1
    assert survived == n_bytes // len(frame(entries_of(log_folder)[N_BEFORE]))


def test_a_single_record_in_the_place_of_a_batch_cut_off_does_not_hide_that_others_were_removed(
    log_folder: Path,
) -> None:
    """What is left of a batch is discarded with its mark of being one."""
    kept = {name: (log_folder / name).read_bytes() for name in (ENTRIES, LEAVES, CHECKPOINT, MARK)}
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        log.append_many(BATCH)
    for name, data in kept.items():
        (log_folder / name).write_bytes(data)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        assert append_intents(log, *range(N_BATCH)) == [3, 4, 5]
    for name, data in kept.items():
        (log_folder / name).write_bytes(data)
    with pytest.raises(VerificationError, match="the sealed part knows record 5"):
        AuditLog.open(log_folder, origin=ORIGIN)


# Erased.


def test_these_are_the_steps_of_an_erasure(log_folder: Path, saboteur: Saboteur) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(-1, "")
        log.erase([1], ON_ORDER)
    seen = [step for step in saboteur.seen if step != "unlink"]
    assert seen[: len(ERASURE_STEPS)] == ERASURE_STEPS
    assert saboteur.seen[:WITH_UNLINKS].count("unlink") == WITH_UNLINKS - len(ERASURE_STEPS)


def test_an_erasure_goes_on_record_only_by_erasing(log_folder: Path) -> None:
    """A record that says so without its being done would be a promise that nobody keeps."""
    claimed = {**intent(8), "kind": "erasure", "records": [[1, 1]]}
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        with pytest.raises(InputError, match="erase the records instead"):
            log.append(claimed, {}, record_key=record_key(8))
        assert append_intents(log, 8) == [N_BEFORE]


def test_an_erasure_that_is_no_record_is_not_even_announced(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        with pytest.raises(InputError, match="32 bytes, got 5"):
            log.erase([1], Record(ON_ORDER.public, {}, b"short"))
        assert not (log_folder / PENDING).exists()
        assert log.erase([1], ON_ORDER) == N_BEFORE
    assert openings_fit(log_folder)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(WITH_UNLINKS))
def test_a_failed_erasure_is_on_record_and_done_or_neither(
    log_folder: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    before = entries_of(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        noticed = fails(log, saboteur, at, way, [1])
        if noticed:
            with pytest.raises(AuditError, match="takes no more records"):
                append_intents(log, 8)
    after = hold(log_folder, before)
    recorded = any(parse_entry(one).kind == "erasure" for one in after)
    assert recorded or noticed
    if recorded:
        demand_gone_for_good(log_folder, 1)


@pytest.mark.parametrize("at", range(WITH_UNLINKS))
def test_ctrl_c_in_an_erasure_is_no_worse(log_folder: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    saboteur = Saboteur(monkeypatch, KeyboardInterrupt())
    before = entries_of(log_folder)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        saboteur.arm(at, "after")
        with pytest.raises(KeyboardInterrupt):
            log.erase([1], ON_ORDER)
        saboteur.arm(-1, "")
        with pytest.raises(AuditError, match="takes no more records"):
            log.erase([0], ON_ORDER)
    hold(log_folder, before)


def settled_after_two_failures(
    three_records: Path, tmp_path: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    """Fail one erasure at a step, and every step of settling it in turn."""
    for again in range(60):
        log_folder = tmp_path / str(again) / "log"
        shutil.copytree(three_records, log_folder.parent)
        before = entries_of(log_folder)
        with AuditLog.open(log_folder, origin=ORIGIN) as log:
            fails(log, saboteur, at, way, [1])
        saboteur.arm(again, WAYS[again % 3])
        try:
            AuditLog.open(log_folder, origin=ORIGIN).close()
        except VerificationError:
            pytest.fail("a crash must never look like tampering")
        except AuditError:
            pass
        struck = saboteur.struck
        saboteur.arm(-1, "")
        after = hold(log_folder, before)
        if any(parse_entry(one).kind == "erasure" for one in after):
            demand_gone_for_good(log_folder, 1)
        if not struck:
            return
    pytest.fail("settling has more than 60 steps; the matrix must grow")


@pytest.mark.parametrize(("at", "way"), [(5, "after"), (13, "after"), (21, "halfway"), (23, "after")])
def test_a_crash_while_settling_an_erasure_is_settled_too(
    three_records: Path, tmp_path: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    settled_after_two_failures(three_records, tmp_path, saboteur, at, way)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", range(WITH_UNLINKS))
def test_every_crash_while_settling_every_failed_erasure_is_settled_too(
    three_records: Path, tmp_path: Path, saboteur: Saboteur, at: int, way: str
) -> None:
    settled_after_two_failures(three_records, tmp_path, saboteur, at, way)


@pytest.mark.parametrize("arrived", [b"", bytes(90), None])
def test_a_power_cut_after_an_erasure_does_not_make_the_erased_record_a_stranger(
    log_folder: Path, tmp_path: Path, arrived: bytes | None
) -> None:
    """Behind the mark a record is known by its opening; so what is erased must be before it."""
    old = (log_folder / CHECKPOINT).read_bytes()
    cut = tmp_path / "cut" / "log"
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        append_intents(log, 7)
        log.erase([N_BEFORE], ON_ORDER)
        append_intents(log, 8)
        shutil.copytree(tmp_path / "log", cut)
        shutil.copytree(tmp_path / "keys", cut.parent / "keys")
    (cut / CHECKPOINT).write_bytes(old if arrived is None else arrived)
    flushed = int((cut / MARK).read_bytes().split(b"\n")[1])
    (cut / LEAVES).write_bytes((cut / LEAVES).read_bytes()[: flushed * 32])
    with AuditLog.open(cut, origin=ORIGIN) as log:
        assert log.size == N_BEFORE + 3
    assert openings_fit(cut)


def test_what_a_kill_left_beside_the_keys_is_overwritten_by_the_next_erasure(log_folder: Path) -> None:
    """Keys kept in a file that was never put in place would open what is erased later."""
    keys = openings_key_of(log_folder)
    left = keys.with_name(f".{keys.name}.new")
    left.write_bytes(keys.read_bytes())
    second = keys.with_name(f".{keys.name}.0123abcd")
    second.hardlink_to(keys)  # of the file in use: only its second name goes
    with AuditLog.open(log_folder, origin=ORIGIN) as log, left.open("rb") as still_open:
        log.erase([1], ON_ORDER)
        assert not still_open.read().strip(b"\x00")
    demand_gone_for_good(log_folder, 1)
    assert openings_fit(log_folder)


def test_a_reader_that_was_there_before_an_erasure_sees_an_erasure_and_no_theft(log_folder: Path) -> None:
    reader = read_records(log_folder)
    next(reader)
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        log.erase([1], ON_ORDER)
    assert next(reader)[1] is None


def test_a_record_is_erased_twice_without_harm(log_folder: Path) -> None:
    with AuditLog.open(log_folder, origin=ORIGIN) as log:
        log.erase([0, 1], ON_ORDER)
        log.erase([1, 2, 3], Record(ON_ORDER.public, {}, record_key(12)))
    assert openings_fit(log_folder)
    hold(log_folder, entries_of(log_folder))
