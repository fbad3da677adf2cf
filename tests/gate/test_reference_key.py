"""The secret behind subject references: made before the first list is shown, and never made anew after it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from review_room import a_lead, a_ledger, searched

from facegate.errors import InputError
from facegate.gate.home import Home
from facegate.gate.reference_key import reference_key

if TYPE_CHECKING:
    from pathlib import Path


def test_before_anybody_was_shown_a_list_the_key_is_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with a_ledger(tmp_path) as ledger:
        searched(ledger)
        first = reference_key(home, ledger, os.urandom)
        assert reference_key(home, ledger, os.urandom) == first


def test_once_a_list_was_shown_a_missing_key_is_a_loss_and_none_is_made(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with a_ledger(tmp_path) as ledger:
        a_lead(ledger)
        with pytest.raises(InputError, match="put it back from a backup; a new one would give each another"):
            reference_key(home, ledger, os.urandom)
    assert not home.reference_key_file.exists()
