"""``facegate case export`` and ``case check`` from outside: one zip, two checkers, refusals in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from case_room import AGENCY, CASE, a_home, case_file, log_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from facegate.audit.reading import read_public
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.cli.main import app
from facegate.oversight.case_file import offline_verifier

if TYPE_CHECKING:
    from typer.testing import Result

    from facegate.gate.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return a_home(tmp_path)


def run(home: Home, *words: str) -> Result:
    environment = {"COLUMNS": "200", "TERM": "dumb", "FACEGATE_HOME": str(home.folder)}
    with patch("os.fsync"):
        return CliRunner().invoke(app, ["case", *words], env=environment)


def export(home: Home, *more: str, number: str = CASE, name: str = "case.zip") -> Result:
    output = str(home.folder.parent / name)
    return run(home, "export", number, "--agency", AGENCY, "-o", output, *more)


def n_records(home: Home) -> int:
    return len(list(read_public(home.log)))


def test_a_case_is_exported_and_passes_both_checkers(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    made = export(home, "--for", "Public defender", "--by", "1120")
    assert made.exit_code == 0, made.output
    assert "3 searches, 23 records" in made.output
    assert "record 52 of the log" in made.output
    key = home.folder.parent / "log.vkey"
    key.write_text(log_key())
    checked = run(home, "check", str(home.folder.parent / "case.zip"), "--key", str(key))
    assert (checked.exit_code, checked.output.count("PASS")) == (0, 13)
    assert "taken from the file" not in checked.output
    assert "NOTE  The cover (case.html, case.txt) is the word of whoever signed the file" in checked.output
    assert "NOTE  That the file is complete cannot be shown by it" in checked.output
    assert offline_verifier.main([str(home.folder.parent / "case.zip"), "--key", log_key()]) == 0
    assert "Checked with the key given" in capsys.readouterr().out


def test_without_a_key_the_check_says_where_it_took_it_from(home: Home) -> None:
    (home.folder / "case.zip").write_bytes(case_file())
    checked = run(home, "check", str(home.folder / "case.zip"))
    assert checked.exit_code == 0
    assert "taken from the file itself" in checked.output


def test_a_reader_s_own_policy_decides_for_both_checkers(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    file, policy = home.folder / "case.zip", home.folder / "own.policy"
    file.write_bytes(case_file())
    witness = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(b"w" * 32))
    for quorum, code, said in (("none", 0, "No witness is asked for by your policy"), ("w", 8, "w has not")):
        policy.write_text(f"witness w {witness.key.line()}\nquorum {quorum}\n")
        checked = run(home, "check", str(file), "--policy", str(policy))
        assert (checked.exit_code, said in checked.output) == (code, True)
        assert offline_verifier.main([str(file), "--policy", str(policy)]) == int(code != 0)
    assert "than your policy asks for" in capsys.readouterr().out


def test_a_changed_file_is_one_sentence_and_an_exit_code(home: Home) -> None:
    changed = bytearray(case_file())
    changed[1000] ^= 1
    (home.folder / "case.zip").write_bytes(changed)
    checked = run(home, "check", str(home.folder / "case.zip"))
    assert checked.exit_code == 8
    assert "ask for the original file" in checked.stderr
    assert "Traceback" not in checked.output


def test_a_case_that_is_not_there_is_one_sentence_and_no_file(home: Home) -> None:
    before = n_records(home)
    answer = export(home, number="24-999999")
    assert answer.exit_code == 2
    assert "there is no case '24-999999' of agency CO0160000" in answer.stderr
    assert not (home.folder.parent / "case.zip").exists()
    assert n_records(home) == before


def test_a_file_that_is_there_is_not_written_over(home: Home) -> None:
    (home.folder.parent / "case.zip").write_text("mine")
    before = n_records(home)
    answer = export(home)
    assert answer.exit_code == 2
    assert "is there already" in answer.stderr
    assert (home.folder.parent / "case.zip").read_text() == "mine"
    assert n_records(home) == before


def test_without_keys_it_says_how_to_make_them(home: Home) -> None:
    (home.keys / "log.vkey").unlink()
    answer = export(home)
    assert answer.exit_code == 2
    assert "facegate keys init" in answer.stderr


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("check", "none.zip"), 2, "cannot read none.zip"),
        (("check", "none.zip", "--key", "none.vkey"), 2, "the log's key, none.vkey, cannot be read"),
        (("export", CASE, "--agency", "Denver", "-o", "x.zip"), 2, "the ORI"),
        (
            ("export", CASE, "--agency", AGENCY, "-o", "x.zip", "--witness-policy", "none"),
            2,
            "cannot read none",
        ),
    ],
)
def test_bad_words_are_one_sentence(home: Home, words: tuple[str, ...], code: int, said: str) -> None:
    answer = run(home, *words)
    assert answer.exit_code == code
    assert said in answer.stderr
    assert not Path("x.zip").exists()


def test_a_folder_that_cannot_be_written_is_one_sentence(home: Home) -> None:
    (home.folder.parent / "blocked").write_text("no folder")
    answer = export(home, name="blocked/case.zip")
    assert answer.exit_code == 9
    assert "Traceback" not in answer.output


def test_a_policy_that_is_none_is_one_sentence(home: Home) -> None:
    policy = home.folder / "policy.txt"
    policy.write_bytes(b"quorum \xff")
    answer = export(home, "--witness-policy", str(policy))
    assert answer.exit_code == 2
    assert "not UTF-8" in answer.stderr
    assert "Traceback" not in answer.output
