"""Search ids: UUIDv7 of RFC 9562, section 5.7, made from a time and random bytes that are given."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from facegate.records import SearchId

if TYPE_CHECKING:
    from datetime import datetime

RANDOM_BYTES = 10


def new_search_id(now: datetime, random: bytes) -> SearchId:
    """Make a UUIDv7: 48 bits of Unix time in milliseconds, then 74 random bits.

    Parameters
    ----------
    now : datetime
        Time of the attempt, with its time zone.
    random : bytes
        10 random bytes.

    Returns
    -------
    SearchId
        36 characters, sorting by time.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> new_search_id(datetime(2026, 11, 22, tzinfo=UTC), bytes(10))
    '01a2008d-7400-7000-8000-000000000000'
    """
    milliseconds = int(now.timestamp() * 1000)
    bits = (milliseconds << 80) | int.from_bytes(random[:RANDOM_BYTES])
    version_and_variant = (0xF << 76) | (0b11 << 62)
    bits = (bits & ~version_and_variant) | (7 << 76) | (0b10 << 62)
    return SearchId(str(UUID(int=bits)))
