"""Receipts: files that show, offline and for good, that a record is on the log."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import parse_entry
from facegate.audit.signed.issuing import issue_receipts
from facegate.audit.signed.receipt import verify_receipt
from facegate.errors import InputError
from facegate.server.acts.whose import demand_sees_search
from facegate.server.asking import demand, demand_sees
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, not_here
from facegate.server.publisher import signing_keys

if TYPE_CHECKING:
    from facegate.audit.entry import Entry
    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

RECORD: Final = "record"


@dataclass(frozen=True, slots=True)
class Issued:
    """A receipt.

    Parameters
    ----------
    data : bytes
        The ``.tlog-proof`` file.
    witnessed : bool
        It carries cosignatures of witnesses; if not, the log's own signature alone.
    """

    data: bytes
    witnessed: bool


def issue(service: Service, caller: Caller, index: int) -> Issued:
    """Make the receipt of a record of the log.

    Parameters
    ----------
    service : Service
        Log and keys.
    caller : Caller
        Whoever may see the search it is about. A record of no agency (a law's text, caps) is for everybody
        who may ask for receipts.
    index : int
        Place of the record, from 0.

    Raises
    ------
    Problem
        401 or 403; 404 if there is no such record or it is of another agency; 503 if the log has no keys.
    AuditError
        If the log cannot be read or does not hold: nothing is handed out.
    """
    at = service.desk.clock()
    demand(caller, Operation.RECEIPT_READ, at=at)
    if not 0 <= index < service.desk.ledger.log.size:
        raise not_here(RECORD)
    home = service.desk.home
    data = next(service.desk.ledger.log.entries(index))
    _demand_his(service, caller, parse_entry(data))
    try:
        keys = signing_keys(home)
    except InputError as error:
        detail = "receipts cannot be signed: the log's keys are missing or unusable"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no-log-keys", detail) from error
    receipts, witnessed = issue_receipts(home.log, keys, [index], at=at)
    verify_receipt(receipts[index], data, keys=keys.vkeys)  # what does not hold is not handed out
    return Issued(receipts[index].encode(), witnessed)


def _demand_his(service: Service, caller: Caller, entry: Entry) -> None:
    """Refuse a record about a search, or of an agency, that is not the caller's to see: it is not there."""
    search, agency = entry.public.get("search_id"), entry.public.get("agency")
    if isinstance(search, str) and _search_known(service.desk.ledger, search):
        demand_sees_search(service, caller, search, what=RECORD)
    elif isinstance(agency, str) and agency:
        demand_sees(caller, agency, RECORD)


def _search_known(ledger: Ledger, search_id: str) -> bool:
    """Whether a search of that id was asked for; a record may name one that was not."""
    return ledger.value("SELECT 1 FROM review_searches WHERE search_id = ?", search_id) is not None
