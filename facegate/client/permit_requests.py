"""What permits are asked for, before a supervisor decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import GET, Asked, place
from facegate.client.replies.permit_requests import AskedFor, AskedForList, AskedForWhole
from facegate.client.replies.searching import Permit
from facegate.client.stated import stated_text

if TYPE_CHECKING:
    from facegate.request import SearchRequest


class PermitRequestsDesk(Desk):
    """``/v1/permit-requests``: what a permit is asked for, kept until a supervisor decides."""

    __slots__ = ()

    def ask(self, request: SearchRequest, probe: bytes, *, once: str | None = None) -> AskedFor:
        """Hand a request and its photo to the supervisors of one's agency. Nothing is searched.

        Parameters
        ----------
        request : SearchRequest
            What will be stated; requester and agency are the caller's own and may be left out. Without an
            approver any supervisor may approve it.
        probe : bytes
            Photo of one face: JPEG, PNG or WebP, at most 10 MB.
        once : str, optional
            Idempotency-Key; a new one if left out.
        """
        form, files = {"request": stated_text(request)}, {"probe": probe}
        return self._line.upload("/v1/permit-requests", AskedFor, form, files, once=once)

    def listed(self) -> AskedForList:
        """List what permits are asked for: a searcher's own, for supervisors those of the agency."""
        return self._line.get("/v1/permit-requests", AskedForList)

    def get(self, ask: str) -> AskedForWhole:
        """Read one with every word of it."""
        return self._line.get(place("v1", "permit-requests", ask), AskedForWhole)

    def photo(self, ask: str) -> bytes:
        """Give its photo, PNG."""
        path = place("v1", "permit-requests", ask, "photo")
        return self._line.fetch(Asked(method=GET, path=path, accept="image/png")).content

    def approve(self, ask: str, *, once: str | None = None) -> Permit:
        """Issue the permit for exactly what was asked for. Asks for a fresh login.

        Raises
        ------
        Refused
            With every rule that refused; recorded, and it still waits.
        """
        return self._line.act(place("v1", "permit-requests", ask, "approval"), Permit, once=once)

    def send_back(self, ask: str, *, reason: str) -> AskedFor:
        """Send it back unapproved, with a reason of up to 200 characters for whoever asked."""
        body = {"reason": reason}
        return self._line.act(place("v1", "permit-requests", ask, "refusal"), AskedFor, body)

    def withdraw(self, ask: str) -> None:
        """Take back what one asked for: it is destroyed."""
        self._line.change("DELETE", place("v1", "permit-requests", ask), type(None))
