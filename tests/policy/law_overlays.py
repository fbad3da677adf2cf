"""Overlays in plain Python: Georgetown's model law, CJIS, the EU's act, no-immigration and the moratorium."""

from __future__ import annotations

from dataclasses import replace

from asked import CITATION, EXIGENCY, GOOD, ORDER, WARRANT, Asked, Law
from twin_gate import (
    IMMIGRATION,
    NIBRS_IMMIGRATION,
    SEE_MIS,
    citation_ok,
    code_of,
    emergency,
    officer_ok,
    operator_stated,
    paper_kind,
    plain_text_ok,
    stated,
    suspicion,
    word_ok,
)
from twin_people import beneficiary_of, operator_of

from facegate.policy.facts import INVESTIGATOR, NO_AGENCY, AgencyFacts
from facegate.request import PURPOSES


def _codes(*ranges: tuple[int, int], leave: frozenset[int] = frozenset()) -> frozenset[str]:
    return frozenset(
        f"{code:04d}" for first, last in ranges for code in range(first, last + 1) if code not in leave
    )


SERIOUS = _codes(
    *[(901, 908), (911, 912), (999, 999)],  # willful homicide
    *[(1001, 1009), (1011, 1011), (1099, 1099)],  # kidnapping, other than by a parent
    *[(1101, 1123), (1198, 1199), (1201, 1212), (1299, 1299)],  # sexual assault, robbery
    *[(1301, 1312), (1314, 1315), (2001, 2002), (2008, 2008)],  # aggravated assault, arson on lives
    (6401, 6411),  # minors exploited, people trafficked
    leave=frozenset({1116}),
)


def georgetown(asked: Asked) -> set[str]:
    request, gate = asked.request, asked.facts.gate
    licenses = request.gallery != "mugshot"
    broken = {
        "SUSPICION": not (stated(request.fact_narrative) and suspicion(asked) >= 1),
        "COURT-ORDER": licenses and paper_kind(asked) is None,
        "SERIOUS": licenses and code_of(request) not in SERIOUS,
        "AUDIT": not (gate.audit_current and gate.certificate_holds),
    }
    return {f"GEO-{rule}" for rule, is_broken in broken.items() if is_broken}


def cjis(asked: Asked) -> set[str]:
    facts, operator, beneficiary = asked.facts, operator_of(asked), beneficiary_of(asked)
    parties = operator.known and facts.agency.known and beneficiary is not None and beneficiary.known
    broken = {
        "IDENTITY": not (officer_ok(asked.request.requester) and facts.requester.known),
        "SOURCE": not plain_text_ok(asked.request.source_address),
        "PARTIES": not parties,
        "TRAINED": not (facts.requester.trained and operator.trained),
    }
    return {f"CJIS-{rule}" for rule, is_broken in broken.items() if is_broken}


def eu_ai_act(asked: Asked) -> set[str]:
    request, operator, code = asked.request, operator_of(asked), code_of(asked.request)
    too_wide = code is not None and (code[2:] == "99" or code in SEE_MIS)
    first_identification = (
        stated(request.fact_narrative)
        and suspicion(asked) >= 1
        and request.probe_source in {"cctv", "seized_media"}
    )
    broken = {
        "REFERENCE-DATABASE": not word_ok(request.gallery),
        "VERIFIER": not (operator_stated(asked) and operator.known and operator.active),
        "SUSPECT": request.probe_role != "suspect",
        "ONE-OFFENSE": code is None or (too_wide and not citation_ok(request.charge_citation)),
        "AUTHORIZATION": not (first_identification or paper_kind(asked) or emergency(asked)),
    }
    return {f"EU-{rule}" for rule, is_broken in broken.items() if is_broken}


def no_immigration(asked: Asked) -> set[str]:
    request, facts, beneficiary = asked.request, asked.facts, beneficiary_of(asked)
    code, warrant = code_of(request), paper_kind(asked) == "warrant"
    coded = code is None or code in IMMIGRATION or request.offense_nibrs in NIBRS_IMMIGRATION
    classes = {facts.requester.agency_class, facts.agency.agency_class}
    serves = beneficiary is None or "immigration" in classes | {beneficiary.agency_class}
    purpose = request.purpose if request.purpose in PURPOSES else None
    broken = {
        "DECLARED": beneficiary is None or not beneficiary.known or purpose is None,
        "CODE": coded and not warrant,
        "PURPOSE": purpose in {None, "immigration_enforcement"} and not warrant,
        "AGENCY": serves and not warrant,
    }
    return {f"NOIM-{rule}" for rule, is_broken in broken.items() if is_broken}


def moratorium(asked: Asked) -> set[str]:
    """Refuse whatever is asked."""
    del asked
    return {"MORATORIUM"}


ICE = AgencyFacts(known=True, agency_class="immigration")
POLICE = AgencyFacts(known=True, agency_class="police")


def _georgetown_cases(base: Asked) -> tuple[Asked, ...]:
    mugshot = base.but(gallery="mugshot", instrument=None)
    larceny = {"offense_code": "2303", "felony": True, "charge_citation": CITATION}
    return (mugshot, mugshot.but(**larceny), base.but(**larceny), base.but(instrument=WARRANT))


def _cjis_cases(base: Asked) -> tuple[Asked, ...]:
    other = base.but(on_behalf_of="CO0300000")
    return (other, other.knowing(agency=NO_AGENCY), other.knowing(beneficiary=NO_AGENCY))


def _eu_cases(base: Asked) -> tuple[Asked, ...]:
    """Search for somebody known, so that only a paper or an emergency helps; and wide headings."""
    known = base.but(probe_source="booking")
    wide = base.but(offense_code="1299", charge_citation=None)
    papers = (*((paper, None) for paper in (ORDER, WARRANT, None)), (None, EXIGENCY), (ORDER, EXIGENCY))
    return (
        *(known.but(instrument=paper, exigency=emergency) for paper, emergency in papers),
        known.but(exigency=EXIGENCY).knowing(declarer=replace(INVESTIGATOR, active=False)),
        base.but(probe_source="seized_media"),
        wide,
        wide.but(charge_citation=CITATION),
    )


def _immigration_cases(base: Asked) -> tuple[Asked, ...]:
    """Serve immigration in each way there is, without a paper, with an order and with a warrant."""
    other = base.but(on_behalf_of="CO0300000", felony=True, charge_citation=CITATION)
    guest = replace(INVESTIGATOR, agency_class="immigration")
    serving = (
        *(other.but(offense_code=code) for code in ("0301", "0303", "8003", "8005", None)),
        *(other.but(offense_nibrs=nibrs) for nibrs in ("30A", "49C")),
        *(other.but(purpose=purpose) for purpose in ("immigration_enforcement", None)),
        other.but(on_behalf_of=None),
        other.knowing(agency=ICE, beneficiary=POLICE),
        other.knowing(beneficiary=ICE),
        other.knowing(beneficiary=NO_AGENCY),
        other.knowing(requester=guest),
    )
    return tuple(one.but(instrument=paper) for one in serving for paper in (None, ORDER, WARRANT))


OVER_COLORADO = replace(GOOD, profile="co-dmv-2019")
GEORGETOWN = Asked(replace(OVER_COLORADO, instrument=ORDER), overlays=("georgetown-model",))
CJIS = Asked(OVER_COLORADO, overlays=("cjis-5.9.4",))
EU = Asked(OVER_COLORADO, overlays=("eu-ai-act",))
NO_IMMIGRATION = Asked(OVER_COLORADO, overlays=("no-immigration",))

LAWS = (
    Law("georgetown-model", GEORGETOWN, georgetown, _georgetown_cases(GEORGETOWN)),
    Law("cjis-5.9.4", CJIS, cjis, _cjis_cases(CJIS)),
    Law("eu-ai-act", EU, eu_ai_act, _eu_cases(EU)),
    Law("no-immigration", NO_IMMIGRATION, no_immigration, _immigration_cases(NO_IMMIGRATION)),
    Law("moratorium", Asked(replace(GOOD, profile="moratorium")), moratorium),
)
