"""Protocols are read strictly: an unknown or wrong key is an error that names key and file."""

from __future__ import annotations

from pathlib import Path

import pytest

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.edges import Edge
from facegate.evaluation.protocol import (
    AllPairsProtocol,
    Resampling,
    SyntheticData,
    View2Protocol,
    parse_protocol,
)

GOOD = """
kind = "all-pairs"
name = "mine"
title = "My system"
notes = ["small"]
[data]
dataset = "lfw"
[groups]
by = ["sex"]
only_label_sources = ["human"]
[floor]
distance = 0.6
[[threshold]]
fmr = 1e-3
[[threshold]]
distance = 0.6
"""
VIEW2 = """
kind = "lfw-view2"
name = "v"
title = "t"
data.dataset = "lfw"
[[variant]]
name = "jittered"
fallback = false
jitter = 5
"""
PROTOCOLS = sorted((Path(__file__).parents[2] / "benchmarks" / "protocols").glob("*.toml"))


def test_a_protocol_is_read_with_its_defaults() -> None:
    found = parse_protocol(GOOD, name="mine.toml")
    assert isinstance(found, AllPairsProtocol)
    assert found.thresholds == (Edge("fmr", 1e-3), Edge("distance", 0.6))
    assert (found.by, found.label_sources, found.data.fallback, found.question) == (
        ("sex",),
        (("human",),),
        True,
        "",
    )
    assert [edge.name for edge in found.thresholds] == ["fmr-1e-3", "distance-0.6"]
    assert (found.folds, found.resampling, found.identification) == (0, Resampling(500, 500, 1), None)
    assert (found.reference, found.without_top_pairs, found.operational_gallery) == (None, 0, None)


def test_what_goes_beyond_plain_rates_is_asked_for_by_table() -> None:
    more = """
    [calibration]
    folds = 5
    [resampling]
    bootstrap = 10
    permutations = 20
    seed = 7
    [identification]
    enroll = 0.4
    [operational]
    gallery = 1000
    """
    groups = 'reference = "White M"\nwithout_top_pairs = 3\nby = ["sex"]'
    found = parse_protocol(GOOD.replace('by = ["sex"]', groups) + more, name="mine.toml")
    assert isinstance(found, AllPairsProtocol)
    assert (found.folds, found.resampling, found.reference) == (5, Resampling(10, 20, 7), "White M")
    assert (found.without_top_pairs, found.operational_gallery) == (3, 1000)
    assert found.identification is not None
    assert (found.identification.enroll, found.identification.seed) == (0.4, 7)


def test_thresholds_are_named_by_whose_rate_sets_them() -> None:
    edges = (Edge("fmr", 1e-3, "White M"), Edge("matched_fmr", 1e-2), Edge("fpir", 0.1), Edge("cosine", 0.3))
    names = ["fmr-1e-3-white-m", "matched-fmr-1e-2", "fpir-1e-1", "cosine-0.3"]
    assert [edge.name for edge in edges] == names


def test_a_ten_fold_protocol_is_read_with_its_variants() -> None:
    found = parse_protocol(VIEW2, name="v.toml")
    assert isinstance(found, View2Protocol)
    assert (found.variants[0].name, found.variants[0].fallback, found.variants[0].jitter) == (
        "jittered",
        False,
        5,
    )


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_every_committed_protocol_can_be_read(path: Path) -> None:
    found = parse_protocol(path.read_text(encoding="utf-8"), name=path.name)
    assert found.name == path.stem
    assert found.notes


def test_a_synthetic_population_is_named_by_recipe_and_seed() -> None:
    data = 'synthetic = { population = "demo", subjects = 40, seed = 7 }'
    found = parse_protocol(GOOD.replace('dataset = "lfw"', data), name="s.toml")
    assert isinstance(found, AllPairsProtocol)
    assert found.data.synthetic == SyntheticData("demo", 40, 2, 7)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'title = "My',
            'titel = "x"\ntitle = "My',
            "mine.toml: key titel is not known; known here are kind, name",
        ),
        ("fmr = 1e-3", "fnr = 1e-3", r"key threshold\[1\].fnr is not known"),
        ("fmr = 1e-3", "fmr = 1e-3\nscore = 1", r"key threshold\[1\]. wants exactly one of fmr"),
        ("fmr = 1e-3", "fmr = 2", "is 2, wanted a rate above 0 and below 1"),
        ("fmr = 1e-3", "fmr = nan", "is nan, wanted a finite number"),
        ("fmr = 1e-3", "distance = 0.6", "key threshold stands there twice"),
        ("fmr = 1e-3", 'fmr = "low"', "fmr is 'low', wanted a number"),
        ("fmr = 1e-3", "fmr = true", "fmr is 'True', wanted a number"),
        ('name = "mine"', "", "key name is missing; wanted a text"),
        ('name = "mine"', 'name = "../up"', "key name is '../up', wanted small letters"),
        (
            'dataset = "lfw"',
            "",
            "data wants exactly one of dataset, templates, synthetic, vectors, scores, matrix",
        ),
        ('by = ["sex"]', 'by = ["shoe"]', r"groups.by is \['shoe'\], wanted different ones of race, sex"),
        ('by = ["sex"]', 'by = "sex"', "groups.by is 'sex', wanted a list of texts"),
        ('by = ["sex"]', "by = [1]", "groups.by wanted a list of texts"),
        ('notes = ["small"]', "floor = 3", "is not TOML"),
        (
            'kind = "all-pairs"',
            'kind = "some-pairs"',
            "kind is 'some-pairs', wanted 'all-pairs' or 'lfw-view2'",
        ),
        ("fmr = 1e-3", 'fpir = 1e-3\ngroup = "x"', "group goes with fmr"),
        ("fmr = 1e-3", "fpir = 1e-3", r"by fpir needs searches: add \[identification\]"),
        ("[floor]", "[calibration]\nfolds = 1\n[floor]", "calibration.folds is 1, wanted 2 or more"),
        ('dataset = "lfw"', 'templates = "t.parquet"\nembedder = "e.toml"', "goes with a data set"),
        ("distance = 0.6\n[[", "fmr = 0.6\n[[", "floor.fmr is not known"),
        ('dataset = "lfw"', 'dataset = "lfw"\nfallback = 1', "data.fallback is '1', wanted true or false"),
    ],
)
def test_a_mistake_is_told_with_key_and_file(old: str, new: str, message: str) -> None:
    assert old in GOOD
    with pytest.raises(InputError, match=message):
        parse_protocol(GOOD.replace(old, new, 1), name="mine.toml")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("jitter = 5", "jitter = -1", r"variant\[1\].jitter is -1, wanted a whole number from 0"),
        ("jitter = 5", "flips = true", r"variant\[1\].flips is not known"),
        ("[[variant]]", "[variant]", "variant is .* wanted at least one"),
    ],
)
def test_a_mistake_in_a_variant_is_told(old: str, new: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_protocol(VIEW2.replace(old, new, 1), name="v.toml")


def test_an_unknown_population_is_refused() -> None:
    data = 'synthetic = { population = "mars", subjects = 40, seed = 7 }'
    with pytest.raises(InputError, match="'mars', wanted one of demo, cosine"):
        parse_protocol(GOOD.replace('dataset = "lfw"', data), name="s.toml")


def test_an_edge_becomes_a_threshold_of_its_own_metric() -> None:
    assert Edge("distance", 0.6).threshold(Metric.EUCLIDEAN).score == pytest.approx(0.4)
    assert Edge("score", 0.4).threshold(Metric.COSINE).score == 0.4
    with pytest.raises(
        InputError, match=r"distance-0\.6 does not fit scores of metric cosine: give a cosine"
    ):
        Edge("distance", 0.6).threshold(Metric.COSINE)


def test_the_protocol_that_the_readme_shows_can_be_run() -> None:
    text = (PROTOCOLS[0].parents[1] / "README.md").read_text(encoding="utf-8")
    shown = text.split("```toml\n")[1].split("```")[0]
    found = parse_protocol(shown, name="README.md")
    assert isinstance(found, AllPairsProtocol)
    given = [edge for edge in found.thresholds if not edge.by_rate]
    assert [edge.threshold(Metric.SIMILARITY).score for edge in given] == [0.45]


@pytest.mark.parametrize("path", PROTOCOLS, ids=lambda path: path.stem)
def test_every_committed_protocol_is_listed_in_the_readme(path: Path) -> None:
    assert f"`protocols/{path.name}`" in (path.parents[1] / "README.md").read_text(encoding="utf-8")
