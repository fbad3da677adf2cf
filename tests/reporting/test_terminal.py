"""The screen: nothing cut, nothing folded inside a number, SYNTHETIC loudly, unknown in words."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from rich.console import Console
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
