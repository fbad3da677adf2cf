"""``facegate case late``: a search made by hand, entered afterwards as a user types it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from ready_agency import make_ready
from typer.testing import CliRunner

from facegate.cli import case
from facegate.cli.main import app
from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(case, "now", lambda: NOW)
    with patch("os.fsync"), open_ledger(Home(tmp_path)) as ledger:
        make_ready(ledger)
    return tmp_path


def late(folder: Path, searched_at: str) -> tuple[int, str]:
    words = f"24-001234 --agency CO0160000 --by 1120 --searched-by 8841 --searched-at {searched_at} "
    words += "--way telephone --purpose criminal_investigation --found nobody --reason outage"
    environment = {"FACEGATE_HOME": str(folder), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["case", "late", *words.split()], env=environment)
    return done.exit_code, " ".join(done.output.split())


def test_f9_a_search_by_telephone_is_entered_and_the_overdue_ones_are_counted(folder: Path) -> None:
    late(folder, "2026-11-20T03:20:00Z")
    code, text = late(folder, "2026-11-22T03:20:00Z")
    assert code == 0
    assert "Of CO0160000 2 were entered afterwards, 1 of them later than 24 hours." in text


def test_f9_a_search_that_is_still_to_come_is_refused_in_one_sentence(folder: Path) -> None:
    code, text = late(folder, "2026-11-23T03:20:00Z")
    assert (code, "2026-11-23T03:20:00Z, which is still to come" in text) == (2, True), text
