"""What the tests of the commands on a published log share: an installation with keys and a few searches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from facegate.audit.canonical import JSONValue

ORIGIN = "police.example/log"


def run(home: Path, *words: object) -> Result:
    """Run the command as a user would."""
    return CliRunner().invoke(
        app, [str(word) for word in words], env={"FACEGATE_HOME": str(home), "COLUMNS": "200"}
    )


def made(folder: Path, *, keys: bool = True) -> Path:
    """Make an installation, with keys unless told otherwise, and ten searches."""
    home = folder / "home"
    if keys:
        answer = run(home, "keys", "init", "--origin", ORIGIN)
        assert answer.exit_code == 0, answer.output
    search(home, 10)
    return home


def search(home: Path, n_searches: int, *, answered: bool = True) -> None:
    """Put searches on the log, each an intent and its result."""
    with open_ledger(Home(home)) as ledger:
        for _ in range(n_searches):
            at = datetime.now(tz=UTC)
            name = f"search-{ledger.log.size}"
            sealed = {"case_number": "24-001234"}
            intent = ledger.record("intent", at=at, public={"search_id": name}, sealed=sealed)
            if answered:
                result: dict[str, JSONValue] = {"search_id": name, "intent": intent, "outcome": "searched"}
                ledger.record("result", at=at, public=result, sealed={})


def published(folder: Path) -> tuple[Path, Path]:
    """Make an installation and publish its log; give both folders."""
    home, out = made(folder), folder / "out"
    answer = run(home, "log", "export", out)
    assert answer.exit_code == 0, answer.output
    return home, out


def vkey(home: Path) -> Path:
    """Say where the log's public keys lie."""
    return home / "keys" / "log.vkey"
