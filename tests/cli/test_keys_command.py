"""``facegate keys``: made once, changed on the record, and an old backup of the log refused."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.audit.keys.key_chain import key_periods
from facegate.audit.reading import read_public
from facegate.cli.main import app

if TYPE_CHECKING:
    from pathlib import Path

ORIGIN = "dmv.example.gov/face-log"


def run(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words), env={"FACEGATE_HOME": str(home), "COLUMNS": "200"})
    return done.exit_code, done.output


def keys(home: Path, *words: str) -> str:
    code, said = run(home, "keys", *words)
    assert code == 0, said
    return said


def test_init_makes_the_keys_and_names_them_on_the_log(tmp_path: Path) -> None:
    said = keys(tmp_path, "init", "--origin", ORIGIN)
    assert f"The log {ORIGIN} has its keys; record 0 names them." in said
    line = (tmp_path / "keys" / "log.vkey").read_text().strip()
    assert line in said
    [period] = key_periods((one for one, _ in read_public(tmp_path / "log")), origin=ORIGIN)
    assert (period.key.line(), period.since, period.until) == (line, 0, None)


def test_init_a_second_time_is_refused(tmp_path: Path) -> None:
    keys(tmp_path, "init")
    code, said = run(tmp_path, "keys", "init")
    assert (code, "has its keys already" in said) == (2, True)


def test_an_init_that_was_cut_off_before_the_record_is_finished(tmp_path: Path) -> None:
    keys(tmp_path, "init")
    shutil.rmtree(tmp_path / "log")
    (tmp_path / "keys" / "log-seen").unlink()
    assert "record 0 names them" in keys(tmp_path, "init")


def test_a_log_keeps_its_name(tmp_path: Path) -> None:
    assert run(tmp_path, "gallery", "info")[0] != 0
    code, _ = run(tmp_path, "limits", "show")
    assert code == 0
    code, said = run(tmp_path, "keys", "init", "--origin", ORIGIN)
    assert (code, "keeps that name" in said) == (2, True)
    assert not (tmp_path / "keys" / "log.pem").exists()


@pytest.mark.parametrize("origin", ["two words", "a+b", ""])
def test_a_name_that_is_none_is_refused(tmp_path: Path, origin: str) -> None:
    code, said = run(tmp_path, "keys", "init", "--origin", origin)
    assert (code, "wanted a name such as" in said) == (2, True) or origin == ""


def test_before_init_there_is_one_sentence_that_names_it(tmp_path: Path) -> None:
    for words in (["show"], ["rotate"], ["retire"]):
        code, said = run(tmp_path, "keys", *words)
        assert (code, "facegate keys init" in said) == (2, True)


def test_a_rotation_is_on_the_log_and_shown(tmp_path: Path) -> None:
    keys(tmp_path, "init", "--ml-dsa")
    assert "record 1 names it" in keys(tmp_path, "rotate")
    shown = keys(tmp_path, "show")
    assert "since record 0, until record 1: " in shown
    assert "since record 1, in force: " in shown
    assert "The key before signs no more." in keys(tmp_path, "retire")


def test_a_leak_is_shown(tmp_path: Path) -> None:
    keys(tmp_path, "init")
    keys(tmp_path, "rotate", "--leaked")
    assert "until record 1, leaked: " in keys(tmp_path, "show")


def test_a_token_needs_its_pin_and_holds_no_post_quantum_key(tmp_path: Path) -> None:
    code, said = run(tmp_path, "keys", "init", "--token-module", "/nowhere.so")
    assert (code, "FACEGATE_TOKEN_PIN" in said) == (2, True)
    code, said = run(tmp_path, "keys", "init", "--token-module", "/nowhere.so", "--ml-dsa")
    assert (code, "leave out --ml-dsa or the token" in said) == (2, True)


def test_an_old_backup_of_the_log_is_refused_at_the_start_with_code_13(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys(home, "init")
    shutil.copytree(home / "log", tmp_path / "backup")
    keys(home, "rotate")
    shutil.rmtree(home / "log")
    shutil.copytree(tmp_path / "backup", home / "log")
    for words in (["agency", "show"], ["limits", "show"], ["keys", "rotate"]):
        code, said = run(home, *words)
        assert (code, "an old backup was put back" in said) == (13, True), said


def test_another_history_under_the_same_key_is_refused_at_the_start_with_code_12(tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys(home, "init")
    shutil.rmtree(home / "log")
    (home / "keys" / "log-seen").rename(tmp_path / "kept")
    keys(home, "init")
    (tmp_path / "kept").rename(home / "keys" / "log-seen")
    code, said = run(home, "limits", "show")
    assert (code, "two histories" in said) == (12, True), said


def test_lost_keys_are_not_replaced_by_others(tmp_path: Path) -> None:
    keys(tmp_path, "init")
    for name in ("log.pem", "log.vkey"):
        (tmp_path / "keys" / name).unlink()
    code, said = run(tmp_path, "keys", "init")
    assert (code, "put that folder back from a backup" in said) == (2, True)
    assert not (tmp_path / "keys" / "log.pem").exists()


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"no key\n", b"x" * 20_000])
def test_public_keys_that_are_none_are_one_sentence(tmp_path: Path, content: bytes) -> None:
    keys(tmp_path, "init")
    (tmp_path / "keys" / "log.vkey").write_bytes(content)
    for words in (["init"], ["rotate"], ["show"]):
        code, said = run(tmp_path, "keys", *words)
        assert (code, said.count("facegate: ")) == (2, 1), said
