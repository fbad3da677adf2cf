"""``facegate case``: cases opened, closed and listed, and their papers filed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli import case
from facegate.cli.main import app
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.registers.people import register_agency, register_officer

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ORI = "CO0160000"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(case, "now", lambda: NOW)
    with open_ledger(Home(tmp_path)) as ledger:
        register_agency(
            ledger, ori=ORI, agency_class="police", state="CO", case_pattern="99-999999", name="P", at=NOW
        )
        register_officer(
            ledger, agency=ORI, officer="502", role="records", trained_until="2027-01-01", at=NOW
        )
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    environment = {"FACEGATE_HOME": str(folder), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["case", *words, "--agency", ORI], env=environment)
    return done.exit_code, " ".join(done.output.split())


def open_case(folder: Path, number: str, by: str = "502") -> tuple[int, str]:
    return run(folder, "open", number, "--by", by, "--offense-code", "1201")


def test_a_case_is_opened_listed_and_closed(folder: Path) -> None:
    assert open_case(folder, "24-001234")[0] == 0
    assert "│ 24-001234 │ 1201 │ 2026-11-22 │ 502 │ open │" in run(folder, "list")[1]
    assert run(folder, "close", "24-001234", "--by", "502")[0] == 0
    assert run(folder, "list")[1] == f"No case of {ORI} is registered."
    assert "│ closed │" in run(folder, "list", "--closed")[1]


def test_whoever_is_not_registered_opens_no_case(folder: Path) -> None:
    code, text = open_case(folder, "24-001234", by="666")
    assert code == 3
    assert "whoever registers the case" in text
    assert "666" not in text


def amend(folder: Path, offense: str, by: str = "502") -> tuple[int, str]:
    words = ("--by", by, "--offense", offense, "--reason", "as found")
    return run(folder, "amend", "24-001234", *words)


def test_the_offense_of_a_case_is_amended_and_listed(folder: Path) -> None:
    open_case(folder, "24-001234")
    code, text = amend(folder, "0999")
    assert (code, text[:57]) == (0, "The case is amended: searches under it state offense 0999")
    assert "│ 24-001234 │ 0999 │" in run(folder, "list")[1]


def test_what_cannot_be_amended_is_one_sentence(folder: Path) -> None:
    assert "no open case '24-001234' is registered" in amend(folder, "0999")[1]
    open_case(folder, "24-001234")
    assert "registered with offense code 1201 already; nothing to amend" in amend(folder, "1201")[1]
    assert "the offense code is 'theft', wanted one of the NCIC catalogue" in amend(folder, "theft")[1]
    code, text = amend(folder, "0999", by="666")
    assert code == 3
    assert "whoever amends the case of agency" in text


@pytest.mark.parametrize("number", ["24-00123\uff14", "24 001234", "A4-001234"])
def test_a_case_number_of_another_form_is_refused(folder: Path, number: str) -> None:
    code, text = open_case(folder, number)
    assert code == 2
    assert "the case number" in text


def test_a_paper_is_filed_for_a_case_that_is_registered(folder: Path) -> None:
    words = ("--by", "502", "--kind", "warrant", "--court", "Denver District Court", "--number", "26CR1")
    days = ("--issued", "2026-11-21", "--expires", "2026-12-01")
    assert run(folder, "paper", "24-001234", *words, *days)[0] == 2
    open_case(folder, "24-001234")
    assert "The paper is filed" in run(folder, "paper", "24-001234", *words, *days)[1]


def test_a_release_form_must_rule_out_resale_and_gives_its_digest(folder: Path) -> None:
    form = folder / "form.pdf"
    form.write_bytes(b"form")
    words = ("form", str(form), "--signed-by", "502", "--signed-on", "2026-11-20")
    assert run(folder, *words)[0] == 3
    assert hashlib.sha256(b"form").hexdigest() in run(folder, *words, "--no-resale")[1]
