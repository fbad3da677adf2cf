"""Permits: one approved search of one photo, in one case, in one gallery, by one officer, once.

A permit is a record that an approver makes and the requester uses. It binds the digest of the probe's bytes
and everything the request states, as its approver read it: case, people, gallery, purpose, whom the photo
shows, how long a list, by which warrant, in which emergency. Only the terminal is left open, because who
approves cannot know where the requester will sit. It expires; an allowed intent that names it uses it up,
whatever comes of the search. So an approval can neither be stretched to another face, a longer list or
another reason, nor kept in a drawer. A permit for a dossier binds the search, the candidate and the fields
as well, and is used up by the dossier that is allowed under it.

A permit on the log in another form than this one binds less than that, and holds for nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT
from facegate.audit.replay import DOSSIER
from facegate.gate.ledger.ledger import stamp, writable
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.policy.forms import GALLERY, ORI, of_form
from facegate.policy.rule import PROFILE_NAME
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.ledger.ledger import Ledger
    from facegate.records import FailedRule

LIFE = timedelta(hours=24)
PERMIT = "permit"
PERMIT_REFUSED = "permit-refused"
USES = frozenset({INTENT, DOSSIER})
FORM = "request v2"  # of what is bound; a permit of another form holds for nothing
OPEN = frozenset({"source_address"})
"""Fields of a request that a permit leaves open."""
BOUND = tuple(one.name for one in fields(SearchRequest) if one.name not in OPEN)


@dataclass(frozen=True, slots=True)
class Permit:
    """One permit, as issued.

    Parameters
    ----------
    permit_id : str
        UUIDv7; whoever searches names it.
    expires : datetime
        First moment at which it no longer holds.
    seq : int
        Its place in the log.
    """

    permit_id: str
    expires: datetime
    seq: int


class PermitBook:
    """Permits issued, and which were used."""

    tables = """
    CREATE TABLE IF NOT EXISTS permit_issued (
        permit_id TEXT PRIMARY KEY,
        bound_to TEXT NOT NULL,
        expires TEXT NOT NULL,
        used_by INTEGER,
        agency TEXT NOT NULL,
        requester TEXT NOT NULL,
        case_number TEXT NOT NULL
    );
    """
    kinds = frozenset({PERMIT, *USES})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter a permit, or its use."""
        if event.kind == PERMIT and event.text("permit_id"):
            connection.execute(
                "INSERT INTO permit_issued VALUES (?, ?, ?, NULL, ?, ?, ?) "
                "ON CONFLICT (permit_id) DO NOTHING",
                tuple(
                    map(
                        event.text,
                        ("permit_id", "bound_to", "expires", "agency", "requester", "case_number"),
                    )
                ),
            )
        elif event.kind in USES and event.text("decision") == "allowed":
            connection.execute(
                "UPDATE permit_issued SET used_by = ? WHERE permit_id = ? AND used_by IS NULL",
                (event.seq, event.text("permit_id")),
            )


def issue(
    ledger: Ledger,
    request: SearchRequest,
    *,
    probe_digest: str,
    at: datetime,
    random_bytes: Callable[[int], bytes],
    life: timedelta = LIFE,
    only_for: str = "",
) -> Permit:
    """Put a permit on the log. Whether it may be issued was decided before.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    request : SearchRequest
        What was approved, its approver included.
    probe_digest : str
        SHA-256 of the probe's bytes.
    at : datetime
        Now.
    random_bytes : callable
        Source of the permit's id.
    life : timedelta
        How long it holds.
    only_for : str
        What else it binds, beyond request and probe; empty for a search.

    Returns
    -------
    Permit
        To be named by the one search it is for.
    """
    permit_id = str(new_search_id(at, random_bytes(RANDOM_BYTES)))
    expires = at + life
    public = {
        "agency": of_form(request.agency, ORI) or "",
        "profile": of_form(request.profile, PROFILE_NAME) or "",
        "gallery": of_form(request.gallery, GALLERY) or "",
        "expires": stamp(expires),
    }
    sealed = {
        "permit_id": permit_id,
        "case_number": writable(request.case_number),
        "requester": writable(request.requester),
        "approver": writable(request.approver),
        "probe_digest": probe_digest,
        "bound_to": _bound_to(request, probe_digest, only_for),
    }
    seq = ledger.record(PERMIT, at=at, public=public, sealed=sealed)
    return Permit(permit_id, expires, seq)


def refuse(ledger: Ledger, request: SearchRequest, failed: tuple[FailedRule, ...], *, at: datetime) -> int:
    """Put on the log that a permit was asked for and not issued.

    Returns
    -------
    int
        Position of the record.
    """
    public: dict[str, JSONValue] = {
        "agency": of_form(request.agency, ORI) or "",
        "profile": of_form(request.profile, PROFILE_NAME) or "",
        "rules": [rule.rule_id for rule in failed],
    }
    sealed = {
        "case_number": writable(request.case_number),
        "requester": writable(request.requester),
        "approver": writable(request.approver),
    }
    return ledger.record(PERMIT_REFUSED, at=at, public=public, sealed=sealed)


def permit_holds(
    ledger: Ledger,
    permit_id: str,
    request: SearchRequest,
    *,
    probe_digest: str,
    now: datetime,
    only_for: str = "",
) -> bool:
    """Tell whether a permit was issued for exactly this, has not expired and was not used.

    Parameters
    ----------
    ledger : Ledger
        What the log says.
    permit_id : str
        As the requester names it; may be anything.
    request : SearchRequest
        What is asked for.
    probe_digest : str
        SHA-256 of the bytes that would be searched.
    now : datetime
        The time of the request.
    only_for : str
        What else it must bind, as it was issued.
    """
    rows = ledger.rows("SELECT bound_to, expires, used_by FROM permit_issued WHERE permit_id = ?", permit_id)
    return any(
        row["used_by"] is None
        and row["bound_to"] == _bound_to(request, probe_digest, only_for)
        and stamp(now) < row["expires"]
        for row in rows
    )


@dataclass(frozen=True, slots=True)
class PermitState:
    """How one permit stands.

    Until when it holds, the record that used it, if any, and for whom, in which case of which agency.
    """

    permit_id: str
    expires: str
    used_by: int | None
    agency: str = ""
    requester: str = ""
    case_number: str = ""


def permits_issued(ledger: Ledger, agency: str = "") -> tuple[PermitState, ...]:
    """List the permits of an agency, or of all if none is named, oldest first."""
    rows = ledger.rows(
        "SELECT permit_id, expires, used_by, agency, requester, case_number FROM permit_issued "
        "WHERE agency = ? OR ? = '' ORDER BY permit_id",
        agency,
        agency,
    )
    return tuple(PermitState(*row) for row in rows)


def permit_used(ledger: Ledger, permit_id: str) -> bool:
    """Tell whether a permit was used up, whatever came of the search."""
    rows = ledger.rows("SELECT used_by FROM permit_issued WHERE permit_id = ?", permit_id)
    return any(row["used_by"] is not None for row in rows)


def _bound_to(request: SearchRequest, probe_digest: str, only_for: str) -> str:
    """Digest everything a permit binds, written in one way: keys sorted, what was left out as null.

    Escaped to plain ASCII, because a claim may hold half a surrogate pair; so it is not canonical JSON.
    """
    stated = {name: getattr(request, name) for name in BOUND}
    for name, paper in (("instrument", request.instrument), ("exigency", request.exigency)):
        stated[name] = (
            asdict(paper) if paper else None
        )  # not all of the request: that takes as long as the law
    stated["dossier_fields"] = sorted(request.dossier_fields)  # the same fields in another order are the same
    bound = {"form": FORM, "request": stated, "probe": probe_digest, "only_for": only_for}
    text = json.dumps(bound, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return f"{FORM} {hashlib.sha256(text.encode()).hexdigest()}"
