"""The LFW ten-fold result on the screen and as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from facegate.reporting.sentences import provenance_sentence
from facegate.reporting.terminal import plain_table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.view2_result import View2Measurement, View2Result
    from facegate.reporting.tables import Row


def show_view2(result: View2Result) -> Group:
    """Lay the result out for the terminal."""
    table = plain_table(
        "Right decisions on pairs the threshold never saw", "variant", "photos without\ntemplate",
        "right decisions\n(spread of folds)", "false\nmatches", "missed", "missed for want\nof a template",
        "right, both\ntemplates there",
    )  # fmt: skip
    for one in result.variants:
        table.add_row(*_cells(one))
    return Group(
        Text(result.title, style="bold"),
        Text(result.question),
        Text(provenance_sentence(result.provenance)),
        Text(""),
        table,
        Text("A pair with a photo that gave no template counts as a non-match: wrong if it is one person."),
        *(Text(f"- {note}") for note in result.notes),
    )


def view2_tables(result: View2Result) -> dict[str, list[Row]]:
    """Make the tables of the result: one row a variant, and one row a fold."""
    return {
        "variants": [_variant_row(one) for one in result.variants],
        "folds": [row for one in result.variants for row in _fold_rows(one)],
    }


def _cells(one: View2Measurement) -> Iterator[str]:
    yield one.name
    yield f"{one.failures:,} of {one.photos:,}"
    yield f"{one.correct_share:.4f}\n(sd {one.standard_deviation:.4f})"
    yield f"{sum(fold.false_matches for fold in one.folds):,}"
    yield f"{sum(fold.false_non_matches for fold in one.folds):,}"
    yield f"{sum(fold.mated_pairs_with_failure for fold in one.folds):,}"
    yield f"{one.correct_share_without_failures:.4f}"


def _variant_row(one: View2Measurement) -> Row:
    return {
        "variant": one.name,
        "cnn_fallback": one.fallback,
        "jittered_copies": one.jitter,
        "photos": one.photos,
        "failures_to_enroll": one.failures,
        "pairs": sum(fold.pairs for fold in one.folds),
        "pairs_with_failure": sum(fold.pairs_with_failure for fold in one.folds),
        "correct_share": one.correct_share,
        "standard_deviation_over_folds": one.standard_deviation,
        "standard_error": one.standard_error,
        "false_matches": sum(fold.false_matches for fold in one.folds),
        "false_non_matches": sum(fold.false_non_matches for fold in one.folds),
        "mated_pairs_with_failure": sum(fold.mated_pairs_with_failure for fold in one.folds),
        "correct_share_without_failures": one.correct_share_without_failures,
    }


def _fold_rows(one: View2Measurement) -> Iterator[Row]:
    for number, fold in enumerate(one.folds, 1):
        yield {
            "variant": one.name,
            "fold": number,
            "threshold_score": fold.score,
            "threshold_native": fold.native,
            "pairs": fold.pairs,
            "correct": fold.correct,
            "false_matches": fold.false_matches,
            "false_non_matches": fold.false_non_matches,
            "pairs_with_failure": fold.pairs_with_failure,
            "mated_pairs_with_failure": fold.mated_pairs_with_failure,
        }
