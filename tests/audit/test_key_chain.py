"""The chain of keys: each names the next, and whoever trusts one can follow it, unless one leaked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logbook import ORIGIN

from facegate.audit.entry import Entry, encode_entry, parse_entry
from facegate.audit.keys.key_chain import key_periods, key_record, keys_after
from facegate.audit.keys.key_rotation import (
    NEXT_KEY,
    finish_rotation,
    prepare_rotation,
    retire_previous,
    settle_rotation,
)
from facegate.audit.keys.log_keys import LOG_KEY, PREVIOUS_KEY, LogKeys
from facegate.audit.signed.notes import MLDSA44_COSIGNATURE, VerifierKey
from facegate.audit.signed.signing import Ed25519Signer
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def signer(number: int) -> Ed25519Signer:
    return Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32))


A, B, C = signer(1), signer(2), signer(3)


def entry(seq: int, public: dict[str, Any]) -> Entry:
    return parse_entry(encode_entry(seq, {"kind": "key", "time": "2026-11-22T12:00:00.00Z", **public}, {}))


def chain(*steps: tuple[Ed25519Signer, str]) -> list[Entry]:
    """Write the records of a chain, at places 0, 10, 20, ..."""
    entries, before = [], None
    for at, (key, reason) in enumerate(steps):
        entries.append(entry(10 * at, key_record(key, previous=before, reason=reason, at=NOW)))
        before = key
    return entries


THREE = chain((A, "first"), (B, "rotation"), (C, "rotation"))


def test_each_key_has_its_stretch_of_the_log() -> None:
    periods = key_periods(THREE, origin=ORIGIN)
    assert [(one.key, one.since, one.until) for one in periods] == [
        (A.key, 0, 10),
        (B.key, 10, 20),
        (C.key, 20, None),
    ]


def test_a_log_that_names_no_key_has_none() -> None:
    assert key_periods([], origin=ORIGIN) == ()


@pytest.mark.parametrize(("trusted", "found"), [(A, {A, B, C}), (B, {B, C}), (C, {C})])
def test_whoever_trusts_a_key_can_follow_to_the_one_in_force(
    trusted: Ed25519Signer, found: set[Ed25519Signer]
) -> None:
    keys = keys_after(key_periods(THREE, origin=ORIGIN), (trusted.key,))
    assert set(keys) == {one.key for one in found}


def test_a_stranger_s_key_leads_nowhere() -> None:
    assert keys_after(key_periods(THREE, origin=ORIGIN), (signer(9).key,)) == (signer(9).key,)


def test_over_a_key_that_leaked_nobody_follows() -> None:
    periods = key_periods(chain((A, "first"), (B, "leaked")), origin=ORIGIN)
    with pytest.raises(VerificationError, match=r"record 10 says that the key .* leaked.*by another way"):
        keys_after(periods, (A.key,))
    assert keys_after(periods, (A.key, B.key)) == (A.key, B.key)


def test_keys_that_sign_beside_are_followed_too() -> None:
    beside = VerifierKey(ORIGIN, MLDSA44_COSIGNATURE, bytes(1_312))
    entries = [entry(0, key_record(A, beside=(beside,), at=NOW))]
    assert keys_after(key_periods(entries, origin=ORIGIN), (A.key,)) == (A.key, beside)


def test_whoever_has_only_a_key_that_signs_beside_hears_of_a_leak_too() -> None:
    beside = VerifierKey(ORIGIN, MLDSA44_COSIGNATURE, bytes(1_312))
    entries = [
        entry(0, key_record(A, beside=(beside,), at=NOW)),
        entry(10, key_record(B, beside=(beside,), previous=A, reason="leaked", at=NOW)),
    ]
    periods = key_periods(entries, origin=ORIGIN)
    with pytest.raises(VerificationError, match=r"record 10 says that the key .* leaked"):
        keys_after(periods, (beside,))
    assert keys_after(periods, (beside, B.key)) == (beside, B.key)


def test_a_key_that_signs_beside_leads_to_no_other() -> None:
    beside = VerifierKey(ORIGIN, MLDSA44_COSIGNATURE, bytes(1_312))
    periods = key_periods([entry(0, key_record(A, beside=(beside,), at=NOW))], origin=ORIGIN)
    assert keys_after(periods, (beside,)) == (beside,)  # anybody can name it beside a key of his own


@pytest.mark.parametrize(
    "lie",
    [
        {"key": signer(9).key.line()},
        {"previous": ""},
        {"previous": signer(9).key.line()},
        {"reason": "first"},
        {"reason": "leaked"},
        {"reason": "wish"},
        {"origin": "facegate.example/other"},
        {"beside": signer(9).key.line()},
        {"signature": "AAAA"},
        {"previous_signature": "AAAA"},
        {"signature": "no base64"},
        {"previous_signature": 7},
        {"key": "no key"},
    ],
)
def test_every_changed_word_of_a_change_of_keys_breaks_the_chain(lie: dict[str, Any]) -> None:
    honest = THREE[1]
    told = replace(honest, public={**honest.public, **lie})
    with pytest.raises(VerificationError, match="record 10 names a key"):
        key_periods([THREE[0], told], origin=ORIGIN)


def test_a_change_that_the_key_before_did_not_sign_breaks_the_chain() -> None:
    taken_over = entry(10, key_record(C, previous=B, reason="rotation", at=NOW))
    with pytest.raises(VerificationError, match="chain of keys is broken"):
        key_periods([THREE[0], taken_over], origin=ORIGIN)


def test_a_change_cannot_be_said_again() -> None:
    with pytest.raises(VerificationError, match="chain of keys is broken"):
        key_periods([*THREE[:2], replace(THREE[1], seq=20)], origin=ORIGIN)


def test_a_first_key_follows_nothing() -> None:
    with pytest.raises(InputError, match="the first one, or follows another"):
        key_record(B, previous=A, reason="first", at=NOW)


def make_keys(folder: Path) -> LogKeys:
    return LogKeys.create(folder, ORIGIN, random_bytes=bytes, post_quantum=True)


def rotated(keys: LogKeys, *, leaked: bool = False, seed: int = 7) -> LogKeys:
    prepare_rotation(keys, random_bytes=lambda n: bytes([seed]) * n, leaked=leaked, at=NOW)
    return finish_rotation(keys, leaked=leaked)


def test_after_a_rotation_both_keys_sign_until_the_old_one_retires(tmp_path: Path) -> None:
    old = make_keys(tmp_path)
    new = rotated(old)
    assert [one.kind for one in new.vkeys] == [1, 1, 6]
    assert new.vkeys[1] == old.vkeys[0]
    assert LogKeys.read(tmp_path) is not None
    assert [one.kind for one in retire_previous(new).vkeys] == [1, 6]
    assert not (tmp_path / PREVIOUS_KEY).exists()


def test_a_key_that_leaked_signs_no_more(tmp_path: Path) -> None:
    old = make_keys(tmp_path)
    new = rotated(old, leaked=True)
    assert old.vkeys[0] not in new.vkeys
    assert not (tmp_path / PREVIOUS_KEY).exists()


def test_nothing_is_rotated_while_the_key_before_still_signs(tmp_path: Path) -> None:
    keys = rotated(make_keys(tmp_path))
    with pytest.raises(InputError, match="keys retire"):
        prepare_rotation(keys, random_bytes=lambda n: bytes([8]) * n, leaked=False, at=NOW)


def test_there_is_nothing_to_retire_before_a_rotation(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no key before this one"):
        retire_previous(make_keys(tmp_path))


@pytest.mark.parametrize("cut_off", ["before the change", "linked", "without the public keys"])
@pytest.mark.parametrize("leaked", [False, True])
def test_a_rotation_that_was_cut_off_is_finished(tmp_path: Path, cut_off: str, *, leaked: bool) -> None:
    keys = make_keys(tmp_path)
    first = entry(0, key_record(keys.signers[0], beside=keys.vkeys[1:], at=NOW))
    _, public = prepare_rotation(keys, random_bytes=lambda n: bytes([7]) * n, leaked=leaked, at=NOW)
    stale = (tmp_path / "log.vkey").read_bytes()
    if cut_off == "linked" and not leaked:
        (tmp_path / PREVIOUS_KEY).hardlink_to(tmp_path / LOG_KEY)
    if cut_off == "without the public keys":
        finish_rotation(keys, leaked=leaked)
        (tmp_path / "log.vkey").write_bytes(stale)
    periods = key_periods([first, entry(1, public)], origin=ORIGIN)
    assert settle_rotation(tmp_path, ORIGIN, periods)
    again = LogKeys.read(tmp_path)
    assert again is not None
    assert again.vkeys[0] == periods[-1].key
    assert (keys.vkeys[0] in again.vkeys) is not leaked
    assert not settle_rotation(tmp_path, ORIGIN, periods)


def test_a_key_made_and_never_named_is_used_by_the_next_rotation(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    prepare_rotation(keys, random_bytes=lambda n: bytes([7]) * n, leaked=False, at=NOW)
    made = (tmp_path / NEXT_KEY).read_bytes()
    assert not settle_rotation(
        tmp_path, ORIGIN, key_periods([entry(0, key_record(keys.signers[0], at=NOW))], origin=ORIGIN)
    )
    prepare_rotation(keys, random_bytes=lambda n: bytes([8]) * n, leaked=False, at=NOW)
    assert (tmp_path / NEXT_KEY).read_bytes() == made


def test_a_retirement_that_was_cut_off_is_one(tmp_path: Path) -> None:
    new = rotated(make_keys(tmp_path))
    kept = (tmp_path / PREVIOUS_KEY).read_bytes()
    retired = retire_previous(new)
    (tmp_path / PREVIOUS_KEY).write_bytes(kept)  # killed before the file was gone
    (tmp_path / PREVIOUS_KEY).chmod(0o600)
    again = LogKeys.read(tmp_path)
    assert again is not None
    assert again.vkeys == retired.vkeys
    assert retire_previous(again).vkeys == retired.vkeys
    assert not (tmp_path / PREVIOUS_KEY).exists()


def test_a_rotation_killed_between_its_two_names_does_not_sign_twice(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    prepare_rotation(keys, random_bytes=lambda n: bytes([7]) * n, leaked=False, at=NOW)
    (tmp_path / PREVIOUS_KEY).hardlink_to(tmp_path / LOG_KEY)
    again = LogKeys.read(tmp_path)
    assert again is not None
    assert again.vkeys == keys.vkeys


def test_keys_that_do_not_fit_together_name_the_command_that_mends_them(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    stale = (tmp_path / "log.vkey").read_bytes()
    rotated(keys, leaked=True)
    (tmp_path / "log.vkey").write_bytes(stale)
    with pytest.raises(InputError, match="facegate keys rotate"):
        LogKeys.read(tmp_path)
