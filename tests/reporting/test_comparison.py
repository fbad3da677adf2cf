"""Two runs side by side on the screen and as CSV."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hand_made_runs import a_run, estimate, rates, searches
from rich.console import Console, RenderableType

from facegate.evaluation.side_by_side.bound_checks import judge
from facegate.evaluation.side_by_side.bounds import parse_bound
from facegate.evaluation.side_by_side.runs import SideBySide, SideOfRun, compare_runs
from facegate.reporting.comparison import (
    comparison_rows,
    judged_rows,
    show_comparison,
    show_judged,
    verdict_sentence,
)
from facegate.reporting.csv_files import csv_text

HOSTILE = "=cmd()[bold] <b>"


def printed(shown: RenderableType, *, width: int = 100) -> str:
    screen = io.StringIO()
    Console(width=width, file=screen, color_system=None).print(shown)
    return screen.getvalue()


def flat(shown: RenderableType, *, width: int = 100) -> str:
    return " ".join(printed(shown, width=width).split())


def compared(*, black_f: int = 400, hostile: bool = False) -> SideBySide:
    a = a_run(identification=searches("distance-0.6"))
    b = a_run(black_f=estimate(black_f, 10_000), identification=searches("distance-0.6", events=80))
    if hostile:
        a = a_run(groups=(rates(HOSTILE, estimate(5, 100)),))
        b = a
    return compare_runs(SideOfRun("old", a, "distance-0.6"), SideOfRun("new", b, "distance-0.6"))


@pytest.mark.parametrize("width", [80, 100])
def test_every_line_fits_and_names_the_group(width: int) -> None:
    lines = printed(show_comparison(compared()), width=width).splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    assert sum(line.startswith(" Black F") for line in lines) == 6
    assert sum(line.startswith(" everybody") for line in lines) == 6


def test_a_rate_stands_with_both_ranges_its_difference_and_its_ratio() -> None:
    shown = printed(show_comparison(compared()))
    (row,) = [line.split() for line in shown.splitlines() if line.startswith(" Black F") and "20,000" in line]
    assert row == ["Black", "F", "20,000", "40,000", "+20,000", "x", "2", "higher"]
    assert "1.69 to 2.36" in shown


def test_a_change_that_rests_on_too_few_is_marked_as_a_hint() -> None:
    a = a_run(black_f=estimate(20, 20, people=8))
    b = a_run(black_f=estimate(1, 20, people=8))
    made = compare_runs(SideOfRun("old", a, "distance-0.6"), SideOfRun("new", b, "distance-0.6"))
    shown = flat(show_comparison(made))
    assert "x 0.05 lower†" in shown
    assert "what is said of it is a hint, no finding" in shown


def test_what_is_unknown_and_why_there_is_no_ratio_is_said() -> None:
    shown = flat(show_comparison(compared()))
    assert "FMR, F, race not recorded: no ratio: none in 3 in A and none in 3 in B." in shown
    assert "unknown unknown unknown unknown unknown" in shown
    assert "† too few people or events" in shown


def test_a_rate_that_neither_run_knows_is_one_line() -> None:
    groups = (rates("Black F", estimate(5, 100)),)
    run = a_run(groups=groups)
    overall = replace(run.main.at[0].overall, fnmr=None)
    run = replace(run, main=replace(run.main, at=(replace(run.main.at[0], overall=overall),)))
    side = SideOfRun("one", run, "distance-0.6")
    assert "in percent: unknown in both runs." in flat(show_comparison(compare_runs(side, side)))


def test_the_same_data_and_many_comparisons_carry_their_warning() -> None:
    shown = flat(show_comparison(compared()))
    assert "Both runs are of the same photos." in shown
    assert "With 17 comparisons of groups and rates, about 0.85 would seem to differ" in shown


def test_a_group_s_name_is_never_read_as_markup_nor_run_by_a_spreadsheet() -> None:
    made = compared(hostile=True)
    assert "=cmd()[bold]" in printed(show_comparison(made))
    rows = list(csv.DictReader(io.StringIO(csv_text(comparison_rows(made)))))
    assert {row["group"] for row in rows} == {"everybody", "'" + HOSTILE}


def test_the_csv_has_every_rate_with_full_digits_and_empty_where_unknown() -> None:
    rows = list(csv.DictReader(io.StringIO(csv_text(comparison_rows(compared())))))
    found = {(row["rate"], row["group"]): row for row in rows}
    assert found["fmr", "Black F"]["ratio"] == "2.0"
    assert found["fpir", "Black F"]["gallery_size"] == "1000"
    unknown = found["fnmr", "F, race not recorded"]
    assert (unknown["a_value"], unknown["ratio"], unknown["undefined"]) == ("", "", "unknown in A and B")
    assert {row["rate"] for row in rows} == {"fmr", "fnmr", "fpir", "fnir", "sel", "fte"}


def test_bounds_are_shown_with_number_range_verdict_and_reason() -> None:
    side = compared().second
    judged = [
        one for text in ("fmr[Black F] > 1e-3", "fmr[*] > 0.5") for one in judge(parse_bound(text), side)
    ]
    shown = flat(show_judged(judged))
    assert "fmr[Black F] > 0.001 Black F 0.04 0.0363 to 0.044 broken" in shown
    assert "unknown counts as broken. 0 in 3 is too little to tell" in shown
    assert "4 checks of bounds: 1 broken, 1 unknown (counts as broken), 2 hold." in shown
    assert verdict_sentence(judged[1:2]) == "1 check of bounds: all hold."


def test_verdicts_as_csv_say_which_stop_the_build() -> None:
    (row,) = judged_rows(judge(parse_bound("fmr[Black F] > 1e-3"), compared().second))
    assert (row["verdict"], row["stops_the_build"], row["value"], row["limit"]) == (
        "broken",
        True,
        0.04,
        1e-3,
    )
