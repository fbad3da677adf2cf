"""Searches, and the permits that they are made by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import place
from facegate.client.replies.searching import Permit, Permits, Search
from facegate.client.stated import stated_text

if TYPE_CHECKING:
    from facegate.request import SearchRequest


class PermitsDesk(Desk):
    """``/v1/permits``: one approved search of one photo, before it is made."""

    __slots__ = ()

    def issue(self, request: SearchRequest, probe: bytes, *, once: str | None = None) -> Permit:
        """Approve one search of one photo, exactly as stated. Asks for a fresh login.

        Parameters
        ----------
        request : SearchRequest
            What the requester will state; he is another than the caller, who is its approver.
        probe : bytes
            The photo that will be sent: JPEG, PNG or WebP, at most 10 MB.
        once : str, optional
            Idempotency-Key; a new one if left out.

        Raises
        ------
        Refused
            With every rule that refused; recorded.
        """
        form, files = {"request": stated_text(request)}, {"probe": probe}
        return self._line.upload("/v1/permits", Permit, form, files, once=once)

    def listed(self) -> Permits:
        """List permits: a searcher's own, for supervisors those of the agency, for auditors all."""
        return self._line.get("/v1/permits", Permits)


class SearchesDesk(Desk):
    """``/v1/searches``: asked for, and read as far as they are released."""

    __slots__ = ()

    def ask(
        self, request: SearchRequest, probe: bytes, *, permit: str = "", once: str | None = None
    ) -> Search:
        """Ask for one face search. The law decides first; every attempt is on the log before the search.

        If the line breaks it is asked again under the same Idempotency-Key: nothing is searched twice.

        Parameters
        ----------
        request : SearchRequest
            What is stated; requester and agency are the caller's own and may be left out.
        probe : bytes
            Photo of one face: JPEG, PNG or WebP, at most 10 MB.
        permit : str
            The permit issued for it.
        once : str, optional
            Idempotency-Key; a new one if left out. Keep one to ask again after this program ended.

        Returns
        -------
        Search
            How many candidates wait for two reviewers, and nothing of them: `get` gives the list once it is
            released.

        Raises
        ------
        Refused
            With every rule that refused and the place on the log.
        Unreachable
            With the key in `once`.
        """
        form, files = {"request": stated_text(request, permit=permit)}, {"probe": probe}
        return self._line.upload("/v1/searches", Search, form, files, once=once)

    def get(self, search_id: str) -> Search:
        """Read how a search stands; with its list for whoever received it."""
        return self._line.get(place("v1", "searches", search_id), Search)
