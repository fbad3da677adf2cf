"""Requests and disclosures by class of the asking agency and state of the gallery; every zero is printed.

A row that is missing says nothing; a row of zeros says that nobody asked. So every class of agencies stands
beside every state whose gallery is registered, and the immigration table is there when it is all zeros.
"""

from __future__ import annotations

from operator import add
from typing import TYPE_CHECKING, Final, TypeAlias

from facegate.audit.entry import INTENT, REFUSED
from facegate.oversight.governance.attempts import attempts, texts
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

NOT_REGISTERED: Final = "(not registered)"
IMMIGRATION: Final = "immigration"
IMMIGRATION_PURPOSE: Final = "immigration_enforcement"
IMMIGRATION_RULES: Final = frozenset({"FG-IMMIGRATION", "FG-IMMIGRATION-AGENCY"})
COLUMNS: Final = (
    "image requests",
    "image requests refused",
    "searches made",
    "lists released",
    "record requests",
    "record requests refused",
    "records released",
)
Counts: TypeAlias = tuple[int, ...]
"""One number a column of `COLUMNS`."""
NOTHING: Final[Counts] = (0,) * len(COLUMNS)


def nlets_disclosure(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count requests and disclosures by requesting class and owner state, and those about immigration."""
    every = tuple(events)
    asked, states = _requests(every, period), _states_then(every)
    classes = [*sorted(AGENCY_CLASSES), NOT_REGISTERED]
    owners = {one.text("state") for one in every if one.kind == "gallery" and not period.over(one.time)}
    known = [*sorted(owners), NOT_REGISTERED]
    of_class = _summed(asked, states, lambda one: (one.text("agency_class") or NOT_REGISTERED,))
    about = _summed(asked, states, lambda one: [what for what, holds in _IMMIGRATION.items() if holds(one)])
    by_class: list[tuple[Cell, ...]] = [
        (name, state, *of_class.get((name, state), NOTHING)) for name in classes for state in known
    ]
    immigration: list[tuple[Cell, ...]] = [
        (what, state, *about.get((what, state), NOTHING)) for what in _IMMIGRATION for state in known
    ]
    tables = (
        Table("requests-and-disclosures", "By class of the asking agency and state of the gallery",
              ("class of agency", "state of the gallery", *COLUMNS), tuple(by_class)),
        Table("immigration", "Requests about immigration, and what was disclosed",
              ("what", "state of the gallery", *COLUMNS), tuple(immigration),
              ("A request can stand in several of these rows.",)),
    )  # fmt: skip
    return NLETS_DISCLOSURE.report(period, log, tables, NOTES)


def _requests(events: Sequence[Event], period: Period) -> list[tuple[Event, Counts]]:
    """List requests of the period, for comparisons and for records, each with what it adds to the counts."""
    dossiers = [one for one in events if one.kind == "dossier"]
    released = {_answered(one) for one in dossiers}
    records = [one for one in dossiers if one.text("stage") == "asked" and period.holds(one.time)]
    return [
        *((one.intent, _of_image(one)) for one in attempts(events, period)),
        *((one, _of_record(one, released=one.seq in released)) for one in records),
    ]


def _of_image(one: Attempt) -> Counts:
    return 1, one.refused, one.made, bool(one.of_kind("release")), 0, 0, 0


def _of_record(one: Event, *, released: bool) -> Counts:
    return 0, 0, 0, 0, 1, one.text("decision") == REFUSED, released


def _states_then(events: Sequence[Event]) -> dict[int, str]:
    """Give, by the record of a request, the state of the gallery as it was registered when it was made."""
    states: dict[str, str] = {}
    galleries: dict[str, str] = {}
    found: dict[int, str] = {}
    for one in events:
        if one.kind == "gallery":
            states[one.text("gallery")] = one.text("state")
        elif one.kind == INTENT:
            galleries[one.text("search_id")] = one.text("gallery")
        if one.kind in {INTENT, "dossier"}:
            found[one.seq] = states.get(galleries.get(one.text("search_id"), ""), NOT_REGISTERED)
    return found


def _summed(
    asked: Sequence[tuple[Event, Counts]],
    states: Mapping[int, str],
    names: Callable[[Event], Iterable[str]],
) -> dict[tuple[str, str], Counts]:
    """Add up requests by a name they go under, and by state: in one pass, as a log has many of them."""
    found: dict[tuple[str, str], Counts] = {}
    for event, counts in asked:
        for name in names(event):
            key = (name, states[event.seq])
            found[key] = tuple(map(add, found.get(key, NOTHING), counts))
    return found


def _answered(event: Event) -> int | None:
    """Give the request that a release of records answers."""
    asked = event.public.get("asked")
    return asked if event.text("stage") == "released" and isinstance(asked, int) else None


_IMMIGRATION: Final[dict[str, Callable[[Event], bool]]] = {
    "asked by an immigration authority": lambda one: one.text("agency_class") == IMMIGRATION,
    "asked for an immigration authority": lambda one: one.text("beneficiary_class") == IMMIGRATION,
    "stated purpose immigration enforcement": lambda one: one.text("purpose") == IMMIGRATION_PURPOSE,
    "failed a rule about immigration": lambda one: not IMMIGRATION_RULES.isdisjoint(texts(one, "rules")),
}
NOTES: Final[tuple[str, ...]] = (
    (
        "Class and state are those of the registers when the request was made; an agency that nobody "
        "registered has no class."
    ),
    "A search was made if the gallery was searched, be its list shown or withheld as a whole.",
    (
        "A list or record released to a local agency may be handed on from there: what leaves the system is "
        "not followed, and no count here says that nothing reached an immigration authority."
    ),
)
NLETS_DISCLOSURE: Final = ReportKind(
    name="nlets-disclosure",
    title="Requests and disclosures by class of agency and state, zeros included",
    authority="practice: letter of 40 members of Congress on Nlets, 12 November 2025; Colorado Law clinics, "
    "2020 (both checked); no statute asks for it",
    due="yearly",
    needs_openings=False,
    make=nlets_disclosure,
)
