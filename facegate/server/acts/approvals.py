"""What lies on a supervisor's desk: lists to release, leads that were released, notices that are owed.

Each is decided by an act of its own (`permits`, `reviews`, `limits`, `leads`); nothing is decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.review.correction import owed_notices
from facegate.gate.review.rules import is_corrected
from facegate.gate.review.state import Stage, Verdict, read, reviewed_lists
from facegate.server.acts.whose import demand_officer, demand_sees_search, sees_search
from facegate.server.asking import demand
from facegate.server.identity.roles import MAY, Operation
from facegate.server.problems import no_role
from facegate.server.role_words import APPROVALS, is_for

if TYPE_CHECKING:
    from facegate.gate.review.correction import OwedNotice
    from facegate.gate.review.state import Reviewed
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class Leads:
    """A reviewed list as a supervisor sees it: how many are leads, and nobody of them.

    Parameters
    ----------
    search : Reviewed
        Which.
    leads : tuple of int
        Ranks that would leave as leads: a reviewer agreed, and nothing proved them wrong since.
    corrected : tuple of int
        Ranks that were proved wrong.
    n_differ : int
        Of the leads, those the reviewers differ about.
    """

    search: Reviewed
    leads: tuple[int, ...]
    corrected: tuple[int, ...]
    n_differ: int

    @property
    def released(self) -> bool:
        """Whether somebody has received it."""
        return self.search.stage is Stage.RELEASED


def list_reviewed(service: Service, caller: Caller) -> tuple[Leads, ...]:
    """List the reviewed lists of the caller's agency, the newest first.

    Raises
    ------
    Problem
        401 or 403.
    """
    _demand_desk(service, caller)
    by, ledger = demand_officer(caller), service.desk.ledger
    with ledger.reading():
        return tuple(_leads(service, one) for one in reviewed_lists(ledger, by.agency))


def get_reviewed(service: Service, caller: Caller, search_id: str) -> Leads:
    """Give one list.

    Raises
    ------
    Problem
        401, 403, 404.
    """
    _demand_desk(service, caller)
    demand_officer(caller)
    return _leads(service, demand_sees_search(service, caller, search_id))


def list_owed(service: Service, caller: Caller) -> tuple[OwedNotice, ...]:
    """List the notices that are owed for searches that are the caller's to see, oldest correction first.

    Raises
    ------
    Problem
        401 or 403.
    """
    _demand_desk(service, caller)
    ledger = service.desk.ledger
    with ledger.reading():
        every = owed_notices(ledger)
        return tuple(one for one in every if sees_search(service, caller, read(ledger, one.search_id)))


def _demand_desk(service: Service, caller: Caller) -> None:
    """Demand somebody of this desk, in words for the whole of it, whatever of it he came for."""
    wanted = MAY[Operation.LEAD_NOTIFY]
    if caller.known and not caller.roles & wanted:
        raise no_role(Operation.LEAD_NOTIFY, is_for(APPROVALS, wanted))
    demand(caller, Operation.LEAD_NOTIFY, at=service.desk.clock())


def _leads(service: Service, search: Reviewed) -> Leads:
    ranks = range(1, search.n_candidates + 1)
    verdicts = {rank: search.verdict(rank) for rank in ranks}
    corrected = tuple(rank for rank in ranks if is_corrected(service.desk.ledger, search.search_id, rank))
    leads = tuple(
        rank for rank in ranks if verdicts[rank] is not Verdict.NOT_A_LEAD and rank not in corrected
    )
    return Leads(search, leads, corrected, sum(verdicts[rank] is Verdict.DIFFER for rank in leads))
