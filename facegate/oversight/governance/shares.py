"""Percentages in exact decimals: what is 99.875 % is not called 99.9 %."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

PLACES = 3


def exact_percent(part: int, whole: int) -> str | None:
    """Write a share in percent: exact where that ends after finitely many decimals, else rounded and said so.

    Parameters
    ----------
    part, whole : int
        Counts, 0 or more; the part at most the whole.

    Returns
    -------
    str or None
        Such as ``0.125 %`` or ``about 33.333 %``; None if there is nothing to take a share of.

    Examples
    --------
    >>> exact_percent(400_000, 320_000_000), exact_percent(1, 3), exact_percent(0, 7), exact_percent(0, 0)
    ('0.125 %', 'about 33.333 %', '0 %', None)
    """
    if whole == 0:
        return None
    share = Fraction(100 * part, whole)
    places = _places(share.denominator)
    if places is not None:
        scaled = share.numerator * 10**places // share.denominator
        return f"{Decimal(scaled).scaleb(-places):f} %"
    rounded = (Decimal(share.numerator) / Decimal(share.denominator)).quantize(
        Decimal(1).scaleb(-PLACES), rounding=ROUND_HALF_UP
    )
    # A share that is not nothing does not print as nothing, nor one that is not all as all.
    if rounded == 0:
        return f"less than {Decimal(1).scaleb(-PLACES):f} %"
    if rounded == 100:  # noqa: PLR2004  percent
        return f"more than {100 - Decimal(1).scaleb(-PLACES):f} %"
    return f"about {rounded:f} %"


def not_of_interest(images: int, hits: int) -> tuple[str | None, str | None]:
    """Give the share of images that were a hit, and of those that were none.

    Parameters
    ----------
    images, hits : int
        Counts.

    Examples
    --------
    The Los Angeles police's plate readers: 320 million images, 400,000 hits, reported as "99.9 percent" of no
    interest.

    >>> not_of_interest(320_000_000, 400_000)
    ('0.125 %', '99.875 %')
    """
    return exact_percent(hits, images), exact_percent(images - hits, images)


def _places(denominator: int) -> int | None:
    """Tell how many decimals a fraction in lowest terms needs; None if they never end."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator, twos = denominator // 2, twos + 1
    while denominator % 5 == 0:
        denominator, fives = denominator // 5, fives + 1
    return max(twos, fives) if denominator == 1 else None
