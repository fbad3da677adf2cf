"""The log's keys: made once, for their owner alone, and never made to vouch for two histories."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, append_intents

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.keys.log_keys import LAST_SIGNED, LOG_KEY, POST_QUANTUM_KEY, PUBLIC_KEYS, LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.signed.notes import VerifierKey
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.errors import ForkFound, InputError, RolledBack, StorageError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def counted(n: int) -> bytes:
    """Bytes 0, 1, 2, ...: those of the reference's golden checkpoint."""
    return bytes(range(n))


def make_keys(folder: Path, *, post_quantum: bool = False) -> LogKeys:
    return LogKeys.create(folder, ORIGIN, random_bytes=counted, post_quantum=post_quantum)


def test_the_golden_key_has_its_golden_line(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    assert (
        keys.vkeys[0].line() == "facegate.example/test+1e2132fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
    )
    assert (tmp_path / "keys" / PUBLIC_KEYS).read_text() == f"{keys.vkeys[0].line()}\n"


def test_what_was_made_is_read_again(tmp_path: Path) -> None:
    made = make_keys(tmp_path, post_quantum=True)
    read = LogKeys.read(tmp_path)
    assert read is not None
    assert (read.vkeys, read.origin) == (made.vkeys, ORIGIN)
    assert [one.kind for one in read.vkeys] == [0x01, 0x06]


def test_where_no_keys_were_made_there_are_none(tmp_path: Path) -> None:
    assert LogKeys.read(tmp_path) is None


@pytest.mark.parametrize("name", [LOG_KEY, POST_QUANTUM_KEY])
def test_private_keys_are_for_their_owner_only(tmp_path: Path, name: str) -> None:
    make_keys(tmp_path, post_quantum=True)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    (tmp_path / name).chmod(0o640)
    with pytest.raises(InputError, match=f"{name} can be read by others"):
        LogKeys.read(tmp_path)


def test_keys_are_never_overwritten(tmp_path: Path) -> None:
    make_keys(tmp_path)
    before = (tmp_path / LOG_KEY).read_bytes()
    with pytest.raises(InputError, match="never overwritten, it is rotated"):
        make_keys(tmp_path)
    assert (tmp_path / LOG_KEY).read_bytes() == before


@pytest.mark.parametrize("gone", [(PUBLIC_KEYS,), (PUBLIC_KEYS, LOG_KEY)])
def test_making_keys_goes_on_where_it_was_cut_off(tmp_path: Path, gone: tuple[str, ...]) -> None:
    made = make_keys(tmp_path, post_quantum=True)
    for name in gone:
        (tmp_path / name).unlink()
    again = LogKeys.create(tmp_path, ORIGIN, random_bytes=counted, post_quantum=True)
    assert again.vkeys == made.vkeys


def test_a_seed_of_an_init_that_was_cut_off_is_not_taken_up_in_silence(tmp_path: Path) -> None:
    make_keys(tmp_path, post_quantum=True)
    for name in (PUBLIC_KEYS, LOG_KEY):
        (tmp_path / name).unlink()
    with pytest.raises(InputError, match="say --ml-dsa again, or remove it"):
        make_keys(tmp_path)


@pytest.mark.parametrize("origin", ["", "two words", "a+b"])
def test_a_name_that_no_checkpoint_could_bear_makes_no_keys(tmp_path: Path, origin: str) -> None:
    with pytest.raises(InputError, match="wanted a name such as"):
        LogKeys.create(tmp_path / "keys", origin, random_bytes=counted)
    assert not (tmp_path / "keys").exists()


def test_public_keys_of_somebody_else_are_refused(tmp_path: Path) -> None:
    make_keys(tmp_path)
    (tmp_path / PUBLIC_KEYS).write_text(VerifierKey(ORIGIN, 0x01, bytes(32)).line() + "\n")
    with pytest.raises(InputError, match="names other keys than those that lie beside it"):
        LogKeys.read(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff" * 9, b"x" * 20_000])
def test_a_private_key_that_is_none_is_named(tmp_path: Path, content: bytes) -> None:
    make_keys(tmp_path)
    (tmp_path / LOG_KEY).write_bytes(content)
    with pytest.raises(InputError, match=LOG_KEY):
        LogKeys.read(tmp_path)


def test_a_missing_private_key_is_named(tmp_path: Path) -> None:
    make_keys(tmp_path)
    (tmp_path / LOG_KEY).unlink()
    with pytest.raises(InputError, match="cannot read the key"):
        LogKeys.read(tmp_path)


def test_a_signed_state_opens_with_the_public_keys(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys", post_quantum=True)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1, 2)
        signed = keys.sign(log.checkpoint, log.root_at, at=NOW)
    opened = open_checkpoint(signed.encode(), keys=keys.vkeys)
    assert (opened.checkpoint.size, len(opened.note.signatures)) == (2, 2)


def test_what_is_signed_is_remembered_before_it_is_given_away(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1)
        signed = keys.sign(log.checkpoint, log.root_at, at=NOW)
    assert (tmp_path / "keys" / LAST_SIGNED).read_bytes() == signed.encode()


def test_what_cannot_be_remembered_is_not_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = make_keys(tmp_path / "keys")

    def full(*_: object) -> None:
        raise StorageError("full")  # noqa: EM101  stands in for the disk

    monkeypatch.setattr("facegate.audit.keys.log_keys.replace_bytes", full)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log, pytest.raises(StorageError, match="full"):
        keys.sign(log.checkpoint, log.root_at, at=NOW)
    assert keys.last_signed() is None


def test_a_smaller_log_than_was_signed_is_not_signed(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1, 2, 3)
        keys.sign(log.checkpoint, log.root_at, at=NOW)
        shorter = Checkpoint(ORIGIN, 2, log.root_at(2))
        with pytest.raises(RolledBack, match=r"holds 2 records, the checkpoint in .* covers 3"):
            keys.sign(shorter, log.root_at, at=NOW)


def test_a_second_history_is_not_signed(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    for name, numbers in (("log", (1, 2)), ("other", (1, 3, 4))):
        with AuditLog.open(tmp_path / name / "log", origin=ORIGIN) as log:
            append_intents(log, *numbers)
            if name == "log":
                keys.sign(log.checkpoint, log.root_at, at=NOW)
                continue
            with pytest.raises(ForkFound, match="two histories"):
                keys.sign(log.checkpoint, log.root_at, at=NOW)
    last = keys.last_signed()
    assert last is not None
    assert last.size == 2


def test_the_keys_of_one_log_sign_no_other(tmp_path: Path) -> None:
    keys = make_keys(tmp_path)
    with pytest.raises(InputError, match="the names differ"):
        keys.sign(Checkpoint("facegate.example/other", 0, bytes(32)), lambda _: bytes(32), at=NOW)


def test_of_two_who_sign_side_by_side_neither_forgets_the_larger_state(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        with ThreadPoolExecutor(4) as pool:
            signed = []
            for number in range(12):
                append_intents(log, number)
                signed += [pool.submit(keys.sign_newest, tmp_path / "log", at=NOW) for _ in range(3)]
            sizes = [one.result()[0].checkpoint.size for one in signed]
        last = keys.last_signed()
    assert last is not None
    assert last.size == max(sizes)
