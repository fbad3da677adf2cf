"""What a register demands of each thing typed, and what it records to.

Plain ASCII wherever two values are ever compared: a Cyrillic letter or a full-width digit would make two
officers, agencies or cases that look alike and are not. Messages name no person: an officer id that is of no
form is not repeated.
"""

from __future__ import annotations

import re
from datetime import UTC
from typing import TYPE_CHECKING, Any, Protocol

from facegate.errors import InputError
from facegate.policy.forms import CASE_NUMBER, DIGEST, GALLERY, OFFICER_ID, ORI, PLAIN_TEXT, day_of
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime

    from facegate.audit.canonical import JSONValue

# Names of places may have accents (Canon City is spelled with a tilde); they are shown, never compared.
TITLE = re.compile(
    r"[!-~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff](?:[ -~\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]{0,198})"
)
PREFIX = re.compile(r"[A-Z]{2}[A-Z0-9]{0,6}")
LONGEST_SHOWN = 40  # characters of a wrong value in a message
MOST_COUNTED = 1 << 40


class Recorder(Protocol):
    """Where a register records to: the ledger, or a rehearsal of it."""

    def record(
        self, kind: str, *, at: datetime, public: Mapping[str, JSONValue], sealed: Mapping[str, str]
    ) -> int:
        """Record what happened."""

    def rows(self, query: str, *values: str | float | bytes | None) -> list[Any]:
        """Ask for rows."""

    def value(self, query: str, *values: str | float | bytes | None) -> Any:  # noqa: ANN401  what a column holds
        """Ask for one value; None if there is no row."""


def shown(value: str) -> str:
    r"""Write a wrong value so that a look-alike is seen: what is not ASCII stands as its code.

    Examples
    --------
    >>> shown("24-00\uff11")
    "'24-00\\uff11'"
    """
    text = ascii(value)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def demand_ori(ori: str) -> str:
    """Give back an ORI that is of its form.

    Raises
    ------
    InputError
        If it is not.
    """
    wanted = "nine plain characters, two capital letters and then seven capital letters or digits"
    return _of_form(ori, ORI, "the ORI", wanted)


def demand_officer_id(officer: str, what: str = "the officer id") -> str:
    """Give back an officer id that is of its form; the message does not repeat it.

    Raises
    ------
    InputError
        If it is not.
    """
    if not OFFICER_ID.fullmatch(officer):
        wanted = "1 to 32 plain letters, digits, dots, dashes and underscores, the first a letter or digit"
        msg = f"{what} is not of its form, wanted {wanted}"
        raise InputError(msg)
    return officer


def demand_case_number(number: str) -> str:
    """Give back a case number of the form that every agency's numbers have.

    Raises
    ------
    InputError
        If it is not.
    """
    wanted = (
        "1 to 64 plain letters, digits, dashes, slashes or dots, with a digit, no blanks, "
        "a letter or digit at both ends"
    )
    return _of_form(number, CASE_NUMBER, "the case number", wanted)


def demand_digest(digest: str, what: str) -> str:
    """Give back a SHA-256 as 64 lower-case hexadecimal digits.

    Raises
    ------
    InputError
        If it is not.
    """
    return _of_form(digest, DIGEST, what, "a SHA-256, 64 hexadecimal digits in lower case")


def demand_gallery_id(gallery: str) -> str:
    """Give back a gallery's id that is of its form.

    Raises
    ------
    InputError
        If it is not.
    """
    return _of_form(gallery, GALLERY, "the gallery", "1 to 32 small letters, digits and dashes, such as dl")


def demand_text(text: str, what: str) -> str:
    """Give back 1 to 100 printable ASCII characters without blanks at the ends.

    Raises
    ------
    InputError
        If it is anything else.
    """
    return _of_form(text, PLAIN_TEXT, what, "1 to 100 plain ASCII characters, no blank at either end")


def demand_text_or_none(text: str, what: str) -> str:
    """Give back plain text, or an empty one.

    Raises
    ------
    InputError
        If it is anything else.
    """
    return demand_text(text, what) if text else ""


def demand_title(text: str, what: str) -> str:
    """Give back a name or sentence that is shown and never compared: plain text, accents allowed.

    Raises
    ------
    InputError
        If it is empty, too long, or has letters of another script.
    """
    return _of_form(text, TITLE, what, "1 to 199 letters of the Latin script, digits and marks, on one line")


def demand_listed(value: str, values: Collection[str], what: str) -> str:
    """Give back a value of a closed list.

    Raises
    ------
    InputError
        If it does not stand there; the message lists what does.
    """
    if value not in values:
        msg = f"{what} is {shown(value)}, wanted one of {', '.join(sorted(values))}"
        raise InputError(msg)
    return value


def demand_day(text: str, what: str) -> date:
    """Read a day of the calendar in its one form.

    Raises
    ------
    InputError
        If there is no such day, or it is written otherwise.
    """
    day = day_of(text)
    if day is None:
        msg = f"{what} is {shown(text)}, wanted a day of the calendar such as 2026-11-22"
        raise InputError(msg)
    return day


def demand_past_day(text: str, what: str, at: datetime) -> date:
    """Read a day that is not after the day of ``at`` (UTC).

    Raises
    ------
    InputError
        If it is no day, or lies in the future.
    """
    day = demand_day(text, what)
    if day > at.astimezone(UTC).date():
        msg = f"{what} is {text}, which is after today, {today(at)}"
        raise InputError(msg)
    return day


def demand_span(first: str, last: str, what: str) -> None:
    """Demand a first day and a last one not before it; an empty last day means without end.

    Raises
    ------
    InputError
        If either is no day, or they stand in the wrong order.
    """
    begins = demand_day(first, f"the first day of {what}")
    if last and demand_day(last, f"the last day of {what}") < begins:
        msg = f"the last day of {what} is {last}, before its first, {first}"
        raise InputError(msg)


def demand_party(party: str) -> str:
    """Give back whom something is for: ``ori:`` and an ORI, or ``class:`` and a class of agencies.

    Raises
    ------
    InputError
        If it is neither.
    """
    kind, _, name = party.partition(":")
    if kind == "ori":
        demand_ori(name)
    elif kind == "class":
        demand_listed(name, AGENCY_CLASSES, "the class of agencies")
    else:
        msg = f"for whom is {shown(party)}, wanted ori: and an ORI, or class: and a class of agencies"
        raise InputError(msg)
    return party


def demand_count(count: int, what: str) -> int:
    """Give back a whole number from 0 that counts something.

    Raises
    ------
    InputError
        If it is less, or no number anybody could count to.
    """
    if isinstance(count, bool) or not 0 <= count <= MOST_COUNTED:
        msg = f"{what} is {count}, wanted a whole number from 0"
        raise InputError(msg)
    return count


def demand_time(at: datetime) -> datetime:
    """Give back a time that says its zone.

    Raises
    ------
    InputError
        If it does not.
    """
    if at.tzinfo is None:
        msg = f"a record needs a time with its zone, got {at.isoformat()}"
        raise InputError(msg)
    return at


def today(at: datetime) -> str:
    """Give the day of a time, UTC, ISO 8601."""
    return at.astimezone(UTC).date().isoformat()


def _of_form(value: str, form: re.Pattern[str], what: str, wanted: str) -> str:
    if not form.fullmatch(value):
        msg = f"{what} is {shown(value)}, wanted {wanted}"
        raise InputError(msg)
    return value
