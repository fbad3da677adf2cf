"""``/v1/policies``: the laws with every rule, its citation and its Cedar text; and dry runs."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from starlette.responses import Response

from facegate.policy.facts import ASSUMED
from facegate.policy.missing import missing_words
from facegate.policy.profile import Profile, spoken
from facegate.policy.rule import Rule
from facegate.server.acts import policies as acts
from facegate.server.api.once import AskingOf, done, sent
from facegate.server.api.replies import Form, Reply, Yes
from facegate.server.api.request_form import RequestForm
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation

router = APIRouter(prefix="/v1/policies", tags=["policies"])

NOT_LEGAL_ADVICE = "Not legal advice."
ASKED = (
    "Asked of the registers as for a search of now. The permit is taken to be in order, and the probe to be "
    "a photo unlike any searched before."
)
Name = Annotated[
    str, Path(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$", description="Of a law, such as co-dmv-2019.")
]


class LawReply(Reply):
    """One law; ``effective`` and ``until`` are null where the text states no day."""

    name: str
    kind: Literal["profile", "overlay"]
    digest: str
    effective: date | None
    until: date | None
    in_force: bool
    """Two people put exactly this text in force here, and today is one of its days."""
    overlays: list[str]
    """Laid over it here, by its last activation."""
    n_rules: int
    n_unchecked: int
    """Of its own rules, those that nobody held against the text they cite."""
    cite: str


class RuleReply(Reply):
    """One rule in plain words; ``cedar`` is its text, null where it cannot be cut out of the whole."""

    id: str
    effect: Literal["permit", "forbid"]
    say: str
    cite: str
    src: str
    checked: str
    is_checked: bool
    effective: date | None
    until: date | None
    not_enforced: list[str]
    caution: str | None
    cedar: str | None


class LawWithRules(LawReply):
    """One law, whole; the SHA-256 of ``cedar`` is its digest on the log."""

    levels: list[str]
    allows: list[str]
    cautions: list[str]
    rules: list[RuleReply]
    gate_rules: list[RuleReply]
    """facegate's own: they hold in every law, and are no statute."""
    cedar: str
    notice: str


class LawList(Reply):
    """The laws of this installation."""

    policies: list[LawReply]


class OffenseReply(Reply):
    """One heading of the NCIC classification, and what it counts as here."""

    code: str
    heading: str
    on_level_1_list: bool
    is_admissible: bool
    is_wide: bool
    public_class: str


class OffenseList(Reply):
    """Every offense code that a request can name."""

    offenses: list[OffenseReply]


class ExplainForm(Form):
    """A dry run."""

    request: RequestForm
    assumed: Yes = False
    """Take every register to say yes; always so for somebody who is no officer."""


class FailedReply(Reply):
    """A rule that would refuse."""

    id: str
    say: str
    cite: str
    checked: str


class MissingReply(Reply):
    """A field or fact that rules which would refuse read, and how it stands."""

    what: str
    state: str
    found: str
    wanted: str
    rules: list[str]
    say: str


class ExplainReply(Reply):
    """What the law would say; a search asks again, and may be answered otherwise."""

    permitted: bool
    profile: str
    policy_digest: str | None
    rules: list[FailedReply]
    missing: list[MissingReply]
    grounds: Literal["registers", "assumed"]
    grounds_say: str
    alarm: str | None
    record: int
    notice: str


@router.get("")
def list_policies(service: ServiceOf, caller: CallerOf) -> LawList:
    """List the laws of this installation. For anybody."""
    return LawList(policies=[LawReply(**_law(one)) for one in acts.list_laws(service, caller)])


@router.get("/offenses")
def list_offenses(service: ServiceOf, caller: CallerOf) -> OffenseList:
    """List the offense codes that a request can name. For anybody."""
    found = acts.list_offenses(service, caller)
    return OffenseList(offenses=[OffenseReply.model_validate(one) for one in found])


@router.post("/explain", response_model=ExplainReply)
def explain(asked: AskingOf, form: ExplainForm) -> Response:
    """Try a request on a law: which rules would refuse it, and where they stand. Recorded on the log."""

    def act() -> Answer:
        stated = form.request.request()
        return done(_explained(acts.explain(asked.service, asked.caller, stated, assumed=form.assumed)))

    return asked.once(Operation.POLICY_EXPLAIN, act, sent(form))


def _explained(found: acts.Explained) -> ExplainReply:
    decided = found.decided
    return ExplainReply(
        permitted=decided.permitted,
        profile=decided.profile,
        policy_digest=decided.policy_digest or None,
        rules=[
            FailedReply(id=one.rule_id, say=one.say, cite=one.cite, checked=one.checked)
            for one in decided.failed
        ],
        missing=[
            MissingReply(
                what=one.what,
                state=one.state,
                found=one.found,
                wanted=one.wanted,
                rules=list(one.rules),
                say=missing_words(one),
            )
            for one in found.missing
        ],
        grounds="assumed" if found.grounds == acts.ASSUMED else "registers",
        grounds_say=ASSUMED if found.grounds == acts.ASSUMED else ASKED,
        alarm=decided.alarm,
        record=found.record,
        notice=NOT_LEGAL_ADVICE,
    )


@router.get("/{name}")
def get_policy(service: ServiceOf, caller: CallerOf, name: Name) -> LawWithRules:
    """Give one law: every rule with its sentence, citation, source, dates and Cedar text. For anybody."""
    here = acts.get_law(service, caller, name)
    law = here.law
    return LawWithRules(
        **_law(here),
        levels=list(law.levels),
        allows=list(law.allows),
        cautions=list(law.cautions),
        rules=[_rule(law, one, here.cedar) for one in law.own_rules],
        gate_rules=[_rule(law, one, here.cedar) for one in law.gate_rules],
        cedar=law.text,
        notice=NOT_LEGAL_ADVICE,
    )


def _law(here: acts.LawHere) -> dict[str, Any]:
    law = here.law
    return {
        "name": law.name,
        "kind": "overlay" if law.is_overlay else "profile",
        "digest": law.digest,
        "effective": law.period.effective,
        "until": law.period.until,
        "in_force": here.in_force,
        "overlays": list(here.overlays),
        "n_rules": len(law.own_rules),
        "n_unchecked": sum(not one.is_checked for one in law.own_rules),
        "cite": law.own_rules[0].cite,
    }


def _rule(law: Profile, rule: Rule, cedar: Mapping[str, str]) -> RuleReply:
    return RuleReply(
        id=rule.rule_id,
        effect="permit" if rule.effect == "permit" else "forbid",
        say=spoken(rule, law).say,
        cite=rule.cite,
        src=rule.src,
        checked=rule.checked,
        is_checked=rule.is_checked,
        effective=rule.period.effective,
        until=rule.period.until,
        not_enforced=list(rule.not_enforced),
        caution=rule.caution or None,
        cedar=cedar.get(rule.rule_id) or None,
    )
