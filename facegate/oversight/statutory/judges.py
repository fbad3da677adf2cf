"""Reports of judges and of agencies on warrants: RCW 43.386.070(3)-(4), C.R.S. 24-18-308(2)-(3)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.people import people_tables
from facegate.oversight.statutory.searches import read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState
    from facegate.oversight.statutory.searches import Record

JUDICIAL: Final = "judicial"
ANSWERS: Final = ("granted", "modified", "denied")
ERASED: Final = "(erased)"
WARRANT_NAMED: Final = "warrant-named"


def judges(events: Iterable[Event], period: Period, log: LogState, *, state: str) -> Report:
    """Count and list applications for warrants by judge, for agencies of one state.

    An application belongs to the period in which it was first recorded; its answer and extensions count
    whenever they came.
    """
    record = read_record(events, period, keep=(JUDICIAL,))
    found = [one for one in _applications(_of_state(record, state)) if period.holds(one[0].time)]
    columns = ("judge", "applied for", "granted", "modified", "denied", "unanswered", "extensions")
    rows: list[tuple[Cell, ...]] = []
    for judge in sorted({_judge(one) for one in found}):
        mine = [one for one in found if _judge(one) == judge]
        rows.append((judge, len(mine), *_answers(mine)))
    rows.append(("all judges", len(found), *_answers(found)))
    tables = (
        Table("judges", "Warrants by judge", columns, tuple(rows)),
        Table("applications", "Each application", APPLICATION, tuple(map(_application, found))),
    )
    return PER_JUDGE[state].report(period, log, tables, JUDGES_NOTES)


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
    applied = any(period.holds(one.time) for one in _of_state(record, state) if one.text("step") == "applied")
    tables = people_tables(
        people,
        "people named in warrant applications",
        prefix="named",
        column=lambda event: agency_of[event.seq],
        expected=applied,
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


def _applications(steps: Iterable[Event]) -> list[list[Event]]:
    """Put the steps of one application together by agency and court number; without one each is its own."""
    found: dict[tuple[str, str], list[Event]] = {}
    for one in steps:
        number = one.sealed.get("number") or f"record {one.seq}"
        found.setdefault((one.text("agency"), number), []).append(one)
    return list(found.values())


def _judge(steps: Sequence[Event]) -> str:
    return steps[0].sealed.get("judge") or ERASED


def _answer(steps: Sequence[Event]) -> Event | None:
    return next((one for one in reversed(steps) if one.text("step") in ANSWERS), None)


def _answers(found: Sequence[Sequence[Event]]) -> tuple[int, ...]:
    said = ["" if (answer := _answer(one)) is None else answer.text("step") for one in found]
    n_extended = sum(step.text("step") == "extended" for one in found for step in one)
    return (*(said.count(word) for word in ANSWERS), said.count(""), n_extended)


def _application(steps: Sequence[Event]) -> tuple[Cell, ...]:
    first, answer = steps[0], _answer(steps)
    extended = [one.public.get("days") for one in steps if one.text("step") == "extended"]
    days = answer.public.get("days") if answer is not None and answer.text("step") != "denied" else None
    return (
        _judge(steps),
        f"{first.time:%Y-%m-%d}",
        "unanswered" if answer is None else answer.text("step"),
        days if isinstance(days, int) else ("none" if answer is not None else None),
        ", ".join(f"{one} days" for one in extended) or "none",
        first.text("agency"),
        *(first.sealed.get(name) or None for name in ("officer", "authorizer", "places")),
    )


JUDGES_NOTES: Final = (
    (
        "Made from what agencies recorded of their own applications (`facegate oversight judicial`); an "
        "application that nobody recorded is in no log. Agencies are those registered in the state."
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
    ),
    "CO": ReportKind(
        name="co-308-2",
        title="Colorado: warrants for facial recognition, by judge",
        authority="C.R.S. 24-18-308(2), checked against the text",
        due="January",
        needs_openings=True,
        make=partial(judges, state="CO"),
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
