"""What a supervisor clears: variants of a probe, a withheld list, a breaker that opened.

- The supervisor is registered, and is not the officer concerned. Both are asked here, not in a book: a
  clearance that is on the log counts.
- A clearance opens one thing. Of variants: as many searches again. Of a subject: the case and the officer
  that waited, and one more showing, not a new series. Of an officer: himself only, his case still waits.
  Of a breaker: as many searches again, that UTC day.
- The caps of case, officer and agency, and the share of the gallery, are cleared by nobody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.limits.caps import breaker_closed, subject_over
from facegate.gate.limits.searches import DAY, seconds
from facegate.policy.forms import OFFICER_ID, ORI, PLAIN_TEXT

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits

KINDS = ("variants", "subject", "breaker", "officer")


@dataclass(frozen=True, slots=True)
class Clearance:
    """One clearance.

    Parameters
    ----------
    agency : str
        ORI.
    what : str
        One of `KINDS`.
    supervisor : str
        Officer id of whoever clears.
    reason : str
        Why, in 1 to 100 plain characters.
    case_number, officer, probe_digest, subject_id : str
        The case and officer that wait, the probe, one subject; empty where it does not apply.
    """

    agency: str
    what: str
    supervisor: str
    reason: str
    case_number: str = ""
    officer: str = ""
    probe_digest: str = ""
    subject_id: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a supervisor.

    Parameters
    ----------
    what : str
        ``subject`` for a withheld list, ``variants`` for a probe, ``officer`` for an officer whose case was
        cleared alone, ``breaker`` for an agency.
    intent : int
        The search's intent in the log; -1 for a breaker.
    at : int
        Since when, seconds since 1970.
    agency, officer, case_number, rules, probe_digest : str
        Whose, and by which rules.
    subjects : tuple of str
        Whom the withheld list held. For the supervisor's desk only: never printed.
    """

    what: str
    intent: int
    at: int
    agency: str
    officer: str = ""
    case_number: str = ""
    rules: str = ""
    probe_digest: str = ""
    subjects: tuple[str, ...] = ()


def waiting(ledger: Ledger, limits: Limits, now: datetime) -> tuple[Waiting, ...]:
    """List what waits for a supervisor, the oldest first; breakers last.

    A probe waits if a search of it was refused for its variants within the last 30 days and no clearance
    came after.
    """
    at = seconds(now)
    withheld = ledger.rows(
        "SELECT * FROM limits_withheld WHERE officer_blocked OR case_blocked ORDER BY at, intent"
    )
    variants = ledger.rows(_VARIANTS_REFUSED, at - 30 * DAY)
    of_today = ledger.rows("SELECT agency FROM limits_day WHERE day = ? ORDER BY agency", at // DAY)
    return (
        *(_withheld(row) for row in withheld),
        *(
            Waiting(
                "variants", row["seq"], row["at"], row["agency"], row["officer"], row["case_number"],
                "FG-VARIANTS", row["digest"],
            )
            for row in variants
        ),
        *(
            Waiting("breaker", -1, at // DAY * DAY, row["agency"], rules="FG-BREAKER")
            for row in of_today
            if not breaker_closed(ledger, limits, row["agency"], at)
        ),
    )  # fmt: skip


def clear(
    ledger: Ledger,
    limits: Limits,
    item: Waiting,
    *,
    supervisor: str,
    supervisor_known: bool,
    reason: str,
    at: datetime,
) -> tuple[int, ...]:
    """Record that a supervisor clears something that waits.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    limits : Limits
        Caps in force: they say which subjects of a withheld list need a showing granted.
    item : Waiting
        One of `waiting`.
    supervisor : str
        Officer id.
    supervisor_known : bool
        Whether the register has him at this agency as supervisor or coordinator, in good standing.
    reason : str
        1 to 100 plain characters.
    at : datetime
        When.

    Returns
    -------
    tuple of int
        Positions of the records, one a subject granted another showing, at least one.

    Raises
    ------
    InputError
        If supervisor or reason are not of their form.
    PolicyRefusal
        If he is not registered, or is the officer concerned.
    """
    base = Clearance(
        item.agency, item.what, supervisor, reason, item.case_number, item.officer, item.probe_digest
    )
    since = seconds(at) - limits.window_days * DAY
    over = [
        subject
        for subject in item.subjects
        if item.what == "subject" and subject_over(ledger, limits, subject, item.agency, since, shown=True)
    ]
    return tuple(
        record_clearance(
            ledger,
            Clearance(
                base.agency, base.what, base.supervisor, base.reason, base.case_number, base.officer,
                base.probe_digest, subject,
            ),
            supervisor_known=supervisor_known,
            at=at,
        )
        for subject in over or [""]
    )  # fmt: skip


def record_clearance(ledger: Ledger, clearance: Clearance, *, supervisor_known: bool, at: datetime) -> int:
    """Record one clearance.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    clearance : Clearance
        What is cleared, by whom, why.
    supervisor_known : bool
        Whether the register has the supervisor at this agency, in good standing.
    at : datetime
        When.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    InputError
        If a field is not of its form, or the one that is cleared was left out.
    PolicyRefusal
        If the supervisor is not registered, or is the officer concerned.
    """
    _demand_form(clearance)
    if not supervisor_known:
        msg = (
            f"the clearance was not recorded: no supervisor or coordinator in good standing of that id is "
            f"registered at {clearance.agency}"
        )
        raise PolicyRefusal(msg)
    if clearance.supervisor in _concerned(ledger, clearance, seconds(at)):
        msg = "the clearance was not recorded: whoever made the searches concerned cannot clear them"
        raise PolicyRefusal(msg)
    sealed = {
        "supervisor": clearance.supervisor,
        "case_number": clearance.case_number,
        "officer": clearance.officer,
        "probe_digest": clearance.probe_digest,
        "subject_id": clearance.subject_id,
        "reason": clearance.reason,
    }
    public = {"agency": clearance.agency, "what": clearance.what}
    return ledger.record("clearance", at=at, public=public, sealed=sealed)


_VARIANTS_REFUSED = (
    "SELECT * FROM limits_search AS asked WHERE variants_refused = 1 AND at > ? AND NOT EXISTS ("
    "SELECT 1 FROM limits_clearance AS given WHERE given.agency = asked.agency AND given.what = 'variants' "
    "AND given.digest = asked.digest AND given.seq > asked.seq) ORDER BY seq"
)
_NEEDED = {"variants": "probe_digest", "subject": "case_number", "officer": "officer"}


def _withheld(row: sqlite3.Row) -> Waiting:
    """Read a withheld list that waits."""
    return Waiting(
        what="subject" if row["case_blocked"] else "officer",
        intent=row["intent"],
        at=row["at"],
        agency=row["agency"],
        officer=row["officer"],
        case_number=row["case_number"],
        rules=row["rules"],
        probe_digest=row["digest"],
        subjects=tuple(dict.fromkeys(json.loads(row["subjects"]))),
    )


def _demand_form(clearance: Clearance) -> None:
    """Refuse what is not of its form, in one sentence."""
    if clearance.what not in KINDS:
        msg = f"a clearance is of {', '.join(KINDS)}, got {clearance.what[:40]!r}"
        raise InputError(msg)
    if not ORI.fullmatch(clearance.agency):
        msg = f"the agency of a clearance is its ORI, nine characters, got {clearance.agency[:40]!r}"
        raise InputError(msg)
    if not OFFICER_ID.fullmatch(clearance.supervisor):
        msg = "the supervisor's officer id must be 1 to 32 plain letters, digits, dots, dashes, underscores"
        raise InputError(msg)
    if not PLAIN_TEXT.fullmatch(clearance.reason):
        msg = f"a clearance needs its reason in 1 to 100 plain characters, got {len(clearance.reason)}"
        raise InputError(msg)
    needed = _NEEDED.get(clearance.what)
    if needed is not None and not getattr(clearance, needed):
        msg = f"a clearance of {clearance.what} must name the {needed}, got none"
        raise InputError(msg)


def _concerned(ledger: Ledger, clearance: Clearance, at: int) -> set[str]:
    """Collect the officers whose searches are cleared."""
    if clearance.what == "breaker":
        query = "SELECT officer FROM limits_officer_day WHERE agency = ? AND day = ? AND searches > 0"
        rows = ledger.rows(query, clearance.agency, at // DAY)
    elif clearance.what == "variants":
        query = "SELECT officer FROM limits_search WHERE digest = ? AND agency = ?"
        rows = ledger.rows(query, clearance.probe_digest, clearance.agency)
    else:
        query = "SELECT officer FROM limits_withheld WHERE agency = ? AND (case_number = ? OR officer = ?)"
        rows = ledger.rows(query, clearance.agency, clearance.case_number, clearance.officer)
    return {row["officer"] for row in rows} | {clearance.officer} - {""}
