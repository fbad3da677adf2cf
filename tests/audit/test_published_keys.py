"""A verifier who knows only an older key of a log can go on, as far as each key names the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from logbook import ORIGIN, append_intents, record_key

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.keys.key_chain import key_record
from facegate.audit.keys.key_rotation import finish_rotation, prepare_rotation, retire_previous
from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.published import published_keys
from facegate.audit.published.publish import publish
from facegate.audit.published.published import verify_published
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.watching.monitor import Rules, monitor_round
from facegate.audit.watching.monitor_state import MonitorState
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def append(log: AuditLog, public: dict[str, Any]) -> None:
    named = {"kind": "key", "time": "2026-11-22T03:59:00.00Z", **public}
    log.append(named, {}, record_key=record_key(log.size))


def published(log: AuditLog, keys: LogKeys, folder: Path) -> Path:
    publish(folder / "log", folder / "public", keys.sign(log.checkpoint, log.root_at, at=NOW).encode())
    return folder / "public"


def rotated(folder: Path, *, leaked: bool = False) -> tuple[LogKeys, LogKeys]:
    """Publish a log whose key was changed, the old one signing no more; give the keys before and after."""
    old = LogKeys.create(folder / "keys", ORIGIN, random_bytes=lambda n: bytes([1]) * n)
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        append(log, key_record(old.signers[0], at=NOW))
        _, public = prepare_rotation(old, random_bytes=lambda n: bytes([2]) * n, leaked=leaked, at=NOW)
        append(log, public)
        new = finish_rotation(old, leaked=leaked)
        new = new if leaked else retire_previous(new)
        published(log, new, folder)
    return old, new


def test_whoever_knows_only_the_old_key_verifies_what_the_new_one_signed(tmp_path: Path) -> None:
    old, new = rotated(tmp_path)
    assert old.vkeys != new.vkeys
    assert verify_published(tmp_path / "public", keys=old.vkeys).log.size == 2
    assert verify_published(tmp_path / "public", keys=new.vkeys).log.size == 2


def test_a_monitor_goes_on_over_a_change_of_keys(tmp_path: Path) -> None:
    old, _ = rotated(tmp_path)
    state = MonitorState(tmp_path / "seen")
    found = monitor_round(PublishedLog(tmp_path / "public"), state, Rules(keys=old.vkeys), now=NOW)
    assert found.head.size == 2


def test_after_a_leak_the_old_key_leads_nowhere(tmp_path: Path) -> None:
    old, new = rotated(tmp_path, leaked=True)
    with pytest.raises(VerificationError, match="leaked"):
        verify_published(tmp_path / "public", keys=old.vkeys)
    assert verify_published(tmp_path / "public", keys=new.vkeys).log.size == 2


def test_a_stranger_s_key_verifies_nothing(tmp_path: Path) -> None:
    rotated(tmp_path)
    stranger = LogKeys.create(tmp_path / "other", ORIGIN, random_bytes=lambda n: bytes([9]) * n)
    with pytest.raises(VerificationError, match="not signed by a known key"):
        verify_published(tmp_path / "public", keys=stranger.vkeys)


def test_a_broken_chain_of_keys_is_found_though_the_signature_holds(tmp_path: Path) -> None:
    keys = LogKeys.create(tmp_path / "keys", ORIGIN, random_bytes=lambda n: bytes([1]) * n)
    thief = LogKeys.create(tmp_path / "thief", ORIGIN, random_bytes=lambda n: bytes([2]) * n)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1)
        append(log, key_record(keys.signers[0], at=NOW))
        append(log, key_record(thief.signers[0], at=NOW + timedelta(hours=1)))  # "the first key", again
        public = published(log, keys, tmp_path)
    with pytest.raises(VerificationError, match="record 2 names a key that does not follow"):
        verify_published(public, keys=keys.vkeys)


def named_log(folder: Path, *steps: tuple[LogKeys, str], signed_by: tuple[LogKeys, ...]) -> Path:
    """Write a log of records that name keys, and publish it under the signatures of some of them."""
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        for at in range(log.size, len(steps)):
            (keys, reason), before = steps[at], steps[at - 1][0] if at else None
            previous = None if before is None else before.signers[0]
            append(log, key_record(keys.signers[0], previous=previous, reason=reason, at=NOW))
        signers = [keys.signers[0] for keys in signed_by]
        publish(folder / "log", folder / "public", sign_checkpoint(log.checkpoint, signers, at=NOW).encode())
    return folder / "public"


def a_key(folder: Path, number: int) -> LogKeys:
    return LogKeys.create(folder / f"keys-{number}", ORIGIN, random_bytes=lambda n: bytes([number]) * n)


def watched(folder: Path, keys: LogKeys, *, full: bool = False) -> int:
    rules, state = Rules(keys=keys.vkeys, full=full), MonitorState(folder / "seen")
    return monitor_round(PublishedLog(folder / "public"), state, rules, now=NOW).head.size


def test_a_key_that_leaked_vouches_for_nothing_that_says_so(tmp_path: Path) -> None:
    a, b = a_key(tmp_path, 1), a_key(tmp_path, 2)
    public = named_log(tmp_path, (a, "first"), (b, "leaked"), signed_by=(a,))
    with pytest.raises(VerificationError, match=r"record 1 says that the key .* leaked"):
        verify_published(public, keys=a.vkeys)
    with pytest.raises(VerificationError, match=r"record 1 names .* leaked, or that no record names"):
        verify_published(public, keys=[*a.vkeys, *b.vkeys])
    with pytest.raises(VerificationError, match=r"record 1 says that the key .* leaked"):
        watched(tmp_path, a)


def test_a_key_that_leaked_does_not_hide_behind_the_new_one(tmp_path: Path) -> None:
    a, b = a_key(tmp_path, 1), a_key(tmp_path, 2)
    public = named_log(tmp_path, (a, "first"), (b, "leaked"), signed_by=(a, b))
    with pytest.raises(VerificationError, match="ask the log's keeper for the new one by another way"):
        verify_published(public, keys=a.vkeys)
    assert verify_published(public, keys=b.vkeys).log.size == 2


@pytest.mark.parametrize("others", [False, True])
def test_a_key_that_no_record_names_vouches_for_nothing(tmp_path: Path, *, others: bool) -> None:
    a, stranger = a_key(tmp_path, 1), a_key(tmp_path, 9)
    public = named_log(tmp_path, (a, "first"), signed_by=(stranger, a) if others else (stranger,))
    with pytest.raises(VerificationError, match="not signed by a known key of the log that is in force"):
        verify_published(public, keys=stranger.vkeys)
    with pytest.raises(VerificationError, match="that no record names, vouches for nothing"):
        watched(tmp_path, stranger)


def test_a_key_before_the_one_before_vouches_for_nothing(tmp_path: Path) -> None:
    a, b, c = (a_key(tmp_path, number) for number in (1, 2, 3))
    steps = ((a, "first"), (b, "rotation"), (c, "rotation"))
    assert verify_published(named_log(tmp_path, *steps, signed_by=(b,)), keys=a.vkeys).log.size == 3
    with pytest.raises(VerificationError, match="record 2 names"):
        verify_published(named_log(tmp_path, *steps, signed_by=(a,)), keys=a.vkeys)


def test_a_monitor_finds_a_broken_chain_of_keys_in_every_round(tmp_path: Path) -> None:
    a, b = a_key(tmp_path, 1), a_key(tmp_path, 2)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append(log, key_record(a.signers[0], at=NOW))
        append(log, key_record(b.signers[0], at=NOW))
        published(log, a, tmp_path)
    for _ in range(2):
        with pytest.raises(VerificationError, match="record 1 names a key that does not follow"):
            watched(tmp_path, a)


def test_a_monitor_remembers_the_keys_and_reads_no_record_twice(tmp_path: Path) -> None:
    a, b = a_key(tmp_path, 1), a_key(tmp_path, 2)
    rules = Rules(keys=a.vkeys, max_open_seconds=1e9)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append(log, key_record(a.signers[0], at=NOW))
        append_intents(log, *[59] * 260)
        public = published(log, a, tmp_path)
        seen = MonitorState(tmp_path / "seen")
        assert monitor_round(PublishedLog(public), seen, rules, now=NOW).n_new == 261
        append(log, key_record(b.signers[0], previous=a.signers[0], reason="rotation", at=NOW))
        publish(tmp_path / "log", public, sign_checkpoint(log.checkpoint, b.signers, at=NOW).encode())
    (public / "tile/entries/000").unlink()
    assert monitor_round(PublishedLog(public), seen, rules, now=NOW).n_new == 1


def test_what_a_key_signs_of_which_the_monitor_knows_that_it_leaked_is_not_kept(tmp_path: Path) -> None:
    a, b = a_key(tmp_path, 1), a_key(tmp_path, 2)
    steps = ((a, "first"), (b, "leaked"))
    named_log(tmp_path, *steps, signed_by=(b,))
    both = Rules(keys=(*a.vkeys, *b.vkeys))
    log, state = PublishedLog(tmp_path / "public"), MonitorState(tmp_path / "seen")
    monitor_round(log, state, both, now=NOW)
    honest = (tmp_path / "public/checkpoint").read_bytes()
    thief = sign_checkpoint(Checkpoint(ORIGIN, 2, bytes(32)), a.signers, at=NOW).encode()
    (tmp_path / "public/checkpoint").write_bytes(thief)
    with pytest.raises(VerificationError, match=r"record 1 says that the key .* leaked, and it vouches"):
        monitor_round(log, state, both, now=NOW)
    (tmp_path / "public/checkpoint").write_bytes(honest)
    assert monitor_round(log, state, both, now=NOW).n_checkpoints == 1


@pytest.mark.parametrize("limit", ["MOST_RECORDS", "MOST_BYTES", "MOST_KEYS"])
def test_an_unverified_log_is_not_read_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    rotated(tmp_path)
    stranger = a_key(tmp_path, 9)
    monkeypatch.setattr(published_keys, limit, 0)
    with pytest.raises(
        VerificationError, match=r"not signed by a known key.*ask the log's keeper for the key"
    ):
        verify_published(tmp_path / "public", keys=stranger.vkeys)


def test_the_size_that_an_unverified_checkpoint_names_is_not_believed(tmp_path: Path) -> None:
    a, stranger = a_key(tmp_path, 1), a_key(tmp_path, 9)
    public = named_log(tmp_path, (a, "first"), signed_by=(a,))
    (public / "tile/entries/000").write_bytes(bytes(2 * 256))
    endless = sign_checkpoint(Checkpoint(ORIGIN, 10**14, bytes(32)), stranger.signers, at=NOW).encode()
    (public / "checkpoint").write_bytes(endless)
    with pytest.raises(
        VerificationError, match="not signed by a known key of that log, and its records lead"
    ):
        verify_published(public, keys=a.vkeys)
