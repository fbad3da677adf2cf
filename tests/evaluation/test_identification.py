"""Searches measured from end to end, against every score in plain Python."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import euclidean_score
from small_population import drawn, templates_of

from facegate.datasets.populations import cosine_population
from facegate.decision import Metric, Threshold
from facegate.errors import InputError, MeasurementError, StorageError
from facegate.evaluation.identification.deal import deal, draw_galleries
from facegate.evaluation.identification.growth import counts_by_size, growth_sizes
from facegate.evaluation.identification.measuring import measure_identification, strongest_non_mates
from facegate.evaluation.identification.model import model_points
from facegate.evaluation.identification.plan import IdentificationPlan, MixPlan
from facegate.evaluation.identification.search import Searched, built, confirm, search_all
from facegate.evaluation.identification.threshold import threshold_at_fpir
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from facegate.evaluation.identification.result import Identification
    from facegate.templates import TemplateSet


@dataclass(frozen=True)
class Line:
    name: str
    score: float


LINES = (Line("strict", 0.6), Line("loose", 0.4))
PLAN = IdentificationPlan(limit=3, seed=3)


def measured(
    templates: TemplateSet, folder: Path, plan: IdentificationPlan = PLAN, lines: tuple[Line, ...] = LINES
) -> Identification:
    return measure_identification(
        templates, population_of(templates), lines, plan, folder=folder, fmr_by_group={}
    )


def spread_out(seed: int, *, n_people: int = 40) -> TemplateSet:
    """Draw people whose scores lie on both sides of the lines."""
    templates = drawn(seed, n_people=n_people)
    return replace(templates, vectors=templates.vectors * np.float32(1.1))


def slow_counts(templates: TemplateSet, plan: IdentificationPlan, score: float) -> dict[str, tuple[int, int]]:
    """Count (events, searches) of everybody in the first gallery, score by score."""
    enrolled, population = templates.enrolled, population_of(templates)
    dealt = deal(enrolled, population, plan)
    people = draw_galleries(dealt, population, plan)[0].people.tolist()
    row_of = {person: int(dealt.entry[person]) for person in people}

    def scores(row: int) -> dict[int, float]:
        return {
            person: euclidean_score(enrolled.vectors[row], enrolled.vectors[own])
            for person, own in row_of.items()
        }

    returned = [sum(one >= score for one in scores(row).values()) for row in dealt.strangers.row.tolist()]
    mates = dealt.mates(np.array(people))
    missed, not_first = 0, 0
    for row, person in zip(mates.row.tolist(), mates.person.tolist(), strict=True):
        found = scores(row)
        ahead = sum(one >= found[person] for other, one in found.items() if other != person)
        missed += found[person] < score or ahead >= plan.limit
        not_first += found[person] < score or ahead >= 1
    n = len(returned)
    return {
        "fpir": (sum(count > 0 for count in returned), n),
        "sel": (sum(min(count, plan.limit) for count in returned), n),
        "fnir": (missed, mates.row.size),
        "fnir_rank_one": (not_first, mates.row.size),
    }


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_rates_are_those_of_every_score_compared_by_hand(seed: int, tmp_path: Path) -> None:
    templates = spread_out(seed)
    result = measured(templates, tmp_path)
    for line in LINES:
        found = next(
            one for one in result.searches
            if (one.mix, one.threshold, one.group) == ("as the data", line.name, "everybody")
        )  # fmt: skip
        assert found.fpir is not None
        assert found.sel is not None
        assert found.fnir is not None
        assert found.fnir_rank_one is not None
        got = {
            "fpir": (found.fpir.events, found.fpir.trials),
            "sel": (found.sel.total, found.sel.searches),
            "fnir": (found.fnir.events, found.fnir.trials),
            "fnir_rank_one": (found.fnir_rank_one.events, found.fnir_rank_one.trials),
        }
        assert got == slow_counts(templates, PLAN, line.score)


def test_the_drawn_people_do_show_every_kind_of_event() -> None:
    counts = [slow_counts(spread_out(seed), PLAN, LINES[1].score) for seed in (1, 2, 3)]
    for name in ("fpir", "sel", "fnir_rank_one"):
        assert 0 < sum(count[name][0] for count in counts) < sum(count[name][1] for count in counts) * 3


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 2**32))
def test_the_order_of_the_rows_does_not_matter(shuffle: int) -> None:
    templates = spread_out(4, n_people=16)
    mixed = templates.select(np.random.default_rng(shuffle).permutation(len(templates)))
    with TemporaryDirectory() as folder:  # one an example, which the fixture does not give
        plan = replace(PLAN, approximate=("hnsw",))
        assert measured(templates, Path(folder), plan) == measured(mixed, Path(folder), plan)


def test_groups_add_up_to_everybody_in_every_gallery(tmp_path: Path) -> None:
    result = measured(spread_out(5), tmp_path)
    for mix in result.mixes:
        mine = [one for one in result.searches if (one.mix, one.threshold) == (mix.name, "loose")]
        whole, parts = mine[0], mine[1:]
        assert whole.group == "everybody"
        assert whole.sel is not None
        assert sum(one.sel.total for one in parts if one.sel) == whole.sel.total
        assert sum(one.fnir.trials for one in parts if one.fnir) == (whole.fnir.trials if whole.fnir else 0)


def test_rates_fall_as_the_threshold_rises_and_misses_rise(tmp_path: Path) -> None:
    lines = tuple(Line(f"{score}", score) for score in (0.2, 0.4, 0.6, 0.8))
    result = measured(spread_out(6), tmp_path, lines=lines)
    mine = [one for one in result.searches if (one.mix, one.group) == ("as the data", "everybody")]
    false_positives = [one.fpir.events for one in mine if one.fpir]
    misses = [one.fnir.events for one in mine if one.fnir]
    assert len(false_positives) == len(misses) == 4
    assert false_positives == sorted(false_positives, reverse=True)
    assert misses == sorted(misses)


def test_a_longer_list_changes_selectivity_and_not_fpir(tmp_path: Path) -> None:
    short, long = (measured(spread_out(7), tmp_path, replace(PLAN, limit=limit)) for limit in (1, 99))
    assert [one.fpir for one in short.searches] == [one.fpir for one in long.searches]
    totals = [[one.sel.total for one in result.searches if one.sel] for result in (short, long)]
    assert all(few <= many for few, many in zip(*totals, strict=True))
    assert totals[0] != totals[1]


def test_growth_ends_at_the_whole_gallery(tmp_path: Path) -> None:
    result = measured(spread_out(8, n_people=150), tmp_path, replace(PLAN, limit=10_000))
    whole = {(one.mix, one.threshold, one.group): (one.fpir, one.sel) for one in result.searches}
    last = {
        (one.mix, one.threshold, one.group): (one.fpir, one.sel)
        for one in result.growth
        if one.gallery_size == {mix.name: mix.size for mix in result.mixes}[one.mix]
    }
    assert last == {place: rates for place, rates in whole.items() if place in last}
    people = {group.name: group.people for group in population_of(spread_out(8, n_people=150)).groups}
    assert {group for _, _, group in last} <= {"everybody", *(name for name in people if people[name] >= 30)}
    assert len(last) > len(result.mixes)


def test_a_sub_gallery_answers_as_a_gallery_built_of_its_people_does(tmp_path: Path) -> None:
    templates = spread_out(9, n_people=150)
    enrolled, population = templates.enrolled, population_of(templates)
    dealt = deal(enrolled, population, PLAN)
    people = draw_galleries(dealt, population, PLAN)[0].people
    line = Threshold(0.4, Metric.EUCLIDEAN)
    sizes = (1, 10, *growth_sizes(people.size))

    def counts_in(size: int) -> list[int]:
        with built(enrolled, dealt, people[:size], folder=tmp_path) as opened:
            searched = search_all(opened, enrolled, dealt.strangers, line)
            return [int(count) for count in searched.counts(searched.at(line))]

    with built(enrolled, dealt, people, folder=tmp_path) as opened:
        searched = search_all(opened, enrolled, dealt.strangers, line)
    found = counts_by_size(searched.at(line), dealt.strangers.row.size, sizes)
    assert found.T.tolist() == [counts_in(size) for size in sizes]
    assert 0 < found[:, 1].sum() < found[:, -1].sum()


def test_selectivity_without_a_limit_is_the_size_times_the_fmr_of_its_comparisons(tmp_path: Path) -> None:
    result = measured(spread_out(10), tmp_path, replace(PLAN, limit=10_000))
    for one in result.searches:
        if one.sel and one.fpir:
            fmr = one.sel.total / (one.sel.searches * one.gallery_size)
            assert one.sel.mean == pytest.approx(one.gallery_size * fmr)
            assert one.fpir.estimate <= one.sel.mean + 1e-12  # one search may return several


def test_planted_selectivity_is_found_in_every_group_and_mix(tmp_path: Path) -> None:
    drawn_from = cosine_population(400, 5, dimension=128)
    names = [f"{group.race} {group.sex}" for group in drawn_from.groups]
    line = Threshold(0.3, Metric.COSINE)  # below the planted one, where each search returns many
    plan = IdentificationPlan(limit=400, seed=2)
    result = measured(drawn_from.draw(), tmp_path, plan, (Line("t", line.score),))
    held = []
    for mix in result.mixes:
        for group, name in enumerate(names):
            rates = next(one for one in result.searches if (one.mix, one.group) == (mix.name, name))
            planted = sum(
                size * drawn_from.false_match_rate(group, names.index(other), line)
                for other, size in mix.people.items()
            )
            assert rates.sel is not None
            assert rates.sel.mean == pytest.approx(planted, rel=0.15, abs=0.1)
            held.append(rates.sel.low <= planted <= rates.sel.high)
    assert len(held) == 8
    assert sum(held) >= 7


def test_independence_would_predict_more_false_positives_than_searches_find(tmp_path: Path) -> None:
    templates = spread_out(13, n_people=200)  # people in the middle of the space are everybody's neighbors
    result = measured(templates, tmp_path, replace(PLAN, limit=10_000))
    whole = result.searches[0]
    assert whole.sel is not None
    assert whole.fpir is not None
    fmr = whole.sel.mean / whole.gallery_size
    model = model_points(threshold="t", group="g", fmr=fmr, sizes=[whole.gallery_size])[0]
    assert whole.fpir.high < model.fpir
    assert whole.sel.mean == pytest.approx(model.sel)


def test_the_index_that_serves_loses_nobody(tmp_path: Path) -> None:
    result = measured(spread_out(11), tmp_path, replace(PLAN, approximate=("sq8",)))
    serving = [one for one in result.recall if one.index == "flat (what serves)"]
    assert {one.group for one in serving} == {one.group for one in result.recall}
    assert all(one.recall.events == one.recall.trials for one in serving if one.recall)
    assert any(one.index == "sq8 (8 bits a component)" for one in result.recall)


def test_with_one_photo_each_there_is_no_mated_search_and_no_fnir(tmp_path: Path) -> None:
    people = [(f"p{n}", "X", "FM"[n % 2]) for n in range(12)]
    templates = templates_of(people, np.random.default_rng(0).normal(size=(12, 3)) / 3)
    result = measured(templates, tmp_path)
    assert {one.fnir for one in result.searches} == {None}
    assert all(one.fpir for one in result.searches if one.group == "everybody")


def test_failures_to_enroll_take_no_part(tmp_path: Path) -> None:
    templates = spread_out(12)
    assert (templates.failure != "").any()
    kept = templates.enrolled
    assert measured(templates, tmp_path).searches == measured(kept, tmp_path).searches


def test_nothing_is_left_on_disk(tmp_path: Path) -> None:
    measured(spread_out(1), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_does_not_exist_is_an_error_of_storage(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"cannot build a gallery in .*missing"):
        measured(spread_out(1), tmp_path / "missing")


def test_no_threshold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least one threshold, got none"):
        measured(spread_out(1), tmp_path, lines=())


def test_progress_ends_at_the_number_of_searches(tmp_path: Path) -> None:
    templates, told = spread_out(1), list[tuple[int, int]]()
    measure_identification(
        templates, population_of(templates), LINES, PLAN,
        folder=tmp_path, fmr_by_group={}, on_progress=lambda done, total: told.append((done, total)),
    )  # fmt: skip
    assert [done for done, _ in told] == list(range(1, told[0][1] + 1))


def test_the_model_follows_the_rates_handed_in(tmp_path: Path) -> None:
    templates = spread_out(1)
    result = measure_identification(
        templates, population_of(templates), LINES, PLAN,
        folder=tmp_path, fmr_by_group={("strict", "everybody"): 1e-6},
    )  # fmt: skip
    assert {(one.threshold, one.group) for one in result.model} == {("strict", "everybody")}
    assert result.model[-1].gallery_size == 27_000_000


def test_the_strongest_non_mates_are_those_of_the_same_searches(tmp_path: Path) -> None:
    templates = spread_out(2)
    best = strongest_non_mates(
        templates, population_of(templates), PLAN, floor=Threshold(0.4, Metric.EUCLIDEAN), folder=tmp_path
    )
    for line in LINES:
        assert np.count_nonzero(best >= line.score) == slow_counts(templates, PLAN, line.score)["fpir"][0]


def test_at_a_threshold_set_by_fpir_the_searches_stay_within_the_target(tmp_path: Path) -> None:
    templates, floor = spread_out(2, n_people=60), Threshold(0.2, Metric.EUCLIDEAN)
    best = strongest_non_mates(templates, population_of(templates), PLAN, floor=floor, folder=tmp_path)
    chosen = threshold_at_fpir(best, floor=floor, target=0.1)
    found = measured(templates, tmp_path, lines=(Line("fpir", chosen.threshold.score),)).searches[0]
    assert found.fpir is not None
    assert (found.fpir.events, found.fpir.trials) == (chosen.false_positives, chosen.searches)
    assert 0 < found.fpir.estimate <= 0.1


def test_cosine_templates_are_searched_by_cosine(tmp_path: Path) -> None:
    templates = drawn(3, n_people=30)
    vectors = templates.vectors / np.linalg.norm(templates.vectors, axis=1, keepdims=True)
    cosine = replace(templates, vectors=vectors, embedder=replace(templates.embedder, metric=Metric.COSINE))
    result = measured(cosine, tmp_path, replace(PLAN, approximate=("hnsw",)))
    whole = next(one for one in result.searches if one.group == "everybody" and one.threshold == "loose")
    assert whole.fpir is not None
    assert 0 < whole.fpir.events < whole.fpir.trials


def test_another_gallery_changes_who_is_returned(tmp_path: Path) -> None:
    mixes = (MixPlan("only men", {"Black M": 1.0}, operational=True),)
    result = measured(spread_out(5), tmp_path, replace(PLAN, mixes=mixes))
    assert result.mixes[0].name == "only men"
    assert {one.gallery_size for one in result.searches if one.mix == "only men"} == {result.mixes[0].size}


def searched_by(templates: TemplateSet, folder: Path, forge: bool) -> None:  # noqa: FBT001  the one difference
    enrolled, population = templates.enrolled, population_of(templates)
    dealt = deal(enrolled, population, PLAN)
    people = draw_galleries(dealt, population, PLAN)[0].people
    line = Threshold(0.1, Metric.EUCLIDEAN)
    with built(enrolled, dealt, people, folder=folder) as opened:
        found = search_all(opened, enrolled, dealt.strangers, line)
        score = found.score + 1e-9 if forge else found.score
        forged = Searched(found.person, found.search, found.place, score)
        confirm(opened, enrolled, dealt.strangers, forged, thresholds=[line], limit=3)


def test_a_gallery_that_answers_otherwise_than_derived_stops_the_measurement(tmp_path: Path) -> None:
    searched_by(spread_out(1), tmp_path, forge=False)
    with pytest.raises(MeasurementError, match="the gallery's search contradicts itself"):
        searched_by(spread_out(1), tmp_path, forge=True)


def test_more_candidates_than_can_be_kept_are_refused(tmp_path: Path) -> None:
    templates = spread_out(1)
    enrolled, population = templates.enrolled, population_of(templates)
    dealt = deal(enrolled, population, PLAN)
    people = draw_galleries(dealt, population, PLAN)[0].people
    line = Threshold(-9.0, Metric.EUCLIDEAN)
    refused = pytest.raises(MeasurementError, match=r"more than 50 candidates, after 3 of .* higher lowest")
    with built(enrolled, dealt, people, folder=tmp_path) as opened, refused:
        search_all(opened, enrolled, dealt.strangers, line, most_candidates=50)
