"""``facegate policy replay``: the log alone decides every request again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from ready_home import copy_home, make_home, permit, plain, run, search, write_request

from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an agency that searched once and was refused once."""
    folder = tmp_path_factory.mktemp("agency")
    home = copy_home(make_home(folder / "made"), folder)
    search(home, with_permit=permit(home))
    write_request(folder, offense_code="2303")
    search(home)
    return home


@pytest.fixture
def home(searched: Path, tmp_path: Path) -> Path:
    return copy_home(searched, tmp_path)


def test_every_decision_comes_out_as_it_was_logged(home: Path) -> None:
    answer = run(home, "policy", "replay")
    assert answer.exit_code == 0, answer.output
    assert "2 decisions came out as logged, 0 did not." in plain(answer)


def test_a_log_elsewhere_is_replayed_without_the_agencys_folder(home: Path, tmp_path: Path) -> None:
    copied = tmp_path / "handed-over" / "log"
    for name in ("log", "keys"):
        shutil.copytree(home / name, copied.with_name(name))
    answer = run(tmp_path / "nowhere", "policy", "replay", str(copied))
    assert "2 decisions came out as logged" in plain(answer)
    assert not (tmp_path / "nowhere").exists()


def test_a_decision_that_no_law_made_is_named_with_exit_code_8(home: Path) -> None:
    with open_ledger(Home(home)) as ledger:
        entry, opening = next(one for one in ledger.log.read() if one[0].kind == "intent")
        assert opening is not None
        claimed = {**entry.public, "decision": "refused", "rules": ["FG-PERMIT"]}
        kept = {key: value for key, value in claimed.items() if key not in {"kind", "time", "seq", "sealed"}}
        seq = ledger.record("intent", at=entry.time, public=kept, sealed=opening.values)
    answer = run(home, "policy", "replay")
    assert answer.exit_code == 8
    for words in (f"Record {seq}: logged refused by ['FG-PERMIT']", "2 decisions came out", "1 did not"):
        assert words in plain(answer)


def test_a_log_that_was_changed_is_not_replayed(home: Path) -> None:
    entries = home / "log" / "entries"
    whole = entries.read_bytes()
    assert b'"allowed"' in whole
    entries.write_bytes(whole.replace(b'"allowed"', b'"refused"', 1))
    answer = run(home, "policy", "replay")
    assert answer.exit_code == 8, answer.output
    assert "decisions came out" not in answer.output


def test_a_folder_that_is_no_log_is_one_sentence(tmp_path: Path) -> None:
    answer = run(tmp_path, "policy", "replay", str(tmp_path / "no-log"))
    assert answer.exit_code != 0
    assert answer.stderr.startswith("facegate: ")
    assert answer.stderr.count("\n") == 1
