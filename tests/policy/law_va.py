"""Virginia's fourteen authorized uses in plain Python, and the day on which local use ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from asked import GOOD, Asked, Law
from twin_gate import stated, suspicion
from twin_people import beneficiary_of, operator_of

from facegate.policy.facts import EXAMINER, AgencyFacts
from facegate.request import PROBE_ROLES, PURPOSES

USES = {
    *("criminal_investigation", "identify_victim"),  # i, ii
    *("missing_person", "identify_witness"),  # iii
    *("human_trafficking", "other_trafficking", "online_recruitment"),  # iv, v
    *("unable_to_communicate", "deceased_person", "incapacitated_person"),  # vi to viii
    *("danger_to_self_or_others", "lawfully_detained"),  # ix, x
    *("imminent_threat", "threat_to_life", "national_security"),  # xi
    *("undercover_vetting", "false_identity_document", "concealed_identity"),  # xii to xiv
}
SHOWN = {
    "identify_victim": "victim",
    "identify_witness": "witness",
    "missing_person": "missing",
    "deceased_person": "deceased",
    "incapacitated_person": "incapacitated",
}
LOCAL = ("police", "sheriff", "campus", "prosecutor", "other", "")
LOCAL_ENDS = datetime(2026, 7, 1, tzinfo=UTC)
LAST_MOMENT = LOCAL_ENDS - timedelta(milliseconds=1)


def runs(asked: Asked) -> bool:
    """Tell whether a registered, active and trained officer runs the comparison."""
    operator = operator_of(asked)
    return operator.known and operator.active and operator.trained


def served_class(asked: Asked) -> str | None:
    """Give the class of the agency that benefits; None if none is named usably."""
    served = beneficiary_of(asked)
    return served.agency_class if served else None


def virginia(asked: Asked) -> set[str]:
    request = asked.request
    purpose = request.purpose
    shown = SHOWN.get(purpose or "", request.probe_role)
    local = asked.facts.agency.agency_class in LOCAL or served_class(asked) in LOCAL
    broken = {
        "VA-USE": purpose not in USES,
        "VA-SUSPICION": purpose == "criminal_investigation" and suspicion(asked) < 1,
        "VA-CONCEALED": purpose == "concealed_identity" and suspicion(asked) < 1,
        "VA-PERSON": purpose not in PURPOSES
        or request.probe_role not in PROBE_ROLES
        or request.probe_role != shown,
        "VA-OPERATOR": not runs(asked),
        "VA-LOCAL-END": asked.now >= LOCAL_ENDS and local,
        "VA-LEVEL": stated(request.offense_level) and request.offense_level != "any",
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


STATE_POLICE = AgencyFacts(known=True, agency_class="state_police")
LOCAL_POLICE = AgencyFacts(known=True, agency_class="police")
BASE = Asked(replace(GOOD, profile="va-52-4.5", offense_level="any")).knowing(
    agency=STATE_POLICE, beneficiary=STATE_POLICE
)


def _cases() -> tuple[Asked, ...]:
    """Questions that single changes of the base do not reach."""
    other = BASE.but(on_behalf_of="CO0300000")
    local = BASE.knowing(agency=LOCAL_POLICE, beneficiary=LOCAL_POLICE)
    classes = [AgencyFacts(known=True, agency_class=name) for name in LOCAL]
    return (
        *(BASE.but(purpose=use, probe_role=role) for use in USES for role in PROBE_ROLES),
        *(BASE.but(purpose="concealed_identity", suspicion=one) for one in ("none", "reasonable", None)),
        *(BASE.but(purpose="concealed_identity", suspicion=one) for one in ("probable_cause", "high")),
        *(BASE.but(purpose="lawfully_detained", suspicion=one) for one in ("none", None)),
        *(other.knowing(agency=one) for one in classes),
        *(other.knowing(beneficiary=one) for one in classes),
        *(local.at(LAST_MOMENT), local.at(LOCAL_ENDS), BASE.at(LOCAL_ENDS), BASE.at(LAST_MOMENT)),
        local.at(datetime(2024, 1, 2, tzinfo=UTC)),
        BASE.but(operator="self").knowing(requester=replace(EXAMINER, trained=False)),
    )


LAWS = (Law("va-52-4.5", BASE, virginia, _cases()),)
