"""Searches: asked for, and read as far as they are released.

The photo is opened and written anew before anything else sees it: gate, permit and reviewers have to do with
the clean photo; the log holds, sealed, the digest of both.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.gate.reply import certificate_seen
from facegate.gate.review.state import read, records_of
from facegate.server.acts.ahead import Ahead, asked_by
from facegate.server.acts.opened import opened
from facegate.server.acts.refusals import by_rules, refused
from facegate.server.acts.whose import (
    demand_sees_search,
    received_by,
    sees_search,
)
from facegate.server.asked_sweeping import forget_used
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from concurrent.futures import Future

    from facegate.audit.canonical import JSONValue
    from facegate.faces.intake.look import FaceSeen
    from facegate.faces.intake.workers import CleanPhoto
    from facegate.gate.looked_up import LookedUp
    from facegate.gate.reply import CertificateSeen, SearchReply
    from facegate.gate.review.state import Release, Reviewed
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

LOG: Final = logging.getLogger("facegate.server.searches")

_KEEPING: Final = Threads(4, "keeping-probes")
"""Keeps a probe while the gallery is searched: flushing four files takes about as long as that."""


@dataclass(frozen=True, slots=True)
class Made:
    """A search that was made.

    Parameters
    ----------
    reply : SearchReply
        What the gate says: how many wait for review, and nobody of them.
    probe_kept : bool
        The reviewers will find the probe here; else it must be handed to them.
    """

    reply: SearchReply
    probe_kept: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How a search stands, as one caller may see it.

    Parameters
    ----------
    search : Reviewed
        As the book of reviews has it.
    intent, result : int, int or None
        Its records; no result yet, or none any more, is None.
    intended : mapping
        Public part of its intent.
    rules : tuple of str
        Ids of the rules that refused it.
    certificate : CertificateSeen or None
        In force now; None if none is.
    received : Release or None
        The list as this caller received it, under his mark; None for whoever did not.
    photos : frozenset of int
        Of which places of that list a photo is kept: 0 the probe, from 1 the lead of that rank.
    """

    search: Reviewed
    intent: int
    result: int | None
    intended: Mapping[str, JSONValue]
    rules: tuple[str, ...]
    certificate: CertificateSeen | None
    received: Release | None
    photos: frozenset[int] = frozenset()


def ask(
    service: Service, caller: Caller, request: SearchRequest, probe: bytes | Ahead, *, permit: str = ""
) -> Made:
    """Ask the gate for one image comparison.

    Parameters
    ----------
    service : Service
        The gate.
    caller : Caller
        A searcher; requester and agency are his own.
    request : SearchRequest
        What he states.
    probe : bytes or Ahead
        The photo as it was sent.
    permit : str
        The permit issued for it; may be anything.

    Returns
    -------
    Made
        Its intent and result are on the log.

    Raises
    ------
    Problem
        401 or 403; 403 with every rule that failed if the law refuses, recorded.
    InputError
        If the request is in another's name.
    UnusablePhoto
        If the photo cannot be opened; then nothing was asked and nothing is recorded. If it has no face or
        several, that is recorded.
    AuditError, GalleryError
        As `facegate.gate.search.Gate.search`.
    """
    asked = asked_by(service, caller, request)
    if isinstance(probe, bytes):
        clean, ahead = opened(service, caller, probe), None
    else:
        clean, ahead = probe.clean(), probe.looked_up
    return _made(service, asked, clean.data, clean.original_digest, permit, ahead=ahead)


def ask_with_kept(
    service: Service,
    caller: Caller,
    request: SearchRequest,
    png: bytes,
    *,
    original_digest: str,
    permit: str,
) -> Made:
    """Ask with a photo that was written anew before: the bytes that its permit was issued for.

    Parameters
    ----------
    service, caller, request, permit
        As `ask`.
    png : bytes
        The clean photo.
    original_digest : str
        SHA-256 (hex) of the photo as it was sent.

    Returns
    -------
    Made
        As `ask`, and raises as it does.
    """
    asked = asked_by(service, caller, request)
    return _made(service, asked, png, original_digest, permit)


def _made(
    service: Service,
    asked: SearchRequest,
    png: bytes,
    original_digest: str,
    permit: str,
    *,
    ahead: LookedUp | None = None,
) -> Made:
    kept: list[Future[bool]] = []

    def keep(search_id: str) -> None:
        kept.append(_KEEPING.submit(_kept, service, search_id, png, permit))

    try:
        reply = service.desk.gate.search(
            asked, png, permit=permit, original_digest=original_digest, on_intent=keep, ahead=ahead
        )
    finally:  # a permit is used up by a search that breaks off, too; also by one that was not made from here
        if not kept:
            forget_used(service, permit)
    if reply.failed_rules:
        detail = by_rules(reply.failed_rules, "the search", reply.profile)
        raise refused(reply.failed_rules, detail, receipt_of(reply))
    return Made(reply, kept[0].result())


def look(service: Service, caller: Caller, probe: bytes) -> tuple[CleanPhoto, FaceSeen]:
    """Look at a photo before searching with it: nothing is searched, kept or recorded.

    Parameters
    ----------
    service : Service
        The intake.
    caller : Caller
        A searcher.
    probe : bytes
        The photo as it was sent.

    Returns
    -------
    CleanPhoto, FaceSeen
        The photo written anew, and its one face with what speaks against it.

    Raises
    ------
    Problem
        401 or 403.
    UnusablePhoto
        If it cannot be opened, or has no face, or several.
    """
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    clean = opened(service, caller, probe)
    return clean, service.intake.face(clean)


def read_search(service: Service, caller: Caller, search_id: str) -> Standing:
    """Say how a search stands, with the list as the caller received it.

    Raises
    ------
    Problem
        401, 403; 404 if there is none, or it is not his to see.
    """
    demand(caller, Operation.SEARCH_READ, at=service.desk.clock())
    search = demand_sees_search(service, caller, search_id)
    intent, result = records_of(service.desk.ledger, search.search_id)
    entry, _ = next(iter(service.desk.ledger.log.read(intent)))
    named = entry.public.get("rules", [])
    rules = tuple(map(str, named)) if isinstance(named, list) else ()
    return Standing(
        search,
        intent,
        result,
        entry.public,
        rules,
        certificate_seen(service.desk.gate.in_force.certificate),
        received := received_by(search, caller),
        frozenset() if received is None else photos_kept(service, search),
    )


def search_at(service: Service, caller: Caller, intent: int) -> str:
    """Name the search whose intent is one record of the log; empty if there is none, or it is not his.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.SEARCH_READ, at=service.desk.clock())
    ledger = service.desk.ledger
    rows = ledger.rows("SELECT search_id FROM review_searches WHERE intent = ?", intent)
    found = str(rows[0]["search_id"]) if rows else ""
    return found if found and sees_search(service, caller, read(ledger, found)) else ""


def receipt_of(reply: SearchReply) -> dict[str, int | str]:
    """Say where an attempt stands in the log."""
    return {"index": reply.log.result, "intent": reply.log.intent, "root": reply.log.root}


def photos_kept(service: Service, search: Reviewed) -> frozenset[int]:
    """Say of which places a photo is kept, 0 the probe, from 1 the candidate of that rank; none is opened."""
    kept = {0} if service.photos.has_probe(search.search_id) else set()
    listed = enumerate(search.candidates.candidates, start=1)
    return frozenset(kept | {rank for rank, one in listed if service.photos.has_subject(one.subject_id)})


def _kept(service: Service, search_id: str, png: bytes, permit: str) -> bool:
    """Keep the probe, whether anybody was found or not: else the time a reply takes would tell.

    And forget what its permit was asked for by, once the intent has used it up. The search is on the log:
    that its photo could not be kept must not take the reply away.
    """
    forget_used(service, permit)
    try:
        service.photos.keep_probe(search_id, png)
    except FacegateError as error:
        LOG.error("the probe of search %s was not kept: %s", search_id, error)  # noqa: TRY400  no traceback: paths
        return False
    return True
