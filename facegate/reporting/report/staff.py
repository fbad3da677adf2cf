"""The first page: what was tested, the three sentences that matter, what the data cannot show.

Every number is an interval's or stands beside one; the smallest rate that the data can
measure is said before any ratio that depends on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.key_sentences import (
    EVERYBODY,
    UNNAMED,
    held_out_sentence,
    hidden_sentence,
    ratio_sentence,
    search_of,
    search_sentence,
)
from facegate.reporting.numbers import one_in
from facegate.reporting.report.blocks import Items, Section
from facegate.reporting.sentences import (
    SYNTHETIC,
    concentration_sentence,
    false_match_sentence,
    missed_sentence,
    of_photos,
    silent_groups,
    support_sentence,
    threshold_sentence,
    totals_sentence,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold, GroupRates, GroupRatio
    from facegate.evaluation.result import BenchmarkResult

ALWAYS = (
    "These are rates of the machine alone: no person reviewed the matches, and nobody tried to look like "
    "somebody else (zero effort). A gallery ten times larger gives up to ten times as many false "
    "candidates per search."
)
IN_SAMPLE = (
    "The threshold was set on the same people it was measured on (in-sample): that its own rate meets the "
    "target here is how it was chosen, not a finding, and says little about other people."
)
EXTRAPOLATED = (
    "The threshold's target is rarer than one false match in all comparisons made here: no observation "
    "supports it, it is an extrapolation."
)


def headline(result: BenchmarkResult) -> AtThreshold:
    """Choose the threshold that the first page speaks about: the first of the protocol."""
    return result.main.at[0]


def first_page(result: BenchmarkResult) -> tuple[Section, ...]:
    """Lay out the page that staff may quote from.

    Parameters
    ----------
    result : BenchmarkResult
        With at least one threshold.

    Returns
    -------
    tuple of Section
        What was tested, the three sentences, what the data cannot show.
    """
    at = headline(result)
    return (
        Section("tested", "What was tested", (Items(tuple(tested(result))),)),
        Section("sentences", "Three sentences to quote", (Items(three_sentences(result), numbered=True),)),
        Section("cannot", "What these data cannot show", (Items(tuple(cannot_show(result, at))),)),
    )


def tested(result: BenchmarkResult) -> Iterator[str]:
    """Say system, data, date, amount and threshold, one sentence each."""
    origin, at = result.provenance, headline(result)
    system = origin.embedder or "not named: only its scores were given"
    digest = f" (model digest {origin.embedder_digest[:12]})" if origin.embedder_digest else ""
    yield f"System: {system}{digest}."
    yield f"Data: {origin.dataset} (digest {origin.dataset_digest[:12]}). {_totals(result)}"
    tool = origin.versions.get("facegate", "of unknown version")
    yield f"Measured on {origin.measured_on} with facegate {tool}."
    yield f"{threshold_sentence(at.threshold, origin.metric.native_name)} Other thresholds are further down."


def _totals(result: BenchmarkResult) -> str:
    return totals_sentence(result.main, photos=of_photos(result.input.kind))


def three_sentences(result: BenchmarkResult) -> tuple[str, str, str]:
    """Say the three things that matter, each with its range.

    Returns
    -------
    tuple of str
        False matches overall; the worst group with its ratio; searches, or misses where
        nothing was searched.
    """
    at = headline(result)
    found = search_of(result.identification, at.threshold.name, EVERYBODY)
    photos = of_photos(result.input.kind)
    last = missed_sentence(at.overall, photos=photos) if found is None else search_sentence(found)
    return false_match_sentence(at.overall), worst_group_sentence(at), last


def worst_group_sentence(at: AtThreshold) -> str:
    """Name the group with the highest rate; what can be measured stands before the ratio."""
    worst = _rates_of(at, at.worst_group)
    if worst is None:
        return (
            "Worst group: unknown. No single group has data enough for a false match rate of its own at this "
            "threshold."
        )
    ratio = next((one for one in at.ratios if one.group == worst.group), None)
    compared = "" if ratio is None else _support_pair(at, ratio)
    named = f"Most often wrongly matched, where data are enough: {worst.group}."
    # what can be measured comes before the ratio that depends on it
    said = (
        named,
        compared or support_sentence(worst),
        false_match_sentence(worst),
        ratio_sentence(at, ratio),
        hidden_sentence(at),
    )
    return " ".join(part for part in said if part)


def cannot_show(result: BenchmarkResult, at: AtThreshold) -> Iterator[str]:
    """List what nobody may conclude from this result."""
    if result.provenance.synthetic:
        yield SYNTHETIC
    if support := support_sentence(at.overall):
        yield support
    if silent := silent_groups(at):
        yield f"No rate of their own can be given for: {'; '.join(silent)}. That is unknown, not zero."
    if at.threshold.in_sample:
        yield f"{IN_SAMPLE} {held_out_sentence(at)}".strip()
    if at.threshold.unsupported:
        yield EXTRAPOLATED
    if not result.input.people_named:
        yield UNNAMED
    if few := concentration_sentence(at.overall):
        yield f"A rate is an average. {few}"
    yield from result.notes
    yield ALWAYS
    yield from _gallery_reach(result)


def _gallery_reach(result: BenchmarkResult) -> Iterator[str]:
    """Say how far the galleries searched are from the one in use."""
    if result.identification is None:
        yield "No gallery was searched, so nothing here is measured per search."
        return
    largest = max((mix.size for mix in result.identification.mixes), default=0)
    wanted = result.method.operational_gallery
    if wanted is not None and largest < wanted:
        yield (
            f"The largest gallery searched has {largest:,} people, the one in use {wanted:,}: rates at that "
            "size are a model, not a measurement."
        )


def _support_pair(at: AtThreshold, ratio: GroupRatio) -> str:
    """Say the smallest rate that can be measured in both groups of a ratio."""
    pair = (_rates_of(at, ratio.group), _rates_of(at, ratio.reference))
    known = [one for one in pair if one is not None and one.fmr is not None]
    reach = " and ".join(
        f"{one_in(one.fmr.smallest_rate)} for {one.group}"
        for one in dict.fromkeys(known)
        if one.fmr is not None
    )
    return f"Our data cannot measure rates rarer than {reach}." if reach else ""


def _rates_of(at: AtThreshold, group: str | None) -> GroupRates | None:
    return next((rates for rates in at.groups if rates.group == group), None)
