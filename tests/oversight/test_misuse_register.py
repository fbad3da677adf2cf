"""The register of misuse: states, terms, repeats, and who may record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from misuse_office import BODY, SUSPECT, A, B, Office, office, searched

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.people_known import find_officer
from facegate.oversight.misuse.acting import By
from facegate.oversight.misuse.filing import open_docket
from facegate.oversight.misuse.recording import note, state_outcome
from facegate.oversight.misuse.register import fold
from facegate.oversight.misuse.words import State

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def test_s13_a_case_goes_from_pending_to_confirmed_with_its_outcome(desk: Office) -> None:
    number = desk.open()
    assert desk.case(number).state is State.PENDING
    desk.wait(3)
    desk.close(number, outcome="counseling")
    case = desk.case(number)
    assert (case.state, case.outcome, case.by_own_agency) == (State.CONFIRMED, "counseling", True)


def test_s13_what_is_public_of_a_case_names_nobody(desk: Office) -> None:
    number = desk.open(narrative="He looked up his neighbor")
    desk.note(number)
    desk.close(number)
    public = [str(event.public) for event in desk.events if event.kind.startswith("misuse-")]
    assert len(public) == 3
    assert not any(word in text for text in public for word in (SUSPECT, "900", "neighbor", "witness"))


def test_f2_other_needs_a_text_and_nothing_else_has_one(desk: Office) -> None:
    number = desk.open()
    wrongs: list[dict[str, Any]] = [{"outcome": "other"}, {"outcome": "felony", "outcome_text": "a talk"}]
    for wrong in wrongs:
        with pytest.raises(InputError, match="the outcome other, and no other outcome, says in a text"):
            desk.close(number, **wrong)
    desk.close(number, outcome="other", outcome_text="wrote an apology")
    assert desk.case(number).outcome == "other"


def test_f2_an_outcome_is_of_the_list_and_of_a_confirmed_case_only(desk: Office) -> None:
    number = desk.open()
    with pytest.raises(InputError, match="the outcome is 'forgiven', wanted one of counseling"):
        desk.close(number, outcome="forgiven")
    with pytest.raises(InputError, match="only a confirmed case has an outcome"):
        desk.close(number, "cleared", outcome="counseling")


def test_f2_a_confirmed_case_may_lack_its_outcome_and_the_gap_is_counted(desk: Office) -> None:
    first, second = desk.open("8841"), desk.open("8842")
    desk.close(first)
    desk.close(second, outcome="felony")
    figures = desk.register.figures(2024)
    assert (figures.confirmed, figures.n_outcomes, figures.outcome_gap) == (2, 1, 1)
    state_outcome(desk.ledger, first, outcome="no_action", by=BODY, at=desk.at)
    assert desk.register.figures(2024).outcome_gap == 0


def test_f3_a_case_pending_for_more_than_ninety_days_is_a_finding(desk: Office) -> None:
    number = desk.open()
    desk.wait(90)
    assert not desk.case(number).overdue(desk.at)
    desk.wait(0.1)
    assert [one.number for one in desk.register.unfollowed(A, desk.at)] == [number]


def test_f3_an_agency_cannot_file_its_year_while_a_finding_has_no_follow_up(desk: Office) -> None:
    number = desk.open()
    desk.note(number)  # in time, but before the finding
    desk.wait(320)
    with pytest.raises(PolicyRefusal, match=f"first case {number}: record what was done.*MU-F3-FOLLOW-UP"):
        desk.file(2024, 1, 0, 1, 0)
    assert (A, 2024) not in desk.register.filed
    desk.note(number)
    desk.file(2024, 1, 0, 1, 0)
    assert desk.register.filed[A, 2024].figures.pending == 1


def test_f3_a_refused_statement_is_on_the_log(desk: Office) -> None:
    desk.open()
    desk.wait(320)
    with pytest.raises(PolicyRefusal, match="record what was done"):
        desk.file(2024, 1, 0, 1, 0)
    last = desk.events[-1]
    assert (last.kind, last.text("decision"), last.text("rule")) == (
        "misuse-statement",
        "refused",
        "MU-F3-FOLLOW-UP",
    )


def test_f3_closing_and_reopening_starts_no_new_ninety_days(desk: Office) -> None:
    number = desk.open()
    desk.wait(80)
    desk.close(number, "cleared")
    desk.wait(100)
    desk.reopen(number)
    desk.wait(5)
    assert not desk.case(number).overdue(desk.at)
    desk.wait(6)
    assert desk.case(number).overdue(desk.at)
    assert desk.case(number).pending_for(desk.at).days == 91


def test_f3_the_other_agency_is_not_kept_from_filing(desk: Office) -> None:
    desk.open()
    desk.wait(320)
    desk.file(2024, 0, agency=B, by=BODY)
    assert (B, 2024) in desk.register.filed


def record_search(desk: Office, number: int, officer: str, *, agency: str = A) -> None:
    intent, _ = searched(number, desk.at, agency=agency, requester=officer)
    desk.ledger.record("intent", at=desk.at, public=intent.public, sealed=intent.sealed)


def confirm_twice(desk: Office, *, apart: float = 30, **more: Any) -> int:  # noqa: ANN401  options
    desk.close(desk.open())
    desk.wait(apart)
    number = desk.open()
    desk.close(number, **more)
    return number


def test_f5_a_second_confirmed_case_of_an_officer_needs_a_decision_on_his_suspension(desk: Office) -> None:
    with pytest.raises(PolicyRefusal, match=r"misuse number 2 of the same officer.*MU-F5-SUSPENSION"):
        confirm_twice(desk)
    assert [one.state for one in desk.register.cases.values()] == [State.CONFIRMED, State.PENDING]


def test_f5_a_suspension_is_recorded_before_the_case_is_closed(desk: Office) -> None:
    number = confirm_twice(desk, suspend=True)
    assert [event.kind for event in desk.events[-2:]] == ["officer", "misuse-closed"]
    found = find_officer(desk.ledger, A, SUSPECT)
    assert found is not None
    assert found.standing == "suspended"
    assert desk.case(number).suspension == "suspended"


def test_f5_a_declined_suspension_is_public_and_its_reason_sealed(desk: Office) -> None:
    number = confirm_twice(desk, decline_suspension="He has apologized")
    closed = desk.events[-1]
    assert closed.public["suspension"] == "declined"
    assert closed.sealed["declined"] == "He has apologized"
    assert "apologized" not in str(closed.public)
    assert desk.case(number).suspension == "declined"


def test_f5_a_suspension_is_not_made_and_declined_at_once(desk: Office) -> None:
    with pytest.raises(InputError, match="either made or declined, not both"):
        confirm_twice(desk, suspend=True, decline_suspension="no")


def test_f5_repeats_are_officers_and_agencies_within_twenty_four_months(desk: Office) -> None:
    confirm_twice(desk, decline_suspension="He has apologized")
    assert [(one.agency, one.officer, len(one.cases)) for one in desk.register.repeats(desk.at)] == [
        (A, SUSPECT, 2),
        (A, "", 2),
    ]
    desk.wait(731)
    assert desk.register.repeats(desk.at) == ()


def test_f5_two_cases_more_than_two_years_apart_ask_for_nothing(desk: Office) -> None:
    number = confirm_twice(desk, apart=740)
    assert desk.case(number).suspension == ""


def test_f5_two_officers_of_one_agency_make_the_agency_a_repeat_and_neither_of_them(desk: Office) -> None:
    desk.close(desk.open("8841"))
    desk.close(desk.open("8842"))
    assert [(one.agency, one.officer) for one in desk.register.repeats(desk.at)] == [(A, "")]


def test_nobody_confirms_a_misuse_of_nobody(desk: Office) -> None:
    number = desk.open("")
    with pytest.raises(InputError, match=f"case {number} names no officer"):
        desk.close(number)
    desk.close(number, officer="8842")
    assert desk.case(number).officer == "8842"


def test_nobody_records_in_the_case_about_himself(desk: Office) -> None:
    with pytest.raises(PolicyRefusal, match="nobody records in the case about himself"):
        desk.open("900")
    number = desk.open()
    with pytest.raises(PolicyRefusal, match="MU-OWN-CASE"):
        desk.close(number, "cleared", by=By(SUSPECT, A))
    assert desk.case(number).state is State.PENDING


def test_a_case_that_names_nobody_is_cleared_by_another_agency_only(desk: Office) -> None:
    number = desk.open("")
    for stated in ({}, {"officer": "8842"}):  # neither does naming somebody else open the way
        with pytest.raises(PolicyRefusal, match=r"names neither an officer nor a search.*MU-OWN-CASE"):
            desk.close(number, "cleared", by=By(SUSPECT, A), **stated)
    assert desk.events[-1].text("decision") == "refused"
    desk.close(number, "cleared", by=BODY)
    assert desk.case(number).state is State.CLEARED


def test_whoever_made_a_search_that_a_case_names_keeps_out_of_it(desk: Office) -> None:
    record_search(desk, 1, SUSPECT)
    number = desk.open("", searches=["s1"])
    suspect = By(SUSPECT, A)
    with pytest.raises(PolicyRefusal, match="nor in one about a search of his own"):
        desk.close(number, "cleared", by=suspect)
    with pytest.raises(PolicyRefusal, match="MU-OWN-CASE"):
        note(desk.ledger, number, text="nothing to see", by=suspect, at=desk.at)
    with pytest.raises(PolicyRefusal, match="MU-OWN-CASE"):
        desk.close(number, officer="8842", by=suspect)
    desk.close(number, "cleared")


def test_a_case_is_opened_about_a_search_that_was_made_by_hand(desk: Office) -> None:
    sealed = {"searched_by": SUSPECT, "case_number": "24-000001"}
    seq = desk.ledger.record("late", at=desk.at, public={"agency": A}, sealed=sealed)
    number = desk.open("", searches=[f"late-{seq}"])
    assert desk.case(number).searches == (f"late-{seq}",)
    with pytest.raises(PolicyRefusal, match="MU-OWN-CASE"):
        desk.close(number, "cleared", by=By(SUSPECT, A))
    with pytest.raises(InputError, match=f"no search 'late-{seq + 1}' with a known officer"):
        desk.open("", searches=[f"late-{seq + 1}"])


def test_nobody_opens_the_docket_while_a_case_about_him_is_pending(desk: Office) -> None:
    number = desk.open()
    suspect = By(SUSPECT, A)
    with pytest.raises(PolicyRefusal, match="while a misuse case about him is pending"):
        open_docket(desk.ledger, n_findings=0, n_overdue=0, by=suspect, at=desk.at)
    assert desk.register.docket_opened == []
    desk.close(number, "cleared")
    open_docket(desk.ledger, n_findings=0, n_overdue=0, by=suspect, at=desk.at)
    assert len(desk.register.docket_opened) == 1


def test_f5_a_first_case_that_is_opened_again_still_asks_for_a_decision_at_the_second(desk: Office) -> None:
    first = desk.open()
    desk.close(first)
    second = desk.open()
    desk.reopen(first)
    with pytest.raises(PolicyRefusal, match=rf"number 2 of the same officer.*after case {first}.*MU-F5"):
        desk.close(second)
    desk.close(first, "cleared")  # overturned: no repeat any more
    desk.close(second)


def test_f5_a_case_confirmed_again_is_no_repeat_of_itself(desk: Office) -> None:
    number = desk.open()
    desk.close(number)
    desk.reopen(number)
    desk.close(number)
    assert desk.case(number).suspension == ""


def test_whoever_is_not_registered_records_nothing(desk: Office) -> None:
    with pytest.raises(PolicyRefusal, match=r"whoever records this of agency .* is not registered there"):
        desk.open(by=By("666", A))


def test_an_officer_who_closes_is_of_the_agency_or_not_and_that_is_public(desk: Office) -> None:
    number = desk.open()
    desk.close(number, "cleared", by=BODY)
    assert desk.events[-1].public["by_own_agency"] is False


def test_a_case_that_is_not_there_or_not_in_that_state_is_one_sentence(desk: Office) -> None:
    with pytest.raises(InputError, match="there is no misuse case 999"):
        desk.note(999)
    number = desk.open()
    desk.close(number, "cleared")
    with pytest.raises(InputError, match=f"misuse case {number} is cleared, wanted one that is pending"):
        desk.note(number)
    with pytest.raises(InputError, match="wanted one that is confirmed"):
        state_outcome(desk.ledger, number, outcome="felony", by=BODY, at=desk.at)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"source": "rumor"}, "the source of the case is 'rumor', wanted one of audit, complaint, detector"),
        ({"misuse_class": "bad"}, "the class of misuse is 'bad', wanted one of"),
        ({"narrative": ""}, "what is suspected is ''"),
        ({"officer": "nobody"}, "has no officer of the id that the case is about"),
        ({"searches": ["x"]}, "no search 'x' with a known officer is on the log"),
    ],
)
def test_a_case_that_is_not_of_its_form_is_not_opened(desk: Office, wrong: dict[str, Any], why: str) -> None:
    officer = wrong.pop("officer", SUSPECT)
    with pytest.raises(InputError, match=why):
        desk.open(officer, **wrong)
    assert desk.register.cases == {}


def test_p18_a_false_statement_of_the_beneficiary_is_a_class_of_misuse(desk: Office) -> None:
    assert desk.case(desk.open(misuse_class="false_beneficiary")).misuse_class == "false_beneficiary"


def test_a_case_names_the_searches_of_its_agency_only(desk: Office) -> None:
    record_search(desk, 1, "70", agency=B)
    with pytest.raises(InputError, match="the search 's1' was made by another agency"):
        desk.open(searches=["s1"])
    assert desk.case(desk.open("70", agency=B, searches=["s1"])).searches == ("s1",)


def test_a_statement_is_of_a_year_that_is_over_and_by_the_agency_itself(desk: Office) -> None:
    with pytest.raises(InputError, match="of a year that is over, got 2024 on 2024-03-01"):
        desk.file(2024, 0)
    desk.wait(310)
    with pytest.raises(PolicyRefusal, match="filed by an officer of the agency it is about"):
        desk.file(2024, 0, by=BODY)


def test_a_clock_that_was_set_back_records_nothing(desk: Office) -> None:
    desk.at = desk.at.replace(year=2023)
    with pytest.raises(PolicyRefusal, match="the clock stands before the latest record"):
        desk.open()


def test_the_register_of_a_past_day_is_the_same_whatever_came_later(desk: Office) -> None:
    number = desk.open()
    then = desk.wait(10)
    before = fold(desk.events, before=then)
    desk.close(number)
    assert fold(desk.events, before=then).cases == before.cases


def test_what_was_erased_stays_counted_without_a_name(desk: Office) -> None:
    desk.close(desk.open())
    erased = [replace(event, sealed={}) for event in desk.events]
    figures = fold(erased).figures(2024, agency=A)
    assert (figures.opened, figures.confirmed) == (1, 1)
    assert all(one.officer == "" for one in fold(erased).cases.values())


def test_records_that_make_no_sense_change_nothing(desk: Office) -> None:
    number = desk.open()
    senseless: list[tuple[str, dict[str, Any]]] = [
        ("misuse-closed", {"misuse": number, "state": "forgotten"}),
        ("misuse-closed", {"misuse": 999, "state": "cleared"}),
        ("misuse-reopened", {"misuse": number}),
        ("misuse-outcome", {"misuse": number, "outcome": "felony"}),
        ("misuse-statement", {"agency": A, "year": "soon", "opened": 1}),
    ]
    for kind, public in senseless:
        desk.ledger.record(kind, at=desk.at, public=public, sealed={})
    assert desk.case(number).state is State.PENDING
    assert desk.register.filed == {}
