"""The engine: golden decisions, and every error a refusal."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import cedarpy
import pytest
from asked import CITATION, FACTS, GOOD, NOW, WARRANT, Asked, shipped_engine
from own_folder import engine_of, rewritten, small_copy
from twin_gate import IMMIGRATION, NEVER, NOT_OFFENSES

from facegate.errors import InputError
from facegate.policy.engine import PolicyDecision, PolicyEngine
from facegate.policy.facts import NO_AGENCY, NOBODY, SUPERVISOR, AgencyFacts, Facts, OfficerFacts
from facegate.policy.query import CedarQuery, Known, cedar_query
from facegate.records import FailedRule
from facegate.request import Action, SearchRequest

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = shipped_engine()
CO = ENGINE.profile("co-dmv-2019")


BASE = Asked(GOOD)
LARCENY = BASE.but(offense_code="2303")
DENVER_MIDNIGHT = datetime(2019, 9, 9, tzinfo=UTC)


def ids(decision: PolicyDecision) -> list[str]:
    return [rule.rule_id for rule in decision.failed]


def good(**changes: Any) -> SearchRequest:  # noqa: ANN401  fields of several types
    return replace(GOOD, **changes)


def ask(
    request: SearchRequest = GOOD, *, engine: PolicyEngine = ENGINE, facts: Facts = FACTS
) -> PolicyDecision:
    return engine.decide(request, facts, NOW)


def query(request: SearchRequest) -> CedarQuery:
    return cedar_query(request, FACTS, NOW, profile=CO.name, period=CO.period, catalogue=ENGINE.catalogue)


# One request for each rule of the first law and of the gate that a reader meets, and what refuses it.
GOLDEN = (
    (BASE, ()),
    (BASE.but(felony=True, charge_citation=CITATION), ()),
    (BASE.but(offense_code="4801"), ()),
    (LARCENY.but(felony=True, charge_citation=CITATION), ()),
    (BASE.at(DENVER_MIDNIGHT), ()),
    (BASE.at(DENVER_MIDNIGHT - timedelta(milliseconds=1)), ("FG-IN-FORCE",)),
    (BASE.at(datetime(9999, 12, 30, 23, 59, tzinfo=UTC)), ()),
    (BASE.at(datetime(9999, 12, 31, tzinfo=UTC)), ("FG-IN-FORCE",)),
    (BASE.but(action=Action.CROSS_JURISDICTION), ("FG-NO-PERMIT",)),
    (BASE.but(action=Action.ENRICHMENT), ("FG-NO-PERMIT",)),
    (BASE.but(action=Action.DOSSIER), ("CO-LECC", "CO-DOSSIER-FIELDS")),
    (BASE.but(case_number=None), ("CO-CASE-NUMBER", "FG-CASE-NUMBER")),
    (BASE.but(case_number="24 1"), ("CO-CASE-NUMBER", "FG-CASE-FORM")),
    (BASE.but(offense_code=None), ("CO-LEVEL-1", "FG-OFFENSE-CODE")),
    (BASE.but(offense_code="1213"), ("CO-LEVEL-1", "FG-OFFENSE-KNOWN")),
    (BASE.but(offense_level=None), ("FG-OFFENSE-LEVEL",)),
    (BASE.but(offense_level="2"), ("CO-LEVEL-FITS",)),
    (BASE.but(offense_level="\u0661"), ("CO-LEVEL-FITS",)),
    (LARCENY, ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    (LARCENY.but(offense_level="below-1"), ("CO-LEVEL-1",)),
    (LARCENY.but(felony=True), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    (LARCENY.but(charge_citation=CITATION), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    (LARCENY.but(felony=True, charge_citation=CITATION, offense_level="below-1"), ("CO-LEVEL-FITS",)),
    (BASE.but(offense_code="3602"), ("FG-NEVER",)),
    (BASE.but(offense_code="1401", felony=True, charge_citation=CITATION), ("FG-NEVER",)),
    (BASE.but(offense_code="0913"), ("FG-NOT-OFFENSE",)),
    (BASE.but(offense_code="8004", felony=True, charge_citation=CITATION), ("FG-IMMIGRATION",)),
    (BASE.but(offense_nibrs="30A"), ("FG-IMMIGRATION",)),
    (BASE.but(offense_nibrs="30A", instrument=WARRANT), ()),
    (BASE.but(offense_code="0999"), ("FG-WIDE-HEADING",)),
    (BASE.but(offense_code="0999", charge_citation=CITATION), ()),
    (BASE.but(requester=None), ("FG-REQUESTER",)),
    (BASE.but(agency=None), ("FG-AGENCY", "FG-ON-BEHALF")),
    (BASE.but(channel="mobile"), ("FG-CHANNEL",)),
    (BASE.but(probe_source="social_media"), ("FG-PROBE-SOURCE",)),
    (BASE.but(approver=GOOD.requester), ("FG-APPROVER",)),
    (BASE.but(candidate_limit=51), ("FG-CANDIDATES",)),
    (BASE.knowing(release_form_on_file=False), ("CO-RELEASE-FORM",)),
    (BASE.knowing(case_by_another=False), ("FG-CASE-OWN",)),
    (BASE.knowing(certificate_holds=False, clock_forward=False), ("FG-CERTIFICATE", "FG-CLOCK")),
    (BASE.but(profile="moratorium"), ("MORATORIUM",)),
)


@pytest.mark.parametrize(("asked", "fails"), GOLDEN)
def test_a_golden_request_fails_exactly_its_rules_in_the_order_of_the_text(
    asked: Asked, fails: tuple[str, ...]
) -> None:
    assert ids(ENGINE.decide(asked.request, asked.facts, asked.now)) == list(fails)


def test_a_request_of_which_nothing_is_stated_and_nobody_known_fails_rule_upon_rule() -> None:
    decision = ENGINE.decide(SearchRequest(profile="co-dmv-2019"), Facts(), NOW)
    assert len(decision.failed) > 40
    assert decision.alarm is None


def test_a_complete_request_on_a_level_1_offense_is_permitted() -> None:
    decision = ask()
    assert decision.permitted
    assert decision.failed == ()
    assert decision.alarm is None


def test_a_refusal_carries_sentence_citation_and_mark_of_each_rule() -> None:
    rule = ask(good(case_number=None)).failed[1]
    assert rule.say.startswith("No case number was given.")
    assert rule.cite == "facegate gate rule, not statute"
    assert rule.checked == "2026-11-22 checked"


def test_an_unknown_profile_is_a_refusal_and_not_an_error() -> None:
    decision = ask(good(profile="va-99"))
    assert ids(decision) == ["FG-PROFILE"]
    assert ", ".join(ENGINE.profiles) in decision.failed[0].say
    assert (decision.profile, decision.policy_digest) == ("va-99", "")


@pytest.mark.parametrize("name", ["", "co-dmv-2019 ", "CO-DMV-2019", "\ud800", "x" * 10_000, "every-profile"])
def test_a_name_that_is_nearly_a_profile_is_none(name: str) -> None:
    assert ids(ask(good(profile=name))) == ["FG-PROFILE"]


def test_a_name_that_is_no_name_is_not_repeated() -> None:
    assert ask(good(profile="24-1; officer 8841")).profile == ""


def test_an_action_that_does_not_exist_is_a_refusal_that_lists_those_there_are() -> None:
    decision = ask(good(action="search"))
    assert ids(decision) == ["FG-ACTION"]
    assert "imageComparison, crossJurisdiction, dossier, enrichment" in decision.failed[0].say


def test_the_moratorium_refuses_every_golden_request() -> None:
    for asked, _ in GOLDEN:
        request = replace(asked.request, profile="moratorium")
        assert ids(ENGINE.decide(request, asked.facts, asked.now))[0] == "MORATORIUM"


BY_PROFILE = pytest.mark.parametrize("profile", ENGINE.profiles)


@BY_PROFILE
def test_a_void_code_is_refused_in_every_profile_felony_or_not(profile: str) -> None:
    for code in NEVER:
        for felony in (False, True):
            request = good(profile=profile, offense_code=code, felony=felony, instrument=WARRANT)
            assert "FG-NEVER" in ids(ask(replace(request, charge_citation=CITATION)))


@BY_PROFILE
def test_a_code_that_is_no_offense_is_refused_in_every_profile(profile: str) -> None:
    for code in NOT_OFFENSES:
        assert "FG-NOT-OFFENSE" in ids(ask(good(profile=profile, offense_code=code, instrument=WARRANT)))


@BY_PROFILE
def test_an_immigration_code_is_refused_in_every_profile_without_a_warrant(profile: str) -> None:
    for code in IMMIGRATION:
        for paper in (None, replace(WARRANT, kind="order"), replace(WARRANT, expires="2026-11-21")):
            request = good(profile=profile, offense_code=code, felony=True, instrument=paper)
            assert "FG-IMMIGRATION" in ids(ask(replace(request, charge_citation=CITATION)))


@BY_PROFILE
def test_an_agency_on_the_block_list_is_refused_in_every_profile_with_any_paper(profile: str) -> None:
    blocked = AgencyFacts(known=True, blocked=True, agency_class="police")
    request = good(profile=profile, instrument=WARRANT)
    assert "FG-AGENCY-BLOCKED" in ids(ask(request, facts=replace(FACTS, agency=blocked)))


def test_a_friendly_agency_opens_nothing_for_one_on_the_block_list() -> None:
    blocked = AgencyFacts(known=True, blocked=True, agency_class="immigration")
    through_another = ask(
        good(on_behalf_of="DCICE0100", instrument=WARRANT), facts=replace(FACTS, beneficiary=blocked)
    )
    assert ids(through_another) == ["FG-ON-BEHALF"]


@pytest.mark.parametrize(
    "officer", [NOBODY, OfficerFacts(known=True), replace(SUPERVISOR, role="investigator")]
)
def test_only_a_registered_supervisor_in_good_standing_approves(officer: OfficerFacts) -> None:
    assert ids(ask(facts=replace(FACTS, approver=officer))) == ["FG-APPROVER"]


def test_an_officer_and_an_agency_no_register_knows_have_no_standing() -> None:
    stranger = ids(ask(facts=replace(FACTS, requester=NOBODY)))
    assert stranger == ["FG-OFFICER"]
    assert ids(ask(facts=replace(FACTS, agency=NO_AGENCY))) == ["FG-AGENCY-KNOWN", "FG-ON-BEHALF"]


@pytest.mark.parametrize(
    "number",
    [
        *("24 001", " 24-1", "24-1 ", "24-1\n", "24\t1", "24\u00a01", "24\u200b1"),
        *("\uff12\uff14-1", "\u0662\u0664", "C\u041e-24", "24\u20111", "24\u20131", "24_1", "24#1"),
        *("-24", "24-", "/1", "ABC", "x" * 64 + "1", "24\x001", "24\ud8001"),
    ],
)
def test_a_case_number_with_blanks_or_look_alikes_is_refused(number: str) -> None:
    assert ids(ask(good(case_number=number))) == ["CO-CASE-NUMBER", "FG-CASE-FORM"]


@pytest.mark.parametrize("number", ["24-001234", "7", "2024/88121", "A.1", "x" * 63 + "1"])
def test_a_plain_case_number_is_accepted(number: str) -> None:
    assert ask(good(case_number=number)).permitted


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000"])
def test_a_blank_field_counts_as_left_out(blank: str) -> None:
    decision = ask(good(case_number=blank, offense_level=blank))
    assert ids(decision) == ["CO-CASE-NUMBER", "FG-CASE-NUMBER", "FG-OFFENSE-LEVEL"]


def test_the_same_request_at_the_same_time_has_the_same_decision_and_digests() -> None:
    again = PolicyEngine.load()
    for asked, _ in GOLDEN:
        first = ENGINE.decide(asked.request, asked.facts, asked.now)
        assert again.decide(asked.request, asked.facts, asked.now) == first


def test_the_same_moment_in_another_zone_is_the_same_question() -> None:
    denver = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert ENGINE.decide(GOOD, FACTS, denver) == ask()


def test_what_is_sealed_can_be_asked_again() -> None:
    for asked, _ in GOLDEN:
        decision = ENGINE.decide(asked.request, asked.facts, asked.now)
        law = ENGINE.profile(asked.request.profile)
        assert ENGINE.replay(law, decision.question) == decision.failed


def test_a_sealed_question_without_an_action_is_refused_again() -> None:
    decision = ask(good(action="search"))
    assert ENGINE.replay(CO, decision.question) == decision.failed


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"request": 1}', "no JSON"])
def test_a_seal_that_holds_no_question_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="no question to the policy engine"):
        ENGINE.replay(CO, text)


@pytest.mark.parametrize(
    "changes",
    [{"case_number": "24-001235"}, {"requester": "8842"}, {"agency": "CO0160001"}, {"offense_code": "1202"}],
)
def test_another_request_has_another_digest(changes: dict[str, str]) -> None:
    assert ask(good(**changes)).request_digest != ask().request_digest


def test_a_time_without_a_zone_decides_nothing() -> None:
    with pytest.raises(InputError, match="a decision needs a time with its zone, got 2026-11-22T12:00:00"):
        ENGINE.decide(GOOD, FACTS, NOW.replace(tzinfo=None))


def until_engine(folder: Path, day: str) -> PolicyEngine:
    """Load the first law and the moratorium with an end date."""
    profiles = small_copy(folder, "co-dmv-2019", "moratorium")
    for path in profiles.glob("*.cedar"):
        text = path.read_text(encoding="ascii")
        path.write_text(text.replace('@until("")', f'@until("{day}")', 1), encoding="ascii")
    return engine_of(profiles)


def test_past_its_end_a_profile_refuses_and_says_so(tmp_path: Path) -> None:
    engine = until_engine(tmp_path, "2026-07-01")
    last = datetime(2026, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)
    assert engine.decide(GOOD, FACTS, last).permitted
    late = engine.decide(GOOD, FACTS, datetime(2026, 7, 1, tzinfo=UTC))
    assert ids(late) == ["FG-IN-FORCE"]
    assert "until 2026-07-01 (not included)" in late.failed[0].say


def test_a_moratorium_that_ran_out_still_refuses_and_says_so(tmp_path: Path) -> None:
    engine = until_engine(tmp_path, "2026-07-01")
    decision = engine.decide(good(profile="moratorium"), FACTS, datetime(2026, 7, 1, tzinfo=UTC))
    assert ids(decision) == ["MORATORIUM", "FG-IN-FORCE"]


def test_a_profile_without_any_failed_rule_and_without_a_permit_refuses() -> None:
    text = ENGINE.profile("moratorium").own_text.replace("resource);", "resource)\nwhen { context.felony };")
    engine = rewritten(ENGINE, "moratorium", own=text)
    assert ids(ask(good(profile="moratorium"), engine=engine)) == ["FG-NO-PERMIT"]


def test_an_overlay_adds_its_refusals_to_those_of_the_law() -> None:
    decision = ENGINE.decide(good(case_number=None), FACTS, NOW, overlays=("moratorium",))
    assert ids(decision) == ["CO-CASE-NUMBER", "MORATORIUM", "FG-CASE-NUMBER"]
    assert decision.profile == "co-dmv-2019+moratorium"
    assert decision.policy_digest == ENGINE.profile("co-dmv-2019+moratorium").digest


def test_an_overlay_that_does_not_exist_is_a_refusal() -> None:
    decision = ENGINE.decide(GOOD, FACTS, NOW, overlays=("moritorium",))
    assert ids(decision) == ["FG-PROFILE"]
    assert decision.policy_digest == ""
    assert ENGINE.digest(GOOD.profile, ("moritorium",)) == ""


def test_a_law_that_permits_cannot_be_laid_over_another() -> None:
    with pytest.raises(InputError, match="co-dmv-2019-strict is a profile of its own, not an overlay"):
        ENGINE.decide(GOOD, FACTS, NOW, overlays=("co-dmv-2019-strict",))


def test_an_overlay_is_put_together_once_whatever_the_order() -> None:
    engine = PolicyEngine(ENGINE.profiles, ENGINE.schema, ENGINE.catalogue)
    for overlays in (("moratorium", "no-immigration"), ("no-immigration", "moratorium", "moratorium")):
        engine.decide(GOOD, FACTS, NOW, overlays=overlays)
    assert [law.name for law in engine.combined.values()] == ["co-dmv-2019+moratorium+no-immigration"]


def answer(decision: str, reasons: dict[str, str] | None = None, errors: list[str] | None = None) -> object:
    """Build what cedarpy would return."""
    named = reasons or {}
    diagnostics = {"reason": list(named), "id_annotations_by_reason": named, "errors": errors or []}
    return cedarpy.AuthzResult({"decision": decision, "diagnostics": diagnostics})


PERMIT = {"policy0": "CO-PERMIT"}
FORBID = {"policy2": "CO-CASE-NUMBER"}
BAD_ANSWERS = [
    answer("NoDecision"),
    answer("NoDecision", PERMIT),
    answer("NoDecision", errors=["failed to build request"]),
    answer("Allow", PERMIT, ["error while evaluating policy `policy3`"]),
    answer("Deny", FORBID, ["error while evaluating policy `policy3`"]),
    answer("Allow"),
    answer("Allow", FORBID),
    answer("Allow", PERMIT | FORBID),
    answer("Allow", {"policy999": "CO-PERMIT"}),
    answer("Allow", {"CO-PERMIT": "CO-PERMIT"}),
    answer("Allow", {"policy0": "CO-CASE-NUMBER"}),
    answer("Deny", PERMIT),
    answer("Deny", {"policy3": "CO-CASE-NUMBER"}),
    None,
]


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_whatever_is_not_a_clean_answer_is_refused_with_an_alarm(
    monkeypatch: pytest.MonkeyPatch, bad: object
) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: bad)
    decision = ask()
    assert not decision.permitted
    assert ids(decision)[-1] == "FG-ENGINE"
    assert decision.alarm


def test_a_clean_allow_is_what_the_real_engine_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: answer("Allow", PERMIT))
    assert ask().permitted


def test_a_denial_with_an_error_names_its_rules_and_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = answer("Deny", FORBID, ["error"])
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: bad)
    assert ids(ask()) == ["CO-CASE-NUMBER", "FG-ENGINE"]


class Panic(BaseException):
    """What a panic in Rust looks like from Python: no Exception."""


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), MemoryError(), Panic("rust")])
def test_a_crash_inside_cedar_is_a_refusal_with_an_alarm(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def crash(*_: object) -> None:
        raise error

    monkeypatch.setattr(cedarpy, "is_authorized", crash)
    decision = ask()
    assert ids(decision) == ["FG-ENGINE"]
    assert decision.alarm is not None
    assert decision.alarm.startswith(f"Cedar failed: {type(error).__name__}")


def test_an_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cedarpy, "is_authorized", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ask()


def test_an_alarm_holds_no_case_number_and_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    error = 'entity `FaceGate::Officer::"8841"` does not exist; case "24-001234'
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: answer("Allow", PERMIT, [error]))
    alarm = ask().alarm
    assert alarm is not None
    assert "8841" not in alarm
    assert "24-001234" not in alarm


EVERY_ENTITY = good(operator="77", on_behalf_of="CO0300000", charge_citation=CITATION)


@pytest.mark.parametrize("number", range(len(query(EVERY_ENTITY).known.entities)))
def test_each_entity_removed_in_turn_is_a_refusal_with_an_alarm(number: int) -> None:
    whole = query(EVERY_ENTITY)
    entities = whole.known.entities[:number] + whole.known.entities[number + 1 :]
    refused, alarm = ENGINE._answer(CO, CedarQuery.of(whole.request, Known.of(entities)))
    assert [rule.rule_id for rule in refused] == ["FG-ENGINE"]
    assert alarm is not None
    assert whole.known.entities[number]["uid"]["type"] in alarm


def test_every_kind_of_entity_stands_in_the_question() -> None:
    kinds = [one["uid"]["type"].removeprefix("FaceGate::") for one in query(EVERY_ENTITY).known.entities]
    assert [kinds.count(one) for one in ("Gate", "Profile", "Officer", "Agency", "Offense")] == [
        1,
        1,
        3,
        2,
        1,
    ]
    assert kinds.count("OffenseClass") == len(ENGINE.catalogue.classes_of("1201")) >= 1


@pytest.mark.parametrize("kind", ["Officer", "Agency", "Profile", "Offense", "Gate"])
def test_an_absent_entity_is_a_refusal_even_if_nobody_looks_first(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(CedarQuery, "missing_entities", lambda _: ())
    whole = query(good(offense_code="1401", felony=True, charge_citation=CITATION))
    entities = tuple(one for one in whole.known.entities if one["uid"]["type"] != f"FaceGate::{kind}")
    refused, alarm = ENGINE._answer(CO, CedarQuery.of(whole.request, Known.of(entities)))
    assert len(entities) < len(whole.known.entities)
    assert refused[-1].rule_id == "FG-ENGINE"
    assert alarm is not None


@pytest.mark.parametrize(
    "name", sorted(query(GOOD).request["context"].keys() - {"suspicion", "incidentNumber", "setting"})
)
def test_each_fact_removed_in_turn_is_a_refusal(name: str) -> None:
    whole = query(GOOD)
    context = {key: value for key, value in whole.request["context"].items() if key != name}
    refused, _ = ENGINE._answer(CO, CedarQuery.of({**whole.request, "context": context}, whole.known))
    assert refused


def of_kind(whole: CedarQuery, kind: str) -> Any:  # noqa: ANN401  Cedar's JSON
    return next(one for one in whole.known.entities if one["uid"]["type"] == f"FaceGate::{kind}")


@pytest.mark.parametrize("name", sorted(of_kind(query(GOOD), "Gate")["attrs"]))
def test_each_fact_of_the_gate_removed_in_turn_is_a_refusal_with_an_alarm(name: str) -> None:
    whole = query(GOOD)
    gate = of_kind(whole, "Gate")
    poorer = {**gate, "attrs": {key: value for key, value in gate["attrs"].items() if key != name}}
    entities = tuple(poorer if one is gate else one for one in whole.known.entities)
    refused, alarm = ENGINE._answer(CO, CedarQuery.of(whole.request, Known.of(entities)))
    assert [rule.rule_id for rule in refused] == ["FG-ENGINE"]
    assert alarm


def test_what_was_read_once_is_read_again_when_it_changes() -> None:
    """An officer suspended between two requests: what Cedar was told of him before must not serve again."""
    engine = PolicyEngine.load()
    asked = good()
    assert engine.decide(asked, FACTS, NOW).permitted
    suspended = replace(FACTS, requester=replace(FACTS.requester, active=False))
    assert [rule.rule_id for rule in engine.decide(asked, suspended, NOW).failed] == ["FG-OFFICER"]
    assert engine.decide(asked, FACTS, NOW).permitted


def test_no_more_is_kept_of_what_was_read_than_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegate.policy.query.MOST_KEPT", 3)
    engine = PolicyEngine.load()
    for number in range(10):
        engine.decide(good(requester=str(number)), FACTS, NOW)
    assert len(engine.known) == len(engine.described) == 3


@pytest.mark.parametrize("extra", [{"warrant": True}, {"felony": "yes"}, {"caseNumber": 24}, {"now": 0}])
def test_an_extra_or_mistyped_fact_is_a_refusal_with_an_alarm(extra: dict[str, object]) -> None:
    whole = query(GOOD)
    context = {**whole.request["context"], **extra}
    refused, alarm = ENGINE._answer(CO, CedarQuery.of({**whole.request, "context": context}, whole.known))
    assert [rule.rule_id for rule in refused] == ["FG-ENGINE"]
    assert alarm


RULE = FailedRule("X", "x.", "x", "2026-11-22 checked")


@pytest.mark.parametrize(
    ("permitted", "failed", "alarm"), [(True, (RULE,), None), (False, (), None), (True, (), "alarm")]
)
def test_a_decision_cannot_contradict_itself(
    permitted: bool,  # noqa: FBT001  pytest names the parameter
    failed: tuple[FailedRule, ...],
    alarm: str | None,
) -> None:
    with pytest.raises(RuntimeError, match="either permitted, without alarm, or names a failed rule"):
        PolicyDecision(permitted, failed, "p", "", "", "", "", "", alarm)


def test_a_decision_cannot_be_changed_afterwards() -> None:
    decision = ask()
    with pytest.raises(FrozenInstanceError):
        decision.permitted = False  # type: ignore[misc]
