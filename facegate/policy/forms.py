"""The forms of what a requester types, checked before Cedar, whose ``like`` knows only the wildcard ``*``.

Plain ASCII on purpose: a Cyrillic letter, a full-width digit or a zero-width blank would make two numbers
that look alike and are not. ``fullmatch`` is used throughout: ``$`` would let a trailing newline through.

Every function here answers with the usable value or None. None is what a field left out gives, too, so
spoiling a field is never better than leaving it out.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from facegate.request import DOSSIER_FIELDS, INSTRUMENT_KINDS

if TYPE_CHECKING:
    from collections.abc import Collection

    from facegate.request import Exigency, Instrument

CASE_NUMBER = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9](?:[A-Za-z0-9./-]{0,62}[A-Za-z0-9])?")
OFFICER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
ORI = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
LEVEL = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
GALLERY = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
DIGEST = re.compile(r"[0-9a-f]{64}")
PLAIN_TEXT = re.compile(r"[!-~](?:[ -~]{0,98}[!-~])?")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

MOST_CANDIDATES = 1000
OLDEST_EXIGENCY = timedelta(hours=48)  # the longest that any shipped profile gives to file the paper

STANDARDS = {"none": 0, "reasonable": 1, "probable_cause": 2}


def given(field: str | None) -> bool:
    """Tell whether anything but blanks was typed."""
    return field is not None and bool(field.strip())


def of_form(field: str | None, form: re.Pattern[str]) -> str | None:
    """Return the field if it has its form, else None."""
    return field if field is not None and form.fullmatch(field) else None


def listed(field: str | None, values: Collection[str]) -> str | None:
    """Return the field if it stands on its closed list, else None; never a nearest value."""
    return field if field is not None and field in values else None


def standard(suspicion: str | None) -> int | None:
    """Return the standard of suspicion as a number, so that more satisfies what asks for less."""
    return None if suspicion is None else STANDARDS.get(suspicion)


def statute_section(citation: str) -> str:
    """Write a citation as rules compare it: capitals, single blanks.

    Examples
    --------
    >>> statute_section("mca  45-5-102")
    'MCA 45-5-102'
    """
    return " ".join(citation.split()).upper()


def list_length(limit: int | None) -> int | None:
    """Return a candidate limit that can be one, else None."""
    return limit if limit is not None and 1 <= limit <= MOST_CANDIDATES else None


def record_fields(asked: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the record fields asked for, in alphabetical order; None if there is none or one is unknown."""
    return tuple(sorted(set(asked))) if asked and DOSSIER_FIELDS.issuperset(asked) else None


def day_of(text: str) -> date | None:
    """Read a day of the calendar in its one form, ``2026-11-22``."""
    if not DAY.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def moment_of(text: str) -> datetime | None:
    """Read a time with its zone (RFC 3339), in UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.astimezone(UTC)


def days_in_force(instrument: Instrument | None, now: datetime) -> tuple[date, date] | None:
    """Return first and last day of a paper that is complete and in force; None otherwise.

    Parameters
    ----------
    instrument : Instrument or None
        As stated.
    now : datetime
        With its zone; its day in UTC is what counts.
    """
    if instrument is None or instrument.kind not in INSTRUMENT_KINDS:
        return None
    if not (PLAIN_TEXT.fullmatch(instrument.court) and PLAIN_TEXT.fullmatch(instrument.number)):
        return None
    issued, expires = day_of(instrument.issued), day_of(instrument.expires)
    if issued is None or expires is None:
        return None
    return (issued, expires) if issued <= now.astimezone(UTC).date() <= expires else None


def declared_at(exigency: Exigency | None, now: datetime, *, requester: str | None) -> datetime | None:
    """Return when an emergency was declared, if by somebody else and not too long ago; None otherwise."""
    if (
        exigency is None
        or not given(exigency.basis)
        or exigency.declared_by.casefold() == (requester or "").casefold()
    ):
        return None
    if not OFFICER_ID.fullmatch(exigency.declared_by):
        return None
    at = moment_of(exigency.at)
    return at if at is not None and now - OLDEST_EXIGENCY <= at <= now else None
