"""Tables and CSV: full precision, empty where unknown, and adding up."""

from __future__ import annotations

import csv

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
