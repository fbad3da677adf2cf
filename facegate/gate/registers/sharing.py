"""The sharing matrix: whose gallery may be searched by whom, for what, and until when. Default: by nobody.

- A row names one gallery, one agency (``ori:``) or class of agencies (``class:``), and one purpose. Its owner
  needs a row for himself, too: so every purpose a gallery serves stands in the matrix.
- A row about one agency goes before a row about its class: so one agency can be left out of a class.
- Whoever searches on behalf of another must be shared with, and so must the other: otherwise a friendly
  agency would be the back door.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.registers.conditions import demand_gallery
from facegate.gate.registers.demands import demand_listed, demand_party, demand_span, demand_time, today
from facegate.gate.registers.people import demand_agency
from facegate.request import PURPOSES

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from facegate.gate.ledger.event import Event
    from facegate.gate.registers.demands import Recorder

YES, NO = "yes", "no"

_TABLES = """
CREATE TABLE IF NOT EXISTS sharing_rows (
    gallery TEXT NOT NULL, party TEXT NOT NULL, purpose TEXT NOT NULL, first_day TEXT NOT NULL,
    last_day TEXT NOT NULL, shared TEXT NOT NULL, PRIMARY KEY (gallery, party, purpose)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class SharingRow:
    """One row of the matrix as it stands.

    Parameters
    ----------
    gallery, owner, state : str
        Which gallery, whose, and of which state.
    party, party_state : str
        ``ori:`` or ``class:``; the state of the agency, empty for a class.
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
        verb = "may be searched by" if self.shared else "may NOT be searched by"
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

    def enter(self, connection: sqlite3.Connection, event: Event) -> None:
        """Enter a row; a later one of the same gallery, agency or class and purpose takes its place."""
        names = ("owner", "to", "purpose", "from", "until", "shared")
        connection.execute(
            "INSERT OR REPLACE INTO sharing_rows VALUES (?, ?, ?, ?, ?, ?)", tuple(map(event.text, names))
        )


def share(
    ledger: Recorder,
    *,
    gallery: str,
    to: str,
    purpose: str,
    first_day: str,
    at: datetime,
    last_day: str = "",
    shared: bool = True,
) -> int:
    """Write one row of the sharing matrix.

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
        It holds on both; an empty last day means without end.
    at : datetime
        When.
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
        "purpose": demand_listed(purpose, PURPOSES, "the purpose"),
        "from": first_day,
        "until": last_day,
        "shared": YES if shared else NO,
    }
    return ledger.record("sharing", at=demand_time(at), public=public, sealed={})


def shared_with(
    ledger: Recorder, *, gallery: str | None, ori: str, agency_class: str, purpose: str | None, now: datetime
) -> bool:
    """Tell whether a gallery is shared with an agency for a purpose today: its own row, else its class's."""
    query = (
        "SELECT shared FROM sharing_rows WHERE gallery = ? AND purpose = ? AND party IN (?, ?) "
        "AND first_day <= ? AND (last_day = '' OR last_day >= ?) ORDER BY party DESC LIMIT 1"  # ori first
    )
    day = today(now)
    return bool(ledger.value(query, gallery, purpose, f"ori:{ori}", f"class:{agency_class}", day, day) == YES)


def sharing_matrix(ledger: Recorder) -> tuple[SharingRow, ...]:
    """List every row as it stands, in alphabetical order, past and future ones included."""
    query = """
        SELECT sharing_rows.gallery, owner, conditions_galleries.state, party, purpose, first_day, last_day,
               shared, coalesce(people_agencies.state, '') AS party_state
        FROM sharing_rows JOIN conditions_galleries USING (gallery)
             LEFT JOIN people_agencies ON party = 'ori:' || ori
        ORDER BY gallery, party, purpose
    """
    rows = [dict(row) for row in ledger.rows(query)]
    for row in rows:
        row["shared"] = row["shared"] == YES
    given = {(one["state"], one["party"]) for one in rows if one["shared"]}
    return tuple(
        SharingRow(**row, returned=(row["party_state"], f"ori:{row['owner']}") in given) for row in rows
    )
