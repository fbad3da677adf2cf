"""The audit calendar: an audit filed, the next one due, and how long an agency may wait for it.

- Overdue closes the gate. Due is the day stated when the last audit was filed, or the end of the term
  counted from its filing, whichever comes first.
- The term is the agency's own: three years unless a record says otherwise, and never longer. It is shortened
  at any time, and holds at once, for the audit that is on file too; lengthened only by two officers of the
  agency that keeps the gallery. A file on the disk that nobody logs could be loosened for an hour.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import (
    demand_count,
    demand_day,
    demand_past_day,
    demand_time,
    demand_title,
    today,
)
from facegate.gate.registers.people_known import demand_signers
from facegate.policy.forms import day_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.registers.demands import Recorder

LONGEST_TERM = 3 * 366  # days: an audit due in 2099 is no audit; the FBI's are triennial


def set_audit_term(ledger: Recorder, *, every_days: int, signed_by: Sequence[str], at: datetime) -> int:
    """Set the longest time from the filing of an audit to the day the next is due.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    every_days : int
        Days, 1 to `LONGEST_TERM`.
    signed_by : sequence of str
        Ids of two different officers of the gallery's owner; may be empty where the term is not lengthened.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If it is no such number of days.
    PolicyRefusal
        If it lengthens the term and is not signed, no gallery is registered whose owner could sign, or the
        signers are not two officers of the owner in good standing.
    """
    if isinstance(every_days, bool) or not 1 <= every_days <= LONGEST_TERM:
        msg = f"the term between audits is {every_days} days, wanted 1 to {LONGEST_TERM:,} (three years)"
        raise InputError(msg)
    before = audit_term(ledger)
    if every_days > before and not signed_by:
        msg = (
            f"the term between audits is {before} days, and lengthening it to {every_days} needs the "
            "signatures of two different officers of the agency that keeps the gallery"
        )
        raise PolicyRefusal(msg)
    sealed = demand_signers(ledger, signed_by, at, of=keeper(ledger)) if signed_by else {}
    return ledger.record("audit-term", at=demand_time(at), public={"every_days": every_days}, sealed=sealed)


def file_audit(
    ledger: Recorder,
    *,
    period_end: str,
    filed_on: str,
    auditor: str,
    next_due: str,
    findings_open: int,
    at: datetime,
    outside_policing: bool | None = None,
) -> int:
    """File an audit, and when the next is due: from the day after, the gate is closed.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    period_end, filed_on, next_due : str
        Days, in this order; the next at most the agency's term after the filing.
    auditor : str
        Which body.
    findings_open : int
        How many of its findings are not settled.
    at : datetime
        When.
    outside_policing : bool or None
        The auditor is no policing body. If it is one the audit is on record and the calendar stays as it was;
        None if nobody says.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form, or the days are not in order.
    """
    ended = demand_past_day(period_end, "the end of the audited period", at)
    filed = demand_past_day(filed_on, "the day of filing", at)
    due = demand_day(next_due, "the day the next audit is due")
    term = audit_term(ledger)
    if not ended <= filed < due <= filed + timedelta(days=term):
        msg = (
            f"the audit ends {period_end}, was filed {filed_on}, and the next is due {next_due}; wanted them "
            f"in this order, the next at most {term:,} days after the filing"
        )
        raise InputError(msg)
    public: dict[str, JSONValue] = {
        "period_end": period_end,
        "filed_on": filed_on,
        "auditor": demand_title(auditor, "the auditor"),
        "next_due": next_due,
        "findings_open": demand_count(findings_open, "the count of open findings"),
    }
    if outside_policing is not None:  # an audit filed before anybody was asked stays as it was filed
        public["outside_policing"] = "yes" if outside_policing else "no"
    return ledger.record("audit", at=demand_time(at), public=public, sealed={})


def audit_term(ledger: Recorder) -> int:
    """Give the agency's term between audits, in days.

    A record that lengthens it counts only with two signatures: an erased one lengthens nothing.
    """
    term = LONGEST_TERM
    query = "SELECT every_days, signed_by_1, signed_by_2 FROM conditions_audit_terms ORDER BY seq"
    for row in ledger.rows(query):
        signed = row["signed_by_1"] and row["signed_by_2"] and row["signed_by_1"] != row["signed_by_2"]
        if row["every_days"] <= term or (signed and row["every_days"] <= LONGEST_TERM):
            term = row["every_days"]
    return term


def audit_due(ledger: Recorder) -> str:
    """Give the last day before the next audit is overdue, ISO 8601; empty if no audit was ever filed."""
    rows = ledger.rows("SELECT filed_on, next_due FROM conditions_audits ORDER BY seq DESC LIMIT 1")
    if not rows:
        return ""
    filed = day_of(rows[0]["filed_on"])
    if filed is None:
        return ""
    latest = filed + timedelta(days=audit_term(ledger))
    return min(str(rows[0]["next_due"]), latest.isoformat())


def audit_current(ledger: Recorder, now: datetime) -> bool:
    """Tell whether an audit was filed and the next is not overdue."""
    return audit_due(ledger) >= today(now)


def keeper(ledger: Recorder) -> str:
    """Give the ORI of the agency whose officers sign: the owner of the one gallery this folder keeps.

    Raises
    ------
    PolicyRefusal
        If no gallery is registered.
    """
    owner = ledger.value("SELECT owner FROM conditions_galleries ORDER BY gallery LIMIT 1")
    if not owner:
        msg = "no gallery is registered here, so nobody can sign for its owner; register the gallery first"
        raise PolicyRefusal(msg)
    return str(owner)
