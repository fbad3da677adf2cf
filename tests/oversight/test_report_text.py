"""The page of a report: 100 columns, aligned, what is not recorded said in words."""

from __future__ import annotations

from dataclasses import replace

from test_report_form import REPORT, TABLE

from facegate.oversight.report import Table
from facegate.oversight.report_text import cell_text, report_text

LONG = "A very long sentence that a legislator's staff will have to read to its end. " * 4


def test_no_line_is_longer_than_a_hundred_characters() -> None:
    wide = Table("t", LONG, ("a", *(f"column {n}" for n in range(8))), ((LONG, *range(8)),), (LONG,))
    page = report_text(replace(REPORT, title=LONG, authority=LONG, tables=(wide,), notes=(LONG,)))
    assert max(map(len, page.splitlines())) <= 100


def test_the_log_its_size_and_root_and_both_days_are_on_the_page() -> None:
    page = report_text(REPORT)
    assert "log facegate.example/told, its first 0 records" in page
    assert "00" * 32 in page
    assert "2024-01-01 to 2024-12-31, both days included, UTC" in page
    assert "sealed fields were read for it" in " ".join(page.split())


def test_a_zero_is_a_zero_and_what_is_missing_says_so() -> None:
    assert [cell_text(cell) for cell in (0, None, "<5", 12345)] == ["0", "not recorded", "<5", "12,345"]


def test_numbers_stand_under_each_other() -> None:
    table = replace(TABLE, rows=(("x", 3, 12345), ("total", 3, "<5")))
    lines = report_text(replace(REPORT, tables=(table,))).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("group"))
    assert len({len(line) for line in lines[at : at + 3]}) == 1


def test_an_empty_table_says_none() -> None:
    page = report_text(replace(REPORT, tables=(replace(TABLE, rows=()),)))
    assert "\nnone\n" in page


def test_text_from_elsewhere_has_no_power_over_a_terminal() -> None:
    assert "\x1b" not in report_text(replace(REPORT, title="a\x1b[2Jb"))
