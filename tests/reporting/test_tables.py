"""Tables and CSV: full precision, empty where unknown, and adding up."""

from __future__ import annotations

import csv
import io

import pytest
from sample_result import full_result, poor_result
from small_result import small_result

from facegate.reporting.csv_files import csv_text
from facegate.reporting.tables import tables_of

RESULT = small_result()


def read(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(csv_text(tables_of(RESULT)[name]).splitlines()))


def test_every_table_has_rows_under_one_header() -> None:
    for rows in tables_of(RESULT).values():
        assert rows
        assert all(list(row) == list(rows[0]) for row in rows)


def test_an_unknown_rate_is_an_empty_field_and_never_zero() -> None:
    row = next(row for row in read("rates") if row["group"] == "M, race not recorded")
    assert (row["fmr_per_comparison"], row["false_matches"], row["fmr_people"]) == ("", "", "")


def test_floats_keep_every_digit() -> None:
    fmr = RESULT.main.at[0].overall.fmr
    assert fmr is not None
    assert float(read("rates")[0]["fmr_per_comparison"]) == fmr.estimate


def test_pairs_of_groups_add_up_to_everybody_in_the_files_too() -> None:
    chosen = [
        row
        for row in read("group_pairs")
        if (row["included"], row["threshold"]) == ("everybody", "distance-0.6")
    ]
    total = sum(int(row["non_mated_comparisons"]) for row in chosen if row["non_mated_comparisons"])
    assert total == RESULT.main.non_mated
    assert len(chosen) == 5 * 6 // 2


def test_thresholds_are_listed_with_their_marks() -> None:
    by_name = {row["threshold"]: row for row in read("thresholds")}
    assert (by_name["fmr-1e-6"]["in_sample"], by_name["fmr-1e-6"]["unsupported"]) == ("True", "True")
    assert by_name["distance-0.6"]["distance"] == "0.6"


def test_no_rows_make_no_text() -> None:
    assert csv_text([]) == ""


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_text_that_a_spreadsheet_would_run_is_marked_and_numbers_are_not(name: str) -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text([{"group": name, "score": -0.25}])))
    assert row == {"group": "'" + name, "score": "-0.25"}


FULL = tables_of(full_result())
ALL_TABLES = {
    "thresholds",
    "groups",
    "rates",
    "group_pairs",
    "concentration",
    "ladder",
    "ratios",
    "summaries",
    "nist_columns",
    "checks",
    "held_out",
    "det",
    "distributions",
    "galleries",
    "searches",
    "growth",
    "model",
    "index_recall",
    "input_files",
    "input_findings",
}


def test_every_part_of_a_result_has_its_table_and_an_absent_part_has_none() -> None:
    assert set(FULL) == ALL_TABLES
    assert set(tables_of(poor_result())) == {"thresholds", "groups", "rates", "group_pairs"}


@pytest.mark.parametrize("name", sorted(ALL_TABLES))
def test_rows_of_a_table_share_their_columns_and_every_rate_names_its_unit(name: str) -> None:
    rows = FULL[name]
    assert all(list(row) == list(rows[0]) for row in rows)
    for column in rows[0]:
        for rate in ("fmr", "fnmr", "fpir", "fnir"):
            assert column != rate, f"{name}.{column} says no unit"


def test_rates_of_searches_are_per_search_and_selectivity_counts_people() -> None:
    row = FULL["searches"][0]
    assert (row["fpir_per_search"], row["non_mated_searches"], row["fpir_effective_searches"]) == (
        0.052,
        1000,
        1000.0,
    )
    assert (row["sel_people_per_search"], row["wrong_people_returned"]) == (0.061, 61)
    assert row["fnir_per_search"] == 40 / 900


def test_an_undefined_summary_is_empty_and_says_why() -> None:
    row = next(row for row in FULL["summaries"] if row["summary"] == "FMR max / geometric mean")
    assert row["value"] is None
    assert row["undefined_because"] == "Asian F: 0 of 3,000 comparisons"
    assert row["null_median"] is None
    assert {row["part"] for row in FULL["summaries"]} == {"main", "appendix"}


def test_what_is_unknown_is_empty_in_every_table_and_never_zero() -> None:
    recall = next(row for row in FULL["index_recall"] if row["index"] == "hnsw")
    held = next(row for row in FULL["held_out"] if row["group"] == "F, race not recorded")
    ratio = next(row for row in FULL["ratios"] if row["group"] == "Asian F")
    assert (recall["recall_share"], held["fmr_per_comparison"], ratio["fmr_ratio"]) == (None, None, None)


def test_concentration_is_in_steps_of_five_percent_of_people() -> None:
    steps = [row["most_involved_people_percent"] for row in FULL["concentration"][:21]]
    assert steps == [5.0 * step for step in range(21)]


def test_sensitivity_rows_stand_beside_the_main_ones() -> None:
    assert {row["included"] for row in FULL["rates"]} == {"everybody", "only people labeled by: self-report"}
