"""Enrolling, withdrawing, reopening, and what a gallery refuses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from enrollees import (
    EUCLIDEAN,
    HALF_AWAY,
    ORIGIN,
    a_set,
    at,
    files_named,
    files_of,
    on_a_line,
    synthetic,
)

from facegate.errors import GalleryError, InputError, StorageError
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import UnsafeMeasurementToken
from facegate.records import SubjectId
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.records import CandidateList

NAN = float("nan")


@pytest.fixture
def gallery(tmp_path: Path) -> Iterator[Gallery]:
    """Open an empty gallery whose segments hold five rows."""
    with Gallery.create(tmp_path / "gallery", EUCLIDEAN, segment_rows=5) as made:
        yield made


def found_at(gallery: Gallery, x: float) -> CandidateList:
    return gallery.search(at(x, 0), threshold=HALF_AWAY, limit=5, token=UnsafeMeasurementToken())


def test_enrolling_counts_templates_new_subjects_and_failures(gallery: Gallery) -> None:
    gallery.enroll(on_a_line(4))
    summary = gallery.enroll(a_set(["s1", "new", "new", "faceless"], [[0, 0], [1, 0], [2, 0], [NAN, NAN]]))
    assert (summary.n_templates, summary.n_subjects_new, summary.n_failures) == (3, 1, 1)
    assert (gallery.n_templates, gallery.n_subjects) == (7, 3)


def test_a_failure_to_enroll_is_not_in_the_files(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(a_set(["a", "faceless"], [[0, 0], [NAN, NAN]]))
    (file,) = files_of(tmp_path)
    stored = TemplateSet.read(tmp_path / "gallery/segments" / file)
    assert stored.subject_id.tolist() == ["a"]


def test_a_subject_spread_over_parts_and_segments_is_one_subject(gallery: Gallery) -> None:
    parts = [a_set(["a"] * 4, [[0, 0]] * 4, prefix=f"part-{number}") for number in range(4)]
    summary = gallery.enroll(parts)
    assert (summary.n_templates, summary.n_subjects_new, gallery.n_subjects) == (16, 1, 1)


@pytest.mark.parametrize("sizes", [[23], [1] * 23, [4, 9, 10], [5, 5, 5, 5, 3], [0, 23, 0]])
def test_segments_are_filled_whatever_the_size_of_the_parts(gallery: Gallery, sizes: list[int]) -> None:
    starts = np.cumsum([0, *sizes[:-1]]).tolist()
    parts = (on_a_line(size, first=start) for size, start in zip(sizes, starts, strict=True))
    assert gallery.enroll(parts).n_templates == 23
    assert sorted(entry.rows for entry in gallery._state.manifest.segments) == [3, 5, 5, 5, 5]
    assert [found_at(gallery, x).n_at_or_above for x in range(-1, 24)] == [0, *[1] * 23, 0]


def test_rows_keep_their_labels_and_their_order_on_disk(gallery: Gallery, tmp_path: Path) -> None:
    templates = replace(on_a_line(3), sex=np.array(["F", "M", "not recorded"], dtype=object))
    gallery.enroll(templates)
    (file,) = files_of(tmp_path)
    stored = TemplateSet.read(tmp_path / "gallery/segments" / file)
    assert stored.sex.tolist() == ["F", "M", "not recorded"]
    assert stored.template_id.tolist() == templates.template_id.tolist()
    np.testing.assert_array_equal(stored.vectors, templates.vectors)


def test_a_gallery_grown_one_template_at_a_time_has_few_files_and_finds_all(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=16) as gallery:
        for number in range(40):
            gallery.enroll(on_a_line(1, first=number))
        assert len(files_of(tmp_path)) <= 2 + 4  # full ones, and one a power of two below
        assert files_of(tmp_path) == files_named(gallery)
        assert [found_at(gallery, x).n_at_or_above for x in range(40)] == [1] * 40


def test_progress_counts_rows_with_failures_and_adds_up(gallery: Gallery) -> None:
    told: list[int] = []
    parts = [on_a_line(12), a_set(["faceless"], [[NAN, NAN]])]
    gallery.enroll(parts, on_progress=told.append)
    assert told == [5, 5, 2, 1]


def test_templates_enrolled_already_are_refused_with_their_number(gallery: Gallery) -> None:
    gallery.enroll(on_a_line(4))
    before = gallery.digest
    again = a_set(["x", "y"], [[0, 0], [9, 0]], prefix="line-0")
    with pytest.raises(GalleryError, match="2 of the first 2 template ids are enrolled already"):
        gallery.enroll(again)
    assert (gallery.digest, gallery.n_templates) == (before, 4)


def test_a_refusal_in_a_late_part_leaves_nothing_of_the_early_ones(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(4))
    before, files = gallery.digest, files_of(tmp_path)
    with pytest.raises(GalleryError, match="nothing was enrolled"):
        gallery.enroll([on_a_line(20, first=100), on_a_line(1)])
    assert (gallery.digest, files_of(tmp_path)) == (before, files)
    assert found_at(gallery, 100).candidates == ()


@pytest.mark.parametrize("n_between", [0, 20])
def test_template_ids_that_repeat_between_parts_are_refused(gallery: Gallery, n_between: int) -> None:
    parts = [on_a_line(3), on_a_line(n_between, first=50), on_a_line(3)]
    with pytest.raises(InputError, match=r"template ids.* repeat"):
        gallery.enroll(parts)
    assert gallery.n_templates == 0


def test_templates_of_another_embedder_are_refused(gallery: Gallery) -> None:
    other = replace(EUCLIDEAN, name="other", digest="ef" * 32)
    with pytest.raises(InputError, match=r"different embedders cannot be compared: plane .* and other"):
        gallery.enroll([on_a_line(9), a_set(["a"], [[0, 0]], embedder=other)])
    assert gallery.n_templates == 0


def test_enrolling_only_failures_changes_nothing(gallery: Gallery) -> None:
    before = gallery.digest
    summary = gallery.enroll(a_set(["faceless"], [[NAN, NAN]]))
    assert (summary.n_templates, summary.n_failures, gallery.digest) == (0, 1, before)


def test_the_digest_changes_with_every_change_even_one_that_undoes_another(gallery: Gallery) -> None:
    digests = [gallery.digest]
    for _ in range(2):
        gallery.enroll(on_a_line(2))
        digests.append(gallery.digest)
        gallery.withdraw({SubjectId("s0")})
        digests.append(gallery.digest)
    assert len(set(digests)) == 5


def test_two_galleries_with_the_same_history_have_the_same_digest(tmp_path: Path) -> None:
    digests = set()
    for name in ("one", "two"):
        with Gallery.create(tmp_path / name, EUCLIDEAN, segment_rows=5) as made:
            made.enroll(on_a_line(12))
            made.withdraw({SubjectId("s3")})
            digests.add(made.digest)
    assert len(digests) == 1


def test_a_gallery_that_ever_held_synthetic_templates_says_so(gallery: Gallery) -> None:
    drawn, said = synthetic(a_set(["drawn"], [[5, 0]])), []
    for templates in (on_a_line(2), drawn):
        gallery.enroll(templates)
        said.append(gallery.synthetic)
    gallery.withdraw({SubjectId("drawn")})
    assert [*said, gallery.synthetic] == [False, True, True]
    assert gallery.origins == (ORIGIN, drawn.origin)


def test_a_segment_of_mixed_origin_says_that_it_is_synthetic(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll([on_a_line(2), synthetic(a_set(["drawn"], [[5, 0]]))])
    (file,) = files_of(tmp_path)
    stored = TemplateSet.read(tmp_path / "gallery/segments" / file)
    assert stored.origin.synthetic
    assert "SYNTHETIC" in stored.origin.dataset


def test_a_withdrawn_subject_is_gone_from_the_next_search_and_from_disk(
    gallery: Gallery, tmp_path: Path
) -> None:
    gallery.enroll(on_a_line(12))
    assert found_at(gallery, 6).n_at_or_above == 1
    assert gallery.withdraw({SubjectId("s3")}) == 2
    assert found_at(gallery, 6).candidates == ()
    assert (gallery.n_templates, gallery.n_subjects) == (10, 5)
    stored = [TemplateSet.read(path) for path in (tmp_path / "gallery/segments").iterdir()]
    assert not any("s3" in templates.subject_id for templates in stored)
    assert files_of(tmp_path) == files_named(gallery)


def test_a_withdrawn_subject_can_be_enrolled_again(gallery: Gallery) -> None:
    gallery.enroll(on_a_line(12))
    gallery.withdraw({SubjectId("s0")})
    assert gallery.enroll(on_a_line(2)).n_subjects_new == 1
    assert found_at(gallery, 0).n_at_or_above == 1


def test_withdrawing_everybody_leaves_an_empty_gallery(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(12))
    assert gallery.withdraw([SubjectId(f"s{number}") for number in range(6)]) == 12
    assert (gallery.n_templates, gallery.n_subjects, files_of(tmp_path)) == (0, 0, set())
    assert found_at(gallery, 0).candidates == ()


def test_withdrawing_nobody_changes_nothing(gallery: Gallery) -> None:
    before = gallery.digest
    assert gallery.withdraw([]) == 0
    assert gallery.digest == before


def test_withdrawing_somebody_unknown_withdraws_nobody_and_names_nobody(gallery: Gallery) -> None:
    gallery.enroll(on_a_line(4))
    before = gallery.digest
    with pytest.raises(GalleryError, match=r"^1 of 2 subject ids are not enrolled; nobody was withdrawn$"):
        gallery.withdraw({SubjectId("s0"), SubjectId("Jane Doe")})
    assert (gallery.digest, gallery.n_subjects) == (before, 2)


def test_a_gallery_reopens_as_it_was(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(12))
    gallery.withdraw({SubjectId("s2")})
    with Gallery.open(tmp_path / "gallery") as reopened:
        assert reopened.digest == gallery.digest
        assert reopened.embedder == gallery.embedder
        assert reopened.origins == gallery.origins
        assert [found_at(reopened, x) for x in range(13)] == [found_at(gallery, x) for x in range(13)]


@pytest.mark.parametrize("number", [0, 1, 2])
def test_one_flipped_bit_in_a_segment_is_found_and_the_file_named(
    gallery: Gallery, tmp_path: Path, number: int
) -> None:
    gallery.enroll(on_a_line(12))
    path = tmp_path / "gallery/segments" / sorted(files_of(tmp_path))[number]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(GalleryError, match=f"{path.name} is damaged: wanted SHA-256"):
        Gallery.open(tmp_path / "gallery")


def test_a_missing_segment_is_named(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(2))
    (file,) = files_of(tmp_path)
    (tmp_path / "gallery/segments" / file).unlink()
    with pytest.raises(GalleryError, match=f"cannot read gallery segment .*{file}: No such file"):
        Gallery.open(tmp_path / "gallery")


def test_a_damaged_segment_stops_a_withdrawal_from_it(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(4))
    before = gallery.digest
    (file,) = files_of(tmp_path)
    (tmp_path / "gallery/segments" / file).write_bytes(b"PAR1")
    with pytest.raises(GalleryError, match="is damaged"):
        gallery.withdraw({SubjectId("s0")})
    assert gallery.digest == before


def test_files_of_others_in_the_folder_are_left_alone(gallery: Gallery, tmp_path: Path) -> None:
    note = tmp_path / "gallery/segments/NOTE.txt"
    gallery.enroll(on_a_line(2))
    note.write_text("mine")
    gallery.withdraw({SubjectId("s0")})
    assert note.read_text() == "mine"


def test_the_folder_is_for_its_owner_only(gallery: Gallery, tmp_path: Path) -> None:
    assert gallery.n_templates == 0
    assert (tmp_path / "gallery").stat().st_mode & 0o777 == 0o700


def test_there_is_no_gallery_to_open(tmp_path: Path) -> None:
    for writable in (False, True):
        with pytest.raises(GalleryError, match=r"no gallery at .*wanted gallery\.json there, got nothing"):
            Gallery.open(tmp_path / "nowhere", writable=writable)
    assert not (tmp_path / "nowhere").exists()


def test_a_gallery_is_not_made_over_another(gallery: Gallery, tmp_path: Path) -> None:
    gallery.close()
    with pytest.raises(GalleryError, match=r"there is a gallery at .* already"):
        Gallery.create(tmp_path / "gallery", EUCLIDEAN)


def test_a_gallery_cannot_be_made_inside_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="cannot write to the gallery folder"):
        Gallery.create(tmp_path / "file", EUCLIDEAN)


def test_a_segment_needs_room_for_a_template(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="room for at least 1 template, got segment_rows=0"):
        Gallery.create(tmp_path / "gallery", EUCLIDEAN, segment_rows=0)
    assert not (tmp_path / "gallery").exists()


def test_a_reader_cannot_change_the_gallery(gallery: Gallery, tmp_path: Path) -> None:
    gallery.enroll(on_a_line(2))
    with Gallery.open(tmp_path / "gallery") as reader:
        with pytest.raises(RuntimeError, match="open for reading only"):
            reader.enroll(on_a_line(2, first=5))
        with pytest.raises(RuntimeError, match="open for reading only"):
            reader.withdraw({SubjectId("s0")})


def test_a_closed_gallery_answers_nothing(gallery: Gallery) -> None:
    gallery.close()
    gallery.close()
    with pytest.raises(RuntimeError, match="the gallery is closed"):
        found_at(gallery, 0)
    with pytest.raises(RuntimeError, match="the gallery is closed"):
        gallery.enroll(on_a_line(2))
