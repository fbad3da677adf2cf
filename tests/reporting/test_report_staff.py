"""Page one: three sentences with ranges, what can be measured before any ratio, nothing invented."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sample_result import REFERENCE, SMALL, WORST, full_result, poor_result

from facegate.reporting.report.staff import first_page, three_sentences

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.result import BenchmarkResult
    from facegate.reporting.report.blocks import Section

RESULT = full_result()


def with_headline(at: AtThreshold) -> BenchmarkResult:
    return replace(RESULT, main=replace(RESULT.main, at=(at, *RESULT.main.at[1:])))


def sentences_of(section: Section) -> str:
    return " ".join(item for block in section.blocks for item in getattr(block, "items", ()))


def test_the_first_sentence_is_about_everybody_in_a_million_comparisons() -> None:
    first, _, _ = three_sentences(RESULT)
    assert first.startswith(
        "Out of 1,000,000 comparisons between two different people, the system would call"
    )
    assert "about 125 of them a match (between 105 and 149, 95 %)" in first


def test_the_worst_group_is_named_and_what_can_be_measured_stands_before_its_ratio() -> None:
    _, worst, _ = three_sentences(RESULT)
    reach = worst.index(
        f"cannot measure rates rarer than 1 in 6,670 for {WORST} and 1 in 6,670 for {REFERENCE}"
    )
    ratio = worst.index(f"This is 6 times the rate for {REFERENCE} (between 4.1 and 8.8, 95 %).")
    assert worst.index(WORST) < reach < ratio
    chance = "If all groups were alike, chance alone would show a ratio of up to 1.6 in 95 of 100 cases."
    assert worst.endswith(chance)


def test_the_third_sentence_is_about_searches_where_there_are_any() -> None:
    _, _, searches = three_sentences(RESULT)
    assert searches == (
        "In 10,000 searches for someone who is not in a gallery of 1,000 people, about 520 searches would "
        "return at least one wrong person (between 399 and 676, 95 %). An average search returns 0.061 wrong "
        "people (between 0.0407 and 0.0871; lists end at 20)."
    )


def test_the_third_sentence_is_about_misses_where_nothing_was_searched() -> None:
    _, _, misses = three_sentences(replace(RESULT, identification=None))
    assert misses.startswith("Of two photos of one person, the system would miss 3 % (1.72 to 5.17 %, 95 %")


def test_an_undefined_ratio_says_why() -> None:
    at = RESULT.main.at[0]
    broken = replace(at.ratios[0], value=None, undefined=f"{REFERENCE}: 0 of 80,000 comparisons")
    _, worst, _ = three_sentences(with_headline(replace(at, ratios=(broken,))))
    assert f"Its ratio to {REFERENCE} is undefined ({REFERENCE}: 0 of 80,000 comparisons)." in worst


def test_a_worst_group_that_is_the_reference_gets_highest_over_lowest_with_its_null() -> None:
    at = RESULT.main.at[0]
    itself = replace(at.ratios[0], reference=WORST, value=1.0)
    _, worst, _ = three_sentences(with_headline(replace(at, ratios=(itself,))))
    assert "It is itself the group that others are compared with." in worst
    assert "The highest group rate is 6 times the lowest (" in worst
    assert worst.endswith("chance alone would show a ratio of up to 1.6 in 95 of 100 cases.")


def test_a_reference_that_is_not_listed_among_the_ratios_is_the_reference_all_the_same() -> None:
    at = RESULT.main.at[0]
    others = tuple(replace(one, group=REFERENCE, reference=WORST) for one in at.ratios[:1])
    _, worst, _ = three_sentences(with_headline(replace(at, ratios=others)))
    assert "It is itself the group that others are compared with." in worst
    assert "No ratio to another group" not in worst


def test_what_the_data_cannot_show_names_silent_groups_marks_and_the_protocols_notes() -> None:
    said = sentences_of(first_page(RESULT)[2])
    for wanted in (
        "SYNTHETIC",
        "rarer than 1 in 333,000 for everybody",
        f"No rate of their own can be given for: {SMALL} (50 people, 0 seen)",
        "in-sample",
        "Cooperative photographs",
        "The largest gallery searched has 1,000 people, the one in use 27,000,000",
    ):
        assert wanted in said


def test_scores_that_name_nobody_are_said_to_give_ranges_that_are_too_narrow() -> None:
    assert "every range here is too narrow" in sentences_of(first_page(poor_result())[2])
    assert "every range here is too narrow" not in sentences_of(first_page(RESULT)[2])


def test_a_result_that_knows_nothing_says_unknown_three_times_and_no_number() -> None:
    said = three_sentences(poor_result())
    assert all("unknown" in sentence.lower() for sentence in said)
    assert not any(digit in "".join(said) for digit in "123456789")
