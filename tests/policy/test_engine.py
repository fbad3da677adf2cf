"""The engine: golden decisions, and every error a refusal."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import cedarpy
import pytest
from policy_cases import (
    AGENCIES,
    CITATION,
    GOLDEN,
    GOOD,
    IMMIGRATION,
    NEVER,
    NOW,
    Case,
    engine_of,
    failed_ids,
    good,
    shipped_copy,
    shipped_engine,
)

from facegate.errors import InputError
from facegate.policy.engine import PolicyDecision, PolicyEngine
from facegate.policy.query import CedarQuery, cedar_query
from facegate.records import FailedRule, SearchRequest

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = shipped_engine()
CO = ENGINE.profile("co-dmv-2019")


def ids(decision: PolicyDecision) -> list[str]:
    return [rule.rule_id for rule in decision.failed]


def query(request: SearchRequest) -> CedarQuery:
    return cedar_query(request, profile="co-dmv-2019", period=CO.period, now=NOW, catalogue=ENGINE.catalogue)


@pytest.mark.parametrize("case", GOLDEN)
def test_a_golden_request_fails_exactly_its_rules_in_file_order(case: Case) -> None:
    assert failed_ids(ENGINE, case) == case.fails


def test_a_complete_request_on_a_level_1_offense_is_permitted() -> None:
    decision = ENGINE.decide(GOOD, NOW)
    assert decision.permitted
    assert decision.failed == ()
    assert decision.alarm is None


def test_a_refusal_carries_sentence_citation_and_mark_of_each_rule() -> None:
    rule = ENGINE.decide(good(case_number=None), NOW).failed[1]
    assert rule.say.startswith("No case number was given.")
    assert rule.cite == "facegate gate rule, not statute"
    assert rule.checked == "2026-11-22 checked"


def test_an_unknown_profile_is_a_refusal_and_not_an_error() -> None:
    decision = ENGINE.decide(good(profile="va-52-4.5"), NOW)
    assert ids(decision) == ["FG-PROFILE"]
    assert "co-dmv-2019, moratorium" in decision.failed[0].say
    assert (decision.profile, decision.policy_digest) == ("va-52-4.5", "")


@pytest.mark.parametrize("name", ["", "co-dmv-2019 ", "CO-DMV-2019", "\ud800", "x" * 10_000, "every-profile"])
def test_a_name_that_is_nearly_a_profile_is_none(name: str) -> None:
    assert ids(ENGINE.decide(good(profile=name), NOW)) == ["FG-PROFILE"]


def test_a_name_that_is_no_name_is_not_repeated() -> None:
    assert ENGINE.decide(good(profile="24-1; officer 8841"), NOW).profile == ""


def test_the_moratorium_refuses_every_golden_request() -> None:
    for case in GOLDEN:
        decision = ENGINE.decide(replace(case.request, profile="moratorium"), case.now)
        assert ids(decision)[0] == "MORATORIUM"


@pytest.mark.parametrize("code", sorted(NEVER))
@pytest.mark.parametrize("profile", ["co-dmv-2019", "moratorium"])
def test_a_void_code_is_refused_in_every_profile_felony_or_not(code: str, profile: str) -> None:
    for felony in (False, True):
        request = good(profile=profile, offense_code=code, felony=felony, charge_citation=CITATION)
        assert "FG-NEVER" in ids(ENGINE.decide(request, NOW))


@pytest.mark.parametrize("code", sorted(IMMIGRATION))
def test_an_immigration_code_is_refused_for_every_agency_felony_or_not(code: str) -> None:
    for agency in AGENCIES:
        for felony in (False, True):
            request = good(offense_code=code, agency=agency, felony=felony, charge_citation=CITATION)
            assert "FG-IMMIGRATION" in ids(ENGINE.decide(request, NOW))


@pytest.mark.parametrize(
    "number",
    [
        *("24 001", " 24-1", "24-1 ", "24-1\n", "24\t1", "24\u00a01", "24\u200b1"),
        *("\uff12\uff14-1", "\u0662\u0664", "C\u041e-24", "24\u20111", "24\u20131", "24_1", "24#1"),
        *("-24", "24-", "/1", "ABC", "x" * 64 + "1", "24\x001", "24\ud8001"),
    ],
)
def test_a_case_number_with_blanks_or_look_alikes_is_refused(number: str) -> None:
    assert ids(ENGINE.decide(good(case_number=number), NOW)) == ["CO-CASE-NUMBER", "FG-CASE-FORM"]


@pytest.mark.parametrize("number", ["24-001234", "7", "2024/88121", "A.1", "x" * 63 + "1"])
def test_a_plain_case_number_is_accepted(number: str) -> None:
    assert ENGINE.decide(good(case_number=number), NOW).permitted


@pytest.mark.parametrize("blank", ["", " ", "\t\n", "\u3000"])
def test_a_blank_field_counts_as_left_out(blank: str) -> None:
    decision = ENGINE.decide(good(case_number=blank, offense_level=blank), NOW)
    assert ids(decision) == ["CO-CASE-NUMBER", "FG-CASE-NUMBER", "FG-OFFENSE-LEVEL"]


def test_the_same_request_at_the_same_time_has_the_same_decision_and_digests() -> None:
    for case in GOLDEN:
        first = ENGINE.decide(case.request, case.now)
        assert PolicyEngine.load().decide(case.request, case.now) == first


def test_the_same_moment_in_another_zone_is_the_same_question() -> None:
    denver = NOW.astimezone(timezone(timedelta(hours=-7)))
    assert ENGINE.decide(GOOD, denver) == ENGINE.decide(GOOD, NOW)


@pytest.mark.parametrize(
    "changes",
    [{"case_number": "24-001235"}, {"requester": "8842"}, {"agency": "CO0160001"}, {"offense_code": "1202"}],
)
def test_another_request_has_another_digest(changes: dict[str, str]) -> None:
    assert ENGINE.decide(good(**changes), NOW).request_digest != ENGINE.decide(GOOD, NOW).request_digest


def test_a_time_without_a_zone_decides_nothing() -> None:
    with pytest.raises(InputError, match="a decision needs a time with its zone, got 2026-11-22T12:00:00"):
        ENGINE.decide(GOOD, NOW.replace(tzinfo=None))


def until_engine(folder: Path, day: str) -> PolicyEngine:
    """Load the profiles with an end date on Colorado's and on the moratorium."""
    profiles = shipped_copy(folder)
    for path in profiles.glob("*.cedar"):
        text = path.read_text(encoding="ascii")
        path.write_text(text.replace('@until("")', f'@until("{day}")', 1), encoding="ascii")
    return engine_of(profiles)


def test_past_its_end_a_profile_refuses_and_says_so(tmp_path: Path) -> None:
    engine = until_engine(tmp_path, "2026-07-01")
    last = datetime(2026, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)
    assert engine.decide(GOOD, last).permitted
    late = engine.decide(GOOD, datetime(2026, 7, 1, tzinfo=UTC))
    assert ids(late) == ["FG-IN-FORCE"]
    assert "until 2026-07-01 (not included)" in late.failed[0].say


def test_a_moratorium_that_ran_out_still_refuses_and_says_so(tmp_path: Path) -> None:
    engine = until_engine(tmp_path, "2026-07-01")
    decision = engine.decide(good(profile="moratorium"), datetime(2026, 7, 1, tzinfo=UTC))
    assert ids(decision) == ["MORATORIUM", "FG-IN-FORCE"]


def test_a_profile_without_any_failed_rule_and_without_a_permit_refuses(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    path = profiles / "moratorium.cedar"
    path.write_text(
        path.read_text(encoding="ascii").replace("resource);", "resource)\nwhen { context.felony };")
    )
    decision = engine_of(profiles).decide(good(profile="moratorium"), NOW)
    assert ids(decision) == ["FG-NO-PERMIT"]


def answer(decision: str, reasons: dict[str, str] | None = None, errors: list[str] | None = None) -> object:
    """Build what cedarpy would return."""
    named = reasons or {}
    diagnostics = {"reason": list(named), "id_annotations_by_reason": named, "errors": errors or []}
    return cedarpy.AuthzResult({"decision": decision, "diagnostics": diagnostics})


PERMIT = {"policy0": "CO-PERMIT"}
BAD_ANSWERS = [
    answer("NoDecision"),
    answer("NoDecision", PERMIT),
    answer("NoDecision", errors=["failed to build request"]),
    answer("Allow", PERMIT, ["error while evaluating policy `policy3`"]),
    answer("Deny", {"policy1": "CO-ACTION"}, ["error while evaluating policy `policy3`"]),
    answer("Allow"),
    answer("Allow", {"policy1": "CO-ACTION"}),
    answer("Allow", {"policy0": "CO-PERMIT", "policy1": "CO-ACTION"}),
    answer("Allow", {"policy99": "CO-PERMIT"}),
    answer("Allow", {"CO-PERMIT": "CO-PERMIT"}),
    answer("Allow", {"policy0": "CO-ACTION"}),
    answer("Deny", PERMIT),
    answer("Deny", {"policy2": "CO-ACTION"}),
    None,
]


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_whatever_is_not_a_clean_answer_is_refused_with_an_alarm(
    monkeypatch: pytest.MonkeyPatch, bad: object
) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: bad)
    decision = ENGINE.decide(GOOD, NOW)
    assert not decision.permitted
    assert ids(decision)[-1] == "FG-ENGINE"
    assert decision.alarm


def test_a_clean_allow_is_what_the_real_engine_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: answer("Allow", PERMIT))
    assert ENGINE.decide(GOOD, NOW).permitted


def test_a_denial_with_an_error_names_its_rules_and_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = answer("Deny", {"policy1": "CO-ACTION"}, ["error"])
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: bad)
    assert ids(ENGINE.decide(GOOD, NOW)) == ["CO-ACTION", "FG-ENGINE"]


class Panic(BaseException):
    """What a panic in Rust looks like from Python: no Exception."""


@pytest.mark.parametrize("error", [ValueError("x"), RuntimeError("x"), MemoryError(), Panic("rust")])
def test_a_crash_inside_cedar_is_a_refusal_with_an_alarm(
    monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def crash(*_: object) -> None:
        raise error

    monkeypatch.setattr(cedarpy, "is_authorized", crash)
    decision = ENGINE.decide(GOOD, NOW)
    assert ids(decision) == ["FG-ENGINE"]
    assert decision.alarm is not None
    assert decision.alarm.startswith(f"Cedar failed: {type(error).__name__}")


def test_an_interrupt_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cedarpy, "is_authorized", interrupt)
    with pytest.raises(KeyboardInterrupt):
        ENGINE.decide(GOOD, NOW)


def test_an_alarm_holds_no_case_number_and_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    error = 'entity `FaceGate::Officer::"8841"` does not exist; case "24-001234'
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: answer("Allow", PERMIT, [error]))
    alarm = ENGINE.decide(GOOD, NOW).alarm
    assert alarm is not None
    assert "8841" not in alarm
    assert "24-001234" not in alarm


EVERY_ENTITY = good(offense_code="1201", charge_citation=CITATION)


@pytest.mark.parametrize("number", range(len(query(EVERY_ENTITY).entities)))
def test_each_entity_removed_in_turn_is_a_refusal_with_an_alarm(number: int) -> None:
    whole = query(EVERY_ENTITY)
    entities = whole.entities[:number] + whole.entities[number + 1 :]
    failed, alarm = ENGINE._answer(CO, CedarQuery(whole.request, entities))
    assert [rule.rule_id for rule in failed] == ["FG-ENGINE"]
    assert alarm is not None
    assert whole.entities[number]["uid"]["type"] in alarm


@pytest.mark.parametrize("kind", ["Officer", "Agency", "Profile", "Offense"])
def test_an_absent_entity_is_a_refusal_even_if_nobody_looks_first(
    monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(CedarQuery, "missing_entities", lambda _: ())
    whole = query(good(offense_code="1401", felony=True, charge_citation=CITATION))
    entities = tuple(one for one in whole.entities if one["uid"]["type"] != f"FaceGate::{kind}")
    failed, alarm = ENGINE._answer(CO, CedarQuery(whole.request, entities))
    assert len(entities) == len(whole.entities) - 1
    assert failed[-1].rule_id == "FG-ENGINE"
    assert alarm is not None


@pytest.mark.parametrize("name", sorted(query(GOOD).request["context"]))
def test_each_fact_removed_in_turn_is_a_refusal(name: str) -> None:
    whole = query(GOOD)
    context = {key: value for key, value in whole.request["context"].items() if key != name}
    failed, _ = ENGINE._answer(CO, CedarQuery({**whole.request, "context": context}, whole.entities))
    assert failed


@pytest.mark.parametrize("extra", [{"warrant": True}, {"felony": "yes"}, {"caseNumber": 24}, {"now": 0}])
def test_an_extra_or_mistyped_fact_is_a_refusal_with_an_alarm(extra: dict[str, object]) -> None:
    whole = query(GOOD)
    context = {**whole.request["context"], **extra}
    failed, alarm = ENGINE._answer(CO, CedarQuery({**whole.request, "context": context}, whole.entities))
    assert [rule.rule_id for rule in failed] == ["FG-ENGINE"]
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
        PolicyDecision(permitted, failed, "p", "", "", "", "", alarm)


def test_a_decision_cannot_be_changed_afterwards() -> None:
    decision = ENGINE.decide(GOOD, NOW)
    with pytest.raises(FrozenInstanceError):
        decision.permitted = False  # type: ignore[misc]
