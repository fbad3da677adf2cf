"""A comparison that was stopped goes on to the very same result, and never from another one's progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_population import drawn

from facegate.decision import Metric
from facegate.errors import MeasurementError, StorageError
from facegate.evaluation import comparisons as under_test
from facegate.evaluation.comparison_progress import discard_progress
from facegate.evaluation.comparisons import Comparisons, compare_all
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEMPLATES = drawn(7, n_people=44).enrolled
FLOOR = 0.3


class Stopped(Exception):  # noqa: N818  a person's decision, no error
    """Somebody pressed Ctrl-C."""


@pytest.fixture(autouse=True)
def saved_at_every_square(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_test, "SAVE_SECONDS", 0.0)


def compared(
    folder: Path | None,
    *,
    floor: float = FLOOR,
    most_pairs: int = 10**6,
    on_progress: Callable[[int, int], None] | None = None,
) -> Comparisons:
    return compare_all(
        TEMPLATES.vectors,
        population_of(TEMPLATES),
        metric=Metric.EUCLIDEAN,
        floor=floor,
        tile=4,
        most_pairs=most_pairs,
        on_progress=on_progress,
        resume=folder,
    )


def stopping_after(calls: int) -> tuple[list[int], Callable[[int, int], None]]:
    seen: list[int] = []

    def on_progress(done: int, _total: int) -> None:
        seen.append(done)
        if len(seen) == calls:
            raise Stopped

    return seen, on_progress


def stopped(folder: Path, calls: int) -> list[int]:
    seen, on_progress = stopping_after(calls)
    with pytest.raises(Stopped):
        compared(folder, on_progress=on_progress)
    return seen


def require_same(one: Comparisons, other: Comparisons) -> None:
    assert one.histograms is not None
    assert other.histograms is not None
    assert np.array_equal(one.tail.scores, other.tail.scores)
    assert np.array_equal(one.tail.first, other.tail.first)
    assert np.array_equal(one.tail.second, other.tail.second)
    assert np.array_equal(one.histograms.non_mated, other.histograms.non_mated)


@pytest.mark.parametrize("calls", [1, 2, 5, 17])
def test_a_stopped_comparison_goes_on_to_the_same_result(tmp_path: Path, calls: int) -> None:
    before = stopped(tmp_path / "resume", calls)
    after, on_progress = stopping_after(10**9)
    found = compared(tmp_path / "resume", on_progress=on_progress)
    assert after[0] > before[-1]  # what was done is not done again
    require_same(found, compared(None))


def test_a_comparison_stopped_again_and_again_still_ends(tmp_path: Path) -> None:
    for _ in range(4):
        stopped(tmp_path, 3)
    require_same(compared(tmp_path), compared(None))


def test_a_finished_comparison_is_not_made_again(tmp_path: Path) -> None:
    first = compared(tmp_path)
    calls, on_progress = stopping_after(10**9)
    require_same(compared(tmp_path, on_progress=on_progress), first)
    assert calls == []


def test_another_floor_starts_anew_and_is_right(tmp_path: Path) -> None:
    stopped(tmp_path, 9)
    calls, on_progress = stopping_after(10**9)
    found = compare_all(
        TEMPLATES.vectors,
        population_of(TEMPLATES),
        metric=Metric.EUCLIDEAN,
        floor=0.2,
        tile=4,
        on_progress=on_progress,
        resume=tmp_path,
    )
    assert calls[0] <= 16 * 16
    require_same(found, compared(None, floor=0.2))


@pytest.mark.parametrize("row", [0, -1])
def test_one_component_of_one_vector_changed_starts_anew(tmp_path: Path, row: int) -> None:
    stopped(tmp_path, 9)
    vectors = TEMPLATES.vectors.copy()
    vectors[row, 0] = np.nextafter(vectors[row, 0], np.float32(9))
    calls, on_progress = stopping_after(10**9)
    compare_all(
        vectors,
        population_of(TEMPLATES),
        metric=Metric.EUCLIDEAN,
        floor=FLOOR,
        tile=4,
        on_progress=on_progress,
        resume=tmp_path,
    )
    assert calls[0] <= 16 * 16


@pytest.mark.parametrize("pattern", ["progress", "tail-*0.npy"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "emptied", "removed"])
def test_damaged_progress_starts_anew_and_is_right(tmp_path: Path, pattern: str, damage: str) -> None:
    stopped(tmp_path, 17)
    path = min(tmp_path.glob(pattern))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    changed = {"cut": bytes(content[:-3]), "flipped": bytes(content), "emptied": b""}
    path.unlink() if damage == "removed" else path.write_bytes(changed[damage])
    calls, on_progress = stopping_after(10**9)
    require_same(compared(tmp_path, on_progress=on_progress), compared(None))
    assert calls[0] <= 16 * 16


def test_a_save_that_the_disk_refuses_leaves_the_one_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(tmp_path, 5)
    before = (tmp_path / "progress").read_bytes()

    def full(_path: Path, _content: bytes) -> None:
        msg = "no space left"
        raise StorageError(msg)

    with monkeypatch.context() as patch:
        patch.setattr("facegate.evaluation.comparison_progress.replace_bytes", full)
        with pytest.raises(StorageError, match="no space left"):
            compared(tmp_path)
    assert (tmp_path / "progress").read_bytes() == before
    require_same(compared(tmp_path), compared(None))


def test_a_folder_that_cannot_be_written_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    calls, on_progress = stopping_after(10**9)
    with pytest.raises(StorageError, match="could not write"):
        compared(tmp_path / "file", on_progress=on_progress)
    assert calls == []


def test_pairs_kept_before_the_stop_count_against_the_limit(tmp_path: Path) -> None:
    n_kept = len(compared(None).tail)
    stopped(tmp_path, 20)
    with pytest.raises(MeasurementError, match="choose a stricter floor"):
        compared(tmp_path, most_pairs=n_kept - 1)
    assert len(compared(tmp_path, most_pairs=n_kept).tail) == n_kept


def test_discarding_removes_our_files_and_nobody_elses(tmp_path: Path) -> None:
    stopped(tmp_path / "alone", 17)
    stopped(tmp_path / "shared", 17)
    (tmp_path / "shared" / "notes.txt").write_text("mine")
    discard_progress(tmp_path / "alone")
    discard_progress(tmp_path / "shared")
    assert not (tmp_path / "alone").exists()
    assert [path.name for path in (tmp_path / "shared").iterdir()] == ["notes.txt"]
