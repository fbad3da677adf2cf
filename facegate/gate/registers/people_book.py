"""The book of agencies, their officers, and the block list; and of when each officer was last at work.

An officer who has not been at work for 90 days is disabled (a login nobody uses is a login somebody else
will): whatever he does is refused until his agency registers him anew. Work is an *allowed* search he asked
for, approved or ran, a case or paper he registered, a step of a review he took. A refused request is none:
otherwise the first attempt of somebody disabled would open the second.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.ledger.ledger import stamp
from facegate.gate.ledger.portable import replacing
from facegate.request import SELF

if TYPE_CHECKING:
    from collections.abc import Collection

    from facegate.gate.ledger.event import Event, Index

REVIEWS = frozenset(
    {"review-opened", "finding", "release", "corroboration", "disclosure", "exhibit", "correction"}
)
MISUSE = frozenset(
    f"misuse-{step}" for step in ("opened", "noted", "closed", "outcome", "reopened", "statement")
)
"""Steps in cases of misuse: whoever keeps them is at work, though he never searches."""
LATER = frozenset({"outcome", "demographics", "judicial"})
"""What is recorded of a search afterwards: work as well."""
STEPS = REVIEWS | MISUSE | LATER
"""Kinds whose sealed ``by`` and ``by_agency`` name who was at work."""
DONE_BY = {
    "case": ("registered_by",),
    "case-amended": ("amended_by",),
    "case-closed": ("closed_by",),
    "case-confirmed": ("confirmed_by",),
    "paper": ("filed_by",),
    "release-form": ("signed_by",),
    "clearance": ("supervisor",),
    "permit": ("requester", "approver"),
    "intent": ("requester", "approver"),
}
"""Sealed fields that name who was at work at the agency of the record."""

_TABLES = """
CREATE TABLE IF NOT EXISTS people_agencies (
    ori TEXT PRIMARY KEY, agency_class TEXT NOT NULL, state TEXT NOT NULL, case_pattern TEXT NOT NULL,
    name TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people_officers (
    officer TEXT NOT NULL, agency TEXT NOT NULL, role TEXT NOT NULL, unit TEXT NOT NULL, rank TEXT NOT NULL,
    trained_until TEXT NOT NULL, standing TEXT NOT NULL, since TEXT NOT NULL,
    last_use TEXT NOT NULL DEFAULT '', PRIMARY KEY (officer, agency)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS people_officers_agency ON people_officers (agency);
CREATE TABLE IF NOT EXISTS people_blocks (
    block TEXT PRIMARY KEY, first_day TEXT NOT NULL, last_day TEXT NOT NULL, reason TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS people_keepers (gallery TEXT PRIMARY KEY, owner TEXT NOT NULL) WITHOUT ROWID;
"""

_AGENCY = replacing("people_agencies", key=("ori",), rest=("agency_class", "state", "case_pattern", "name"))
_BLOCK = replacing("people_blocks", key=("block",), rest=("first_day", "last_day", "reason"))
_KEEPER = replacing("people_keepers", key=("gallery",), rest=("owner",))
_OFFICER = """
INSERT INTO people_officers (officer, agency, role, unit, rank, trained_until, standing, since)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (officer, agency) DO UPDATE SET role = excluded.role, unit = excluded.unit, rank = excluded.rank,
    trained_until = excluded.trained_until, standing = excluded.standing, since = excluded.since
"""


class PeopleBook:
    """Agencies, officers, blocks."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"agency", "officer", "agency-block", "gallery"}) | STEPS | DONE_BY.keys()

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; a later one of the same agency, officer or block takes its place."""
        text, row = event.text, tuple[str, ...]()
        if event.kind == "agency":
            row = (text("ori"), text("agency_class"), text("state"), text("case_pattern"), text("name"))
            connection.execute(_AGENCY, row)
        elif event.kind == "officer":
            self._enter_officer(connection, event)
        elif event.kind == "agency-block":
            row = (text("block"), text("from"), text("until"), text("reason"))
            connection.execute(_BLOCK, row)
        elif event.kind == "gallery":
            row = (text("gallery"), text("owner"))
            connection.execute(_KEEPER, row)
        else:
            self._enter_use(connection, event)

    def _enter_officer(self, connection: Index, event: Event) -> None:
        text = event.text
        if not text("officer"):  # its opening was erased: nobody knows any more whom it was about
            return
        stated = (text("role"), text("unit"), text("rank"), text("trained_until"), text("standing"))
        connection.execute(_OFFICER, (text("officer"), text("agency"), *stated, stamp(event.time)))

    def _enter_use(self, connection: Index, event: Event) -> None:
        """Note who was at work; what was refused was no work."""
        if event.text("decision") == "refused":
            return
        if event.kind in STEPS:
            _used(connection, event.text("by"), event.text("by_agency"), event)
        for field in DONE_BY.get(event.kind, ()):
            _used(connection, event.text(field), event.text("agency"), event)
        operator = event.text("operator")
        if event.kind == "intent" and operator and operator not in {SELF, event.text("requester")}:
            rows = connection.execute("SELECT agency FROM people_officers WHERE officer = ?", (operator,))
            owner = connection.execute(
                "SELECT owner FROM people_keepers WHERE gallery = ?", (event.text("gallery"),)
            ).fetchone()
            home = operator_home(
                {row[0] for row in rows}, owner=owner[0] if owner else "", asking=event.text("agency")
            )
            _used(connection, operator, home, event)


def operator_home(agencies: Collection[str], *, owner: str, asking: str) -> str:
    """Tell at which agency whoever runs a comparison is looked up.

    A request names only his id, and two agencies may have given the same one: the gallery's owner comes first
    (his people run comparisons on it), then the agency that asks, then a third one if it is the only one.

    Parameters
    ----------
    agencies : collection of str
        ORIs of the agencies that registered the id.
    owner, asking : str
        ORI of the gallery's owner and of the requesting agency.

    Returns
    -------
    str
        ORI; empty if nobody can say.
    """
    for first in (owner, asking):
        if first in agencies:
            return first
    return next(iter(agencies)) if len(agencies) == 1 else ""


def _used(connection: Index, officer: str, agency: str, event: Event) -> None:
    connection.execute(
        "UPDATE people_officers SET last_use = ? WHERE officer = ? AND agency = ? AND last_use < ?",
        (stamp(event.time), officer, agency, stamp(event.time)),
    )
