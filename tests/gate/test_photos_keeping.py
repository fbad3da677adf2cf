"""Whose photos are kept: people enrolled, and nobody else's for longer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import a_store, files, png

from facegate.datasets.populations import demo_population
from facegate.errors import InputError, UnusablePhoto
from facegate.gallery.gallery import Gallery
from facegate.gate.photos.keeping import keep_enrolled, sweep
from facegate.records import SubjectId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.photos.store import PhotoStore

ONE, TWO, THREE = (SubjectId(f"synthetic-{n:07d}") for n in (1, 2, 3))
STRANGER = SubjectId("stranger")


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Open a gallery of three people who do not exist."""
    everybody = demo_population(10, seed=1).draw()
    templates = everybody.select(np.isin(everybody.subject_id.astype(str), [ONE, TWO, THREE]))
    with Gallery.create(tmp_path / "gallery", templates.embedder) as made:
        made.enroll(templates)
        yield made


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return a_store(tmp_path)


def test_the_gallery_names_everybody_enrolled_once(gallery: Gallery) -> None:
    assert gallery.subject_ids() == {ONE, TWO, THREE}
    gallery.withdraw([TWO])
    assert gallery.subject_ids() == {ONE, THREE}


def test_photos_are_kept_of_people_enrolled_and_of_nobody_else(store: PhotoStore, gallery: Gallery) -> None:
    done = keep_enrolled(store, gallery, [(ONE, png(1)), (STRANGER, png(2)), (TWO, png(3))])
    assert (done.n_kept, done.n_not_enrolled, done.n_without) == (2, 1, 1)
    assert (store.subject(ONE), store.subject(STRANGER), store.subject(TWO)) == (png(1), None, png(3))


def test_the_first_photo_that_can_be_opened_is_kept(store: PhotoStore, gallery: Gallery) -> None:
    def clean(data: bytes) -> bytes:
        if data == b"damaged":
            msg = "the photo is damaged"
            raise UnusablePhoto(msg, reason="unreadable")
        return png(int(data))

    photos = [(ONE, b"damaged"), (ONE, b"5"), (ONE, b"6"), (TWO, b"damaged")]
    done = keep_enrolled(store, gallery, photos, clean=clean)
    assert (done.n_kept, done.n_unusable, done.n_further, done.n_without) == (1, 2, 1, 2)
    assert store.subject(ONE) == png(5)


def test_a_later_filling_replaces_the_photo(store: PhotoStore, gallery: Gallery) -> None:
    keep_enrolled(store, gallery, [(ONE, png(1))])
    assert keep_enrolled(store, gallery, [(ONE, png(2))]).n_kept == 1
    assert store.subject(ONE) == png(2)


def test_an_original_is_refused_where_nothing_cleans_it(store: PhotoStore, gallery: Gallery) -> None:
    with pytest.raises(InputError, match="no whole PNG"):
        keep_enrolled(store, gallery, [(ONE, b"\xff\xd8\xff as it was sent")])
    assert store.subject(ONE) is None


def test_progress_is_told_after_each_photo_whatever_became_of_it(store: PhotoStore, gallery: Gallery) -> None:
    told: list[int] = []
    photos = [(ONE, png()), (ONE, png()), (STRANGER, png())]
    keep_enrolled(store, gallery, photos, on_progress=lambda: told.append(1))
    assert len(told) == 3


def test_whoever_is_withdrawn_loses_the_photo_at_the_next_sweep(
    store: PhotoStore, gallery: Gallery, tmp_path: Path
) -> None:
    keep_enrolled(store, gallery, [(ONE, png(1)), (TWO, png(2))])
    assert sweep(store, gallery) == 0
    gallery.withdraw([ONE])
    assert sweep(store, gallery) == 1
    assert (store.subject(ONE), store.subject(TWO)) == (None, png(2))
    assert len(files(tmp_path / "photos")) == len(files(tmp_path / "keys" / "photos")) == 1


def test_whoever_is_withdrawn_while_photos_are_kept_has_none_afterwards(
    store: PhotoStore, gallery: Gallery
) -> None:
    def photos() -> Iterator[tuple[SubjectId, bytes]]:
        yield ONE, png(1)
        gallery.withdraw([ONE])
        yield TWO, png(2)

    done = keep_enrolled(store, gallery, photos())
    assert (done.n_erased, done.n_without) == (1, 1)
    assert (store.subject(ONE), store.subject(TWO)) == (None, png(2))
