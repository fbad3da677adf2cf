"""Caps as they are asked before a search and after it, on a real ledger."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from limits_desk import AGENCY, NOW, SIZE, SmallDesk, days, fresh_probe

from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.caps import effective_rate, n_different_shown
from facegate.gate.limits.config import Limits
from facegate.gate.limits.counting import count
from facegate.gate.limits.marks import ProbeMarks, file_marks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[SmallDesk]:
    made = SmallDesk(tmp_path)
    yield made
    made.ledger.close()


def variant(of: ProbeMarks, seed: int, distance: float = 0.1) -> ProbeMarks:
    """Move a probe's template a little; file and hash are another's."""
    assert of.template is not None
    step = np.random.default_rng(seed).standard_normal(of.template.size)
    moved = of.template + distance * step / np.linalg.norm(step)
    other = fresh_probe(10_000 + seed)
    return ProbeMarks(other.digest, other.face_hash, other.mirror_hash, moved.astype(np.float16))


def test_ten_thousand_scripted_probes_are_answered_no_more_often_than_the_caps(tmp_path: Path) -> None:
    """Five officers, 400 invented cases, one day: 20 an officer, 30 before the breaker, are all there is."""
    desk, source = SmallDesk(tmp_path), random.Random(5)  # noqa: S311  reproducible, no secret
    answers = [
        desk.ask(file_marks(n.to_bytes(4)), officer=f"o{n % 5}", case=f"26-{source.randrange(400)}")
        for n in range(10_000)
    ]
    desk.ledger.close()
    assert answers.count("searched") == 30
    assert answers.count("refused") == 9_970


def test_a_case_has_ten_probes_for_its_life(desk: SmallDesk) -> None:
    answers = [desk.ask(fresh_probe(n), now=NOW + days(50 * n)) for n in range(11)]
    assert answers == ["searched"] * 10 + ["refused"]
    assert not desk.facts(fresh_probe(99), now=NOW + days(4000)).within_case_cap


def test_an_officer_has_twenty_probes_a_day_and_twenty_more_tomorrow(desk: SmallDesk) -> None:
    answers = [desk.ask(fresh_probe(n), case=f"26-{n}") for n in range(21)]
    assert answers.count("searched") == 20
    assert not desk.facts(fresh_probe(99), case="26-99").within_officer_cap
    assert desk.facts(fresh_probe(99), case="26-99", now=NOW + days(1)).within_officer_cap


def test_the_breaker_opens_at_thirty_a_day_and_later_at_three_times_the_median(tmp_path: Path) -> None:
    desk = SmallDesk(tmp_path)
    for day in range(16):
        for n in range(12):
            asked = desk.ask(fresh_probe(100 * day + n), case=f"26-{day}-{n}", now=NOW + days(day))
            assert asked == "searched"
    last = NOW + days(16)
    answers = [
        desk.ask(fresh_probe(9000 + n), officer=f"o{n % 5}", case=f"26-x{n}", now=last) for n in range(40)
    ]
    desk.ledger.close()
    assert answers.count("searched") == 36


def test_three_variants_count_as_one_probe_and_the_fourth_calls_a_supervisor(desk: SmallDesk) -> None:
    first = fresh_probe(1)
    answers = [desk.ask(first), *(desk.ask(variant(first, n)) for n in range(3))]
    assert answers == ["searched"] * 3 + ["refused"]
    facts = desk.facts(variant(first, 9))
    assert (facts.variants_cleared, facts.n_variants) == (False, 3)
    assert "variant-in-case" in facts.flags
    row = desk.ledger.rows("SELECT searches, probes FROM limits_case")[0]
    assert tuple(row) == (3, 1)


def test_a_chain_of_small_steps_is_not_one_probe_without_end(desk: SmallDesk) -> None:
    """Each step is a variant of the one before only; the chain is followed."""
    probe, answers = fresh_probe(1), []
    for n in range(4):
        answers.append(desk.ask(probe))
        probe = variant(probe, n, distance=0.3)
    assert answers == ["searched"] * 3 + ["refused"]


def test_a_chain_is_followed_as_far_as_the_agency_lets_variants_go(tmp_path: Path) -> None:
    desk = SmallDesk(tmp_path, limits=Limits(variants=70, breaker_floor=1000, subject_searches=1000))
    probe, answers = fresh_probe(1), []
    for n in range(71):
        answers.append(desk.ask(probe))
        probe = variant(probe, n, distance=0.3)
    desk.ledger.close()
    assert answers == ["searched"] * 70 + ["refused"]


def test_the_same_probe_in_another_case_is_flagged_and_not_refused(desk: SmallDesk) -> None:
    desk.ask(fresh_probe(1))
    facts = desk.facts(fresh_probe(1), case="26-2", officer="77")
    assert "probe-in-another-case" in facts.flags
    assert all(facts.gate_facts().values())
    assert "probe-in-another-case" not in desk.facts(fresh_probe(2), case="26-2").flags


def test_a_probe_of_another_agency_is_flagged_by_hash_and_template(desk: SmallDesk) -> None:
    desk.ask(fresh_probe(1))
    first = fresh_probe(1)
    recompressed = ProbeMarks("ab" * 32, first.face_hash, first.mirror_hash, first.template)
    assert "probe-in-another-case" in desk.facts(recompressed, agency="CO0170000", case="26-9").flags


def test_a_mirrored_probe_is_known_by_its_hash_alone(desk: SmallDesk) -> None:
    first, other = fresh_probe(1), fresh_probe(2)
    desk.ask(first)
    mirrored = ProbeMarks(other.digest, first.mirror_hash, first.face_hash, other.template)
    assert desk.facts(mirrored).n_variants == 1


def shown_ten_times(desk: SmallDesk) -> None:
    for n in range(10):
        assert desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", found=("ada",)) == "searched"


def test_the_eleventh_showing_is_left_out_and_nobody_waits(desk: SmallDesk) -> None:
    shown_ten_times(desk)
    asked = desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ben", "ada"))
    assert asked == "left out ada"
    assert all(desk.facts(fresh_probe(51), case="26-50", officer="o50").gate_facts().values())
    rows = desk.ledger.rows(
        "SELECT subject, COUNT(*) AS n FROM limits_shown GROUP BY subject ORDER BY subject"
    )
    assert [tuple(row) for row in rows] == [("ada", 10), ("ben", 1)]


def test_ten_near_misses_leave_him_out_and_further_ones_are_not_counted(desk: SmallDesk) -> None:
    for n in range(12):
        assert desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", near=("ada",)) == "searched"
    assert desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ada",)) == "left out ada"
    assert desk.ledger.value("SELECT COUNT(*) FROM limits_shown WHERE subject = 'ada'") == 10


def test_showings_are_forgotten_after_the_window_only(desk: SmallDesk) -> None:
    shown_ten_times(desk)
    for later, outcome in ((364, "left out ada"), (366, "searched")):
        asked = desk.ask(
            fresh_probe(later), case=f"27-{later}", officer=f"l{later}", found=("ada",), now=NOW + days(later)
        )
        assert asked == outcome


def test_two_agencies_together_are_shown_one_subject_twenty_times(desk: SmallDesk) -> None:
    for n in range(20):
        agency = ("CO0160000", "CO0170000", "CO0180000")[n % 3]
        assert desk.ask(fresh_probe(n), case=f"26-{n}", agency=agency, found=("ada",)) == "searched"
    asked = desk.ask(fresh_probe(30), case="26-30", agency="CO0190000", found=("ada",))
    assert asked == "left out ada"


def test_a_list_that_would_go_over_the_share_of_the_gallery_is_withheld(tmp_path: Path) -> None:
    desk = SmallDesk(tmp_path, Limits(gallery_least=3))
    assert desk.ask(fresh_probe(1), found=("ada", "ben"), size=100) == "searched"
    assert desk.ask(fresh_probe(2), found=("eve", "dan"), case="26-2", officer="7", size=100) == "withheld"
    assert not desk.facts(fresh_probe(3), case="26-2", officer="9", size=100).within_gallery_budget
    assert desk.facts(fresh_probe(3), case="26-2", officer="9", size=100).within_subject_cap
    desk.ledger.close()


def test_a_probe_nobody_looked_at_is_not_searched(desk: SmallDesk) -> None:
    assert not desk.facts(None).variants_cleared


@pytest.mark.parametrize("missing", ["officer", "case", "agency"])
def test_without_officer_case_or_agency_no_cap_is_said_to_be_used_up(desk: SmallDesk, missing: str) -> None:
    """The request is refused for what it leaves out; a refusal must not say besides what is not so."""
    left_out: dict[str, Any] = {missing: ""}
    assert all(desk.facts(fresh_probe(1), **left_out).gate_facts().values())


def counts(desk: SmallDesk) -> list[tuple[object, ...]]:
    tables = ("search", "day", "officer_day", "case", "shown", "last_shown", "withheld", "omitted", "hash",
              "template")  # fmt: skip
    return [tuple(row) for name in tables for row in desk.ledger.rows(f"SELECT * FROM limits_{name}")]  # noqa: S608  our own names


def test_a_ledger_made_again_from_the_log_counts_the_same(desk: SmallDesk) -> None:
    shown_ten_times(desk)
    desk.ask(fresh_probe(50), case="26-50", officer="o50", found=("ada",))
    before, facts = counts(desk), desk.facts(variant(fresh_probe(3), 1))
    desk.reopen_from_the_log()
    assert counts(desk) == before
    assert desk.facts(variant(fresh_probe(3), 1)) == facts


def test_erased_openings_are_borne_and_the_day_still_counts(desk: SmallDesk) -> None:
    shown_ten_times(desk)
    desk.log._records = [(entry, None) for entry, _ in desk.log._records]  # type: ignore[misc]
    desk.reopen_from_the_log()
    assert desk.ledger.value("SELECT searches FROM limits_day WHERE agency = ?", AGENCY) == 10
    assert desk.ledger.value("SELECT COUNT(*) FROM limits_shown") == 0
    assert all(desk.facts(fresh_probe(1)).gate_facts().values())


def asked_of(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect every question to the ledger from now on."""
    asked: list[str] = []
    rows = Ledger.rows

    def noted(ledger: Ledger, query: str, *values: str | float | bytes | None) -> list[Any]:
        asked.append(query)
        return rows(ledger, query, *values)

    monkeypatch.setattr(Ledger, "rows", noted)
    return asked


def test_what_is_counted_once_is_not_asked_again_with_the_marks(
    desk: SmallDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown_ten_times(desk)
    request, asked = desk.request("8841", "26-99"), asked_of(monkeypatch)
    counted = count(desk.ledger, desk.limits, request, NOW, SIZE)
    n_counted = len(asked)
    counted.with_marks(file_marks(b"photo"))
    counted.with_marks(fresh_probe(77))
    assert n_counted <= 4
    assert len(asked) <= 8
    assert not any("limits_case" in query or "limits_day" in query for query in asked[n_counted:])


@pytest.mark.parametrize("seed", [0, 3, 77])
def test_counted_once_or_twice_the_facts_are_the_same(desk: SmallDesk, seed: int) -> None:
    shown_ten_times(desk)
    counted = count(desk.ledger, desk.limits, desk.request("o3", "26-3"), NOW, SIZE)
    for marks in (None, ProbeMarks(fresh_probe(seed).digest), fresh_probe(seed)):
        assert counted.with_marks(marks) == desk.facts(marks, officer="o3", case="26-3")


def test_what_was_recorded_since_is_counted_anew(desk: SmallDesk) -> None:
    counted = count(desk.ledger, desk.limits, desk.request("8841", "26-1"), NOW, SIZE)
    for n in range(10):
        desk.ask(fresh_probe(n))
    assert not counted.with_marks(fresh_probe(99)).within_case_cap


def test_the_share_of_the_gallery_is_counted_no_further_than_it_reaches(
    desk: SmallDesk,
) -> None:
    for n in range(6):
        desk.ask(fresh_probe(n), case=f"26-{n}", officer=f"o{n}", found=tuple(f"s{n}-{k}" for k in range(10)))
    assert n_different_shown(desk.ledger, AGENCY, 0, most=1_000) == 60
    assert n_different_shown(desk.ledger, AGENCY, 0, most=25) == 25


def test_the_rate_of_several_tries_is_that_of_at_least_one() -> None:
    assert effective_rate(0.5, 2) == pytest.approx(0.75)
    assert effective_rate(0.0, 5) == 0
