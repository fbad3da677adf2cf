"""The agency's folder: a key is made once, kept, and never overwritten."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from facegate.errors import AuditError, InputError
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path


def test_the_reference_key_is_made_once_and_then_read(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.reference_key(os.urandom, known=False)
    assert len(first) == 32
    assert home.reference_key(os.urandom, known=False) == first


def test_the_key_file_is_for_its_owner_only(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.reference_key(os.urandom, known=False)
    assert stat.S_IMODE(home.reference_key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.reference_key_file.parent.stat().st_mode) == 0o700


def test_a_key_of_another_length_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.reference_key(os.urandom, known=False)
    home.reference_key_file.write_bytes(b"short")
    with pytest.raises(InputError, match="holds 5 bytes, wanted 32"):
        home.reference_key(os.urandom, known=False)


def test_a_key_that_is_lost_is_not_made_anew_once_people_were_shown_under_it(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = home.reference_key(os.urandom, known=False)
    assert home.reference_key(os.urandom, known=True) == first
    home.reference_key_file.unlink()
    with pytest.raises(InputError, match="is missing, and people were shown under references made with it"):
        home.reference_key(os.urandom, known=True)
    assert not home.reference_key_file.exists()


def test_a_disk_that_refuses_the_key_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facegate.durable.os.fsync", full)
    home = Home(tmp_path)
    with pytest.raises(AuditError, match="No space left"):
        home.reference_key(os.urandom, known=False)
    assert not list(home.reference_key_file.parent.iterdir())
