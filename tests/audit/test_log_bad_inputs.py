"""What nobody should send, and what nobody should be able to find out: one sentence, and the log intact.

Here too: every flipped bit is found, and what is sealed cannot be guessed.
"""

from __future__ import annotations

import errno
import itertools
import os
import shutil
import subprocess
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, make_log, record_key

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.commitments import commit, salt_of
from facegate.audit.entry import LARGEST_ENTRY, encode_entry, parse_entry
from facegate.audit.log import AuditLog, Record
from facegate.audit.sealing.openings_key import openings_key_of
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, MARK
from facegate.audit.storage import SEALED as SEALED_FILE
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N_RECORDS = 40
SKEW = 3600.0


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "log"
    make_log(folder, N_RECORDS)
    return folder


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template.parent, tmp_path, dirs_exist_ok=True)  # with the keys beside it
    return tmp_path / "log"


# Too much.


def record_of(n_bytes: int, seq: int) -> Record:
    """Make a record whose entry has exactly so many bytes."""
    bare = len(entry_bytes(Record(intent(7, note=""), SEALED, record_key(7)), seq))
    return Record(intent(7, note="x" * (n_bytes - bare)), SEALED, record_key(7))


def entry_bytes(record: Record, seq: int) -> bytes:
    sealed = {name: commit(name, value, record.record_key) for name, value in record.sealed.items()}
    return encode_entry(seq, record.public, sealed)


@pytest.mark.parametrize("n_bytes", [LARGEST_ENTRY + 1, 70_000, 1_000_000])
def test_a_record_too_long_is_refused_and_so_are_those_beside_it(folder: Path, n_bytes: int) -> None:
    long = Record(intent(7, note="x" * n_bytes), SEALED, record_key(7))
    with AuditLog.open(folder, origin=ORIGIN) as log:
        with pytest.raises(InputError, match="at most 65,535 fit; nothing was logged"):
            log.append_many([Record(intent(8), SEALED, record_key(8)), long])
        assert append_intents(log, 9) == [N_RECORDS]
    assert verify_log(folder, max_skew_seconds=SKEW).size == N_RECORDS + 1


def test_the_longest_record_that_fits_is_logged_and_read_back(folder: Path) -> None:
    with AuditLog.open(folder, origin=ORIGIN) as log:
        log.append_many([record_of(LARGEST_ENTRY, N_RECORDS)])
    assert len(entries_of(folder)[-1]) == LARGEST_ENTRY
    assert verify_log(folder, max_skew_seconds=SKEW).size == N_RECORDS + 1


def test_a_long_sealed_value_costs_the_log_no_more_than_a_short_one(folder: Path) -> None:
    with AuditLog.open(folder, origin=ORIGIN) as log:
        log.append(intent(7), {"narrative": "x" * 1_000_000}, record_key=record_key(7))
        [(entry, opening)] = log.read(N_RECORDS)
    assert len(entries_of(folder)[-1]) < 400
    assert opening is not None
    assert opening.commitments() == entry.sealed


# A full disk.


@pytest.mark.parametrize("write", ["pwrite", "fsync"])
def test_a_full_disk_is_one_sentence_and_no_loss(
    folder: Path, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with AuditLog.open(folder, origin=ORIGIN) as log, monkeypatch.context() as patch:
        patch.setattr(os, write, full)
        with pytest.raises(AuditError, match=r"No space left on device; nothing may be searched$"):
            append_intents(log, 7)
        with pytest.raises(AuditError, match="open the log again"):
            append_intents(log, 8)
    with AuditLog.open(folder, origin=ORIGIN) as log:
        assert log.size - N_RECORDS in {0, 1}
        append_intents(log, 9)
    verify_log(folder, max_skew_seconds=SKEW)


def test_a_write_that_lands_in_part_is_gone_on_with(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel may write less than asked for and say so: no error, and no torn record."""
    honest = os.pwrite
    with AuditLog.open(folder, origin=ORIGIN) as log, monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", lambda file, data, at: honest(file, data[:7], at))
        append_intents(log, 7, 8)
    assert verify_log(folder, max_skew_seconds=SKEW).size == N_RECORDS + 2


@contextmanager
def small_disk(at: Path) -> Iterator[Path]:
    """Mount a disk of one megabyte, where that is allowed."""
    at.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(at)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603  ours
    except FileNotFoundError:
        mounted = False
    if not mounted:
        pytest.skip("mounting a small disk is not permitted here")
    try:
        yield at
    finally:
        subprocess.run(["umount", "-l", str(at)], check=True)  # noqa: S603, S607  as above


def fill(log: AuditLog, told: list[int]) -> None:
    """Append batches until the log refuses; note what is durable."""
    for number in itertools.count():
        told += log.append_many([Record(intent(number, note="x" * 500), SEALED, record_key(number))] * 8)


@pytest.mark.slow
def test_a_disk_that_is_really_full_loses_no_acknowledged_record(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        told: list[int] = []
        with AuditLog.open(disk / "log", origin=ORIGIN) as log:
            with pytest.raises(AuditError, match=r"(No space left|is full).*nothing may be searched"):
                fill(log, told)
            with pytest.raises(AuditError, match="open the log again"):
                append_intents(log, 7)
        assert told
        shutil.copytree(disk, tmp_path / "copy")
        assert len(entries_of(disk / "log")) >= len(told)
    with AuditLog.open(tmp_path / "copy" / "log", origin=ORIGIN) as log:
        assert log.size >= len(told)
        append_intents(log, 7)
    verify_log(tmp_path / "copy" / "log", max_skew_seconds=SKEW)


# A clock that jumps.


def dated(*hours: int) -> list[Record]:
    """Make an intent for each hour of the day."""
    return [
        Record(
            {"kind": "intent", "time": f"2026-11-22T{hour:02d}:00:00.00Z", "search_id": f"at-{nth}"}, {}, key
        )
        for nth, hour in enumerate(hours)
        for key in [record_key(nth)]
    ]


def test_a_clock_set_back_an_hour_loses_nothing_and_is_said(tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert log.append_many(dated(3, 4, 3, 4)) == range(4)
    with pytest.raises(VerificationError, match=r"record 2 is dated 3600\.00 s before an earlier record"):
        verify_log(tmp_path / "log")
    allowed = verify_log(tmp_path / "log", max_skew_seconds=SKEW)
    assert (allowed.size, allowed.dated_back) == (4, (2,))


def test_a_clock_set_forward_an_hour_is_no_finding_of_the_log(tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append_many(dated(3, 4, 5))
    assert verify_log(tmp_path / "log").dated_back == ()


def test_a_log_whose_newest_record_is_from_the_future_takes_more(tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append_many(dated(23))
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert log.append_many(dated(3, 4)) == range(1, 3)
    with pytest.raises(VerificationError, match="record 1 is dated"):
        verify_log(tmp_path / "log")


# Files cut short, emptied, or of something else.


@pytest.mark.parametrize("name", [ENTRIES, LEAVES, CHECKPOINT, MARK, SEALED_FILE])
@pytest.mark.parametrize("part", [0.5, 0.99])
def test_a_file_cut_short_is_refused_and_nothing_is_changed(folder: Path, name: str, part: float) -> None:
    data = (folder / name).read_bytes()
    (folder / name).write_bytes(data[: int(len(data) * part)])
    found = {one.name: one.read_bytes() for one in folder.iterdir() if not one.name.startswith(SEALED_FILE)}
    with pytest.raises(AuditError) as refusal:
        AuditLog.open(folder, origin=ORIGIN)
    assert "\n" not in str(refusal.value)
    assert {one: (folder / one).read_bytes() for one in found} == found
    (folder / name).write_bytes(data)
    with AuditLog.open(folder, origin=ORIGIN) as log:
        assert append_intents(log, 7) == [N_RECORDS]


@pytest.mark.parametrize("name", [ENTRIES, LEAVES, MARK, SEALED_FILE])
def test_an_emptied_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"")
    with pytest.raises(AuditError):
        AuditLog.open(folder, origin=ORIGIN)


@pytest.mark.parametrize("name", [ENTRIES, LEAVES, CHECKPOINT])
def test_a_file_of_another_log_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    with AuditLog.open(tmp_path / "other" / "log", origin=ORIGIN) as log:
        append_intents(log, *range(N_RECORDS))
    shutil.copy(tmp_path / "other" / "log" / name, folder / name)
    with pytest.raises(VerificationError):
        AuditLog.open(folder, origin=ORIGIN)
    with pytest.raises(VerificationError):
        verify_log(folder, max_skew_seconds=SKEW)


def test_the_keys_of_another_log_open_nothing_and_say_so(folder: Path, tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "other" / "log", origin=ORIGIN) as log:
        append_intents(log, 1)
    shutil.copy(openings_key_of(tmp_path / "other" / "log"), openings_key_of(folder))
    log = AuditLog.open(folder, origin=ORIGIN)
    with log, pytest.raises(VerificationError, match="sealed fields of record 0 cannot be read"):
        list(log.read())


# Every bit.


def flips(folder: Path, name: str, every: int) -> int:
    """Flip bits one by one and demand that each is found; give how many were."""
    path = folder / name
    data = path.read_bytes()
    kept = (folder / CHECKPOINT).read_bytes()
    n_found = 0
    for at in range(0, 8 * len(data), every):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        path.write_bytes(changed)
        try:
            verify_log(folder, trusted=kept, max_skew_seconds=SKEW)
        except (VerificationError, InputError):
            n_found += 1
        else:
            pytest.fail(f"bit {at % 8} of byte {at // 8} of {name} was flipped and not found")
    path.write_bytes(data)
    return n_found


@pytest.fixture(autouse=True)
def _without_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes meanwhile: what stands behind the end need not be waited for."""
    monkeypatch.setattr("facegate.audit.verify.PATIENCE_SECONDS", 0.0)


def test_flipped_bits_are_found_wherever_they_are(folder: Path) -> None:
    n_found = sum(flips(folder, name, every=prime) for name, prime in ((ENTRIES, 401), (LEAVES, 61)))
    assert n_found + flips(folder, CHECKPOINT, every=7) > 400
    assert verify_log(folder, max_skew_seconds=SKEW).size == N_RECORDS


@pytest.mark.slow
def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "log"
    make_log(folder, 18)
    n_bits = 8 * sum((folder / name).stat().st_size for name in (ENTRIES, LEAVES, CHECKPOINT))
    assert n_bits > 40_000
    assert sum(flips(folder, name, every=1) for name in (ENTRIES, LEAVES, CHECKPOINT)) == n_bits


# Guessing.


def case_numbers(n: int) -> Iterator[str]:
    """Every case number there can be, in the order a dictionary would have them."""
    return itertools.islice((f"{year:02d}-{number:06d}" for year in (24, 25) for number in range(10**6)), n)


def guessed(commitment: bytes, salts: list[bytes], n_guesses: int) -> list[str]:
    """Try a dictionary as somebody would who knows how commitments are made, and the public log."""
    heads = [sha256(b"facegate/commit/v1\x00case_number\x00" + salt) for salt in salts]
    found = []
    for guess in case_numbers(n_guesses):
        value = guess.encode()
        for head in heads:
            digest = head.copy()
            digest.update(value)
            if digest.digest() == commitment:
                found.append(guess)
    return found


def known_salts(folder: Path) -> list[bytes]:
    """Whatever the public part offers in the place of a salt."""
    entry = entries_of(folder)[0]
    published = [bytes.fromhex(one) for one in parse_entry(entry).sealed.values()]
    root = parse_checkpoint((folder / CHECKPOINT).read_bytes()).root
    return [b"", bytes(32), sha256(entry).digest(), sha256(b"\x00" + entry).digest(), root, *published]


def guess_a_sealed_case_number(folder: Path, n_guesses: int) -> tuple[list[str], list[str]]:
    """Guess with all that is public; then as if there were no salt, which must find it."""
    public = [b"", bytes(32)]
    sealed = bytes.fromhex(parse_entry(entries_of(folder)[0]).sealed["case_number"])
    unsalted = sha256(b"facegate/commit/v1\x00case_number\x00" + SEALED["case_number"].encode()).digest()
    return guessed(sealed, [*public, *known_salts(folder)], n_guesses), guessed(unsalted, public, n_guesses)


def test_a_dictionary_of_case_numbers_guesses_nothing_that_is_sealed(folder: Path) -> None:
    hits, without_salt = guess_a_sealed_case_number(folder, 20_000)
    assert hits == []
    assert without_salt == [SEALED["case_number"]]


@pytest.mark.slow
def test_a_dictionary_of_a_million_case_numbers_guesses_nothing_that_is_sealed(folder: Path) -> None:
    hits, without_salt = guess_a_sealed_case_number(folder, 10**6)
    assert hits == []
    assert without_salt == [SEALED["case_number"]]


def test_whoever_is_shown_the_salt_could_have_guessed(folder: Path) -> None:
    """The control of the control: with its own salt the same dictionary finds it."""
    sealed = bytes.fromhex(parse_entry(entries_of(folder)[0]).sealed["case_number"])
    assert guessed(sealed, [salt_of("case_number", record_key(0))], 2_000) == [SEALED["case_number"]]


def test_the_same_value_sealed_twice_is_sealed_differently(folder: Path) -> None:
    commitments = [parse_entry(one).sealed.get("case_number") for one in entries_of(folder)[::2]]
    assert len(set(commitments)) == len(commitments) == N_RECORDS // 2
