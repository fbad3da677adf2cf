"""The laws: each rule in words beside the text that decides, what a law admits, and two laws compared."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from facegate.policy.admission import Admission, count_admissions
from facegate.policy.difference import Difference, RuleDifference
from facegate.policy.profile import spoken
from facegate.policy.rule import Rule
from facegate.server.acts import laws_compared
from facegate.server.acts import policies as acts
from facegate.server.asking import ServiceOf
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from

router = APIRouter(include_in_schema=False)

MOST_SHOWN: Final = 60
HOW_CHECKED: Final = {
    "checked": "checked against the text of its source",
    "second-hand": "not checked against the text itself: known from somebody who quotes it",
    "unchecked": "not checked against the text of its source",
}
LawName = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
Chosen = Annotated[str, Query(max_length=64)]
Searched = Annotated[str, Query(max_length=60)]


@router.get("/policies")
def show_laws(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """List the laws, those in force here first."""
    laws = sorted(acts.list_laws(service, caller), key=lambda one: (not one.in_force, one.law.name))
    return page(
        request, service, caller, "policies.html.j2",
        in_force=[one for one in laws if one.in_force],
        others=[one for one in laws if not one.in_force and not one.law.is_overlay],
        overlays=[one for one in laws if not one.in_force and one.law.is_overlay],
    )  # fmt: skip


@router.get("/policies/compare")
def show_comparison(
    request: Request, service: ServiceOf, caller: PageCallerOf, *, a: Chosen = "", b: Chosen = ""
) -> Response:
    """Show what two laws make of the same requests."""
    names = [one.law.name for one in acts.list_laws(service, caller)]
    found, problem = None, None
    if a and b:
        try:
            found = laws_compared.compare(service, caller, a, b)
        except REFUSALS as error:
            problem = problem_from(error)
    return page(
        request, service, caller, "policies_compare.html.j2",
        status=200 if problem is None else int(problem.status),
        problem=problem, names=names, a=a, b=b, found=found, parts=[] if found is None else _parts(found),
    )  # fmt: skip


@router.get("/policies/{name}")
def show_law(
    request: Request, service: ServiceOf, caller: PageCallerOf, name: LawName, *, q: Searched = ""
) -> Response:
    """Show one law: each rule beside its text, and which offenses it admits."""
    here = acts.get_law(service, caller, name)
    law = here.law
    offenses = laws_compared.admitted(service, caller, name)
    found = list(_matching(offenses.values(), q)) if q else []
    own, gate = ([_shown(one, here) for one in rules] for rules in (law.own_rules, law.gate_rules))
    return page(
        request, service, caller, "policy.html.j2",
        here=here, law=law, rules=own, gate_rules=gate, q=q,
        found=found[:MOST_SHOWN], n_found=len(found), count=count_admissions(offenses),
    )  # fmt: skip


@router.get("/policies/{name}/text")
def show_text(service: ServiceOf, caller: PageCallerOf, name: LawName) -> Response:
    """Give the whole text of a law, byte for byte: its SHA-256 is the digest on the log."""
    return Response(acts.get_law(service, caller, name).law.text, media_type="text/plain; charset=utf-8")


@dataclass(frozen=True, slots=True)
class RuleShown:
    """One rule in words, with its Cedar text; ``is_checked`` says whether somebody read its source."""

    rule: Rule
    does: str
    say: str
    checked: str
    is_checked: bool
    cedar: str


def _shown(rule: Rule, here: acts.LawHere) -> RuleShown:
    return RuleShown(
        rule=rule,
        does="Permits" if rule.effect == "permit" else "Refuses, and says",
        say=spoken(rule, here.law).say,
        checked=_checked(rule.checked),
        is_checked=rule.is_checked,
        cedar=here.cedar[rule.rule_id],
    )


def _checked(mark: str) -> str:
    """Say when and how a rule was held against its source."""
    day, _, how = mark.partition(" ")
    return f"{HOW_CHECKED.get(how, how)}, {day}"


def _matching(offenses: Iterable[Admission], typed: str) -> Iterable[Admission]:
    """Find offenses whose code or heading holds every word that was typed."""
    words = typed.upper().split()
    for one in offenses:
        text = f"{one.offense.code} {one.offense.heading}".upper()
        if all(word in text for word in words):
            yield one


def _parts(found: Difference) -> list[tuple[str, list[RuleDifference], bool, bool]]:
    """Part the rules that refused something by whose they are; which columns each part has."""
    first, second = ({rule.rule_id for rule in one.law.own_rules} for one in (found.first, found.second))
    a, b = found.first.law.name, found.second.law.name
    parts = (
        ("Refused by rules that stand in both laws", True, True),
        (f"Refused by rules of A only, {a}", True, False),
        (f"Refused by rules of B only, {b}", False, True),
        ("Refused by facegate's own rules, which are no law, the same under both", False, False),
    )
    listed = []
    for title, of_first, of_second in parts:
        rules = [
            one
            for one in found.rules
            if (one.rule.rule_id in first, one.rule.rule_id in second) == (of_first, of_second)
        ]
        listed.append((title, rules, of_first or not of_second, of_second or not of_first))
    return [one for one in listed if one[1]]
