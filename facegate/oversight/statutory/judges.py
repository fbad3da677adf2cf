"""Reports of judges and of agencies on warrants: RCW 43.386.070(3)-(4), C.R.S. 24-18-308(2)-(3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.people import people_tables
from facegate.oversight.statutory.searches import read_record

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState
    from facegate.oversight.statutory.searches import Record

JUDICIAL: Final = "judicial"
ANSWERS: Final = ("granted", "modified", "denied")
APPLIED: Final = "applied"
EXTENDED: Final = "extended"
WARRANT_NAMED: Final = "warrant-named"


@dataclass(slots=True)
class _Application:
    """One application: its step ``applied``, and what a judge made of it."""

    applied: Event
    steps: list[Event] = field(default_factory=list)

    @property
    def judge(self) -> str | None:
        """The judge; None where the record was erased."""
        return self.applied.sealed.get("judge") or None

    @property
    def number(self) -> str:
        """The court's number, from the first step that has one; empty if none has."""
        numbers = (one.sealed.get("number") for one in (self.applied, *self.steps))
        return next((one for one in numbers if one), "")

    @property
    def answer(self) -> Event | None:
        """The latest answer; None while there is none."""
        return next((one for one in reversed(self.steps) if one.text("step") in ANSWERS), None)


def judges(events: Iterable[Event], period: Period, log: LogState, *, state: str) -> Report:
    """Count and list applications for warrants by judge, for agencies of one state.

    An application belongs to the period in which it was first recorded; its answer and extensions count
    whenever they came.
    """
    record = read_record(events, period, keep=(JUDICIAL,))
    every, loose = _applications(_of_state(record, state))
    found = [one for one in every if period.holds(one.applied.time)]
    doubtful = {one.text("agency") for one in loose}
    columns = ("judge", "applied for", "granted", "modified", "denied", "unanswered", "extensions")
    rows: list[tuple[Cell, ...]] = []
    for judge in sorted({one.judge for one in found}, key=lambda name: (name is None, name or "")):
        mine = [one for one in found if one.judge == judge]
        rows.append((judge, len(mine), *_answers(mine, doubtful)))
    rows.append(("all judges", len(found), *_answers(found, doubtful)))
    listed = tuple(_application(one, doubtful) for one in found)
    tables = (
        Table("judges", "Warrants by judge", columns, tuple(rows)),
        Table("applications", "Each application", APPLICATION, listed),
    )
    return PER_JUDGE[state].report(period, log, tables, (*JUDGES_NOTES, *_loose_note(loose)))


def named_in_warrants(events: Iterable[Event], period: Period, log: LogState, *, state: str) -> Report:
    """Count people named in warrant applications by sex, race and age, for agencies of one state."""
    record = read_record(events, period, keep=(JUDICIAL,))
    agency_of = {
        event.seq: search.intent.text("agency")
        for search in record.found
        if _in_state(record, search.intent.text("agency"), state)
        for event in search.people
        if event.text("of") == WARRANT_NAMED
    }
    people = [event for search in record.found for event in search.people if event.seq in agency_of]
    steps = _of_state(record, state)
    applied = {one.text("agency") for one in steps if not period.over(one.time)}  # by the end of the period
    mine = [one for one in record.found if _in_state(record, one.intent.text("agency"), state)]
    warranted = any(one.intent.text("agency") in applied or one.grounds in {"order", None} for one in mine)
    tables = people_tables(
        people,
        "people named in warrant applications",
        prefix="named",
        column=lambda event: agency_of[event.seq],
        expected=warranted or any(period.holds(one.time) for one in steps),
    )
    return DEMOGRAPHICS[state].report(period, log, tables, DEMOGRAPHICS_NOTES)


APPLICATION: Final = (
    "judge", "applied on", "answer", "days", "extensions", "agency", "officer", "authorized by", "places",
)  # fmt: skip


def _of_state(record: Record, state: str) -> list[Event]:
    return [one for one in record.kinds(JUDICIAL) if _in_state(record, one.text("agency"), state)]


def _in_state(record: Record, agency: str, state: str) -> bool:
    known = record.agencies.get(agency)
    return known is not None and known.text("state") == state


def _applications(steps: Iterable[Event]) -> tuple[list[_Application], list[Event]]:
    """Put each step to its application; give the applications, and the steps that cannot be told to one.

    A step names the record of its application. One recorded before steps did so goes to the one application
    of its agency that it can belong to; if it can belong to several, or to none, it goes to none.
    """
    found: dict[int, _Application] = {}
    loose: list[Event] = []
    for one in steps:
        if one.text("step") == APPLIED:
            found[one.seq] = _Application(one)
        elif (mine := _application_of(one, found)) is not None:
            mine.steps.append(one)
        else:
            loose.append(one)
    return list(found.values()), loose


def _application_of(step: Event, found: Mapping[int, _Application]) -> _Application | None:
    own = [one for one in found.values() if one.applied.text("agency") == step.text("agency")]
    if "application" in step.public:
        return next((one for one in own if one.applied.seq == step.public["application"]), None)
    number = step.sealed.get("number") or ""
    same = [one for one in own if one.number == number]
    fitting = same if number and same else [one for one in own if not number or not one.number]
    return fitting[0] if len(fitting) == 1 else None


def _answers(found: Sequence[_Application], doubtful: Collection[str]) -> tuple[Cell, ...]:
    """Count answers and extensions; what a step that goes to no application may have changed is unknown."""
    if any(one.applied.text("agency") in doubtful for one in found):
        return (None,) * (len(ANSWERS) + 2)
    said = ["" if one.answer is None else one.answer.text("step") for one in found]
    n_extended = sum(step.text("step") == EXTENDED for one in found for step in one.steps)
    return (*(said.count(word) for word in ANSWERS), said.count(""), n_extended)


def _application(one: _Application, doubtful: Collection[str]) -> tuple[Cell, ...]:
    first, answer = one.applied, one.answer
    open_to_doubt = first.text("agency") in doubtful
    extended = [step.public.get("days") for step in one.steps if step.text("step") == EXTENDED]
    days = answer.public.get("days") if answer is not None and answer.text("step") != "denied" else None
    unanswered = None if open_to_doubt else "unanswered"
    never = None if open_to_doubt else "none"
    return (
        one.judge,
        f"{first.time:%Y-%m-%d}",
        unanswered if answer is None else answer.text("step"),
        days if isinstance(days, int) else ("none" if answer is not None else None),
        ", ".join(f"{some} days" for some in extended) or never,
        first.text("agency"),
        *(first.sealed.get(name) or None for name in ("officer", "authorizer", "places")),
    )


def _loose_note(loose: Sequence[Event]) -> tuple[str, ...]:
    if not loose:
        return ()
    agencies = ", ".join(sorted({one.text("agency") for one in loose}))
    return (
        (
            f"Steps that name no application and fit none, or several, whenever recorded: {len(loose)}, of "
            f"{agencies}. They are in no table; answers and extensions of these agencies are not recorded."
        ),
    )


JUDGES_NOTES: Final = (
    (
        "Made from what agencies recorded of their own applications (`facegate oversight judicial`); an "
        "application that nobody recorded is in no log. Agencies are those registered in the state."
    ),
    (
        "An application is counted once, by its record; its latest answer counts. Where the judge is not "
        "recorded, the record was erased."
    ),
)
DEMOGRAPHICS_NOTES: Final = (
    (
        "Nonidentifying: no table crosses sex, race and age. People are those named in an application "
        "that goes with a search asked for in the period, by agencies registered in the state."
    ),
)
PER_JUDGE: Final = {
    "WA": ReportKind(
        name="wa-070-3",
        title="Washington: warrants for facial recognition, by judge",
        authority="RCW 43.386.070(3), checked against the text",
        due="January",
        needs_openings=True,
        make=partial(judges, state="WA"),
        publishable=False,
    ),
    "CO": ReportKind(
        name="co-308-2",
        title="Colorado: warrants for facial recognition, by judge",
        authority="C.R.S. 24-18-308(2), checked against the text",
        due="January",
        needs_openings=True,
        make=partial(judges, state="CO"),
        publishable=False,
    ),
}
DEMOGRAPHICS: Final = {
    "WA": ReportKind(
        name="wa-070-4",
        title="Washington: nonidentifying demographics of people named in warrant applications",
        authority="RCW 43.386.070(4), checked against the text",
        due="January",
        needs_openings=True,
        make=partial(named_in_warrants, state="WA"),
    ),
    "CO": ReportKind(
        name="co-308-3",
        title="Colorado: nonidentifying demographics of people named in warrant applications",
        authority="C.R.S. 24-18-308(3), checked against the text",
        due="January",
        needs_openings=True,
        make=partial(named_in_warrants, state="CO"),
    ),
}
