"""``/.well-known/facegate.json``: what is needed to check this installation from outside."""

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from facegate.oversight.quorum import Membership
from facegate.server.acts import about as acts
from facegate.server.api.replies import Moment, Reply
from facegate.server.api.reports import KindReply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.templates import tool_version

router = APIRouter(tags=["about"])


class LogPlace(Reply):
    """Where the published log stands."""

    checkpoint: str = "/log/checkpoint"
    tiles: str = "/log/tile/"
    records: str = "/log/records/"


class LawDigest(Reply):
    """One law of this installation."""

    name: str
    digest: str


class WitnessReply(Reply):
    """One witness."""

    name: str
    key: str
    outside_policing: bool


class QuorumReply(Reply):
    """Who witnesses the log, as it is recorded."""

    record: int
    recorded_at: Moment
    policy_digest: str
    published_at: str
    quorum: str
    witnesses: list[WitnessReply]


class AboutReply(Reply):
    """One installation; ``keys`` is empty, and the others null, where there is nothing of the kind yet."""

    origin: str
    keys: list[str]
    log: Annotated[LogPlace, Field(default_factory=LogPlace)]
    policies: list[LawDigest]
    witnesses: QuorumReply | None
    certificate: str | None
    reports: list[KindReply]
    version: str


@router.get("/.well-known/facegate.json")
def about(service: ServiceOf, caller: CallerOf, response: Response) -> AboutReply:
    """Say which log, keys, laws, witnesses and reports there are. For anybody.

    Keys and witnesses are worth more from another source than the one they are to check.
    """
    found = acts.about(service, caller)
    response.headers["Cache-Control"] = "public, max-age=60"
    return AboutReply(
        origin=found.origin,
        keys=list(found.keys),
        log=LogPlace(),
        policies=[LawDigest(name=name, digest=digest) for name, digest in found.policies.items()],
        witnesses=None if found.witnesses is None else _quorum(found.witnesses),
        certificate=found.certificate,
        reports=[KindReply.model_validate(one) for one in found.reports],
        version=tool_version(),
    )


def _quorum(held: Membership) -> QuorumReply:
    return QuorumReply(
        record=held.seq,
        recorded_at=held.time,
        policy_digest=held.policy_digest,
        published_at=held.published_at,
        quorum=held.quorum,
        witnesses=[WitnessReply.model_validate(one) for one in held.members],
    )
