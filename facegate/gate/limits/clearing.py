"""What a supervisor clears: variants of a probe, people left out, the share of the gallery, an open breaker.

- The supervisor is registered, and is not the officer concerned. Both are asked here, not in a book: a
  clearance that is on the log counts.
- A clearance opens one thing. Of variants: as many searches again. Of people left out of a case's lists: one
  more showing of each, not a new series; the search must be made again. Of the gallery: another share of the
  same size, until the window has passed, and whoever waited for it. Of a list withheld by an earlier version
  (``subject``): also the case and the officer that waited; of an officer: himself only, his case still waits.
  Of a breaker: as many searches again, that UTC day.
- The caps of case, officer and agency are cleared by nobody.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.limits.caps import breaker_closed, gallery_share, n_different_shown, subjects_over
from facegate.gate.limits.searches import BUDGET_RULE, DAY, SUBJECT_RULE, seconds
from facegate.policy.forms import OFFICER_ID, ORI, PLAIN_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facegate.gate.ledger.event import Row
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits

CLEARING_ROLES = frozenset({"supervisor", "coordinator"})
"""Roles in the register of whoever clears."""

KINDS = ("variants", "subject", "gallery", "breaker", "officer")


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
        ``omitted`` for people left out of the lists of a case, ``subject`` for a list withheld for somebody
        on it, ``variants`` for a probe, ``officer`` for an officer whose case was cleared alone, ``gallery``
        for a list withheld by the agency's share of the gallery or for a share that is used up, ``breaker``
        for an agency.
    intent : int
        The search's intent in the log, the last one of several; -1 for an agency as a whole.
    at : int
        Since when, seconds since 1970.
    agency, officer, case_number, rules, probe_digest : str
        Whose, and by which rules.
    subjects : tuple of str
        Whom the lists left out or held. For the supervisor's desk only: printed is how many.
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


def waiting(
    ledger: Ledger, limits: Limits, now: datetime, *, gallery_size: int | None = None
) -> tuple[Waiting, ...]:
    """List what waits for a supervisor: lists first, then probes, shares of the gallery, and breakers.

    Parameters
    ----------
    ledger : Ledger
        With the book of searches.
    limits : Limits
        Caps in force.
    now : datetime
        A probe waits if a search of it was refused for its variants within the last 30 days, people left out
        if that was within the window, and no clearance came after.
    gallery_size : int or None
        Subjects enrolled; None leaves out agencies that used up their share while no list of theirs waits.

    Returns
    -------
    tuple of Waiting
        Each kind with the oldest first.
    """
    at = seconds(now)
    since = at - limits.window_days * DAY
    withheld = ledger.rows(
        "SELECT * FROM limits_withheld WHERE officer_blocked = 1 OR case_blocked = 1 ORDER BY at, intent"
    )
    lists = tuple(_withheld(row) for row in withheld)
    of_today = ledger.rows("SELECT agency FROM limits_day WHERE day = ? ORDER BY agency", at // DAY)
    full = () if gallery_size is None else _shares_used_up(ledger, limits, since, gallery_size)
    named = {one.agency for one in lists if one.what == "gallery"}
    return (
        *_left_out(ledger, since),
        *lists,
        *(
            Waiting(
                "variants", row["seq"], row["at"], row["agency"], row["officer"], row["case_number"],
                "FG-VARIANTS", row["digest"],
            )
            for row in ledger.rows(_VARIANTS_REFUSED, at - 30 * DAY)
        ),
        *(
            Waiting("gallery", -1, last, agency, rules=BUDGET_RULE)
            for agency, last in full
            if agency not in named
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
    what = "subject" if item.what == "omitted" else item.what
    base = Clearance(
        item.agency, what, supervisor, reason, item.case_number,
        "" if item.what == "omitted" else item.officer, item.probe_digest,
    )  # fmt: skip
    since = seconds(at) - limits.window_days * DAY
    subjects = item.subjects if what == "subject" else ()
    over = subjects_over(ledger, limits, subjects, item.agency, since)
    return tuple(
        record_clearance(
            ledger, limits, replace(base, subject_id=subject), supervisor_known=supervisor_known, at=at
        )
        for subject in sorted(over) or [""]
    )


def record_clearance(
    ledger: Ledger, limits: Limits, clearance: Clearance, *, supervisor_known: bool, at: datetime
) -> int:
    """Record one clearance.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    limits : Limits
        Caps in force: whoever searched within their window cannot grant another share of the gallery.
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
    if clearance.supervisor.casefold() in _concerned(ledger, limits, clearance, seconds(at)):
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
_LEFT_OUT = (
    "SELECT agency, case_number, intent, at, officer, subject FROM limits_omitted WHERE at > ? "
    "ORDER BY intent, subject"
)
_OFFICERS_OF_LISTS = (
    "SELECT officer FROM limits_withheld WHERE agency = ? AND (case_number = ? OR officer = ?) UNION "
    "SELECT officer FROM limits_omitted WHERE agency = ? AND case_number = ?"
)
_NEEDED = {"variants": "probe_digest", "subject": "case_number", "officer": "officer"}


def _left_out(ledger: Ledger, since: int) -> Iterator[Waiting]:
    """Read the cases whose lists left people out."""
    cases: dict[tuple[str, str], list[Row]] = {}
    for row in ledger.rows(_LEFT_OUT, since):
        cases.setdefault((row["agency"], row["case_number"]), []).append(row)
    waiting = [
        Waiting(
            what="omitted",
            intent=max(row["intent"] for row in rows),
            at=min(row["at"] for row in rows),
            agency=agency,
            officer=",".join(dict.fromkeys(row["officer"] for row in rows)),
            case_number=case_number,
            rules=SUBJECT_RULE,
            subjects=tuple(sorted({row["subject"] for row in rows})),
        )
        for (agency, case_number), rows in cases.items()
    ]
    yield from sorted(waiting, key=lambda one: (one.at, one.intent))


def _shares_used_up(
    ledger: Ledger, limits: Limits, since: int, gallery_size: int
) -> Iterator[tuple[str, int]]:
    """Find the agencies that used up their share of the gallery, and when each was shown somebody last."""
    query = "SELECT agency, max(at) AS last FROM limits_last_shown GROUP BY agency ORDER BY agency"
    for row in ledger.rows(query):
        share = gallery_share(ledger, limits, row["agency"], since, gallery_size=gallery_size)
        if n_different_shown(ledger, row["agency"], since, most=share) >= share:
            yield row["agency"], row["last"]


def _what(row: Row) -> str:
    """Name what a withheld list waits for."""
    if row["rules"] == BUDGET_RULE:
        return "gallery"
    return "subject" if row["case_blocked"] else "officer"


def _withheld(row: Row) -> Waiting:
    """Read a withheld list that waits."""
    return Waiting(
        what=_what(row),
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


def _concerned(ledger: Ledger, limits: Limits, clearance: Clearance, at: int) -> set[str]:
    """Collect the officers whose searches are cleared, their ids in small letters."""
    if clearance.what == "breaker":
        query = "SELECT officer FROM limits_officer_day WHERE agency = ? AND day = ? AND searches > 0"
        rows = ledger.rows(query, clearance.agency, at // DAY)
    elif clearance.what == "variants":
        query = "SELECT officer FROM limits_search WHERE digest = ? AND agency = ?"
        rows = ledger.rows(query, clearance.probe_digest, clearance.agency)
    elif clearance.what == "gallery":  # everybody whose searches the share went to
        query = (
            "SELECT DISTINCT officer FROM limits_officer_day WHERE agency = ? AND day >= ? AND searches > 0"
        )
        rows = ledger.rows(query, clearance.agency, (at - limits.window_days * DAY) // DAY)
    else:
        case = (clearance.agency, clearance.case_number)
        rows = ledger.rows(_OFFICERS_OF_LISTS, *case, clearance.officer, *case)
    return {row["officer"].casefold() for row in rows} | {clearance.officer.casefold()} - {""}
