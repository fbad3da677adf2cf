"""What comes later is said by whoever may say it, of a search there was, in words of a list."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from oversight_desk import CLERK, DMV, NOW, TODAY, a_desk, events_of
from review_room import DENVER, a_lead, searched

from facegate.errors import InputError, PolicyRefusal
from facegate.oversight.recording.demographics import record_demographics
from facegate.oversight.recording.judicial import record_judicial
from facegate.oversight.recording.outcomes import OUTCOMES, record_outcome

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.event import Event
    from facegate.gate.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_desk(tmp_path / "desk") as desk:
        yield desk


def outcome(ledger: Ledger, search: str, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "what": "charge",
        "day": TODAY,
        "by": CLERK,
        "by_agency": DENVER,
        "offense_charged": "1201",
        "at": NOW,
    }
    return record_outcome(ledger, search_id=search, **{**options, **changes})


def people(ledger: Ledger, search: str, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "of": "probe",
        "sex": "female",
        "race": "black",
        "age_band": "25_34",
        "by": CLERK,
        "by_agency": DENVER,
        "at": NOW,
    }
    return record_demographics(ledger, search_id=search, **{**options, **changes})


def judged(ledger: Ledger, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "agency": DENVER,
        "step": "granted",
        "days": 30,
        "judge": "Hon. R. Díaz",
        "officer": "8841",
        "authorizer": "1120",
        "places": "street camera",
        "by": CLERK,
        "at": NOW,
    }
    step = {**options, **changes}
    if step["step"] != "applied" and "application" not in step:
        step["application"] = applied(ledger, agency=step["agency"])
    return record_judicial(ledger, **step)


def applied(ledger: Ledger, **changes: Any) -> int:  # noqa: ANN401  any option
    return judged(ledger, step="applied", days=None, **changes)


def last(folder: Path) -> Event:
    return events_of(folder / "desk")[-1]


def test_an_outcome_says_what_and_when_in_public_and_seals_the_rest(ledger: Ledger, tmp_path: Path) -> None:
    search = searched(ledger, "person-1")
    seq = outcome(ledger, search, reference="26CR17", note="pleaded guilty")
    event = last(tmp_path)
    assert event.seq == seq
    public = {key: value for key, value in event.public.items() if key not in {"kind", "time"}}
    assert public == {"search_id": search, "what": "charge", "day": TODAY}
    assert (event.sealed["offense_charged"], event.sealed["reference"]) == ("1201", "26CR17")
    assert event.sealed["by"] == CLERK


def test_no_outcome_without_a_search(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no search of that id"):
        outcome(ledger, "01a2008d-7400-7000-8000-999999999999")


def test_an_outcome_is_one_of_a_closed_list(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="the outcome is 'solved', wanted one of arrest, case-closed"):
        outcome(ledger, search, what="solved")


def test_no_outcome_lies_in_the_future_or_before_its_search(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="after today"):
        outcome(ledger, search, day="2026-11-23")
    with pytest.raises(InputError, match="before the search was asked for on 2026-11-22"):
        outcome(ledger, search, day="2026-11-21")


@pytest.mark.parametrize("code", ["", "12", "robbery", "\uff11\uff12\uff10\uff11"])
def test_a_charge_names_an_offense_code(ledger: Ledger, code: str) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="wanted an NCIC code of four digits"):
        outcome(ledger, search, offense_charged=code)


def test_an_outcome_that_is_no_charge_names_none(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="is for no offense, got offense '1201'"):
        outcome(ledger, search, what="case-closed")


@pytest.mark.parametrize("what", ["lead-confirmed", "lead-refuted"])
def test_only_a_lead_that_was_released_is_confirmed_or_refuted(ledger: Ledger, what: str) -> None:
    nobody, lead = searched(ledger, "person-1", number=1), a_lead(ledger, number=2)
    with pytest.raises(PolicyRefusal, match="nobody of its list was released as a lead"):
        outcome(ledger, nobody, what=what, offense_charged="")
    assert outcome(ledger, lead, what=what, offense_charged="") == ledger.log.size - 1


def test_another_agency_says_nothing_of_a_search(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    for record in (outcome, people):
        with pytest.raises(PolicyRefusal, match="neither made this search nor was it made for it"):
            record(ledger, search, by="77", by_agency=DMV)


def test_whoever_is_not_of_the_agency_records_nothing(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    for record in (outcome, people):
        with pytest.raises(PolicyRefusal, match="is not registered there"):
            record(ledger, search, by="77")
    with pytest.raises(PolicyRefusal, match="is not registered there"):
        judged(ledger, by="77")


def test_a_refused_record_leaves_nothing_on_the_log(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    before = ledger.log.size
    for wrong in ({"what": "solved"}, {"day": "yesterday"}, {"by": "nobody"}, {"offense_charged": "x"}):
        with pytest.raises((InputError, PolicyRefusal)):
            outcome(ledger, search, **wrong)
    assert ledger.log.size == before


def test_demographics_are_sealed_word_for_word(ledger: Ledger, tmp_path: Path) -> None:
    search = searched(ledger, "person-1")
    people(ledger, search)
    event = last(tmp_path)
    assert set(event.public) == {"kind", "time", "search_id", "of"}
    assert (event.sealed["sex"], event.sealed["race"], event.sealed["age_band"]) == (
        "female",
        "black",
        "25_34",
    )


@pytest.mark.parametrize(
    ("field", "word"), [("sex", ""), ("race", "caucasian"), ("age_band", "30"), ("of", "bystander")]
)
def test_demographics_are_words_of_a_list_and_never_left_out(ledger: Ledger, field: str, word: str) -> None:
    search = searched(ledger, "person-1")
    with pytest.raises(InputError, match="wanted one of"):
        people(ledger, search, **{field: word})


def test_nobody_was_acted_on_where_nobody_was_a_lead(ledger: Ledger) -> None:
    nobody, lead = searched(ledger, "person-1", number=1), a_lead(ledger, number=2)
    with pytest.raises(PolicyRefusal, match="no candidate of this search was released as a lead"):
        people(ledger, nobody, of="candidate-acted-on")
    assert people(ledger, lead, of="candidate-acted-on") == ledger.log.size - 1


def test_a_judicial_step_seals_judge_officers_and_places(ledger: Ledger, tmp_path: Path) -> None:
    judged(ledger, number="26M4")
    event = last(tmp_path)
    assert {key: event.public[key] for key in ("agency", "step", "days")} == {
        "agency": DENVER,
        "step": "granted",
        "days": 30,
    }
    assert set(event.public) == {"kind", "time", "agency", "step", "days", "application"}
    assert event.sealed["judge"] == "Hon. R. Díaz"
    assert (event.sealed["officer"], event.sealed["authorizer"]) == ("8841", "1120")


def test_a_later_step_names_the_record_of_its_application(ledger: Ledger, tmp_path: Path) -> None:
    filed = applied(ledger)
    assert "application" not in last(tmp_path).public
    judged(ledger, application=filed)
    assert last(tmp_path).public["application"] == filed


@pytest.mark.parametrize(
    ("application", "why"),
    [(None, "names its application"), (0, "record 0 is no step 'applied'"), (99_999, "no record 99999")],
)
def test_a_step_of_no_application_is_refused(ledger: Ledger, application: int | None, why: str) -> None:
    with pytest.raises(InputError, match=why):
        judged(ledger, application=application)


def test_an_application_is_opened_once(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="opens an application of its own"):
        applied(ledger, application=applied(ledger))


def test_an_application_of_another_agency_is_not_answered(ledger: Ledger) -> None:
    filed = applied(ledger)
    with pytest.raises(PolicyRefusal, match="is not one of agency"):
        judged(ledger, agency=DMV, officer="77", authorizer="31", by="77", application=filed)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "extended"),
        ("granted", "granted"),
        ("granted", "denied"),
        ("modified", "granted"),
        ("denied", "granted"),
        ("denied", "extended"),
    ],
)
def test_a_step_that_contradicts_the_decision_is_refused(ledger: Ledger, before: str, after: str) -> None:
    filed = applied(ledger)
    if before:
        judged(ledger, step=before, days=None if before == "denied" else 30, application=filed)
    with pytest.raises(PolicyRefusal, match=f"a step '{after}' cannot follow"):
        judged(ledger, step=after, days=None if after == "denied" else 30, application=filed)


@pytest.mark.parametrize("days", [None, 0, 367])
def test_what_was_granted_runs_for_a_stated_number_of_days(ledger: Ledger, days: int | None) -> None:
    with pytest.raises(InputError, match="wanted 1 to 366"):
        judged(ledger, days=days)


def test_what_was_denied_runs_for_no_days_and_not_for_zero(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="wanted none"):
        judged(ledger, step="denied", days=0)
    judged(ledger, step="denied", days=None)
    assert last(tmp_path).public["days"] is None


def test_an_application_names_officers_of_the_agency(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="named as the officer who authorized it"):
        judged(ledger, authorizer="77")


def test_the_search_made_on_a_warrant_is_the_agencys_own(ledger: Ledger) -> None:
    other = searched(ledger, "person-1", agency="CO0010100", beneficiary="CO0010100")
    with pytest.raises(PolicyRefusal, match="neither made by agency CO0160000 nor for it"):
        judged(ledger, search_id=other)


def test_every_outcome_can_be_recorded(ledger: Ledger) -> None:
    search = a_lead(ledger)
    for what in sorted(OUTCOMES):
        code = "1201" if what in {"arrest", "charge", "conviction"} else ""
        assert outcome(ledger, search, what=what, offense_charged=code) == ledger.log.size - 1


def test_whoever_records_what_came_later_is_at_work(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    last_use = "SELECT last_use FROM people_officers WHERE officer = ?"
    assert ledger.value(last_use, CLERK) < "2026-11-22"
    for record in (
        partial(outcome, ledger, search),
        partial(people, ledger, search),
        partial(judged, ledger),
    ):
        ledger.rows("UPDATE people_officers SET last_use = ''")
        record()
        assert ledger.value(last_use, CLERK) == "2026-11-22T12:00:00.00Z"
