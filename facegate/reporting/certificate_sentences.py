"""The rates of a certificate in plain sentences, each with its range; what is not known says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import people_text, per_million, percent, rounded

if TYPE_CHECKING:
    from facegate.evaluation.certificates.certificate import CertifiedRate

TEN_THOUSAND = 10_000
EVERYBODY = "everybody"


def searches_sentence(rate: CertifiedRate, gallery_size: int) -> str:
    """Say how often a search for somebody who is not enrolled returns somebody wrong.

    Parameters
    ----------
    rate : CertifiedRate
        FPIR of a group or of everybody.
    gallery_size : int
        People enrolled in the gallery that was searched.
    """
    of = "" if rate.group == EVERYBODY else f" of the group “{rate.group}”"
    about = f"searches for people{of} who are not in a gallery of {gallery_size:,} people"
    found = rate.rate
    if found is None:
        return f"{_first(about)}: unknown, none was made."
    if not found.events:
        return (
            f"{_first(about)}: none of {found.trials:,} returned anybody. The true share is very likely "
            f"below {percent(rate.upper_bound)} ({people_text(rate.people)} searched for)."
        )
    if not rate.supported:
        return (
            f"{_first(about)}: {found.events:,} of {found.trials:,} returned somebody wrong. Too few to give "
            f"a rate; it is very likely below {percent(rate.upper_bound)}."
        )
    return (
        f"Of 10,000 {about}, about {_of_10k(found.estimate)} would return at least one wrong person "
        f"(between {_of_10k(found.low)} and {_of_10k(rate.upper_bound)}, 95 %; "
        f"{people_text(rate.people)} searched for)."
    )


def comparisons_sentence(rate: CertifiedRate) -> str:
    """Say how often two different people are as alike as the threshold asks.

    Parameters
    ----------
    rate : CertifiedRate
        FMR of two different people of a group, or of any two.
    """
    of = "" if rate.group == EVERYBODY else f" of the group “{rate.group}”"
    about = f"comparisons of two different people{of}"
    found = rate.rate
    if found is None:
        return f"{_first(about)}: unknown, none could be made."
    if not found.events:
        return (
            f"{_first(about)}: none of {found.trials:,} reached the threshold. The true number is very "
            f"likely below {per_million(rate.upper_bound)} in a million."
        )
    if not rate.supported:
        return (
            f"{_first(about)}: {found.events:,} of {found.trials:,} reached the threshold. Too few to give a "
            f"rate; it is very likely below {per_million(rate.upper_bound)} in a million."
        )
    return (
        f"Of 1,000,000 {about}, about {per_million(found.estimate)} would wrongly reach the threshold "
        f"(between {per_million(found.low)} and {per_million(rate.upper_bound)}, 95 %)."
    )


def _first(text: str) -> str:
    return text[0].upper() + text[1:]


def _of_10k(rate: float) -> str:
    return rounded(rate * TEN_THOUSAND)
