"""A gallery whose process is killed, or whose disk refuses, at every single step."""

from __future__ import annotations

import errno
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from enrollees import EUCLIDEAN, HALF_AWAY, at, files_named, files_of, on_a_line
from faults import WRITES, Disk, Killed, When, no_space

from facegate.errors import GalleryError, StorageError
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import UnsafeMeasurementToken
from facegate.records import SubjectId

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MANY = 200


def enroll_more(gallery: Gallery) -> None:
    """Write two full segments, and one that takes in the small one that is there."""
    gallery.enroll(on_a_line(13, first=100))


def withdraw_some(gallery: Gallery) -> None:
    """Write one segment anew, and drop another one as a whole."""
    gallery.withdraw([SubjectId(f"s{number}") for number in (0, 1, 2, 6)])


CHANGES = pytest.mark.parametrize("change", [enroll_more, withdraw_some])


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """Leave a closed gallery of four segments, one of them small."""
    with Gallery.create(tmp_path / "before", EUCLIDEAN, segment_rows=5) as gallery:
        gallery.enroll(on_a_line(17))
    return tmp_path / "before"


def opened(folder: Path, *, writable: bool = True) -> Gallery:
    return Gallery.open(folder, writable=writable, segment_rows=5)


def answers(gallery: Gallery) -> list[int]:
    """Search where subjects of each segment, old and new, are."""
    token = UnsafeMeasurementToken()
    places = (0, 3, 5, 9, 12, 16, 100, 107, 112)
    found = [gallery.search(at(x, 0), threshold=HALF_AWAY, limit=1, token=token) for x in places]
    return [one.n_at_or_above for one in found]


def state(folder: Path) -> tuple[str, int, int, list[int]]:
    with opened(folder, writable=False) as gallery:
        return gallery.digest, gallery.n_templates, gallery.n_subjects, answers(gallery)


def changed(before: Path, change: Callable[[Gallery], None]) -> tuple[str, int, int, list[int]]:
    """Tell what the gallery is after the change, nothing failing."""
    after = before.with_name("after")
    shutil.copytree(before, after)
    with opened(after) as gallery:
        change(gallery)
    return state(after)


@CHANGES
@pytest.mark.parametrize("when", When)
def test_killed_at_any_step_the_gallery_is_the_old_or_the_new_one_and_nothing_is_left_over(
    before: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Gallery], None], when: When
) -> None:
    old, new, disk = state(before), changed(before, change), Disk(monkeypatch)
    steps = steps_of(before, disk, change)
    seen = []
    for step in steps_that_can_fail(steps, when):
        folder = before.with_name(f"killed-{step}")
        shutil.copytree(before, folder)
        with opened(folder) as gallery:
            disk.fail(step, when)
            with pytest.raises(Killed):
                change(gallery)
        disk.heal()
        seen.append(state(folder))
        with opened(folder) as reopened:
            assert reopened.digest == seen[-1][0]
            assert files_of(folder) == files_named(reopened)
    n_old = len([step for step in steps_that_can_fail(steps, when) if step < moment_of_change(steps, when)])
    assert n_old >= 2
    assert seen == [old] * n_old + [new] * (len(seen) - n_old)


def steps_of(before: Path, disk: Disk, change: Callable[[Gallery], None]) -> list[str]:
    """List the steps of a change that nothing disturbs."""
    folder = before.with_name("undisturbed")
    shutil.copytree(before, folder)
    with opened(folder) as gallery:
        disk.fail(MANY, When.BEFORE)
        change(gallery)
        shutil.rmtree(folder)
        return list(disk.steps)


def steps_that_can_fail(steps: list[str], when: When) -> list[int]:
    """List the numbers of the steps; only a write can fail half way."""
    return [number for number, name in enumerate(steps) if when is not When.HALF_WAY or name in WRITES]


def renaming(steps: list[str]) -> int:
    """Return the number of the last renaming, which is the manifest's: the moment of change."""
    return len(steps) - 1 - steps[::-1].index("replace")


def moment_of_change(steps: list[str], when: When) -> int:
    """Return the first step whose failure finds the change made."""
    return renaming(steps) + (when is not When.AFTER)


def test_every_segment_is_flushed_with_its_folder_before_the_manifest_names_it(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole_file = ["fsync", "replace", "fsync", "unlink"]  # the unlink is of a name that is gone already
    segment, manifest = ["write_table", *whole_file], ["write_bytes", *whole_file]
    steps = steps_of(before, Disk(monkeypatch), enroll_more)
    assert steps == [*segment, *segment, *segment, *manifest, "unlink", "fsync"]


@CHANGES
def test_a_disk_that_is_full_at_any_step_before_the_change_leaves_the_gallery_working(
    before: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Gallery], None]
) -> None:
    old, new, disk = state(before), changed(before, change), Disk(monkeypatch)
    steps = steps_of(before, disk, change)
    for step in [number for number in range(renaming(steps) + 1) if steps[number] != "unlink"]:
        folder = before.with_name(f"full-{step}")
        shutil.copytree(before, folder)
        with opened(folder) as gallery:
            disk.fail(step, When.BEFORE, no_space)
            with pytest.raises(StorageError, match=r"could not write .*No space left on device"):
                change(gallery)
            assert (gallery.digest, answers(gallery)) == (old[0], old[3])
            assert files_of(folder) == files_named(gallery)
            change(gallery)
            assert (gallery.digest, answers(gallery)) == (new[0], new[3])
        assert state(folder) == new


@CHANGES
def test_a_manifest_renamed_but_not_flushed_closes_the_gallery_until_it_is_opened_again(
    before: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Gallery], None]
) -> None:
    new, disk = changed(before, change), Disk(monkeypatch)
    flush = renaming(steps_of(before, disk, change)) + 1
    gallery = opened(before)
    disk.fail(flush, When.BEFORE, no_space)
    with pytest.raises(StorageError, match="No space left on device"):
        change(gallery)
    with pytest.raises(GalleryError, match="broke off while it was stored; open it again"):
        answers(gallery)
    gallery.close()
    assert state(before) == new


def test_templates_that_could_not_be_deleted_are_out_of_all_searches_and_said_to_be_on_disk(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, disk = changed(before, withdraw_some), Disk(monkeypatch)
    steps = steps_of(before, disk, withdraw_some)
    with opened(before) as gallery:
        disk.fail(len(steps) - 2, When.BEFORE, lambda: OSError(errno.EROFS, "Read-only file system"))
        with pytest.raises(StorageError, match=r"withdrawn from all searches, but .* still on disk"):
            withdraw_some(gallery)
        assert (gallery.digest, answers(gallery)) == (new[0], new[3])
    with opened(before) as reopened:
        assert files_of(before) == files_named(reopened)


def test_an_enrollment_stands_even_if_merged_files_could_not_be_deleted(
    before: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, disk = changed(before, enroll_more), Disk(monkeypatch)
    steps = steps_of(before, disk, enroll_more)
    with opened(before) as gallery:
        disk.fail(len(steps) - 2, When.BEFORE, no_space)
        enroll_more(gallery)
        assert (gallery.digest, answers(gallery)) == (new[0], new[3])
        gallery.withdraw([SubjectId("s8")])
        assert files_of(before) == files_named(gallery)


def test_ctrl_c_while_enrolling_leaves_the_gallery_as_it_was(before: Path) -> None:
    old = state(before)

    def interrupt(_: int) -> None:
        raise KeyboardInterrupt

    with opened(before) as gallery:
        with pytest.raises(KeyboardInterrupt):
            gallery.enroll(on_a_line(13, first=100), on_progress=interrupt)
        assert files_of(before) == files_named(gallery)
        assert answers(gallery) == old[3]
    assert state(before) == old


def test_a_part_that_cannot_be_made_leaves_the_gallery_as_it_was(before: Path) -> None:
    old = state(before)

    def parts() -> object:
        yield on_a_line(13, first=100)
        raise StorageError

    with opened(before) as gallery, pytest.raises(StorageError):
        gallery.enroll(parts())  # type: ignore[arg-type]  # a generator that fails has no better type
    assert state(before) == old


def test_killed_while_it_is_made_there_is_no_gallery_or_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = Disk(monkeypatch)
    for step in range(MANY):
        folder = tmp_path / str(step)
        disk.fail(step, When.AFTER)
        with suppress(Killed):
            Gallery.create(folder, EUCLIDEAN).close()
        n_steps = len(disk.steps)
        disk.heal()
        with suppress(GalleryError):  # made already
            Gallery.create(folder, EUCLIDEAN).close()
        with opened(folder) as gallery:
            assert gallery.n_templates == 0
            assert {path.name for path in folder.iterdir()} == {"gallery.json", "lock"}
        if n_steps <= step:
            return
    pytest.fail("the making of a gallery never came to an end")
