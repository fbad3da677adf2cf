"""Cases, limits, certificate, docket and audits, as they are answered."""

from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from facegate.client.replies.reply import Reply
from facegate.client.replies.searching import Rates


class Case(Reply):
    """One case of the register.

    Parameters
    ----------
    case : int
        The record that registered it: its address.
    agency, case_number : str
        ORI, and the agency's own number.
    offense_code, offense_by : str
        NCIC code, four digits, and the officer who stated it.
    opened_on : date
        The day it was opened.
    registered_by, confirmed_by : str, str or None
        Officer ids; None while no second person confirmed it as it stands.
    is_open : bool
        Searches can be asked for under it.
    """

    case: int
    agency: str
    case_number: str
    offense_code: str
    offense_by: str
    opened_on: date
    registered_by: str
    confirmed_by: str | None
    is_open: bool


class Cases(Reply):
    """Cases in the order in which they were registered.

    Parameters
    ----------
    cases : tuple of Case
        The last registered last.
    more : bool
        Older ones are left out.
    """

    cases: tuple[Case, ...]
    more: bool


class WaitingItem(Reply):
    """Something that waits for a supervisor.

    Parameters
    ----------
    item : str
        By which it is cleared, 64 hexadecimal digits.
    what : str
        Of which kind, one word.
    agency, officer, case_number, rules : str
        About whom, under which case, by which rules.
    people : int or None
        How many were left out of lists, never who.
    intent : int or None
        Record of the search it is about.
    since : datetime
        UTC.
    """

    item: str
    what: str
    agency: str
    officer: str
    case_number: str
    rules: str
    people: int | None
    intent: int | None
    since: AwareDatetime


class WaitingItems(Reply):
    """What waits for a supervisor."""

    waiting: tuple[WaitingItem, ...]


class Cleared(Reply):
    """It is cleared.

    Parameters
    ----------
    records : tuple of int
        By these records of the log.
    """

    records: tuple[int, ...]


class Certified(Reply):
    """A certificate: whose rates, at which threshold, measured on what.

    Parameters
    ----------
    serial, issuer, issued_on, valid_until : str
        Who vouches for it, and on which days, ISO 8601.
    embedder, embedder_digest : str
        The model, and SHA-256 of its file.
    dataset, synthetic : str, bool
        What was measured on; those people do not exist.
    score, native, native_name : float, float, str
        The threshold as a score, and in the model's own measure.
    basis, in_sample : str, bool
        How it was set, and whether on the same data.
    gallery_size : int or None
        People in a gallery for which the rates hold.
    overall, groups : Rates, tuple of Rates
        For everybody, and by group.
    notes : tuple of str
        What else must be known of it.
    """

    serial: str
    issuer: str
    issued_on: str
    valid_until: str
    embedder: str
    embedder_digest: str
    dataset: str
    synthetic: bool
    score: float
    native: float
    native_name: str
    basis: str
    in_sample: bool
    gallery_size: int | None
    overall: Rates
    groups: tuple[Rates, ...]
    notes: tuple[str, ...]


class Certificate(Reply):
    """The certificate in force; without one, or with an objection, every search is refused.

    Parameters
    ----------
    holds : bool
        For this gallery, today.
    objections : tuple of str
        Why it does not.
    certificate : Certified or None
        None if there is none.
    """

    holds: bool
    objections: tuple[str, ...]
    certificate: Certified | None


class Due(Reply):
    """One thing that is owed about a search.

    Parameters
    ----------
    what, say : str
        Of which kind, and the sentence.
    search_id : str
        UUIDv7.
    due, overdue : date, bool
        By when, and whether that day is over.
    """

    what: str
    search_id: str
    due: date
    overdue: bool
    say: str


class Docket(Reply):
    """What is owed of reviews, notices of correction and disclosures.

    Parameters
    ----------
    due : tuple of Due
        The longest overdue first.
    n_overdue : int
        How many are overdue.
    """

    due: tuple[Due, ...]
    n_overdue: int


class Audit(Reply):
    """One audit as it was filed.

    Parameters
    ----------
    record : int
        Its place on the log.
    period_end, filed_on, next_due : str
        Days, ISO 8601.
    auditor : str
        Who audited.
    findings_open : int
        Findings that stand.
    """

    record: int
    period_end: str
    filed_on: str
    auditor: str
    next_due: str
    findings_open: int


class Audits(Reply):
    """The calendar of audits.

    Parameters
    ----------
    every_days : int
        Days from one to the next.
    next_due : str or None
        None if none was ever filed.
    state : str
        ``current``, ``overdue`` or ``never audited``.
    audits : tuple of Audit
        As they were filed.
    """

    every_days: int
    next_due: str | None
    state: Literal["current", "overdue", "never audited"]
    audits: tuple[Audit, ...]
