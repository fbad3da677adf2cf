"""Searches of a period and what came of them, read from the log in one pass.

A search belongs to the period in which it was asked for. What came of it counts whenever it was recorded: a
report made again from more records differs by what these say, and by nothing else. What the registers say of
an agency or a gallery is what they said when the search was asked for: a later record changes no past year.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT, REFUSED, RESULT
from facegate.gate.attempt import WITHHELD
from facegate.oversight.made import MADE, made_by_hand
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period

ACTION: Final = frozenset({"arrest", "charge", "conviction", "identified"})
"""Outcomes that are an action upon somebody; that a lead was confirmed is none."""
NOT_STATED: Final = "(not stated, or not of its form)"
OUTCOME_NOTE: Final = (
    "What came of a search is known where an outcome was recorded (`facegate oversight outcome`), and "
    "nowhere else; no record of an outcome is no outcome of nothing."
)


@dataclass(slots=True)
class Search:
    """One search that was asked for, as the log tells it by its end.

    Parameters
    ----------
    intent : Event
        What was asked.
    gallery, keeper, asker : Event or None
        The records of its gallery, of the agency that keeps it and of the one that asked, as they stood when
        it was asked for; None if there was none.
    result : Event or None
        What the search gave; None if it is running or was broken off.
    closed : Event or None
        That its review is closed, and with how many candidates both reviewers agreed on.
    released : bool
        Whether the list was released to somebody.
    n_leads : int
        Leads of the latest release.
    outcomes : list of Event
        What came of it, in the order of the log.
    people : list of Event
        Demographics recorded with it.
    findings : list of Event
        What its reviewers said.
    corrections : list of Event
        Leads that were proved wrong.
    disclosed : bool
        Whether a disclosure to the defense was recorded for it as made.
    """

    intent: Event
    gallery: Event | None = None
    keeper: Event | None = None
    asker: Event | None = None
    result: Event | None = None
    closed: Event | None = None
    released: bool = False
    n_leads: int = 0
    outcomes: list[Event] = field(default_factory=list)
    people: list[Event] = field(default_factory=list)
    findings: list[Event] = field(default_factory=list)
    corrections: list[Event] = field(default_factory=list)
    disclosed: bool = False

    @property
    def ran(self) -> bool:
        """Whether the gallery was searched, be the list shown or withheld."""
        return self.result is not None and self.result.text("outcome") in MADE

    @property
    def withheld(self) -> bool:
        """Whether its list was withheld as a whole: whether it held anybody is not known."""
        return self.result is not None and self.result.text("outcome") == WITHHELD

    @property
    def review_open(self) -> bool:
        """Whether there is a list to be reviewed whose review is not closed."""
        return self.ran and not self.withheld and self.n_agreed is None

    @property
    def n_candidates(self) -> int:
        """How many candidates the list held; 0 if it was withheld or none was made."""
        count = 0 if self.result is None else self.result.public.get("n_candidates")
        return count if isinstance(count, int) else 0

    @property
    def n_agreed(self) -> int | None:
        """How many candidates both reviewers hold for the same person; None while the review is open."""
        if self.closed is None:
            return None
        count = self.closed.public.get("n_agreed")
        return count if isinstance(count, int) else None

    def came_to(self, words: frozenset[str]) -> bool:
        """Tell whether an outcome of these words was recorded."""
        return any(one.text("what") in words for one in self.outcomes)

    @property
    def stated(self) -> dict[str, Any]:
        """What the law was asked: the context of the sealed question, empty where it cannot be read."""
        try:
            context = json.loads(self.intent.sealed.get("question", ""))["request"]["context"]
        except (ValueError, KeyError, TypeError):
            return {}
        return context if isinstance(context, dict) else {}

    @property
    def readable(self) -> bool:
        """Whether its sealed part can be read."""
        return bool(self.stated)

    @property
    def grounds(self) -> str | None:
        """``order``, ``exigent`` or ``neither``; None where the sealed part was erased.

        A paper counts if it was on file when the law was asked; one that is only claimed does not.
        """
        stated = self.stated
        if not stated:
            return None
        if stated.get("instrument"):
            return "order"
        return "exigent" if stated.get("exigency") else "neither"


@dataclass(frozen=True, slots=True)
class ByHand:
    """One search made by hand, past the gate.

    Parameters
    ----------
    entered : Event
        The record that enters it, its public part: day of the search, agency, purpose.
    asker : Event or None
        The record of the agency as it stood when the search was entered; None if there was none.
    """

    entered: Event
    asker: Event | None = None


@dataclass(slots=True)
class Record:
    """What one pass over the log leaves.

    Parameters
    ----------
    searches : dict of str to Search
        Comparisons asked for in the period, by search id, in the order of the log.
    by_hand : list of ByHand
        Searches of the period made by hand and entered afterwards, whatever their law.
    galleries : dict of str to Event
        The latest record of each gallery: what a search found is in `Search.gallery`.
    agencies : dict of str to Event
        The latest record of each agency.
    of_kind : dict of str to list of Event
        Records of the kinds that were asked for, whenever they were made.
    recorded : set of str
        Every kind of record there is on the log.
    """

    searches: dict[str, Search] = field(default_factory=dict)
    by_hand: list[ByHand] = field(default_factory=list)
    galleries: dict[str, Event] = field(default_factory=dict)
    agencies: dict[str, Event] = field(default_factory=dict)
    of_kind: dict[str, list[Event]] = field(default_factory=dict)
    recorded: set[str] = field(default_factory=set)

    @property
    def found(self) -> list[Search]:
        """The searches asked for, in the order of the log."""
        return list(self.searches.values())

    @property
    def ran(self) -> list[Search]:
        """Those that looked into a gallery."""
        return [one for one in self.searches.values() if one.ran]

    def kinds(self, *names: str) -> Iterator[Event]:
        """Give the kept records of some kinds."""
        for name in names:
            yield from self.of_kind.get(name, ())


def read_record(
    events: Iterable[Event], period: Period, *, keep: Sequence[str] = (), laws: str = ""
) -> Record:
    """Read the searches of a period, and what came of them, in one pass.

    Parameters
    ----------
    events : iterable of Event
        The log's records in order.
    period : Period
        In which a search was asked for.
    keep : sequence of str
        Further kinds of records to keep, whenever they were made.
    laws : str
        Keep searches made under profiles that start so; all if empty.

    Returns
    -------
    Record
        What was read.
    """
    record = Record()
    for event in events:
        record.recorded.add(event.kind)
        if event.kind == INTENT:
            if period.holds(event.time) and _is_comparison(event) and event.text("profile").startswith(laws):
                record.searches[event.text("search_id")] = _asked(event, record)
        elif made_by_hand(event, period):
            record.by_hand.append(ByHand(event, record.agencies.get(event.text("agency"))))
        elif event.kind == "gallery":
            record.galleries[event.text("gallery")] = event
        elif event.kind == "agency":
            record.agencies[event.text("ori")] = event
        elif (search := record.searches.get(event.text("search_id"))) is not None:
            _enter(search, event)
        if event.kind in keep:
            record.of_kind.setdefault(event.kind, []).append(event)
    return record


def by_hand_note(record: Record) -> str:
    """Say how many searches were made by hand: no law is stated of them, so no table of a law holds them.

    Examples
    --------
    >>> by_hand_note(Record())
    '0 searches made by hand and entered afterwards; under which law is not stated; not in these tables.'
    """
    count = len(record.by_hand)
    return (
        f"{count} {'search' if count == 1 else 'searches'} made by hand and entered afterwards; under which "
        "law is not stated; not in these tables."
    )


def sources(searches: Iterable[Search]) -> str | None:
    """Name where the images came from of the galleries that were searched; None if nobody recorded it."""
    stated = [one.gallery.public.get("provenance") for one in searches if one.gallery]
    found = [one.get("source") for one in stated if isinstance(one, dict)]
    return "; ".join(dict.fromkeys(one for one in found if isinstance(one, str))) or None


def known_only(recorded: Iterable[Search], count: Callable[[Search], bool]) -> Cell:
    """Count the searches of which something holds that only outcomes tell; None if none of them has any.

    Nothing searched gives 0: of no search nothing came.
    """
    ran = [one for one in recorded if one.ran]
    if ran and not any(one.outcomes for one in ran):
        return None
    return sum(map(count, ran))


def by_public(searches: Iterable[Search], name: str) -> dict[str, list[Search]]:
    """Sort searches by a public field of what was asked, its words in order."""
    found: dict[str, list[Search]] = {}
    for one in searches:
        found.setdefault(one.intent.text(name) or NOT_STATED, []).append(one)
    return dict(sorted(found.items()))


def _asked(intent: Event, record: Record) -> Search:
    """Enter a search with the registers as they stand at this place of the log."""
    gallery = record.galleries.get(intent.text("gallery"))
    keeper = record.agencies.get(gallery.text("owner")) if gallery else None
    return Search(intent, gallery, keeper, record.agencies.get(intent.text("agency")))


def _is_comparison(event: Event) -> bool:
    return event.text("action") in COMPARISONS or not event.text("action")


def _enter(search: Search, event: Event) -> None:
    """Enter what came after; a step that was refused did not happen."""
    if event.public.get("decision") == REFUSED:
        return
    if event.kind == RESULT:
        search.result = event
    elif event.kind == "review-closed":
        search.closed = event
    elif event.kind == "release":
        search.released = True
        n_leads = event.public.get("n_leads")
        search.n_leads = n_leads if isinstance(n_leads, int) else 0
    elif event.kind == "disclosure":
        search.disclosed = search.disclosed or event.text("state") == "made"
    elif (kept := _LISTS.get(event.kind)) is not None:
        getattr(search, kept).append(event)


_LISTS: Final = {
    "outcome": "outcomes",
    "demographics": "people",
    "finding": "findings",
    "correction": "corrections",
}
