"""What was erased stays erased, and nothing else is: held at every opening of the log."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logbook import ORIGIN, append_intents
from resealed import delete, destroy, erase, unseal

from facegate.audit.log import AuditLog
from facegate.audit.reading import read_records
from facegate.audit.sealing.erasure import Erased
from facegate.audit.sealing.row_keys import RowKeys
from facegate.audit.watching.fsck import check_openings
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as opened:
        append_intents(opened, 1, 2, 3, 4)
    return tmp_path / "log"


def openings(log: Path) -> list[bool]:
    return [opening is not None for _, opening in read_records(log)]


def test_a_key_destroyed_without_a_word_closes_the_log(log: Path) -> None:
    destroy(log, 2)
    with pytest.raises(VerificationError, match="record 2 was destroyed, and no erasure on the log says so"):
        AuditLog.open(log, origin=ORIGIN)
    with pytest.raises(VerificationError, match="record 2 is missing, and no erasure names it"):
        openings(log)


def test_a_row_deleted_without_a_word_is_told_by_every_reader(log: Path) -> None:
    delete(log, 1)
    with pytest.raises(VerificationError, match="record 1 is missing, and no erasure names it"):
        openings(log)


def test_keys_put_back_from_a_backup_open_nothing_and_are_destroyed_again(log: Path, tmp_path: Path) -> None:
    for name in ("log", "keys"):
        shutil.copytree(tmp_path / name, tmp_path / "backup" / name)
    unseal(log, 1)
    shutil.copy(tmp_path / "backup" / "keys" / "openings.key", tmp_path / "keys" / "openings.key")
    shutil.copy(tmp_path / "backup" / "log" / "sealed.db", log / "sealed.db")
    with AuditLog.open(tmp_path / "backup" / "log", origin=ORIGIN) as old:
        assert len(list(old.read())) == 4  # the backup itself still opens: hence its keys must go
    assert not check_openings(log).holds
    with pytest.raises(VerificationError, match="record 4 is missing"):
        openings(log)  # what the backup never knew: the erasure's own opening


def test_the_keys_alone_put_back_are_destroyed_again(log: Path, tmp_path: Path) -> None:
    shutil.copytree(tmp_path / "keys", tmp_path / "backup")
    unseal(log, 1)
    shutil.copy(tmp_path / "backup" / "openings.key", tmp_path / "keys" / "openings.key")
    assert openings(log) == [True, False, True, True, True]
    assert "old openings.key was put back" in check_openings(log).said
    with AuditLog.open(log, origin=ORIGIN) as opened:
        assert opened.recovered == "the keys of 1 erased records had come back; they were destroyed again"
    assert RowKeys.read(tmp_path / "keys" / "openings.key").key(1) is None
    assert check_openings(log).holds


def test_what_is_erased_while_the_log_is_open_is_not_given_any_more(log: Path) -> None:
    with AuditLog.open(log, origin=ORIGIN) as opened:
        erase(opened, 0, 2)
        assert [opening is not None for _, opening in opened.read()] == [False, True, False, True, True]


RUNS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda one: range(one[0], sum(one))))


@given(RUNS)
def test_runs_of_erased_records_are_their_records(runs: list[range]) -> None:
    erased, wanted = Erased(runs), {seq for run in runs for seq in run}
    assert list(erased) == sorted(wanted)
    assert all((seq in erased) is (seq in wanted) for seq in range(-1, 75))
    starts = [run.start for run in erased.runs()]
    assert all(run.stop not in starts for run in erased.runs())


@given(st.sets(st.integers(0, 40), max_size=20), st.integers(0, 45))
def test_destroyed_places_are_those_without_a_key(destroyed: set[int], size: int) -> None:
    keys = RowKeys.fresh(bytes(32))
    keys.destroy(destroyed)
    found = [seq for run in keys.destroyed_below(size) for seq in run]
    assert found == [seq for seq in range(size) if keys.key(seq) is None]
