"""Opening, following up, closing and reopening cases of suspected misuse.

- What is public: agency, class, source, days, states, outcome codes, counts. Who is concerned, who acted,
  which searches and every text are sealed.
- A confirmed case that makes its officer a repeat asks for a decision on his suspension (F5).

Not protected here: an agency that opens no case. For that there are detectors, the weekly sample, and
others who may open cases about it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.demands import demand_listed, demand_officer_id, demand_title, today
from facegate.gate.registers.people import change_officer
from facegate.gate.registers.people_known import demand_agency, find_officer
from facegate.oversight.misuse.acting import (
    OWN_CASE,
    By,
    demand_actor,
    demand_not_self,
    people_concerned,
    people_of,
    refuse,
    register_of,
    searchers_of,
)
from facegate.oversight.misuse.words import (
    CLASSES,
    CLOSED,
    DECLINED,
    NOT_ACTIVE,
    NOT_ASKED,
    NOTED,
    OPENED,
    OUTCOME,
    OUTCOMES,
    PENDING_DAYS,
    REOPENED,
    SUSPENDED,
    Source,
    State,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.misuse.case import MisuseCase

MOST_SEARCHES = 1000  # named in one case
ASKED_FOR_SUSPENSION = "MU-F5-SUSPENSION"


def open_case(
    ledger: Ledger,
    *,
    agency: str,
    source: str,
    misuse_class: str,
    narrative: str,
    by: By,
    at: datetime,
    officer: str = "",
    searches: Sequence[str] = (),
) -> int:
    """Open a case of suspected misuse.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    agency : str
        ORI of the registered agency concerned.
    source, misuse_class : str
        Of `Source` and `CLASSES`.
    narrative : str
        What is suspected; sealed.
    by : By
        Who opens it, of whatever agency.
    at : datetime
        When, with its zone.
    officer : str
        Whom it is about; empty if nobody knows yet. Sealed.
    searches : sequence of str
        Ids of searches of the agency on the log, ``late-12`` for one entered by hand; sealed.

    Returns
    -------
    int
        Its number: the record's position in the log.

    Raises
    ------
    InputError
        If a word is of no list, a text not of its form, or a search is not on the log or of another agency.
    PolicyRefusal
        If whoever opens it may not, or it is about himself or a search of his own, which is recorded.
    """
    with ledger.turn:
        demand_agency(ledger, agency)
        public: dict[str, JSONValue] = {
            "agency": agency,
            "source": demand_listed(source, set(Source), "the source of the case"),
            "misuse_class": demand_listed(misuse_class, CLASSES, "the class of misuse"),
            "due": today(at + timedelta(days=PENDING_DAYS)),
        }
        _demand_searches(ledger, agency, searches)
        if officer:
            _demand_known(ledger, agency, officer)
        demand_actor(ledger, by, at)
        about = people_concerned(ledger, officer, searches)
        demand_not_self(ledger, OPENED, by, agency=agency, about=about, public=public, at=at)
        sealed = {
            "officer": officer,
            "searches": json.dumps(sorted(set(searches))),
            "narrative": demand_title(narrative, "what is suspected"),
            **people_of(by),
        }
        return ledger.record(
            OPENED, at=at, public={**public, "n_searches": len(set(searches))}, sealed=sealed
        )


def note(ledger: Ledger, number: int, *, text: str, by: By, at: datetime) -> int:
    """Record what was done about a pending case: the follow-up that F3 asks for.

    Raises
    ------
    InputError
        If there is no pending case of that number, or the text is not of its form.
    PolicyRefusal
        If whoever records it may not.
    """
    with ledger.turn:
        case = _demand_state(ledger, number, State.PENDING)
        _demand_step(ledger, NOTED, case, by, at)
        sealed = {"text": demand_title(text, "the note"), **people_of(by)}
        return ledger.record(NOTED, at=at, public=case_fields(case), sealed=sealed)


def close_case(
    ledger: Ledger,
    number: int,
    *,
    state: str,
    reason: str,
    by: By,
    at: datetime,
    outcome: str = "",
    outcome_text: str = "",
    officer: str = "",
    suspend: bool = False,
    decline_suspension: str = "",
) -> int:
    """Close a pending case as confirmed or cleared.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    number : int
        Of a pending case.
    state : str
        ``confirmed`` or ``cleared``.
    reason : str
        What was found; sealed.
    by : By
        Who closes it; whether he is of the agency concerned is public.
    at : datetime
        When, with its zone.
    outcome : str
        Of a confirmed case, of `OUTCOMES`: the gravest. May be stated later; until then it is a printed gap.
    outcome_text : str
        What ``other`` was; sealed.
    officer : str
        Whom it was about, if the case did not say. Nobody confirms a misuse of nobody: a case left without
        its officer would never make a repeat.
    suspend : bool
        Suspend the officer, recorded before the case is closed: if the machine dies between, he is suspended.
    decline_suspension : str
        Why an officer with repeated misuse is not suspended; the reason sealed, the fact public.

    Notes
    -----
    A case that names neither officer nor searches is cleared by an officer of another agency only, whatever
    ``officer`` says: it may be about whoever clears it.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If there is no pending case of that number, or what is stated does not go together.
    PolicyRefusal
        If whoever closes it may not; or the case is about him, or makes its officer a repeat (2 confirmed
        within 24 months) and nobody decided on his suspension, which is recorded.
    """
    with ledger.turn:
        case = _demand_state(ledger, number, State.PENDING)
        demand_listed(state, {State.CONFIRMED, State.CLEARED}, "the state")
        _demand_outcome(state, outcome, outcome_text)
        reason = demand_title(reason, "what was found")
        if decline_suspension:
            demand_title(decline_suspension, "the reason for no suspension")
        about = _officer_concerned(ledger, case, officer, state)
        _demand_step(ledger, CLOSED, case, by, at, officer=about)
        if state == State.CLEARED:
            _demand_outsider(ledger, case, by, at)
        standing = NOT_ASKED
        if state == State.CONFIRMED:
            standing = _decide_standing(
                ledger, case, about, by=by, at=at, suspend=suspend, decline=decline_suspension
            )
        elif suspend or decline_suspension:
            msg = "a cleared case decides on no suspension; leave that out"
            raise InputError(msg)
        public = {
            **case_fields(case),
            "state": state,
            "outcome": outcome,
            "by_own_agency": by.agency == case.agency,
            "suspension": standing,
        }
        sealed = {
            "officer": about,
            "reason": reason,
            "outcome_text": outcome_text,
            "declined": decline_suspension,
            **people_of(by),
        }
        return ledger.record(CLOSED, at=at, public=public, sealed=sealed)


def state_outcome(
    ledger: Ledger, number: int, *, outcome: str, by: By, at: datetime, outcome_text: str = ""
) -> int:
    """State what came of a confirmed case, in the place of what was stated before.

    Raises
    ------
    InputError
        If there is no confirmed case of that number, or the outcome is of no list or lacks its text.
    PolicyRefusal
        If whoever states it may not.
    """
    with ledger.turn:
        case = _demand_state(ledger, number, State.CONFIRMED)
        if not outcome:
            demand_listed(outcome, OUTCOMES, "the outcome")
        _demand_outcome(State.CONFIRMED, outcome, outcome_text)
        _demand_step(ledger, OUTCOME, case, by, at)
        public = {**case_fields(case), "outcome": outcome}
        return ledger.record(
            OUTCOME, at=at, public=public, sealed={"outcome_text": outcome_text, **people_of(by)}
        )


def reopen_case(ledger: Ledger, number: int, *, reason: str, by: By, at: datetime) -> int:
    """Open a closed case again; its days pending go on where they stopped.

    Raises
    ------
    InputError
        If there is no closed case of that number, or the reason is not of its form.
    PolicyRefusal
        If whoever reopens it may not.
    """
    with ledger.turn:
        case = _demand_state(ledger, number, State.CONFIRMED, State.CLEARED)
        _demand_step(ledger, REOPENED, case, by, at)
        sealed = {"reason": demand_title(reason, "the reason"), **people_of(by)}
        return ledger.record(REOPENED, at=at, public=case_fields(case), sealed=sealed)


def _decide_standing(
    ledger: Ledger, case: MisuseCase, officer: str, *, by: By, at: datetime, suspend: bool, decline: str
) -> str:
    """Decide on the officer's standing; a suspension is durable before the case is closed."""
    if suspend and decline:
        msg = "a suspension is either made or declined, not both"
        raise InputError(msg)
    known = find_officer(ledger, case.agency, officer)
    if known is None or known.standing != "active":
        return NOT_ACTIVE
    if suspend:
        change_officer(ledger, agency=case.agency, officer=officer, standing="suspended", at=at)
        return SUSPENDED
    if decline:
        return DECLINED
    recent = register_of(ledger).recent_of(case.agency, officer, at)
    others = [one for one in recent if one != case.number]
    if others:
        say = (
            f"this would be confirmed misuse number {len(others) + 1} of the same officer within 24 months, "
            f"after case {others[-1]}: say --suspend, or --decline-suspension with the reason"
        )
        refuse(ledger, CLOSED, ASKED_FOR_SUSPENSION, say, public=case_fields(case), by=by, at=at)
    return NOT_ASKED


def _officer_concerned(ledger: Ledger, case: MisuseCase, officer: str, state: str) -> str:
    if officer and case.officer and officer != case.officer:
        msg = f"case {case.number} is about another officer; open a case about this one"
        raise InputError(msg)
    about = officer or case.officer
    if about:
        return _demand_known(ledger, case.agency, about)
    if state == State.CONFIRMED:
        msg = f"case {case.number} names no officer: nobody confirms a misuse of nobody, state --officer"
        raise InputError(msg)
    return ""


def _demand_outcome(state: str, outcome: str, text: str) -> None:
    if outcome:
        demand_listed(outcome, OUTCOMES, "the outcome")
    if outcome and state != State.CONFIRMED:
        msg = "only a confirmed case has an outcome"
        raise InputError(msg)
    if (outcome == "other") != bool(text):
        msg = "the outcome other, and no other outcome, says in a text what it was"
        raise InputError(msg)
    if text:
        demand_title(text, "what the outcome was")


def _demand_searches(ledger: Ledger, agency: str, searches: Sequence[str]) -> None:
    if len(searches) > MOST_SEARCHES:
        msg = f"a case names at most {MOST_SEARCHES} searches, got {len(searches)}"
        raise InputError(msg)
    found = searchers_of(ledger, searches)
    for one in searches:
        if one not in found:
            msg = f"no search {one[:40]!r} with a known officer is on the log"
            raise InputError(msg)
        if found[one][0] != agency:
            msg = f"the search {one[:40]!r} was made by another agency than {agency}"
            raise InputError(msg)


def _demand_known(ledger: Ledger, agency: str, officer: str) -> str:
    demand_officer_id(officer, "the id of the officer concerned")
    if find_officer(ledger, agency, officer) is None:
        msg = f"agency {agency} has no officer of the id that the case is about"
        raise InputError(msg)
    return officer


def _demand_state(ledger: Ledger, number: int, *states: State) -> MisuseCase:
    case = register_of(ledger).cases.get(number)
    if case is None:
        msg = f"there is no misuse case {number}; see `facegate misuse list`"
        raise InputError(msg)
    if case.state not in states:
        msg = f"misuse case {number} is {case.state}, wanted one that is {' or '.join(states)}"
        raise InputError(msg)
    return case


def _demand_step(
    ledger: Ledger, kind: str, case: MisuseCase, by: By, at: datetime, *, officer: str = ""
) -> None:
    demand_actor(ledger, by, at)
    about = people_concerned(ledger, officer or case.officer, case.searches)
    demand_not_self(ledger, kind, by, agency=case.agency, about=about, public=case_fields(case), at=at)


def _demand_outsider(ledger: Ledger, case: MisuseCase, by: By, at: datetime) -> None:
    """Demand that a case of which nobody knows whom it is about is cleared by another agency."""
    if by.agency == case.agency and not people_concerned(ledger, case.officer, case.searches):
        say = (
            f"case {case.number} names neither an officer nor a search whose officer is known, so it may be "
            "about whoever clears it: an officer of another agency clears it (--by-agency)"
        )
        refuse(ledger, CLOSED, OWN_CASE, say, public=case_fields(case), by=by, at=at)


def case_fields(case: MisuseCase) -> dict[str, JSONValue]:
    """Give the public fields that name a case."""
    return {"misuse": case.number, "agency": case.agency}
