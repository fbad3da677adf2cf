"""Loading profiles: whatever does not pass is one sentence that names file and rule."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import TYPE_CHECKING

import pytest
from policy_cases import GOOD, NOW, engine_of, shipped_copy, shipped_engine

from facegate.errors import InputError
from facegate.policy.engine import PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import GATE_RULES, SHIPPED, load_profiles
from facegate.policy.query import Period

if TYPE_CHECKING:
    from pathlib import Path

CO = "co-dmv-2019.cedar"
MORATORIUM = "moratorium.cedar"
GATE = "gate_rules.cedar"
SCHEMA = "facegate.cedarschema"


def spoil(profiles: Path, file: str, old: str, new: str, *, count: int = 1) -> None:
    """Replace text in one file, making sure that it was there."""
    path = (profiles.parent if file == GATE else profiles) / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def test_exactly_two_profiles_are_shipped() -> None:
    assert list(shipped_engine().profiles) == ["co-dmv-2019", "moratorium"]


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            CO,
            "context.felony",
            "context.felon",
            r"rule CO-LEVEL-1: does not hold against the schema: .*felon",
        ),
        (GATE, "principal.idWellFormed", "principal.idOk", r"gate_rules\.cedar, rule FG-REQUESTER: does not"),
        (GATE, "context has offense && ", "", "rule FG-NEVER: does not hold .* optional attribute `offense`"),
        (
            CO,
            "has caseNumber",
            "has casenumber",
            r"co-dmv-2019\.cedar, rule CO-CASE-NUMBER: `has casenumber`",
        ),
        (
            GATE,
            "has offense &&",
            "has ofense &&",
            r"gate_rules\.cedar, rule FG-NEVER: `has ofense` tests what",
        ),
        (
            GATE,
            "has offense &&",
            "has agency &&",
            "rule FG-NEVER: `has agency` tests what the schema does not",
        ),
        (CO, "CO-Level-1-List", "CO-Levle-1", 'CO-LEVEL-1: there is no FaceGate::OffenseClass::"CO-Levle-1"'),
        (CO, 'OffenseClass::"CO-Level-1-List"', 'Offense::"1213"', 'there is no FaceGate::Offense::"1213"'),
        (CO, "forbid (principal", "forbd (principal", r"co-dmv-2019\.cedar: this is not Cedar"),
        (CO, "CO-ACTION", "CO-PERMIT", r"rule CO-PERMIT: the same @id stands in co-dmv-2019\.cedar"),
        (MORATORIUM, '("MORATORIUM")', '("CO-ACTION")', r"moratorium\.cedar, rule CO-ACTION: the same @id"),
        (CO, '@id("CO-ACTION")', "", r"rule \(without @id\): annotation @id is missing"),
        (CO, '@id("CO-ACTION")', "@id", r"rule \(without @id\): annotation @id is not of its form"),
        (CO, '@id("CO-ACTION")', '@id("co action")', "annotation @id is not of its form"),
        (CO, "CO-ACTION", "FG-ACTION", "ids starting with FG- are those of the gate rules"),
        (GATE, "FG-AGENCY", "AGENCY", "ids starting with FG- are those of the gate rules"),
        (CO, '@until("")', "", "rule CO-PERMIT: annotation @until is missing"),
        (CO, '@until("")', '@until("") @untill("")', "annotation @untill is not known; wanted only @id"),
        (CO, '@until("")', '@until("July 2026")', "annotation @until is not of its form, got 'July 2026'"),
        (CO, '@until("")', '@until("2026-02-30")', "2026-02-30 is not a day of the calendar"),
        (CO, '@until("")', '@until("2019-09-09")', r"co-dmv-2019\.cedar: is never in force"),
        (CO, "2026-11-22 checked", "checked", "annotation @checked is not of its form"),
        (CO, "2026-11-22 checked", "2026-11-22 maybe", "annotation @checked is not of its form"),
        (
            CO,
            '@cite("Colorado DMV memo, 9 September 2019, IMAGE COMPARISONS")',
            "@cite",
            "@cite is not of its",
        ),
        (CO, "usable case number.", "usable {case} number.", "and no other braces"),
        (CO, '@profile("co-dmv-2019")', '@profile("x")', "belongs to @profile 'x', wanted 'co-dmv-2019'"),
        (CO, 'resource == FaceGate::Profile::"co-dmv-2019"', "resource", "a permit must be bound to its"),
        (CO, 'Profile::"co-dmv-2019"', 'Profile::"moratorium"', "a permit must be bound to its profile"),
        (CO, 'action == FaceGate::Action::"imageComparison",', "action,", "a permit must name its one"),
        (CO, "permit (\n  principal,", "permit (\n  principal == ?principal,", "a template"),
        (
            CO,
            "the one specific",
            "the one sp\u0435cific",
            r"dmv-2019\.cedar, line 11: a character that is not",
        ),
        (SCHEMA, "entity OffenseClass;", "entity OffenseClass", "this is not a Cedar schema"),
    ],
)
def test_what_does_not_pass_is_refused_by_file_and_rule(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    profiles = shipped_copy(tmp_path)
    spoil(profiles, file, old, new)
    with pytest.raises(InputError, match=message):
        engine_of(profiles)


def test_a_second_permit_is_refused(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    text = (profiles / CO).read_text(encoding="ascii")
    permit = text[text.index("@id") : text.index(");") + 2]
    (profiles / CO).write_text(text + permit.replace("CO-PERMIT", "CO-BACKDOOR"), encoding="ascii")
    with pytest.raises(InputError, match="rule CO-BACKDOOR: got 2 permits, wanted at most 1"):
        engine_of(profiles)


def test_a_gate_rule_never_permits(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    spoil(profiles, GATE, "forbid (principal, action, resource)", "permit (principal, action, resource)")
    with pytest.raises(InputError, match=r"gate_rules\.cedar, rule FG-IN-FORCE: a permit must be bound"):
        engine_of(profiles)


def test_two_files_cannot_hold_one_profile(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    (profiles / "colorado.cedar").write_bytes((profiles / CO).read_bytes())
    with pytest.raises(
        InputError, match=r"colorado\.cedar, rule CO-PERMIT: belongs to @profile 'co-dmv-2019'"
    ):
        engine_of(profiles)


@pytest.mark.parametrize("name", ["Colorado.cedar", "co dmv.cedar", "-co.cedar"])
def test_a_profile_has_a_plain_name(tmp_path: Path, name: str) -> None:
    profiles = shipped_copy(tmp_path)
    (profiles / CO).rename(profiles / name)
    with pytest.raises(InputError, match="cannot name a profile"):
        engine_of(profiles)


def test_a_profile_cannot_take_the_name_of_the_gate_rules(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    (profiles / "every-profile.cedar").write_bytes(GATE_RULES.read_bytes())
    with pytest.raises(InputError, match=r"every-profile\.cedar: this name is kept"):
        engine_of(profiles)


@pytest.mark.parametrize("text", ["", "// nothing yet\n"])
def test_an_empty_profile_is_refused(tmp_path: Path, text: str) -> None:
    profiles = shipped_copy(tmp_path)
    (profiles / CO).write_text(text, encoding="ascii")
    with pytest.raises(InputError, match=r"co-dmv-2019\.cedar: holds no rule"):
        engine_of(profiles)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds one \.cedarschema, got 0"):
        PolicyEngine.load(tmp_path)


def test_a_folder_without_profiles_is_refused(tmp_path: Path) -> None:
    (tmp_path / SCHEMA).write_bytes((SHIPPED / SCHEMA).read_bytes())
    with pytest.raises(InputError, match=r"wanted at least one \.cedar file, got none"):
        PolicyEngine.load(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no policy folder"):
        PolicyEngine.load(tmp_path / "none")


def test_missing_gate_rules_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read none\.cedar: No such file"):
        load_profiles(SHIPPED, catalogue=OffenseCatalogue.load(), gate_rules=tmp_path / "none.cedar")


def test_another_folder_still_gets_the_gate_rules(tmp_path: Path) -> None:
    engine = PolicyEngine.load(shipped_copy(tmp_path))
    assert len(engine.profile("moratorium").gate_rules) == 12


def test_the_digest_is_over_the_profile_and_the_gate_rules() -> None:
    text = (SHIPPED / CO).read_bytes() + b"\n" + GATE_RULES.read_bytes()
    decision = shipped_engine().decide(GOOD, NOW)
    assert decision.policy_digest == hashlib.sha256(text).hexdigest()
    assert decision.schema_digest == hashlib.sha256((SHIPPED / SCHEMA).read_bytes()).hexdigest()


def test_one_changed_byte_of_a_profile_changes_its_digest(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    spoil(profiles, CO, "// Colorado", "// colorado")
    changed = engine_of(profiles).profile("co-dmv-2019")
    assert changed.digest != shipped_engine().profile("co-dmv-2019").digest


def test_a_profile_runs_from_its_latest_start_to_its_earliest_end(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    spoil(profiles, CO, '@effective("2019-09-09")', '@effective("2020-01-01")')
    spoil(profiles, CO, '@until("")', '@until("2027-01-01")')
    spoil(profiles, CO, '@until("")', '@until("2026-07-01")')
    assert engine_of(profiles).profile("co-dmv-2019").period == Period(date(2020, 1, 1), date(2026, 7, 1))


def test_every_shipped_rule_says_what_it_rests_on() -> None:
    for profile in shipped_engine().profiles.values():
        for rule in profile.rules:
            assert rule.cite
            assert rule.is_checked
            assert "{" not in rule.say


def test_only_the_mark_checked_counts_as_checked(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    spoil(profiles, CO, "2026-11-22 checked", "2026-11-22 unchecked")
    assert not engine_of(profiles).profile("co-dmv-2019").own_rules[0].is_checked


def test_what_the_request_cannot_carry_yet_is_listed_as_not_enforced() -> None:
    listed = " ".join(shipped_engine().profile("co-dmv-2019").not_enforced)
    assert "C.R.S. 42-1-206(1)(b)" in listed
    assert "official duty" in listed


def test_an_unknown_profile_is_an_input_error_that_lists_the_known_ones() -> None:
    with pytest.raises(InputError, match="no profile 'nope'; there are co-dmv-2019, moratorium"):
        shipped_engine().profile("nope")
