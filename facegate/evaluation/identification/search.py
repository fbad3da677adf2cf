"""Searches through a gallery as it serves: every candidate at the lowest threshold, once.

- `Gallery.search` is what runs in serving; nothing here searches in another way.
- One search at the lowest threshold holds the answer at every higher one and for every
  limit. A sample is searched for again at the threshold and limit itself, and must give the
  very list that was derived.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from facegate.decision import Threshold, matches
from facegate.errors import MeasurementError, StorageError
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import UnsafeMeasurementToken
from facegate.records import Candidate, CandidateList

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from facegate.decision import Scores
    from facegate.evaluation.identification.deal import Deal, Probes
    from facegate.evaluation.subgroups import Positions
    from facegate.evaluation.trials import Counts
    from facegate.records import SubjectId
    from facegate.templates import TemplateSet

MOST_CANDIDATES = 50_000_000
N_CONFIRMED = 8


class Hits(NamedTuple):
    """Candidates of some searches at one threshold: which search, which place in the gallery."""

    search: Positions
    place: Positions


@dataclass(frozen=True, slots=True)
class Searched:
    """What some searches returned at the lowest threshold, without a limit.

    Parameters
    ----------
    person : ndarray of shape (n_searches,), int64
        Whom each search was for.
    search : ndarray of shape (n_candidates,), int64
        Which search returned each candidate; sorted.
    place : ndarray of shape (n_candidates,), int64
        The candidate's place in the gallery's random order, 0 to N - 1.
    score : ndarray of shape (n_candidates,), float64
        Comparison scores, higher is more alike; best first inside a search.
    """

    person: Positions
    search: Positions
    place: Positions
    score: Scores

    def at(self, threshold: Threshold) -> Hits:
        """Keep the candidates that match."""
        kept = matches(self.score, threshold)
        return Hits(self.search[kept], self.place[kept])

    def counts(self, hits: Hits) -> Counts:
        """Count the candidates of each search."""
        return np.bincount(hits.search, minlength=self.person.size).astype(np.int64)

    def strongest(self) -> Scores:
        """Find the best score of each search; -inf where nobody reached the lowest threshold."""
        best = np.full(self.person.size, -np.inf)
        np.maximum.at(best, self.search, self.score)
        return best


@dataclass(frozen=True, slots=True)
class OpenGallery:
    """A temporary gallery, enrolled and open.

    Parameters
    ----------
    gallery : Gallery
        What is searched.
    people : ndarray of shape (N,), int64
        Who is in it, in random order.
    subjects : list of SubjectId
        Their ids, in the same order.
    """

    gallery: Gallery
    people: Positions
    subjects: list[SubjectId]

    def place_of_person(self, n_people: int) -> Positions:
        """Find each person's place; -1 for those who are not in it."""
        place = np.full(n_people, -1, dtype=np.int64)
        place[self.people] = np.arange(self.people.size)
        return place


@contextmanager
def built(templates: TemplateSet, dealt: Deal, people: Positions, *, folder: Path) -> Iterator[OpenGallery]:
    """Build a gallery of these people, and delete it afterwards.

    Parameters
    ----------
    templates : TemplateSet
        Enrolled rows, in the population's order.
    dealt : Deal
        Which template each person has in a gallery.
    people : ndarray of shape (N,), int64
        Whom to enroll, in random order.
    folder : Path
        An existing folder; what is built in it can be read by its owner only.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    rows = dealt.entry[people]
    try:
        temporary = TemporaryDirectory(prefix="gallery-", dir=folder, ignore_cleanup_errors=True)
    except OSError as error:
        msg = f"cannot build a gallery in {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    with temporary as name, Gallery.create(folder / name / "gallery", templates.embedder) as gallery:
        chosen = templates.select(rows)
        gallery.enroll(chosen)
        yield OpenGallery(gallery, people, chosen.subject_id.tolist())


def search_all(
    opened: OpenGallery,
    templates: TemplateSet,
    probes: Probes,
    lowest: Threshold,
    *,
    most_candidates: int = MOST_CANDIDATES,
    on_search: Callable[[], None] | None = None,
) -> Searched:
    """Search a gallery with every probe.

    Parameters
    ----------
    opened : OpenGallery
        What to search.
    templates : TemplateSet
        Enrolled rows.
    probes : Probes
        What to search with.
    lowest : Threshold
        At or below every threshold that will be asked for.
    most_candidates : int
        Refuse a threshold that returns more candidates than this, over all searches.
    on_search : callable or None
        Called after each search.

    Raises
    ------
    MeasurementError
        If the threshold returns too many candidates to keep.
    """
    place_of = {subject: place for place, subject in enumerate(opened.subjects)}
    places, scores, n_kept = [], [], 0
    for row in probes.row.tolist():
        found = _search(opened, templates, row, lowest, len(place_of)).candidates
        places.append(np.array([place_of[one.subject_id] for one in found], dtype=np.int64))
        scores.append(np.array([one.score for one in found], dtype=np.float64))
        n_kept += len(found)
        if n_kept > most_candidates:
            msg = (
                f"searches at score {lowest.score:g} return more than {most_candidates:,} candidates, after "
                f"{len(places):,} of {probes.row.size:,} searches; choose a higher lowest threshold"
            )
            raise MeasurementError(msg)
        if on_search is not None:
            on_search()
    return Searched(
        person=probes.person,
        search=np.repeat(np.arange(len(places)), [one.size for one in places]),
        place=np.concatenate([np.empty(0, np.int64), *places]),
        score=np.concatenate([np.empty(0, np.float64), *scores]),
    )


def confirm(
    opened: OpenGallery,
    templates: TemplateSet,
    probes: Probes,
    searched: Searched,
    *,
    thresholds: Sequence[Threshold],
    limit: int,
) -> None:
    """Search again for a sample, at each threshold and the limit, and compare the lists.

    Raises
    ------
    MeasurementError
        If a list differs in anybody, in any score, or in the number at or above the
        threshold: then no derived rate can be trusted.
    """
    sample = np.unique(np.linspace(0, probes.row.size - 1, N_CONFIRMED).astype(np.int64))
    for number in sample[: probes.row.size].tolist():
        for threshold in thresholds:
            served = _search(opened, templates, int(probes.row[number]), threshold, limit)
            if served != derived_list(opened, searched, number, threshold, limit):
                msg = (
                    f"a search at score {threshold.score:g} and limit {limit} returned another list than the "
                    "one derived from the lowest threshold; the gallery's search contradicts itself"
                )
                raise MeasurementError(msg)


def derived_list(
    opened: OpenGallery, searched: Searched, number: int, threshold: Threshold, limit: int
) -> CandidateList:
    """Make the list that a search at a threshold and limit must return."""
    own = slice(*np.searchsorted(searched.search, (number, number + 1)).tolist())
    places, scores = searched.place[own], searched.score[own]
    kept = matches(scores, threshold)
    candidates = [
        Candidate(opened.subjects[place], score)
        for place, score in zip(places[kept].tolist(), scores[kept].tolist(), strict=True)
    ]
    candidates.sort(key=lambda one: (-one.score, one.subject_id))
    return CandidateList(tuple(candidates[:limit]), len(candidates))


def _search(
    opened: OpenGallery, templates: TemplateSet, row: int, threshold: Threshold, limit: int
) -> CandidateList:
    return opened.gallery.search(
        templates.vectors[row], threshold=threshold, limit=limit, token=UnsafeMeasurementToken()
    )
