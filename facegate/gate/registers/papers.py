"""Papers: release forms, warrants and orders, and emergencies that still wait for theirs.

- An allowed search on an emergency opens a debt: within 48 hours of the emergency a judicial paper of the
  same agency and case must be filed, issued not before the emergency. Until it is, once the time is up,
  nothing more is searched for that agency.
- The paper must be filed after the search: one that was there before needed no emergency.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.ledger import stamp
from facegate.gate.ledger.portable import replacing
from facegate.gate.registers.cases import find_case
from facegate.gate.registers.demands import (
    demand_day,
    demand_digest,
    demand_listed,
    demand_past_day,
    demand_text,
    demand_time,
    shown,
)
from facegate.gate.registers.people_known import demand_agency, demand_in_standing
from facegate.policy.forms import OLDEST_EXIGENCY, moment_of
from facegate.request import INSTRUMENT_KINDS

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder
    from facegate.request import Instrument

TO_FILE = OLDEST_EXIGENCY  # 48 hours: the longest any shipped profile gives
ONE_DAY = timedelta(days=1)  # days here turn at midnight UTC, some hours before a court's in the USA do

_TABLES = """
CREATE TABLE IF NOT EXISTS papers_forms (
    digest TEXT NOT NULL, agency TEXT NOT NULL, signed_on TEXT NOT NULL, PRIMARY KEY (digest, agency)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS papers_filed (
    seq INTEGER PRIMARY KEY, agency TEXT NOT NULL, case_number TEXT NOT NULL, kind TEXT NOT NULL,
    court TEXT NOT NULL, number TEXT NOT NULL, issued TEXT NOT NULL, expires TEXT NOT NULL,
    filed_by TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS papers_filed_case ON papers_filed (agency, case_number);
CREATE TABLE IF NOT EXISTS papers_exigencies (
    seq INTEGER PRIMARY KEY, agency TEXT NOT NULL, case_number TEXT NOT NULL, issued_from TEXT NOT NULL,
    due TEXT NOT NULL, settled_by INTEGER
);
CREATE INDEX IF NOT EXISTS papers_exigencies_open ON papers_exigencies (agency, due) WHERE settled_by IS NULL;
"""
_FORM = replacing("papers_forms", key=("digest", "agency"), rest=("signed_on",))
_SETTLE = """
UPDATE papers_exigencies SET settled_by = ?
WHERE settled_by IS NULL AND agency = ? AND case_number = ? AND issued_from <= ?
"""


class PapersBook:
    """Release forms, judicial papers, emergencies open and settled."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"release-form", "paper", "intent"})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; a form or paper without its opening is none, and settles nothing."""
        text = event.text
        if event.kind == "intent":
            self._enter_exigency(connection, event)
        elif event.kind == "release-form" and text("digest"):
            row = (text("digest"), text("agency"), text("signed_on"))
            connection.execute(_FORM, row)
        elif event.kind == "paper" and text("case_number"):
            where = (text("agency"), text("case_number"))
            paper = (text("instrument"), text("court"), text("number"), text("issued"), text("expires"))
            connection.execute(
                "INSERT INTO papers_filed VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (event.seq, *where, *paper, text("filed_by")),
            )
            connection.execute(_SETTLE, (event.seq, *where, text("issued")))

    def _enter_exigency(self, connection: Index, event: Event) -> None:
        """Open a debt for an allowed search on an emergency."""
        if event.text("decision") != "allowed" or not event.text("exigency_at"):
            return
        at = min(moment_of(event.text("exigency_at")) or event.time, event.time)
        row = (event.seq, event.text("agency"), event.text("case_number"))
        connection.execute(
            "INSERT INTO papers_exigencies VALUES (?, ?, ?, ?, ?, NULL)",
            (*row, (at - ONE_DAY).astimezone(UTC).date().isoformat(), stamp(at + TO_FILE)),
        )


def file_release_form(
    ledger: Recorder,
    *,
    agency: str,
    digest: str,
    signed_by: str,
    signed_on: str,
    no_resale: bool,
    at: datetime,
) -> int:
    """File an agency's signed requester release form.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency : str
        ORI of a registered agency.
    digest : str
        SHA-256 of the form, 64 hexadecimal digits.
    signed_by : str
        Id of an officer of the agency in good standing.
    signed_on : str
        Day.
    no_resale : bool
        The form says that nothing is sold or passed on; without that it is none.
    at : datetime
        When it is filed.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form.
    PolicyRefusal
        If it does not rule out resale, or the signer is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    if not no_resale:
        msg = "a release form must rule out resale and transfer of what is released"
        raise PolicyRefusal(msg)
    sealed = {
        "digest": demand_digest(digest, "the digest of the release form"),
        "signed_by": demand_in_standing(ledger, signed_by, agency, at, "whoever signed the release form"),
        "signed_on": demand_past_day(signed_on, "the day the release form was signed", at).isoformat(),
        "no_resale": "yes",
    }
    return ledger.record("release-form", at=demand_time(at), public={"agency": agency}, sealed=sealed)


def file_paper(
    ledger: Recorder,
    *,
    agency: str,
    kind: str,
    case_number: str,
    court: str,
    number: str,
    issued: str,
    expires: str,
    filed_by: str,
    at: datetime,
) -> int:
    """File a warrant or court order; it settles the emergencies of its case that wait for one.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    agency : str
        ORI of a registered agency.
    kind : str
        ``warrant`` or ``order``.
    case_number : str
        A case registered at the agency, open or closed.
    court, number : str
        Which court, and its number of the paper.
    issued, expires : str
        Days, in this order; issued not after today.
    filed_by : str
        Id of an officer of the agency in good standing.
    at : datetime
        When it is filed.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, the days are not in order, or the agency has no such case.
    PolicyRefusal
        If whoever files it is not an officer of the agency in good standing.
    """
    demand_agency(ledger, agency)
    demand_in_standing(ledger, filed_by, agency, at, "whoever files the paper")
    if find_case(ledger, agency, case_number) is None:
        msg = f"no case {shown(case_number)} is registered at agency {agency}"
        raise InputError(msg)
    if demand_day(expires, "the last day of the paper") < demand_past_day(issued, "the day of issue", at):
        msg = f"the paper expires {expires}, before it was issued, {issued}"
        raise InputError(msg)
    sealed = {
        "case_number": case_number,
        "court": demand_text(court, "the court"),
        "number": demand_text(number, "the court's number"),
        "issued": issued,
        "expires": expires,
        "filed_by": filed_by,
    }
    public = {"agency": agency, "instrument": demand_listed(kind, INSTRUMENT_KINDS, "the kind of paper")}
    return ledger.record("paper", at=demand_time(at), public=public, sealed=sealed)


def release_form_on_file(ledger: Recorder, agency: str | None, digest: str | None) -> bool:
    """Tell whether a release form of that digest was filed for the agency."""
    return bool(ledger.value("SELECT 1 FROM papers_forms WHERE digest = ? AND agency = ?", digest, agency))


def paper_on_file(
    ledger: Recorder,
    agency: str | None,
    case_number: str | None,
    paper: Instrument | None,
    *,
    requester: str | None,
) -> bool:
    """Tell whether exactly this paper was filed for the case, by somebody else than the requester."""
    if agency is None or case_number is None or paper is None or requester is None:
        return False
    query = (
        "SELECT 1 FROM papers_filed WHERE agency = ? AND case_number = ? AND kind = ? AND court = ? "
        "AND number = ? AND issued = ? AND expires = ? AND filed_by <> '' AND lower(filed_by) <> lower(?)"
    )
    stated = (paper.kind, paper.court, paper.number, paper.issued, paper.expires)
    return bool(ledger.value(query, agency, case_number, *stated, requester))


def exigency_settled(ledger: Recorder, agency: str | None, now: datetime) -> bool:
    """Tell whether no emergency of the agency is past its 48 hours without its paper."""
    query = "SELECT 1 FROM papers_exigencies WHERE settled_by IS NULL AND agency = ? AND due < ? LIMIT 1"
    return not ledger.value(query, agency, stamp(now))


def exigencies_open(ledger: Recorder) -> list[Any]:
    """List the emergencies that wait for a paper, first due first: rows of agency, case_number, due."""
    query = "SELECT agency, case_number, due FROM papers_exigencies WHERE settled_by IS NULL ORDER BY due"
    return ledger.rows(query)
