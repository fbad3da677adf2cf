"""Whose photos are kept: people enrolled and probes of searches on the log, and nobody else's.

- A photo is kept of nobody who is not enrolled; whoever is withdrawn loses it (`sweep`).
- A probe goes with its search: once the search's records are erased, on whatever ground, it is destroyed
  (`sweep_probes`). Both sweeps also finish what a kill cut off, so they may be run at any time.
- Nothing here looks into a photo: that it shows whom the list names is for whoever fills the store to see to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import UnusablePhoto

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from facegate.gallery.gallery import Gallery
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.photos.store import PhotoStore
    from facegate.records import SubjectId

_LIVING = (
    "SELECT search_id FROM review_searches"
    " WHERE requester != '' AND (outcome != 'searched' OR n_candidates = 0 OR candidates != '')"
)
"""Searches of whose intent and result nothing was erased: whoever asked, and whom it found, can be read."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the photos of one filling.

    Parameters
    ----------
    n_kept : int
        People whose photo was kept.
    n_not_enrolled : int
        Photos of people who are not in the gallery: passed over.
    n_further : int
        Further photos of people whose photo was kept: passed over.
    n_unusable : int
        Photos that cannot be decoded.
    n_erased : int
        Photos of people who are not enrolled any more: destroyed.
    n_without : int
        People enrolled of whom no photo is kept, now.
    """

    n_kept: int
    n_not_enrolled: int
    n_further: int
    n_unusable: int
    n_erased: int
    n_without: int


def keep_enrolled(
    store: PhotoStore,
    gallery: Gallery,
    photos: Iterable[tuple[SubjectId, bytes]],
    *,
    clean: Callable[[bytes], bytes] | None = None,
    on_progress: Callable[[], None] | None = None,
) -> Kept:
    """Keep one photo of each person enrolled, the first that can be used; one kept before is replaced.

    Parameters
    ----------
    store : PhotoStore
        Where to.
    gallery : Gallery
        Who is enrolled.
    photos : iterable of (SubjectId, bytes)
        Clean PNGs; or photo files as they were taken, if ``clean`` is given.
    clean : callable or None
        Makes a clean PNG of a photo file, as `facegate.faces.intake.workers.IntakeWorkers.clean` does; raises
        `facegate.errors.UnusablePhoto` where it cannot. Only what it gives is kept.
    on_progress : callable or None
        Called after each photo.

    Returns
    -------
    Kept
        Counts.

    Raises
    ------
    InputError
        If a photo to be kept is no clean PNG; those kept before it are kept.
    StorageError
        If the disk refuses; those kept before are kept.
    """
    enrolled = gallery.subject_ids()
    kept: set[SubjectId] = set()
    n_not_enrolled = n_further = n_unusable = 0
    for subject, data in photos:
        if subject not in enrolled:
            n_not_enrolled += 1
        elif subject in kept:
            n_further += 1
        elif (png := _cleaned(data, clean)) is None:
            n_unusable += 1
        else:
            store.keep_subject(subject, png)
            kept.add(subject)
        if on_progress is not None:
            on_progress()
    n_erased = sweep(store, gallery)  # also of whoever was withdrawn while this ran
    n_without = store.without_photo(gallery.subject_ids())
    return Kept(len(kept), n_not_enrolled, n_further, n_unusable, n_erased, n_without)


def sweep(store: PhotoStore, gallery: Gallery) -> int:
    """Destroy the photos of people who are not enrolled (any more).

    Parameters
    ----------
    store : PhotoStore
        Of the same folder as the gallery: with another gallery it would destroy other people's.
    gallery : Gallery
        Who is enrolled.

    Returns
    -------
    int
        How many photos were destroyed.

    Raises
    ------
    StorageError
        If the disk refuses: sweep again.
    """
    return store.keep_only_subjects(gallery.subject_ids)


def sweep_probes(store: PhotoStore | None, ledger: Ledger) -> int:
    """Destroy the probes of searches whose records were erased, or that are not on the log.

    Called after every erasure (`facegate.oversight.expunging`) and when a service starts: a kill between an
    erasure and this leaves a probe until then, though `review_images` shows it to nobody meanwhile.

    Parameters
    ----------
    store : PhotoStore or None
        None where no photos are kept: nothing is done.
    ledger : Ledger
        Of the same folder as the store.

    Returns
    -------
    int
        How many probes were destroyed.

    Raises
    ------
    StorageError
        If the disk refuses: sweep again.
    AuditError
        If the ledger cannot be asked.
    """
    if store is None:
        return 0
    return store.keep_only_probes(lambda: [row[0] for row in ledger.rows(_LIVING)])


def _cleaned(data: bytes, clean: Callable[[bytes], bytes] | None) -> bytes | None:
    try:
        return data if clean is None else clean(data)
    except UnusablePhoto:
        return None
