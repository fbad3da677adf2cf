"""Tables of a result as rows of named values: the one source of CSV files and of the screen.

Every column name carries its unit; what is not known is an empty field, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.result import AtThreshold, BenchmarkResult, GroupRates, Measurement
    from facegate.evaluation.subgroups import GroupCounts

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Value]


def tables_of(result: BenchmarkResult) -> dict[str, list[Row]]:
    """Make every table of a result.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    dict of str to list of dict
        ``groups`` (who), ``rates`` (by group and threshold), ``group_pairs`` (who is
        confused with whom), ``thresholds``.
    """
    measured = (result.main, *result.sensitivity)
    return {
        "thresholds": [_threshold_row(at, result) for at in result.main.at],
        "groups": [row for one in measured for row in group_rows(one)],
        "rates": [row for one in measured for at in one.at for row in rate_rows(one, at)],
        "group_pairs": [row for one in measured for at in one.at for row in pair_rows(one, at)],
    }


def group_rows(measured: Measurement) -> Iterator[Row]:
    """List who was measured, everybody first."""
    for counts in (measured.total, *measured.groups):
        yield {
            "included": measured.about,
            "group": counts.name,
            "people": counts.people,
            "people_enrolled": counts.people_enrolled,
            "photos": counts.photos,
            "failures_to_enroll": counts.failures,
            "label_sources": sources_text(counts),
        }


def rate_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List both error rates of everybody and of each group at one threshold."""
    counts = {group.name: group for group in (measured.total, *measured.groups)}
    for rates in (at.overall, *at.groups):
        yield {
            "included": measured.about,
            "threshold": at.threshold.name,
            "group": rates.group,
            "people": counts[rates.group].people,
            "photos": counts[rates.group].photos,
            "failures_to_enroll": counts[rates.group].failures,
            **_estimate_columns("fmr", "false_matches", "non_mated_comparisons", rates.fmr),
            **_false_match_details(rates),
            **_estimate_columns("fnmr", "false_non_matches", "mated_comparisons", rates.fnmr),
        }


def pair_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List the false match rate of every pair of groups at one threshold."""
    for pair in at.pairs:
        yield {
            "included": measured.about,
            "threshold": at.threshold.name,
            "group": pair.first,
            "other_group": pair.second,
            **_estimate_columns("fmr", "false_matches", "non_mated_comparisons", pair.fmr),
        }


def sources_text(counts: GroupCounts) -> str:
    """Write label sources with their people, such as ``human 20, classifier 48``."""
    return ", ".join(f"{source} {people:,}" for source, people in counts.label_sources.items())


def _threshold_row(at: AtThreshold, result: BenchmarkResult) -> Row:
    used = at.threshold
    return {
        "threshold": used.name,
        "score": used.score,
        result.provenance.metric.native_name: used.native,
        "basis": used.basis,
        "target_overall_fmr_per_comparison": used.target_fmr,
        "in_sample": used.in_sample,
        "unsupported": used.unsupported,
        "worst_group": at.worst_group,
    }


def _estimate_columns(rate: str, events: str, trials: str, found: Estimate | None) -> Row:
    """Spread an estimate over columns; empty where it is unknown."""
    return {
        events: found.events if found else None,
        trials: found.trials if found else None,
        f"{rate}_people": found.people if found else None,
        f"{rate}_per_comparison": found.estimate if found else None,
        f"{rate}_low_95": found.low if found else None,
        f"{rate}_high_95": found.high if found else None,
        f"{rate}_effective_comparisons": found.effective_trials if found else None,
        f"{rate}_disjoint_units": found.disjoint_units if found else None,
        f"{rate}_method": found.method if found else None,
    }


def _false_match_details(rates: GroupRates) -> Row:
    """Spread what else is known of a group's false matches."""
    bounds, few = rates.if_none_seen, rates.concentration
    return {
        "fmr_smallest_measurable": rates.fmr.smallest_rate if rates.fmr else None,
        "fmr_supported": rates.fmr.supported if rates.fmr else None,
        "fmr_bound_if_none_seen_independent_pairs": bounds.independent_trials if bounds else None,
        "fmr_bound_if_none_seen_disjoint_pairs": bounds.disjoint_units if bounds else None,
        "fmr_per_pair_of_people": rates.people_pair_rate,
        "share_of_most_involved_person": few.top_person if few else None,
        "share_of_most_involved_1_percent": few.top_people if few else None,
    }
