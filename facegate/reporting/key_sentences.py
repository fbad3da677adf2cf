"""Sentences of page one that the screen says too: searches, the worst group's ratio, held-out people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import people_text, per_million, percent, rounded

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import AtThreshold, GroupRates, GroupRatio
    from facegate.evaluation.identification.result import Identification, SearchRates
    from facegate.evaluation.provenance import InputSummary

EVERYBODY = "everybody"
UNNAMED = (
    "The scores do not name the people they compare, so no range can allow for people who are compared "
    "often: every range here is too narrow."
)
MOST_NAMED = 6


def search_sentence(found: SearchRates) -> str:
    """Say what a search for somebody who is not enrolled returns."""
    if found.fpir is None:
        return "Searches for people who are not enrolled: unknown, because none was made."
    if found.fpir.events == 0:
        said = (
            f"None of {found.fpir.trials:,} searches for someone who is not in a gallery of "
            f"{found.gallery_size:,} people returned anybody; the true share is very likely below "
            f"{percent(found.fpir.high)}."
        )
    else:
        said = (
            f"In 10,000 searches for someone who is not in a gallery of {found.gallery_size:,} people, about "
            f"{_of_10k(found.fpir.estimate)} searches would return at least one wrong person (between "
            f"{_of_10k(found.fpir.low)} and {_of_10k(found.fpir.high)}, 95 %)."
        )
        if not found.fpir.supported:
            said += " That rests on too few people or searches to be quoted as a rate."
    if found.sel is None:
        return said
    return (
        f"{said} An average search returns {rounded(found.sel.mean)} wrong people (between "
        f"{rounded(found.sel.low)} and {rounded(found.sel.high)}; lists end at {found.limit:,})."
    )


def search_of(found: Identification | None, threshold: str, group: str) -> SearchRates | None:
    """Find the searches of one group in the operational gallery (or the first)."""
    if found is None or not found.mixes:
        return None
    mix = next((one for one in found.mixes if one.operational), found.mixes[0])
    wanted = (mix.name, threshold, group)
    return next((one for one in found.searches if (one.mix, one.threshold, one.group) == wanted), None)


def ratio_sentence(at: AtThreshold, ratio: GroupRatio | None) -> str:
    """Say the worst group's ratio, and what chance alone would show."""
    if ratio is None and at.ratios and at.ratios[0].reference == at.worst_group:
        return _spread(at)
    if ratio is None:
        return "No ratio to another group can be given."
    if ratio.group == ratio.reference:
        return _spread(at)
    if ratio.value is None:
        return f"Its ratio to {ratio.reference} is undefined ({ratio.undefined})."
    ends = "range unknown"
    if ratio.low is not None and ratio.high is not None:
        ends = f"between {rounded(ratio.low)} and {rounded(ratio.high)}, 95 %"
    said = f"This is {rounded(ratio.value)} times the rate for {ratio.reference} ({ends})."
    if ratio.by_chance is None:
        return f"{said} What chance alone would show is unknown."
    return f"{said} {_by_chance(ratio.by_chance)}"


def _by_chance(high: float) -> str:
    """Say what a ratio shows when people's labels are shuffled; its 95 % quantile is no limit."""
    return (
        f"If all groups were alike, chance alone would show a ratio of up to {rounded(high)} in 95 of 100 "
        "cases."
    )


def _spread(at: AtThreshold) -> str:
    """Say highest over lowest where the worst group is itself the reference."""
    said = "It is itself the group that others are compared with."
    found = next((one for one in at.summaries if "max / min" in one.name and one.value is not None), None)
    if found is None or found.value is None:
        return said
    ends = "range unknown"
    if found.low is not None and found.high is not None:
        ends = f"between {rounded(found.low)} and {rounded(found.high)}, 95 %"
    chance = "" if found.null is None else f" {_by_chance(found.null.high)}"
    return f"{said} The highest group rate is {rounded(found.value)} times the lowest ({ends}).{chance}"


def held_out_sentence(at: AtThreshold) -> str:
    """Say the rate on people who did not set the threshold; empty where nobody measured that."""
    held = at.held_out
    if held is None or held.overall is None:
        return ""
    found = held.overall
    said = f"Set on some people and measured on others ({held.folds:,} folds)"
    if not found.supported:
        return f"{said}: {found.events:,} false matches in {found.trials:,} comparisons, too few for a rate."
    return (
        f"{said}: {per_million(found.estimate)} false matches per million comparisons (between "
        f"{per_million(found.low)} and {per_million(found.high)}, 95 %)."
    )


def hidden_sentence(at: AtThreshold) -> str:
    """Name groups too small for a rate whose whole range lies above the worst group's rate.

    Without it the words "most often wrongly matched" would hide the people who are.
    """
    worst = next((one.fmr for one in at.groups if one.group == at.worst_group), None)
    if worst is None:
        return ""
    above = [one for one in at.groups if _above(one, worst.estimate)]
    if not above:
        return ""
    named = "; ".join(
        f"{one.group} ({one.fmr.events:,} of {one.fmr.trials:,} comparisons, {people_text(one.fmr.people)})"
        for one in above[:MOST_NAMED]
        if one.fmr
    )
    more = f"; and {len(above) - MOST_NAMED} more" if len(above) > MOST_NAMED else ""
    return f"Too few people for a rate, and yet their whole range lies above that: {named}{more}."


def _above(rates: GroupRates, rate: float) -> bool:
    return rates.fmr is not None and not rates.fmr.supported and rates.fmr.low > rate


def findings_of(given: InputSummary) -> tuple[str, ...]:
    """List what checking the input found, but for what was not found."""
    return tuple(f"{one.what}: {one.count:,} ({one.treated})" for one in given.findings if one.count)


def _of_10k(rate: float) -> str:
    return rounded(rate * 10_000)
