"""What a killed comparison leaves behind, so that a later one goes on from there.

::

    FOLDER/progress         SHA-256 of the rest (32 bytes), then an npz: key, squares done,
                            counts so far, and name and SHA-256 of each tail file
    FOLDER/tail-000000.npy  non-mated pairs found since the save before: (key, score) records

- Squares are worked off in one order, so "how many are done" says which.
- A tail file is written first and named by ``progress`` after, each whole or absent: a kill
  at any moment leaves the save before.
- The key covers all that decides the result. Another key, a missing file or a changed byte
  means to start anew: the folder may cost time, never correctness.
"""

from __future__ import annotations

import hashlib
import io
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facegate.durable import replace_bytes
from facegate.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Threshold, Vectors
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.trials import Counts

FORMAT = "facegate-comparison-progress/1"
PROGRESS = "progress"
SEAL_BYTES = hashlib.sha256().digest_size
ROWS_HASHED_AT_ONCE = 65_536
PAIRS = np.dtype([("key", "<i8"), ("score", "<f8")])


@dataclass(frozen=True, slots=True)
class Saved:
    """Where a comparison stood.

    Parameters
    ----------
    squares_done, pairs_done : int
        Finished work, in its order; pairs include mated ones.
    counts : ndarray of shape (n_pairs_of_groups, n_bins), int64
        Non-mated comparisons so far.
    pairs : ndarray of shape (n_kept,), records of `PAIRS`
        Non-mated pairs at or above the floor so far, with their scores.
    """

    squares_done: int
    pairs_done: int
    counts: Counts
    pairs: NDArray[np.void]


@dataclass(slots=True)
class ProgressFolder:
    """One comparison's folder.

    Parameters
    ----------
    folder : Path
        Made if missing; used for nothing else.
    key : bytes
        See `key_of`.
    """

    folder: Path
    key: bytes
    _tails: list[tuple[str, str]] = field(default_factory=list, init=False)

    def load(self) -> Saved | None:
        """Read where the comparison with this key stood; None if it has to start anew."""
        try:
            sealed = (self.folder / PROGRESS).read_bytes()
            content = sealed[SEAL_BYTES:]
            if hashlib.sha256(content).digest() != sealed[:SEAL_BYTES]:
                return None
            with np.load(io.BytesIO(content), allow_pickle=False) as saved:
                if saved["key"].tobytes() != self.key:
                    return None
                names, digests = saved["names"].tolist(), saved["digests"].tolist()
                done, pairs = saved["done"].tolist()
                counts = saved["counts"]
            parts = [self._tail(name, digest) for name, digest in zip(names, digests, strict=True)]
        except (OSError, ValueError, KeyError, EOFError):
            return None
        self._tails = list(zip(names, digests, strict=True))
        return Saved(done, pairs, counts, np.concatenate([np.empty(0, PAIRS), *parts]))

    def clear(self) -> None:
        """Remove what another comparison left, so that it is not mistaken for ours."""
        self._tails = []
        _remove_files(self.folder)

    def save(self, squares_done: int, pairs_done: int, counts: Counts, new: NDArray[np.void]) -> None:
        """Write where the comparison stands, whole or not at all.

        Parameters
        ----------
        squares_done, pairs_done : int
            Finished work.
        counts : ndarray of shape (n_pairs_of_groups, n_bins), int64
            All so far.
        new : ndarray of shape (n_new,), records of `PAIRS`
            Pairs kept since the save before.

        Raises
        ------
        StorageError
            If the disk refuses; the save before still stands.
        """
        tails = list(self._tails)
        if new.size:
            content, name = _npy(new), f"tail-{len(tails):06d}.npy"
            replace_bytes(self.folder / name, content)
            tails.append((name, hashlib.sha256(content).hexdigest()))
        packed = io.BytesIO()
        np.savez(
            packed,
            key=np.frombuffer(self.key, dtype=np.uint8),
            done=np.array([squares_done, pairs_done], dtype=np.int64),
            counts=counts,
            names=np.array([name for name, _ in tails], dtype=np.str_),
            digests=np.array([digest for _, digest in tails], dtype=np.str_),
        )
        replace_bytes(self.folder / PROGRESS, hashlib.sha256(packed.getvalue()).digest() + packed.getvalue())
        self._tails = tails

    def _tail(self, name: str, digest: str) -> NDArray[np.void]:
        """Read one tail file; ValueError if it is not what was written."""
        content = (self.folder / name).read_bytes()
        if hashlib.sha256(content).hexdigest() != digest:
            raise ValueError(name)
        tail: NDArray[np.void] = np.load(io.BytesIO(content), allow_pickle=False)
        return tail


def key_of(
    vectors: Vectors, population: Population, *, floor: Threshold, tile: int, edges: NDArray[np.float64]
) -> bytes:
    """Digest everything that decides the result of a comparison, and the order of its work.

    Parameters
    ----------
    vectors : ndarray of shape (n, d), float32
        Templates; read a block at a time.
    population : Population
        Whose they are.
    floor : Threshold
        With its metric.
    tile : int
        It orders the work.
    edges : ndarray of float64
        Bins.

    Returns
    -------
    bytes
        SHA-256.
    """
    head = (FORMAT, vectors.shape, floor.metric.value, floor.score.hex(), tile, len(population.groups))
    digest = hashlib.sha256(repr(head).encode())
    for array in (edges, population.person_of_template, population.group_of_template):
        digest.update(np.ascontiguousarray(array).data)
    for start in range(0, len(vectors), ROWS_HASHED_AT_ONCE):
        block = vectors[start : start + ROWS_HASHED_AT_ONCE]
        digest.update(np.ascontiguousarray(block, dtype="<f4").data)
    return digest.digest()


def discard_progress(folder: Path) -> None:
    """Remove what a comparison left for going on: its result is safe now.

    Only files of this module are removed, and the folder if nothing else is in it.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    _remove_files(folder)
    with suppress(OSError):  # somebody keeps other files there: leave them
        folder.rmdir()


def _remove_files(folder: Path) -> None:
    try:
        # The list of what counts goes first: tail files that nothing names are nobody's.
        for pattern in (PROGRESS, f".{PROGRESS}.*", "tail-*.npy", ".tail-*.npy"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"could not clear {folder}: {error.strerror or error}"
        raise StorageError(msg) from error


def _npy(records: NDArray[np.void]) -> bytes:
    packed = io.BytesIO()
    np.save(packed, records, allow_pickle=False)
    return packed.getvalue()
