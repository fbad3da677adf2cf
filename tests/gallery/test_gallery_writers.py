"""Two writers, readers beside a writer, and threads."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from enrollees import EUCLIDEAN, HALF_AWAY, at, on_a_line

from facegate.errors import GalleryError, StorageError
from facegate.gallery import snapshot
from facegate.gallery.gallery import Gallery
from facegate.gallery.manifest import Manifest
from facegate.gallery.segments import load_segment
from facegate.gallery.token import SearchToken, UnsafeMeasurementToken
from facegate.records import SubjectId

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gallery.manifest import SegmentEntry
    from facegate.gallery.segments import LoadedSegment
    from facegate.templates import EmbedderInfo


def found_at(gallery: Gallery, x: float) -> int:
    token = UnsafeMeasurementToken()
    return gallery.search(at(x, 0), threshold=HALF_AWAY, limit=5, token=token).n_at_or_above


def test_a_second_writer_is_refused_until_the_first_has_finished(tmp_path: Path) -> None:
    with (
        Gallery.create(tmp_path, EUCLIDEAN),
        pytest.raises(GalleryError, match=r"another process is writing .* wait until it has finished"),
    ):
        Gallery.open(tmp_path, writable=True)
    Gallery.open(tmp_path, writable=True).close()


def test_a_writer_in_another_process_is_seen(tmp_path: Path) -> None:
    Gallery.create(tmp_path, EUCLIDEAN).close()
    hold = (
        "import sys; from pathlib import Path; from facegate.gallery.store import lock_for_writing; "
        "lock_for_writing(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", hold, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:  # noqa: S603  ourselves
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(GalleryError, match="another process is writing"):
            Gallery.open(tmp_path, writable=True)
        other.kill()
    Gallery.open(tmp_path, writable=True).close()  # a killed writer holds nothing


def test_a_gallery_that_cannot_be_opened_lets_go_of_its_lock(tmp_path: Path) -> None:
    Gallery.create(tmp_path, EUCLIDEAN).close()
    with pytest.raises(GalleryError, match="already"):
        Gallery.create(tmp_path, EUCLIDEAN)
    Gallery.open(tmp_path, writable=True).close()


def test_a_reader_sees_a_withdrawal_by_another_writer_at_its_next_search(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=5) as writer:
        writer.enroll(on_a_line(12))
        with Gallery.open(tmp_path) as reader:
            assert found_at(reader, 6) == 1
            writer.withdraw({SubjectId("s3")})
            assert found_at(reader, 6) == 0
            assert reader.digest == writer.digest


def test_a_reader_loads_only_the_segments_that_are_new_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=5) as writer:
        writer.enroll(on_a_line(20))
        with Gallery.open(tmp_path) as reader:
            writer.enroll(on_a_line(5, first=50))
            loaded: list[str] = []

            def counted(folder: Path, entry: SegmentEntry, embedder: EmbedderInfo) -> LoadedSegment:
                loaded.append(entry.file)
                return load_segment(folder, entry, embedder)

            monkeypatch.setattr(snapshot, "load_segment", counted)
            assert found_at(reader, 50) == 1
    assert len(loaded) == 1


def test_a_token_made_before_another_writers_change_is_refused(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN) as writer, Gallery.open(tmp_path) as reader:
        token = SearchToken(intent_index=0, probe_digest="", gallery_digest=reader.digest)
        writer.enroll(on_a_line(4))
        with pytest.raises(GalleryError, match="record a new intent and search again"):
            reader.search(at(0, 0), threshold=HALF_AWAY, limit=1, token=token)


def test_a_gallery_that_vanishes_is_no_longer_searched(tmp_path: Path) -> None:
    Gallery.create(tmp_path, EUCLIDEAN).close()
    with Gallery.open(tmp_path) as reader:
        (tmp_path / "gallery.json").unlink()
        with pytest.raises(GalleryError, match="no gallery at"):
            found_at(reader, 0)


def test_a_reader_that_meets_a_writer_half_way_reads_the_new_gallery(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=5) as writer:
        writer.enroll(on_a_line(12))
        real, left = Manifest.read, [SubjectId("s0")]

        def overtaken(folder: Path) -> Manifest:
            """Read a manifest whose files are gone before they are opened."""
            manifest = real(folder)
            while left:
                writer.withdraw([left.pop()])
            return manifest

        monkeypatch.setattr(Manifest, "read", overtaken)
        with Gallery.open(tmp_path) as reader:
            assert reader.digest == writer.digest
            assert found_at(reader, 0) == 0


def test_searches_beside_enrollments_see_whole_versions_only(tmp_path: Path) -> None:
    with Gallery.create(tmp_path, EUCLIDEAN, segment_rows=4) as gallery, ThreadPoolExecutor(2) as pool:
        gallery.enroll(on_a_line(2))
        finished = False

        def search_on() -> set[int]:
            seen = set()
            while not finished:
                seen.add(found_at(gallery, 0))
            return seen

        searching = [pool.submit(search_on) for _ in range(2)]
        try:
            for start in range(10, 90, 8):
                gallery.enroll(on_a_line(8, first=start))
            gallery.withdraw({SubjectId("s5")})
        finally:
            finished = True
    assert [one.result() for one in searching] == [{1}, {1}]


def test_a_folder_that_cannot_be_written_to_is_a_storage_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Gallery.create(tmp_path, EUCLIDEAN).close()

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("facegate.gallery.store.os.open", refuse)
    with pytest.raises(StorageError, match=r"cannot write to the gallery folder .*Permission denied"):
        Gallery.open(tmp_path, writable=True)
