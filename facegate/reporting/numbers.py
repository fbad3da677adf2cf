"""Numbers as people read them: per million, one in so many, in percent; unknown stays a word."""

from __future__ import annotations

import math

MILLION = 1_000_000
UNKNOWN = "unknown"
DIGITS = 3


def rounded(value: float) -> str:
    """Write a number with three digits that mean something, and thousands marked.

    Examples
    --------
    >>> rounded(169274.3), rounded(26.29), rounded(0.00084), rounded(0)
    ('169,000', '26.3', '0.00084', '0')
    """
    if value == 0:
        return "0"
    places = DIGITS - 1 - math.floor(math.log10(abs(value)))
    kept = round(value, places)
    return f"{kept:,.{max(0, places)}f}".rstrip("0").rstrip(".") if places > 0 else f"{kept:,.0f}"


def named(people: int) -> str:
    """Write a number of people; 0 where the input names nobody.

    Examples
    --------
    >>> named(1069), named(0)
    ('1,069', 'not named')
    """
    return f"{people:,}" if people else "not named"


def people_text(people: int) -> str:
    """Write how many people an estimate rests on; 0 where the input names nobody.

    Examples
    --------
    >>> people_text(1069), people_text(0)
    ('1,069 people', 'people not named')
    """
    return f"{people:,} people" if people else "people not named"


def per_million(rate: float) -> str:
    """Write a rate as events in a million.

    Examples
    --------
    >>> per_million(0.0012345)
    '1,230'
    """
    return rounded(rate * MILLION)


def percent(rate: float) -> str:
    """Write a rate in percent.

    Examples
    --------
    >>> percent(0.0538), percent(0)
    ('5.38 %', '0 %')
    """
    return f"{rounded(rate * 100)} %"


def one_in(rate: float) -> str:
    """Write a rate as one in so many.

    Examples
    --------
    >>> one_in(0.00021), one_in(0.023), one_in(1.0)
    ('1 in 4,760', '1 in 43', '1 in 1')
    """
    return f"1 in {rounded(float(round(1 / rate)))}"
