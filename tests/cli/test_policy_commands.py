"""The ``facegate policy`` commands as a user sees them."""

from __future__ import annotations

import csv
import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.cli.policy_words import PAGE, mark
from facegate.policy.engine import PolicyEngine
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

ENGINE = PolicyEngine.load()
UNREAD = "not checked against the text"


def run(*words: object) -> Result:
    return CliRunner().invoke(app, ["policy", *map(str, words)], env={"COLUMNS": None})


def flat(result: Result) -> str:
    return " ".join(result.stdout.split())


@pytest.fixture(autouse=True)
def loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load the shipped profiles once for all commands: a second or more each time, and always the same."""
    load = PolicyEngine.load
    monkeypatch.setattr(PolicyEngine, "load", lambda folder=None: load(folder) if folder else ENGINE)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """Give a Colorado request as `blank` prints it: it passes as it stands."""
    path = tmp_path / "request.toml"
    path.write_text(run("blank", "co-dmv-2019").stdout, encoding="utf-8")
    return path


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """Make a folder with one profile of one's own, all of it second-hand."""
    folder = tmp_path / "own"
    folder.mkdir()
    text = (SHIPPED / "co-dmv-2019.cedar").read_text(encoding="ascii")
    text = text.replace('"co-dmv-2019"', '"mine"').replace("2026-11-22 checked", "2026-11-22 second-hand")
    (folder / "mine.cedar").write_text(text, encoding="ascii")
    return folder


def without(path: Path, *fields: str) -> Path:
    lines = path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if not line.startswith(tuple(f"{name} =" for name in fields))]
    path.write_text("\n".join(kept), encoding="utf-8")
    return path


def test_list_shows_every_law_with_dates_rules_and_how_many_are_unchecked() -> None:
    result = run("list")
    assert result.exit_code == 0
    for law in ENGINE.profiles.values():
        row = next(line for line in result.stdout.splitlines() if line.split()[:1] == [law.name])
        assert str(law.period.effective or "not stated") in row
        unread = sum(not rule.is_checked for rule in law.own_rules)
        assert f" {len(law.own_rules)} " in row
        assert f" {unread or 'none'} " in row
    assert "Not legal advice." in flat(result)


def test_list_parts_overlays_from_profiles() -> None:
    text = run("list").stdout
    assert text.index("co-dmv-2019-strict") < text.index("overlay") < text.index("moratorium")


@pytest.mark.parametrize("name", list(ENGINE.profiles))
def test_show_prints_rules_citations_marks_cautions_and_what_is_not_enforced(name: str) -> None:
    text = flat(run("show", name))
    law = ENGINE.profile(name)
    for rule in law.own_rules:
        assert f"{rule.rule_id} {'permits' if rule.effect == 'permit' else 'refuses with'}: " in text
        assert " ".join(f"{rule.cite}. Read in: {rule.src}. {mark(rule.checked)}".split()) in text
    assert text.count(f"[{UNREAD}]") == len(law.unchecked)
    for words in (*law.cautions, *law.not_enforced, law.digest, "Not legal advice."):
        assert " ".join(words.split()) in text
    assert "{" not in text


def test_p22_statutes_that_only_permit_are_notes_for_staff_and_no_rule() -> None:
    told = flat(run("show", "no-immigration"))
    for note in ("8 U.S.C. 1373", "18 U.S.C. 2721", "may, not must", "enforced by no rule"):
        assert note in told
    rules = PolicyEngine.load().profile("no-immigration").rules
    assert rules
    assert not [one.rule_id for one in rules if "1373" in one.cite or "2721" in one.cite]


def test_show_of_a_law_with_an_overlay_shows_both() -> None:
    text = flat(run("show", "co-dmv-2019+moratorium"))
    assert "CO-LEVEL-1" in text
    assert "MORATORIUM" in text


def test_show_cedar_prints_the_text_whose_digest_is_on_the_log(own: Path) -> None:
    result = run("show", "co-dmv-2019", "--cedar")
    assert hashlib.sha256(result.stdout.encode()).hexdigest() == ENGINE.profile("co-dmv-2019").digest
    unread = run("show", "mine", "--cedar", "--profiles", own)
    assert UNREAD in " ".join(unread.stderr.split())


@pytest.mark.parametrize("words", [["show"], ["blank"], ["offenses", "--profile"]])
def test_an_unknown_profile_is_one_sentence(words: list[str]) -> None:
    result = run(*words, "nope")
    assert result.exit_code == 2
    assert "facegate: no profile 'nope'; there are " in result.stderr


def test_offenses_lists_every_code_with_its_level_and_the_counts() -> None:
    text = flat(run("offenses"))
    assert "│ 1201 │" in text
    assert "never searched for" in text.split("│ 3602 │")[1].split("│ 3604 │")[0]
    assert "462 headings. 139 stand on Colorado's Level 1 list; 134 of these can be searched for" in text


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("co-dmv-2019", "co-dmv-2019 admits 134 of 462 headings on the code alone, 443 once a felony"),
        ("co-dmv-2019-strict", "co-dmv-2019-strict admits 0 of 462 headings on the code alone, 134 once"),
    ],
)
def test_offenses_of_a_reading_print_levels_and_the_difference_of_the_two(name: str, counts: str) -> None:
    text = flat(run("offenses", "--profile", name))
    assert counts in text
    assert "The difference: 134 headings without a felony claim, 309 with one." in text
    shoplifting = text.split("│ 2303 │")[1].split("│ 2304 │")[0]
    assert "│ below-1 │ refused │" in shoplifting


def test_nibrs_is_a_listing_of_its_own() -> None:
    text = flat(run("offenses", "--nibrs"))
    assert "84 codes." in text
    assert "│ 30A" in text
    result = run("offenses", "--nibrs", "--profile", "co-dmv-2019")
    assert result.exit_code == 2
    assert "wanted --nibrs or --profile, got both" in result.stderr


def test_a_blank_request_can_be_explained_as_it_stands(blank: Path) -> None:
    result = run("explain", blank)
    assert result.exit_code == 0
    assert "PERMITTED" in result.stdout
    assert "Assumed: No register was asked." in flat(result)


def test_explain_names_every_rule_its_citation_its_mark_and_what_is_missing(blank: Path) -> None:
    result = run("explain", without(blank, "case_number", "release_form"))
    text = flat(result)
    assert result.exit_code == 3
    assert "REFUSED by 3 rules." in text
    assert "C.R.S. 42-1-206(1)(b) and 24-72-204(7)(b); checked, 2026-11-22" in text
    assert "- case_number is left out; wanted 1 to 64 letters" in text
    assert "(CO-CASE-NUMBER, FG-CASE-NUMBER)" in text


def test_explain_as_json_says_the_same(blank: Path, own: Path) -> None:
    arguments = ("--profile", "mine", "--profiles", own, "--at", "2018-01-01", "--json")
    result = run("explain", without(blank, "gallery"), *arguments)
    answer = json.loads(result.stdout)
    assert result.exit_code == 3
    assert [one["rule_id"] for one in answer["failed"]] == ["FG-IN-FORCE", "FG-GALLERY"]
    assert [one["what"] for one in answer["missing"]] == ["gallery", "law.period"]
    assert "CO-LEVEL-1" in answer["rules_not_checked_against_the_text"]
    assert answer["at"] == "2018-01-01T12:00:00+00:00"


def test_a_rule_that_nobody_checked_says_so_where_it_refuses(blank: Path, own: Path) -> None:
    text = flat(run("explain", without(blank, "duty_statement"), "--profile", "mine", "--profiles", own))
    assert f"C.R.S. 24-72-302(3); {UNREAD} (second-hand), 2026-11-22" in text
    assert f"11 of 11 rules of mine are {UNREAD}" in text


def test_explain_lays_overlays_over_the_law_however_they_are_named(blank: Path) -> None:
    for words in (["--overlay", "moratorium"], ["--profile", "co-dmv-2019+moratorium"]):
        result = run("explain", blank, *words)
        assert result.exit_code == 3
        assert "REFUSED by 1 rule." in flat(result)
        assert "no field of the request would satisfy MORATORIUM" in flat(result)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--at", "yesterday"], "--at is a day (2026-11-22) or a time with its zone"),
        (["--overlay", "co-dmv-2019-strict"], "co-dmv-2019-strict is a profile of its own, not an overlay"),
        (["--profiles", "/nowhere/at/all"], "no policy folder /nowhere/at/all"),
    ],
)
def test_explain_refuses_bad_options_in_one_sentence(blank: Path, words: list[str], sentence: str) -> None:
    result = run("explain", blank, *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_explain_refuses_a_misspelled_field(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text('{"profile": "co-dmv-2019", "case_nummer": "1"}')
    result = run("explain", path)
    assert result.exit_code == 2
    assert "r.json: there is no field 'case_nummer'; did you mean 'case_number'?" in result.stderr


def test_diff_prints_a_page_with_both_laws_the_counts_and_every_rule() -> None:
    result = run("diff", "co-dmv-2019", "co-dmv-2019-strict", "--n", 60, "--seed", 4)
    text = flat(result)
    assert result.exit_code == 0
    assert text.startswith("What co-dmv-2019 and co-dmv-2019-strict would permit and refuse")
    for name in ("co-dmv-2019", "co-dmv-2019-strict"):
        assert f"{name}, in force from 2019-09-09, no end date known" in text
        assert ENGINE.profile(name).digest[:16] in text
    assert "60 requests generated from seed 4" in text
    assert "They are not real requests" in text
    assert "60 (100.0 %)" in text
    assert "Colorado DMV memo, 9 September 2019, IMAGE COMPARISONS; checked, 2026-11-22" in text
    assert max(map(len, result.stdout.splitlines())) <= PAGE


def test_diff_of_a_set_from_a_file_is_counted_by_hand(tmp_path: Path, blank: Path) -> None:
    answer = json.loads(run("explain", blank, "--json").stdout)
    assert answer["permitted"]
    line = {"profile": "x", "case_number": "24-1", "offense_code": "1201"}
    (tmp_path / "set.jsonl").write_text(f"{json.dumps(line)}\n{json.dumps(line)}\n")
    arguments = ("--requests", tmp_path / "set.jsonl", "--json", "--csv", tmp_path / "rules.csv")
    found = json.loads(run("diff", "co-dmv-2019", "co-dmv-2019+moratorium", *arguments).stdout)
    assert found["refused_under_both"] == found["requests"]["n"] == 2
    rows = {row["rule"]: row for row in csv.DictReader((tmp_path / "rules.csv").read_text().splitlines())}
    assert rows["MORATORIUM"]["refused_under_a"] == ""
    assert rows["MORATORIUM"]["refused_under_b"] == "2"
    assert rows["CO-DUTY"]["refused_under_a"] == rows["CO-DUTY"]["refused_under_b"] == "2"


def test_diff_of_a_law_not_in_force_says_as_of_when_it_was_asked() -> None:
    text = flat(run("diff", "co-dmv-2019", "moratorium", "--n", 5, "--at", "2001-01-01"))
    assert "Not in force on 2001-01-01: asked as of 2019-09-09" in text


def test_diff_of_one_s_own_unread_law_marks_every_rule(own: Path) -> None:
    text = flat(run("diff", "mine", "mine", "--n", 30, "--profiles", own))
    assert f"{UNREAD} (second-hand), 2026-11-22" in text
    assert f"11 of 11 rules of mine are {UNREAD}" in text


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["co-dmv-2019", "nope"], "no profile 'nope'"),
        (["co-dmv-2019", "moratorium", "--csv", "/nowhere/x.csv"], "there is no folder /nowhere"),
        (["co-dmv-2019", "moratorium", "--requests", "/nowhere.jsonl"], "cannot read /nowhere.jsonl"),
    ],
)
def test_diff_refuses_bad_input_in_one_sentence(words: list[str], sentence: str) -> None:
    result = run("diff", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_validate_sums_up_a_folder_that_passes_and_warns(own: Path) -> None:
    result = run("validate", own)
    assert result.exit_code == 0
    assert "mine: profile, 11 rules, in force from 2019-09-09" in flat(result)
    assert f"warning: 11 of 11 rules of mine are {UNREAD}" in flat(result)
    assert "1 text passes every check" in flat(result)


def test_validate_names_every_fault_at_once(own: Path) -> None:
    text = (own / "mine.cedar").read_text(encoding="ascii")
    for right, wrong in (
        ("context has caseNumber", "context has caseNumbr"),
        ("context.operator.unit", "context.operator.unity"),
        ('@id("CO-DUTY")', '@id("CO-MVIU")'),
        ('@cite("C.R.S. 42-1-206', '@sight("C.R.S. 42-1-206'),
    ):
        text = text.replace(right, wrong)
    (own / "mine.cedar").write_text(text, encoding="ascii")
    (own / "other.cedar").write_text("permit (", encoding="ascii")
    result = run("validate", own)
    assert result.exit_code == 2
    for sentence in (
        "mine.cedar, rule CO-CASE-NUMBER: `has caseNumbr` tests what the schema does not declare",
        "mine.cedar, rule CO-MVIU: does not hold against the schema: attribute `unity`",
        "mine.cedar, rule CO-LECC: does not hold against the schema: attribute `unity`",
        "mine.cedar, rule CO-RELEASE-FORM: annotation @cite is missing",
        "mine.cedar, rule CO-MVIU: the same @id stands in mine.cedar",
        "other.cedar: this is not Cedar",
    ):
        assert f"facegate: {sentence}" in result.stderr


@pytest.mark.parametrize("name", ["nothing", "none"])
def test_validate_of_no_profiles_is_one_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / "none").mkdir()
    result = run("validate", tmp_path / name)
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
