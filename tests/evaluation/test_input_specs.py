"""What a protocol may say of data made elsewhere: nothing is guessed, and each slip is named."""

from __future__ import annotations

import pytest
from made_elsewhere import FULL_SPEC, NAMED, keys

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.spec import Fault, matrix_spec, scores_spec, vectors_spec

VECTORS = 'file = "v.npz"\nmetric = "cosine"\n[columns]\nvector = "v"\nsubject = "who"\n'
MATRIX = 'file = "m.npy"\nrows = "r.csv"\ndirection = "distance"\n[people]\nsubject = "who"\n'


def test_by_default_every_fault_stops_the_run() -> None:
    scores, vectors = scores_spec(keys(NAMED)), vectors_spec(keys(VECTORS))
    assert {scores.nan, scores.duplicates, vectors.duplicates, matrix_spec(keys(MATRIX)).nan} == {Fault.STOP}
    assert not vectors.normalize
    assert scores.label_source == "not recorded"


def test_the_direction_decides_how_scores_are_read() -> None:
    assert scores_spec(keys(NAMED)).metric is Metric.SIMILARITY
    assert scores_spec(keys(FULL_SPEC)).metric is Metric.EUCLIDEAN
    assert matrix_spec(keys(MATRIX)).metric is Metric.EUCLIDEAN


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('direction = "similarity"', "", r"p\.toml: key data\.scores\.direction is missing"),
        ('"similarity"', '"up"', "direction is 'up', wanted 'similarity' or 'distance'"),
        ("[columns]", "speed = 1\n[columns]", "speed is not known; known here are file, files"),
        ("[columns]", '[columns]\nthird_subject = "c"', "columns.third_subject is not known"),
        ('second_subject = "b"', "", "columns.second_subject is missing: the other side has one"),
        ('first_group = "ga"', 'group = "ga"', "columns.group is the group of both sides"),
        ("[columns]", '[columns]\nfirst_race = "r"\nsecond_race = "s"', "ready-made group"),
        ('file = "scores.csv"', "", r"file or \[\[files\]\]: wanted exactly one"),
        (
            'file = "scores.csv"',
            'files = [{file = "a"}, {file = "b", group = "B"}]',
            "on each file, or on none",
        ),
        ('file = "scores.csv"', 'files = [{file = "a"}, {file = "a"}]', "names a file twice"),
        ('file = "scores.csv"', 'files = [{file = "a", group = "A"}]', "is given by the files"),
        ("[columns]", 'delimiter = ";;"\n[columns]', "wanted one character"),
        ("[columns]", 'mated_yes = "Y"\n[columns]', "mated_no go together"),
        ("[columns]", 'nan = "keep"\n[columns]', "nan is 'keep', wanted 'stop' or 'leave-out'"),
    ],
)
def test_a_slip_in_scores_is_named_with_its_key_and_file(old: str, new: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        scores_spec(keys(NAMED.replace(old, new)))


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ('first_group = "x"\nsecond_group = "y"', "columns.mated is missing; wanted it, or first_subject"),
        (
            'mated = "m"\nfirst_template = "x"\nsecond_template = "y"',
            "first_template wants first_subject too",
        ),
    ],
)
def test_scores_must_say_who_is_mated(columns: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        scores_spec(keys(f'file = "s.csv"\ndirection = "distance"\n[columns]\nscore = "s"\n{columns}\n'))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"cosine"', '"euclidean"\nnormalize = true', "normalize is for metric cosine"),
        ('"cosine"', '"l1"', "metric is 'l1', wanted 'euclidean' or 'cosine'"),
        ('"v.npz"', '"v.npy"', "labels goes with an .npy file of vectors"),
        ('subject = "who"', "", "columns.subject is missing"),
        ('vector = "v"', "", "columns.vector is missing"),
    ],
)
def test_a_slip_in_vectors_is_named(old: str, new: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        vectors_spec(keys(VECTORS.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("[people]", 'columns = "c.csv"\nsymmetric = true\n[people]', "symmetric is for a square matrix"),
        ('"m.npy"', '"m.npz"', "key names the array in an .npz file"),
        ('subject = "who"', 'subject = "who"\ngroup = "g"\nsex = "s"', "group is a ready-made group"),
        ("[people]", "[people]\nage = 3", "people.age is not known"),
    ],
)
def test_a_slip_in_a_matrix_is_named(old: str, new: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        matrix_spec(keys(MATRIX.replace(old, new)))
