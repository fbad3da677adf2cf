"""Searches against the slow search, and the token they need."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from enrollees import EUCLIDEAN, HALF_AWAY, a_set, at, on_a_line, slow_score, slow_search
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import VECTOR_METRICS, Metric, Threshold
from facegate.errors import GalleryError, InputError
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import SearchToken, UnsafeMeasurementToken
from facegate.records import SubjectId
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.decision import Vectors
    from facegate.records import CandidateList
    from facegate.templates import TemplateSet

SQUARE = EmbedderInfo("square", "cd" * 32, 4, Metric.COSINE)
# Few coordinates, so that ties and scores exactly at a threshold are common, and of a kind whose
# float64 sums are the same in any order, so that the slow search can ask for equality.
POINTS = st.tuples(*[st.integers(-2, 2).map(lambda step: step / 2)] * 2)
DIRECTIONS = st.sampled_from(
    [(1, 0, 0, 0), (0, -1, 0, 0), (0.6, 0.8, 0, 0), (0.8, 0, 0.6, 0), (0, 0, -0.6, 0.8), (0.5, 0.5, 0.5, 0.5)]
)
WAYS = {Metric.EUCLIDEAN: (EUCLIDEAN, POINTS), Metric.COSINE: (SQUARE, DIRECTIONS)}
NAMES = st.sampled_from(["Zoe", "Ann", "Bo", "ann", "Åsa", "s10", "s9"])


@pytest.fixture(scope="module", autouse=True)
def _no_flushing() -> Iterator[None]:
    """Leave out flushing to disk: hundreds of galleries are made here, and none has to last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


@st.composite
def a_search(draw: st.DrawFn) -> tuple[TemplateSet, Vectors, Threshold, int]:
    embedder, vectors = WAYS[draw(st.sampled_from(VECTOR_METRICS))]
    rows = draw(st.lists(st.tuples(NAMES, vectors), max_size=20))
    templates = a_set([name for name, _ in rows], [list(vector) for _, vector in rows], embedder=embedder)
    probe = at(*draw(vectors))
    scores = [slow_score(probe, vector, embedder.metric) for vector in templates.vectors]
    score = draw(st.sampled_from([*scores, 0.25, -9.0]))
    return templates, probe, Threshold(score, embedder.metric), draw(st.integers(1, 8))


def search(
    gallery: Gallery, probe: Vectors, threshold: Threshold = HALF_AWAY, limit: int = 9
) -> CandidateList:
    return gallery.search(probe, threshold=threshold, limit=limit, token=UnsafeMeasurementToken())


@given(asked=a_search())
@settings(max_examples=80, deadline=None)
def test_a_search_finds_what_the_slow_search_finds(
    asked: tuple[TemplateSet, Vectors, Threshold, int],
) -> None:
    templates, probe, threshold, limit = asked
    with (
        TemporaryDirectory() as folder,
        Gallery.create(Path(folder), templates.embedder, segment_rows=5) as gallery,
    ):
        gallery.enroll(templates)
        found = search(gallery, probe, threshold, limit)
    assert found == slow_search(templates, probe, threshold, limit)


@given(asked=a_search(), gone=st.sets(NAMES))
@settings(max_examples=40, deadline=None)
def test_after_a_withdrawal_a_search_finds_what_it_would_without_those_people(
    asked: tuple[TemplateSet, Vectors, Threshold, int], gone: set[str]
) -> None:
    templates, probe, threshold, limit = asked
    people = {SubjectId(name) for name in gone & set(templates.subject_id)}
    stay = np.array([name not in people for name in templates.subject_id], dtype=bool)
    with TemporaryDirectory() as folder:
        with Gallery.create(Path(folder), templates.embedder, segment_rows=5) as gallery:
            gallery.enroll(templates)
            assert gallery.withdraw(people) == np.count_nonzero(~stay)
            found = search(gallery, probe, threshold, limit)
        with Gallery.open(Path(folder)) as reopened:
            assert search(reopened, probe, threshold, limit) == found
            assert reopened.n_subjects == len(set(templates.subject_id) - people)
    assert found == slow_search(templates.select(stay), probe, threshold, limit)


def test_many_segments_of_thousands_of_rows_are_searched_like_one(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    subjects = [f"s{number}" for number in rng.integers(0, 6000, 20_500)]
    templates = a_set(subjects, rng.integers(-500, 500, (20_500, 2)).astype(np.float32))
    threshold = Threshold.from_native(50.0, Metric.EUCLIDEAN)
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=5000) as gallery:
        gallery.enroll(templates)
        found = search(gallery, at(100, 100), threshold, limit=50)
    assert found.n_at_or_above > 100
    assert found == slow_search(templates, at(100, 100), threshold, limit=50)


def test_a_score_equal_to_the_threshold_is_in_the_list(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(a_set(["at", "beyond"], [[0.5, 0], [0.50001, 0]]))
        found = search(gallery, at(0, 0))
    assert [(one.subject_id, one.score) for one in found.candidates] == [("at", 0.5)]


def test_a_subject_is_listed_once_with_the_best_of_all_templates_in_any_segment(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=2) as gallery:
        gallery.enroll(
            a_set(["a", "b", "a", "b", "a"], [[0.5, 0], [0.25, 0], [0.125, 0], [0.5, 0], [0.25, 0]])
        )
        found = search(gallery, at(0, 0))
    assert [(one.subject_id, one.score) for one in found.candidates] == [("a", 0.875), ("b", 0.75)]


def test_the_limit_cuts_after_sorting_and_the_count_is_of_all(tmp_path: Path) -> None:
    subjects = ["far", "tie-2", "near", "tie-1"]
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(a_set(subjects, [[0.5, 0], [0.25, 0], [0, 0], [0, 0.25]]))
        found = search(gallery, at(0, 0), limit=2)
    assert [one.subject_id for one in found.candidates] == ["near", "tie-1"]
    assert found.n_at_or_above == 4


def test_an_empty_gallery_gives_an_empty_list(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        found = search(gallery, at(0, 0))
    assert found.candidates == ()
    assert found.n_at_or_above == 0


@pytest.mark.parametrize(
    ("probe", "message"),
    [
        (at(np.nan, 0), "1 of 1 vectors hold NaN or infinity"),
        (at(np.inf, 0), "1 of 1 vectors hold NaN or infinity"),
        (at(0, 0, 0), "vectors have 3 components, embedder plane makes 2"),
        (at(0, 0)[None], r"one vector of shape \(2,\), got shape \(1, 2\)"),
        (np.empty((0, 2), dtype=np.float32), r"one vector of shape \(2,\), got shape \(0, 2\)"),
        (np.zeros(2), "must be a float32 array of rows, got float64"),
    ],
)
def test_a_probe_that_is_not_one_vector_of_the_embedder_is_refused(
    tmp_path: Path, probe: Vectors, message: str
) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery, pytest.raises(InputError, match=message):
        search(gallery, probe)


def test_a_cosine_probe_that_is_not_of_unit_length_is_refused(tmp_path: Path) -> None:
    with (
        Gallery.create(tmp_path, SQUARE) as gallery,
        pytest.raises(InputError, match="unit-length vectors, got one off by 1"),
    ):
        search(gallery, at(0, 0, 0, 0), Threshold(0.4, Metric.COSINE))


def test_a_threshold_of_another_metric_is_refused(tmp_path: Path) -> None:
    wrong = Threshold(0.4, Metric.COSINE)
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery, pytest.raises(InputError, match="cosine scale"):
        search(gallery, at(0, 0), wrong)


def test_a_limit_below_one_is_refused(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery, pytest.raises(InputError, match="got a limit of 0"):
        search(gallery, at(0, 0), limit=0)


def test_a_token_made_for_this_gallery_opens_one_search(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(on_a_line(4))
        token = SearchToken(intent_index=3, probe_digest="", gallery_digest=gallery.digest)
        found = gallery.search(at(0, 0), threshold=HALF_AWAY, limit=1, token=token)
        assert found.n_at_or_above == 1
        with pytest.raises(RuntimeError, match="intent record 3 was spent before"):
            gallery.search(at(0, 0), threshold=HALF_AWAY, limit=1, token=token)


def test_a_token_for_another_version_of_the_gallery_is_refused_and_not_spent(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        token = SearchToken(intent_index=0, probe_digest="", gallery_digest=gallery.digest)
        gallery.enroll(on_a_line(4))
        with pytest.raises(GalleryError, match="the intent record names gallery"):
            gallery.search(at(0, 0), threshold=HALF_AWAY, limit=1, token=token)
    token.spend()


def test_no_token_no_search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(on_a_line(4))
        monkeypatch.setattr("facegate.gallery.index.ExactIndex.at_or_above", None)  # not even touched
        with pytest.raises(TypeError, match="needs a token"):
            gallery.search(at(0, 0), threshold=HALF_AWAY, limit=1, token=None)  # type: ignore[arg-type]  # the point
