"""A law that was tampered with, from the command line: refused in words, recorded, nothing searched."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from ready_home import copy_home, make_home, permit, plain, records, run, search, write_request

from facegate.policy import offenses
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

LAW = "co-dmv-2019.cedar"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("agency"))


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return copy_home(made, tmp_path)


def own_laws(home: Path) -> Path:
    """Give an agency a folder of laws of its own: the one in force, and no other."""
    folder = home / "profiles"
    folder.mkdir()
    shutil.copy(SHIPPED / LAW, folder)
    shutil.copy(SHIPPED / "offense-classes.csv", folder)  # under the same digest as the law
    for schema in SHIPPED.glob("*.cedarschema"):
        shutil.copy(schema, folder)
    return folder


def edited(old: str, new: str) -> Callable[[Path], None]:
    """Make an edit of the law that must change it."""

    def edit(folder: Path) -> None:
        text = (folder / LAW).read_text(encoding="ascii")
        assert old in text
        (folder / LAW).write_text(text.replace(old, new, 1), encoding="utf-8")

    return edit


def under_another_name(folder: Path) -> None:
    shutil.copy(folder / LAW, folder / "second.cedar")


SPOILED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a word misspelled": (edited("forbid", "forbit"), LAW),
    "a fact misspelled": (edited("context has caseNumber", "context has caseNumbr"), LAW),
    "a citation left out": (edited("@cite(", "@quote("), LAW),
    "another profile's name": (edited('@profile("co-dmv-2019")', '@profile("co-dmv-2091")'), LAW),
    "a look-alike letter": (edited("memo", "mem\u043e"), LAW),
    "a rule twice": (edited('@id("CO-LEVEL-1")', '@id("CO-CASE-NUMBER")'), "CO-CASE-NUMBER"),
    "one profile in two files": (under_another_name, "second.cedar"),
    "nothing at all": (lambda folder: (folder / LAW).unlink(), "no profile"),
}


def assert_refused_and_recorded(home: Path, answer: Result, words: str) -> None:
    intent, result = records(home)[-2:]
    assert answer.exit_code == 3, answer.output
    for sign in ("REFUSED under co-dmv-2019", "FG-PROFILE", "facegate gate rule, not statute", words):
        assert sign in plain(answer)
    assert (intent["kind"], intent["decision"], intent["rules"]) == ("intent", "refused", ["FG-PROFILE"])
    assert (result["kind"], result["outcome"], result["n_candidates"]) == ("result", "refused", 0)
    assert intent["policy_digest"] == ""


def test_an_own_folder_of_laws_is_as_good_as_the_shipped_one(home: Path) -> None:
    own_laws(home)
    assert search(home, with_permit=permit(home)).exit_code == 0


@pytest.mark.parametrize("kind", SPOILED)
def test_a_law_with_a_fault_closes_the_gate_and_names_the_file(home: Path, kind: str) -> None:
    given = permit(home)
    spoil, words = SPOILED[kind]
    spoil(own_laws(home))
    assert_refused_and_recorded(home, search(home, with_permit=given), words)
    replayed = run(home, "policy", "replay")
    assert "1 decisions came out as logged, 0 did not." in plain(replayed)


def test_a_law_with_a_fault_issues_no_permit_and_that_is_recorded(home: Path) -> None:
    edited("forbid", "forbit")(own_laws(home))
    beside = home.parent
    words = (str(beside / "probe.png"), "--request", str(beside / "request.json"))
    answer = run(home, "permit", "issue", *words)
    assert answer.exit_code == 3
    assert LAW in plain(answer)
    assert (records(home)[-1]["kind"], records(home)[-1]["rules"]) == ("permit-refused", ["FG-PROFILE"])


def test_a_law_that_was_changed_without_a_fault_is_not_the_one_in_force(home: Path) -> None:
    given = permit(home)
    edited("// ", "//  ")(own_laws(home))
    answer = search(home, with_permit=given)
    assert answer.exit_code == 3
    assert "FG-ACTIVATED" in plain(answer)


def test_a_catalogue_edited_by_hand_closes_the_gate(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given, table = permit(home), tmp_path / "offenses.csv"
    own_laws(home)
    text = offenses.TABLE.read_text(encoding="utf-8")
    table.write_text(text.replace("ILLEGAL ENTRY,,immigration", "ILLEGAL ENTRY,robbery,"), encoding="utf-8")
    assert table.read_bytes() != offenses.TABLE.read_bytes()
    monkeypatch.setattr(offenses, "TABLE", table)
    assert_refused_and_recorded(home, search(home, with_permit=given), "the offense table offenses.csv was")


@pytest.mark.parametrize("number", ["24-001234 ", "\uff12\uff14-001234", "24\u2013001234", "24-999999", " "])
def test_a_case_number_that_only_looks_like_one_is_refused_with_its_citation(home: Path, number: str) -> None:
    write_request(home.parent, case_number=number)
    answer = search(home)
    assert answer.exit_code == 3
    assert "FG-CASE" in plain(answer)
    assert "Colorado DMV memo" in plain(answer) or "facegate gate rule, not statute" in plain(answer)
    assert records(home)[-1]["outcome"] == "refused"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON"),
        ('{"case_numbr": "24-001234"}', "did you mean 'case_number'"),
        (
            '{"profile": "co-dmv-2019", "candidate_limit": "20"}',
            "candidate_limit is text, wanted a whole number",
        ),
        ('{"profile": "co-dmv-2019", "sketch": "no"}', "sketch is text, wanted true or false"),
        ("[]", "is a list"),
        ('{"profile": "co-dmv-2019", "profile": "moratorium"}', "profile"),
    ],
)
def test_a_file_that_is_no_request_is_one_sentence_and_no_search(home: Path, text: str, words: str) -> None:
    size = len(records(home))
    (home.parent / "request.json").write_text(text)
    answer = search(home)
    assert answer.exit_code == 2
    assert words in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert len(records(home)) == size
