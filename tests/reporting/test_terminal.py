"""The screen: nothing cut, nothing folded inside a number, SYNTHETIC loudly, unknown in words."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
from sample_result import REFERENCE, full_result, poor_result
from small_result import small_result

from facegate.reporting.terminal import show_result

if TYPE_CHECKING:
    from facegate.evaluation.result import BenchmarkResult

RESULT = small_result()


def printed(result: BenchmarkResult, *, width: int = 110, only: str | None = None) -> str:
    console = Console(file=io.StringIO(), width=width)
    console.print(show_result(result, only=only))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_synthetic_result_says_so_before_anything_else() -> None:
    assert (
        "SYNTHETIC: these vectors were drawn, no face was involved"
        in printed(RESULT).split("A small test")[0]
    )


def test_a_real_result_does_not_say_synthetic() -> None:
    assert "SYNTHETIC: " not in printed(small_result(synthetic=False))


def test_each_threshold_is_shown_under_the_name_that_adopts_it() -> None:
    text = printed(RESULT)
    assert "Threshold distance-0.6: distance 0.6 (score 0.4)" in text
    assert "Threshold fmr-1e-6:" in text


def test_one_threshold_can_be_shown_alone() -> None:
    text = printed(RESULT, only="distance-0.6")
    assert "Threshold distance-0.6:" in text
    assert "Threshold fmr-1e-6:" not in text


def test_a_group_of_one_person_is_unknown_and_named_as_silent() -> None:
    row = next(
        line for line in printed(RESULT).splitlines() if "M, race not recorded" in line and "unknown" in line
    )
    assert "unknown" in row
    assert "(nobody to compare)" in printed(RESULT)


def test_failures_to_enroll_stand_beside_the_photos() -> None:
    row = next(line for line in printed(RESULT).splitlines() if line.strip().startswith("everybody"))
    assert row.split()[1:5] == ["60", "120", "3", "(2.5"]


def test_the_restricted_run_is_shown_under_its_own_heading() -> None:
    assert "The same threshold, only people labeled by: synthetic." in " ".join(printed(RESULT).split())


def test_what_the_data_cannot_show_is_always_said() -> None:
    assert "What these data cannot show\n- Only a test." in printed(RESULT)


@pytest.mark.parametrize("width", [80, 110])
def test_no_number_is_cut_or_folded(width: int) -> None:
    text = printed(RESULT, width=width)
    assert "…" not in text
    for rates in RESULT.main.at[0].groups:
        if rates.fmr:
            assert f"{rates.fmr.trials:,}" in text


def words_of(result: BenchmarkResult) -> str:
    return " ".join(printed(result, width=80).split())


def with_groups(count: int) -> BenchmarkResult:
    """Repeat groups under new names until there are so many; rates rise with the number."""
    result = full_result()
    counts, ats = result.main.groups[0], []
    names = [f"group {place:02d}" for place in range(count)]
    for at in result.main.at:
        first = at.groups[0]
        groups = tuple(replace(first, group=name) for name in names)
        ats.append(replace(at, groups=groups, worst_group=names[-1], ratios=()))
    people = tuple(replace(counts, name=name) for name in names)
    return replace(result, main=replace(result.main, groups=people, at=tuple(ats)), sensitivity=())


def test_pairs_of_many_groups_are_not_forced_into_80_columns_but_named_where_they_are() -> None:
    assert "does not fit here: see tables/group_pairs.csv" in words_of(with_groups(48))
    assert "does not fit here" not in words_of(full_result())


def test_many_groups_are_whole_at_the_first_threshold_and_ten_at_the_others() -> None:
    text = words_of(with_groups(48))
    assert "The 10 groups with the highest rates that the data can speak to, of 48" in text
    assert len(full_result().main.at) > 1
    later = text.split("Threshold " + full_result().main.at[1].threshold.name + ":")[1]
    assert later.split("does not fit")[0].count("group 47") <= 3


def test_the_rate_on_held_out_people_stands_below_the_rate_in_sample() -> None:
    text = words_of(full_result())
    assert text.index("Out of 1,000,000") < text.index("Set on some people and measured on others (")


def test_the_worst_groups_ratio_stands_with_what_chance_alone_shows_and_searches_are_said() -> None:
    text = words_of(full_result())
    assert f"This is 6 times the rate for {REFERENCE} (between 4.1 and 8.8, 95 %)" in text
    assert "chance alone would show a ratio of up to 1.6" in text
    assert "In 10,000 searches for someone who is not in a gallery of 1,000 people" in text


def test_scores_that_name_nobody_are_said_to_give_ranges_that_are_too_narrow() -> None:
    assert "every range here is too narrow" in words_of(poor_result())


def test_only_what_was_found_in_the_input_is_said() -> None:
    result = full_result()
    found = [one for one in result.input.findings if one.count]
    assert words_of(result).count("Found in the input:") == len(found)


def test_scores_of_a_vendor_are_not_called_photos() -> None:
    result = full_result()
    given = replace(result, input=replace(result.input, kind="scores", findings=()), notes=(), question="")
    text = words_of(given)
    assert "photo" not in text
    assert "only scores were given, so failures to enroll are unknown" in text
