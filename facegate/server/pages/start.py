"""The start page: what somebody can do here, and what waits for him; for the public, what it can see."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from facegate.gate.review.showing import SAYS
from facegate.server.acts.health import ready
from facegate.server.acts.standing import certificate_in_force
from facegate.server.acts.waiting import waiting_for
from facegate.server.api.health import readiness_of
from facegate.server.asking import ServiceOf
from facegate.server.identity.roles import MAY, Operation, Role
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.rendering import page
from facegate.server.readiness import Readiness, keeps_closed, told

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that can be done here: where, what it is called, what it is good for, and for whom."""

    href: str
    words: str
    says: str
    operation: Operation


STAFF_WAYS: Final = (
    Way(
        "/console",
        "Ask for a search",
        "One form in the order of the law, which says at once what it would refuse.",
        Operation.SEARCH_ASK,
    ),
    Way(
        "/cases", "Cases", "Open one, see its searches, and what is owed to the defense.", Operation.CASE_READ
    ),
    Way(
        "/reviews",
        "Review candidates",
        "Compare by eye, without the other reviewer's word.",
        Operation.REVIEW_OPEN,
    ),
    Way("/approvals", "Approve", "Issue permits, release lists, clear limits.", Operation.PERMIT_ISSUE),
    Way(
        "/enrollment",
        "Fill the gallery",
        "Enroll photos, with their source and authority.",
        Operation.ENROLLMENT_START,
    ),
    Way(
        "/misuse", "Misuse register", "Suspected misuse, from first report to its end.", Operation.MISUSE_READ
    ),
    Way(
        "/calendar",
        "Calendar",
        "What is due of reviews, notices, disclosures and audits.",
        Operation.DOCKET_READ,
    ),
    Way("/accounts", "Accounts", "Who may sign in, and as what.", Operation.ACCOUNT_READ),
)
PUBLIC_WAYS: Final = (
    Way(
        "/oversight",
        "The public record",
        "How often faces were searched here and what was refused, with proof that nothing was changed later.",
        Operation.REPORT_READ,
    ),
    Way(
        "/benchmarks",
        "Error rates",
        "How often the comparison is wrong, for whom more often, and what nobody measured.",
        Operation.BENCHMARK_READ,
    ),
    Way(
        "/policies",
        "The law that is applied",
        "Every rule in plain words, with its citation. The same text decides each search.",
        Operation.POLICY_READ,
    ),
)


@router.get("/")
def show(
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    readiness: Annotated[Readiness, Depends(readiness_of)],
) -> Response:
    """Show what somebody can do here, what waits for him, and what is not in order."""
    roles = caller.roles | {Role.PUBLIC}
    ways = [one for one in STAFF_WAYS if caller.known and roles & MAY[one.operation]]
    reasons, detailed = ready(service, caller, readiness)
    return page(
        request, service, caller, "start.html.j2",
        ways=ways, public_ways=PUBLIC_WAYS, SAYS=SAYS,
        certificate=certificate_in_force(service, caller).certificate,
        trouble=told(reasons), closed=keeps_closed(reasons), detailed=detailed,
        waiting=waiting_for(service, caller) if caller.known else None,
        n_subjects=service.desk.gate.gallery.n_subjects, n_records=service.desk.ledger.log.size,
    )  # fmt: skip
