"""Tables about differences between groups at one threshold: ladder, ratios, summaries, checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.rows import estimate_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold, Null, Summary
    from facegate.evaluation.result import Measurement
    from facegate.reporting.rows import Row


def ladder_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List the false match rate of strangers alike in more and more labels."""
    for rung in at.ladder:
        yield {
            **_where(measured, at),
            "alike_in": " ".join(rung.same),
            "labels_alike": len(rung.same),
            **estimate_columns("fmr", "false_matches", "non_mated_comparisons", rung.fmr),
        }


def summary_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List rates of many groups in one number, each with its null beside it."""
    for part, summaries in (("main", at.summaries), ("appendix", at.appendix)):
        for summary in summaries:
            yield {
                **_where(measured, at),
                "part": part,
                "summary": summary.name,
                "value": summary.value,
                "low_95": summary.low,
                "high_95": summary.high,
                "ideal_if_all_alike": summary.ideal,
                **_null_columns(summary.null),
                "undefined_because": summary.undefined,
                "groups_in_it": len(summary.groups),
                "groups": _joined(summary),
                "formula": summary.formula,
                "source": summary.source,
                "caution": summary.caution,
            }


def ratio_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List each group's false match rate over that of the reference group."""
    for ratio in at.ratios:
        yield {
            **_where(measured, at),
            "group": ratio.group,
            "reference_group": ratio.reference,
            "fmr_ratio": ratio.value,
            "low_95": ratio.low,
            "high_95": ratio.high,
            "by_chance_95_quantile": ratio.by_chance,
            "undefined_because": ratio.undefined,
        }


def nist_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List the columns of NIST's demographic table, computed from these groups."""
    for column in at.nist:
        yield {
            **_where(measured, at),
            "column": column.name,
            "value": column.value,
            "undefined_because": column.undefined,
        }


def check_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List requirements of standards and statutes held against each group."""
    for check in at.checks:
        yield {
            **_where(measured, at),
            "standard": check.standard,
            "requirement": check.requirement,
            "limit_rate": check.limit,
            "group": check.group,
            "verdict": check.verdict,
            "why": check.why,
            "events": check.rate.events if check.rate else None,
            "trials": check.rate.trials if check.rate else None,
            "rate": check.rate.estimate if check.rate else None,
            "low_95": check.rate.low if check.rate else None,
            "high_95": check.rate.high if check.rate else None,
        }


def held_out_rows(measured: Measurement, at: AtThreshold) -> Iterator[Row]:
    """List false match rates at thresholds that other people set; everybody first."""
    held = at.held_out
    if held is None:
        return
    named = [("everybody", held.overall), *((one.group, one.fmr) for one in held.groups)]
    for group, fmr in named:
        yield {
            **_where(measured, at),
            "group": group,
            "folds": held.folds,
            "seed": held.seed,
            "lowest_fold_threshold_score": held.lowest,
            "highest_fold_threshold_score": held.highest,
            "unsupported_folds": held.unsupported_folds,
            **estimate_columns("fmr", "false_matches", "non_mated_comparisons", fmr),
        }


def _where(measured: Measurement, at: AtThreshold) -> Row:
    return {"included": measured.about, "threshold": at.threshold.name}


def _null_columns(null: Null | None) -> Row:
    """Spread what chance alone shows over columns; empty where nothing was shuffled."""
    return {
        "null_median": null.median if null else None,
        "null_95_quantile": null.high if null else None,
        "null_p_value": null.p_value if null else None,
        "null_draws": null.draws if null else None,
        "null_draws_defined": null.defined if null else None,
    }


def _joined(summary: Summary) -> str:
    return "; ".join(summary.groups)
