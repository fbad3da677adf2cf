"""Laws of a whole run: order and names decide nothing, cells add up, unknown is never zero.

The run has everything that draws at random or deals people: folds, bootstrap, shuffled labels,
searches, thresholds set by rates, and parts measured again.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import fields, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_elsewhere import HEADING, load, write_csv
from reference import euclidean_score
from small_population import drawn, templates_of
from small_run import small_run

from facegate.evaluation.edges import Edge
from facegate.evaluation.group_rates import Null, Rung
from facegate.evaluation.identification.plan import IdentificationPlan
from facegate.evaluation.material import scores_material
from facegate.evaluation.protocol import AllPairsProtocol, Resampling, parse_protocol
from facegate.evaluation.rates import Estimate
from facegate.evaluation.run import run_benchmark
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.result import BenchmarkResult
    from facegate.templates import TemplateSet

FLOOR = Edge("distance", 0.9)
THRESHOLDS = (Edge("distance", 0.6), Edge("fmr", 0.05), Edge("fpir", 0.3), Edge("distance", 0.4))
SEEDS = st.integers(0, 10_000)


def protocol(
    *thresholds: Edge, floor: Edge = FLOOR, by: tuple[str, ...] = ("race", "sex")
) -> AllPairsProtocol:
    made = parse_protocol(
        'kind = "all-pairs"\nname = "laws"\ntitle = "t"\ndata.dataset = "small"\n'
        "floor.score = 0.0\n[[threshold]]\nscore = 0.5\n",
        name="laws.toml",
    )
    assert isinstance(made, AllPairsProtocol)
    return replace(
        made,
        by=by,
        floor=floor,
        thresholds=thresholds or THRESHOLDS,
        folds=2,
        resampling=Resampling(bootstrap=12, permutations=12, seed=3),
        identification=IdentificationPlan(limit=4, seed=3),
        label_sources=(("human",),),
        without_top_pairs=2,
        operational_gallery=30,
    )


def crowd(seed: int, *, n_people: int = 28) -> TemplateSet:
    """Draw people of four groups, every third one labeled by a machine."""
    templates = drawn(seed, n_people=n_people, most_photos=3)
    sources = ["classifier" if int(person[1:]) % 3 == 0 else "human" for person in templates.subject_id]
    return replace(templates, label_source=np.array(sources, dtype=object))


def run(templates: TemplateSet, asked: AllPairsProtocol | None = None) -> BenchmarkResult:
    return small_run(templates, asked or protocol())


def counts(rate: Estimate | None) -> tuple[int, int]:
    return (rate.events, rate.trials) if rate else (0, 0)


def check_order(seed: int, shuffle: int, n_people: int) -> None:
    templates = crowd(seed, n_people=n_people)
    mixed = templates.select(np.random.default_rng(shuffle).permutation(len(templates)))
    assert run(mixed).to_json() == run(templates).to_json()


@given(SEEDS, SEEDS)
@settings(deadline=None, max_examples=2)
def test_the_order_of_templates_changes_no_bit_of_the_result(seed: int, shuffle: int) -> None:
    check_order(seed, shuffle, 28)


def test_the_order_of_templates_changes_no_bit_where_groups_are_compared_and_shuffled() -> None:
    asked, templates = replace(protocol(*THRESHOLDS[:2]), identification=None), crowd(5, n_people=150)
    result = run(templates, asked)
    assert any(one.null for one in result.main.at[0].summaries)
    assert any(one.low is not None for one in result.main.at[0].ratios)
    mixed = templates.select(np.random.default_rng(1).permutation(len(templates)))
    assert run(mixed, asked).to_json() == result.to_json()


@pytest.mark.slow
@given(SEEDS, SEEDS, st.integers(30, 200))
@settings(deadline=None, max_examples=40)
def test_the_order_of_templates_changes_no_bit_of_many_results(
    seed: int, shuffle: int, n_people: int
) -> None:
    check_order(seed, shuffle, n_people)


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_names_of_groups_in_the_same_order_change_names_only(seed: int) -> None:
    templates = crowd(seed)
    named = {"Black": "Bbb", "White": "Yyy", NOT_RECORDED: NOT_RECORDED}
    other = replace(templates, race=np.array([named[race] for race in templates.race], dtype=object))
    text = run(templates).to_json().replace("Black", "Bbb").replace("White", "Yyy")
    assert json.loads(run(other).to_json()) == json.loads(
        text.replace("black", "bbb").replace("white", "yyy")
    )


def check_renamed(seed: int, n_people: int) -> None:
    """Rename one race so that its groups come first, and compare everything but the order."""
    templates = crowd(seed, n_people=n_people)
    renamed = replace(
        templates, race=np.where(templates.race == "White", "Aaa", templates.race).astype(object)
    )
    asked = protocol()
    one, other = run(templates, asked), run(renamed, asked)
    assert one.identification
    assert other.identification
    left, right = by_name(one), by_name(other)
    assert left.keys() == right.keys()
    assert [key for key in left if not alike(left[key], right[key])] == []


def by_name(result: BenchmarkResult) -> dict[str, object]:
    """Lay a result out under names that do not depend on the order of groups."""
    found: dict[str, object] = {}
    parts = [result.main, *result.sensitivity]
    for part in parts:
        for at in part.at:
            key = f"{part.about} {at.threshold.name}"
            found[f"{key} threshold"] = at.threshold
            found[f"{key} overall"] = at.overall
            found |= {f"{key} {rates.group}": replace(rates, group="") for rates in at.groups}
            found |= {f"{key} {_pair(pair.first, pair.second)}": pair.fmr for pair in at.pairs}
            found |= {f"{key} ladder {rung.same}": rung for rung in at.ladder}
            found |= {f"{key} {one.name}": (one.value, one.low, one.high, one.null) for one in at.summaries}
            if at.held_out:
                found[f"{key} held out"] = replace(at.held_out, groups=())
                found |= {f"{key} held out {one.group}": one.fmr for one in at.held_out.groups}
        found |= {f"{part.about} det {curve.group}": replace(curve, group="") for curve in part.det}
    if result.identification:
        for name in ("searches", "growth", "recall"):
            for place, row in enumerate(sorted(getattr(result.identification, name), key=_key)):
                found[f"{name} {place} {_key(row)}"] = replace(row, group="")
    return {key.replace("Aaa", "White"): value for key, value in found.items()}


def _pair(first: str, second: str) -> list[str]:
    return sorted(name.replace("Aaa", "White") for name in (first, second))


def _key(row: object) -> str:
    names = ("mix", "index", "threshold", "group", "gallery_size")
    return " ".join(str(getattr(row, name, "")) for name in names).replace("Aaa", "White")


def alike(one: object, other: object) -> bool:
    """Compare; sums over people or groups in another order may differ in their last bits, nothing else."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return all(alike(left, right) for left, right in zip(one, other, strict=True))
    if isinstance(one, (Estimate, Null, Rung)):
        names = [field.name for field in fields(one)]
        return all(alike(getattr(one, name), getattr(other, name)) for name in names)
    if isinstance(one, float):
        return other is not None and bool(one == pytest.approx(other, rel=1e-12))
    return bool(one == other)


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_names_that_put_groups_in_another_order_change_no_rate(seed: int) -> None:
    check_renamed(seed, 28)


def test_names_that_put_groups_in_another_order_change_no_summary_and_no_null() -> None:
    check_renamed(5, 150)


@given(SEEDS, st.permutations(["one.csv", "two.csv", "three.csv"]))
@settings(deadline=None, max_examples=5)
def test_the_order_of_score_files_and_of_their_rows_changes_no_rate(seed: int, names: list[str]) -> None:
    rows = scored_rows(seed)
    cut = [rows[place::3] for place in range(3)]
    asked = replace(protocol(Edge("score", 0.5), Edge("fmr", 0.1), floor=Edge("score", 0.0), by=()),
                    identification=None, without_top_pairs=0, label_sources=(), folds=0)  # fmt: skip
    results = []
    for files, parts in (
        (["one.csv", "two.csv", "three.csv"], cut),
        (names, [part[::-1] for part in cut]),
    ):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            for file, part in zip(["one.csv", "two.csv", "three.csv"], parts, strict=True):
                write_csv(folder / file, HEADING, part)
            made = load(
                folder, SCORES + "".join(f'[[files]]\nfile = "{file}"\n' for file in files), floor=0.0
            )
            results.append(
                run_benchmark(
                    scores_material(made, asked), asked, command="c", measured_on="2026-01-02", folder=folder
                )
            )
    assert results[0].main == results[1].main


SCORES = """
direction = "similarity"
[columns]
score = "score"
first_subject = "a"
second_subject = "b"
first_group = "ga"
second_group = "gb"
"""


def scored_rows(seed: int) -> list[tuple[float, str, str, str, str]]:
    rng = np.random.default_rng(seed)
    group = {f"p{person:02d}": "XY"[person % 2] for person in range(18)}
    people = list(group)
    pairs = [(a, b) for place, a in enumerate(people) for b in people[place:] if rng.random() < 0.7]
    return [
        (round(float(rng.random()) * 0.6 + 0.35 * (a == b), 3), a, b, group[a], group[b]) for a, b in pairs
    ]


def in_order_of_threshold(result: BenchmarkResult) -> list[AtThreshold]:
    return sorted(result.main.at, key=lambda at: at.threshold.score)


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_a_stricter_threshold_matches_no_more_and_misses_no_less_anywhere(seed: int) -> None:
    result = run(crowd(seed))
    steps = in_order_of_threshold(result)
    for loose, strict in pairwise(steps):
        for one, other in zip((loose.overall, *loose.groups), (strict.overall, *strict.groups), strict=True):
            assert counts(one.fmr)[0] >= counts(other.fmr)[0]
            assert counts(one.against_everybody)[0] >= counts(other.against_everybody)[0]
            assert counts(one.fnmr)[0] <= counts(other.fnmr)[0]
        for pair, stricter in zip(loose.pairs, strict.pairs, strict=True):
            assert counts(pair.fmr)[0] >= counts(stricter.fmr)[0]
            assert counts(pair.fmr)[1] == counts(stricter.fmr)[1]
        for rung, stricter_rung in zip(loose.ladder, strict.ladder, strict=True):
            assert counts(rung.fmr)[0] >= counts(stricter_rung.fmr)[0]
    assert result.identification
    rows = {(one.mix, one.threshold, one.group): one for one in result.identification.searches}
    for loose, strict in pairwise(steps):
        for (mix, threshold, group), row in rows.items():
            if threshold != loose.threshold.name:
                continue
            other_row = rows[mix, strict.threshold.name, group]
            assert counts(row.fpir)[0] >= counts(other_row.fpir)[0]
            assert counts(row.fnir)[0] <= counts(other_row.fnir)[0]
            assert not row.sel or not other_row.sel or row.sel.total >= other_row.sel.total


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_groups_add_up_to_everybody_in_every_table(seed: int) -> None:
    templates = crowd(seed)
    result = run(templates)
    for part in (result.main, *result.sensitivity):
        assert sum(group.people for group in part.groups) == part.total.people
        assert sum(group.photos for group in part.groups) == part.total.photos
        assert sum(group.failures for group in part.groups) == part.total.failures
    for at in result.main.at:
        whole = np.array(counts(at.overall.fmr))
        assert whole[1] == result.main.non_mated
        assert np.sum([counts(pair.fmr) for pair in at.pairs], axis=0).tolist() == whole.tolist()
        inside = np.sum([counts(rates.fmr) for rates in at.groups], axis=0)
        touching = np.sum([counts(rates.against_everybody) for rates in at.groups], axis=0)
        assert (touching + inside).tolist() == (2 * whole).tolist()  # a pair across two groups touches both
        fnmr = np.sum([counts(rates.fnmr) for rates in at.groups], axis=0)
        assert tuple(fnmr.tolist()) == counts(at.overall.fnmr)
        if at.held_out:
            assert sum(counts(one.fmr)[0] for one in at.held_out.groups) <= counts(at.held_out.overall)[0]
            assert counts(at.held_out.overall)[1] < whole[1]
    assert result.identification
    for mix in result.identification.mixes:
        sizes = {one.gallery_size for one in result.identification.searches if one.mix == mix.name}
        assert sizes == {sum(mix.people.values())}
        for at in result.main.at:
            rows = [
                one
                for one in result.identification.searches
                if (one.mix, one.threshold) == (mix.name, at.threshold.name)
            ]
            everybody = next(one for one in rows if one.group == "everybody")
            for name in ("fpir", "fnir", "fnir_rank_one"):
                cells = np.sum([counts(getattr(one, name)) for one in rows if one is not everybody], axis=0)
                assert tuple(cells.tolist()) == counts(getattr(everybody, name))
            sel = [one.sel for one in rows if one.sel and one is not everybody]
            assert everybody.sel
            assert sum(one.total for one in sel) == everybody.sel.total


ALONE, GONE = "Lone F", "Gone M"


def with_unmeasured_groups(seed: int) -> TemplateSet:
    """Add one person with one photo, and one without any template, each in a group of their own."""
    templates = crowd(seed)
    people = list(zip(templates.subject_id, templates.race, templates.sex, strict=True))
    vectors = np.nan_to_num(templates.vectors)
    people += [("q1", "Lone", "F"), ("q2", "Gone", "M")]
    vectors = np.concatenate([vectors, np.full((2, vectors.shape[1]), 0.1)])
    failed = {*np.flatnonzero(templates.failure != "").tolist(), len(people) - 1}
    return templates_of(people, vectors, failures=frozenset(failed))


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_what_was_not_measured_is_unknown_everywhere_and_never_zero(seed: int) -> None:
    result = run(with_unmeasured_groups(seed), replace(protocol(), label_sources=()))
    for at in result.main.at:
        rates = {one.group: one for one in at.groups}
        for name in (ALONE, GONE):
            one = rates[name]
            assert (one.fmr, one.if_none_seen, one.people_pair_rate, one.concentration, one.fnmr) == (
                None,
            ) * 5
            own = [pair.fmr for pair in at.pairs if pair.first == pair.second == name]
            assert own == [None]
            assert at.worst_group != name
            assert all(name not in summary.groups for summary in at.summaries)
            assert all(ratio.value is None for ratio in at.ratios if ratio.group == name)
            assert {check.verdict for check in at.checks if check.group == name} <= {"insufficient data"}
            if at.held_out:
                assert [held.fmr for held in at.held_out.groups if held.group == name] == [None]
        assert rates[GONE].against_everybody is None
        assert {pair.fmr for pair in at.pairs if GONE in (pair.first, pair.second)} == {None}
        assert rates[ALONE].against_everybody is not None
    assert not {curve.group for curve in result.main.det} & {ALONE, GONE}
    assert result.identification
    assert all(one.group != GONE for one in result.identification.searches)
    for row in result.identification.searches:
        if row.group == ALONE:  # enrolled or searched for, never both
            assert row.fnir is None
            assert row.fnir_rank_one is None
            assert (row.fpir is None) == (row.sel is None)
    assert not any(one.group in (ALONE, GONE) for one in result.identification.growth)
    gone = next(group for group in result.main.groups if group.name == GONE)
    assert (gone.people, gone.people_enrolled, gone.photos, gone.failures) == (1, 0, 1, 1)


def highest_photos(templates: TemplateSet, n_pairs: int) -> set[str]:
    """Find the photos of the highest pairs of two people, by comparing all in plain Python."""
    enrolled = templates.enrolled
    pairs = [
        (-euclidean_score(enrolled.vectors[a], enrolled.vectors[b]), *sorted((enrolled.template_id[a],
                                                                            enrolled.template_id[b])))
        for a in range(len(enrolled))
        for b in range(a + 1, len(enrolled))
        if enrolled.subject_id[a] != enrolled.subject_id[b]
    ]  # fmt: skip
    return {photo for _, one, other in sorted(pairs)[:n_pairs] for photo in (one, other)}


@given(SEEDS)
@settings(deadline=None, max_examples=2)
def test_a_part_is_what_a_run_over_those_people_alone_finds(seed: int) -> None:
    templates = crowd(seed)
    result = run(templates)
    top = highest_photos(templates, 2)
    chosen = (
        templates.label_source == "human",
        np.array([photo not in top for photo in templates.template_id]),
    )
    for part, rows in zip(result.sensitivity, chosen, strict=True):
        given_scores = [Edge("score", at.threshold.score) for at in part.at]
        plain = replace(
            protocol(*given_scores), identification=None, label_sources=(), without_top_pairs=0, folds=0
        )
        alone = run(templates.select(rows), plain).main
        assert (part.groups, part.total) == (alone.groups, alone.total)
        assert (part.non_mated, part.mated) == (alone.non_mated, alone.mated)
        for at, again in zip(part.at, alone.at, strict=True):
            assert (at.overall, at.groups, at.worst_group) == (again.overall, again.groups, again.worst_group)
