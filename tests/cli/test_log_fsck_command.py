"""``facegate log fsck``: a line each, PASS or FAIL; mends what can be made again, and nothing else."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from published_home import published, run, search

from facegate.audit.storage import ENTRIES, LEAVES
from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("checked"))[1].parent


@pytest.fixture
def home(exported: Path, tmp_path: Path) -> Path:
    """Copy an installation whose log is published in the folder ``out`` beside it."""
    shutil.copytree(exported, tmp_path / "agency")
    return tmp_path / "agency" / "home"


def fsck(home: Path, *more: str) -> Result:
    return run(home, "log", "fsck", "--published", home.parent / "out", *more)


def verdicts(answer: Result) -> dict[str, str]:
    """Give the last verdict on each part."""
    lines = [line.split()[:2] for line in answer.output.splitlines() if line.startswith(("PASS", "FAIL"))]
    return {about: word for word, about in lines}


def change_index(home: Path) -> None:
    """Change what the index says, as somebody with a database tool would."""
    with closing(sqlite3.connect(home / "ledger.db", isolation_level=None)) as database:
        database.execute("INSERT INTO policy_text VALUES ('0', 'put in')")


def test_a_whole_installation_passes_part_by_part(home: Path) -> None:
    answer = fsck(home)
    assert answer.exit_code == 0, answer.output
    parts = ("entries", "leaves", "openings", "published", "index")
    assert verdicts(answer) == dict.fromkeys(parts, "PASS")
    assert "index      ledger.db made anew from 21 records is the same" in answer.output


def test_the_tree_alone_is_checked_where_asked_and_the_rest_is_said_to_be_left_out(home: Path) -> None:
    change_index(home)
    answer = fsck(home, "--tree-only")
    assert answer.exit_code == 0, answer.output
    assert verdicts(answer) == dict.fromkeys(("entries", "leaves", "published"), "PASS")
    assert "Openings and index were not looked at." in answer.output


def test_an_index_that_was_edited_is_found_and_made_anew(home: Path) -> None:
    change_index(home)
    answer = fsck(home)
    assert answer.exit_code == 8
    assert (
        "FAIL  index      ledger.db differs from one made anew from the log in: policy_text\n"
        in answer.output
    )
    answer = fsck(home, "--repair")
    assert (answer.exit_code, verdicts(answer)["index"]) == (0, "PASS")
    assert "Made anew; checked again:" in answer.output


def test_an_index_that_is_behind_is_held_against_as_many_records(home: Path) -> None:
    shutil.copy(home / "ledger.db", home / "behind.db")
    search(home, 2)
    for one in home.glob("ledger.db*"):
        one.unlink()
    (home / "behind.db").rename(home / "ledger.db")
    assert "ledger.db made anew from 21 records is the same" in fsck(home).output


def test_an_index_that_is_none_or_not_there_is_no_harm(home: Path) -> None:
    for one in home.glob("ledger.db*"):
        one.unlink()
    assert "ledger.db is not there; it is made when it is needed" in fsck(home).output
    (home / "ledger.db").write_bytes(b"no database at all" * 100)
    assert verdicts(fsck(home))["index"] == "FAIL"
    assert fsck(home, "--repair").exit_code == 0


def test_leaves_and_tiles_are_mended_together(home: Path) -> None:
    (home / "log" / LEAVES).write_bytes(bytes(21 * 32))
    (home.parent / "out" / "tile/0/000.p/21").unlink()
    assert verdicts(fsck(home)) == {
        "entries": "PASS", "leaves": "FAIL", "openings": "PASS", "published": "FAIL", "index": "FAIL",
    }  # fmt: skip
    answer = fsck(home, "--repair")
    assert answer.exit_code == 0, answer.output
    with open_ledger(Home(home)) as ledger:
        assert ledger.log.size == 21


def test_entries_are_never_mended(home: Path) -> None:
    data = bytearray((home / "log" / ENTRIES).read_bytes())
    data[100] ^= 1
    (home / "log" / ENTRIES).write_bytes(data)
    answer = fsck(home, "--repair")
    assert answer.exit_code == 8
    assert "FAIL  entries    record 0 was changed" in answer.output
    assert "Nothing is repaired" in answer.output
    assert (home / "log" / ENTRIES).read_bytes() == bytes(data)


def test_a_home_without_a_log_is_told(tmp_path: Path) -> None:
    answer = run(tmp_path / "nowhere", "log", "fsck")
    assert (answer.exit_code, "there is no log in" in answer.output) == (7, True)
