"""How often the threshold in force errs, in words for whoever reads a candidate list.

Rates and their upper ends are those of the certificate; nothing here is measured, and a rate that the data
cannot speak of stays without a number. Frequencies are told as so many of a thousand, since people misread
percentages of rare things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.reporting.numbers import rounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.gate.reply import CertificateSeen, RatesSeen

THOUSAND: Final = 1000
UNKNOWN: Final = "not measurable"


def of_a_thousand(rate: float | None) -> str:
    """Write a rate as so many of a thousand.

    Examples
    --------
    >>> of_a_thousand(0.0123), of_a_thousand(None)
    ('12.3', 'not measurable')
    """
    return UNKNOWN if rate is None else rounded(rate * THOUSAND)


def of_a_million(rate: float | None) -> str:
    """Write a rate as so many of a million.

    Examples
    --------
    >>> of_a_million(0.001), of_a_million(None)
    ('1,000', 'not measurable')
    """
    return UNKNOWN if rate is None else rounded(rate * THOUSAND * THOUSAND)


def told(seen: CertificateSeen, n_subjects: int) -> tuple[str, ...]:
    """Say what the certified rates mean for one search, one sentence each.

    Parameters
    ----------
    seen : CertificateSeen
        The certificate in force.
    n_subjects : int
        People in the gallery now.
    """
    return tuple(_sentences(seen, n_subjects))


def _sentences(seen: CertificateSeen, n_subjects: int) -> Iterator[str]:
    size = seen.gallery_size
    if seen.overall.fpir_at_most is None or size is None:
        yield "Nobody measured how often a search for somebody who is not enrolled returns a candidate."
    else:
        yield (
            f"Of 1,000 searches for people who are in no photo of the gallery, {_about(seen.overall)} still "
            f"return somebody, and whoever that is, is the wrong person. This was measured in a gallery of "
            f"{size:,} people."
        )
        yield _compared(size, n_subjects)
        yield from _of_groups(seen.groups)
    yield (
        "A second try with another photo of the same person is another chance to find the wrong one: "
        "the rates are of a single search."
    )
    if seen.synthetic:
        yield "The measurement is synthetic: no face was involved, and it says nothing about people."


def _about(rates: RatesSeen) -> str:
    at_most = of_a_thousand(rates.fpir_at_most)
    if rates.fpir is None:
        return f"up to {at_most} (too few for an estimate)"
    return f"about {of_a_thousand(rates.fpir)} (at most {at_most})"


def _compared(size: int, n_subjects: int) -> str:
    if n_subjects > size:
        return (
            f"This gallery holds {n_subjects:,}, more than were measured: expect wrong candidates more often."
        )
    people = "person" if n_subjects == 1 else "people"
    return f"This gallery holds {n_subjects:,} {people}, no more than were measured."


def _of_groups(groups: tuple[RatesSeen, ...]) -> Iterator[str]:
    measured = [one for one in groups if one.fpir is not None]
    if len(measured) > 1:
        worst = max(measured, key=lambda one: one.fpir or 0.0)
        yield f"Of the groups that the data can speak of, it is highest for {worst.group}: {_about(worst)}."
    elif measured:
        yield f"The data can speak of one group alone, {measured[0].group}: {_about(measured[0])}."
    if too_few := [one.group for one in groups if one.fpir is None]:
        yield f"The data are too few to tell of {', '.join(too_few)}: that rate is not low, it is not known."
