"""Approximate indexes: measured against exact search, never serving."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

from facegate.decision import Metric, Vectors
from facegate.errors import InputError
from facegate.gallery import approximate
from facegate.gallery.approximate import RECIPES, approximate_index, recipe_of
from facegate.gallery.index import FactoryIndex
from facegate.templates import EmbedderInfo

# Of 5 in 600 vectors without any structure, which is hard for lists and harder for codes.
LEAST_RECALL = {"hnsw": 0.95, "ivf-flat": 0.4, "sq8": 0.9, "pq": 0.04}
ROOT = Path(__file__).parents[2] / "facegate"


def an_embedder(metric: Metric, dimension: int = 16) -> EmbedderInfo:
    return EmbedderInfo("test", "ab" * 32, dimension, metric)


def drawn(n_rows: int, metric: Metric, *, dimension: int = 16, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).standard_normal((n_rows, dimension), dtype=np.float32)
    if metric is Metric.COSINE:
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def exact_first(vectors: Vectors, probe: Vectors, limit: int, metric: Metric) -> set[int]:
    gallery, one = vectors.astype(float), probe.astype(float)
    near = gallery @ one if metric is Metric.COSINE else -np.linalg.norm(gallery - one, axis=1)
    return set(np.argsort(-near)[:limit].tolist())


def test_every_known_index_is_tested() -> None:
    assert set(LEAST_RECALL) == set(RECIPES)


@pytest.mark.parametrize("metric", Metric)
@pytest.mark.parametrize("name", RECIPES)
def test_an_approximate_index_finds_far_more_than_chance(name: str, metric: Metric) -> None:
    vectors, probes = drawn(600, metric), drawn(20, metric, seed=1)
    returned = approximate_index(name, vectors, an_embedder(metric), limit=5).first(probes, 5)
    right = sum(
        len(set(rows.tolist()) & exact_first(vectors, probe, 5, metric))
        for rows, probe in zip(returned, probes, strict=True)
    )
    assert right / 100 > LEAST_RECALL[name]  # chance: 5 of 600


def test_probing_every_list_is_exact_search() -> None:
    vectors, probes = drawn(600, Metric.EUCLIDEAN), drawn(5, Metric.EUCLIDEAN, seed=1)
    index = FactoryIndex("IVF8,Flat", vectors, an_embedder(Metric.EUCLIDEAN), settings={"nprobe": 8})
    for probe, rows in zip(probes, index.first(probes, 7), strict=True):
        assert set(rows.tolist()) == exact_first(vectors, probe, 7, Metric.EUCLIDEAN)


@pytest.mark.parametrize("name", RECIPES)
def test_building_twice_gives_the_same_answers(name: str) -> None:
    vectors, probes = drawn(500, Metric.EUCLIDEAN), drawn(30, Metric.EUCLIDEAN, seed=1)
    first, second = (
        approximate_index(name, vectors, an_embedder(Metric.EUCLIDEAN), limit=5).first(probes, 5)
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("n_vectors", [2, 3, 39, 80])
@pytest.mark.parametrize("name", RECIPES)
def test_a_small_gallery_has_an_index_too(name: str, n_vectors: int) -> None:
    vectors = drawn(n_vectors, Metric.EUCLIDEAN)
    index = approximate_index(name, vectors, an_embedder(Metric.EUCLIDEAN), limit=5)
    assert index.first(vectors, 5).shape == (n_vectors, min(5, n_vectors))


def test_an_unknown_index_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="'annoy'; known are hnsw, ivf-flat, sq8, pq"):
        recipe_of("annoy", n_vectors=10, dimension=4, limit=1)


def test_an_index_over_nobody_is_refused() -> None:
    with pytest.raises(InputError, match="at least one vector, got none"):
        approximate_index("sq8", drawn(0, Metric.EUCLIDEAN), an_embedder(Metric.EUCLIDEAN), limit=1)


def test_codes_cannot_be_trained_on_one_vector() -> None:
    with pytest.raises(InputError, match="pq needs at least 2 vectors to train, got 1"):
        approximate_index("pq", drawn(1, Metric.EUCLIDEAN), an_embedder(Metric.EUCLIDEAN), limit=1)


def test_a_description_faiss_does_not_know_is_an_error_of_ours() -> None:
    with pytest.raises(InputError, match="cannot build 'Nonsense' over 3 vectors"):
        FactoryIndex("Nonsense", drawn(3, Metric.EUCLIDEAN), an_embedder(Metric.EUCLIDEAN), settings={})


def test_a_vector_that_is_not_finite_never_reaches_an_approximate_index() -> None:
    vectors = drawn(5, Metric.EUCLIDEAN)
    vectors[2, 0] = np.nan
    with pytest.raises(InputError, match="NaN or infinity"):
        approximate_index("hnsw", vectors, an_embedder(Metric.EUCLIDEAN), limit=1)


def test_the_list_of_a_recipe_names_its_settings() -> None:
    assert (
        recipe_of("hnsw", n_vectors=9, dimension=4, limit=100).description == "hnsw (32 links, efSearch 100)"
    )
    assert recipe_of("pq", n_vectors=10_000, dimension=128, limit=9).description == "pq (16 codes of 8 bits)"


def test_nothing_that_serves_imports_an_approximate_index() -> None:
    importing = {
        path.relative_to(ROOT).parts[0]
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (node.module == approximate.__name__ or "FactoryIndex" in {alias.name for alias in node.names})
        and path.name != "approximate.py"
    }
    assert importing <= {"evaluation"}
