"""Bounds as texts, and held against runs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hand_made_runs import MIX, a_run, estimate, rates, searches
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.evaluation.side_by_side.bound_checks import Judged, Verdict, find_group, judge
from facegate.evaluation.side_by_side.bounds import Bound, parse_bound
from facegate.evaluation.side_by_side.runs import SideOfRun

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import GroupRates
    from facegate.evaluation.identification.result import Identification
    from facegate.evaluation.rates import Estimate


def b_side(
    *,
    black_f: Estimate | None = None,
    groups: tuple[GroupRates, ...] | None = None,
    identification: Identification | None = None,
) -> SideOfRun:
    run = a_run(black_f=black_f, groups=groups, identification=identification)
    return SideOfRun("b", run, "distance-0.6")


def verdict(text: str, *, black_f: Estimate | None = None) -> Verdict:
    (found,) = judge(parse_bound(text), b_side(black_f=black_f))
    return found.verdict


def judged(text: str, second: SideOfRun, first: SideOfRun | None = None) -> Judged:
    (found,) = judge(parse_bound(text), second, first)
    return found


@st.composite
def bounds(draw: st.DrawFn) -> Bound:
    side = draw(st.sampled_from(["a", "b", "diff", "ratio"]))
    rate = draw(st.sampled_from(["fmr", "fnmr", "fpir", "fnir", "sel", "fte"]))
    literal = draw(st.booleans())
    plain = st.sampled_from(["everybody", "*", "Black,F", "F, race not recorded", "White M"])
    return Bound(
        side=side,
        rate=rate,
        part=draw(st.sampled_from(["", "low", "high"])),
        group=draw(st.text(min_size=1, max_size=12)) if literal else draw(plain),
        literal=literal,
        threshold="" if rate == "fte" else draw(st.text(max_size=12)),
        comparator=draw(st.sampled_from([">", ">=", "<", "<="])),
        limit=draw(st.floats(0.001, 0.9)),
    )


@given(bounds())
@settings(max_examples=300, deadline=None)
def test_a_bound_written_and_read_is_the_same(bound: Bound) -> None:
    assert parse_bound(str(bound)) == bound


@given(st.text(max_size=60) | st.text(alphabet='abdfmnrpistelow.[]"@*,<>= 019e-+\\', max_size=40))
@settings(max_examples=500, deadline=None)
def test_any_text_is_a_bound_or_one_sentence(text: str) -> None:
    said: str | Bound
    try:
        said = parse_bound(text)
    except InputError as error:
        said = str(error)
    assert "\n" not in said if isinstance(said, str) else parse_bound(str(said)) == said


def test_blanks_case_and_everybody_may_be_left_to_the_reader() -> None:
    assert parse_bound(" FMR >1e-3") == parse_bound("b.fmr [ everybody ]  > 0.001")
    assert str(parse_bound("diff . fnmr . high[Black,F]@fmr-1e-3>=-.5")) == (
        "diff.fnmr.high[Black,F]@fmr-1e-3 >= -0.5"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "wanted a rate, one of a, b, diff, ratio, fmr.*got nothing more"),
        ("accuracy > 0.9", "wanted a rate, one of .*got 'accuracy > 0.9'"),
        ("diff > 0", "wanted a dot and a rate after 'diff', got '> 0'"),
        ("fmr.mean > 0.1", "wanted a part, one of low, high, max_min"),
        ("fmr[Black > 0.1", "wanted a group and a closing bracket"),
        ("fmr[ , ] > 0.1", "wanted the name of a group"),
        ('fmr["\\x"] > 0.1', "is no JSON text"),
        ('fmr[""] > 0.1', "wanted a name that is not empty"),
        ("fmr = 0.1", "wanted one of > >= < <=, got '= 0.1'"),
        ("fmr => 0.1", "wanted one of > >= < <="),
        ("fmr > 1e-3 %", "wanted the end, got '%'"),
        ("fmr > 1_000", "wanted the end, got '_000'"),
        ("fmr > nan", "wanted a number"),
        ("sel > 1e999", "a number too large to write"),
        ("fmr > 1", "can never be broken: the value lies from 0 to 1"),
        ("fnmr < 0", "can never be broken"),
        ("diff.fmr > 2", "can never be broken: the value lies from -1 to 1"),
        ("fnmr.max_min > 3", "max_min, which is there for fmr of one run only"),
        ("fmr.max_min[Black F] > 3", "max_min of one group"),
        ("diff.fmr[worst] > 0", "the worst group of two runs"),
        ("fte@fmr-1e-3 > 0.1", "failures to enroll depend on none"),
        ("fmr > 0." + "1" * 400, "at most 300 characters, got 408"),
    ],
)
def test_what_is_no_bound_says_what_was_wanted(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_bound(text)


def test_a_rate_over_its_bound_breaks_it_and_one_at_it_does_not() -> None:
    assert verdict("fmr[Black F] > 0.019") is Verdict.BROKEN
    assert verdict("fmr[Black F] > 0.02") is Verdict.HOLDS
    assert verdict("fmr[Black F] >= 0.02") is Verdict.BROKEN
    assert verdict("fnmr[White M] < 0.021") is Verdict.BROKEN


@pytest.mark.parametrize("asked", ["Black F", "Black,F", "f,black", " F , Black ", "black f"])
def test_a_group_is_found_by_its_labels_in_any_order(asked: str) -> None:
    assert find_group(asked, a_run()) == "Black F"


def test_a_group_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(
        InputError, match="no group 'Black X'; the run has everybody, Black F, White M, F, race"
    ):
        judge(parse_bound("fmr[Black X] > 0.1"), b_side())
    with pytest.raises(InputError, match=r"no group 'f,black'"):
        judge(parse_bound('fmr["f,black"] > 0.1'), b_side())


def test_two_groups_of_the_same_words_must_be_told_apart() -> None:
    both = (rates("East West", estimate(5, 100)), rates("West East", estimate(5, 100)))
    with pytest.raises(InputError, match=r"more than one group fits 'east,west'"):
        find_group("east,west", a_run(groups=both))
    assert find_group("West East", a_run(groups=both)) == "West East"


def test_a_threshold_is_named_with_an_at_sign() -> None:
    assert verdict("fmr[Black F]@fmr-1e-3 > 1e-3") is Verdict.HOLDS
    with pytest.raises(InputError, match=r"no threshold 'best'; it has distance-0.6, fmr-1e-3"):
        judge(parse_bound("fmr@best > 0.1"), b_side())
    with pytest.raises(InputError, match=r"names no threshold; add @ and one of distance-0.6, fmr-1e-3"):
        judge(parse_bound("fmr > 0.1"), replace(b_side(), threshold=""))


def test_an_unknown_rate_counts_as_broken() -> None:
    found = judged("fnmr[F, race not recorded] > 0.5", b_side())
    assert (found.verdict, found.stops, found.value) == (Verdict.UNKNOWN, True, None)
    assert found.why == "nobody with two templates"
    assert verdict("fpir > 0.5") is Verdict.UNKNOWN


def test_none_seen_among_three_people_holds_no_small_bound() -> None:
    found = judged("fmr[F, race not recorded] > 1e-3", b_side())
    assert found.stops
    assert found.why == "0 in 3 is too little to tell: these data cannot see rates below 1"


def test_none_seen_in_many_comparisons_of_many_people_holds() -> None:
    many = estimate(0, 1_000_000)
    assert verdict("fmr[Black F] > 1e-4", black_f=many) is Verdict.HOLDS
    assert verdict("fmr[Black F] > 1e-6", black_f=many) is Verdict.UNKNOWN


def test_too_few_that_are_over_the_bound_break_it_all_the_same() -> None:
    assert verdict("fmr[Black F] > 0.1", black_f=estimate(2, 3, people=3)) is Verdict.BROKEN


def test_an_end_of_the_range_can_be_asked_for() -> None:
    found = judged("fmr.high[White M] > 0.003", b_side())
    assert (found.verdict, found.value) == (Verdict.BROKEN, found.high)
    assert verdict("fmr.low[White M] > 0.002") is Verdict.HOLDS


def test_each_group_is_judged_with_a_star_and_the_unknown_one_stops() -> None:
    found = judge(parse_bound("fmr[*] > 0.5"), b_side())
    assert [one.group for one in found] == ["Black F", "White M", "F, race not recorded"]
    assert [one.stops for one in found] == [False, False, True]


def test_the_worst_group_is_the_highest_with_data_enough() -> None:
    groups = (
        rates("tiny", estimate(2, 3, people=3)),
        rates("Black F", estimate(200, 10_000)),
        rates("White M", estimate(20, 10_000)),
    )
    found = judged("fmr[worst] > 0.1", b_side(groups=groups))
    assert (found.group, found.verdict) == ("Black F", Verdict.HOLDS)
    alone = judged("fmr[worst] > 0.1", b_side(groups=groups[:1]))
    assert alone.verdict is Verdict.UNKNOWN
    assert alone.why == "no group has people and events enough for a number of its own"


def test_the_highest_over_the_lowest_is_the_run_s_own_summary() -> None:
    assert verdict("fmr.max_min > 11") is Verdict.BROKEN
    assert verdict("fmr.max_min > 12") is Verdict.HOLDS
    side = b_side()
    at = side.result.main.at[0]
    missing = replace(at, summaries=(replace(at.summaries[0], value=None, undefined="a group has none"),))
    run = replace(side.result, main=replace(side.result.main, at=(missing,)))
    found = judged("fmr.max_min > 12", replace(side, result=run))
    assert (found.verdict, found.why) == (Verdict.UNKNOWN, "a group has none")


def test_failures_to_enroll_need_no_threshold() -> None:
    side = replace(b_side(), threshold="")
    assert judged("fte[Black F] > 0.005", side).verdict is Verdict.BROKEN
    assert judged("fte[Black F] > 0.05", side).verdict is Verdict.HOLDS


def test_searches_are_judged_in_the_operational_gallery() -> None:
    side = b_side(identification=searches("distance-0.6"))
    found = judged("fpir[Black F] > 0.03", side)
    assert (found.verdict, found.where) == (
        Verdict.BROKEN, "distance-0.6, gallery as the data, N = 1,000",
    )  # fmt: skip
    assert judged("sel > 0.1", side).verdict is Verdict.HOLDS
    assert judged("fnir > 0.05", side).verdict is Verdict.HOLDS


def test_two_runs_can_be_held_against_each_other() -> None:
    a, b = b_side(), b_side(black_f=estimate(400, 10_000))
    assert judged("diff.fmr[Black F] > 0.015", b, a).verdict is Verdict.BROKEN
    assert judged("ratio.fmr[Black F] > 2", b, a).verdict is Verdict.HOLDS
    assert judged("ratio.fmr.low[Black F] > 1", b, a).verdict is Verdict.BROKEN
    assert judged("a.fmr[Black F] > 0.03", b, a).verdict is Verdict.HOLDS
    assert judged("fmr[Black F] > 0.03", b, a).verdict is Verdict.BROKEN


def test_a_group_that_one_run_lacks_stops_a_star_over_both() -> None:
    a = b_side()
    b = b_side(groups=(rates("White M", estimate(20, 10_000), estimate(20, 1_000)),))
    found = {one.group: one for one in judge(parse_bound("diff.fmr[*] > 0.5"), b, a)}
    assert found["White M"].verdict is Verdict.HOLDS
    assert (found["Black F"].verdict, found["Black F"].value) == (Verdict.UNKNOWN, None)


def test_a_ratio_to_none_is_unknown() -> None:
    a, b = b_side(black_f=estimate(0, 1_000_000)), b_side()
    found = judged("ratio.fmr[Black F] > 100", b, a)
    assert (found.verdict, found.value) == (Verdict.UNKNOWN, None)
    assert found.why == "no ratio, only a least one: none in 1,000,000 in A"


def test_searches_in_other_galleries_are_not_held_against_each_other() -> None:
    other = replace(MIX, name="equal groups")
    a = b_side(identification=searches("distance-0.6"))
    b = b_side(identification=searches("distance-0.6", mix=other))
    found = judged("diff.fpir > 0.5", b, a)
    assert found.why == "the two runs searched galleries of another mix or size"


@pytest.mark.parametrize("text", ["a.fmr > 0.1", "diff.fmr > 0.1", "ratio.fmr > 2"])
def test_one_run_alone_cannot_answer_for_two(text: str) -> None:
    with pytest.raises(InputError, match="asks of two runs, got one"):
        judge(parse_bound(text), b_side())
