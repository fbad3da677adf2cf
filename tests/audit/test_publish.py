"""Publishing: the right files, nothing twice, never backward, and whole after any failure."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from published_logs import (
    LOG_KEY,
    ORIGIN,
    content_of,
    history,
    publish_log,
    published,
    record,
    signed,
    write_log,
)

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.frames import frame
from facegate.audit.merkle import MerkleTree
from facegate.audit.published.publish import checkpoint_of, publish
from facegate.audit.published.published import verify_published
from facegate.audit.published.tiles import bundles_of, tiles_of
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, read_checkpoint
from facegate.durable import taken
from facegate.errors import AuditError, InputError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS_AT_MOST = 120


def grow(log: Path, n_records: int) -> None:
    """Let the log go on to that many records."""
    write_log(log, history(n_records))


def paths_of(size: int) -> set[str]:
    return {CHECKPOINT, *(tile.path for tile in [*tiles_of(size), *bundles_of(size)])}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    write_log(tmp_path / "log", history(300))
    return tmp_path / "log"


@pytest.fixture
def out(log: Path, tmp_path: Path) -> Path:
    """Publish the log of 300 records."""
    publish_log(log, tmp_path / "out")
    return tmp_path / "out"


def test_a_published_log_holds_checkpoint_tiles_and_bundles_and_no_other_file(log: Path, out: Path) -> None:
    content = content_of(out)
    assert content.keys() == paths_of(300)
    assert content["tile/entries/000"] + content["tile/entries/001.p/44"] == (log / ENTRIES).read_bytes()
    assert content["tile/0/000"] + content["tile/0/001.p/44"] == (log / LEAVES).read_bytes()
    assert content["tile/1/000.p/1"] == MerkleTree(content["tile/0/000"]).root()


def test_an_empty_log_is_a_checkpoint_alone(tmp_path: Path) -> None:
    assert content_of(published(tmp_path, [])).keys() == {CHECKPOINT}


def test_partial_tiles_of_earlier_sizes_stay_until_the_full_tile_is_there(log: Path, out: Path) -> None:
    grow(log, 320)
    publish_log(log, out)
    assert content_of(out).keys() == paths_of(300) | paths_of(320)
    grow(log, 520)
    publish_log(log, out)
    upper = {"tile/1/000.p/1"}  # its full tile is far away
    assert content_of(out).keys() == paths_of(520) | upper


def test_full_tiles_are_never_written_again(log: Path, out: Path) -> None:
    was = {path: (out / path).stat().st_mtime_ns for path in ("tile/0/000", "tile/entries/000")}
    grow(log, 600)
    publish_log(log, out)
    assert {path: (out / path).stat().st_mtime_ns for path in was} == was


def test_publishing_in_steps_gives_the_same_tiles_as_at_once(log: Path, out: Path, tmp_path: Path) -> None:
    grow(log, 600)
    publish_log(log, out)
    publish_log(log, tmp_path / "again")
    at_once = content_of(tmp_path / "again")
    assert {path: content_of(out)[path] for path in at_once} == at_once


def test_a_checkpoint_of_an_earlier_size_of_the_log_can_be_published(log: Path, tmp_path: Path) -> None:
    early = signed(read_checkpoint(log).text())
    grow(log, 305)
    publish(log, tmp_path / "out", early)
    assert content_of(tmp_path / "out").keys() == paths_of(300)


def refused(log: Path, out: Path, note: bytes, why: str) -> None:
    before = content_of(out) if out.exists() else None
    with pytest.raises(VerificationError, match=why):
        publish(log, out, note)
    assert (content_of(out) if out.exists() else None) == before


def test_a_checkpoint_with_another_root_is_refused_and_nothing_is_made(log: Path, tmp_path: Path) -> None:
    wrong = signed(Checkpoint(ORIGIN, 300, bytes(32)).text())
    refused(log, tmp_path / "out", wrong, "checkpoint of 300 records is not of this log: it says root 0000")


def test_a_checkpoint_longer_than_the_log_is_refused(log: Path, tmp_path: Path) -> None:
    wrong = signed(Checkpoint(ORIGIN, 301, bytes(32)).text())
    refused(log, tmp_path / "out", wrong, "none: the log is shorter; nothing was published")


def test_a_published_log_never_goes_back(log: Path, out: Path) -> None:
    early = signed(read_checkpoint(log).text())
    grow(log, 301)
    publish_log(log, out)
    refused(log, out, early, "already shows 301 records, the signed checkpoint covers 300")


def test_a_rewritten_log_is_not_published_over_the_first_one(log: Path, out: Path) -> None:
    entries = history(301)
    entries[7] = record(7, "rewritten")
    note = write_log(log, entries)
    refused(log, out, note, "300 records with root .* the history was rewritten, or it is another log")


def test_another_log_is_not_published_over_the_first_one(log: Path, out: Path) -> None:
    text = (out / CHECKPOINT).read_text().replace(ORIGIN, "facegate.example/other")
    (out / CHECKPOINT).write_text(text)
    refused(log, out, signed(read_checkpoint(log).text()), "holds the log facegate.example/other, wanted")


def test_an_unreadable_published_checkpoint_is_not_written_over(log: Path, out: Path) -> None:
    (out / CHECKPOINT).write_text("three\n")
    refused(log, out, signed(read_checkpoint(log).text()), "the checkpoint published in .* cannot be read")


def test_an_unsigned_checkpoint_is_not_published(log: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no signed checkpoint to publish"):
        publish(log, tmp_path / "out", read_checkpoint(log).text())


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000"])
def test_a_published_tile_of_another_length_is_told_not_mended(log: Path, out: Path, path: str) -> None:
    (out / path).write_bytes((out / path).read_bytes()[:-1])
    grow(log, 301)
    refused(log, out, signed(read_checkpoint(log).text()), f"{path} was published in .* bytes, wanted")


def test_a_record_that_does_not_fit_its_leaf_is_not_published(log: Path, tmp_path: Path) -> None:
    data = bytearray((log / ENTRIES).read_bytes())
    data[len(data) - 30] ^= 1
    (log / ENTRIES).write_bytes(data)
    with pytest.raises(VerificationError, match="record 299 was changed: it does not hash to its leaf"):
        publish(log, tmp_path / "out", signed(read_checkpoint(log).text()))
    assert not (tmp_path / "out" / CHECKPOINT).exists()


def test_tiles_left_by_another_log_before_any_checkpoint_are_replaced(log: Path, tmp_path: Path) -> None:
    left = tmp_path / "out" / "tile/0/000"
    left.parent.mkdir(parents=True)
    left.write_bytes(bytes(8192))
    publish_log(log, tmp_path / "out")
    assert left.read_bytes() == (log / LEAVES).read_bytes()[:8192]


def test_two_publishers_do_not_meet_in_one_folder(log: Path, out: Path) -> None:
    descriptor = os.open(out, os.O_RDONLY)
    try:
        assert taken(descriptor)
        with pytest.raises(AuditError, match="somebody else is publishing"):
            publish_log(log, out)
    finally:
        os.close(descriptor)


def test_progress_counts_every_record(log: Path, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    publish(log, tmp_path / "out", signed(read_checkpoint(log).text()), lambda *counts: seen.append(counts))
    assert seen == [(256, 300), (300, 300)]


class Strike:
    """Fails at one step that reaches the disk: before, halfway or after."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int, way: str) -> None:
        self.n_steps = 0
        self._at, self._way, self._pwrite = at, way, os.pwrite
        for owner, name in ((os, "pwrite"), (Path, "replace"), (Path, "mkdir")):
            patch.setattr(owner, name, self._step(getattr(owner, name)))
        patch.setattr(os, "fsync", self._step(lambda _: None))  # that it is called is tested, not the disk

    def _step(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  stands in for functions of every kind
            self.n_steps += 1
            if self.n_steps - 1 != self._at:
                return real(*arguments, **options)
            if self._way == "after":
                real(*arguments, **options)
            elif self._way == "halfway" and real is self._pwrite:
                descriptor, data, place = arguments
                real(descriptor, data[: len(data) // 2], place)
            raise OSError(errno.ENOSPC, "No space left on device")

        return step


@pytest.mark.parametrize("way", ["before", "halfway", "after"])
def test_a_failure_at_any_step_leaves_a_log_that_verifies(
    way: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, out = tmp_path / "log", published(tmp_path, history(250))
    monkeypatch.setattr(os, "fsync", lambda _: None)  # thousands of real ones take long; see `Strike`
    grow(log, 270)
    note = signed(read_checkpoint(log).text())
    for at in range(STEPS_AT_MOST):
        tried = tmp_path / f"tried-{at}"
        shutil.copytree(out, tried)
        with monkeypatch.context() as patch:
            strike = Strike(patch, at, way)
            try:
                publish(log, tried, note)
            except StorageError as error:
                assert "No space left" in str(error)  # noqa: PT017  the last round does not fail
        shown = verify_published(tried, keys=[LOG_KEY.key]).log.size
        assert shown == checkpoint_of((tried / CHECKPOINT).read_bytes()).size
        publish(log, tried, note)
        assert verify_published(tried, keys=[LOG_KEY.key]).log.size == 270
        if strike.n_steps <= at:
            break
        shutil.rmtree(tried)
    assert 20 < at < STEPS_AT_MOST - 1


def test_frames_and_bundles_are_the_same_bytes(out: Path) -> None:
    first = b"".join(frame(entry) for entry in history(256))
    assert (out / "tile/entries/000").read_bytes() == first
