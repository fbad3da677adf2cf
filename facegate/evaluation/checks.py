"""Requirements of standards and statutes, held against each group: pass, fail, or insufficient data.

- Pass only if the whole interval keeps the limit, fail only if the whole interval breaks it.
  Between the two the data decide nothing, and that is a verdict of its own.
- A group with too few people, or nothing to compare, has insufficient data. Nothing seen
  passes where the upper bound keeps the limit: that bound counts people, not comparisons.
- A fail needs `Estimate.supported` too: a rate the data can speak to. So does a pass on few
  events, unless the same people would pass with none.
- The conclusion row, ``every group``: fail if a group fails, pass if all pass. People with
  a label not recorded have rows and no part in it: nobody knows which group they are.

These are yardsticks. NIST SP 800-63A-4 binds identity-proofing providers, not police
searches; Virginia's section is known here second-hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import MeasurementError
from facegate.evaluation.group_rates import Check
from facegate.evaluation.rates import FEWEST_UNITS, RULE_OF_THREE
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.group_rates import GroupRates
    from facegate.evaluation.identification.result import SearchRates
    from facegate.evaluation.rates import Estimate

PASS, FAIL, INSUFFICIENT = "pass", "fail", "insufficient data"
EVERY_GROUP = "every group"
EVERYBODY = "everybody"

NIST = "NIST SP 800-63A-4"
NIST_CAVEAT = (
    "NIST SP 800-63A-4 binds identity-proofing providers, not police searches: a yardstick here. Read in a "
    "text version that cites ISO/IEC 19795-10:2024, and not compared with the final publication."
)
VIRGINIA = "Virginia Code 15.2-1723.2"
VIRGINIA_CAVEAT = (
    "It says nothing about false matches: a system that matches everybody with everybody keeps it. The "
    "requirement is known second-hand, reported in force until 2026-07-01, and was not checked against the "
    "law's text."
)
LEAST_GALLERY = 0.9
"""Share of the operational gallery that NIST wants searched at the least."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """An upper limit on one rate.

    Parameters
    ----------
    standard, text : str
        Such as ``NIST SP 800-63A-4`` and ``FMR at most 1 in 10,000``.
    limit : float
        The highest rate allowed.
    trials : str
        What the rate is out of: ``comparisons``.
    caveat : str
        What must be said wherever the conclusion stands.
    """

    standard: str
    text: str
    limit: float
    trials: str
    caveat: str


NIST_FMR = Requirement(NIST, "FMR at most 1 in 10,000", 1e-4, "comparisons", NIST_CAVEAT)
NIST_FNMR = Requirement(NIST, "FNMR at most 1 in 100", 1e-2, "mated comparisons", NIST_CAVEAT)
NIST_FPIR = Requirement(
    NIST,
    "1:N false positive identification at most 1 in 1,000, gallery at least 90 % of the operational one",
    1e-3,
    "searches for people who are not enrolled",
    NIST_CAVEAT,
)
VIRGINIA_LIMIT = 0.02


def requirement_checks(
    groups: Sequence[GroupRates],
    *,
    overall: GroupRates,
    searches: Sequence[SearchRates],
    operational: int | None,
) -> tuple[Check, ...]:
    """Hold every requirement against every group at one threshold.

    Parameters
    ----------
    groups : sequence of GroupRates
        All groups.
    overall : GroupRates
        Everybody; its FMR is stated beside Virginia's rate.
    searches : sequence of SearchRates
        Searches of one gallery at this threshold; may be empty.
    operational : int or None
        People in the operational gallery; None where the protocol does not say.

    Returns
    -------
    tuple of Check
        For each requirement a row for each group, then the row ``every group``.

    Raises
    ------
    MeasurementError
        If the searches are of more than one gallery or threshold.
    """
    fmr = "unknown" if overall.fmr is None else f"{overall.fmr.estimate:.3g}"
    virginia = Requirement(
        VIRGINIA,
        f"98 % true positives: FNMR at most 0.02, here at an overall FMR of {fmr}",
        VIRGINIA_LIMIT,
        "mated comparisons",
        VIRGINIA_CAVEAT,
    )
    return (
        *rate_checks(NIST_FMR, [(one.group, one.fmr) for one in groups]),
        *rate_checks(NIST_FNMR, [(one.group, one.fnmr) for one in groups]),
        *search_checks(searches, operational=operational),
        *rate_checks(virginia, [(one.group, one.fnmr) for one in groups]),
    )


def rate_checks(requirement: Requirement, rates: Sequence[tuple[str, Estimate | None]]) -> tuple[Check, ...]:
    """Hold one requirement against the rate of each group, and conclude.

    Parameters
    ----------
    requirement : Requirement
        What is demanded.
    rates : sequence of (str, Estimate or None)
        Group and its rate; None where nothing could be tried.
    """
    rows = tuple(_row(requirement, group, rate, *verdict_of(rate, requirement)) for group, rate in rates)
    return (*rows, _conclusion(requirement, rows))


def search_checks(searches: Sequence[SearchRates], *, operational: int | None) -> tuple[Check, ...]:
    """Hold NIST's limit on false positive identification against the searches of each group.

    A gallery that is too small, or an operational size nobody stated, leaves a low FPIR
    undecided. A high one stays a fail where the operational gallery is larger still: at the
    same threshold a larger gallery returns no fewer people.

    Parameters
    ----------
    searches : sequence of SearchRates
        Of one gallery at one threshold.
    operational : int or None
        People in the operational gallery.

    Raises
    ------
    MeasurementError
        If the searches are of more than one gallery or threshold.
    """
    settings = {(one.mix, one.gallery_size, one.threshold) for one in searches}
    if len(settings) > 1:
        msg = f"checks need the searches of one gallery at one threshold, got {len(settings)} together"
        raise MeasurementError(msg)
    rows = tuple(
        _row(NIST_FPIR, one.group, one.fpir, *_search_verdict(one, operational))
        for one in searches
        if one.group != EVERYBODY
    )
    return (*rows, _conclusion(NIST_FPIR, rows, nothing="No searches were made."))


def verdict_of(rate: Estimate | None, requirement: Requirement) -> tuple[str, str]:
    """Decide on one rate, and say in one sentence which end of its interval decided.

    Examples
    --------
    >>> verdict_of(None, NIST_FMR)
    ('insufficient data', 'There were no comparisons.')
    """
    if rate is None:
        return INSUFFICIENT, f"There were no {requirement.trials}."
    if rate.disjoint_units < FEWEST_UNITS:
        few = f"{rate.disjoint_units} of its {requirement.trials} share nobody"
        return INSUFFICIENT, f"Too few people: {few} where {FEWEST_UNITS} are wanted."
    if rate.high <= requirement.limit:
        return _verdict_below(rate, requirement)
    if rate.low > requirement.limit and rate.supported:
        return FAIL, f"The lower end {rate.low:.2g} is above the limit {requirement.limit:g}."
    if rate.low > requirement.limit:
        return INSUFFICIENT, f"The data cannot speak to rates below {rate.smallest_rate:.2g}."
    return INSUFFICIENT, f"The limit {requirement.limit:g} lies between {rate.low:.2g} and {rate.high:.2g}."


def _verdict_below(rate: Estimate, requirement: Requirement) -> tuple[str, str]:
    """Decide on a rate whose interval keeps the limit.

    One or two events show no spread between people. They pass only where none at all would, or
    one false match would pass where no false match leaves the question open.
    """
    none_seen = RULE_OF_THREE / rate.disjoint_units
    if rate.events and not rate.supported and none_seen > requirement.limit:
        few = f"Too few events, {rate.events}; with none, {rate.disjoint_units} units that share nobody"
        return INSUFFICIENT, f"{few} would leave rates up to {none_seen:.2g} possible."
    return PASS, f"The upper end {rate.high:.2g} keeps the limit {requirement.limit:g}."


def _search_verdict(one: SearchRates, operational: int | None) -> tuple[str, str]:
    """Decide on searches, and on whether the gallery was large enough to decide."""
    verdict, why = verdict_of(one.fpir, NIST_FPIR)
    searched = f"a gallery of {one.gallery_size:,}"
    if verdict == INSUFFICIENT:
        return verdict, why
    if operational is None:
        return INSUFFICIENT, f"Searched was {searched}; the size of the operational gallery is not stated."
    if one.gallery_size >= LEAST_GALLERY * operational:
        return verdict, f"{why} Searched was {searched}, {operational:,} operational."
    if verdict == FAIL:
        return FAIL, f"{why} Searched was only {searched}; the operational {operational:,} return no fewer."
    wanted = f"90 % of the operational {operational:,}"
    return INSUFFICIENT, f"Searched was only {searched}, less than {wanted}; a larger one returns more."


def _conclusion(
    requirement: Requirement, rows: Sequence[Check], *, nothing: str = "No group has all labels recorded."
) -> Check:
    """Conclude over the groups whose labels are all recorded."""
    known = [row for row in rows if NOT_RECORDED not in row.group]
    failed = [row.group for row in known if row.verdict == FAIL]
    undecided = [row.group for row in known if row.verdict == INSUFFICIENT]
    if not known:
        verdict, why = INSUFFICIENT, nothing if not rows else "No group has all labels recorded."
    elif failed:
        verdict, why = FAIL, f"{len(failed)} of {len(known)} groups fail: {'; '.join(failed)}."
    elif undecided:
        verdict = INSUFFICIENT
        why = f"{len(undecided)} of {len(known)} groups are undecided: {'; '.join(undecided)}."
    else:
        verdict, why = PASS, f"All {len(known)} groups pass."
    return _row(requirement, EVERY_GROUP, None, verdict, f"{why} {requirement.caveat}")


def _row(requirement: Requirement, group: str, rate: Estimate | None, verdict: str, why: str) -> Check:
    return Check(
        standard=requirement.standard,
        requirement=requirement.text,
        limit=requirement.limit,
        group=group,
        rate=rate,
        verdict=verdict,
        why=why,
    )
