"""``facegate log``: PASS or FAIL in words, an exit code, and records without their sealed part."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.audit.log import AuditLog
from facegate.cli.main import app
from facegate.gate.home import LOG_ORIGIN

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

ORIGIN = "facegate.example/test"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two intents, the first with a result, in the place where an installation keeps its log."""
    place = tmp_path / "home" / "log"
    intent: dict[str, JSONValue] = {
        "kind": "intent",
        "time": "2026-11-22T03:20:11.42Z",
        "agency": "CO0010000",
        "profile": "co-dmv-2019",
        "decision": "refused",
        "rules": ["CO-1", "CO-2"],
    }
    result: dict[str, JSONValue] = {
        "kind": "result",
        "time": "2026-11-22T03:20:11.50Z",
        "intent": 0,
        "outcome": "refused",
        "n_candidates": 0,
    }
    with AuditLog.open(place, origin=ORIGIN) as log:
        log.append(intent, {"case_number": "24-001234"}, record_key=bytes(range(32)))
        log.append(result, {}, record_key=bytes(range(32)))
        log.append({**intent, "agency": "[red]A\x1b[2J"}, {}, record_key=bytes(range(32)))
    return place


def run(*arguments: object, home: Path | None = None) -> tuple[int, str]:
    """Run the command as a user would; give exit code and everything printed."""
    environment = {"FACEGATE_HOME": str(home) if home else None, "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["log", *map(str, arguments)], env=environment)
    return done.exit_code, done.output


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_a_log_that_holds_passes_with_its_size_root_counts_and_gaps(folder: Path) -> None:
    code, said = run("verify", folder)
    assert code == 0
    with AuditLog.open(folder, origin=ORIGIN) as log:
        assert f"root     {log.root}" in said
    assert "PASS  3 records hold" in said
    assert "2 intent, 1 result" in said
    assert "gaps     no result for intent 2 (still running, or broken off)" in said
    assert "pass it with --since next time" in said


def test_the_log_of_this_installation_is_the_default(folder: Path) -> None:
    code, said = run("verify", "--origin", ORIGIN, home=folder.parent)
    assert (code, "PASS  3 records hold" in said) == (0, True)


def test_the_log_of_this_installation_must_have_its_own_name(folder: Path) -> None:
    code, said = run("verify", home=folder.parent)
    assert (code, LOG_ORIGIN in said) == (8, True)


def test_one_changed_byte_fails_with_one_sentence_and_code_8(folder: Path) -> None:
    flip(folder / "entries", 40)
    code, said = run("verify", folder)
    assert code == 8
    assert said.strip().startswith("FAIL  record 0 was changed: it hashes to")
    assert len(said.strip().splitlines()) == 1


def test_a_kept_checkpoint_is_held_against_the_log(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_bytes((folder / "checkpoint").read_bytes())
    code, said = run("verify", folder, "--since", kept)
    assert (code, "nothing before it was rewritten" in said) == (0, True)


def test_a_log_begun_anew_fails_against_a_kept_checkpoint(folder: Path, tmp_path: Path) -> None:
    AuditLog.open(tmp_path / "new", origin=ORIGIN).close()
    code, said = run("verify", tmp_path / "new", "--since", folder / "checkpoint")
    assert (code, "FAIL  record 0 is missing: the log holds 0 records" in said) == (8, True)


def test_a_log_under_another_name_fails(folder: Path) -> None:
    code, said = run("verify", folder, "--origin", "facegate.example/other")
    assert (code, "wanted facegate.example/other" in said) == (8, True)


def test_the_skew_allowed_can_be_set(folder: Path) -> None:
    code, said = run("verify", folder, "--max-skew", "0.01")
    assert (code, "FAIL  record 2 is dated 0.08 s before an earlier record" in said) == (8, True)


@pytest.mark.parametrize("command", ["verify", "show"])
def test_where_there_is_no_log_it_says_so_with_code_7(tmp_path: Path, command: str) -> None:
    code, said = run(command, tmp_path)
    assert (code, "there is no log in" in said) == (7, True)


def test_a_kept_checkpoint_that_is_not_there_is_the_callers_mistake(folder: Path, tmp_path: Path) -> None:
    code, said = run("verify", folder, "--since", tmp_path / "nothing")
    assert (code, "cannot be read: No such file" in said) == (2, True)


def test_the_table_tells_who_asked_and_what_came_of_it(folder: Path) -> None:
    code, said = run("show", folder)
    assert code == 0
    assert "CO0010000, co-dmv-2019: refused by CO-1, CO-2" in said
    assert "of intent 0: refused, 0 candidates" in said


def test_the_newest_records_can_be_picked(folder: Path) -> None:
    _, said = run("show", folder, "--last", 1)
    assert "CO0010000" not in said


def test_one_record_is_shown_in_full_with_its_sealed_fields_sealed(folder: Path) -> None:
    code, said = run("show", folder, "--index", 0)
    assert code == 0
    assert "sealed, commitment 3395d14cd3014cb6b9f013b202b5e6b66160bc9ce4c23a0aebedabcf57579c17" in said
    assert "24-001234" not in said


def test_a_record_cannot_command_the_terminal(folder: Path) -> None:
    for choice in (("--index", 2), ("--last", 1)):
        _, said = run("show", folder, *choice)
        assert "\x1b[2J" not in said
        assert r"[red]A\x1b[2J" in said


def test_a_record_that_is_not_there_is_one_sentence(folder: Path) -> None:
    code, said = run("show", folder, "--index", 3)
    assert (code, "there is no record 3: the log holds 3, counted from 0" in said) == (2, True)


def test_a_record_that_cannot_be_read_does_not_hide_the_others(folder: Path) -> None:
    flip(folder / "entries", 2)  # the first byte after the length: the brace that opens the record
    code, said = run("show", folder)
    assert code == 0
    assert "cannot be read: not canonical JSON" in said
    assert "of intent 0: refused" in said


def test_an_empty_log_is_shown_as_empty(tmp_path: Path) -> None:
    AuditLog.open(tmp_path / "log", origin=ORIGIN).close()
    assert run("show", tmp_path / "log") == (0, "The log is empty.\n")
