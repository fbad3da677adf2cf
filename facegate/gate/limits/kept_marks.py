"""Marks of past probes as they are kept in memory: caught up with the ledger, and compared.

- Hashes of everybody's probes: 16 bytes each.
- Templates of one agency within the window: 5.5 bytes a component. Some components of all of them lie
  together a second time, as what they alone are apart is the least that the whole can be: the question
  reads them, and the whole of the few that are left. No near-duplicate is lost by it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from facegate.gate.limits.hash_kernel import differing_bits, near_hashes
from facegate.gate.limits.searches import HASH_OFFSET

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.decision import Vectors
    from facegate.gate.ledger.ledger import Ledger

    Seqs = NDArray[np.int64]

MOST_EVERYWHERE = 1000
"""Rows of an answer about everybody's probes; the newest are kept."""

LEADING_SHARE = 3 / 8
"""Components looked at first. Of LFW's photos 0.3 % are within 0.34 by 48 components of dlib's 128."""

ROUNDED = np.float32(1e-4)
"""Far more than a squared distance of short vectors in float32 is off, and far less than decides."""

_TOP = np.uint64(HASH_OFFSET)


class KeptHashes:
    """Perceptual hash of every past probe, in the order of the log."""

    def __init__(self) -> None:
        self._seqs = np.zeros(1024, dtype=np.int64)
        self._hashes = np.zeros(1024, dtype=np.uint64)
        self._n = 0
        self._last = -1

    def catch_up(self, ledger: Ledger) -> None:
        """Read what was added since."""
        rows = ledger.rows("SELECT seq, face_hash FROM limits_hash WHERE seq > ? ORDER BY seq", self._last)
        if not rows:
            return
        new = np.array([tuple(row) for row in rows], dtype=np.int64)
        end = self._n + len(new)
        self._seqs, self._hashes = _roomy(self._seqs, end), _roomy(self._hashes, end)
        self._seqs[self._n : end] = new[:, 0]
        self._hashes[self._n : end] = new[:, 1].view(np.uint64) ^ _TOP
        self._n, self._last = end, int(new[-1, 0])

    def within(self, hashes: tuple[int, int], bits: int, more_bits: int) -> tuple[list[int], Seqs]:
        """Find past probes within a few bits of either hash, and within some more.

        Parameters
        ----------
        hashes : tuple of two int
            Of the face and of its mirror image.
        bits, more_bits : int
            Largest differences; the second is not below the first.

        Returns
        -------
        close : list of int
            Positions in the log of those within `bits`.
        maybe : ndarray of shape (k,), int64
            The newest of those within `more_bits`.
        """
        places = near_hashes(self._hashes[: self._n], *hashes, more_bits)
        seqs: Seqs = self._seqs[places]
        close = seqs[differing_bits(self._hashes[places], *hashes) <= bits]
        return close.tolist(), seqs[-MOST_EVERYWHERE:]


class KeptTemplates:
    """One agency's templates within the window, in the order of the log.

    Parameters
    ----------
    agency : str
        ORI.
    dimension : int
        Components; templates of another dimension are left out.
    """

    def __init__(self, agency: str, dimension: int) -> None:
        self._agency = agency
        self._dimension = dimension
        self._n_leading = max(1, round(LEADING_SHARE * dimension))
        self._seqs = np.zeros(64, dtype=np.int64)
        self._at = np.zeros(64, dtype=np.int64)
        self._templates: Vectors = np.zeros((64, dimension), dtype=np.float32)
        self._leading: Vectors = np.zeros((64, self._n_leading), dtype=np.float32)
        self._squares = np.zeros(64, dtype=np.float32)  # of the leading components
        self._n = 0
        self._last = -1

    def catch_up(self, ledger: Ledger, since: int) -> None:
        """Read what was added since; nothing from before the window."""
        rows = ledger.rows(
            "SELECT seq, at, template FROM limits_template WHERE agency = ? AND seq > ? ORDER BY seq",
            self._agency,
            self._last,
        )
        if not rows:
            return
        self._last = int(rows[-1]["seq"])
        wanted = [row for row in rows if row["at"] > since and len(row["template"]) == 2 * self._dimension]
        if not wanted:
            return
        data = b"".join(row["template"] for row in wanted)
        new = np.frombuffer(data, dtype="<f2").astype(np.float32).reshape(len(wanted), self._dimension)
        here, end = slice(self._n, self._n + len(wanted)), self._n + len(wanted)
        self._seqs, self._at = _roomy(self._seqs, end), _roomy(self._at, end)
        self._templates, self._leading = _roomy(self._templates, end), _roomy(self._leading, end)
        self._squares = _roomy(self._squares, end)
        leading = new[:, : self._n_leading]
        self._seqs[here], self._at[here] = [row["seq"] for row in wanted], [row["at"] for row in wanted]
        self._templates[here], self._leading[here] = new, leading
        self._squares[here] = np.einsum("nd,nd->n", leading, leading)
        self._n = end

    def within(self, template: Vectors, distance: float, since: int) -> Seqs:
        """Find those within a distance, and within the window.

        Parameters
        ----------
        template : ndarray of shape (d,), float32
            Of a probe.
        distance : float
            Largest Euclidean distance.
        since : int
            Start of the window, seconds since 1970.

        Returns
        -------
        ndarray of shape (k,), int64
            Positions in the log, ascending.
        """
        leading, limit = template[: self._n_leading], np.float32(distance * distance)
        squares = self._leading[: self._n] @ leading
        squares *= -2
        squares += self._squares[: self._n]
        length = leading @ leading
        maybe = np.flatnonzero(squares <= limit - length + ROUNDED * (1 + length))
        apart = self._templates[maybe] - template
        near = (np.einsum("nd,nd->n", apart, apart) <= limit) & (self._at[maybe] > since)
        found: Seqs = self._seqs[maybe[near]]
        return found

    def of(self, seq: int) -> Vectors | None:
        """Give the template of one past probe; None if it is not here."""
        place = int(np.searchsorted(self._seqs[: self._n], seq))
        if place == self._n or self._seqs[place] != seq:
            return None
        template: Vectors = self._templates[place]
        return template


def _roomy(array: NDArray[Any], wanted: int) -> NDArray[Any]:
    """Give the array, or a copy with room for as many rows and as many again."""
    if wanted <= len(array):
        return array
    larger = np.zeros((max(wanted, 2 * len(array)), *array.shape[1:]), dtype=array.dtype)
    larger[: len(array)] = array
    return larger
