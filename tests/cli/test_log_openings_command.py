"""``facegate log open | check-opening | erase``: single fields for a court, and expungement."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING

import pytest
from photo_files import png
from ready_home import copy_home, make_home, permit, plain, run, search

from facegate.gate.home import Home
from facegate.gate.photos.store import PhotoStore

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = ("--signed-by", "77", "--signed-by", "31")
ORDER = ("--basis", "court_order", "--authority", "Denver Dist. Ct. 26CV1")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with keys, after one allowed search and one that was refused."""
    folder = tmp_path_factory.mktemp("searched")
    home = copy_home(make_home(tmp_path_factory.mktemp("agency")), folder)
    assert run(home, "keys", "init").exit_code == 0
    assert search(home, with_permit=permit(home)).exit_code == 0
    assert search(home).exit_code == 3
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "home")
    return tmp_path / "home"


@pytest.fixture(scope="module")
def searched(made: Path) -> str:
    """Id of the search that was allowed."""
    shown = [plain(run(made, "log", "show", "--index", str(at))) for at in range(24, 32)]
    found = next(text for text in shown if "kind intent" in re.sub(r"[│ ]+", " ", text))
    identity = re.search(r"search_id\W+([0-9a-f-]{36})", found)
    assert identity
    return identity[1]


def opened(home: Path, search_id: str, *more: str) -> Path:
    out = home.parent / "opening.json"
    answer = run(home, "log", "open", search_id, "-o", str(out), *more)
    assert answer.exit_code == 0, answer.output
    return out


def test_what_was_opened_checks_without_the_home(home: Path, searched: str) -> None:
    out, key = opened(home, searched, "--fields", "case_number,offense_code"), home.parent / "log.vkey"
    shutil.copy(home / "keys" / "log.vkey", key)
    shutil.rmtree(home)
    answer = run(home, "log", "check-opening", str(out), "--key", str(key))
    assert answer.exit_code == 0, answer.output
    assert "PASS 2 fields of 1 records are what the log facegate.local/log sealed." in plain(answer)
    assert "24-001234" in answer.output
    assert "8841" not in answer.output
    assert "8841" not in out.read_text()


def test_candidates_are_opened_from_the_result(home: Path, searched: str) -> None:
    out = opened(home, searched, "--fields", "candidates,requester")
    answer = run(home, "log", "check-opening", str(out), "--key", str(home / "keys" / "log.vkey"))
    assert "PASS 2 fields of 2 records" in plain(answer)
    assert "astronaut" in answer.output


def test_an_edited_value_fails_with_code_8(home: Path, searched: str) -> None:
    out = opened(home, searched)
    out.write_text(out.read_text().replace("24-001234", "24-001235"))
    answer = run(home, "log", "check-opening", str(out), "--key", str(home / "keys" / "log.vkey"))
    assert (answer.exit_code, "opening of case_number" in answer.output) == (8, True)


@pytest.mark.parametrize(
    ("fields", "receipt", "why"),
    [
        ([{"field": "f", "salt": "0", "value": "v"}], "\ud800", "half of a surrogate pair"),
        ([], "", "one at least"),
    ],
)
def test_a_file_that_shows_nothing_or_is_no_text_is_one_sentence(
    home: Path, fields: list[dict[str, str]], receipt: str, why: str
) -> None:
    record = {"entry": "", "fields": fields, "receipt": receipt}
    file = home.parent / "opening.json"
    file.write_text(json.dumps({"format": "facegate-opening/1", "records": [record]}))
    answer = run(home, "log", "check-opening", str(file), "--key", str(home / "keys" / "log.vkey"))
    assert (answer.exit_code, why in plain(answer)) == (8, True), answer.output


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("nobody",), "no record of nobody seals"),
        (("0", "--fields", "case_number"), "no record of 0 seals case_number"),
        (("SEARCH", "--fields", "home_address"), "seals home_address"),
    ],
)
def test_what_is_not_sealed_cannot_be_opened(
    home: Path, searched: str, words: tuple[str, ...], why: str
) -> None:
    answer = run(home, "log", "open", *(searched if one == "SEARCH" else one for one in words))
    assert (answer.exit_code, why in plain(answer)) == (2, True), answer.output


def test_an_erased_search_opens_no_more_and_everything_else_holds(home: Path, searched: str) -> None:
    answer = run(home, "log", "erase", searched, *SIGNED, *ORDER, "--yes")
    assert answer.exit_code == 0, answer.output
    assert "3 records cannot be opened any more" in plain(answer)
    again = run(home, "log", "open", searched)
    assert (again.exit_code, "was erased" in plain(again)) == (2, True)
    assert "PASS" in run(home, "log", "verify").output
    assert "the questions of 1 were erased" in plain(run(home, "policy", "replay"))


def test_nothing_of_an_erased_search_is_left_in_the_home(home: Path, searched: str) -> None:
    run(home, "log", "erase", searched, *SIGNED, *ORDER, "--yes")
    for path in (home / "ledger.db", home / "log" / "sealed.db"):
        assert b"Masked man at counter 3" not in path.read_bytes()
    assert not list(home.glob("ledger.db-*"))


def test_the_photo_of_the_probe_goes_with_its_search(home: Path, searched: str) -> None:
    photos = PhotoStore.open(Home(home))
    photos.keep_probe(searched, png())
    answer = run(home, "log", "erase", searched, *SIGNED, *ORDER, "--yes")
    assert "Photos of their probes are destroyed, too" in plain(answer)
    assert photos.probe(searched) is None
    assert not any((home / "photos" / "probes").iterdir())


def test_the_erasure_says_on_what_basis_and_seals_whose(home: Path, searched: str) -> None:
    run(home, "log", "erase", searched, *SIGNED, *ORDER, "--yes")
    newest = plain(run(home, "log", "show", "--last", "1"))
    assert "erasure" in newest
    assert "26CV1" not in newest


@pytest.mark.parametrize(
    ("words", "code", "why"),
    [
        ((*SIGNED, *ORDER), 2, "name one search, or --expired"),
        (("SEARCH", *SIGNED, "--basis", "wish", "--authority", "x"), 2, "the basis of an erasure"),
        (("SEARCH", *SIGNED, "--basis", "statute"), 2, "the authority of an erasure"),
        (("SEARCH", "--signed-by", "77", *ORDER), 3, "two different officers"),
        (("SEARCH", "--signed-by", "77", "--signed-by", "8841", *ORDER), 3, "which keeps the gallery"),
        (("nobody", *SIGNED, *ORDER), 2, "knows no search"),
    ],
)
def test_an_erasure_that_is_not_in_order_erases_nothing(
    home: Path, searched: str, words: tuple[str, ...], code: int, why: str
) -> None:
    answer = run(home, "log", "erase", *(searched if one == "SEARCH" else one for one in words), "--yes")
    assert (answer.exit_code, why in plain(answer)) == (code, True), answer.output
    opened(home, searched)


def test_whoever_does_not_say_yes_erases_nothing(home: Path, searched: str) -> None:
    answer = run(home, "log", "erase", searched, *SIGNED, *ORDER)
    assert answer.exit_code != 0
    opened(home, searched)


def test_nothing_is_past_a_term_that_nobody_set(home: Path) -> None:
    answer = run(home, "log", "erase", "--expired", *SIGNED, "--yes")
    assert (answer.exit_code, "Nothing is past its term." in plain(answer)) == (0, True)
