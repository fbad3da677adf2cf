"""Requests and disclosures by class of the asking agency and state of the gallery; every zero is printed.

A row that is missing says nothing; a row of zeros says that nobody asked. So every class of agencies stands
beside every state whose gallery is registered, and the immigration table is there when it is all zeros.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.audit.entry import REFUSED
from facegate.oversight.governance.attempts import attempts, galleries_searched, texts
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

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


def nlets_disclosure(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count requests and disclosures by requesting class and owner state, and those about immigration."""
    every = tuple(events)
    states = {one.text("gallery"): one.text("state") for one in every if one.kind == "gallery"}
    asked = _Asked(attempts(every), every, states, period)
    classes = [*sorted(AGENCY_CLASSES), NOT_REGISTERED]
    known = [*sorted(set(states.values())), NOT_REGISTERED]
    by_class: list[tuple[Cell, ...]] = [
        (name, state, *asked.counts(_of_class(name), state)) for name in classes for state in known
    ]
    immigration: list[tuple[Cell, ...]] = [
        (what, state, *asked.counts(about, state)) for what, about in _IMMIGRATION.items() for state in known
    ]
    tables = (
        Table("requests-and-disclosures", "By class of the asking agency and state of the gallery",
              ("class of agency", "state of the gallery", *COLUMNS), tuple(by_class)),
        Table("immigration", "Requests about immigration, and what was disclosed",
              ("what", "state of the gallery", *COLUMNS), tuple(immigration),
              ("A request can stand in several of these rows.",)),
    )  # fmt: skip
    return NLETS_DISCLOSURE.report(period, log, tables, NOTES)


def _of_class(name: str) -> Callable[[Event], bool]:
    return lambda one: (one.text("agency_class") or NOT_REGISTERED) == name


class _Asked:
    """Requests of a period: for comparisons of images, and for records of leads."""

    def __init__(
        self, found: Sequence[Attempt], events: Sequence[Event], states: dict[str, str], period: Period
    ) -> None:
        self._states = states
        self._galleries = galleries_searched(events)
        self._images = [one for one in found if period.holds(one.intent.time)]
        dossiers = [one for one in events if one.kind == "dossier"]
        self._asked = [one for one in dossiers if one.text("stage") == "asked" and period.holds(one.time)]
        self._released = {_answered(one) for one in dossiers}

    def counts(self, about: Callable[[Event], bool], state: str) -> tuple[int, ...]:
        """Count what holds of a request, for one state."""
        images = [one for one in self._images if self._state(one.intent) == state and about(one.intent)]
        records = [one for one in self._asked if self._state(one) == state and about(one)]
        return (
            len(images),
            sum(one.refused for one in images),
            sum(one.made for one in images),
            sum(bool(one.of_kind("release")) for one in images),
            len(records),
            sum(one.text("decision") == REFUSED for one in records),
            sum(one.seq in self._released for one in records),
        )

    def _state(self, event: Event) -> str:
        return self._states.get(self._galleries.get(event.text("search_id"), ""), NOT_REGISTERED)


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
    "A class is that of the register on the day of the request; an agency that nobody registered has none.",
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
