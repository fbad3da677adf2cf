"""What follows from a released lead: evidence, the defense, corrections; and dossiers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facegate.client.desk import Desk
from facegate.client.line import place
from facegate.client.replies.reply import Recorded
from facegate.client.replies.reviewing import Dossier, OwedNotices
from facegate.client.replies.searching import Permit
from facegate.client.stated import stated

if TYPE_CHECKING:
    from datetime import date

    from facegate.request import SearchRequest


class LeadsDesk(Desk):
    """``corroborations``, ``disclosures``, ``corrections`` and ``notices`` of a search."""

    __slots__ = ()

    def corroborate(self, search_id: str, rank: int, *, evidence: str, reference: str, day: date) -> Recorded:
        """Record independent evidence about a released lead. Face recognition is none, nor a lineup from it.

        Parameters
        ----------
        search_id, rank : str, int
            Which lead.
        evidence : str
            Of which kind, such as ``dna``.
        reference : str
            Where it is kept; sealed.
        day : date
            When it was obtained.
        """
        body = {"rank": rank, "evidence": evidence, "reference": reference, "day": day.isoformat()}
        return self._line.act(place("v1", "searches", search_id, "corroborations"), Recorded, body)

    def disclose(
        self, search_id: str, *, state: Literal["made", "scheduled"], day: date, reference: str
    ) -> Recorded:
        """Record that the defense was told of every search of the case, or for what day that is set."""
        body = {"state": state, "day": day.isoformat(), "reference": reference}
        return self._line.act(place("v1", "searches", search_id, "disclosures"), Recorded, body)

    def correct(self, search_id: str, rank: int, *, reason: str, reference: str) -> Recorded:
        """Record that a lead was proved wrong: notices are owed to its recipients. Asks for a fresh login."""
        body = {"rank": rank, "reason": reason, "reference": reference}
        return self._line.act(place("v1", "searches", search_id, "corrections"), Recorded, body)

    def notices(self, search_id: str) -> OwedNotices:
        """List the notices that are owed because a lead of the search was proved wrong."""
        return self._line.get(place("v1", "searches", search_id, "notices"), OwedNotices)

    def notify(self, correction: int, *, mark: str, day: date) -> Recorded:
        """Record that somebody who received a wrong lead was told.

        Parameters
        ----------
        correction : int
            Record of the correction.
        mark : str
            Of his copy, or ``defense``.
        day : date
            When he was told.
        """
        body = {"mark": mark, "day": day.isoformat()}
        return self._line.act(place("v1", "corrections", correction, "notices"), Recorded, body)


class DossiersDesk(Desk):
    """``/v1/dossiers``: fields of the record of a released lead; one approves, another asks."""

    __slots__ = ()

    def approve(
        self, request: SearchRequest, *, search_id: str, rank: int, once: str | None = None
    ) -> Permit:
        """Approve one dossier about one candidate. Asks for a fresh login; a refusal is recorded."""
        body = {"request": stated(request), "search_id": search_id, "rank": rank}
        return self._line.act("/v1/dossiers/permits", Permit, body, once=once)

    def ask(
        self,
        request: SearchRequest,
        *,
        search_id: str,
        rank: int,
        permit: str = "",
        once: str | None = None,
    ) -> Dossier:
        """Ask for listed fields of the record of one released lead.

        Parameters
        ----------
        request : SearchRequest
            With `dossier_fields`.
        search_id, rank : str, int
            Which lead.
        permit : str
            The permit issued for it.
        once : str, optional
            Idempotency-Key; a new one if left out.
        """
        body = {"request": stated(request), "search_id": search_id, "rank": rank, "permit": permit}
        return self._line.act("/v1/dossiers", Dossier, body, once=once)
