"""The sharing matrix: who may ask what of whose gallery, for what, and until when. Default: nobody, nothing.

- A row names one gallery, one agency (``ori:``) or class of agencies (``class:``), one action (message type)
  and one purpose. Its owner needs a row for himself, too: so every use of a gallery stands in the matrix.
- One row for each gallery, party, action and purpose: a later one takes the place of the earlier *whole*,
  days included, even where their days do not overlap. "From January on" in place of "until December" shares
  nothing before January.
- A row about one agency takes that agency out of its class for that action and purpose, *whatever the days of
  the row*: outside them nothing is shared with it. Otherwise a "no" that has run out, or a "yes" that has,
  would silently become the "yes" of the class. To give an agency back what its class has, write it a row.
- A record of the time before rows named actions lets in for image comparisons only, and keeps out of all.
- Whoever searches on behalf of another must be shared with, and so must the other: otherwise a friendly
  agency would be the back door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.ledger.portable import replacing
from facegate.gate.registers.conditions import demand_gallery
from facegate.gate.registers.demands import demand_listed, demand_party, demand_span, demand_time, today
from facegate.gate.registers.people_known import demand_agency
from facegate.request import PURPOSES, Action

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder

YES, NO = "yes", "no"
ACTIONS = frozenset(map(str, Action))
DONE = {
    "imageComparison": "searched (image comparison)",
    "crossJurisdiction": "searched from another state (cross-jurisdiction search)",
    "dossier": "asked for records of leads (dossier)",
    "enrichment": "joined with other data (enrichment)",
}
"""What each action does to a gallery, for the plain-language matrix."""

_TABLES = """
CREATE TABLE IF NOT EXISTS sharing_rows (
    gallery TEXT NOT NULL, party TEXT NOT NULL, action TEXT NOT NULL, purpose TEXT NOT NULL,
    first_day TEXT NOT NULL, last_day TEXT NOT NULL, shared TEXT NOT NULL,
    PRIMARY KEY (gallery, party, action, purpose)
) WITHOUT ROWID;
"""
_ROW = replacing(
    "sharing_rows", key=("gallery", "party", "action", "purpose"), rest=("first_day", "last_day", "shared")
)


@dataclass(frozen=True, slots=True)
class SharingRow:
    """One row of the matrix as it stands.

    Parameters
    ----------
    gallery, owner, state : str
        Which gallery, whose, and of which state.
    party, party_state : str
        ``ori:`` or ``class:``; the state of the agency, empty for a class.
    action : str
        One of `facegate.request.Action`.
    purpose : str
        One of `facegate.request.PURPOSES`.
    first_day, last_day : str
        It holds on both; an empty last day means without end.
    shared : bool
        Whether it lets in or keeps out.
    returned : bool
        The agency's state shares a gallery with the owner as well.
    """

    gallery: str
    owner: str
    state: str
    party: str
    party_state: str
    action: str
    purpose: str
    first_day: str
    last_day: str
    shared: bool
    returned: bool

    @property
    def sentence(self) -> str:
        """The row in plain language."""
        kind, _, name = self.party.partition(":")
        whom = f"agency {name}" if kind == "ori" else f"agencies of class {name}"
        end = f"until {self.last_day}" if self.last_day else "without end"
        verb = f"{'may' if self.shared else 'may NOT'} be {DONE.get(self.action, self.action)} by"
        foreign = self.party_state not in {"", self.state}
        one_way = f"; one way: {self.party_state} shares nothing with {self.owner}"
        across = "" if not foreign else f"; across states, {self.party_state} into {self.state}"
        return (
            f"Gallery {self.gallery} of {self.owner} ({self.state}) {verb} {whom} for "
            f"{self.purpose.replace('_', ' ')}, from {self.first_day} {end}"
            f"{across}{one_way if foreign and self.shared and not self.returned else ''}."
        )


class SharingBook:
    """The sharing matrix."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"sharing"})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter a row; a later one of the same gallery, agency or class, action and purpose replaces it."""
        text = event.text
        days = (text("from"), text("until"))
        for action in _actions(event):
            row = (text("owner"), text("to"), action, text("purpose"), *days, text("shared"))
            connection.execute(_ROW, row)


def _actions(event: Event) -> Iterable[str]:
    """Tell what a row is about; one that does not say lets in for the least and keeps out of everything."""
    if stated := event.text("action"):
        return (stated,)
    return (str(Action.IMAGE_COMPARISON),) if event.text("shared") == YES else sorted(ACTIONS)


def share(
    ledger: Recorder,
    *,
    gallery: str,
    to: str,
    purpose: str,
    first_day: str,
    at: datetime,
    action: str = Action.IMAGE_COMPARISON,
    last_day: str = "",
    shared: bool = True,
) -> int:
    """Write one row of the sharing matrix, in the place of the row about the same if there is one.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    gallery : str
        Registered before.
    to : str
        ``ori:`` and the ORI of a registered agency, or ``class:`` and a class.
    purpose : str
        One of `facegate.request.PURPOSES`.
    first_day, last_day : str
        It holds on both; an empty last day means without end. State the whole span: nothing of the earlier
        row stays.
    at : datetime
        When.
    action : str
        One of `facegate.request.Action`.
    shared : bool
        False takes a row back, or leaves one agency out of its class.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form or list, or gallery or agency is not registered.
    """
    demand_gallery(ledger, gallery)
    kind, _, name = demand_party(to).partition(":")
    if kind == "ori":
        demand_agency(ledger, name)
    demand_span(first_day, last_day, "the sharing")
    public = {
        "owner": gallery,
        "to": to,
        "action": demand_listed(str(action), ACTIONS, "the action"),
        "purpose": demand_listed(purpose, PURPOSES, "the purpose"),
        "from": first_day,
        "until": last_day,
        "shared": YES if shared else NO,
    }
    return ledger.record("sharing", at=demand_time(at), public=public, sealed={})


def shared_with(
    ledger: Recorder,
    *,
    gallery: str | None,
    ori: str,
    agency_class: str,
    action: str,
    purpose: str | None,
    now: datetime,
) -> bool:
    """Tell whether a gallery is shared with an agency for an action and purpose today.

    The agency's own row decides alone if there is one, whatever its days; else the row of its class does.
    """
    query = (
        "SELECT shared, first_day, last_day FROM sharing_rows WHERE gallery = ? AND action = ? "
        "AND purpose = ? AND party IN (?, ?) ORDER BY party DESC LIMIT 1"  # ori: before class:
    )
    rows = ledger.rows(query, gallery, action, purpose, f"ori:{ori}", f"class:{agency_class}")
    day = today(now)
    return any(
        row["shared"] == YES and row["first_day"] <= day and (not row["last_day"] or row["last_day"] >= day)
        for row in rows
    )


def sharing_matrix(ledger: Recorder) -> tuple[SharingRow, ...]:
    """List every row as it stands, in alphabetical order, past and future ones included."""
    query = """
        SELECT sharing_rows.gallery, owner, conditions_galleries.state, party, action, purpose, first_day,
               last_day, shared, coalesce(people_agencies.state, '') AS party_state
        FROM sharing_rows JOIN conditions_galleries USING (gallery)
             LEFT JOIN people_agencies ON party = 'ori:' || ori
        ORDER BY gallery, party, action, purpose
    """
    rows = [dict(row) for row in ledger.rows(query)]
    for row in rows:
        row["shared"] = row["shared"] == YES
    given = {(one["state"], one["party"]) for one in rows if one["shared"]}
    return tuple(
        SharingRow(**row, returned=(row["party_state"], f"ori:{row['owner']}") in given) for row in rows
    )
