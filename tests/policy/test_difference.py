"""Two laws on one set: counts that add up, rules that are counted right, laws asked on a day they hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from asked import CITATION, GOOD, NOW, WARRANT, shipped_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.policy.difference import Refusals, ask, compare_laws, law_asked
from facegate.policy.facts import in_order
from facegate.policy.mixture import OF_LAW
from facegate.policy.period import Period
from facegate.policy.request_file import StatedRequest
from facegate.policy.request_set import RequestSet, generated_set

if TYPE_CHECKING:
    from facegate.request import SearchRequest

ENGINE = shipped_engine()
LOOSE, STRICT = "co-dmv-2019", "co-dmv-2019-strict"
ROBBERY = replace(GOOD, offense_level=OF_LAW)
FELONY = replace(ROBBERY, felony=True, charge_citation=CITATION)
LARCENY = replace(FELONY, offense_code="2303")
SHOPLIFTING = replace(LARCENY, felony=False)


def one(request: SearchRequest) -> StatedRequest:
    return StatedRequest(request, in_order(request))


def of(*requests: SearchRequest) -> RequestSet:
    return RequestSet(tuple(map(one, requests)), "made by hand", "0" * 64)


def test_four_requests_are_counted_by_hand() -> None:
    found = compare_laws(ENGINE, (LOOSE, STRICT), of(ROBBERY, FELONY, LARCENY, SHOPLIFTING), NOW)
    assert (found.both, found.only_first, found.only_second, found.neither) == (1, 2, 0, 1)
    rules = {each.rule.rule_id: each for each in found.rules}
    assert set(rules) == {"CO-LEVEL-1", "COS-LEVEL-1"}
    assert rules["CO-LEVEL-1"].first == Refusals(1, 1, (("2303 SHOPLIFTING", 1),))
    assert rules["CO-LEVEL-1"].second is None
    strict = rules["COS-LEVEL-1"].second
    assert strict is not None
    assert (strict.all, strict.alone, strict.headings[0]) == (3, 3, ("2303 SHOPLIFTING", 2))
    assert [count for _, count in found.headings_only_first] == [1, 1]
    assert found.headings_only_second == ()


def test_alone_leaves_out_what_another_rule_refuses_as_well() -> None:
    found = compare_laws(ENGINE, (LOOSE, LOOSE), of(replace(SHOPLIFTING, sketch=True), SHOPLIFTING), NOW)
    rules = {each.rule.rule_id: each.first for each in found.rules}
    level, sketch = rules["CO-LEVEL-1"], rules["FG-SKETCH"]
    assert level is not None
    assert sketch is not None
    assert (level.all, level.alone) == (2, 1)
    assert (sketch.all, sketch.alone) == (1, 0)


def test_a_gate_rule_that_only_one_law_meets_is_shown_as_zero_under_the_other() -> None:
    found = compare_laws(ENGINE, ("moratorium", LOOSE), of(ROBBERY), NOW)
    rules = {each.rule.rule_id: each for each in found.rules}
    assert rules["MORATORIUM"].first == Refusals(1, 1, (("1201 ROBBERY - BUSINESS-GUN", 1),))
    assert rules["MORATORIUM"].second is None
    assert found.only_second == 1


def test_an_overlay_only_takes_away() -> None:
    drawn = generated_set(80, seed=3, now=NOW, catalogue=ENGINE.catalogue)
    found = compare_laws(ENGINE, (LOOSE, f"{LOOSE}+moratorium"), drawn, NOW)
    assert found.only_second == 0
    assert found.both == 0
    assert found.only_first > 0


@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 10_000), second=st.sampled_from([*ENGINE.profiles]))
def test_counts_add_up_whatever_the_set(seed: int, second: str) -> None:
    drawn = generated_set(15, seed=seed, now=NOW, catalogue=ENGINE.catalogue)
    found = compare_laws(ENGINE, (LOOSE, second), drawn, NOW)
    other = compare_laws(ENGINE, (second, LOOSE), drawn, NOW)
    assert found.both + found.only_first + found.only_second + found.neither == 15
    assert (found.only_first, found.only_second) == (other.only_second, other.only_first)
    assert found.n_alarms == 0
    for each in found.rules:
        for side in (each.first, each.second):
            assert side is None or 0 <= side.alone <= side.all <= 15
    alone = sum(each.first.alone for each in found.rules if each.first)
    assert alone <= found.only_second + found.neither


def test_the_level_is_stated_as_each_law_says_and_never_against_a_request_that_states_one() -> None:
    asked = law_asked(ENGINE.profile(LOOSE), NOW)
    assert ask(ENGINE, asked, one(ROBBERY), NOW).permitted
    assert ask(ENGINE, asked, one(LARCENY), NOW).permitted
    stated = ask(ENGINE, asked, one(replace(LARCENY, offense_level="below-1")), NOW)
    assert [rule.rule_id for rule in stated.failed] == ["CO-LEVEL-FITS"]
    left_out = ask(ENGINE, asked, one(replace(LARCENY, offense_level=None)), NOW)
    assert "FG-OFFENSE-LEVEL" in {rule.rule_id for rule in left_out.failed}


def test_a_charge_left_to_the_law_is_cited() -> None:
    asked = law_asked(ENGINE.profile(LOOSE), NOW)
    assert ask(ENGINE, asked, one(replace(LARCENY, charge_citation=OF_LAW)), NOW).permitted


@pytest.mark.parametrize(
    ("period", "day"),
    [
        (Period(), "2026-11-22"),
        (Period(datetime(2026, 11, 22, tzinfo=UTC).date()), "2026-11-22"),
        (Period(datetime(2027, 7, 1, tzinfo=UTC).date()), "2027-07-01"),
        (Period(None, datetime(2026, 7, 1, tzinfo=UTC).date()), "2026-06-30"),
        (Period(None, datetime(2026, 11, 22, tzinfo=UTC).date()), "2026-11-21"),
    ],
)
def test_a_law_is_asked_on_the_nearest_day_it_holds(period: Period, day: str) -> None:
    asked = law_asked(replace(ENGINE.profile(LOOSE), period=period), NOW)
    assert asked.at.date().isoformat() == day
    assert asked.today == (day == "2026-11-22")


def test_a_law_of_the_past_is_not_refused_for_its_date_and_papers_move_along() -> None:
    then = datetime(2015, 1, 1, 12, tzinfo=UTC)
    paper = replace(WARRANT, issued="2014-12-20", expires="2015-01-10")
    immigration = replace(FELONY, offense_code="0301", instrument=paper)
    found = compare_laws(ENGINE, (LOOSE, LOOSE), of(ROBBERY, immigration), then)
    assert not found.first.today
    assert found.both == 2


def test_an_unknown_law_is_refused() -> None:
    with pytest.raises(InputError, match="no profile 'nope'"):
        compare_laws(ENGINE, (LOOSE, "nope"), of(ROBBERY), NOW)


def test_progress_is_told_after_each_request() -> None:
    told: list[int] = []
    compare_laws(ENGINE, (LOOSE, LOOSE), of(ROBBERY, FELONY), NOW, advance=told.append)
    assert told == [1, 2]
