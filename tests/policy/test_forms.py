"""Forms of fields: what is usable, and that the unusable counts as left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from asked import EXIGENCY, NOW, WARRANT
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from twin_gate import case_number_ok, digest_ok, officer_ok, ori_ok, plain_text_ok, word_ok

from facegate.policy.forms import (
    CASE_NUMBER,
    DIGEST,
    GALLERY,
    LEVEL,
    OFFICER_ID,
    ORI,
    PLAIN_TEXT,
    day_of,
    days_in_force,
    declared_at,
    given,
    list_length,
    listed,
    moment_of,
    of_form,
    record_fields,
    standard,
    statute_section,
)
from facegate.request import DOSSIER_FIELDS, Exigency, Instrument

ALPHABET = "aZ09-_./ \n\u043e\uff11\u0661\u200b\u00a7"


@settings(deadline=None, max_examples=300)
@drawn(st.text(ALPHABET, max_size=12) | st.text(ALPHABET[:4], min_size=8, max_size=70))
def test_every_form_is_the_one_its_description_states(text: str) -> None:
    assert bool(of_form(text, CASE_NUMBER)) == case_number_ok(text)
    assert bool(of_form(text, OFFICER_ID)) == officer_ok(text)
    assert bool(of_form(text, ORI)) == ori_ok(text)
    assert bool(of_form(text, DIGEST)) == digest_ok(text)
    assert bool(of_form(text, PLAIN_TEXT)) == plain_text_ok(text)
    assert bool(of_form(text, LEVEL)) == bool(of_form(text, GALLERY)) == word_ok(text)


@pytest.mark.parametrize(
    ("text", "is_given"), [("x", True), (" x ", True), ("", False), (" \t\u3000", False), (None, False)]
)
def test_blanks_are_nothing_given(text: str | None, is_given: bool) -> None:  # noqa: FBT001  pytest names it
    assert given(text) is is_given


def test_a_word_off_its_list_is_none_and_never_a_nearest() -> None:
    assert listed("desk", {"desk"}) == "desk"
    assert [listed(word, {"desk"}) for word in ("Desk", "desk ", "des", "", None)] == [None] * 5


def test_a_higher_standard_satisfies_what_asks_for_less() -> None:
    found = [standard(word) for word in ("none", "reasonable", "probable_cause")]
    assert found == [0, 1, 2]
    assert [standard(word) for word in (None, "", "high")] == [None] * 3


def test_a_statute_is_compared_in_capitals_with_single_blanks() -> None:
    assert statute_section(" mca\t 45-5-102 ") == "MCA 45-5-102"


@pytest.mark.parametrize(
    ("limit", "kept"), [(1, 1), (1000, 1000), (0, None), (-1, None), (1001, None), (None, None)]
)
def test_a_candidate_list_has_1_to_1000_places(limit: int | None, kept: int | None) -> None:
    assert list_length(limit) == kept


def test_one_unknown_record_field_spoils_them_all() -> None:
    assert record_fields(("photo", "name", "photo")) == ("name", "photo")
    assert record_fields(tuple(DOSSIER_FIELDS)) == tuple(sorted(DOSSIER_FIELDS))
    assert [record_fields(asked) for asked in ((), ("ssn",), ("name", "ssn"))] == [None] * 3


@pytest.mark.parametrize("text", ["2026-02-30", "26-11-22", "2026-11-22 ", "20261122", "2026-W47-7", ""])
def test_what_is_no_day_of_the_calendar_is_none(text: str) -> None:
    assert day_of(text) is None


def test_a_time_needs_its_zone() -> None:
    assert moment_of("2026-11-22T05:00:00-07:00") == NOW
    assert [moment_of(text) for text in ("2026-11-22T12:00:00", "noon", "")] == [None] * 3


def test_a_paper_holds_on_its_first_and_its_last_day() -> None:
    today = replace(WARRANT, issued="2026-11-22", expires="2026-11-22")
    assert days_in_force(today, NOW) == (date(2026, 11, 22), date(2026, 11, 22))
    assert days_in_force(today, NOW + timedelta(days=1)) is None
    assert days_in_force(today, NOW - timedelta(days=1)) is None


def test_the_day_of_a_paper_turns_at_midnight_utc() -> None:
    until_today = replace(WARRANT, expires="2026-11-22")
    denver = timezone(timedelta(hours=-7))
    assert days_in_force(until_today, datetime(2026, 11, 22, 16, 59, tzinfo=denver))
    assert days_in_force(until_today, datetime(2026, 11, 22, 17, 0, tzinfo=denver)) is None


@pytest.mark.parametrize(
    "paper",
    [
        None,
        *(replace(WARRANT, kind=kind) for kind in ("letter", "", "Warrant")),
        *(replace(WARRANT, court=court) for court in ("", " ", "Denver\n", "D\u0435nver")),
        replace(WARRANT, number=""),
        replace(WARRANT, issued="2026-02-30"),
        replace(WARRANT, issued="2026-12-01", expires="2026-11-01"),
    ],
)
def test_a_paper_that_is_not_whole_is_none(paper: Instrument | None) -> None:
    assert days_in_force(paper, NOW) is None


def test_an_emergency_is_one_of_the_last_48_hours_both_ends_included() -> None:
    for at, holds in (
        (NOW, True),
        (NOW + timedelta(seconds=1), False),
        (NOW - timedelta(hours=48), True),
        (NOW - timedelta(hours=48, seconds=1), False),
    ):
        found = declared_at(replace(EXIGENCY, at=at.isoformat()), NOW, requester="8841")
        assert (found == at.astimezone(UTC)) is holds


@pytest.mark.parametrize(
    "claimed",
    [
        None,
        replace(EXIGENCY, basis=" "),
        replace(EXIGENCY, declared_by="8841"),
        replace(EXIGENCY, declared_by=""),
        replace(EXIGENCY, declared_by="sergeant b"),
        replace(EXIGENCY, at="2026-11-22T03:00:00"),
        replace(EXIGENCY, at="just now"),
    ],
)
def test_an_emergency_that_is_not_whole_or_is_declared_by_the_requester_is_none(
    claimed: Exigency | None,
) -> None:
    assert declared_at(claimed, NOW, requester="8841") is None
