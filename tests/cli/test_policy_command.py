"""The ``facegate policy`` commands as a user sees them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli import policy
from facegate.cli.main import app
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from typer.testing import Result


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["policy", *words])


def flat(result: Result) -> str:
    return " ".join(result.stdout.split())


def test_list_shows_both_profiles_with_their_dates() -> None:
    result = run("list")
    assert result.exit_code == 0
    for word in ("co-dmv-2019", "2019-09-09", "moratorium", "none known", "Not legal advice."):
        assert word in flat(result)


def test_show_prints_rules_citations_marks_and_what_is_not_enforced() -> None:
    text = flat(run("show", "co-dmv-2019"))
    for rule in PolicyEngine.load().profile("co-dmv-2019").rules:
        assert rule.rule_id in text
        assert rule.say in text
        assert rule.cite in text
    assert "requester release form, C.R.S. 42-1-206(1)(b)" in text
    assert "Not legal advice. Text of 2019-09-09; read 2026-11-22." in text


def test_show_says_so_when_a_profile_states_no_date() -> None:
    assert "The text states no date; read 2026-11-22." in flat(run("show", "moratorium"))


def test_show_cedar_prints_the_text_whose_digest_is_on_the_log() -> None:
    result = run("show", "co-dmv-2019", "--cedar")
    law = PolicyEngine.load().profile("co-dmv-2019")
    assert hashlib.sha256(result.stdout.encode()).hexdigest() == law.digest


@pytest.mark.parametrize("mark", ["second-hand", "unchecked"])
def test_an_unread_source_is_printed_as_not_checked_against_the_text(mark: str) -> None:
    unread = replace(PolicyEngine.load().profile("co-dmv-2019").rules[0], checked=f"2026-11-22 {mark}")
    assert f"not checked against the text ({mark}), 2026-11-22" in policy._source(unread)


def test_show_of_an_unknown_profile_is_one_sentence() -> None:
    result = run("show", "nope")
    assert result.exit_code == 2
    assert "facegate: no profile 'nope'; there are co-dmv-2019, moratorium" in result.stderr.strip()


def test_offenses_lists_every_code_with_its_level_and_the_counts() -> None:
    text = flat(run("offenses"))
    assert "│ 1201 │" in text
    assert "never searched for" in text.split("│ 3602 │")[1].split("│ 3604 │")[0]
    assert "462 headings. 139 stand on Colorado's Level 1 list; 134 of these can be searched for" in text


def test_offenses_of_a_profile_are_counted_by_asking_it() -> None:
    text = flat(run("offenses", "--profile", "co-dmv-2019"))
    assert "co-dmv-2019 admits 134 of 462 headings on the code alone, 443 once a felony" in text


def test_offenses_of_an_unknown_profile_is_one_sentence() -> None:
    result = run("offenses", "--profile", "nope")
    assert result.exit_code == 2
    assert "no profile 'nope'" in result.stderr
