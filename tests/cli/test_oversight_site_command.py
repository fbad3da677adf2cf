"""``facegate oversight site``: what is made, what is said about it, and what is refused in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from case_room import a_home
from running_witness import witness
from site_room import WITNESS
from typer.testing import CliRunner

from facegate.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path)


def run(home: Home, *words: object) -> tuple[int, str]:
    environment = {"FACEGATE_HOME": str(home.folder), "COLUMNS": "200"}
    done = CliRunner().invoke(app, list(map(str, words)), env=environment)
    return done.exit_code, done.output


def test_a_site_is_made_and_the_commands_that_are_printed_check_it(home: Home, tmp_path: Path) -> None:
    site = tmp_path / "site"
    code, said = run(home, "oversight", "site", site, "--year", 2026)
    assert code == 0
    assert "is the public site of facegate.example/ready" in said
    assert f"python -m http.server -d {site}" in said
    assert (site / "index.html").is_file()
    assert run(home, "log", "verify", site / "log", "--key", site / "log/keys.txt")[0] == 0
    assert run(home, "report", "verify", site / "reports/searches-2026.json", "--log", site / "log")[0] == 0
    assert run(home, "report", "verify", site / "reports/hit-rate-2026.json")[0] == 0


def test_an_edited_number_of_the_site_fails_report_verify(home: Home, tmp_path: Path) -> None:
    site = tmp_path / "site"
    run(home, "oversight", "site", site, "--year", 2026)
    report = site / "reports/searches-2026.json"
    report.write_bytes(report.read_bytes().replace(b'["refused",2]', b'["refused",1]'))
    code, said = run(home, "report", "verify", report, "--log", site / "log")
    assert (code, "the report says 1, the log gives 2" in said) == (8, True)


def test_the_witnesses_of_the_policy_are_asked(home: Home, tmp_path: Path) -> None:
    keys = home.log_keys()
    assert keys is not None
    with witness(tmp_path / "state", {keys.origin: keys.vkeys}, WITNESS) as address:
        policy = tmp_path / "policy.txt"
        policy.write_text(f"witness defender {WITNESS.key.line()} {address}\nquorum defender\n")
        code, said = run(home, "oversight", "site", tmp_path / "site", "--year", 2026, "--policy", policy)
    assert (code, "witnessed: 1 of 1 cosigned (defender)" in said) == (0, True)
    assert "Witnessed: the quorum defender is met" in (tmp_path / "site/index.html").read_text()
    assert (tmp_path / "site/log/witness-policy.txt").read_text() == policy.read_text()


def test_years_are_those_asked_for_the_newest_first(home: Home, tmp_path: Path) -> None:
    code, said = run(home, "oversight", "site", tmp_path / "site", "--year", 2025, "--year", 2026)
    assert (code, "on 2026, 2025" in said) == (0, True)
    assert (tmp_path / "site/reports/searches-2025.html").is_file()


def test_a_log_without_keys_is_told_how_to_get_them(home: Home, tmp_path: Path) -> None:
    for path in home.keys.glob("log*"):
        path.unlink()
    code, said = run(home, "oversight", "site", tmp_path / "site")
    assert (code, "facegate keys init" in said) == (2, True)
    assert not (tmp_path / "site").exists()


def test_a_folder_that_is_no_site_is_refused_before_anything_is_signed(home: Home, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "mine.txt").write_text("mine")
    code, said = run(home, "oversight", "site", tmp_path / "site")
    assert (code, "is not empty, and is no public site" in said) == (2, True)
    assert not (home.keys / "log-signed").exists()
