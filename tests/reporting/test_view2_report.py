"""The ten-fold result on the screen and in its tables."""

from __future__ import annotations

import io

from rich.console import Console

from facegate.decision import Metric
from facegate.evaluation.provenance import Provenance
from facegate.evaluation.view2_result import View2Fold, View2Measurement, View2Result
from facegate.reporting.view2 import show_view2, view2_tables

FOLDS = (View2Fold(0.4, 0.6, 600, 590, 4, 6, 5, 3, 588), View2Fold(0.4, 0.6, 600, 600, 0, 0, 0, 0, 600))
ONE = View2Measurement("plain", True, 0, 1500, 4, FOLDS, 0.9916667, 0.0117851, 0.0083333, 0.9941423)  # noqa: FBT003  fields in order
ORIGIN = Provenance(
    dataset="lfw",
    dataset_digest="d" * 64,
    synthetic=False,
    embedder="dlib",
    embedder_digest="e" * 64,
    metric=Metric.EUCLIDEAN,
    protocol_digest="p",
    command="facegate benchmark run v.toml",
    measured_on="2026-01-02",
    seed=None,
    versions={},
)
RESULT = View2Result("v", "Ten folds", "How often?", ("Not a search.",), ORIGIN, (ONE,))


def test_the_share_its_spread_and_what_failures_cost_are_shown() -> None:
    console = Console(file=io.StringIO(), width=110)
    console.print(show_view2(RESULT))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    for word in ("0.9917", "(sd 0.0118)", "4 of 1,500", "0.9941", "- Not a search."):
        assert word in text


def test_tables_have_a_row_a_variant_and_a_row_a_fold() -> None:
    tables = view2_tables(RESULT)
    assert (tables["variants"][0]["false_matches"], tables["variants"][0]["pairs"]) == (4, 1200)
    assert [row["correct"] for row in tables["folds"]] == [590, 600]


def test_it_survives_json_to_the_last_bit() -> None:
    assert View2Result.from_json(RESULT.to_json(), name="x") == RESULT
