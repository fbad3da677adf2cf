"""A whole run on small populations: the slow oracle, the laws, the bad cases, and the planted truth."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import group_pair_counts
from small_population import drawn, templates_of
from small_run import small_run

from facegate.datasets.populations import demo_population
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.edges import Edge
from facegate.evaluation.protocol import AllPairsProtocol, Resampling, parse_protocol
from facegate.evaluation.result import BenchmarkResult, at_named

if TYPE_CHECKING:
    from facegate.templates import TemplateSet

DISTANCE = Edge("distance", 0.5)


def protocol(*thresholds: Edge, floor: float = 2.0) -> AllPairsProtocol:
    made = parse_protocol(
        'kind = "all-pairs"\nname = "test"\ntitle = "t"\ndata.dataset = "small"\n'
        f"floor.distance = {floor}\n[[threshold]]\ndistance = 0.5\n",
        name="test.toml",
    )
    assert isinstance(made, AllPairsProtocol)
    return replace(made, thresholds=thresholds or (DISTANCE,), resampling=Resampling(20, 20, 1))


def run(templates: TemplateSet, *thresholds: Edge, floor: float = 2.0) -> BenchmarkResult:
    return small_run(templates, protocol(*thresholds, floor=floor))


@given(st.integers(0, 1000), st.floats(0.2, 0.9))
@settings(deadline=None, max_examples=20)
def test_counts_of_every_pair_of_groups_equal_the_double_loop(seed: int, distance: float) -> None:
    templates = drawn(seed)
    at = run(templates, Edge("distance", distance)).main.at[0]
    slow = group_pair_counts(templates, 1 - distance)
    name = {"M, race not recorded": "not recorded M"}
    found = {
        tuple(sorted((name.get(pair.first, pair.first), name.get(pair.second, pair.second)))): (
            pair.fmr.events,
            pair.fmr.trials,
        )
        for pair in at.pairs
        if pair.fmr
    }
    assert found == slow


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_pairs_of_groups_add_up_to_everybody(seed: int) -> None:
    result = run(drawn(seed), DISTANCE)
    at = result.main.at[0]
    assert at.overall.fmr is not None
    assert sum(pair.fmr.events for pair in at.pairs if pair.fmr) == at.overall.fmr.events
    assert sum(pair.fmr.trials for pair in at.pairs if pair.fmr) == at.overall.fmr.trials
    mated = [rates.fnmr for rates in at.groups if rates.fnmr]
    assert at.overall.fnmr is not None
    assert sum(fnmr.trials for fnmr in mated) == at.overall.fnmr.trials == result.main.mated
    assert sum(fnmr.events for fnmr in mated) == at.overall.fnmr.events


@given(st.integers(0, 1000), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=15)
def test_the_order_of_templates_changes_no_bit(seed: int, random: object) -> None:
    templates = drawn(seed)
    rows = list(range(len(templates)))
    random.shuffle(rows)  # type: ignore[attr-defined]
    turned = templates.select(np.array(rows))
    assert run(templates, DISTANCE, Edge("fmr", 0.05)) == run(turned, DISTANCE, Edge("fmr", 0.05))


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=15)
def test_a_stricter_threshold_matches_no_more_in_any_group(seed: int) -> None:
    loose, strict = run(drawn(seed), Edge("distance", 0.6), Edge("distance", 0.4)).main.at
    for one, other in zip(loose.pairs, strict.pairs, strict=True):
        assert (one.fmr is None) == (other.fmr is None)
        assert one.fmr is None or other.fmr is None or one.fmr.events >= other.fmr.events


def test_the_names_of_groups_change_names_only() -> None:
    templates = drawn(4)
    swapped = replace(
        templates, race=np.where(templates.race == "White", "Aaa", templates.race).astype(object)
    )
    one, other = run(templates).main.at[0], run(swapped).main.at[0]
    assert one.overall == other.overall
    by_name = {rates.group.replace("Aaa", "White"): rates.fmr for rates in other.groups}
    assert by_name == {rates.group: rates.fmr for rates in one.groups}


def test_a_target_rate_sets_a_threshold_that_says_it_is_in_sample() -> None:
    at = run(drawn(3), Edge("fmr", 0.05)).main.at[0]
    assert at.overall.fmr is not None
    assert 0 < at.overall.fmr.estimate <= 0.05
    assert (at.threshold.name, at.threshold.in_sample, at.threshold.target) == ("fmr-5e-2", True, 0.05)


def test_a_target_too_rare_for_the_data_is_marked_in_its_basis() -> None:
    at = run(drawn(3), Edge("fmr", 1e-6)).main.at[0]
    assert at.threshold.unsupported
    assert "unsupported" in at.threshold.basis


def test_one_person_alone_has_unknown_rates_and_never_zero() -> None:
    people = [("a", "White", "F"), ("a", "White", "F"), ("b", "Black", "M"), ("c", "Black", "M")]
    at = run(templates_of(people, np.eye(4))).main.at[0]
    alone = next(rates for rates in at.groups if rates.group == "White F")
    assert (alone.fmr, alone.if_none_seen, alone.concentration) == (None, None, None)
    assert alone.fnmr is not None
    nobody_twice = next(rates for rates in at.groups if rates.group == "Black M")
    assert nobody_twice.fnmr is None


def test_all_scores_equal_leave_everybody_or_nobody_matching() -> None:
    people = [(f"p{row}", "White", "F") for row in range(6)]
    at = run(templates_of(people, np.ones((6, 3))), Edge("distance", 0.0), Edge("fmr", 0.5)).main.at
    assert at[0].overall.fmr is not None
    assert (at[0].overall.fmr.events, at[0].overall.fmr.trials) == (15, 15)
    assert at[1].overall.fmr is not None
    assert at[1].overall.fmr.events == 0


def test_a_population_of_failures_has_no_rate_at_a_given_threshold_and_no_threshold_at_a_rate() -> None:
    people = [("a", "White", "F"), ("b", "White", "F")]
    templates = templates_of(people, np.zeros((2, 2)), failures=frozenset({0, 1}))
    result = run(templates)
    assert result.main.at[0].overall.fmr is None
    assert result.main.total.failures == 2
    with pytest.raises(MeasurementError, match="non-mated comparisons, got 0"):
        run(templates, Edge("fmr", 0.1))


def test_a_threshold_below_the_floor_is_refused() -> None:
    with pytest.raises(MeasurementError, match=r"threshold distance-0\.5 .* lies below the floor"):
        run(drawn(1), DISTANCE, floor=0.4)


def test_a_cosine_threshold_does_not_fit_distances() -> None:
    with pytest.raises(InputError, match=r"cosine-0\.3 does not fit scores of metric euclidean"):
        run(drawn(1), Edge("cosine", 0.3))


def test_the_worst_group_is_one_whose_rate_the_data_can_speak_to() -> None:
    rng = np.random.default_rng(1)
    people = [(f"m{row}", "White", "M") for row in range(40)] + [("x", "Black", "F"), ("y", "Black", "F")]
    vectors = np.concatenate([rng.normal(size=(40, 2)) * 0.4, np.full((2, 2), 9.0)])
    at = run(templates_of(people, vectors)).main.at[0]
    assert next(rates.fmr for rates in at.groups if rates.group == "Black F" and rates.fmr).estimate == 1.0
    assert at.worst_group == "White M"


def test_one_person_behind_all_false_matches_is_seen() -> None:
    people = [(f"p{row}", "White", "F") for row in range(6)]
    vectors = np.concatenate(
        [np.zeros((1, 6)), np.eye(5, 6) * 0.45]
    )  # only pairs with the first are within 0.5
    few = run(templates_of(people, vectors)).main.at[0].overall.concentration
    assert few is not None
    assert (few.top_person, few.top_people, few.n_top_people) == (1.0, 1.0, 1)


def test_each_pair_of_people_weighs_the_same_in_the_rate_by_people() -> None:
    people = [("a", "White", "F")] * 3 + [("b", "White", "F"), ("c", "White", "F")]
    vectors = np.array([[0.0], [0.1], [0.2], [0.1], [9.0]])  # a and b match in all 3 comparisons
    rates = run(templates_of(people, vectors)).main.at[0].overall
    assert rates.fmr is not None
    assert rates.fmr.estimate == pytest.approx(3 / 7)
    assert rates.people_pair_rate == pytest.approx(1 / 3)


def test_restricting_to_a_label_source_measures_those_people_at_the_same_threshold() -> None:
    templates = drawn(6)
    sources = ["human" if int(person[1:]) % 2 else "classifier" for person in templates.subject_id]
    labeled = replace(templates, label_source=np.array(sources, dtype=object))
    asked = replace(protocol(Edge("fmr", 0.05)), label_sources=(("human",),))
    result = small_run(labeled, asked)
    part = result.sensitivity[0]
    alone = run(labeled.select(labeled.label_source == "human"), Edge("score", part.at[0].threshold.score))
    assert part.at[0].overall == alone.main.at[0].overall
    assert part.total.label_sources == {"human": 12}


def test_planted_rates_lie_inside_their_intervals() -> None:
    planted = demo_population(1200, 11)
    at = run(planted.draw(), Edge("distance", 0.6), floor=0.6).main.at[0]
    truth = {
        f"{group.race} {group.sex}": planted.false_match_rate(place, place, planted.planted_at)
        for place, group in enumerate(planted.groups)
    }
    for rates in at.groups:
        assert rates.fmr is not None
        assert rates.fmr.low <= truth[rates.group] <= rates.fmr.high


def test_an_unknown_threshold_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InputError, match=r"no threshold 'fmr-1e-9'; it has distance-0\.5"):
        at_named(run(drawn(3)), "fmr-1e-9")


def test_a_result_survives_json_to_the_last_bit() -> None:
    result = run(drawn(7), DISTANCE, Edge("fmr", 0.01))
    text = result.to_json()
    assert BenchmarkResult.from_json(text, name="x") == result
    assert BenchmarkResult.from_json(text, name="x").to_json() == text


def test_a_result_says_when_it_is_synthetic_and_names_no_path() -> None:
    text = run(drawn(7)).to_json()
    assert '"synthetic": true' in text
    assert not any(place in text for place in ("/home/", "/root/", "/Users/", "\\"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("facegate-benchmark/2", "facegate-benchmark/9", "has format 'facegate-benchmark/9', wanted"),
        ('"floor"', '"ceiling"', "an unknown field 'ceiling'"),
        ('"measured_on": "2026-01-02"', '"measured_on": 7', "provenance.measured_on is '7', wanted str"),
        ("{", "", "is not JSON"),
    ],
)
def test_a_result_that_was_altered_is_refused_in_words(old: str, new: str, message: str) -> None:
    text = run(drawn(7)).to_json().replace(old, new, 1)
    with pytest.raises(InputError, match=message):
        BenchmarkResult.from_json(text, name="result.json")


def test_people_of_unrecorded_race_are_a_row_but_never_the_worst_group() -> None:
    rng = np.random.default_rng(2)
    people = [(f"a{row}", "White", "M") for row in range(40)]
    people += [(f"b{row}", "not recorded", "M") for row in range(40)]
    vectors = np.concatenate([rng.normal(size=(40, 2)) * 0.6, 9 + rng.normal(size=(40, 2)) * 0.1])
    at = run(templates_of(people, vectors)).main.at[0]
    rates = {one.group: one.fmr.estimate for one in at.groups if one.fmr}
    assert rates["M, race not recorded"] > rates["White M"]
    assert at.worst_group == "White M"
