"""Reviews and releases of candidate lists, and the images that belong to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import GET, Asked, place
from facegate.client.replies.reply import Recorded
from facegate.client.replies.reviewing import Released, Sheet, WaitingReviews

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.client.replies.reviewing import Opinion

PNG = "image/png"


class ReviewsDesk(Desk):
    """``/v1/reviews``, and what stands under a search for its reviewers."""

    __slots__ = ()

    def waiting(self) -> WaitingReviews:
        """List the searches that wait for their review, oldest first."""
        return self._line.get("/v1/reviews", WaitingReviews)

    def sheet(self, search_id: str) -> Sheet:
        """Open a candidate list as one of its two reviewers; that one looked is recorded."""
        return self._line.get(place("v1", "searches", search_id, "sheet"), Sheet)

    def probe(self, search_id: str) -> bytes:
        """Give the probe, PNG, under the caller's mark: to a reviewer, or whoever received the list."""
        return self._image(search_id, "probe")

    def candidate(self, search_id: str, rank: int) -> bytes:
        """Give the photo of a candidate, PNG, under the caller's mark; ranks count from 1."""
        return self._image(search_id, str(rank))

    def find(self, search_id: str, opinions: Mapping[int, Opinion]) -> Recorded:
        """Record what a reviewer finds of every candidate; it is never changed.

        Parameters
        ----------
        search_id : str
            Which search.
        opinions : mapping of int to str
            By rank, from 1: ``agree``, ``disagree`` or ``inconclusive``.

        Raises
        ------
        Conflict
            If the same person found before.
        Refused
            If he may not review it.
        """
        found = [{"rank": rank, "opinion": opinion} for rank, opinion in sorted(opinions.items())]
        return self._line.act(place("v1", "searches", search_id, "reviews"), Recorded, {"findings": found})

    def release(self, search_id: str, *, to: str, to_agency: str | None = None) -> Released:
        """Release a reviewed list to one person, under a mark of his own. Asks for a fresh login.

        Parameters
        ----------
        search_id : str
            Which search.
        to : str
            Officer id.
        to_agency : str, optional
            ORI; the agency that asked if left out.
        """
        body = {"to": to} | ({} if to_agency is None else {"to_agency": to_agency})
        return self._line.act(place("v1", "searches", search_id, "releases"), Released, body)

    def _image(self, search_id: str, name: str) -> bytes:
        path = place("v1", "searches", search_id, "images", name)
        return self._line.fetch(Asked(method=GET, path=path, accept=PNG)).content
