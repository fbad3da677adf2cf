"""Whom a search came near: told apart from the list, which stays the same to the last bit."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
import pytest
from enrollees import EUCLIDEAN, HALF_AWAY, a_set, at, slow_search
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import Metric, Threshold
from facegate.errors import InputError
from facegate.gallery.gallery import Gallery
from facegate.gallery.snapshot import MOST_APPROACHED
from facegate.gallery.token import UnsafeMeasurementToken
from facegate.records import CandidateList
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.decision import Vectors
    from facegate.templates import TemplateSet

EVERYBODY = 10_000
STEPS = st.integers(-8, 8).map(lambda step: step / 8)
MARGINS = st.sampled_from([0.0, 0.125, 0.25, 0.3, 2.0])


@pytest.fixture(scope="module", autouse=True)
def _no_flushing() -> Iterator[None]:
    """Leave out flushing to disk: galleries are made here by the dozen, and none has to last."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda _: None)
        yield


def search(
    gallery: Gallery, probe: Vectors, *, margin: float, threshold: Threshold = HALF_AWAY, limit: int = 9
) -> CandidateList:
    token = UnsafeMeasurementToken()
    return gallery.search(probe, threshold=threshold, limit=limit, token=token, margin=margin)


def slowly(
    templates: TemplateSet, probe: Vectors, threshold: Threshold, limit: int, margin: float
) -> CandidateList:
    """Search twice, the obvious way: at the threshold, and as far below it as the margin goes."""
    list_alone = slow_search(templates, probe, threshold, limit)
    lower = Threshold(threshold.score - margin, threshold.metric)
    everybody = slow_search(templates, probe, lower, EVERYBODY).candidates
    near = tuple(one for one in everybody if one not in list_alone.candidates)
    asked = near[:MOST_APPROACHED] if margin else ()
    return CandidateList(list_alone.candidates, list_alone.n_at_or_above, asked)


@given(
    rows=st.lists(st.tuples(st.sampled_from("abcdefg"), STEPS, STEPS), max_size=25),
    margin=MARGINS,
    limit=st.integers(1, 4),
)
@settings(max_examples=60, deadline=None)
def test_a_search_with_a_margin_finds_what_two_slow_searches_find(
    rows: list[tuple[str, float, float]], margin: float, limit: int
) -> None:
    templates = a_set([name for name, _, _ in rows], [[x, y] for _, x, y in rows])
    with TemporaryDirectory() as folder, Gallery.create(Path(folder), EUCLIDEAN, segment_rows=6) as gallery:
        gallery.enroll(templates)
        found = search(gallery, at(0, 0), margin=margin, limit=limit)
    assert found == slowly(templates, at(0, 0), HALF_AWAY, limit, margin)


@pytest.mark.parametrize("metric", [Metric.EUCLIDEAN, Metric.COSINE])
def test_no_margin_changes_a_bit_of_what_is_served(tmp_path: Path, metric: Metric) -> None:
    vectors = np.random.default_rng(7).standard_normal((3000, 128)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    embedder = EmbedderInfo("wide", "cd" * 32, 128, metric)
    threshold = Threshold(-0.3 if metric is Metric.EUCLIDEAN else 0.15, metric)
    with Gallery.create(tmp_path, embedder, segment_rows=700) as gallery:
        gallery.enroll(a_set([f"s{n % 900}" for n in range(3000)], vectors, embedder=embedder))
        for probe in vectors[:20] * np.float32(1):
            alone = search(gallery, probe, margin=0.0, threshold=threshold)
            found = search(gallery, probe, margin=0.06, threshold=threshold)
            assert alone.n_at_or_above > 9
            assert (found.candidates, found.n_at_or_above) == (alone.candidates, alone.n_at_or_above)
            assert len(found.approached) == MOST_APPROACHED


def test_a_subject_cut_off_by_the_limit_was_approached(tmp_path: Path) -> None:
    """A list of one would otherwise hide whom the count of matches tells of."""
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(a_set(["first", "second", "below"], [[0, 0], [0.25, 0], [0.5625, 0]]))
        found = search(gallery, at(0, 0), margin=0.125, limit=1)
    assert [one.subject_id for one in found.candidates] == ["first"]
    assert [(one.subject_id, one.score) for one in found.approached] == [("second", 0.75), ("below", 0.4375)]
    assert found.n_at_or_above == 2


def test_a_subject_is_near_from_the_very_edge_of_the_margin(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(a_set(["edge", "beyond"], [[0.625, 0], [0.6251, 0]]))
        found = search(gallery, at(0, 0), margin=0.125)
    assert [one.subject_id for one in found.approached] == ["edge"]


def test_a_subject_on_the_list_is_not_near_with_another_template_too(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as gallery:
        gallery.enroll(a_set(["ada", "ada"], [[0.5, 0], [0.5625, 0]]))
        found = search(gallery, at(0, 0), margin=0.125)
    assert found.approached == ()


@pytest.mark.parametrize("margin", [-0.1, float("nan"), float("inf")])
def test_a_margin_that_is_no_number_from_zero_is_refused(tmp_path: Path, margin: float) -> None:
    with (
        Gallery.create(tmp_path, EUCLIDEAN) as gallery,
        pytest.raises(InputError, match="the margin below the threshold must be a finite number from 0"),
    ):
        search(gallery, at(0, 0), margin=margin)
