"""What the log cannot know and an agency has to state: who an officer's people are, and when he works.

A TOML file, kept as private as a personnel file::

    zone = "America/Denver"               # of the hours below; UTC if left out

    [[officer]]
    agency = "CO0160000"
    officer = "8841"
    self = ["subject-17"]                 # himself, as galleries name him
    close = ["subject-18"]                # kin, household, partner, former partner
    shifts = ["mon 08:00-16:00", "tue 22:00-06:00"]

An officer without a line, or without a list, is not looked at for what is missing: that is said, never taken
for a clean result.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from facegate.errors import InputError
from facegate.gate.registers.demands import demand_officer_id, demand_ori

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHIFT = re.compile(rf"({'|'.join(DAYS)}) (\d\d):(\d\d)-(\d\d):(\d\d)", re.ASCII)
MINUTES_A_DAY = 24 * 60
MINUTES_A_WEEK = 7 * MINUTES_A_DAY
_KEYS = {"agency", "officer", "self", "close", "shifts"}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """One officer's.

    Parameters
    ----------
    own : frozenset of str
        Subject ids of himself.
    close : frozenset of str
        Subject ids of kin, household, partners and former ones.
    shifts : tuple of (int, int)
        First minute of the week, Monday 00:00 the 0th, and length in minutes; empty if not stated.
    """

    own: frozenset[str] = frozenset()
    close: frozenset[str] = frozenset()
    shifts: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Everybody's circumstances, by agency and officer, and the zone of the shifts."""

    officers: Mapping[tuple[str, str], Circumstances] = field(default_factory=dict)
    zone: tzinfo = UTC

    def of(self, agency: str, officer: str) -> Circumstances:
        """Give an officer's; empty for one who is not stated."""
        return self.officers.get((agency, officer)) or Circumstances()

    def minutes_off(self, agency: str, officer: str, at: datetime) -> int | None:
        """Tell how far a moment lies outside an officer's shifts.

        Returns
        -------
        int or None
            Minutes to the nearest shift, 0 on shift; None if no shifts are stated.
        """
        shifts = self.of(agency, officer).shifts
        if not shifts:
            return None
        local = at.astimezone(self.zone)
        minute = local.weekday() * MINUTES_A_DAY + local.hour * 60 + local.minute
        return min(_distance(minute, start, length) for start, length in shifts)


def read_circumstances(path: Path) -> Known:
    """Read an agency's file.

    Raises
    ------
    InputError
        If it cannot be read or is not of the form above; officer ids are not repeated.
    """
    try:
        return parse_circumstances(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the officers' file {path}: {error}"
        raise InputError(msg) from error


def parse_circumstances(text: str) -> Known:
    """Read circumstances from TOML text.

    Raises
    ------
    InputError
        Naming what is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"the officers' file is no TOML: {error}"
        raise InputError(msg) from error
    if unknown := sorted(data.keys() - {"zone", "officer"}):
        msg = f"the officers' file has no {unknown[0]!r}; it has zone and [[officer]]"
        raise InputError(msg)
    rows = data.get("officer", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        msg = "officers are written [[officer]] in the officers' file"
        raise InputError(msg)
    officers: dict[tuple[str, str], Circumstances] = {}
    for number, row in enumerate(rows, start=1):
        key = _who(row, number)
        if key in officers:
            msg = f"officer {number} of the officers' file stands there a second time"
            raise InputError(msg)
        officers[key] = _circumstances(row, number)
    return Known(officers, _zone(data.get("zone", "UTC")))


def parse_shift(text: str) -> tuple[int, int]:
    """Read a shift; one that ends before it starts ends on the next day.

    Raises
    ------
    InputError
        If it is not of its form.

    Examples
    --------
    >>> parse_shift("mon 08:00-16:00"), parse_shift("tue 22:00-06:00")
    ((480, 480), (2760, 480))
    """
    match = SHIFT.fullmatch(text)
    hours = [int(one) for one in match.groups()[1:]] if match else []
    if match is None or max(hours[0], hours[2]) > 23 or max(hours[1], hours[3]) > 59:  # noqa: PLR2004  of a clock
        msg = f"a shift is written such as mon 08:00-16:00, got {text[:40]!r}"
        raise InputError(msg)
    start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
    length = (end - start) % MINUTES_A_DAY or MINUTES_A_DAY
    return DAYS.index(match[1]) * MINUTES_A_DAY + start, length


def _distance(minute: int, start: int, length: int) -> int:
    """Minutes from a minute of the week to a shift, around the week's end too."""
    after_start = (minute - start) % MINUTES_A_WEEK
    if after_start < length:
        return 0
    return min(after_start - length + 1, MINUTES_A_WEEK - after_start)


def _who(row: Mapping[str, Any], number: int) -> tuple[str, str]:
    if unknown := sorted(row.keys() - _KEYS):
        msg = (
            f"officer {number} of the officers' file has no {unknown[0]!r}; wanted {', '.join(sorted(_KEYS))}"
        )
        raise InputError(msg)
    agency, officer = row.get("agency"), row.get("officer")
    if not isinstance(agency, str) or not isinstance(officer, str):
        msg = f"officer {number} of the officers' file states agency and officer as texts"
        raise InputError(msg)
    return demand_ori(agency), demand_officer_id(officer)


def _circumstances(row: Mapping[str, Any], number: int) -> Circumstances:
    return Circumstances(
        own=frozenset(_texts(row, "self", number)),
        close=frozenset(_texts(row, "close", number)),
        shifts=tuple(parse_shift(one) for one in _texts(row, "shifts", number)),
    )


def _texts(row: Mapping[str, Any], name: str, number: int) -> list[str]:
    found = row.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        msg = f"{name} of officer {number} of the officers' file is a list of texts"
        raise InputError(msg)
    return found


def _zone(name: object) -> tzinfo:
    try:
        return UTC if name == "UTC" else ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        msg = f"the officers' file names the zone {name!r}, wanted one such as America/Denver"
        raise InputError(msg) from error
