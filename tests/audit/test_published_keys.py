"""A verifier who knows only an older key of a log can go on, as far as each key names the next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from logbook import ORIGIN, append_intents, record_key

from facegate.audit.keys.key_chain import key_record
from facegate.audit.keys.key_rotation import finish_rotation, prepare_rotation, retire_previous
from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.published.publish import publish
from facegate.audit.published.published import verify_published
from facegate.audit.published.published_log import PublishedLog
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
