"""``facegate init``: a folder from nothing, an administrator once, and next steps that are real commands."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from facegate.audit.verify import verify_log
from facegate.cli.main import app
from facegate.gallery.gallery import Gallery
from facegate.gate.home import Home
from facegate.server.config import read_config
from facegate.server.database.connect import open_database, transaction
from facegate.server.database.tables import accounts

if TYPE_CHECKING:
    from pathlib import Path

PHRASE = re.compile(r"^ {4}(\S{24})$", re.MULTILINE)


def init(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", "--home", str(home), *words], env={"COLUMNS": "200"})
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    home = tmp_path_factory.mktemp("init") / "home"
    code, said = init(home, "--origin", "dmv.example.gov/face-log")
    assert code == 0, said
    return home, said


def account_rows(home: Path) -> list[tuple[str, str]]:
    engine = open_database(read_config(Home(home)).database)
    with transaction(engine) as connection:
        rows = [(one.name, one.roles) for one in connection.execute(accounts.select())]
    engine.dispose()
    return rows


def test_it_makes_keys_an_empty_gallery_a_log_and_one_administrator(made: tuple[Path, str]) -> None:
    home, _ = made
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.n_subjects == 0
    assert verify_log(home / "log").n_by_kind == {"key": 1, "account": 1}
    assert account_rows(home) == [("administrator", "administrator")]


def test_the_pass_phrase_is_shown_once_and_kept_nowhere(made: tuple[Path, str]) -> None:
    home, said = made
    [phrase] = PHRASE.findall(said)
    held = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert phrase.encode() not in held


def test_no_key_can_be_read_by_others(made: tuple[Path, str]) -> None:
    home, _ = made
    secret = [one for one in (home / "keys").iterdir() if one.suffix in {".key", ".pem"}]
    assert len(secret) >= 3
    assert {stat.S_IMODE(one.stat().st_mode) for one in secret} == {0o600}


def test_run_again_it_changes_nothing_and_makes_nobody(made: tuple[Path, str]) -> None:
    home, _ = made
    before = verify_log(home / "log").root
    code, said = init(home)
    assert (code, PHRASE.findall(said)) == (0, [])
    assert "Its accounts are as they were." in said
    assert verify_log(home / "log").root == before


def test_a_log_keeps_its_name(made: tuple[Path, str]) -> None:
    home, _ = made
    code, said = init(home, "--origin", "elsewhere.example/log")
    assert code == 2
    assert "the log is named dmv.example.gov/face-log and keeps that name" in said


def found(group: Any, words: list[str]) -> Any:  # noqa: ANN401  Typer's own types are private
    """Give the command that words name; KeyError if there is none."""
    for word in words:
        if hasattr(group, "commands"):
            group = group.commands[word]
    return group


def test_each_next_step_is_a_command_that_there_is(made: tuple[Path, str]) -> None:
    _, said = made
    steps = re.findall(r"^ {2}\d\. facegate (.*)$", said, re.MULTILINE)
    assert len(steps) == 4
    for step in steps:
        command = found(get_command(app), [word for word in step.split() if re.fullmatch("[a-z]+", word)])
        stated = {option for one in command.params for option in one.opts}
        assert {word for word in step.split() if word.startswith("--")} <= stated, step
