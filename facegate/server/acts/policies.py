"""The laws: which there are, what each rule says and where it stands, and what a law would say to a request.

A dry run is put on the log as ``explain``: who tries which words until a law lets them pass is part of the
history. Public are the agency, the law asked, what it would say and by which rules; what was typed is sealed.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.gate.closed_law import ClosedLaw
from facegate.gate.registers.activation import last_activation, policy_activated
from facegate.oversight.site.laws import text_of_rules
from facegate.policy.facts import in_order
from facegate.policy.missing import still_missing
from facegate.server.acts.whose import in_his_name
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, not_here

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.policy.engine import PolicyDecision
    from facegate.policy.missing import Missing
    from facegate.policy.offenses import Offense
    from facegate.policy.profile import Profile
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

EXPLAIN: Final = "explain"
LAW: Final = "law"
REGISTERS, ASSUMED = "registers", "assumed"


@dataclass(frozen=True, slots=True)
class PutInForce:
    """The last activation of a law that nobody ended; the fields are those of its record.

    Parameters
    ----------
    record : int
        Its place on the log.
    authority : str
        Statute and section of an authority on file.
    first_day, last_day : str
        Days, ISO 8601; an empty last day means without end.
    objections : str
        Legal objections that were attached; empty if there were none.
    """

    record: int
    authority: str
    first_day: str
    last_day: str
    objections: str


@dataclass(frozen=True, slots=True)
class LawHere:
    """One law of this installation.

    Parameters
    ----------
    law : Profile
        Its rules and its text.
    in_force : bool
        Two people put exactly this text in force, with the overlays below, and today is one of its days.
    overlays : tuple of str
        What its last activation lays over it.
    cedar : mapping of str to str
        The Cedar text of each rule by its id; empty where the text cannot be cut into its rules.
    activated : PutInForce or None
        Its last activation, whatever its days; None if nobody put it in force.
    """

    law: Profile
    in_force: bool
    overlays: tuple[str, ...]
    cedar: Mapping[str, str]
    activated: PutInForce | None = None


@dataclass(frozen=True, slots=True)
class Explained:
    """What a law would say.

    Parameters
    ----------
    decided : PolicyDecision
        Permitted, or every rule that would refuse.
    missing : tuple of Missing
        What these rules would read differently; empty where there is no such law.
    grounds : str
        ``registers`` or ``assumed``: what was asked about people, case and caps.
    record : int
        Where the dry run stands on the log.
    """

    decided: PolicyDecision
    missing: tuple[Missing, ...]
    grounds: str
    record: int


def list_laws(service: Service, caller: Caller) -> tuple[LawHere, ...]:
    """List the laws of this installation by name; none where they cannot be read.

    Raises
    ------
    Problem
        503 if the laws cannot be read.
    """
    at = service.desk.clock()
    demand(caller, Operation.POLICY_READ, at=at)
    profiles = _engine_profiles(service)
    return tuple(_law_here(service, profiles[name], at) for name in sorted(profiles))


def get_law(service: Service, caller: Caller, name: str) -> LawHere:
    """Give one law with every rule and its Cedar text.

    Raises
    ------
    Problem
        404 if there is none of that name, 503 if the laws cannot be read.
    """
    at = service.desk.clock()
    demand(caller, Operation.POLICY_READ, at=at)
    law = _engine_profiles(service).get(name)
    if law is None:
        raise not_here(LAW)
    return _law_here(service, law, at)


def list_offenses(service: Service, caller: Caller) -> tuple[Offense, ...]:
    """List the offense codes that a request can name, with what each counts as.

    Raises
    ------
    Problem
        503 if the laws cannot be read.
    """
    demand(caller, Operation.POLICY_READ, at=service.desk.clock())
    _engine_profiles(service)
    return tuple(service.desk.gate.engine.catalogue.offenses.values())


def explain(service: Service, caller: Caller, request: SearchRequest, *, assumed: bool = False) -> Explained:
    """Try a request on a law; nothing is searched, and that it was tried is recorded.

    Parameters
    ----------
    service : Service
        Law, registers, log.
    caller : Caller
        Whoever tries.
    request : SearchRequest
        As for a search of his; its requester and agency are his own.
    assumed : bool
        Take every register to say yes, in place of asking them: what the law says by itself. So it is for
        somebody who is no officer: in his name nobody searches.

    Returns
    -------
    Explained
        Of the registers' answers as they would be for a search, but that the permit is taken to be in order
        and the probe to be unlike any before.

    Raises
    ------
    Problem
        401 or 403.
    InputError
        If the request names another requester or agency than the caller's own.
    AuditError
        If it cannot be recorded: then nothing is told.
    """
    demand(caller, Operation.POLICY_EXPLAIN, at=service.desk.clock())
    assumed = assumed or not caller.officer
    asked = request
    if caller.officer:
        asked = in_his_name(request, requester=caller.officer, agency=caller.agency)
    gate = service.desk.gate
    with service.desk.ledger.turn:
        at = service.desk.clock()
        decided = gate.engine.decide(asked, in_order(asked), at) if assumed else gate.dry_run(asked)
        record = _record(service, caller, asked, decided, assumed=assumed, at=service.desk.clock())
    missing = _missing(service, asked, decided)
    return Explained(decided, missing, ASSUMED if assumed else REGISTERS, record)


def _record(
    service: Service,
    caller: Caller,
    asked: SearchRequest,
    decided: PolicyDecision,
    *,
    assumed: bool,
    at: datetime,
) -> int:
    public: dict[str, JSONValue] = {
        "agency": caller.agency,
        # A name that is no law here was typed by the caller, and may be anything.
        "profile": asked.profile if decided.policy_digest else "",
        "policy_digest": decided.policy_digest,
        "would": "permit" if decided.permitted else "refuse",
        "rules": [one.rule_id for one in decided.failed],
        "grounds": ASSUMED if assumed else REGISTERS,
    }
    sealed = {
        "by": caller.officer,
        "by_agency": caller.agency,
        "account": caller.account,
        "question": decided.question,
    }
    return service.desk.ledger.record(EXPLAIN, at=at, public=public, sealed=sealed)


def _missing(service: Service, asked: SearchRequest, decided: PolicyDecision) -> tuple[Missing, ...]:
    if decided.permitted or not decided.policy_digest:
        return ()
    law = service.desk.gate.engine.profile(decided.profile)
    return still_missing(law, asked, decided)


def _engine_profiles(service: Service) -> Mapping[str, Profile]:
    engine = service.desk.gate.engine
    if isinstance(engine, ClosedLaw):
        detail = "the law kept here cannot be read, so everything is refused; its keeper can say why"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "policy-missing", detail, headers={"Retry-After": "60"})
    return engine.profiles


def _law_here(service: Service, law: Profile, at: datetime) -> LawHere:
    ledger = service.desk.ledger
    activated = last_activation(ledger, law.name)
    overlays = activated.overlays if activated else ()
    texts = text_of_rules(law.own_text, law.own_rules), text_of_rules(law.gate_text, law.gate_rules)
    rules = (*law.own_rules, *law.gate_rules)
    return LawHere(
        law=law,
        in_force=activated is not None
        and policy_activated(ledger, law.name, overlays, activated.policy_digest, at)
        and activated.policy_digest == service.desk.gate.engine.digest(law.name, overlays),
        overlays=overlays,
        cedar=dict(zip((one.rule_id for one in rules), (*texts[0], *texts[1]), strict=True)),
        activated=_activated(service, law.name),
    )


def _activated(service: Service, name: str) -> PutInForce | None:
    query = (
        "SELECT seq, authority, first_day, last_day, objections FROM conditions_activations "
        "WHERE profile = ? AND ended = 0 ORDER BY seq DESC LIMIT 1"
    )
    return next((PutInForce(*row) for row in service.desk.ledger.rows(query, name)), None)
