"""``facegate report``: made, shown and recomputed as a reader would."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from told_folder import write_told
from told_log import Told
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.oversight.registry import KINDS

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    told = Told("ut-77-23e")
    told.gallery("dl", owner="A00000001")
    told.reviewed(told.search("2024-02-03", n_candidates=3), "2024-02-04", n_agreed=1)
    write_told(told, tmp_path / "log")
    return tmp_path


def run(home: Path, *words: str) -> tuple[int, str]:
    environment = {"FACEGATE_HOME": str(home), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["report", *words], env=environment)
    return done.exit_code, " ".join(done.output.split())


def test_every_report_is_listed_with_its_due_day_and_who_can_recompute_it(home: Path) -> None:
    code, text = run(home, "list")
    assert code == 0
    assert all(f"{kind.name}: {kind.title}" in text for kind in KINDS)
    assert "due 1 February" in text
    assert "recomputed by anybody" in text


def test_a_report_is_made_shown_and_recomputed(home: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "ut.json")
    code, text = run(home, "make", "ut-106", "--year", "2024", "-o", file)
    assert (code, "robbery 1 1 1 0" in text) == (0, True)
    assert run(home, "show", file) == (0, text)
    code, text = run(home, "verify", file)
    assert code == 0
    assert text.startswith("PASS ut-106 follows from the log, byte for byte")


def test_an_edited_number_fails_with_exit_code_8_and_is_named(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "ut.json"
    run(home, "make", "ut-106", "--from", "2024-01-01", "--to", "2024-12-31", "-o", str(file))
    file.write_bytes(file.read_bytes().replace(b'["robbery",1,1,1,0,0]', b'["robbery",1,1,0,0,0]'))
    code, text = run(home, "verify", str(file))
    assert code == 8
    assert "row 1 (robbery), probable matches: the report says 0, the log gives 1" in text


def test_against_the_public_part_a_report_of_sealed_fields_is_exit_code_2(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "ut.json"
    run(home, "make", "ut-106", "--year", "2024", "-o", str(file))
    (home / "log" / "sealed.db").unlink()
    code, text = run(home, "verify", str(file), "--log", str(home / "log"))
    assert (code, "only whoever keeps the log can make or recompute it" in text) == (2, True)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("make", "md-511", "--year", "2024"), "no report is called 'md-511'"),
        (("make", "md-510"), "say which days"),
        (("make", "md-510", "--year", "2024", "--to", "2024-03-01"), "say which days"),
        (("make", "md-510", "--from", "yesterday", "--to", "2024-03-01"), "the day is 'yesterday'"),
        (("make", "md-510", "--from", "2024-03-02", "--to", "2024-02-01"), "ends after it starts"),
        (("make", "md-510", "--year", "2024", "--size", "99"), "wanted its state at 99"),
        (("make", "eu-26-10", "--from", "2024-01-01", "--to", "9998-12-31", "--size", "99"), "state at 99"),
        (("make", "eu-26-10", "--from", "2024-01-01", "--to", "9999-12-31"), "wanted one up to 9998-12-31"),
        (("make", "wa-070-3", "--year", "2024", "--public"), "the report wa-070-3 is not for the public"),
        (("show", "missing.json"), "cannot be read: No such file"),
    ],
)
def test_what_cannot_be_made_is_refused_in_a_sentence(home: Path, words: tuple[str, ...], why: str) -> None:
    code, text = run(home, *words)
    assert code == 2
    assert why in text


def test_a_file_that_is_no_report_is_exit_code_8(home: Path, tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text(json.dumps({"schema": "other"}, separators=(",", ":")))
    assert run(home, "show", str(tmp_path / "x.json"))[0] == 8


def test_a_file_without_an_end_is_read_to_the_limit_and_no_further(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.cli.report.LARGEST_REPORT", 1_000_000)
    code, text = run(home, "verify", "/dev/zero")
    assert (code, "is larger than 1,000,000 bytes" in text) == (2, True)


def test_the_list_says_which_reports_are_not_for_the_public(home: Path) -> None:
    _, text = run(home, "list")
    assert text.count("publishable no: not for the public") == sum(not one.publishable for one in KINDS) == 5


def test_a_folder_without_a_log_is_said_to_be_none(home: Path, tmp_path: Path) -> None:
    code, text = run(home, "make", "eu-26-10", "--year", "2024", "--log", str(tmp_path / "none"))
    assert (code, "log" in text) == (7, True)
