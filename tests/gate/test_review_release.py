"""Release: only after two findings, to one person, under his mark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from review_room import (
    AGENT,
    ASKER,
    AURORA,
    CHIEF,
    DENVER,
    FIRST,
    KEY,
    NOW,
    PARTNER,
    RATES,
    REGISTER,
    SECOND,
    STRANGER,
    SUSPENDED,
    UNKNOWN,
    a_ledger,
    found,
    last_refusal,
    opened,
    records,
    released,
    reviewed,
    searched,
)

from facegate.errors import PolicyRefusal
from facegate.gate.reply import LIST_NOTICE
from facegate.gate.review.findings import close_review
from facegate.gate.review.registry import Person
from facegate.gate.review.release import recipient_mark
from facegate.gate.review.showing import open_for_review
from facegate.gate.review.state import Stage, read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def test_a_release_shows_rank_band_reference_findings_rates_and_the_sentence(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2")
    reviewed(ledger, search, "agree", "agree", second=("agree", "inconclusive"))
    got = released(ledger, search)
    assert [(one.rank, one.band, str(one.verdict)) for one in got.candidates] == [
        (1, "0.90-1.00", "lead"),
        (2, "0.80-0.90", "lead, the reviewers differ"),
    ]
    assert (got.n_leads, got.notice, got.certificate) == (2, LIST_NOTICE, RATES)
    assert got.candidates[1].findings == ("agree", "inconclusive")


def test_nothing_released_names_a_person_a_score_or_an_officer(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    text = json.dumps(released(ledger, search).to_json())
    assert "person-1" not in text
    assert '"identified' not in text
    assert not any(f'"{one.officer}"' in text for one in (FIRST, SECOND, ASKER, CHIEF))


def test_the_released_references_are_those_the_reviewers_saw(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2")
    sheet = open_for_review(ledger, REGISTER, search, reviewer=FIRST, key=KEY, at=NOW)
    reviewed(ledger, search, "agree", "agree")
    got = released(ledger, search)
    assert [one.subject_ref for one in got.candidates] == [one.subject_ref for one in sheet.candidates]


@pytest.mark.parametrize(
    ("first", "second"),
    [("disagree", "disagree"), ("inconclusive", "disagree"), ("inconclusive", "inconclusive")],
)
def test_a_candidate_nobody_agrees_with_is_not_released_as_a_lead_and_it_says_so(
    ledger: Ledger, first: str, second: str
) -> None:
    search = searched(ledger, "person-1", "person-2")
    reviewed(ledger, search, "agree", first, second=("agree", second))
    got = released(ledger, search)
    assert got.n_leads == 1
    assert got.candidates[1].subject_ref == ""
    assert got.candidates[1].say == "Not released as a lead: neither reviewer agrees."
    assert records(ledger, "release")[-1]["n_withheld"] == 1


@pytest.mark.parametrize("n_findings", [0, 1])
def test_a_release_before_two_findings_is_refused_and_recorded(ledger: Ledger, n_findings: int) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST)
    if n_findings:
        found(ledger, search, FIRST, "agree")
    with pytest.raises(PolicyRefusal, match=f"waits for {2 - n_findings} of 2 reviewers"):
        released(ledger, search)
    assert last_refusal(ledger) == ("release", "RV-TOO-EARLY")
    assert read(ledger, search).releases == ()


def test_a_nil_result_has_nothing_to_release(ledger: Ledger) -> None:
    search = searched(ledger)
    close_review(ledger, search, at=NOW)
    with pytest.raises(PolicyRefusal, match="nothing to release: no candidate"):
        released(ledger, search)


def test_two_findings_of_one_person_release_nothing_even_if_they_are_on_the_log(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    for capitals in ("ab", "AB"):
        ledger.record(
            "finding",
            at=NOW,
            public={"search_id": search, "decision": "allowed", "n_candidates": 1},
            sealed={"by": capitals, "by_agency": DENVER, "findings": '["agree"]'},
        )
    with pytest.raises(PolicyRefusal, match="both findings on the log are by one person"):
        released(ledger, search)


@pytest.mark.parametrize(
    ("by", "to", "rule"),
    [
        (ASKER, PARTNER, "RV-ROLE"),
        (UNKNOWN, ASKER, "RV-OFFICER"),
        (SUSPENDED, ASKER, "RV-OFFICER"),
        (AGENT, ASKER, "RV-IMMIGRATION"),
        (CHIEF, UNKNOWN, "RV-OFFICER"),
        (CHIEF, SUSPENDED, "RV-OFFICER"),
        (CHIEF, STRANGER, "RV-AGENCY"),
        (CHIEF, AGENT, "RV-AGENCY"),
        (CHIEF, CHIEF, "RV-TO-HIMSELF"),
        (FIRST, FIRST, "RV-TO-HIMSELF"),
    ],
)
def test_the_wrong_person_releases_and_receives_nothing(
    ledger: Ledger, by: Person, to: Person, rule: str
) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    with pytest.raises(PolicyRefusal, match=rule):
        released(ledger, search, to, by=by)
    assert last_refusal(ledger) == ("release", rule)
    assert read(ledger, search).stage is Stage.REVIEWED


def test_without_error_rates_no_list_leaves(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    with pytest.raises(PolicyRefusal, match="no error rates are in force"):
        released(ledger, search, certificate=None)


def test_rates_of_another_certificate_are_named(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", certificate="earlier")
    reviewed(ledger, search, "agree")
    assert released(ledger, search).relied_on == "earlier"


def test_each_recipient_has_a_mark_of_his_own_and_it_is_on_the_log(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    marks = [released(ledger, search, to).mark for to in (ASKER, PARTNER)]
    assert marks[0] != marks[1]
    assert [one["mark"] for one in records(ledger, "release")] == marks
    assert marks[0] == recipient_mark(KEY, search, ASKER)
    assert marks[0] != recipient_mark(bytes(32), search, ASKER)
    assert marks[0] != recipient_mark(KEY, search, Person(ASKER.officer, AURORA))


def test_nobody_receives_a_list_twice(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    released(ledger, search)
    with pytest.raises(PolicyRefusal, match="his copy carries his mark"):
        released(ledger, search)
    assert last_refusal(ledger) == ("release", "RV-TWICE")
    assert len(read(ledger, search).releases) == 1


def test_a_search_for_another_agency_may_be_released_to_it(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", beneficiary=AURORA)
    reviewed(ledger, search, "agree")
    assert released(ledger, search, STRANGER).n_leads == 1


def test_what_was_erased_is_not_released(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", case_number="")
    with pytest.raises(PolicyRefusal, match="RV-ERASED"):
        opened(ledger, search, FIRST)


def test_a_crash_before_the_closing_is_made_good_by_the_release(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    for who in (FIRST, SECOND):
        ledger.record(
            "finding",
            at=NOW,
            public={"search_id": search, "decision": "allowed", "n_candidates": 1},
            sealed={"by": who.officer, "by_agency": who.agency, "findings": '["agree"]'},
        )
    released(ledger, search)
    assert [one["kind"] for one in records(ledger)][-2:] == ["review-closed", "release"]


def test_a_full_disk_releases_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(ledger.log), "append_many", full)
    with pytest.raises(OSError, match="No space left"):
        released(ledger, search)
    assert read(ledger, search).releases == ()
