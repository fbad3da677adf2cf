"""Opening single fields for a court: exactly those, checkable by anybody, and nothing else guessable."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logbook import ORIGIN, SEALED, entries_of, intent, record_key

from facegate.audit.commitments import check_opening, salt_of
from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.sealing.opening_file import check_openings, encode_openings, open_fields
from facegate.audit.sealing.sealed import Opening
from facegate.audit.signed.issuing import issue_receipts
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facegate.audit.signed.notes import VerifierKey

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PINS = {"case_number": "24-001234", "requester": "8841", "pin": "0042"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, tuple[VerifierKey, ...]]:
    """Open two fields of record 1 of a log of three."""
    folder = tmp_path_factory.mktemp("opened")
    keys = LogKeys.create(folder / "keys", ORIGIN, random_bytes=lambda n: bytes([n]) * n)
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        for number, sealed in enumerate((SEALED, PINS, SEALED)):
            log.append(intent(number), sealed, record_key=record_key(number))
        [(_, opening)] = [one for one in log.read() if one[0].seq == 1]
    assert opening is not None
    receipts, witnessed = issue_receipts(folder / "log", keys, [1], at=NOW)
    assert not witnessed
    data = entries_of(folder / "log")[1]
    return encode_openings(
        [open_fields(data, opening, ["requester", "case_number"], receipts[1])]
    ), keys.vkeys


def test_the_fields_named_open_and_nothing_else(made: tuple[bytes, tuple[VerifierKey, ...]]) -> None:
    data, keys = made
    [shown] = check_openings(data, keys=keys)
    assert shown.fields == {"case_number": "24-001234", "requester": "8841"}
    assert (shown.entry.seq, shown.signed.checkpoint.size) == (1, 3)
    for secret in (b"0042", record_key(1).hex().encode(), base64.b64encode(record_key(1))):
        assert secret not in data


def guessed(commitment: bytes, salt: bytes) -> list[str]:
    """Try every four-digit number there is."""
    numbers = [f"{guess:04d}" for guess in range(10_000)]
    return [one for one in numbers if opens("pin", salt, one, commitment)]


def opens(field: str, salt: bytes, value: str, commitment: bytes) -> bool:
    try:
        check_opening(field, salt, value, commitment)
    except VerificationError:
        return False
    return True


def test_a_field_that_was_not_opened_cannot_be_guessed_from_the_others(
    made: tuple[bytes, tuple[VerifierKey, ...]],
) -> None:
    [shown] = check_openings(made[0], keys=made[1])
    commitment = bytes.fromhex(shown.entry.sealed["pin"])
    [record] = json.loads(made[0])["records"]
    for salt in [bytes(32), *(bytes.fromhex(one["salt"]) for one in record["fields"])]:
        assert guessed(commitment, salt) == []
    assert guessed(commitment, salt_of("pin", record_key(1))) == ["0042"]  # with its own salt it is found


def changed(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    def apply(data: bytes) -> bytes:
        held = json.loads(data)
        change(held["records"][0])
        return json.dumps(held).encode()

    return apply


def swap_values(record: dict[str, Any]) -> None:
    one, other = record["fields"]
    one["value"], other["value"] = other["value"], one["value"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (changed(lambda one: one["fields"][0].update(value="24-001235")), "record 1: opening of case_number"),
        (changed(lambda one: one["fields"][0].update(salt="00" * 32)), "record 1: opening of case_number"),
        (changed(lambda one: one["fields"][0].update(salt="zz")), "the salt is not 64 hexadecimal digits"),
        (changed(lambda one: one["fields"][0].update(salt="00")), "salt of 1"),
        (changed(lambda one: one["fields"][0].update(field="pin")), "record 1: opening of pin"),
        (changed(lambda one: one["fields"][0].update(field="nothing")), "seals no field 'nothing'"),
        (changed(lambda one: one["fields"].append(one["fields"][0])), "opened twice"),
        (changed(swap_values), "not what the log committed to"),
        (changed(lambda one: one.update(entry="AAAA")), "inclusion proof"),
        (changed(lambda one: one.update(entry="no base64!")), "not base64"),
        (changed(lambda one: one.update(receipt="")), "receipt"),
        (changed(lambda one: one.update(receipt=one["receipt"].replace("index 1", "index 0"))), "inclusion"),
        (changed(lambda one: one.update(extra=1)), "not a file of openings"),
        (changed(lambda one: one.update(receipt="\ud800")), "half of a surrogate pair"),
        (changed(lambda one: one.update(fields={})), "not a file of openings"),
        (changed(lambda one: one.update(fields=[])), "one at least"),
        (changed(lambda one: one["fields"][0].update(value=7)), "not a file of openings"),
        (lambda data: data.replace(b"facegate-opening/1", b"facegate-opening/2"), "not a file of openings"),
        (lambda data: data[:-9], "not a file of openings"),
        (lambda _: b"[]", "not a file of openings"),
        (lambda _: b'{"format":"facegate-opening/1","records":[]}', "not a file of openings"),
        (lambda _: b"[" * 100_000, "not a file of openings"),
    ],
)
def test_whatever_was_changed_is_found(
    made: tuple[bytes, tuple[VerifierKey, ...]], change: Callable[[bytes], bytes], why: str
) -> None:
    data, keys = made
    with pytest.raises(VerificationError, match=why):
        check_openings(change(data), keys=keys)


def test_another_log_s_key_checks_nothing(
    made: tuple[bytes, tuple[VerifierKey, ...]], tmp_path: Path
) -> None:
    other = LogKeys.create(tmp_path, "facegate.example/other", random_bytes=bytes)
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        check_openings(made[0], keys=other.vkeys)


@given(at=st.integers(min_value=0), bit=st.integers(0, 7))
def test_one_flipped_bit_never_opens_to_something_else(
    made: tuple[bytes, tuple[VerifierKey, ...]], at: int, bit: int
) -> None:
    data, keys = made
    flipped = bytearray(data)
    flipped[at % len(data)] ^= 1 << bit
    try:
        shown = check_openings(bytes(flipped), keys=keys)
    except VerificationError:
        return
    # Nothing was hidden in what remains free: white space, and a digit of a salt in capitals.
    assert [one.fields for one in shown] == [{"case_number": "24-001234", "requester": "8841"}]


def test_a_field_that_the_record_does_not_seal_is_refused_by_name(tmp_path: Path) -> None:
    keys = LogKeys.create(tmp_path / "keys", ORIGIN, random_bytes=bytes)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append(intent(1), SEALED, record_key=record_key(1))
    receipts, _ = issue_receipts(tmp_path / "log", keys, [0], at=NOW)
    with pytest.raises(InputError, match="seals no field officer; it seals case_number, requester"):
        open_fields(b"", Opening(record_key(1), SEALED), ["officer"], receipts[0])


@pytest.mark.parametrize("indexes", [[], [-1], [1], [0, 9]])
def test_receipts_are_made_of_records_that_are_there(tmp_path: Path, indexes: list[int]) -> None:
    keys = LogKeys.create(tmp_path / "keys", ORIGIN, random_bytes=bytes)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append(intent(1), SEALED, record_key=record_key(1))
    with pytest.raises(InputError, match="receipts are made of records 0 to 0, got"):
        issue_receipts(tmp_path / "log", keys, indexes, at=NOW)
