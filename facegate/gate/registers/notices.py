"""Public notices, and whether the one that a law needs is over.

A law is put in force after a public notice has run (HB 2761 of Washington; Utah 77-23e-105 gives it 30 days).
Which notice? Not any that ever closed: an agency that once gave one would never have to wait for another.

- The notices of a law are those that *opened* on or before its first day, or the day on which two people
  activated it if that is later: a first day in the past steps around no notice. Every one of them must be
  over, and one at least must have been recorded before the activation.
- So nothing is activated while a notice is open, and a law whose notice is extended afterwards is closed
  again until the new end. A notice that opens while a law is in force leaves that law as it is.
- A notice is known by its first day and its subject. Recorded again, its last day is what was said last.

Not protected here: that what is activated is what the notice was about, and that anybody could read it. A law
changed twice rests on the same notice if no other was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import PolicyRefusal
from facegate.gate.registers.demands import demand_day, demand_span, demand_time, demand_title, today

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder


def give_notice(ledger: Recorder, *, opens: str, closes: str, subject: str, at: datetime) -> int:
    """Record a public notice, or another last day of one: while it is open, no law can be activated.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    opens, closes : str
        Its first and its last day.
    subject : str
        Public: no names.
    at : datetime
        When.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If the days are not in order, or the subject is not plain text.
    PolicyRefusal
        If it would end a notice that is known already before today, and earlier than was said.
    """
    demand_day(closes, "the last day of the notice")
    demand_span(opens, closes, "the notice")
    public = {"opens": opens, "closes": closes, "subject": demand_title(subject, "the subject of the notice")}
    _demand_not_cut_off(ledger, public, at)
    return ledger.record("notice", at=demand_time(at), public=public, sealed={})


def _demand_not_cut_off(ledger: Recorder, notice: Mapping[str, str], at: datetime) -> None:
    """Refuse to say afterwards that a notice under way was over long ago."""
    query = "SELECT closes FROM conditions_notices WHERE opens = ? AND subject = ?"
    runs_until = ledger.value(query, notice["opens"], notice["subject"])
    if runs_until and notice["closes"] < min(str(runs_until), today(at)):
        msg = (
            f"the notice that opened on {notice['opens']} runs until {runs_until}, and is not ended on "
            f"{notice['closes']}, a day in the past; wanted today, {today(at)}, or a later day"
        )
        raise PolicyRefusal(msg)


def last_day_of_notice(ledger: Recorder, first_day: str, *, before: int | None = None) -> str:
    """Give the last day of the notices that a law needs, ISO 8601; empty if none was given.

    Parameters
    ----------
    ledger : Recorder
        The register.
    first_day : str
        Of the law, or the day of its activation if that is later: notices that open after it are not its own.
    before : int or None
        Position of the activation: one notice at least must have been recorded before it; None for one that
        is still to be recorded.
    """
    query = "SELECT min(seq) AS first, max(closes) AS closes FROM conditions_notices WHERE opens <= ?"
    row = ledger.rows(query, first_day)[0]
    in_time = row["first"] is not None and (before is None or row["first"] < before)
    return str(row["closes"]) if in_time else ""


def is_over(closes: str, now: datetime) -> bool:
    """Tell whether there is a last day of notice, and it is past."""
    return bool(closes) and closes < today(now)
