"""Expungement and the end of retention: what opens records is destroyed, on whose authority is on record.

- A court's order or a statute names one search; all of its records go together: what was asked, what came of
  it, its reviews, releases, dossiers and the permit it used.
- On a statute nothing goes while the search's case is open, or while an inquiry into misuse rests on it. A
  court's order goes ahead of both: it is the court's to weigh what is lost.
- At the end of a term (see `retention`) what is due goes together.
- Two officers of the agency that keeps the gallery sign, as for a law: destroying what an inquiry would need
  must not be one person's to do.
- The probe's photo goes with the records of its search, right behind them; should the disk refuse, the next
  erasure and the next start of a service destroy it, and nobody is shown it meanwhile.

What is lost besides the content: an expunged search counts against no cap any more, its decision cannot be
made again by replay, and a case file says only that it was erased. Each of these says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.permits import PERMIT
from facegate.gate.photos.keeping import sweep_probes
from facegate.gate.registers.audits import keeper
from facegate.gate.registers.demands import demand_listed, demand_time, demand_title
from facegate.gate.registers.people_known import demand_signers
from facegate.oversight.holds import Holds, search_of
from facegate.oversight.retention import expired

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Event
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.photos.store import PhotoStore

COURT_ORDER = "court_order"
STATUTE = "statute"
RETENTION_END = "retention"
BASES = frozenset({COURT_ORDER, STATUTE})
"""On what a search is expunged; the end of a term names itself."""


def records_of_search(events: Iterable[Event], search_id: str) -> tuple[int, ...]:
    """Name the records of one search, its permit included.

    Parameters
    ----------
    events : iterable of Event
        Every record of the log, opened.
    search_id : str
        The search.

    Returns
    -------
    tuple of int
        Positions in the log, ascending.

    Raises
    ------
    InputError
        If the log knows no such search. One entered by hand is ``late-`` and its record's number.
    """
    permits: dict[str, int] = {}
    found: list[int] = []
    used = ""
    for event in events:
        if event.kind == PERMIT:
            permits[event.text("permit_id")] = event.seq
        if search_of(event) == search_id:
            found.append(event.seq)
            used = used or event.text("permit_id")
    if not found:
        msg = f"the log knows no search {search_id[:40]!r}"
        raise InputError(msg)
    return tuple(sorted({*found, permits[used]} if used in permits else found))


def expunge_search(
    ledger: Ledger,
    events: Iterable[Event],
    search_id: str,
    *,
    basis: str,
    authority: str,
    signed_by: Sequence[str],
    at: datetime,
    photos: PhotoStore | None,
) -> tuple[int, tuple[int, ...]]:
    """Destroy what opens the records of one search.

    Parameters
    ----------
    ledger : Ledger
        Of the log.
    events : iterable of Event
        Every record of it, opened.
    search_id : str
        The search.
    basis : str
        ``court_order`` or ``statute``; public.
    authority : str
        The order or the section; sealed.
    signed_by : sequence of str
        Ids of two officers of the agency that keeps the gallery; sealed.
    at : datetime
        Now, with its zone.
    photos : PhotoStore or None
        Where the probe's photo is kept; None only where no photos are kept at all. No default: a caller who
        forgot it would leave the photo of an expunged search.

    Returns
    -------
    int
        Position of the erasure's record.
    tuple of int
        The records that cannot be opened any more.

    Raises
    ------
    InputError
        If there is no such search or basis, or no authority is named.
    PolicyRefusal
        If it is not signed by two; or it rests on a statute and the search's case is open, or a pending case
        of misuse names the search or its officer.
    AuditError
        If it could not be finished; it is when the log is opened next.
    StorageError
        If the records went and the photo did not: it goes with the next erasure.
    """
    demand_listed(basis, BASES, "the basis of an erasure")
    demand_title(authority, "the authority of an erasure")
    every = tuple(events)
    seqs = records_of_search(every, search_id)
    if basis == STATUTE and (why := Holds(every).why_held(search_id)):
        msg = (
            f"on a statute the search is not erased: {why}; it waits for the end of that, or a court's order"
        )
        raise PolicyRefusal(msg)
    seq = _erase(ledger, seqs, basis=basis, authority=authority, signed_by=signed_by, at=at)
    sweep_probes(photos, ledger)
    return seq, seqs


def expunge_expired(
    ledger: Ledger,
    events: Iterable[Event],
    *,
    signed_by: Sequence[str],
    at: datetime,
    photos: PhotoStore | None,
) -> tuple[int, tuple[int, ...]]:
    """Destroy what opens the records whose term is over, and the photos of probes of searches among them.

    Parameters
    ----------
    ledger : Ledger
        Of the log.
    events : iterable of Event
        Every record of it, opened.
    signed_by : sequence of str
        Ids of two officers of the agency that keeps the gallery; sealed.
    at : datetime
        Now, with its zone.
    photos : PhotoStore or None
        As in `expunge_search`.

    Returns
    -------
    int
        Position of the erasure's record; -1 if nothing is due.
    tuple of int
        The records that cannot be opened any more.

    Raises
    ------
    PolicyRefusal
        If it is not signed by two.
    AuditError
        If it could not be finished; it is when the log is opened next.
    StorageError
        If the records went and a photo did not: it goes with the next erasure.
    """
    seqs, seq = expired(events, at), -1
    if seqs:
        authority = "the terms of retention on the log"
        seq = _erase(ledger, seqs, basis=RETENTION_END, authority=authority, signed_by=signed_by, at=at)
    sweep_probes(photos, ledger)  # also where nothing is due: an erasure before may have been cut off here
    return seq, seqs


def _erase(
    ledger: Ledger,
    seqs: tuple[int, ...],
    *,
    basis: str,
    authority: str,
    signed_by: Sequence[str],
    at: datetime,
) -> int:
    named = demand_title(authority, "the authority of an erasure")
    sealed = {"authority": named, **demand_signers(ledger, signed_by, at, of=keeper(ledger))}
    public: dict[str, JSONValue] = {"basis": basis, "n_records": len(seqs)}
    return ledger.erase(seqs, at=demand_time(at), public=public, sealed=sealed)
