"""Two reviewers, blind to each other, every candidate, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from review_room import (
    AGENT,
    ASKER,
    FIRST,
    KEY,
    LAPSED,
    LETTERED,
    NOW,
    REGISTER,
    SECOND,
    STRANGER,
    SUSPENDED,
    THIRD,
    UNKNOWN,
    a_ledger,
    found,
    last_refusal,
    opened,
    records,
    reviewed,
    searched,
)

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.review.findings import close_review, record_finding
from facegate.gate.review.registry import Person
from facegate.gate.review.showing import findings_shown, open_for_review, waiting_reply
from facegate.gate.review.state import Stage, Verdict, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def test_whoever_asked_sees_how_many_wait_and_nobody_on_the_list(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2")
    seen = waiting_reply(ledger, search).to_json()
    assert (seen["n_candidates"], seen["status"]) == (2, "waiting for two reviewers")
    assert seen.keys() == {"search_id", "n_candidates", "status", "notice"}


def test_a_reviewer_sees_rank_band_and_reference_and_no_name(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2")
    sheet = open_for_review(ledger, REGISTER, search, reviewer=FIRST, key=KEY, at=NOW)
    assert [(one.rank, one.band) for one in sheet.candidates] == [(1, "0.90-1.00"), (2, "0.80-0.90")]
    assert "person" not in json.dumps(sheet.to_json())


def test_that_a_reviewer_looked_is_one_record(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST, FIRST)
    assert len(records(ledger, "review-opened")) == 1


def test_references_of_two_cases_share_none(ledger: Ledger) -> None:
    people = [f"person-{i}" for i in range(50)]
    one = searched(ledger, *people, number=1)
    two = searched(ledger, *people, number=2, case_number="24-001235")
    other_agency = searched(ledger, *people, number=3, agency="CO0010100")
    sheets = [
        open_for_review(ledger, REGISTER, search, reviewer=SECOND, key=KEY, at=NOW).candidates
        for search in (one, two, other_agency)
    ]
    references = [{line.subject_ref for line in sheet} for sheet in sheets]
    assert all(len(own) == 50 for own in references)
    assert len(set.union(*references)) == 150


@pytest.mark.parametrize(
    ("who", "rule"),
    [
        (ASKER, "RV-OWN-SEARCH"),
        (LAPSED, "RV-TRAINED"),
        (SUSPENDED, "RV-OFFICER"),
        (UNKNOWN, "RV-OFFICER"),
        (STRANGER, "RV-REVIEWER-AGENCY"),
        (AGENT, "RV-IMMIGRATION"),
    ],
)
def test_who_may_not_review_sees_nothing_and_finds_nothing_and_it_is_recorded(
    ledger: Ledger, who: Person, rule: str
) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(PolicyRefusal, match=rule):
        open_for_review(ledger, REGISTER, search, reviewer=who, key=KEY, at=NOW)
    assert last_refusal(ledger) == ("review-opened", rule)
    with pytest.raises(PolicyRefusal, match=rule):
        found(ledger, search, who, "agree")
    assert last_refusal(ledger) == ("finding", rule)
    assert read(ledger, search).findings == ()


def test_the_requester_reviews_where_the_profile_says_so(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    open_for_review(ledger, REGISTER, search, reviewer=ASKER, key=KEY, at=NOW, requester_may_review=True)
    record_finding(
        ledger,
        REGISTER,
        search,
        reviewer=ASKER,
        opinions={1: "agree"},
        at=NOW,
        requester_may_review=True,
    )
    assert [one.reviewer for one in read(ledger, search).findings] == [ASKER.officer]


def test_capitals_and_another_agency_make_no_second_person(ledger: Ledger) -> None:
    own = searched(ledger, "person-1", requester="D7A")
    with pytest.raises(PolicyRefusal, match="nobody reviews his own search"):
        opened(ledger, own, LETTERED)
    same_number_elsewhere = searched(ledger, "person-1", number=2, requester=SECOND.officer)
    with pytest.raises(PolicyRefusal, match="nobody reviews his own search"):
        opened(ledger, same_number_elsewhere, SECOND)


def test_whoever_has_not_opened_the_list_finds_nothing(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(PolicyRefusal, match="has not opened the candidate list"):
        found(ledger, search, FIRST, "agree")


def test_a_finding_is_never_changed(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST)
    found(ledger, search, FIRST, "agree")
    with pytest.raises(PolicyRefusal, match="it is never changed"):
        found(ledger, search, FIRST, "disagree")
    assert last_refusal(ledger) == ("finding", "RV-TWICE")
    assert [str(one) for one in read(ledger, search).findings[0].opinions] == ["agree"]


def test_there_is_no_third_finding(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, THIRD)
    reviewed(ledger, search, "agree")
    with pytest.raises(PolicyRefusal, match="there is no third"):
        found(ledger, search, THIRD, "disagree")


def test_nobody_reads_the_other_finding_before_his_own(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST, SECOND)
    found(ledger, search, FIRST, "disagree")
    assert findings_shown(ledger, search, reader=SECOND) == ()
    assert findings_shown(ledger, search, reader=ASKER) == ()
    assert len(findings_shown(ledger, search, reader=FIRST)) == 1
    found(ledger, search, SECOND, "agree")
    assert len(findings_shown(ledger, search, reader=SECOND)) == 2


def test_the_public_log_does_not_tell_what_the_first_reviewer_found(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2", number=1)
    other = searched(ledger, "person-1", "person-2", number=2)
    opened(ledger, search, FIRST)
    opened(ledger, other, FIRST)
    found(ledger, search, FIRST, "agree", "agree")
    found(ledger, other, FIRST, "disagree", "inconclusive")
    one, two = records(ledger, "finding")
    assert {**one, "search_id": ""} == {**two, "search_id": ""}


@pytest.mark.parametrize(
    ("opinions", "words"),
    [
        ({1: "agree"}, "nothing was said of candidate 2"),
        ({}, "nothing was said of candidate 1"),
        ({1: "agree", 2: "agree", 3: "agree"}, "there is no candidate 3"),
        ({0: "agree", 1: "agree", 2: "agree"}, "there is no candidate 0"),
        ({1: "agree", 2: "maybe"}, "candidate 2 has none of the words"),
        ({1: "Agree", 2: "agree"}, "candidate 1 has none of the words"),
    ],
)
def test_every_candidate_needs_its_word(ledger: Ledger, opinions: dict[int, str], words: str) -> None:
    search = searched(ledger, "person-1", "person-2")
    opened(ledger, search, FIRST)
    size = ledger.log.size
    with pytest.raises(InputError, match=words):
        record_finding(ledger, REGISTER, search, reviewer=FIRST, opinions=opinions, at=NOW)
    assert ledger.log.size == size


def test_the_second_finding_closes_the_review_with_its_counts(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2", "person-3")
    reviewed(ledger, search, "agree", "agree", "disagree", second=("agree", "inconclusive", "disagree"))
    closed = records(ledger, "review-closed")[-1]
    assert (closed["outcome"], closed["n_agreed"], closed["n_differ"], closed["n_nobody"]) == (
        "reviewed",
        1,
        1,
        1,
    )
    verdicts = [read(ledger, search).verdict(rank) for rank in (1, 2, 3)]
    assert verdicts == [Verdict.LEAD, Verdict.DIFFER, Verdict.NOT_A_LEAD]


def test_a_nil_result_is_closed_as_a_record_without_reviewers(ledger: Ledger) -> None:
    search = searched(ledger)
    assert close_review(ledger, search, at=NOW) == 2
    assert records(ledger, "review-closed")[-1]["outcome"] == "nil"
    assert close_review(ledger, search, at=NOW) is None
    with pytest.raises(PolicyRefusal, match="no candidate: nobody enrolled"):
        opened(ledger, search, FIRST)


@pytest.mark.parametrize(
    "outcome", ["refused", "error", "interrupted", "withheld", "unusable probe: blurred"]
)
def test_what_was_not_searched_is_not_reviewed(ledger: Ledger, outcome: str) -> None:
    search = searched(ledger, outcome=outcome)
    assert read(ledger, search).stage is Stage.NOT_SEARCHED
    assert close_review(ledger, search, at=NOW) is None
    with pytest.raises(PolicyRefusal, match="nothing was searched"):
        opened(ledger, search, FIRST)


def test_a_half_recorded_review_waits_for_the_second_reviewer(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST)
    found(ledger, search, FIRST, "agree")
    assert close_review(ledger, search, at=NOW) is None
    assert read(ledger, search).stage is Stage.WAITING


def test_an_unknown_search_is_no_record(ledger: Ledger) -> None:
    searched(ledger, "person-1")
    size = ledger.log.size
    with pytest.raises(InputError, match="no search of that id"):
        found(ledger, "01a2008d-7400-7000-8000-00000000000f", FIRST, "agree")
    assert ledger.log.size == size


def test_a_time_without_its_zone_is_no_time(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="time with its zone"):
        opened(ledger, search, FIRST, at=NOW.replace(tzinfo=None))


def test_an_erased_requester_cannot_be_told_from_a_reviewer(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", requester="")
    with pytest.raises(PolicyRefusal, match="RV-ERASED"):
        opened(ledger, search, FIRST)


@pytest.mark.parametrize("person", [("", "CO0160000"), ("7 7", "CO0160000"), ("77", "co0160000"), ("77", "")])
def test_a_person_is_named_in_plain_form(person: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="is not"):
        Person(*person)
