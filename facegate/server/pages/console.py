"""The search console: one form in the order of the law, which asks the law before it asks the gate.

- The law is chosen first; what it has no use for is put aside. What it demands, its own answer to a blank
  request says, see `facegate.server.acts.asked_for`.
- *Check* asks the law and the registers, and searches nothing. That it was asked is on the log.
- A refused search comes back as the form, with every rule at the field it reads.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from facegate.policy.missing import UNUSABLE
from facegate.policy.request_fields import REQUEST_WORDS
from facegate.records import FailedRule
from facegate.server.acts import permit_asks
from facegate.server.acts import searches as acts
from facegate.server.acts.asked_for import PERMIT, LawAsks, asked_by, laws_in_force, where_to_mend
from facegate.server.acts.cases import get_case
from facegate.server.acts.form_help import FormHelp, form_help
from facegate.server.acts.policies import Explained, explain, list_laws, list_offenses
from facegate.server.asking import ServiceOf, demand
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import Operation
from facegate.server.pages import stated
from facegate.server.pages.asked_words import values_of
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.held_photos import HeldOf, HeldPhoto, HeldPhotos
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, errors_of, problem_from, status_of
from facegate.server.problems import Problem, not_here, to_mend
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)
PROBE: Final = "probe"


@dataclass(frozen=True, slots=True)
class AtField:
    """What the law says at one field; ``wanted`` is empty where its words are enough."""

    rule: FailedRule
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """One state of the form: the law chosen, what was typed, the photo held, and what the law says of it."""

    profile: str
    values: dict[str, str]
    photo: HeldPhoto | None = None
    answer: Explained | None = None
    at_fields: dict[str, tuple[AtField, ...]] | None = None


@router.get("/console")
def show(  # noqa: PLR0917  what an address brings
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    law: str = "",
    case: int | None = None,
    asked: UUID | None = None,
) -> Response:
    """Show the form, under the law that is in force; where several are, they are offered first.

    With the id of what was asked for and sent back, it is filled in with that, to be mended.
    """
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    if asked is not None:
        found = permit_asks.get_asked(service, caller, str(asked)).request
        return _page(request, service, caller, Filled(found.profile, values_of(found)))
    usable = laws_in_force(service, caller)
    if not law and len(usable) != 1:
        return _choose(request, service, caller, case)
    profile = law or usable[0].law.name
    values = {"on_behalf_of": "self", "source_address": request.client.host if request.client else ""}
    if case is not None:
        of_case = get_case(service, caller, case)
        values |= {"case_number": of_case.case_number, "offense_code": of_case.offense_code}
    return _page(request, service, caller, Filled(profile, values))


@router.get("/console/laws")
def show_laws(
    request: Request, service: ServiceOf, caller: PageCallerOf, case: int | None = None
) -> Response:
    """Offer every law to choose from."""
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    return _choose(request, service, caller, case)


@router.post("/console/check")
def check(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf, held: HeldOf) -> Response:
    """Ask the law, and show the form with its answer; nothing is searched."""
    filled = Filled(form.text("profile"), stated.typed(form.fields))
    try:
        filled = replace(filled, photo=_photo(service, caller, form, held))
        answer = explain(service, caller, stated.request_of(filled.profile, filled.values))
    except REFUSALS as error:
        return _page(request, service, caller, filled, problem_from(error))
    at_fields = _at_fields(service, filled.profile, answer.decided.failed, answer)
    return _page(request, service, caller, replace(filled, answer=answer, at_fields=at_fields))


@router.post("/console/photo")
def look(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf, held: HeldOf) -> Response:
    """Look at the photo, and show the form with its face."""
    filled = Filled(form.text("profile"), stated.typed(form.fields))
    try:
        photo = _photo(service, caller, form, held)
        if photo is None:
            raise _no_photo()
    except REFUSALS as error:
        return _page(request, service, caller, filled, problem_from(error))
    return _page(request, service, caller, replace(filled, photo=photo))


@router.get("/console/photo/{key}")
def preview(
    service: ServiceOf,
    request: Request,
    caller: PageCallerOf,
    held: HeldOf,
    key: Annotated[str, Path(pattern="^[0-9a-f]{32}$")],
) -> Response:
    """Show the face of the photo that this session holds."""
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    photo = held.get(service.identity.csrf(request), key, service.desk.clock())
    if photo is None:
        raise not_here(PROBE)
    return Response(photo.preview, media_type="image/png", headers={"Cache-Control": "no-store"})


@router.post("/console")
def search(
    request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf, held: HeldOf
) -> Response:
    """Search, and go to the search's page; refused, come back to the form."""
    filled = Filled(form.text("profile"), stated.typed(form.fields))
    try:
        filled = replace(filled, photo=_photo(service, caller, form, held))
        if filled.photo is None:
            raise _no_photo()
        asked = stated.request_of(filled.profile, filled.values)
        made = acts.ask(service, caller, asked, filled.photo.data, permit=filled.values.get("permit", ""))
    except REFUSALS as error:
        problem = problem_from(error)
        at_fields = _at_fields(service, filled.profile, problem.rules)
        return _page(request, service, caller, replace(filled, at_fields=at_fields), problem)
    held.drop(form.text("csrf"))
    return see(f"/searches/{made.reply.search_id}")


@router.post("/console/asked")
def ask_to_approve(
    request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf, held: HeldOf
) -> Response:
    """Hand what was typed, and the photo, to a supervisor; nothing is searched."""
    filled = Filled(form.text("profile"), stated.typed(form.fields))
    try:
        filled = replace(filled, photo=_photo(service, caller, form, held))
        if filled.photo is None:
            raise _no_photo()
        wanted = stated.request_of(filled.profile, filled.values)
        kept = permit_asks.ask(service, caller, wanted, filled.photo.data)
    except REFUSALS as error:
        return _page(request, service, caller, filled, problem_from(error))
    held.drop(form.text("csrf"))
    return see(f"/console/asked/{kept.ask_id}")


def _photo(service: Service, caller: Caller, form: Form, held: HeldPhotos) -> HeldPhoto | None:
    """Give the photo sent with this form, or the one held since an earlier one."""
    session, at = form.text("csrf"), service.desk.clock()
    if (data := form.files.get(PROBE)) is None:
        return held.get(session, form.text("photo"), at)
    clean, seen = acts.look(service, caller, data)
    key = service.desk.random_bytes(16).hex()
    photo = HeldPhoto(key, data, seen.preview, clean.width, clean.height, seen.warnings)
    held.hold(session, photo, at)
    return photo


def _no_photo() -> Problem:
    words = "choose the photo; one that was looked at is held for fifteen minutes only"
    return to_mend("nothing was asked: the photo is missing", {PROBE: words}, kind="no-photo")


def _at_fields(
    service: Service, profile: str, failed: Sequence[FailedRule], answer: Explained | None = None
) -> dict[str, tuple[AtField, ...]]:
    """Sort the rules that refuse by the fields they read; under no name, those that no field would mend.

    Where the law was asked without a search, it also says which of several fields stands against a rule, and
    what is wanted of one that is not of its form.
    """
    missing = {one.what: one for one in answer.missing} if answer else {}
    against = {(rule, one.what) for one in missing.values() for rule in one.rules}
    stated_rules = {rule for rule, what in against if what in REQUEST_WORDS}
    found: dict[str, tuple[AtField, ...]] = {}
    for name, rules in where_to_mend(service, profile, failed).items():
        for rule in rules:
            if rule.rule_id in stated_rules and (rule.rule_id, name) not in against:
                continue
            one = missing.get(name)
            wanted = one.wanted if one is not None and one.state == UNUSABLE else ""
            found[name] = (*found.get(name, ()), AtField(rule, wanted))
    return found


def _choose(request: Request, service: Service, caller: Caller, case: int | None) -> Response:
    usable = laws_in_force(service, caller)
    names = {one.law.name for one in usable}
    others = [
        one for one in list_laws(service, caller) if one.law.name not in names and not one.law.is_overlay
    ]
    return page(
        request, service, caller, "console_laws.html.j2",
        usable=usable, others=others, case=case, own=permit_asks.list_own(service, caller),
    )  # fmt: skip


def _page(
    request: Request, service: Service, caller: Caller, filled: Filled, problem: Problem | None = None
) -> Response:
    asks = asked_by(service, caller, filled.profile)
    helps = form_help(service, caller)
    errors = dict(errors_of(problem))
    if problem is not None and problem.kind == "unusable-photo":
        errors[PROBE] = problem.detail
    receipt = problem.receipt if problem is not None else None
    refused = acts.search_at(service, caller, receipt["intent"]) if receipt and "intent" in receipt else ""
    groups, aside = _groups(asks, helps)
    return page(
        request, service, caller, "console.html.j2",
        status=status_of(problem), problem=problem, filled=filled, asks=asks, groups=groups, aside=aside,
        values=_defaults(filled, asks, helps), at_fields=filled.at_fields or {}, errors=errors,
        refused=refused, offenses=list_offenses(service, caller), helps=helps, labels=_labels(),
        in_force={one.law.name for one in laws_in_force(service, caller)},
        own=permit_asks.list_own(service, caller), asks_permit=PERMIT in asks.read,
    )  # fmt: skip


def _defaults(filled: Filled, asks: LawAsks, helps: FormHelp) -> dict[str, str]:
    """Fill in what can be only one thing."""
    values = dict(filled.values)
    permits = [rule.action for rule in asks.law.rules if rule.action in stated.ACTIONS]
    values.setdefault("action", permits[0] if permits else "imageComparison")
    if len(helps.galleries) == 1:
        values.setdefault("gallery", helps.galleries[0])
    return values


def _groups(asks: LawAsks, helps: FormHelp) -> tuple[list[stated.Group], list[stated.Group]]:
    """Give the groups that the chosen law asks for, and those it has no use for."""
    shown: list[stated.Group] = []
    idle: list[stated.Field] = []
    for group in stated.GROUPS:
        fields = [_offered(one, asks, helps) for one in group.fields]
        shown.append(replace(group, fields=tuple(one for one in fields if one.asked != stated.IDLE)))
        idle += [one for one in fields if one.asked == stated.IDLE]
    aside = [stated.Group("idle", "", "", tuple(idle))] if idle else []
    for name, paper in stated.PAPER_GROUPS.items():
        asked = stated.how_asked(asks, name)
        fields = [replace(one, asked=asked) for one in paper.fields]
        (aside if asked == stated.IDLE else shown).append(replace(paper, fields=tuple(fields)))
    return shown, aside


def _offered(field: stated.Field, asks: LawAsks, helps: FormHelp) -> stated.Field:
    """Say how a field is asked for, and offer what the registers know."""
    field = replace(field, asked=stated.how_asked(asks, field.of))
    offers: dict[str, tuple[tuple[str, str], ...]] = {
        "case_number": tuple((one.case_number, f"offense {one.offense_code}") for one in helps.cases),
        "approver": tuple((one, "") for one in helps.approvers),
        "operator": tuple((one, "") for one in (*helps.operators, "self")),
        "offense_nibrs": helps.nibrs,
        "on_behalf_of": (("self", "your own agency"),),
        "offense_level": tuple((one, one) for one in asks.law.levels),
        "gallery": tuple((one, one) for one in helps.galleries),
        "release_form": tuple(
            (digest, f"signed {day}, digest {digest[:8]}…") for digest, day in helps.release_forms
        ),
    }
    options = offers.get(field.name, field.options)
    kind = stated.CHOICE if field.name in {"gallery", "release_form"} and options else field.kind
    return replace(field, options=options, kind=kind)


def _labels() -> dict[str, str]:
    papers = {name: group.title for name, group in stated.PAPER_GROUPS.items()}
    return {one.name: one.label for one in stated.ALL.values()} | papers | {PROBE: "Photo"}
