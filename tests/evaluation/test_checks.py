"""Requirements against groups: pass, fail, insufficient data, and nothing in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from small_rates import estimate, group

from facegate.errors import MeasurementError
from facegate.evaluation.checks import (
    FAIL,
    INSUFFICIENT,
    NIST_FMR,
    NIST_FNMR,
    PASS,
    rate_checks,
    requirement_checks,
    search_checks,
    verdict_of,
)
from facegate.evaluation.identification.result import SearchRates

if TYPE_CHECKING:
    from facegate.evaluation.rates import Estimate

LIMIT = NIST_FMR.limit
MEASURED = estimate(50, 1_000_000, people=2000)


def ends(low: float, high: float) -> Estimate:
    return replace(MEASURED, low=low, high=high)


def searched(
    group_name: str, fpir: Estimate | None, *, size: int = 9000, mix: str = "as the data"
) -> SearchRates:
    return SearchRates(mix, size, "t", 10, group_name, fpir, None, None, None)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.0, LIMIT, PASS),
        (0.5 * LIMIT, LIMIT * 1.001, INSUFFICIENT),
        (LIMIT, 2 * LIMIT, INSUFFICIENT),
        (LIMIT * 1.001, 2 * LIMIT, FAIL),
    ],
)
def test_the_whole_interval_must_lie_on_one_side(low: float, high: float, verdict: str) -> None:
    assert verdict_of(ends(low, high), NIST_FMR)[0] == verdict


def test_an_estimate_below_the_limit_does_not_pass_by_itself() -> None:
    found = estimate(5, 100_000, people=2000)
    assert found.estimate < LIMIT
    assert verdict_of(found, NIST_FMR) == (INSUFFICIENT, "The limit 0.0001 lies between 1.6e-05 and 0.00012.")


def test_nothing_seen_passes_where_people_enough_bound_it() -> None:
    assert verdict_of(replace(MEASURED, events=0, estimate=0.0, low=0.0, high=9e-5), NIST_FMR)[0] == PASS
    assert (
        verdict_of(replace(MEASURED, events=0, estimate=0.0, low=0.0, high=2e-4), NIST_FMR)[0] == INSUFFICIENT
    )


def test_few_people_decide_nothing_however_bad_the_rate() -> None:
    found = verdict_of(estimate(900, 1000, people=20), NIST_FMR)
    assert found == (INSUFFICIENT, "Too few people: 10 of its comparisons share nobody where 15 are wanted.")


def test_a_rate_that_the_data_cannot_speak_to_is_no_fail() -> None:
    found = replace(MEASURED, low=2 * LIMIT, high=9 * LIMIT, effective_trials=1000.0)
    assert not found.supported
    assert verdict_of(found, NIST_FMR)[0] == INSUFFICIENT


def conclusion(*rates: tuple[str, Estimate | None]) -> tuple[str, str]:
    last = rate_checks(NIST_FMR, rates)[-1]
    assert last.group == "every group"
    return last.verdict, last.why


GOOD, BAD, UNSURE = ends(0, LIMIT / 2), ends(2 * LIMIT, 3 * LIMIT), ends(0, 2 * LIMIT)


def test_all_groups_must_pass() -> None:
    assert conclusion(("A", GOOD), ("B", GOOD))[0] == PASS
    assert conclusion(("A", GOOD), ("B", UNSURE))[0] == INSUFFICIENT
    assert conclusion(("A", GOOD), ("B", None))[0] == INSUFFICIENT


def test_one_failing_group_fails_the_requirement_and_is_named() -> None:
    verdict, why = conclusion(("A", GOOD), ("B", BAD), ("C", None))
    assert verdict == FAIL
    assert why.startswith("1 of 3 groups fail: B.")


def test_people_of_no_known_group_have_a_row_and_no_part_in_the_conclusion() -> None:
    assert conclusion(("A", GOOD), ("race not recorded", BAD))[0] == PASS
    assert rate_checks(NIST_FMR, [("race not recorded", BAD)])[0].verdict == FAIL
    assert conclusion(("race not recorded", GOOD))[0] == INSUFFICIENT


def test_the_conclusion_says_what_the_standard_binds_and_how_it_was_read() -> None:
    why = conclusion(("A", GOOD))[1]
    assert "binds identity-proofing providers, not police searches" in why
    assert "not compared with the final publication" in why


@pytest.mark.parametrize(
    ("size", "operational", "verdict"),
    [(9000, 10_000, PASS), (8999, 10_000, INSUFFICIENT), (9000, None, INSUFFICIENT), (9000, 100, PASS)],
)
def test_a_low_fpir_counts_only_in_a_gallery_of_nearly_operational_size(
    size: int, operational: int | None, verdict: str
) -> None:
    low = ends(0, 5e-4)
    rows = search_checks(
        [searched("everybody", low, size=size), searched("A", low, size=size)], operational=operational
    )
    assert [(row.group, row.verdict) for row in rows] == [("A", verdict), ("every group", verdict)]


def test_a_small_gallery_is_said_to_be_small() -> None:
    row = search_checks([searched("A", ends(0, 5e-4), size=1000)], operational=27_000_000)[0]
    assert row.why == (
        "Searched was only a gallery of 1,000, less than 90 % of the operational 27,000,000; "
        "a larger one returns more."
    )


def test_a_high_fpir_in_a_small_gallery_is_a_fail_already() -> None:
    row = search_checks([searched("A", ends(0.2, 0.3), size=1000)], operational=27_000_000)[0]
    assert row.verdict == FAIL
    assert row.why.endswith("the operational 27,000,000 return no fewer.")


def test_without_searches_the_requirement_is_undecided_and_says_so() -> None:
    (row,) = search_checks([], operational=1000)
    assert (row.group, row.verdict) == ("every group", INSUFFICIENT)
    assert row.why.startswith("No searches were made.")


def test_searches_of_two_galleries_are_not_mixed() -> None:
    both = [searched("A", GOOD), searched("A", GOOD, mix="equal groups")]
    with pytest.raises(MeasurementError, match="one gallery at one threshold, got 2"):
        search_checks(both, operational=10_000)


def test_every_requirement_has_a_row_for_each_group_and_a_conclusion() -> None:
    groups = [group("A", MEASURED, estimate(5, 10_000, people=2000)), group("B", None)]
    overall = group("everybody", estimate(12, 100_000), None)
    rows = requirement_checks(groups, overall=overall, searches=[], operational=None)
    assert [(row.limit, row.group) for row in rows] == [
        *((1e-4, one) for one in ("A", "B", "every group")),
        *((1e-2, one) for one in ("A", "B", "every group")),
        (1e-3, "every group"),
        *((0.02, one) for one in ("A", "B", "every group")),
    ]


def test_virginias_rate_is_stated_with_its_fmr_and_with_what_it_leaves_out() -> None:
    groups = [group("A", ends(0.9, 1.0), estimate(5, 10_000, people=2000))]
    overall = group("everybody", estimate(12, 100_000), None)
    last = requirement_checks(groups, overall=overall, searches=[], operational=None)[-1]
    assert (last.standard, last.verdict) == ("Virginia Code 15.2-1723.2", PASS)
    assert last.requirement.endswith("at an overall FMR of 0.00012")
    assert "It says nothing about false matches" in last.why
    assert "not checked against the law's text" in last.why


def test_limits_are_those_of_the_standard() -> None:
    assert (NIST_FMR.limit, NIST_FNMR.limit) == (1 / 10_000, 1 / 100)


def test_one_event_never_passes_where_none_leaves_the_question_open() -> None:
    none, one = estimate(0, 1_000_000, people=2000), estimate(1, 1_000_000, people=2000)
    open_end = replace(none, low=0.0, high=3 / none.disjoint_units)
    assert verdict_of(open_end, NIST_FMR)[0] == INSUFFICIENT
    assert one.high < LIMIT
    verdict, why = verdict_of(one, NIST_FMR)
    assert verdict == INSUFFICIENT
    assert why.startswith("Too few events, 1; with none, 1000 units that share nobody")
    assert why.endswith("would leave rates up to 0.003 possible.")


def test_few_events_pass_where_none_would_pass_too() -> None:
    few = estimate(1, 10_000_000_000, people=200_000)
    assert verdict_of(few, NIST_FMR)[0] == PASS
