"""How often such a search returns somebody wrong, in sentences a court can quote: bounds, never estimates.

References
----------
The upper end of a 95 % interval is what a certificate promises (`facegate.evaluation.certificates`). That
several searches together err no more often than the sum of their bounds is Boole's inequality; it holds
whatever the searches have to do with each other.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from facegate.reporting.report.blocks import Grid, Items, Words

if TYPE_CHECKING:
    from facegate.gate.reply import CertificateSeen, RatesSeen
    from facegate.oversight.case_file.records import CaseRecord, CaseSearch
    from facegate.reporting.report.blocks import Block

DIGITS = 3
NOT_RECORDED = "not recorded"
NOT_THE_CHANCE = (
    "None of these numbers is the chance that a candidate in this case is the wrong person. That also "
    "depends on "
    "whether the person in the photo is in the gallery at all, which nobody knows."
)


def at_most(rate: Decimal) -> str:
    """Write an upper bound in percent, rounded up: a bound that is rounded down is none.

    Examples
    --------
    >>> at_most(Decimal("0.0575")), at_most(Decimal("0.0020751")), at_most(Decimal("1"))
    ('5.75 %', '0.208 %', '100 %')
    """
    percent = min(rate, Decimal(1)) * 100
    if not percent:
        return "0 %"
    step = Decimal(1).scaleb(percent.adjusted() - DIGITS + 1)
    rounded = (percent / step).to_integral_value(ROUND_CEILING) * step
    return f"{rounded.normalize():f} %"


def bound(record: CaseRecord, name: str) -> Decimal | None:
    """Read a bound that a search states it relied on; None where none is recorded."""
    try:
        return Decimal(record.text(name)) if record.text(name) else None
    except InvalidOperation:
        return None


def search_sentences(search: CaseSearch, certificate: CertificateSeen | None) -> tuple[str, ...]:
    """Say what one search risked.

    Parameters
    ----------
    search : CaseSearch
        One that compared the photo with the gallery.
    certificate : CertificateSeen or None
        The one it relied on, if it is at hand.

    Returns
    -------
    tuple of str
        Sentences.
    """
    searches, pairs = bound(search.intent, "fpir_at_most"), bound(search.intent, "fmr_at_most")
    if searches is None:
        return ("How often such a search returns somebody wrong was not recorded with it.",)
    first = (
        f"If the person in the photo is not in the gallery, the chance that this search returns at least one "
        f"wrong person is at most {at_most(searches)} (false positive identification rate, FPIR; upper "
        f"end of "
        "a 95 % interval: about 95 of 100 intervals made this way hold the true rate)."
    )
    said = [first]
    if pairs is not None:
        said.append(
            f"Of single comparisons of two different people at most {at_most(pairs)} reach the threshold "
            "(false match rate, FMR; upper end of a 95 % interval)."
        )
    if certificate is not None and certificate.gallery_size is not None:
        said.append(
            f"The FPIR was measured on a gallery of {certificate.gallery_size:,} people. A larger gallery "
            "returns wrong people more often."
        )
    return (*said, NOT_THE_CHANCE)


def case_sentence(searches: tuple[CaseSearch, ...]) -> str:
    """Say what all searches of the case risked together; empty if fewer than two compared a photo."""
    bounds = [bound(one.intent, "fpir_at_most") for one in searches]
    known = [one for one in bounds if one is not None]
    if len(bounds) < 2 or len(known) < len(bounds):  # noqa: PLR2004  one search has its own sentence
        return ""
    together = at_most(sum(known, Decimal(0)))
    return (
        f"In this case a photo was compared {len(known)} times. If the person shown is not in the "
        f"gallery, the "
        f"chance that at least one of these searches returns a wrong person is at most {together} "
        "(the sum of the bounds, whether the searches used one photo or several)."
    )


def rates_blocks(certificate: CertificateSeen, *, groups: frozenset[str]) -> tuple[Block, ...]:
    """Lay out the error rates of a certificate by group.

    Parameters
    ----------
    certificate : CertificateSeen
        The one the searches relied on.
    groups : frozenset of str
        Words recorded of the people concerned, such as ``female`` or ``black``; groups that bear such a word
        are marked. Empty if nothing is recorded: then no group is singled out.
    """
    rows = tuple(_row(one, groups) for one in (certificate.overall, *certificate.groups))
    marked = any(row[0].endswith(_MARK) for row in rows)
    about = (
        f"Certificate {certificate.serial}, issued by {certificate.issuer} on {certificate.issued_on}, valid "
        f"until {certificate.valid_until}; measured on {certificate.dataset}."
    )
    notes = [
        "Every figure is an upper bound: the upper end of a 95 % interval. The true rate may be lower.",
        "100 % means that too little was measured to say anything of this group.",
        "Groups differ. A bound for everybody can hide that one group is wrongly returned more often.",
    ]
    if certificate.synthetic:
        notes.insert(0, "SYNTHETIC: no face was involved in this measurement; it says nothing about people.")
    if marked:
        notes.append("Marked with * are groups that bear a word recorded of a person concerned in this case.")
    else:
        notes.append("Which group the people concerned belong to is not recorded here, so all are shown.")
    columns = (
        "group",
        "people measured",
        "a search returns a wrong person: at most",
        "two people match: at most",
    )
    return (Words(about), Grid("Error rates by group", columns, rows, words=True), Items(tuple(notes)))


_MARK = " *"


def _row(one: RatesSeen, groups: frozenset[str]) -> tuple[str, str, str, str]:
    words = set(one.group.casefold().replace("/", " ").replace(",", " ").split())
    searches = NOT_RECORDED if one.fpir_at_most is None else at_most(Decimal(repr(one.fpir_at_most)))
    mark = _MARK if words & groups else ""
    return one.group + mark, f"{one.people:,}", searches, at_most(Decimal(repr(one.fmr_at_most)))
