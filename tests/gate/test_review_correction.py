"""A lead proved wrong, who is told, and what the docket says is owed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest
from review_room import (
    ASKER,
    CHIEF,
    FIRST,
    KEY,
    NOW,
    PARTNER,
    REGISTER,
    SECOND,
    STRANGER,
    TODAY,
    UNKNOWN,
    a_lead,
    a_ledger,
    days,
    found,
    last_refusal,
    opened,
    released,
    reviewed,
    searched,
    told,
)

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.review.correction import DEFENSE, correct, notify, owed_notices
from facegate.gate.review.docket import docket
from facegate.gate.review.findings import close_review
from facegate.gate.review.release import recipient_mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def corrected(
    ledger: Ledger, search: str, rank: int = 1, *, reason: str = "was_elsewhere", by: Person = PARTNER
) -> int:
    return correct(ledger, REGISTER, search, rank=rank, reason=reason, reference="E-20", by=by, at=NOW)


def notified(ledger: Ledger, correction: int, mark: str, *, day: str = TODAY, by: Person = CHIEF) -> int:
    return notify(ledger, REGISTER, correction=correction, mark=mark, day=day, by=by, at=NOW)


def test_a_correction_owes_a_notice_to_everybody_who_received_the_list(ledger: Ledger) -> None:
    search = a_lead(ledger)
    released(ledger, search, PARTNER)
    corrected(ledger, search)
    owed = owed_notices(ledger)
    assert {one.recipient for one in owed} == {ASKER.officer, PARTNER.officer}
    assert {one.mark for one in owed} == {recipient_mark(KEY, search, one) for one in (ASKER, PARTNER)}


def test_the_defense_is_owed_one_where_it_was_told_of_the_case(ledger: Ledger) -> None:
    search = a_lead(ledger)
    nil = searched(ledger, number=2)
    told(ledger, nil)
    corrected(ledger, search)
    assert DEFENSE in {one.mark for one in owed_notices(ledger)}


def test_a_notice_is_listed_until_it_is_recorded(ledger: Ledger) -> None:
    search = a_lead(ledger)
    told(ledger, search)
    correction = corrected(ledger, search)
    marks = [one.mark for one in owed_notices(ledger)]
    assert len(marks) == 2
    for left, mark in ((1, marks[0]), (0, marks[1])):
        notified(ledger, correction, mark)
        assert len(owed_notices(ledger)) == left


def test_a_notice_is_recorded_once_and_only_where_it_is_owed(ledger: Ledger) -> None:
    search = a_lead(ledger)
    correction = corrected(ledger, search)
    mark = recipient_mark(KEY, search, ASKER)
    notified(ledger, correction, mark)
    for not_owed in (mark, DEFENSE, "aaaaaaaaaaaaaaaa"):
        with pytest.raises(PolicyRefusal, match="no notice is owed to that mark"):
            notified(ledger, correction, not_owed)
    assert last_refusal(ledger) == ("correction-notice", "RV-NO-NOTICE-OWED")


def test_a_notice_names_a_correction_and_a_day_that_has_come(ledger: Ledger) -> None:
    search = a_lead(ledger)
    mark = recipient_mark(KEY, search, ASKER)
    with pytest.raises(InputError, match="record 0 of the log is no correction"):
        notified(ledger, 0, mark)
    correction = corrected(ledger, search)
    with pytest.raises(InputError, match="has not come yet"):
        notified(ledger, correction, mark, day="2026-11-23")
    with pytest.raises(PolicyRefusal, match="RV-OFFICER"):
        notified(ledger, correction, mark, by=UNKNOWN)


def test_a_correction_is_recorded_once_and_of_a_lead(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="candidate 2 was not released as a lead"):
        corrected(ledger, search, 2)
    corrected(ledger, search)
    with pytest.raises(PolicyRefusal, match="was corrected already"):
        corrected(ledger, search)
    assert last_refusal(ledger) == ("correction", "RV-TWICE")


def test_a_correction_before_the_release_is_refused(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="RV-NOT-RELEASED"):
        corrected(ledger, searched(ledger, "person-1"))


def test_anybody_registered_can_say_that_a_lead_is_wrong(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="RV-OFFICER"):
        corrected(ledger, search, by=UNKNOWN)
    assert corrected(ledger, search, by=STRANGER)


def test_an_unknown_reason_is_no_record(ledger: Ledger) -> None:
    search = a_lead(ledger)
    with pytest.raises(InputError, match="there are acquitted"):
        corrected(ledger, search, reason="sorry")


def test_a_list_released_after_the_correction_withholds_the_candidate(ledger: Ledger) -> None:
    search = a_lead(ledger)
    corrected(ledger, search)
    got = released(ledger, search, PARTNER)
    assert got.n_leads == 0
    assert got.candidates[0].subject_ref == ""
    assert got.candidates[0].say == "Not released as a lead: proved wrong since."
    assert {one.recipient for one in owed_notices(ledger)} == {ASKER.officer}


def test_the_docket_lists_reviews_and_says_when_they_are_overdue(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search, FIRST, SECOND)
    [one] = docket(ledger, now=NOW + days(7))
    assert (one.what, one.due, one.overdue, one.say) == (
        "review",
        date(2026, 11, 29),
        False,
        "2 of 2 findings missing",
    )
    found(ledger, search, FIRST, "agree")
    [one] = docket(ledger, now=NOW + days(8))
    assert (one.overdue, one.say) == (True, "1 of 2 findings missing")
    assert docket(ledger, now=NOW + days(8), review_days=30)[0].overdue is False
    found(ledger, search, SECOND, "agree")
    assert docket(ledger, now=NOW + days(8)) == ()


def test_the_docket_lists_a_nil_result_until_it_is_closed(ledger: Ledger) -> None:
    search = searched(ledger)
    assert [one.what for one in docket(ledger, now=NOW)] == ["closing"]
    close_review(ledger, search, at=NOW)
    assert docket(ledger, now=NOW) == ()


def test_the_docket_lists_notices_and_names_nobody(ledger: Ledger) -> None:
    search = a_lead(ledger)
    correction = corrected(ledger, search)
    [one] = docket(ledger, now=NOW + days(4))
    assert (one.what, one.overdue) == ("notice", True)
    assert ASKER.officer not in one.say
    notified(ledger, correction, recipient_mark(KEY, search, ASKER))
    assert docket(ledger, now=NOW + days(4)) == ()


def test_the_docket_lists_a_scheduled_disclosure_until_it_is_made(ledger: Ledger) -> None:
    search = a_lead(ledger)
    nil = searched(ledger, number=2)
    close_review(ledger, nil, at=NOW)
    told(ledger, search, state="scheduled", day="2026-12-01")
    assert [(one.what, one.overdue) for one in docket(ledger, now=NOW)] == [("disclosure", False)]
    assert [one.overdue for one in docket(ledger, now=NOW + days(10))] == [True]
    told(ledger, nil, at=NOW + days(10), day="2026-12-02")
    assert docket(ledger, now=NOW + days(10)) == ()


def test_another_case_settles_no_disclosure_even_where_both_numbers_were_erased(ledger: Ledger) -> None:
    for number in (1, 2):
        search = searched(ledger, number=number, case_number="")
        close_review(ledger, search, at=NOW)
        ledger.record(
            "disclosure",
            at=NOW,
            public={
                "search_id": search,
                "decision": "allowed",
                "state": "scheduled" if number == 1 else "made",
                "day": TODAY,
                "n_searches": 1,
            },
            sealed={},
        )
    assert [one.what for one in docket(ledger, now=NOW)] == ["disclosure"]


def test_the_oldest_debt_comes_first(ledger: Ledger) -> None:
    for number in (2, 1):
        search = searched(ledger, "person-1", number=number, at=NOW + days(number))
        assert search
    assert [one.due.day for one in docket(ledger, now=NOW + days(2))] == [30, 1]


@pytest.mark.parametrize("number", [-1, -7])
def test_a_docket_of_negative_days_is_refused(ledger: Ledger, number: int) -> None:
    with pytest.raises(InputError, match="numbers of days from 0"):
        docket(ledger, now=NOW, review_days=number)


def test_a_reviewed_list_is_not_on_the_docket(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    reviewed(ledger, search, "agree")
    assert docket(ledger, now=NOW + days(30)) == ()
