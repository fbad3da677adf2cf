"""Scores made elsewhere: the same rates as templates give, and every fault named with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_elsewhere import FULL, FULL_SPEC, HEADING, NAMED, count_of, counted, keys, load, rows_of, write_csv
from small_population import drawn

from facegate.decision import Metric, Threshold
from facegate.errors import InputError
from facegate.evaluation.comparisons import compare_all
from facegate.evaluation.counting import count_at
from facegate.evaluation.edges import Edge
from facegate.evaluation.inputs.scores import load_scores
from facegate.evaluation.inputs.spec import scores_spec
from facegate.evaluation.subgroups import population_of
from facegate.evaluation.variance import fmr_of

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.evaluation.inputs.material import ScoreMaterial

ROWS = [
    (0.9, "ann", "ann", "X", "X"),
    (0.6, "ann", "bob", "X", "Y"),
    (0.2, "bob", "cid", "Y", "Y"),
    (0.7, "cid", "ann", "Y", "X"),
]
FLAGGED = """
file = "scores.csv"
direction = "similarity"
[columns]
score = "score"
mated = "same"
group = "g"
"""


def summary_of(made: ScoreMaterial) -> list[object]:
    """Put everything that can be compared in one list."""
    comparisons, people = made.comparisons, made.population
    parts = [
        people.groups,
        people.person_of_template.tolist(),
        people.group_of_person.tolist(),
        counted(comparisons).non_mated.tolist(),
        counted(comparisons).mated.tolist(),
        made.summary.findings,
        None if made.template_ids is None else made.template_ids.tolist(),
    ]
    for pairs in (comparisons.tail, comparisons.mated):
        parts += [pairs.first.tolist(), pairs.second.tolist(), pairs.scores.tolist()]
    return parts


# --- the same as from templates -----------------------------------------------------------------


@given(st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_a_file_of_all_pairs_gives_the_very_rates_of_its_templates(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    templates, folder = drawn(seed), tmp_path_factory.mktemp("law")
    write_csv(folder / "scores.csv", FULL, rows_of(templates))
    made, people = load(folder, FULL_SPEC), population_of(templates)
    wanted = compare_all(templates.enrolled.vectors, people, metric=Metric.EUCLIDEAN, floor=0.5)
    assert made.population.names == people.names
    for score in (0.5, 0.6, 0.8):
        at = Threshold(score, Metric.EUCLIDEAN)
        ours, theirs = count_at(made.population, made.comparisons, at), count_at(people, wanted, at)
        assert ours.misses.tolist() == theirs.misses.tolist()
        assert ours.mated.tolist() == theirs.mated.tolist()
        everybody = theirs.everybody
        assert fmr_of(ours.pairs, ours.trials.within(everybody)) == fmr_of(
            theirs.pairs, theirs.trials.within(everybody)
        )
        for g in range(len(people.groups)):
            inside = people.people_of(g)
            assert fmr_of(ours.cell(g, g), ours.trials.within(inside)) == fmr_of(
                theirs.cell(g, g), theirs.trials.within(inside)
            )
            for h in range(g + 1, len(people.groups)):
                assert ours.fmr_between(g, h) == theirs.fmr_between(g, h)


@given(st.randoms(use_true_random=False))
@settings(max_examples=10, deadline=None)
@pytest.mark.parametrize("text", [NAMED, FLAGGED], ids=["named", "anonymous"])
def test_the_order_of_rows_and_of_files_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, text: str, random: np.random.Generator
) -> None:
    folder = tmp_path_factory.mktemp("order")
    heading = (*HEADING, "same", "g")
    rows = [(*row, row[1] == row[2], row[3]) for row in ROWS]
    write_csv(folder / "scores.csv", heading, rows)
    shuffled = list(rows)
    random.shuffle(shuffled)
    write_csv(folder / "one.csv", heading, shuffled[:1])
    write_csv(folder / "two.csv", heading, shuffled[1:])
    files = 'files = [{ file = "two.csv" }, { file = "one.csv" }]'
    again = load(folder, text.replace('file = "scores.csv"', files))
    assert summary_of(again) == summary_of(load(folder, text))


# --- what a file may say ------------------------------------------------------------------------


def test_each_pair_is_counted_between_its_people_and_groups(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, ROWS)
    made = load(tmp_path)
    assert made.population.names == ("X", "Y")
    assert [group.people for group in made.population.groups] == [1, 2]
    assert made.subject_ids is not None
    assert made.subject_ids.tolist() == ["ann", "bob", "cid"]
    assert made.comparisons.trials.of(np.array([0, 0, 1]), np.array([1, 2, 2])).tolist() == [1, 1, 1]
    assert made.comparisons.tail.scores.tolist() == [0.6, 0.7]
    assert made.comparisons.mated.scores.tolist() == [0.9]
    assert (made.summary.rows, made.summary.people, made.summary.people_named) == (4, 3, True)


def test_rows_that_name_nobody_join_people_of_their_own(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "scores.csv", ("score", "same", "g"), [(0.9, "yes", "X"), (0.6, "No", "X"), (0.1, "0", "")]
    )
    made = load(tmp_path, FLAGGED)
    assert (made.summary.people, made.summary.people_named) == (0, False)
    assert made.population.names == ("X", "group not recorded")
    assert made.population.group_of_person.tolist() == [0, 0, 1, 1, 0]
    assert len(made.comparisons.mated) == 1
    assert made.comparisons.trials.within(np.arange(5)).total == 2
    assert count_of(made.summary, "rows that repeat") == (0, "cannot be checked: the input names no people")


def test_a_distance_reads_as_what_the_file_says_and_matches_at_the_threshold(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [(0.6, "a", "b", "X", "X"), (0.61, "a", "c", "X", "X")])
    spec = scores_spec(keys(NAMED.replace("similarity", "distance")))
    made = load_scores(spec, tmp_path, floor=Edge("distance", 0.6))
    assert made.metric is Metric.EUCLIDEAN
    assert made.comparisons.tail.scores.tolist() == [Threshold.from_native(0.6, Metric.EUCLIDEAN).score]
    assert made.metric.native(float(made.comparisons.tail.scores[0])) == 0.6
    assert not made.summary.similarity


def test_a_vendors_scores_may_have_any_range(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [(9000, "a", "b", "X", "X"), (120, "a", "c", "X", "X")])
    made = load(tmp_path, floor=5000)
    assert made.comparisons.tail.scores.tolist() == [9000.0]
    assert made.metric.native(9000.0) == 9000.0
    edges, counts = counted(made.comparisons).edges, counted(made.comparisons).whole()
    assert counts[np.searchsorted(edges, 5000.0) :].sum() == 1
    assert counts.sum() == 2


def test_one_file_a_group_needs_no_group_column(tmp_path: Path) -> None:
    for name, people in (("x", "ab"), ("y", "cd")):
        write_csv(tmp_path / f"{name}.csv", ("score", "a", "b"), [(0.5, *people)])
    text = """
direction = "similarity"
files = [{ file = "x.csv", group = "X" }, { file = "y.csv", group = "Y" }]
columns = { score = "score", first_subject = "a", second_subject = "b" }
"""
    made = load(tmp_path, text)
    assert made.population.names == ("X", "Y")
    assert sorted(made.summary.files) == ["x.csv", "y.csv"]


def test_parquet_with_whole_number_ids_and_true_flags_is_read(tmp_path: Path) -> None:
    columns = {
        "score": [0.9, 0.4],
        "a": [1, 1],
        "b": [1, 2],
        "ga": ["X", "X"],
        "gb": ["X", None],
        "same": [True, False],
    }
    pq.write_table(pa.table(columns), tmp_path / "scores.parquet")
    text = NAMED.replace("scores.csv", "scores.parquet").replace("[columns]", '[columns]\nmated = "same"')
    made = load(tmp_path, text)
    assert made.population.names == ("X", "group not recorded")
    assert made.comparisons.mated.scores.tolist() == [0.9]


def test_other_delimiters_words_and_blank_lines_are_read(tmp_path: Path) -> None:
    content = "\ufeffscore;same;g\r\n 0.9 ;genuine; X \r\n\r\n0.1;impostor;X\r\n"
    (tmp_path / "scores.csv").write_text(content, encoding="utf-8", newline="")
    words = 'delimiter = ";"\nmated_yes = "genuine"\nmated_no = "impostor"\n[columns]'
    made = load(tmp_path, FLAGGED.replace("[columns]", words))
    assert made.population.names == ("X",)
    assert len(made.comparisons.mated) == 1


def test_both_orders_of_a_pair_are_two_comparisons_and_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [*ROWS, (0.61, "bob", "ann", "Y", "X")])
    made = load(tmp_path)
    assert count_of(made.summary, "pairs in both orders") == (1, "kept: two comparisons each")
    assert made.comparisons.trials.of(np.array([0]), np.array([1])).tolist() == [2]


def test_all_scores_equal_is_measured_and_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [(0.5, *row[1:]) for row in ROWS])
    made = load(tmp_path)
    assert count_of(made.summary, "scores that are all equal")[0] == 4
    assert len(made.comparisons.tail) == 3


def test_groups_without_pairs_or_with_one_person_are_unknown_and_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, ROWS)
    made = load(tmp_path)
    assert count_of(made.summary, "groups of one person")[0] == 1
    assert count_of(made.summary, "groups without a non-mated pair")[0] == 1
    assert count_of(made.summary, "groups without a mated pair")[0] == 1
    assert (
        fmr_of(
            count_at(made.population, made.comparisons, Threshold(0.5, made.metric)).cell(0, 0),
            made.comparisons.trials.within(made.population.people_of(0)),
        )
        is None
    )


def test_templates_compared_with_themselves_are_left_out_whatever_their_score(tmp_path: Path) -> None:
    rows = [
        ("inf", "a", "a", "t1", "t1", "X", "X", "F", "F"),
        (0.2, "a", "b", "t1", "t2", "X", "X", "F", "F"),
    ]
    write_csv(tmp_path / "scores.csv", FULL, rows)
    made = load(tmp_path, FULL_SPEC)
    assert count_of(made.summary, "templates compared with themselves") == (1, "left out")
    assert len(made.comparisons.mated) == 0


# --- what stops a run ---------------------------------------------------------------------------


def test_one_bad_line_among_many_is_named_with_its_number_and_what_stands_there(tmp_path: Path) -> None:
    lines = ["score,a,b,ga,gb", *(f"0.{n:06d},a{n},b{n},X,X" for n in range(300_000))]
    lines[250_001] = "0,5,a,b,X,X"
    path = tmp_path / "scores.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(
        InputError, match=r"scores.csv, line 250002: Expected 5 columns, got 6; there stands '0,5,a,b"
    ):
        load(tmp_path)
    lines[250_001] = "0.3x,a,b,X,X"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"scores.csv, line 250002: wanted a number, there stands '0.3x'"):
        load(tmp_path)


def test_blank_lines_do_not_shift_the_line_number(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text("score,a,b,ga,gb\n\n\n1,a,b,X,X\n\nno,a,c,X,X\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 6: wanted a number"):
        load(tmp_path)


def test_text_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_bytes(b"score,a,b,ga,gb\n1,a,b,X,X\n1,a,\xff,X,X\n")
    with pytest.raises(InputError, match="line 3: invalid UTF8"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (
            ("nan", "a", "b", "X", "X"),
            r"scores that are not numbers: 1, the first at scores\.csv, line 6; to leave",
        ),
        (("", "a", "b", "X", "X"), "scores that are not numbers: 1"),
        (("-inf", "dan", "eve", "X", "X"), r"scores that are infinite: 1, the first at scores\.csv, line 6"),
        ((0.4, "", "bob", "X", "Y"), "line 6: wanted a name in column 'a'"),
        (
            (0.4, "ann", "bob", "Y", "Y"),
            r"people in more than one group: 1, the first at scores\.csv, line 6",
        ),
        (
            (0.6, "ann", "bob", "X", "Y"),
            r"rows that repeat an earlier one: 1, the first at scores\.csv, line 6",
        ),
    ],
)
def test_a_row_at_fault_stops_the_run_with_its_place(
    tmp_path: Path, row: tuple[object, ...], why: str
) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [*ROWS, row])
    with pytest.raises(InputError, match=why):
        load(tmp_path)


def test_faults_are_left_out_and_counted_where_the_protocol_says_so(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [*ROWS, ("nan", "ann", "cid", "X", "Y"), ROWS[1]])
    leave = 'nan = "leave-out"\nduplicates = "leave-out"\n[columns]'
    made = load(tmp_path, NAMED.replace("[columns]", leave))
    assert count_of(made.summary, "scores that are not numbers") == (1, "left out")
    assert count_of(made.summary, "rows that repeat") == (1, "left out")
    assert made.comparisons.trials.within(np.arange(3)).total == 3


def test_repeating_rows_may_be_kept_where_scores_are_coarse(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [*ROWS, ROWS[1]])
    made = load(tmp_path, NAMED.replace("[columns]", 'duplicates = "keep"\n[columns]'))
    assert count_of(made.summary, "rows that repeat") == (1, "kept")
    assert made.comparisons.trials.within(np.arange(3)).total == 4


def test_a_mated_flag_that_contradicts_the_subjects_stops_the_run(tmp_path: Path) -> None:
    rows = [(*row, row[1] == row[2]) for row in ROWS[:2]] + [(*ROWS[2], True)]
    write_csv(tmp_path / "scores.csv", (*HEADING, "same"), rows)
    with pytest.raises(
        InputError, match=r"mated flags that contradict the subjects: 1, the first at scores\.csv, line 4"
    ):
        load(tmp_path, NAMED.replace("[columns]", '[columns]\nmated = "same"'))


def test_a_mated_flag_that_is_neither_yes_nor_no_is_named(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", ("score", "same", "g"), [(0.1, "maybe", "X")])
    with pytest.raises(
        InputError, match="line 2: wanted true or false, yes or no, 1 or 0, there stands 'maybe'"
    ):
        load(tmp_path, FLAGGED)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ((0.3, "a", "c", "t1", "t2", "X", "X", "F", "F"), "templates of more than one person"),
        ((0.3, "a", "b", "t1", "t2", "X", "X", "F", "F"), "pairs of templates with two different scores"),
        ((0.2, "a", "b", "t1", "t2", "X", "X", "F", "F"), "rows that repeat an earlier one"),
    ],
)
def test_templates_that_contradict_stop_the_run(tmp_path: Path, row: tuple[object, ...], why: str) -> None:
    write_csv(tmp_path / "scores.csv", FULL, [(0.2, "a", "b", "t1", "t2", "X", "X", "F", "F"), row])
    with pytest.raises(InputError, match=rf"{why}: 1, the first at scores\.csv, line 3"):
        load(tmp_path, FULL_SPEC)


def test_an_anonymous_mated_pair_of_two_groups_stops_the_run(tmp_path: Path) -> None:
    text = FLAGGED.replace('group = "g"', 'first_group = "ga"\nsecond_group = "gb"')
    write_csv(tmp_path / "scores.csv", ("score", "same", "ga", "gb"), [(0.9, 1, "X", "Y")])
    with pytest.raises(InputError, match="people in more than one group"):
        load(tmp_path, text)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "scores.csv is empty"),
        ("score,a,b,ga,gb\n", "no rows"),
        ("score,a,b,ga\n1,2,3,4\n", "column 'gb' is not there; columns are score, a, b, ga"),
        ("score,a,a,b,ga,gb\n1,2,3,4,5,6\n", "column 'a' is twice there"),
    ],
)
def test_a_file_without_rows_or_columns_is_refused(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "scores.csv").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=why):
        load(tmp_path)


def test_a_missing_file_and_one_that_is_no_parquet_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"scores\.csv is missing"):
        load(tmp_path)
    (tmp_path / "scores.parquet").write_text("score,a\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"scores\.parquet cannot be read as Parquet"):
        load(tmp_path, NAMED.replace("scores.csv", "scores.parquet"))


def test_rows_that_all_fall_away_leave_nothing_to_measure(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [("", "a", "b", "X", "X")])
    with pytest.raises(InputError, match="of 1 rows none is left"):
        load(tmp_path, NAMED.replace("[columns]", 'nan = "leave-out"\n[columns]'))


def test_memory_smaller_than_the_data_is_said_before_the_work(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, ROWS * 1000)
    with pytest.raises(
        InputError, match=r"scores need about [0-9,]+ [KM]iB of memory, this machine has [0-9,]+ KiB free"
    ):
        load(tmp_path, memory=1000)


def test_more_groups_than_a_table_can_show_point_at_a_wrong_column(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [(0.1, f"a{n}", f"b{n}", n, n) for n in range(201)])
    with pytest.raises(InputError, match="201 groups, wanted at most 200"):
        load(tmp_path)


def test_distances_too_small_for_a_score_are_said(tmp_path: Path) -> None:
    write_csv(tmp_path / "scores.csv", HEADING, [(1e-12, "a", "b", "X", "X"), (2e-3, "a", "c", "X", "X")])
    made = load(tmp_path, NAMED.replace("similarity", "distance"))
    assert count_of(made.summary, "distances blurred")[0] == 1


def test_groups_are_made_by_the_labels_asked_for(tmp_path: Path) -> None:
    rows = [(0.3, "a", "b", "t1", "t2", "X", "Y", "F", "")]
    write_csv(tmp_path / "scores.csv", FULL, rows)
    spec, floor = scores_spec(keys(FULL_SPEC)), Edge("distance", 0.5)
    assert load_scores(spec, tmp_path, floor=floor).population.names == ("X F", "Y, sex not recorded")
    assert load_scores(spec, tmp_path, floor=floor, by=("race",)).population.names == ("X", "Y")
    with pytest.raises(InputError, match="no column is named for age_class; say by"):
        load_scores(spec, tmp_path, floor=floor, by=("age_class",))
