"""The weekly sample: one search in twenty, drawn at random, looked at whether or not a detector speaks.

Drawn by hashing a seed, the week and the search's id, so that anybody with the seed draws the same. An id has
74 random bits that whoever searches does not choose; with a seed that becomes known only after the week,
nobody can tell beforehand which of his searches will be looked at.

References
----------
CJIS Security Policy AU-6: weekly review of audit records; the share of 5 % is this project's (threats.md T7).
"""

from __future__ import annotations

import hashlib
from datetime import UTC
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from facegate.oversight.detectors.seen import Seen

SHARE = 20  # one in so many


def week_of(at: datetime) -> str:
    """Give the ISO week of a moment, UTC.

    Examples
    --------
    >>> from datetime import datetime
    >>> week_of(datetime(2026, 11, 22, tzinfo=UTC))
    '2026-W47'
    """
    year, week, _ = at.astimezone(UTC).isocalendar()
    return f"{year}-W{week:02}"


def weekly_sample(searches: Sequence[Seen], *, week: str, seed: str) -> tuple[Seen, ...]:
    """Draw a week's sample.

    Parameters
    ----------
    searches : sequence of Seen
        Of any weeks.
    week : str
        ISO week, such as ``2026-W47``.
    seed : str
        Anything; the same draws the same.

    Returns
    -------
    tuple of Seen
        5 % of the week's searches, rounded up: one at least in a week with any.
    """
    mine = [one for one in searches if week_of(one.at) == week]
    ranked = sorted(mine, key=lambda one: _draw(seed, week, one.search_id))
    drawn = set(ranked[: ceil(len(mine) / SHARE)])
    return tuple(one for one in mine if one in drawn)


def _draw(seed: str, week: str, search_id: str) -> bytes:
    text = f"facegate/weekly-sample/v1\x00{seed}\x00{week}\x00{search_id}"
    return hashlib.sha256(text.encode(errors="backslashreplace")).digest()
