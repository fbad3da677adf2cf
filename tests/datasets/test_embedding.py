"""Embedding a whole data set: every photo a row, the same vectors however often the run was stopped."""

from __future__ import annotations

import errno
import hashlib
import io
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import skimage.data
from PIL import Image

from facegate.datasets import embedding, parts
from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import PART, embed_dataset
from facegate.datasets.parts import read_detections
from facegate.datasets.registry import find_folder, open_dataset
from facegate.errors import DatasetError, FacegateError, InputError, StorageError
from facegate.faces.align import jittered_chips
from facegate.faces.dlib_onnx import BATCH, DlibEmbedder, dlib_info
from facegate.faces.photo import central_face
from facegate.faces.photo_file import examine_photo
from facegate.records import Demographics, LabeledPhoto, SubjectId, TemplateId
from facegate.settings import Settings
from facegate.templates import TemplateSet, require_same_embedder

ANNA = Demographics(sex="F", race="White", age_class="30-39", label_source="self-report")
MEAN_QUALITY_OF_LFW = 1.7014
TEXTS = ("template_id", "subject_id", "photo_digest", "sex", "race", "age_class", "label_source", "failure")


def face(shift: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Cut the astronaut's face out, a little elsewhere each time."""
    photo: np.ndarray[Any, np.dtype[np.uint8]] = skimage.data.astronaut()
    return np.ascontiguousarray(photo[40 + shift : 200 + shift, 140 + 2 * shift : 300 + 2 * shift])


def write_photo(path: Path, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> LabeledPhoto:
    Image.fromarray(pixels).save(path, "PNG")
    return labeled(path)


def labeled(path: Path) -> LabeledPhoto:
    return LabeledPhoto(TemplateId(path.stem), SubjectId(path.stem[0]), path, ANNA)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def faces(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Seven photos of one face, of two people if the labels are believed."""
    folder = tmp_path_factory.mktemp("photos")
    names = ["a1", "a2", "a3", "b1", "b2", "b3", "b4"]
    return Dataset("astro", tuple(write_photo(folder / f"{n}.png", face(i)) for i, n in enumerate(names)))


@pytest.fixture(scope="module")
def undisturbed(faces: Dataset, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> TemplateSet:
    """Embed in parts of two, one process, no interruption."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedding, "PART", 2)
        return embed_dataset(faces, tmp_path_factory.mktemp("whole") / "t.parquet", cache=cache, workers=1)


@pytest.fixture
def _parts_of_two(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedding, "PART", 2)


def require_same(got: TemplateSet, wanted: TemplateSet) -> None:
    """Equal to the last bit, the data set's digest included."""
    assert got.embedder == wanted.embedder
    assert got.origin == wanted.origin
    assert got.vectors.tobytes() == wanted.vectors.tobytes()
    assert got.quality.tobytes() == wanted.quality.tobytes()
    for text in TEXTS:
        assert getattr(got, text).tolist() == getattr(wanted, text).tolist()


def parts_of(output: Path) -> list[Path]:
    return sorted(output.with_name(output.name + ".parts").glob("part-*"))


def test_every_photo_becomes_a_row_in_the_order_of_ids(faces: Dataset, undisturbed: TemplateSet) -> None:
    assert undisturbed.template_id.tolist() == [photo.photo_id for photo in faces.photos]
    assert undisturbed.subject_id.tolist() == list("aaabbbb")
    assert undisturbed.failure.tolist() == [""] * 7
    assert undisturbed.race.tolist() == ["White"] * 7
    assert undisturbed.label_source.tolist() == ["self-report"] * 7


def test_the_order_of_the_data_set_does_not_matter(
    faces: Dataset, cache: Path, tmp_path: Path, undisturbed: TemplateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PART", 2)
    shuffled = Dataset(faces.name, faces.photos[::-1])
    require_same(embed_dataset(shuffled, tmp_path / "t.parquet", cache=cache, workers=1), undisturbed)


def test_a_row_is_what_embedding_the_photo_alone_gives(
    faces: Dataset, cache: Path, undisturbed: TemplateSet
) -> None:
    data = faces.photos[4].path.read_bytes()
    alone = central_face(data)
    vector = DlibEmbedder.load(cache).embed(alone.chip[None])[0]
    assert np.abs(undisturbed.vectors[4] - vector).max() < 1e-5
    assert undisturbed.quality[4] == pytest.approx(alone.quality)
    assert undisturbed.photo_digest[4] == hashlib.sha256(data).hexdigest()


def test_what_is_returned_is_what_was_written_and_the_parts_are_gone(
    faces: Dataset, cache: Path, tmp_path: Path
) -> None:
    output = tmp_path / "t.parquet"
    require_same(
        TemplateSet.read(output), embed_dataset(faces, output, cache=cache)
    ) if output.exists() else None
    templates = embed_dataset(faces, output, cache=cache)
    require_same(TemplateSet.read(output), templates)
    assert list(tmp_path.iterdir()) == [output]


def test_the_data_sets_digest_is_over_its_sorted_rows(faces: Dataset, undisturbed: TemplateSet) -> None:
    digest = hashlib.sha256()
    for photo in faces.photos:
        photo_digest = hashlib.sha256(photo.path.read_bytes()).hexdigest()
        row = [photo.photo_id, photo_digest, photo.subject_id, "F", "White", "30-39", "self-report"]
        digest.update(json.dumps(row).encode() + b"\n")
    assert undisturbed.origin.dataset_digest == digest.hexdigest()


@pytest.mark.slow
@pytest.mark.usefixtures("_parts_of_two")
def test_two_workers_give_the_same_bits_as_one(
    faces: Dataset, cache: Path, tmp_path: Path, undisturbed: TemplateSet
) -> None:
    seen: list[tuple[int, int]] = []
    templates = embed_dataset(
        faces, tmp_path / "t.parquet", cache=cache, workers=2, on_progress=lambda *step: seen.append(step)
    )
    require_same(templates, undisturbed)
    assert len(seen) == 4
    assert seen[-1] == (7, 7)


class _CtrlC:
    """Presses Ctrl-C after so many parts."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, *_: int) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("_parts_of_two")
@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_run_goes_on_where_it_was(
    faces: Dataset, cache: Path, tmp_path: Path, undisturbed: TemplateSet, workers: int
) -> None:
    output = tmp_path / "t.parquet"
    with pytest.raises(KeyboardInterrupt):
        embed_dataset(faces, output, cache=cache, workers=workers, on_progress=_CtrlC(2))
    assert not output.exists()
    kept = {path: path.stat().st_mtime_ns for path in parts_of(output)}
    assert 2 <= len(kept) <= 4
    with pytest.raises(KeyboardInterrupt):  # stopped again at once: nothing is made anew
        embed_dataset(faces, output, cache=cache, workers=1, on_progress=_CtrlC(1))
    assert kept.items() <= {path: path.stat().st_mtime_ns for path in parts_of(output)}.items()
    require_same(embed_dataset(faces, output, cache=cache, workers=1), undisturbed)


def examined_on_resume(
    dataset: Dataset, output: Path, cache: Path, monkeypatch: pytest.MonkeyPatch, *, fallback: bool = True
) -> list[str]:
    """Go on with a run; tell which photos were looked at again."""
    seen: list[str] = []

    def noting(path: Path, *, fallback: bool) -> object:
        seen.append(path.stem)
        return examine_photo(path, fallback=fallback)

    monkeypatch.setattr(embedding, "examine_photo", noting)
    embed_dataset(dataset, output, cache=cache, workers=1, fallback=fallback)
    return seen


@pytest.fixture
def halfway(faces: Dataset, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stop after two of four parts: a1 a2, a3 b1."""
    monkeypatch.setattr(embedding, "PART", 2)
    with pytest.raises(KeyboardInterrupt):
        embed_dataset(faces, tmp_path / "t.parquet", cache=cache, workers=1, on_progress=_CtrlC(2))
    return tmp_path / "t.parquet"


def test_finished_parts_are_not_made_again(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert examined_on_resume(faces, halfway, cache, monkeypatch) == ["b2", "b3", "b4"]


def test_a_part_whose_photo_changed_is_made_again(
    faces: Dataset, cache: Path, halfway: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(faces.photos[0], path=tmp_path / "a1.png")
    Image.fromarray(face(20)).save(other.path)
    changed = Dataset(faces.name, (other, *faces.photos[1:]))
    assert examined_on_resume(changed, halfway, cache, monkeypatch) == ["a1", "a2", "b2", "b3", "b4"]


def test_a_part_whose_label_changed_is_made_again(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(faces.photos[3], demographics=replace(ANNA, race="Black"))
    changed = Dataset(faces.name, (*faces.photos[:3], other, *faces.photos[4:]))
    assert examined_on_resume(changed, halfway, cache, monkeypatch) == ["a3", "b1", "b2", "b3", "b4"]
    assert TemplateSet.read(halfway).race[3] == "Black"


def test_other_options_or_another_embedder_make_every_part_again(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(examined_on_resume(faces, halfway, cache, monkeypatch, fallback=False)) == 7


def test_a_part_made_by_another_embedder_is_not_used(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "dlib_info", lambda: replace(dlib_info(), digest="0" * 64))
    assert len(examined_on_resume(faces, halfway, cache, monkeypatch)) == 7


@pytest.mark.parametrize("harm", [b"", b"PAR1 and no more"])
def test_a_damaged_part_is_made_again(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch, harm: bytes
) -> None:
    parts_of(halfway)[0].write_bytes(harm)
    assert examined_on_resume(faces, halfway, cache, monkeypatch) == ["a1", "a2", "b2", "b3", "b4"]


def test_a_part_put_under_another_ones_name_is_made_again(
    faces: Dataset, cache: Path, halfway: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = parts_of(halfway)
    second.write_bytes(first.read_bytes())
    assert examined_on_resume(faces, halfway, cache, monkeypatch) == ["a3", "b1", "b2", "b3", "b4"]


def test_a_strangers_file_among_the_parts_is_left_alone(faces: Dataset, cache: Path, halfway: Path) -> None:
    mine = halfway.with_name(halfway.name + ".parts") / "mine.txt"
    mine.write_text("keep")
    embed_dataset(faces, halfway, cache=cache, workers=1)
    assert [path.name for path in mine.parent.iterdir()] == ["mine.txt"]


@pytest.mark.usefixtures("_parts_of_two")
def test_a_killed_worker_is_one_clear_sentence_and_the_run_goes_on(
    faces: Dataset, cache: Path, tmp_path: Path, undisturbed: TemplateSet
) -> None:
    output = tmp_path / "t.parquet"

    def kill_one(done: int, _: int) -> None:
        if done < 7:
            for child in multiprocessing.active_children():
                os.kill(child.pid or 0, signal.SIGKILL)

    with pytest.raises(
        FacegateError, match=r"a worker process was killed.*run the same command again to go on"
    ):
        embed_dataset(faces, output, cache=cache, workers=2, on_progress=kill_one)
    assert not output.exists()
    require_same(embed_dataset(faces, output, cache=cache, workers=1), undisturbed)


SCRIPT = """
import sys
from pathlib import Path
from facegate.datasets import embedding
from facegate.datasets.dataset import Dataset
from facegate.records import Demographics, LabeledPhoto

if __name__ == "__main__":
    embedding.PART = 1
    folder, output, cache = map(Path, sys.argv[1:])
    people = Demographics("F", "White", "30-39", "self-report")
    photos = [LabeledPhoto(f"p{n:04d}", "p", folder / "a1.png", people) for n in range(2000)]
    embedding.embed_dataset(Dataset("astro", tuple(photos)), output, cache=cache, workers=2)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds the workers of a killed process by /proc")
def test_a_run_killed_without_warning_keeps_its_parts_and_leaves_no_worker_behind(
    faces: Dataset, cache: Path, tmp_path: Path
) -> None:
    script, output = tmp_path / "script.py", tmp_path / "t.parquet"
    script.write_text(SCRIPT)
    command = [sys.executable, str(script), str(faces.photos[0].path.parent), str(output), str(cache)]
    with subprocess.Popen(command, start_new_session=True) as run:  # noqa: S603  our own script
        _wait_until(lambda: len(parts_of(output)) >= 3)
        workers = _processes_of_session(run.pid) - {run.pid}
        run.kill()
    assert len(workers) >= 2
    _wait_until(lambda: not _processes_of_session(run.pid) & workers)
    sets = [TemplateSet.read(part) for part in parts_of(output)]
    assert all(len(part.enrolled) == 1 for part in sets)
    assert not output.exists()


def _wait_until(condition: Any, *, seconds: float = 40) -> None:  # noqa: ANN401  any callable
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)


def _processes_of_session(session: int) -> set[int]:
    """Find the living processes of one session; zombies are dead."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue
        if state != "Z" and int(its_session) == session:
            found.add(int(stat.parent.name))
    return found


def test_a_full_disk_is_a_storage_error_and_finished_parts_are_kept(
    faces: Dataset, cache: Path, tmp_path: Path, undisturbed: TemplateSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    output, real, left = tmp_path / "t.parquet", pq.write_table, [2]

    def write_until_full(table: pa.Table, path: Path, **options: str) -> None:
        left[0] -= 1
        if left[0] < 0:
            path.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        real(table, path, **options)

    monkeypatch.setattr(embedding, "PART", 2)
    with monkeypatch.context() as patch:
        patch.setattr(pq, "write_table", write_until_full)
        with pytest.raises(StorageError, match=r"could not write .*No space left on device"):
            embed_dataset(faces, output, cache=cache, workers=1)
    assert len(parts_of(output)) == len(list(parts_of(output)[0].parent.iterdir())) == 2
    require_same(embed_dataset(faces, output, cache=cache, workers=1), undisturbed)


def test_a_disk_that_refuses_a_worker_is_a_storage_error_too(
    faces: Dataset, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedding, "PART", 2)
    (tmp_path / "t.parquet.parts").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="could not write"):
        embed_dataset(faces, tmp_path / "t.parquet", cache=cache, workers=2)


def test_an_earlier_output_stands_until_the_new_one_is_whole(
    faces: Dataset, cache: Path, halfway: Path
) -> None:
    halfway.write_bytes(b"the old one")
    with pytest.raises(KeyboardInterrupt):
        embed_dataset(faces, halfway, cache=cache, workers=1, on_progress=_CtrlC(3))
    assert halfway.read_bytes() == b"the old one"
    embed_dataset(faces, halfway, cache=cache, workers=1)
    assert len(TemplateSet.read(halfway)) == 7


def animation() -> bytes:
    file = io.BytesIO()
    Image.fromarray(face(0)).save(file, "PNG", save_all=True, append_images=[Image.fromarray(face(1))])
    return file.getvalue()


def still(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "unreadable"),
        (b"", "empty"),
        (b"not a photo", "unsupported-format"),
        (bytes(10_000_001), "too-large"),
        (animation(), "animated"),
        (still(Image.fromarray(face(0)))[:2000], "unreadable"),
        (still(Image.new("RGB", (60, 60), "gray")), "no-face"),
    ],
    ids=["gone", "empty", "text", "large", "animated", "truncated", "faceless"],
)
def test_a_failure_to_enroll_is_a_row_with_its_reason(
    faces: Dataset, cache: Path, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / "c1").write_bytes(content)
    dataset = Dataset("mixed", (faces.photos[0], labeled(tmp_path / "c1")))
    templates = embed_dataset(dataset, tmp_path / "t.parquet", cache=cache)
    assert templates.failure.tolist() == ["", reason]
    assert templates.sex.tolist() == ["F", "F"]
    assert np.isnan(templates.vectors).any(axis=1).tolist() == [False, True]
    assert len(templates.enrolled) == 1


def test_a_photo_of_any_size_has_its_digest(cache: Path, tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(10_000_001))
    dataset = Dataset("bad", (labeled(tmp_path / "large"), labeled(tmp_path / "missing")))
    templates = embed_dataset(dataset, tmp_path / "t.parquet", cache=cache)
    assert templates.photo_digest.tolist() == [hashlib.sha256(bytes(10_000_001)).hexdigest(), ""]


def test_the_file_tells_detector_and_number_of_faces(cache: Path, tmp_path: Path) -> None:
    pair = np.concatenate([face(0), face(0)[:, ::-1]], axis=1)
    sideways = np.ascontiguousarray(skimage.data.astronaut()[20:230, 120:320].swapaxes(0, 1)[::-1])
    photos = (
        write_photo(tmp_path / "one.png", face(0)),
        write_photo(tmp_path / "pair.png", pair),
        write_photo(tmp_path / "sideways.png", sideways),
    )
    templates = embed_dataset(Dataset("mixed", photos), tmp_path / "t.parquet", cache=cache)
    found = read_detections(tmp_path / "t.parquet")
    assert found.n_faces.tolist() == [1, 2, 1]
    assert found.detector.tolist() == ["hog", "hog", "cnn"]
    assert np.isnan(templates.quality).tolist() == [False, False, True]


def test_without_the_fallback_a_face_only_the_cnn_finds_is_a_failure(cache: Path, tmp_path: Path) -> None:
    sideways = np.ascontiguousarray(skimage.data.astronaut()[20:230, 120:320].swapaxes(0, 1)[::-1])
    dataset = Dataset("mixed", (write_photo(tmp_path / "sideways.png", sideways),))
    templates = embed_dataset(dataset, tmp_path / "t.parquet", cache=cache, fallback=False)
    assert templates.failure.tolist() == ["no-face"]


def test_jittered_templates_are_the_mean_over_copies_drawn_by_the_photo(
    faces: Dataset, cache: Path, tmp_path: Path
) -> None:
    one = Dataset("astro", faces.photos[:1])
    templates = embed_dataset(one, tmp_path / "t.parquet", cache=cache, jitter=3)
    chip = central_face(one.photos[0].path.read_bytes()).chip
    copies = jittered_chips(chip, n=3, seed=int(templates.photo_digest[0][:12], 16))
    mean = DlibEmbedder.load(cache).embed(copies).mean(axis=0)
    assert np.abs(templates.vectors[0] - mean).max() < 1e-5


def test_parts_without_jitter_are_not_taken_for_jittered_ones(
    faces: Dataset, cache: Path, halfway: Path, undisturbed: TemplateSet
) -> None:
    jittered = embed_dataset(faces, halfway, cache=cache, workers=1, jitter=2)
    assert (np.abs(jittered.vectors - undisturbed.vectors).max(axis=1) > 1e-3).all()


def test_fewer_than_no_copies_are_refused(faces: Dataset, cache: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="jittered copies must be 0 or more, got -1"):
        embed_dataset(faces, tmp_path / "t.parquet", cache=cache, jitter=-1)


def test_parts_that_cannot_be_removed_do_not_spoil_the_output(
    faces: Dataset, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *, missing_ok: bool = False) -> None:
        if path.name.startswith("part-"):
            raise PermissionError(errno.EACCES, f"{path} {missing_ok}")

    monkeypatch.setattr(Path, "unlink", refuse)
    embed_dataset(faces, tmp_path / "t.parquet", cache=cache, workers=1)
    assert len(TemplateSet.read(tmp_path / "t.parquet")) == 7


def test_detections_of_another_file_are_refused(undisturbed: TemplateSet, tmp_path: Path) -> None:
    undisturbed.write(tmp_path / "plain.parquet")
    with pytest.raises(InputError, match="made by embedding photos"):
        read_detections(tmp_path / "plain.parquet")


def test_a_set_without_photos_is_refused(cache: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="data set none has no photos"):
        embed_dataset(Dataset("none", ()), tmp_path / "t.parquet", cache=cache)


def test_repeated_photo_ids_are_refused_before_any_work(faces: Dataset, cache: Path, tmp_path: Path) -> None:
    twice = Dataset("twice", (*faces.photos, faces.photos[0]))
    with pytest.raises(DatasetError, match="repeat: 8 photos, 7 different ids"):
        embed_dataset(twice, tmp_path / "t.parquet", cache=cache)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("workers", [0, -1])
def test_less_than_one_worker_is_refused(faces: Dataset, cache: Path, tmp_path: Path, workers: int) -> None:
    with pytest.raises(InputError, match=f"number of workers must be 1 or more, got {workers}"):
        embed_dataset(faces, tmp_path / "t.parquet", cache=cache, workers=workers)


def test_parts_are_large_enough_to_fill_the_networks_batches() -> None:
    assert PART % BATCH == 0


@pytest.mark.data
@pytest.mark.slow
def test_all_of_lfw_fails_to_enroll_in_67_photos_without_the_fallback(cache: Path, tmp_path: Path) -> None:
    """A fingerprint of decoder, detector and alignment together: 13,166 of 13,233 photos."""
    settings = Settings.from_environment()
    if find_folder("lfw", settings) is None:
        pytest.skip("needs LFW: set FACEGATE_DATA to a folder that holds lfw")
    lfw = open_dataset("lfw", settings)
    templates = embed_dataset(lfw, tmp_path / "lfw.parquet", cache=cache, fallback=False)
    assert Counter(templates.failure) == {"": 13_166, "no-face": 67}
    assert templates.enrolled.n_subjects == 5_718
    assert float(templates.enrolled.quality.mean()) == pytest.approx(MEAN_QUALITY_OF_LFW, abs=1e-3)


def test_a_second_process_on_the_same_output_is_told_to_wait(
    faces: Dataset, cache: Path, tmp_path: Path
) -> None:
    output = tmp_path / "t.parquet"
    with (
        parts.alone(tmp_path / "t.parquet.parts"),
        pytest.raises(InputError, match=r"another process is embedding into .*t.parquet; wait"),
    ):
        embed_dataset(faces, output, cache=cache, workers=1)
    assert not output.exists()


def test_nothing_is_left_behind_where_nothing_was_finished(tmp_path: Path) -> None:
    with parts.alone(tmp_path / "t.parquet.parts"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_templates_of_averaged_chips_do_not_meet_those_of_single_chips() -> None:
    plain = dlib_info()
    assert embedding.averaged(plain, 0) == plain
    with pytest.raises(InputError, match="mean of 10 jittered chips"):
        require_same_embedder(plain, embedding.averaged(plain, 10))
    assert embedding.averaged(plain, 5).digest != embedding.averaged(plain, 10).digest
