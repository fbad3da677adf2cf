"""``facegate benchmark key | certify | certificate | adopt`` as a user sees them."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING

import pytest
import typer
from certified import OTHER_KEY, a_result
from typer.testing import CliRunner

from facegate.cli import benchmark_certificate
from facegate.cli.main import OneSentenceGroup
from facegate.gate.home import Home
from facegate.gate.in_force import read_in_force

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

app = typer.Typer(cls=OneSentenceGroup)
app.command("key")(benchmark_certificate.key)
app.command("certify")(benchmark_certificate.certify_run)
app.command("certificate")(benchmark_certificate.certificate)
app.command("adopt")(benchmark_certificate.adopt)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with one finished run."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FACEGATE_HOME", str(tmp_path / "home"))
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "result.json").write_text(a_result(measured_on="2026-01-02").to_json())
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def said(result: Result) -> str:
    return " ".join(result.output.split())


def certified(*more: str) -> Result:
    run("key", "issuer.pem", "--name", "lab.example/audit")
    return run("certify", "run", "--threshold", "fmr-1e-3", "--key", "issuer.pem", *more)


def test_from_key_to_gate_in_three_commands(place: Path) -> None:
    result = certified()
    assert result.exit_code == 0, result.output
    adopted = run("adopt", "run/certificate.json", "--issuer", "issuer.pem.pub")
    assert adopted.exit_code == 0, adopted.output
    held = read_in_force(Home(place / "home")).certificate
    assert held is not None
    assert held.serial in said(adopted)


def test_the_private_key_is_for_its_owner_and_the_public_one_is_shown(place: Path) -> None:
    result = run("key", "issuer.pem", "--name", "lab.example/audit")
    assert stat.S_IMODE((place / "issuer.pem").stat().st_mode) == 0o600
    assert (place / "issuer.pem.pub").read_text().strip() in said(result)
    assert "PRIVATE KEY" not in result.output
    again = run("key", "issuer.pem", "--name", "lab.example/audit")
    assert (again.exit_code, "exists already" in said(again)) == (2, True)


@pytest.mark.usefixtures("place")
def test_a_certificate_is_told_in_plain_words_and_its_signature_checked() -> None:
    certified("-o", "c.json", "--valid-days", "30")
    shown = run("certificate", "c.json", "--issuer", "issuer.pem.pub")
    assert shown.exit_code == 0, shown.output
    for words in (
        "lab.example/audit",
        "test people",
        "SIGNATURE HOLDS",
        "gallery of 1,000 people",
        "not recorded",
    ):
        assert words in said(shown)
    assert "NOT VERIFIED" in said(run("certificate", "c.json"))


def test_a_changed_or_forged_certificate_fails_with_its_own_exit_code(place: Path) -> None:
    certified("-o", "c.json")
    (place / "c.json").write_text((place / "c.json").read_text().replace('"score": 0.4', '"score": 0.3'))
    result = run("certificate", "c.json", "--issuer", "issuer.pem.pub")
    assert (result.exit_code, "changed after signing" in said(result)) == (10, True)
    (place / "other.pub").write_text(OTHER_KEY.issuer.line())
    assert "does not trust" in said(run("certificate", "c.json", "--issuer", "other.pub"))


def test_a_certificate_that_cannot_be_adopted_leaves_the_earlier_one(place: Path) -> None:
    certified("-o", "c.json")
    run("adopt", "c.json", "--issuer", "issuer.pem.pub")
    before = (place / "home" / "certificate.json").read_bytes()
    (place / "c.json").write_bytes(before.replace(b"fmr-1e-3", b"fmr-1e-2"))
    result = run("adopt", "c.json")
    assert result.exit_code == 10
    assert (place / "home" / "certificate.json").read_bytes() == before


@pytest.mark.usefixtures("place")
def test_nobody_is_trusted_unasked() -> None:
    certified("-o", "c.json")
    result = run("adopt", "c.json")
    assert (result.exit_code, "does not trust" in said(result)) == (10, True)


def test_a_missing_run_key_or_certificate_is_one_sentence(place: Path) -> None:
    run("key", "issuer.pem", "--name", "lab")
    commands = (
        ("certify", "none", "--threshold", "x", "--key", "issuer.pem"),
        ("certify", "run", "--threshold", "x", "--key", "none.pem"),
        ("certify", "run", "--threshold", "x", "--key", "issuer.pem"),
        ("certify", "run", "--threshold", "fmr-1e-3", "--key", "issuer.pem", "--valid-days", "0"),
        ("certificate", "none.json"),
        ("adopt", "none.json"),
        ("adopt", "run/result.json", "--issuer", "issuer.pem.pub"),
    )
    for words in commands:
        result = run(*words)
        assert result.exit_code in (2, 10), words
        assert result.stderr.startswith("facegate: "), words
        assert result.stderr.count("\n") == 1, words
    assert sorted(path.name for path in place.iterdir()) == ["issuer.pem", "issuer.pem.pub", "run"]


def test_the_certificate_quotes_the_bytes_of_the_result(place: Path) -> None:
    certified("-o", "c.json")
    content = json.loads((place / "c.json").read_text())["certificate"]
    assert (
        content["result_digest"] == hashlib.sha256((place / "run" / "result.json").read_bytes()).hexdigest()
    )
    assert not list((place / "run").glob("certificate*"))
