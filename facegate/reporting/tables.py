"""Tables of a result as rows of named values: the one source of the CSV files.

Every column name carries its unit; what is not known is an empty field, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.difference_tables import (
    check_rows,
    held_out_rows,
    ladder_rows,
    nist_rows,
    ratio_rows,
    summary_rows,
)
from facegate.reporting.rows import Row, Value, estimate_columns
from facegate.reporting.search_tables import search_tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.evaluation.group_rates import AtThreshold, GroupRates
    from facegate.evaluation.result import BenchmarkResult, Measurement
    from facegate.evaluation.subgroups import GroupCounts

__all__ = ["Row", "Value", "group_rows", "pair_rows", "rate_rows", "sources_text", "tables_of"]


def tables_of(result: BenchmarkResult) -> dict[str, list[Row]]:
    """Make every table of a result.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    dict of str to list of dict
        Only tables that have rows. ``thresholds``; ``groups`` (who), ``rates`` (by group and
        threshold), ``group_pairs`` (who is confused with whom), ``concentration``; ``ladder``,
        ``ratios``, ``summaries``, ``nist_columns``, ``checks``, ``held_out``; ``det``,
        ``distributions``; ``galleries``, ``searches``, ``growth``, ``model``,
        ``index_recall``; ``input_files``, ``input_findings``.
    """
    tables: dict[str, list[Row]] = {
        "thresholds": [_threshold_row(at, result) for at in result.main.at],
        "groups": [row for one in _measured(result) for row in group_rows(one)],
        "rates": _everywhere(result, rate_rows),
        "group_pairs": _everywhere(result, pair_rows),
        "concentration": _everywhere(result, concentration_rows),
        "ladder": _everywhere(result, ladder_rows),
        "ratios": _everywhere(result, ratio_rows),
        "summaries": _everywhere(result, summary_rows),
        "nist_columns": _everywhere(result, nist_rows),
        "checks": _everywhere(result, check_rows),
        "held_out": _everywhere(result, held_out_rows),
        "det": [row for one in _measured(result) for row in det_rows(one)],
        "distributions": [row for one in _measured(result) for row in distribution_rows(one)],
        **search_tables(result.identification, result.main),
        "input_files": [{"file": name, "sha256": digest} for name, digest in result.input.files.items()],
        "input_findings": [
            {"checked_for": found.what, "found_count": found.count, "treated": found.treated}
            for found in result.input.findings
        ],
    }
    return {name: rows for name, rows in tables.items() if rows}


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
            **estimate_columns("fmr", "false_matches", "non_mated_comparisons", rates.fmr),
            **_false_match_details(rates),
            **estimate_columns(
                "fmr_against_everybody",
                "false_matches_against_everybody",
                "non_mated_comparisons_against_everybody",
                rates.against_everybody,
            ),
            **estimate_columns("fnmr", "false_non_matches", "mated_comparisons", rates.fnmr),
        }


def pair_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List the false match rate of every pair of groups at one threshold."""
    for pair in at.pairs:
        yield {
            "included": measured.about,
            "threshold": at.threshold.name,
            "group": pair.first,
            "other_group": pair.second,
            **estimate_columns("fmr", "false_matches", "non_mated_comparisons", pair.fmr),
        }


def concentration_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List what share of false matches involves the most involved people, in steps of 5 %."""
    for rates in (at.overall, *at.groups):
        if rates.concentration is None:
            continue
        steps = len(rates.concentration.curve) - 1
        for step, share in enumerate(rates.concentration.curve):
            yield {
                "included": measured.about,
                "threshold": at.threshold.name,
                "group": rates.group,
                "most_involved_people_percent": 100 * step / steps,
                "share_of_false_matches": share,
            }


def det_rows(measured: Measurement) -> Iterator[Row]:
    """List both error rates over thresholds (detection error trade-off)."""
    for curve in measured.det:
        for score, fmr, fnmr in zip(curve.scores, curve.fmr, curve.fnmr, strict=True):
            yield {
                "included": measured.about,
                "group": curve.group,
                "threshold_score": score,
                "fmr_per_comparison": fmr,
                "fnmr_per_comparison": fnmr,
            }


def distribution_rows(measured: Measurement) -> Iterator[Row]:
    """List how many comparisons have scores in each bin."""
    for one in measured.distributions:
        bins = zip(one.edges[:-1], one.edges[1:], one.non_mated, one.mated, strict=True)
        for low, high, non_mated, mated in bins:
            yield {
                "included": measured.about,
                "group": one.group,
                "score_from": low,
                "score_below": high,
                "non_mated_comparisons": non_mated,
                "mated_comparisons": mated,
            }


def sources_text(counts: GroupCounts) -> str:
    """Write label sources with their people, such as ``human 20, classifier 48``."""
    return ", ".join(f"{source} {people:,}" for source, people in counts.label_sources.items())


def _measured(result: BenchmarkResult) -> tuple[Measurement, ...]:
    return (result.main, *result.sensitivity)


def _everywhere(
    result: BenchmarkResult, rows: Callable[[Measurement, AtThreshold], Iterator[Row]]
) -> list[Row]:
    """Make the rows of every population at every threshold."""
    return [row for one in _measured(result) for at in one.at for row in rows(one, at)]


def _threshold_row(at: AtThreshold, result: BenchmarkResult) -> Row:
    used = at.threshold
    return {
        "threshold": used.name,
        "score": used.score,
        result.provenance.metric.native_name: used.native,
        "policy": used.policy,
        "basis": used.basis,
        "target_rate": used.target,
        "score_low_95": used.low,
        "score_high_95": used.high,
        "in_sample": used.in_sample,
        "unsupported": used.unsupported,
        "worst_group": at.worst_group,
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
        "people_in_most_involved_1_percent": few.n_top_people if few else None,
    }
