"""Near-duplicates among past probes: the same photo again, recompressed, cropped or mirrored.

Two questions, of different cost:

- *Own*: which probes of this agency within the window is it a variant of? Equal digest, perceptual hash
  within a few bits of it or of its mirror image, **or** template within a small distance. These count
  as one probe, and three of them call a supervisor.
- *Everywhere*: was it, or something like it, ever asked by anybody? Equal digest, or hash within some more
  bits **and** template within the distance: over a million past probes one mark alone would flag strangers.

Hashes of all past probes are kept in memory, and templates of the agencies that ask within the window. One
question over 500,000 past probes, 10,000 of them the asking agency's, takes 0.9 ms on one core of a busy
two-core machine; over 1,000,000 and 73,000 (its cap, used up every day of a year) 3 to 7 ms, most of it
reading templates from memory (``benchmarks/near_duplicates.py --speed``).

Not protected: a photo that was changed so much that hash and template both move. It counts as another probe,
and the caps on probes and on showings of a subject are what holds then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from facegate.gate.limits.kept_marks import MOST_EVERYWHERE, KeptHashes, KeptTemplates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from facegate.decision import Vectors
    from facegate.gate.ledger.event import Row
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.marks import ProbeMarks

    Seqs = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Nearness:
    """How alike is a variant. Measured with ``benchmarks/near_duplicates.py`` on LFW for dlib's templates.

    Parameters
    ----------
    bits : int
        Largest difference of 64-bit perceptual hashes that alone makes a variant. At 4, of 404,550 pairs
        of different people none.
    distance : float
        Largest Euclidean distance of templates that alone makes a variant. At 0.34, of 87 million pairs of
        photos of different people 23 (some of them mislabeled), and 7 % of pairs of one person.
    candidate_bits : int
        Largest difference of hashes at which a probe of another agency is compared by template.
    """

    bits: int = 4
    distance: float = 0.34
    candidate_bits: int = 8


@dataclass(frozen=True, slots=True)
class Near:
    """Past probes that a probe is a near-duplicate of, as positions of their intents in the log.

    Parameters
    ----------
    own : frozenset of int
        Of the asking agency, within the window.
    group : frozenset of int
        `own` and what those are variants of in turn, followed until enough were found to ask a supervisor:
        a chain of small steps is one probe too.
    everywhere : frozenset of int
        Of anybody at any time, `own` included.
    """

    own: frozenset[int]
    group: frozenset[int]
    everywhere: frozenset[int]


class PastProbes:
    """Marks of every probe that was allowed, in memory, caught up with the ledger at each question.

    Parameters
    ----------
    ledger : Ledger
        Where the marks are.
    nearness : Nearness
        How alike is a variant.
    """

    def __init__(self, ledger: Ledger, nearness: Nearness) -> None:
        self._nearness = nearness
        self._hashes = KeptHashes()
        self._caught_up = "", -1  # an agency, and the records on the log then
        self._templates: dict[tuple[str, int], KeptTemplates] = {}
        self._hashes.catch_up(ledger)

    def near(self, ledger: Ledger, marks: ProbeMarks, agency: str, *, since: int, enough: int) -> Near:
        """Find what a probe is a near-duplicate of.

        Parameters
        ----------
        ledger : Ledger
            The one this was made from.
        marks : ProbeMarks
            Of the probe that is asked for; a digest alone finds the same file only.
        agency : str
            ORI of the asking agency.
        since : int
            Start of the window, seconds since 1970.
        enough : int
            The group is followed until it has this many.

        Returns
        -------
        Near
            Empty sets for a probe that is like no other.
        """
        self._catch_up(ledger, agency, since)  # with a digest alone, too: the whole question follows it
        same = (
            {row[0] for row in ledger.rows(_SAME_FILE, marks.digest, MOST_EVERYWHERE)}
            if marks.digest
            else set()
        )
        if marks.face_hash is None or marks.mirror_hash is None or marks.template is None:
            own = _of_agency(ledger, same, agency, since)
            return Near(own, own, frozenset(same))
        close, maybe = self._hashes.within(
            (marks.face_hash, marks.mirror_hash), self._nearness.bits, self._nearness.candidate_bits
        )
        template = marks.template.astype(np.float32)
        store = self._store(ledger, agency, template.size, since)
        alike = {int(seq) for seq in store.within(template, self._nearness.distance, since)}
        sure = same | self._confirmed(ledger, maybe, template)
        own = frozenset(alike | _of_agency(ledger, sure | set(close), agency, since))
        return Near(own, self._group(store, own, since, enough), frozenset(sure | own))

    def _catch_up(self, ledger: Ledger, agency: str, since: int) -> None:
        """Read what was added since, where an agency's templates were asked for before."""
        size = ledger.log.acknowledged
        if (agency, size) == self._caught_up:
            return
        self._hashes.catch_up(ledger)
        for (whose, _), store in self._templates.items():
            if whose == agency:
                store.catch_up(ledger, since)
        self._caught_up = agency, size

    def _store(self, ledger: Ledger, agency: str, dimension: int, since: int) -> KeptTemplates:
        """Give the agency's templates of this dimension, read on its first question."""
        store = self._templates.get((agency, dimension))
        if store is None:
            store = KeptTemplates(agency, dimension)
            store.catch_up(ledger, since)
            self._templates[agency, dimension] = store  # only now: one that could not be read is read again
        return store

    def _confirmed(self, ledger: Ledger, maybe: Seqs, template: Vectors) -> set[int]:
        """Keep those whose template is near too."""
        return {
            int(row["seq"])
            for row in _in_parts(ledger, "SELECT seq, template FROM limits_template", maybe.tolist())
            if _distance(row["template"], template) <= self._nearness.distance
        }

    def _group(self, store: KeptTemplates, own: frozenset[int], since: int, enough: int) -> frozenset[int]:
        """Follow near-duplicates of near-duplicates until enough were found."""
        group, waiting = set(own), sorted(own)
        while waiting and len(group) < enough:
            template = store.of(waiting.pop())
            if template is not None:
                new = {int(seq) for seq in store.within(template, self._nearness.distance, since)} - group
                group |= new
                waiting.extend(sorted(new))
        return frozenset(group)


def past_probes(ledger: Ledger, nearness: Nearness) -> PastProbes:
    """Give the marks of a ledger's past probes, kept in memory as long as the ledger is open."""
    kept = _KEPT.setdefault(ledger, {})
    if nearness not in kept:
        kept[nearness] = PastProbes(ledger, nearness)
    return kept[nearness]


# Goes with its ledger: reading a million marks anew at every question would take a second.
_KEPT: WeakKeyDictionary[Ledger, dict[Nearness, PastProbes]] = WeakKeyDictionary()
_SAME_FILE = "SELECT seq FROM limits_search WHERE digest = ? AND counted = 1 ORDER BY seq DESC LIMIT ?"
_PART = 500  # values of one question to SQLite


def _of_agency(ledger: Ledger, seqs: Iterable[int], agency: str, since: int) -> frozenset[int]:
    """Keep those of one agency within the window."""
    rows = _in_parts(ledger, "SELECT seq, agency, at FROM limits_search", list(seqs))
    return frozenset(int(row["seq"]) for row in rows if row["agency"] == agency and row["at"] > since)


def rows_of(ledger: Ledger, seqs: Iterable[int]) -> list[Row]:
    """Read the rows of past searches.

    Returns
    -------
    list of Row
        Columns of ``limits_search``, in no order.
    """
    return _in_parts(ledger, "SELECT * FROM limits_search", list(seqs))


def _in_parts(ledger: Ledger, query: str, seqs: list[int]) -> list[Row]:
    """Ask for rows by position, a part at a time."""
    found: list[Row] = []
    for start in range(0, len(seqs), _PART):
        part = seqs[start : start + _PART]
        found.extend(ledger.rows(f"{query} WHERE seq IN ({','.join('?' * len(part))})", *part))
    return found


def _distance(data: bytes, template: Vectors) -> float:
    """Measure against a template as it is kept; one of another dimension is infinitely far."""
    past = np.frombuffer(data, dtype="<f2").astype(np.float32)
    return float(np.linalg.norm(past - template)) if past.size == template.size else float("inf")
