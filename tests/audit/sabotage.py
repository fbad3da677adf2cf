"""Steps that reach the disk, made to fail: what the crash tests of the log share."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from logbook import entries_of, make_log

from facegate.audit.entry import parse_entry
from facegate.audit.sealing.erasure import erased_by
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import SEALED as SEALED_FILE

if TYPE_CHECKING:
    from collections.abc import Callable

WAYS = ["before", "halfway", "after"]
N_BEFORE = 3
"""Records in the log that is to be broken, all acknowledged."""


class Saboteur:
    """Counts the steps that reach the disk and makes one of them fail."""

    def __init__(self, patch: pytest.MonkeyPatch, failure: BaseException | None = None) -> None:
        self.seen: list[str] = []
        self._at = -1
        self._way = ""
        self._failure = failure or OSError(errno.ENOSPC, "No space left on device")
        # Not the real one: what is tested is that it is called, and what a failure leads to. A process
        # that dies loses nothing the kernel has, and thousands of real ones take minutes.
        patch.setattr(os, "fsync", self._sabotaged("fsync", lambda _: None))
        for owner, name in (
            (os, "pwrite"),
            (os, "ftruncate"),
            (os, "replace"),
            (Path, "write_bytes"),
            (Path, "unlink"),
            (SealedStore, "put_many"),
            (SealedStore, "discard"),
            (SealedStore, "_delete"),
        ):
            patch.setattr(owner, name, self._sabotaged(name, getattr(owner, name)))

    def arm(self, at: int, way: str) -> None:
        """Fail at that step, counted from now."""
        self.seen.clear()
        self._at, self._way = at, way

    @property
    def struck(self) -> bool:
        return 0 <= self._at < len(self.seen)

    def _sabotaged(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401  stands in for functions of every kind
            if name == "unlink" and self.struck:
                return real(*arguments, **options)  # clearing away after the failure
            self.seen.append(name)
            if len(self.seen) - 1 != self._at:
                return real(*arguments, **options)
            if self._way == "after":
                real(*arguments, **options)
            elif self._way == "halfway" and name in {"pwrite", "write_bytes"}:
                target, data, *rest = arguments
                real(target, data[: len(data) // 2], *rest)
            raise self._failure

        return step


@pytest.fixture
def saboteur(monkeypatch: pytest.MonkeyPatch) -> Saboteur:
    """Give what makes steps fail, of logs whose database spares its fsyncs."""
    without_fsync(monkeypatch)
    return Saboteur(monkeypatch)


@pytest.fixture(scope="session")
def three_records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a log of `N_BEFORE` records and the keys beside it, to be copied."""
    made = tmp_path_factory.mktemp("three-records")
    make_log(made / "log", N_BEFORE)
    return made


@pytest.fixture
def log_folder(three_records: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a log of `N_BEFORE` records that may be broken, and whose database spares its fsyncs."""
    shutil.copytree(three_records, tmp_path, dirs_exist_ok=True)
    without_fsync(monkeypatch)
    return tmp_path / "log"


def without_fsync(patch: pytest.MonkeyPatch) -> None:
    """Spare the database its fsyncs: commits land whole or not at all either way (see `Saboteur`)."""
    honest = SealedStore.__init__

    def quick(self: SealedStore, path: Path) -> None:
        honest(self, path)
        self._run("PRAGMA synchronous = OFF")

    patch.setattr(SealedStore, "__init__", quick)


def openings_fit(folder: Path) -> bool:
    """Every record has exactly the opening that fits it, or was erased on record; there is none to spare."""
    entries = [parse_entry(entry) for entry in entries_of(folder)]
    gone = {seq for entry in entries for run in erased_by(entry) for seq in run}
    store = SealedStore(folder / SEALED_FILE)
    found = [store.get(entry.seq) for entry in entries]
    destroyed = {entry.seq for entry in entries if store.destroyed(entry.seq)}
    last = store.last()
    store.close()
    fits = all(
        opening is None if entry.seq in gone else opening and opening.commitments() == entry.sealed
        for opening, entry in zip(found, entries, strict=True)
    )
    return fits and destroyed == gone and last == len(entries) - 1
