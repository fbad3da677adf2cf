"""Matrices made elsewhere: the same rates as templates give, and what does not fit is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_elsewhere import all_scores, count_of, counted, keys, write_csv
from small_population import drawn

from facegate.decision import Metric, Threshold
from facegate.errors import InputError
from facegate.evaluation.comparisons import compare_all
from facegate.evaluation.counting import count_at
from facegate.evaluation.edges import Edge
from facegate.evaluation.inputs import arrays
from facegate.evaluation.inputs.matrix import load_matrix
from facegate.evaluation.inputs.spec import matrix_spec
from facegate.evaluation.subgroups import population_of
from facegate.evaluation.variance import fmr_of

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.evaluation.inputs.material import ScoreMaterial
    from facegate.templates import TemplateSet

SQUARE = """
file = "m.npy"
rows = "rows.csv"
direction = "similarity"
[people]
subject = "who"
group = "g"
"""
LABELED = """
file = "m.npy"
rows = "rows.csv"
direction = "distance"
symmetric = true
[people]
subject = "who"
template = "photo"
race = "race"
sex = "sex"
"""
PEOPLE = [("ann", "X"), ("ann", "X"), ("bob", "Y")]
SCORES = np.array([[1.0, 0.9, 0.3], [0.8, 1.0, 0.6], [0.2, 0.7, 1.0]])


def load(folder: Path, text: str = SQUARE, *, floor: float = 0.5, memory: int | None = None) -> ScoreMaterial:
    """Load the matrix that a table describes."""
    spec = matrix_spec(keys(text, "data.matrix."))
    return load_matrix(spec, folder, floor=Edge("score", floor), memory=memory)


def write(folder: Path, scores: np.ndarray = SCORES, people: list[tuple[str, str]] | None = None) -> None:
    """Write a matrix and the list of its rows."""
    np.save(folder / "m.npy", scores)
    write_csv(folder / "rows.csv", ("who", "g"), PEOPLE if people is None else people)


def write_labeled(folder: Path, templates: TemplateSet, order: np.ndarray) -> None:
    """Write the distances of all enrolled templates, rows and columns in some order."""
    one = templates.enrolled.select(order)
    np.save(folder / "m.npy", 1 - all_scores(one))
    rows = zip(one.subject_id, one.template_id, one.race, one.sex, strict=True)
    write_csv(folder / "rows.csv", ("who", "photo", "race", "sex"), rows)


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
@pytest.mark.parametrize("symmetric", [True, False])
def test_a_matrix_of_all_pairs_gives_the_rates_of_its_templates_in_any_order(
    tmp_path_factory: pytest.TempPathFactory,
    symmetric: bool,  # noqa: FBT001  a parameter of the test
    seed: int,
) -> None:
    templates, folder = drawn(seed), tmp_path_factory.mktemp("law")
    order = np.random.default_rng(seed).permutation(len(templates.enrolled))
    write_labeled(folder, templates, order)
    made = load(folder, LABELED if symmetric else LABELED.replace("symmetric = true", ""))
    people = population_of(templates)
    wanted = compare_all(templates.enrolled.vectors, people, metric=Metric.EUCLIDEAN, floor=0.5)
    assert made.population.names == people.names
    times = 1 if symmetric else 2
    for score in (0.5, 0.8):
        at = Threshold(score, Metric.EUCLIDEAN)
        ours, theirs = count_at(made.population, made.comparisons, at), count_at(people, wanted, at)
        assert ours.misses.tolist() == (times * theirs.misses).tolist()
        mine = fmr_of(ours.pairs, ours.trials.within(ours.everybody))
        yours = fmr_of(theirs.pairs, theirs.trials.within(theirs.everybody))
        assert mine is not None
        assert yours is not None
        assert (mine.events, mine.trials) == (times * yours.events, times * yours.trials)
        assert mine.estimate == yours.estimate
        if symmetric:
            assert mine == yours


def test_both_orders_of_a_square_matrix_are_two_comparisons(tmp_path: Path) -> None:
    write(tmp_path)
    made = load(tmp_path)
    assert made.comparisons.mated.scores.tolist() == [0.8, 0.9]
    assert made.comparisons.tail.scores.tolist() == [0.6, 0.7]
    assert made.comparisons.trials.of(np.array([0]), np.array([1])).tolist() == [4]
    assert count_of(made.summary, "templates compared with themselves") == (3, "left out")
    assert count_of(made.summary, "pairs in both orders") == (3, "kept: two comparisons each")
    assert (made.summary.kind, made.summary.rows, made.summary.people) == ("matrix", 9, 2)


@pytest.mark.parametrize("block", [8, 1 << 24])
def test_the_size_of_a_block_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(arrays, "BLOCK", block)
    write_labeled(tmp_path, drawn(3), np.arange(len(drawn(3).enrolled)))
    made = load(tmp_path, LABELED)
    wanted = compare_all(
        drawn(3).enrolled.vectors, population_of(drawn(3)), metric=Metric.EUCLIDEAN, floor=0.5
    )
    assert len(made.comparisons.tail) == len(wanted.tail)
    assert counted(made.comparisons).whole().sum() == counted(wanted).whole().sum()


def test_a_rectangle_compares_every_row_with_every_column(tmp_path: Path) -> None:
    write(tmp_path, SCORES[:, :2])
    write_csv(tmp_path / "columns.csv", ("who", "g"), [("ann", "X"), ("cid", "Y")])
    made = load(tmp_path, SQUARE.replace("[people]", 'columns = "columns.csv"\n[people]'))
    assert made.comparisons.mated.scores.tolist() == [1.0, 0.8]
    trials = made.comparisons.trials
    assert trials.of(np.array([0, 0, 1]), np.array([1, 2, 2])).tolist() == [1, 2, 1]
    assert made.subject_ids is not None
    assert sorted(made.subject_ids.tolist()) == ["ann", "ann", "ann", "bob", "cid"]


def test_a_template_in_both_lists_is_one_template(tmp_path: Path) -> None:
    for name in ("rows.csv", "columns.csv"):
        write_csv(tmp_path / name, ("who", "photo", "g"), [("ann", "t1", "X"), ("bob", "t2", "Y")])
    np.save(tmp_path / "m.npy", SCORES[:2, :2])
    text = SQUARE.replace("[people]", 'columns = "columns.csv"\n[people]\ntemplate = "photo"')
    made = load(tmp_path, text)
    assert made.template_ids is not None
    assert made.template_ids.tolist() == ["t1", "t2"]
    assert count_of(made.summary, "templates compared with themselves")[0] == 2
    write_csv(tmp_path / "columns.csv", ("who", "photo", "g"), [("ann", "t1", "X"), ("cid", "t2", "Y")])
    with pytest.raises(InputError, match="1 templates are of another person"):
        load(tmp_path, text)


@pytest.mark.parametrize("name", ["m.csv", "m.npz"])
def test_other_kinds_of_file_hold_the_same_matrix(tmp_path: Path, name: str) -> None:
    write(tmp_path)
    wanted = load(tmp_path)
    np.savetxt(tmp_path / "m.csv", SCORES, delimiter=",")
    np.savez(tmp_path / "m.npz", scores=SCORES)
    key = 'key = "scores"\n' if name.endswith("npz") else ""
    made = load(tmp_path, SQUARE.replace('file = "m.npy"', f'file = "{name}"\n{key}'))
    assert made.comparisons.tail.scores.tolist() == wanted.comparisons.tail.scores.tolist()
    assert made.population.groups == wanted.population.groups


def test_missing_scores_are_left_out_of_every_count_where_the_protocol_says_so(tmp_path: Path) -> None:
    scores = SCORES.copy()
    scores[0, 2] = scores[0, 1] = np.nan
    write(tmp_path, scores)
    made = load(tmp_path, SQUARE.replace("[people]", 'nan = "leave-out"\n[people]'))
    assert count_of(made.summary, "scores that are not numbers") == (2, "left out")
    assert made.comparisons.trials.of(np.array([0]), np.array([1])).tolist() == [3]
    assert made.comparisons.trials.within(np.arange(2)).total == 3
    assert len(made.comparisons.mated) == 1


def test_an_infinite_diagonal_means_nothing_and_is_left_out(tmp_path: Path) -> None:
    scores = SCORES.copy()
    np.fill_diagonal(scores, np.inf)
    write(tmp_path, scores)
    assert len(load(tmp_path).comparisons.tail) == 2


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (np.nan, r"m\.npy holds scores that are not numbers; the first is in row 2, column 3; to leave them"),
        (np.inf, r"m\.npy holds infinite scores; the first is in row 2, column 3"),
    ],
)
def test_a_cell_at_fault_stops_the_run_with_its_place(tmp_path: Path, value: float, why: str) -> None:
    scores = SCORES.copy()
    scores[1, 2] = value
    write(tmp_path, scores)
    with pytest.raises(InputError, match=why):
        load(tmp_path)


def test_a_matrix_said_to_be_symmetric_must_be(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(InputError, match=r"is not: see in row 1, column 2 and its mirror image"):
        load(tmp_path, SQUARE.replace("[people]", "symmetric = true\n[people]"))


@pytest.mark.parametrize(
    ("scores", "people", "why"),
    [
        (SCORES[:2], PEOPLE, "is 2 x 3, wanted 3 x 3 as its lists say"),
        (SCORES[0], PEOPLE, "holds 1 axes of float64"),
        (SCORES[:0], PEOPLE, "is empty"),
        (SCORES.astype(str), PEOPLE, "wanted rows and columns of numbers"),
        (SCORES.astype(object), PEOPLE, "it holds Python objects"),
        (SCORES, [("ann", "X"), ("ann", "Y"), ("bob", "Y")], "1 people are in more than one group"),
        (SCORES, [("ann", "X"), ("", "Y"), ("bob", "Y")], r"rows\.csv, line 3: no subject is named"),
        (SCORES, [], r"rows\.csv has a heading and no rows"),
        (SCORES[:1, :1], PEOPLE[:1], "no cell of two different templates"),
    ],
)
def test_what_does_not_fit_is_refused(
    tmp_path: Path, scores: np.ndarray, people: list[tuple[str, str]], why: str
) -> None:
    write(tmp_path, scores, people)
    with pytest.raises(InputError, match=why):
        load(tmp_path)


def test_files_that_are_missing_or_damaged_are_refused(tmp_path: Path) -> None:
    write(tmp_path)
    (tmp_path / "m.npy").write_bytes(b"no array")
    with pytest.raises(InputError, match=r"m\.npy cannot be read as an array"):
        load(tmp_path)
    (tmp_path / "m.npy").unlink()
    with pytest.raises(InputError, match=r"m\.npy is missing"):
        load(tmp_path)
    np.savez(tmp_path / "m.npz", other=SCORES)
    with pytest.raises(InputError, match="has no array 'scores'; there are other"):
        load(tmp_path, SQUARE.replace('file = "m.npy"', 'file = "m.npz"\nkey = "scores"'))
    (tmp_path / "m.csv").write_text("1,2,3\n1,x,3\n1,2,3\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"m\.csv, row 2: wanted numbers only, without a heading; .*'x'"):
        load(tmp_path, SQUARE.replace("m.npy", "m.csv"))


def test_a_template_named_twice_in_a_list_is_refused(tmp_path: Path) -> None:
    write_csv(tmp_path / "rows.csv", ("who", "photo", "g"), [("ann", "t", "X"), ("bob", "t", "Y")])
    np.save(tmp_path / "m.npy", SCORES[:2, :2])
    with pytest.raises(InputError, match=r"rows\.csv, line 3: this template stands there already"):
        load(tmp_path, SQUARE.replace("[people]", '[people]\ntemplate = "photo"'))


def test_memory_smaller_than_a_matrix_that_must_be_loaded_is_said(tmp_path: Path) -> None:
    write(tmp_path)
    np.savez(tmp_path / "m.npz", scores=SCORES)
    text = SQUARE.replace('file = "m.npy"', 'file = "m.npz"\nkey = "scores"')
    with pytest.raises(InputError, match=r"of memory, this machine has [0-9,]+ KiB free"):
        load(tmp_path, text, memory=10)


def test_a_matrix_without_labels_is_one_group_of_unknown(tmp_path: Path) -> None:
    write(tmp_path)
    made = load(tmp_path, SQUARE.replace('group = "g"', ""))
    assert made.population.names == ("group not recorded",)


def test_a_label_that_has_no_column_cannot_make_groups(tmp_path: Path) -> None:
    write(tmp_path)
    spec = matrix_spec(keys(SQUARE.replace('group = "g"', 'race = "g"'), "data.matrix."))
    made = load_matrix(spec, tmp_path, floor=Edge("score", 0.5), by=("race",))
    assert made.population.names == ("X", "Y")
    with pytest.raises(InputError, match=r"no column is named for sex; say by = \[\.\.\.\] in \[groups\]"):
        load_matrix(spec, tmp_path, floor=Edge("score", 0.5), by=("race", "sex"))
