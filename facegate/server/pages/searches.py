"""One search: refused, nobody found, waiting for review, to be released, or released to whoever reads."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.gate.reply import LIST_NOTICE
from facegate.gate.review.corroboration import EVIDENCE
from facegate.gate.review.state import REVIEWERS, Stage
from facegate.server.acts import leads
from facegate.server.acts import searches as acts
from facegate.server.acts.asked_for import where_to_mend, words_of_rules
from facegate.server.acts.cases import case_of
from facegate.server.asking import ServiceOf
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import MAY, Operation
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import FormOf
from facegate.server.pages.rates_told import of_a_million, of_a_thousand, told
from facegate.server.pages.rendering import page
from facegate.server.pages.stated import ALL, PAPER_GROUPS
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem, to_mend
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)
TITLES: Final = {
    Stage.NOT_SEARCHED: "Nothing was searched",
    Stage.NOBODY_FOUND: "Nobody was found",
    Stage.WAITING: "Waiting for review",
    Stage.REVIEWED: "Reviewed, not released yet",
    Stage.RELEASED: "Released",
}


@router.get("/searches/{search_id}")
def show(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, photos: int = 0
) -> Response:
    """Show how a search stands; its photos only on demand, for every look at one is recorded."""
    return _page(request, service, caller, str(search_id), photos=bool(photos))


@router.post("/searches/{search_id}/evidence")
def evidence(
    request: Request, service: ServiceOf, caller: PageCallerOf, search_id: UUID, form: FormOf
) -> Response:
    """Record independent evidence about a released lead."""
    name, rank = str(search_id), form.text("rank")
    try:
        leads.record_evidence(
            service,
            caller,
            name,
            rank=_rank(rank),
            evidence=form.text("evidence"),
            reference=form.text("reference"),
            day=form.text("day"),
        )
    except REFUSALS as error:
        return _page(request, service, caller, name, values=form.fields, problem=problem_from(error))
    return see(f"/searches/{name}#evidence")


def _rank(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len("1000"):
        return int(text)
    detail = "nothing was recorded: the candidate is missing"
    raise to_mend(detail, {"rank": "choose the candidate that the evidence is about"})


def _page(
    request: Request,
    service: Service,
    caller: Caller,
    search_id: str,
    *,
    photos: bool = False,
    values: dict[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    standing = acts.read_search(service, caller, search_id)
    search = standing.search
    gallery = service.desk.gate.gallery
    rules = words_of_rules(service, search.profile, standing.rules)
    mend = where_to_mend(service, search.profile, rules)
    labels = {one.name: one.label for one in ALL.values()}
    labels |= {name: group.title for name, group in PAPER_GROUPS.items()}
    worded = {one.rule_id for one in rules}
    seen = standing.certificate
    return page(
        request, service, caller, "search.html.j2",
        status=status_of(problem), problem=problem, errors=errors_of(problem), values=values or {},
        standing=standing, search=search, Stage=Stage, title=_title(standing), needed=REVIEWERS,
        rules_refusing=rules, unworded=[one for one in standing.rules if one not in worded],
        mend=sorted({labels[name] for name in mend if name in labels}), beyond="" in mend,
        case=case_of(service, caller, search), photos=photos, notice=LIST_NOTICE,
        told=told(seen, gallery.n_subjects) if seen else (), a_thousand=of_a_thousand, a_million=of_a_million,
        may_search=bool(caller.roles & MAY[Operation.SEARCH_ASK]),
        may_review=bool(caller.roles & MAY[Operation.REVIEW_OPEN]),
        may_release=bool(caller.roles & MAY[Operation.LIST_RELEASE]),
        may_corroborate=bool(caller.roles & MAY[Operation.LEAD_CORROBORATE]),
        leads=_leads(standing),
        evidence_kinds=[(one, one.replace("_", " ")) for one in sorted(EVIDENCE)],
    )  # fmt: skip


def _title(standing: acts.Standing) -> str:
    refused = standing.search.stage is Stage.NOT_SEARCHED and standing.rules
    return "Refused" if refused else TITLES[standing.search.stage]


def _leads(standing: acts.Standing) -> list[tuple[str, str]]:
    """Offer the candidates who were released as leads."""
    lines = standing.received.lines if standing.received else ()
    return [(str(rank), f"candidate {rank}, {verdict}") for rank, _, ref, verdict in lines if ref]
