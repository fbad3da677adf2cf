"""Short pieces of text that many tables share; what is unknown stays a word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facegate.reporting.numbers import UNKNOWN, one_in, per_million, percent, rounded

if TYPE_CHECKING:
    from facegate.evaluation.identification.result import MeanPerSearch
    from facegate.evaluation.rates import Estimate

TOO_FEW = "too few to say"
NOT_AVAILABLE = "not available"
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def printable(text: str) -> str:
    r"""Replace characters that no XML may hold or that turn the direction of a line round.

    Group names come from files of strangers; a right-to-left override could make a row read
    as another.

    Examples
    --------
    >>> printable("Black\x00 F") == "Black\ufffd F"
    True
    """
    return UNPRINTABLE.sub("\ufffd", text)


def rate_cell(found: Estimate | None) -> str:
    """Write a rate per million, marked where the data cannot speak to it."""
    if found is None:
        return UNKNOWN
    return per_million(found.estimate) if found.supported else f"{TOO_FEW} ({found.events:,} seen)"


def range_cell(found: Estimate | None) -> str:
    """Write an interval per million."""
    return f"{per_million(found.low)} to {per_million(found.high)}" if found else UNKNOWN


def counts_cell(found: Estimate | None) -> str:
    """Write events out of trials."""
    return f"{found.events:,} of {found.trials:,}" if found else UNKNOWN


def percent_cell(found: Estimate | None) -> str:
    """Write a rate in percent with its interval."""
    if found is None:
        return UNKNOWN
    return f"{percent(found.estimate)} ({percent_range(found)})"


def percent_range(found: Estimate) -> str:
    """Write an interval in percent."""
    return f"{rounded(found.low * 100)} to {percent(found.high)}"


def per_search_cell(found: MeanPerSearch | None) -> str:
    """Write people returned per search with the interval."""
    if found is None:
        return UNKNOWN
    return f"{rounded(found.mean)} ({rounded(found.low)} to {rounded(found.high)})"


def smallest_cell(found: Estimate | None) -> str:
    """Write the smallest rate that the data can speak to."""
    return one_in(found.smallest_rate) if found else UNKNOWN


def number_cell(value: float | None, undefined: str = "") -> str:
    """Write a number, or why there is none."""
    if value is not None:
        return rounded(value)
    return f"undefined ({undefined})" if undefined else UNKNOWN


def ends_cell(low: float | None, high: float | None) -> str:
    """Write an interval of which one end, or both, may be missing."""
    if low is None and high is None:
        return UNKNOWN
    if high is None and low is not None:
        return f"at least {rounded(low)}"
    if low is None and high is not None:
        return f"at most {rounded(high)}"
    return f"{rounded(low or 0.0)} to {rounded(high or 0.0)}"


def failures_cell(failures: int, photos: int) -> str:
    """Write failures to enroll out of photos."""
    return f"{failures:,} of {photos:,} ({percent(failures / photos)})" if photos else UNKNOWN
