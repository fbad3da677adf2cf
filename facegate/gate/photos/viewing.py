"""The photos of a search, shown to two reviewers, and to whoever received the list: each under a mark of his.

- A reviewer sees photos through the same door as the list (`open_for_review`): the same demands, the same
  record that he looked. There is no other way to them.
- Whoever received a release sees the probe and the released leads, while they are leads. His images bear the
  mark of his list, which is on the log.
- A photo that is not kept (any more) is None, never an empty image: "no photo" is an answer.
- Where a leaked image came from: `mark_in` reads its mark, `viewers_of` tells whose it is.

Not protected here: a viewer who photographs his screen and cuts the mark off.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from PIL import Image

from facegate.gate.photos.caption import marked_copy
from facegate.gate.review.copy_marks import mark_of
from facegate.gate.review.registry import Person
from facegate.gate.review.release import recipient_mark
from facegate.gate.review.rules import Step, is_corrected
from facegate.gate.review.showing import candidates_shown, demand_readable, open_for_review
from facegate.gate.review.state import read

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.photos.store import PhotoStore
    from facegate.gate.review.registry import Registry
    from facegate.gate.review.state import Reviewed
    from facegate.records import SearchId

REVIEWER: Final = "reviewer"
RECIPIENT: Final = "recipient"


class CandidateImage(NamedTuple):
    """The photo of one candidate.

    Parameters
    ----------
    rank : int
        1 is the most alike.
    subject_ref : str
        Stands for the subject in this case only.
    image : bytes or None
        PNG under the viewer's mark; None if none is kept.
    """

    rank: int
    subject_ref: str
    image: bytes | None


@dataclass(frozen=True, slots=True)
class ReviewImages:
    """The photos of one search as one person sees them.

    Parameters
    ----------
    search_id : SearchId
        Which search.
    mark : str
        This viewer's; every image bears it, seen and in the file.
    probe : bytes or None
        PNG; None if none is kept.
    candidates : tuple of CandidateImage
        Best first.
    """

    search_id: SearchId
    mark: str
    probe: bytes | None
    candidates: tuple[CandidateImage, ...]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Whose copy an image is.

    Parameters
    ----------
    search_id : str
        Of which search.
    person : Person
        Who was shown it; both parts empty where the record was erased.
    shown_as : str
        ``reviewer`` or ``recipient``.
    """

    search_id: str
    person: Person
    shown_as: str


def review_images(
    ledger: Ledger,
    registry: Registry,
    store: PhotoStore,
    search_id: str,
    *,
    reviewer: Person,
    key: bytes,
    at: datetime,
    requester_may_review: bool = False,
    only: int | None = None,
) -> ReviewImages:
    """Show probe and candidates to one of the reviewers; the record that he looked is durable before.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    registry : Registry
        Who is registered and trained.
    store : PhotoStore
        Of the same folder.
    search_id : str
        Which search.
    reviewer : Person
        Who wants to look.
    key : bytes
        32 secret bytes behind subject references and marks.
    at : datetime
        When, with its zone.
    requester_may_review : bool
        The profile lets whoever asked be one of the two.
    only : int or None
        Open one photo alone, the others stay None: 0 the probe, from 1 the candidate of that rank.

    Returns
    -------
    ReviewImages
        Every candidate has its line; nothing of it tells what the other reviewer found.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If he may not review it, or there is nothing to review (any more); recorded.
    GalleryError
        If a photo was changed, or is another's.
    """
    sheet = open_for_review(
        ledger,
        registry,
        search_id,
        reviewer=reviewer,
        key=key,
        at=at,
        requester_may_review=requester_may_review,
    )
    mark = reviewer_mark(key, search_id, reviewer)
    wanted = {one.rank: one.subject_ref for one in sheet.candidates}
    return _images(store, read(ledger, search_id), wanted, mark, only)


def released_images(
    ledger: Ledger,
    registry: Registry,
    store: PhotoStore,
    search_id: str,
    *,
    recipient: Person,
    key: bytes,
    at: datetime,
    only: int | None = None,
) -> ReviewImages:
    """Show probe and released leads to somebody who received the list; its record is that of the release.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    registry : Registry
        Who is registered.
    store : PhotoStore
        Of the same folder.
    search_id : str
        Which search.
    recipient : Person
        Who wants to look.
    key : bytes
        32 secret bytes behind subject references and marks.
    at : datetime
        When, with its zone.
    only : int or None
        As in `review_images`.

    Returns
    -------
    ReviewImages
        Only released leads that were not proved wrong since.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If it was not released to him, he is not in good standing any more, or it was erased; recorded.
    GalleryError
        If a photo was changed, or is another's.
    """
    step = Step.begin(ledger, "release", search_id, by=recipient, at=at)
    search = step.search
    step.demand_officer(registry)
    mark = recipient_mark(key, search_id, recipient)
    received = next((one for one in search.releases if one.mark == mark), None)
    if received is None:
        step.refuse("RV-NOT-RECEIVED", "the list of this search was not released to whoever asks for images")
    demand_readable(step, search)
    released = {ref for _, _, ref, _ in received.lines if ref}
    leads = {
        one.rank: one.subject_ref
        for one in candidates_shown(search, key)
        if one.subject_ref in released and not is_corrected(ledger, search_id, one.rank)
    }
    return _images(store, search, leads, mark, only)


def reviewer_mark(key: bytes, search_id: str, reviewer: Person) -> str:
    """Make the mark that one reviewer's images of one search bear.

    Parameters
    ----------
    key : bytes
        32 secret bytes; without them a mark cannot be foretold, nor traced to a name by trying names.
    search_id : str
        Which search.
    reviewer : Person
        Who looks.

    Returns
    -------
    str
        16 characters: 80 bits, base 32, lower case.
    """
    return mark_of(key, "facegate/review-image/v1", search_id, reviewer.agency, reviewer.officer.casefold())


def mark_in(png: bytes) -> str:
    """Read the mark out of an image that turned up elsewhere; empty if it bears none.

    Parameters
    ----------
    png : bytes
        Untrusted; only its header is read, no pixel is decoded.
    """
    try:
        with Image.open(io.BytesIO(png), formats=("PNG",)) as read_image:
            said = str(read_image.info.get("facegate", ""))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    return said.removeprefix("copy ") if said.startswith("copy ") else ""


def viewers_of(ledger: Ledger, mark: str, *, key: bytes) -> tuple[Viewer, ...]:
    """Tell whose copy bears a mark.

    Parameters
    ----------
    ledger : Ledger
        Holds the book of reviews.
    mark : str
        As it stands on the image.
    key : bytes
        32 secret bytes the marks were made with.

    Returns
    -------
    tuple of Viewer
        One as a rule; nobody if the mark was made under another key, or the record that he looked was erased.
    """
    looked = (
        "SELECT search_id, by_officer, by_agency FROM review_steps"
        " WHERE kind = 'review-opened' AND rule = '' ORDER BY seq"
    )
    given = "SELECT search_id, recipient, recipient_agency FROM review_releases WHERE mark = ? ORDER BY seq"
    reviewers = ((row[0], Person(row[1], row[2])) for row in ledger.rows(looked))
    recipients = ((row[0], Person(row[1], row[2])) for row in ledger.rows(given, mark))
    return (
        *(Viewer(name, who, REVIEWER) for name, who in reviewers if reviewer_mark(key, name, who) == mark),
        *(Viewer(name, who, RECIPIENT) for name, who in recipients),
    )


def _images(
    store: PhotoStore, search: Reviewed, wanted: dict[int, str], mark: str, only: int | None
) -> ReviewImages:
    """Take from the store what may be seen, and mark it."""

    def image(place: int, take: Callable[[], bytes | None]) -> bytes | None:
        png = take() if only in {None, place} else None
        return None if png is None else marked_copy(png, mark)

    listed = search.candidates.candidates
    candidates = tuple(
        CandidateImage(rank, ref, image(rank, partial(store.subject, listed[rank - 1].subject_id)))
        for rank, ref in sorted(wanted.items())
    )
    probe = image(0, partial(store.probe, search.search_id))
    return ReviewImages(search.search_id, mark, probe, candidates)
