"""Plain sentences, filled only from counts and intervals that the result holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import one_in, people_text, per_million, percent, rounded

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import AtThreshold, GroupRates, UsedThreshold
    from facegate.evaluation.provenance import Provenance
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.result import Measurement

SYNTHETIC = (
    "SYNTHETIC: these vectors were drawn, no face was involved. Nothing here is about any real person."
)


def who(group: str) -> str:
    """Name the people of a group inside a sentence."""
    return "" if group == "everybody" else f" of the same group ({group})"


def false_match_sentence(rates: GroupRates) -> str:
    """Say what the false match rate of a group means, or why it cannot be said.

    Parameters
    ----------
    rates : GroupRates
        Of one group or of everybody.

    Returns
    -------
    str
        One sentence, with the range beside the number.
    """
    fmr = rates.fmr
    if fmr is None or rates.if_none_seen is None:
        return (
            f"Two different people{who(rates.group)}: unknown, because there are no two of them to compare."
        )
    if fmr.events == 0:
        bounds = rates.if_none_seen
        return (
            f"Two different people{who(rates.group)}: none called a match in {fmr.trials:,} comparisons; the "
            f"true number is very likely below {per_million(bounds.disjoint_units)} per million (below "
            f"{per_million(bounds.independent_trials)} if comparisons that share a person were independent)."
        )
    if not fmr.supported:
        return (
            f"Two different people{who(rates.group)}: {fmr.events:,} of {fmr.trials:,} comparisons were "
            "called a match, too few of them or too few people to give a rate; it is likely below "
            f"{per_million(fmr.high)} per million."
        )
    return (
        f"Out of 1,000,000 comparisons between two different people{who(rates.group)}, the system would "
        f"call about {per_million(fmr.estimate)} of them a match (between {per_million(fmr.low)} and "
        f"{per_million(fmr.high)}, 95 %)."
    )


def of_photos(kind: str) -> bool:
    """Say whether an input of this kind is of photos or templates, rather than scores made elsewhere."""
    return kind not in {"scores", "matrix"}


def missed_sentence(rates: GroupRates, *, photos: bool = True) -> str:
    """Say how often one person is not matched with themselves, or that it is unknown.

    Parameters
    ----------
    rates : GroupRates
        Of one group or of everybody.
    photos : bool
        Off where only scores were given, which say nothing about photos.
    """
    fnmr = rates.fnmr
    if not photos:
        return _missed_score(rates)
    if fnmr is None:
        return f"Two photos of one person{who(rates.group)}: unknown, because nobody has two templates."
    return (
        f"Of two photos of one person{who(rates.group)}, the system would miss {percent(fnmr.estimate)} "
        f"({range_of(fnmr)}, 95 %; {people_text(fnmr.people)} with two or more photos). Photos without a "
        "template are not counted here."
    )


def _missed_score(rates: GroupRates) -> str:
    """Say the same of scores made elsewhere."""
    said, fnmr = f"Comparisons of one person with themselves{who(rates.group)}", rates.fnmr
    if fnmr is None:
        return f"{said}: unknown, because none was given."
    return (
        f"{said}: the system would miss {percent(fnmr.estimate)} of them ({range_of(fnmr)}, 95 %; "
        f"{people_text(fnmr.people)}). Failures to enroll are not in the scores and not counted here."
    )


def range_of(estimate: Estimate) -> str:
    """Write an interval in percent."""
    return f"{rounded(estimate.low * 100)} to {percent(estimate.high)}"


def support_sentence(rates: GroupRates) -> str:
    """Say which rates are too rare for the data of a group; empty where there is no estimate."""
    if rates.fmr is None:
        return ""
    limit = one_in(rates.fmr.smallest_rate)
    return f"Our data cannot measure rates rarer than {limit} for {rates.group}."


def worst_sentence(at: AtThreshold) -> str:
    """Name the group with the highest rate, with its range."""
    found = next((rates for rates in at.groups if rates.group == at.worst_group), None)
    if found is None:
        return "No single group has data enough for a false match rate of its own at this threshold."
    return f"Most often wrongly matched, where data are enough: {found.group}. {false_match_sentence(found)}"


def silent_groups(at: AtThreshold) -> tuple[str, ...]:
    """Name the groups whose false match rate the data cannot speak to."""
    return tuple(
        f"{rates.group} ({_people(rates.fmr)})"
        for rates in at.groups
        if rates.fmr is None or not rates.fmr.supported
    )


def concentration_sentence(rates: GroupRates) -> str:
    """Say how few people carry the false matches; empty where there are none."""
    found = rates.concentration
    if found is None:
        return ""
    if found.n_top_people == 1:
        return f"One single person has part in {percent(found.top_person)} of all false matches."
    people = f"{found.n_top_people:,} people"
    return (
        f"The most involved 1 % ({people}) have part in {percent(found.top_people)} of all false matches, "
        f"one single person in {percent(found.top_person)}."
    )


def threshold_sentence(used: UsedThreshold, native_name: str) -> str:
    """Say where the line is drawn and how it was set."""
    marks = " Its own rate is not a forecast for other people." if used.in_sample else ""
    marks += (
        " No observation supports it: the target is rarer than one in all comparisons." * used.unsupported
    )
    where = f"{native_name} {used.native:.6g}"
    basis = used.basis.removeprefix(f"{where}, ")
    if native_name != "score":
        where += f" (score {used.score:.6g})"
    return f"Threshold {used.name}: {where}, {basis}.{marks}"


def totals_sentence(measured: Measurement, *, photos: bool = True) -> str:
    """Say how much was compared, and what failed before it could be.

    Parameters
    ----------
    measured : Measurement
        One population.
    photos : bool
        Off where only scores were given, which say nothing about photos.
    """
    total = measured.total
    if not photos:
        people = f"{total.people:,} people" if total.people else "People are not named"
        return (
            f"{people}; only scores were given, so failures to enroll are unknown. {measured.non_mated:,} "
            f"comparisons of two different people, {measured.mated:,} of one person with themselves."
        )
    compared = (
        f"{measured.non_mated:,} comparisons of two different people, {measured.mated:,} of two photos of "
        "one person."
    )
    if total.photos == 0:
        return f"No photos are named, so failures to enroll are unknown. {compared}"
    return (
        f"{total.people:,} people, {total.photos:,} photos; {total.failures:,} photos "
        f"({percent(total.failures / total.photos)}) gave no template. {compared}"
    )


def provenance_sentence(origin: Provenance) -> str:
    """Say what was measured, on what, with what, when."""
    embedder = f"{origin.embedder} ({origin.embedder_digest[:12]})"
    if not origin.embedder_digest:
        embedder = f"{origin.embedder or 'not named'} (only scores were given: nobody can say which model)"
    return (
        f"Data: {origin.dataset} ({origin.dataset_digest[:12]}). Embedder: {embedder}. Measured "
        f"{origin.measured_on} with facegate {origin.versions.get('facegate', UNKNOWN_VERSION)}."
    )


UNKNOWN_VERSION = "of unknown version"


def _people(fmr: Estimate | None) -> str:
    return "nobody to compare" if fmr is None else f"{people_text(fmr.people)}, {fmr.events:,} seen"
