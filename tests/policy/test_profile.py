"""Loading profiles: whatever does not pass is one sentence that names file and rule."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from typing import TYPE_CHECKING

import pytest
from asked import FACTS, GOOD, NOW, shipped_engine
from own_folder import engine_of, rewritten, shipped_copy, small_copy, spoil

from facegate.errors import InputError
from facegate.policy.engine import PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.period import Period
from facegate.policy.profile import GATE_RULES, SHIPPED, lay_over, load_profiles, spoken

if TYPE_CHECKING:
    from pathlib import Path

CO = "co-dmv-2019.cedar"
MORATORIUM = "moratorium.cedar"
GATE = "gate_rules.cedar"
SCHEMA = "facegate.cedarschema"
SECOND = "rule CO-DOSSIER-PERMIT: a second permit of imageComparison, wanted at most one"


def two_laws(folder: Path) -> Path:
    """Copy one law and one overlay to where a test may spoil them."""
    return small_copy(folder, "co-dmv-2019", "moratorium")


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
        (CO, "CO-Level-1-List", "CO-Levle-1", 'CO-LEVEL-1: there is no FaceGate::OffenseClass::"CO-Levle-1"'),
        (CO, 'OffenseClass::"CO-Level-1-List"', 'Offense::"1213"', 'there is no FaceGate::Offense::"1213"'),
        (CO, "forbid (principal", "forbd (principal", r"co-dmv-2019\.cedar: this is not Cedar"),
        (CO, "CO-DUTY", "CO-PERMIT", r"rule CO-PERMIT: the same @id stands in co-dmv-2019\.cedar"),
        (MORATORIUM, '("MORATORIUM")', '("CO-DUTY")', r"moratorium\.cedar, rule CO-DUTY: the same @id"),
        (CO, '@id("CO-DUTY")', "", r"rule \(without @id\): annotation @id is missing"),
        (CO, '@id("CO-DUTY")', "@id", r"rule \(without @id\): annotation @id is not of its form"),
        (CO, '@id("CO-DUTY")', '@id("co action")', "annotation @id is not of its form"),
        (CO, "CO-DUTY", "FG-DUTY", "ids starting with FG- are those of the gate rules"),
        (GATE, "FG-AGENCY", "AGENCY", "ids starting with FG- are those of the gate rules"),
        (CO, '@until("")', "", "rule CO-PERMIT: annotation @until is missing"),
        (CO, '@until("")', '@until("") @untill("")', "annotation @untill is not known; wanted only @id"),
        (CO, '@until("")', '@until("July 2026")', "annotation @until is not of its form, got 'July 2026'"),
        (CO, '@until("")', '@until("2026-02-30")', "2026-02-30 is not a day of the calendar"),
        (CO, '@until("")', '@until("2019-09-09")', r"co-dmv-2019 is never in force: it starts on 2019-09-09"),
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
            "of Motor Vehicles",
            "of M\u043etor Vehicles",
            r"dmv-2019\.cedar, line 1: a character that is not",
        ),
        (
            CO,
            'action == FaceGate::Action::"dossier",',
            'action == FaceGate::Action::"imageComparison",',
            SECOND,
        ),
        (CO, '@levels("1 | below-1")', '@levels("Level One")', "annotation @levels is not of its form"),
        (CO, '@levels("1 | below-1")', '@allows("drones")', "@allows 'drones' opens nothing; wanted some of"),
        (CO, '@id("CO-DUTY")', '@id("CO-DUTY") @allows("mobile")', "CO-DUTY: only a permit can allow"),
        (GATE, '@id("FG-CLOCK")', '@id("FG-CLOCK") @allows("live")', "FG-CLOCK: only a permit can allow"),
        (
            SCHEMA,
            "entity OffenseClass;",
            "entity OffenseClass",
            "facegate.cedarschema is not the schema of this version; leave it out",
        ),
    ],
)
def test_what_does_not_pass_is_refused_by_file_and_rule(
    tmp_path: Path, file: str, old: str, new: str, message: str
) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, file, old, new)
    with pytest.raises(InputError, match=message):
        engine_of(profiles)


def test_a_second_permit_is_refused(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    text = (profiles / CO).read_text(encoding="ascii")
    permit = text[text.index("@id") : text.index(");") + 2]
    (profiles / CO).write_text(text + permit.replace("CO-PERMIT", "CO-BACKDOOR"), encoding="ascii")
    with pytest.raises(InputError, match="rule CO-BACKDOOR: a second permit of imageComparison"):
        engine_of(profiles)


def test_a_gate_rule_never_permits(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, GATE, "forbid (principal, action, resource)", "permit (principal, action, resource)")
    with pytest.raises(InputError, match=r"gate_rules\.cedar, rule FG-IN-FORCE: a permit must be bound"):
        engine_of(profiles)


def test_two_files_cannot_hold_one_profile(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    (profiles / "colorado.cedar").write_bytes((profiles / CO).read_bytes())
    with pytest.raises(
        InputError, match=r"colorado\.cedar, rule CO-PERMIT: belongs to @profile 'co-dmv-2019'"
    ):
        engine_of(profiles)


@pytest.mark.parametrize("name", ["Colorado.cedar", "co dmv.cedar", "-co.cedar"])
def test_a_profile_has_a_plain_name(tmp_path: Path, name: str) -> None:
    profiles = two_laws(tmp_path)
    (profiles / CO).rename(profiles / name)
    with pytest.raises(InputError, match="cannot name a profile"):
        engine_of(profiles)


def test_a_profile_cannot_take_the_name_of_the_gate_rules(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    (profiles / "every-profile.cedar").write_bytes(GATE_RULES.read_bytes())
    with pytest.raises(InputError, match=r"every-profile\.cedar: this name is kept"):
        engine_of(profiles)


@pytest.mark.parametrize("text", ["", "// nothing yet\n"])
def test_an_empty_profile_is_refused(tmp_path: Path, text: str) -> None:
    profiles = two_laws(tmp_path)
    (profiles / CO).write_text(text, encoding="ascii")
    with pytest.raises(InputError, match=r"co-dmv-2019\.cedar: holds no rule"):
        engine_of(profiles)


def test_a_folder_without_profiles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"wanted at least one \.cedar file, got none"):
        PolicyEngine.load(tmp_path)


def test_a_folder_needs_no_schema_of_its_own(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    (profiles / SCHEMA).unlink()
    assert engine_of(profiles).schema.digest == shipped_engine().schema.digest


def test_a_folder_holds_at_most_one_schema(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    (profiles / "other.cedarschema").write_bytes((SHIPPED / SCHEMA).read_bytes())
    with pytest.raises(InputError, match=r"holds at most one \.cedarschema, got 2"):
        engine_of(profiles)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no policy folder"):
        PolicyEngine.load(tmp_path / "none")


def test_missing_gate_rules_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read none\.cedar: No such file"):
        load_profiles(SHIPPED, catalogue=OffenseCatalogue.load(), gate_rules=tmp_path / "none.cedar")


def test_another_folder_still_gets_the_gate_rules(tmp_path: Path) -> None:
    engine = PolicyEngine.load(shipped_copy(tmp_path))
    assert engine.profile("moratorium").gate_rules == shipped_engine().profile("moratorium").gate_rules


def test_the_digest_is_over_the_profile_the_gate_rules_and_the_tables_of_offenses() -> None:
    tables = f"\n// Tables of offenses and classes, SHA-256: {shipped_engine().catalogue.digest}\n"
    text = (SHIPPED / CO).read_bytes() + b"\n" + GATE_RULES.read_bytes() + tables.encode()
    decision = shipped_engine().decide(GOOD, FACTS, NOW)
    assert decision.policy_digest == hashlib.sha256(text).hexdigest()
    assert decision.schema_digest == hashlib.sha256((SHIPPED / SCHEMA).read_bytes()).hexdigest()


def test_one_changed_byte_of_a_profile_changes_its_digest(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, CO, "// Colorado", "// colorado")
    changed = engine_of(profiles).profile("co-dmv-2019")
    assert changed.digest != shipped_engine().profile("co-dmv-2019").digest


def test_a_profile_runs_from_its_latest_start_to_its_earliest_end(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, CO, '@effective("2019-09-09")', '@effective("2020-01-01")')
    spoil(profiles, CO, '@until("")', '@until("2027-01-01")')
    spoil(profiles, CO, '@until("")', '@until("2026-07-01")')
    assert engine_of(profiles).profile("co-dmv-2019").period == Period(date(2020, 1, 1), date(2026, 7, 1))


@pytest.mark.parametrize("name", shipped_engine().profiles)
def test_every_shipped_rule_says_what_it_rests_on(name: str) -> None:
    profile = shipped_engine().profile(name)
    for rule in profile.rules:
        assert rule.cite
        assert rule.checked.partition(" ")[2] in {"checked", "second-hand", "unchecked"}
        assert "{" not in spoken(rule, profile).say
    assert not {rule.rule_id for rule in profile.gate_rules} & {rule.rule_id for rule in profile.unchecked}


def test_a_rule_that_holds_for_a_time_is_spoken_with_its_dates() -> None:
    profile = shipped_engine().profile("co-dmv-2019")
    said = spoken(profile.gate_rules[0], profile).say
    assert "profile co-dmv-2019 holds (in force from 2019-09-09, no end date known)." in said


def test_only_the_mark_checked_counts_as_checked(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, CO, "2026-11-22 checked", "2026-11-22 unchecked")
    assert not engine_of(profiles).profile("co-dmv-2019").own_rules[0].is_checked


def test_what_the_sources_demand_and_nobody_checks_is_listed(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    spoil(profiles, CO, '@levels("1', '@not_enforced("a notice is posted | a yearly report")\n@levels("1')
    law = engine_of(profiles).profile("co-dmv-2019")
    assert law.not_enforced[:2] == ("a notice is posted", "a yearly report")
    assert "that the purpose stated is the true one" in " ".join(law.not_enforced)


def test_levels_citation_cautions_and_openings_are_read_from_the_permit(tmp_path: Path) -> None:
    profiles = two_laws(tmp_path)
    more = '@citation("MCA 45-5-102") @allows("mobile | live")\n@levels("1'
    spoil(profiles, CO, '@levels("1', more)
    law = engine_of(profiles).profile("co-dmv-2019")
    assert (law.levels, law.citation, law.allows) == (("1", "below-1"), "MCA 45-5-102", ("live", "mobile"))
    assert law.cautions == shipped_engine().profile("co-dmv-2019").cautions != ()


def test_a_text_that_states_no_level_knows_the_level_any() -> None:
    assert shipped_engine().profile("moratorium").levels == ("any",)


def test_an_overlay_permits_nothing_and_a_law_something() -> None:
    assert shipped_engine().profile("moratorium").is_overlay
    assert not shipped_engine().profile("co-dmv-2019").is_overlay
    assert not shipped_engine().profile("co-dmv-2019+moratorium").is_overlay


def test_a_law_with_overlays_holds_all_rules_in_the_order_of_its_text() -> None:
    engine = shipped_engine()
    laid = engine.profile("co-dmv-2019+no-immigration+moratorium")
    assert laid.name == "co-dmv-2019+moratorium+no-immigration"
    assert [rule.rule_id for rule in laid.rules] == re.findall(r'^@id\("(.+)"\)', laid.text, re.MULTILINE)
    assert laid.digest == hashlib.sha256(laid.text.encode("ascii")).hexdigest()


def test_an_overlay_laid_over_itself_or_over_nothing_changes_nothing() -> None:
    profile = shipped_engine().profile("moratorium")
    assert lay_over(profile, [profile]) == lay_over(profile, []) == profile


def test_a_law_with_an_overlay_holds_only_while_both_do() -> None:
    engine = shipped_engine()
    text = engine.profile("moratorium").own_text.replace('@until("")', '@until("2027-01-01")')
    laid = rewritten(engine, "moratorium", own=text).profile("co-dmv-2019+moratorium")
    assert laid.period == Period(date(2019, 9, 9), date(2027, 1, 1))


def test_an_overlay_that_ended_before_the_law_began_is_never_in_force_with_it() -> None:
    engine = shipped_engine()
    text = engine.profile("moratorium").own_text.replace('@until("")', '@until("2019-01-01")')
    with pytest.raises(InputError, match=r"co-dmv-2019\+moratorium is never in force"):
        rewritten(engine, "moratorium", own=text).profile("co-dmv-2019+moratorium")


def test_an_unknown_profile_is_an_input_error_that_lists_the_known_ones() -> None:
    known = ", ".join(shipped_engine().profiles)
    with pytest.raises(InputError, match=f"no profile 'nope'; there are {re.escape(known)}"):
        shipped_engine().profile("nope")


def test_an_unknown_overlay_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no profile 'nope'; there are"):
        shipped_engine().profile("co-dmv-2019+nope")


def test_another_table_of_offense_classes_is_another_text_of_the_law(tmp_path: Path) -> None:
    """Two people activate a digest: a row added to the table quietly must not stand under their names."""
    profiles = shipped_copy(tmp_path)
    before = engine_of(profiles).profile("md-2-501").digest
    with (profiles / "offense-classes.csv").open("a", encoding="ascii") as table:
        table.write("MD-2-501,2303,because\n")
    assert engine_of(profiles).profile("md-2-501").digest != before
