"""Use of a lead: independent evidence, the defense told, then an exhibit, and never before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from review_room import (
    ASKER,
    NOW,
    PARTNER,
    REGISTER,
    STRANGER,
    SUSPENDED,
    UNKNOWN,
    a_lead,
    a_ledger,
    days,
    evidence,
    last_refusal,
    opened,
    records,
    released,
    reviewed,
    searched,
    told,
)

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.reply import NOTICE
from facegate.gate.review.correction import correct
from facegate.gate.review.corroboration import DEPENDENT
from facegate.gate.review.exhibit import NOT_SOLE_BASIS, Exhibit, export
from facegate.gate.review.release import recipient_mark

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(tmp_path) as opened_ledger:
        yield opened_ledger


def exported(ledger: Ledger, search: str, **changes: Any) -> Exhibit:  # noqa: ANN401  any option
    return export(ledger, REGISTER, search, **{"rank": 1, "by": ASKER, "at": NOW, **changes})


@pytest.mark.parametrize("kind", sorted(DEPENDENT))
def test_the_same_face_seen_again_is_no_evidence(ledger: Ledger, kind: str) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="face recognition does not corroborate itself"):
        evidence(ledger, search, evidence=kind)
    assert last_refusal(ledger) == ("corroboration", "RV-NOT-INDEPENDENT")


def test_neither_a_search_nor_a_released_list_is_evidence(ledger: Ledger) -> None:
    search = a_lead(ledger)
    mark = recipient_mark(bytes(range(32)), search, ASKER)
    for reference in (search, f"result of {search.upper()}", mark):
        with pytest.raises(PolicyRefusal, match="RV-NOT-INDEPENDENT"):
            evidence(ledger, search, evidence="document", reference=reference)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"evidence": "hunch"}, "no such kind of evidence; there are admission"),
        ({"evidence": ""}, "no such kind of evidence"),
        ({"reference": ""}, "1 to 100 plain characters"),
        ({"reference": "Е-14"}, "1 to 100 plain characters"),  # noqa: RUF001  a Cyrillic letter is the case
        ({"reference": "E" * 101}, "1 to 100 plain characters"),
        ({"day": "2026-02-30"}, "does not exist"),
        ({"day": "yesterday"}, "not of the form"),
        ({"day": "2026-11-23"}, "has not come yet"),
    ],
)
def test_evidence_of_no_form_is_no_record(ledger: Ledger, changes: dict[str, str], words: str) -> None:
    search = a_lead(ledger)
    size = ledger.log.size
    with pytest.raises(InputError, match=words):
        evidence(ledger, search, **changes)
    assert ledger.log.size == size


def test_evidence_comes_after_the_release_of_a_lead(ledger: Ledger) -> None:
    search = searched(ledger, "person-1", "person-2")
    with pytest.raises(PolicyRefusal, match="there is no lead yet"):
        evidence(ledger, search)
    reviewed(ledger, search, "agree", "disagree")
    with pytest.raises(PolicyRefusal, match="RV-NOT-RELEASED"):
        evidence(ledger, search)
    released(ledger, search)
    assert evidence(ledger, search) == ledger.log.size - 1


@pytest.mark.parametrize("rank", [2, 3, 0, -1])
def test_evidence_is_about_a_candidate_who_was_released_as_a_lead(ledger: Ledger, rank: int) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match="was not released as a lead"):
        evidence(ledger, search, rank=rank)


def test_one_piece_of_evidence_counts_once(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    with pytest.raises(PolicyRefusal, match="it counts once"):
        evidence(ledger, search, evidence="dna")
    assert evidence(ledger, search, reference="E-15")


@pytest.mark.parametrize(
    ("who", "rule"), [(UNKNOWN, "RV-OFFICER"), (SUSPENDED, "RV-OFFICER"), (STRANGER, "RV-AGENCY")]
)
def test_the_wrong_person_neither_corroborates_discloses_nor_exports(
    ledger: Ledger, who: Person, rule: str
) -> None:
    search = a_lead(ledger)
    with pytest.raises(PolicyRefusal, match=rule):
        evidence(ledger, search, by=who)
    with pytest.raises(PolicyRefusal, match=rule):
        told(ledger, search, by=who)
    evidence(ledger, search)
    told(ledger, search)
    with pytest.raises(PolicyRefusal, match=rule):
        exported(ledger, search, by=who)
    assert last_refusal(ledger) == ("exhibit", rule)


def test_an_exhibit_before_evidence_is_refused_and_recorded(ledger: Ledger) -> None:
    search = a_lead(ledger)
    told(ledger, search)
    with pytest.raises(PolicyRefusal, match="no independent evidence is recorded"):
        exported(ledger, search)
    assert last_refusal(ledger) == ("exhibit", "RV-NOT-CORROBORATED")


def test_an_exhibit_before_the_defense_is_told_is_refused_and_recorded(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    with pytest.raises(PolicyRefusal, match="neither recorded nor scheduled"):
        exported(ledger, search)
    assert last_refusal(ledger) == ("exhibit", "RV-NOT-DISCLOSED")


def test_an_exhibit_before_the_release_is_refused(ledger: Ledger) -> None:
    search = searched(ledger, "person-1")
    opened(ledger, search)
    with pytest.raises(PolicyRefusal, match="RV-NOT-RELEASED"):
        exported(ledger, search)


def test_a_scheduled_disclosure_is_enough(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    told(ledger, search, state="scheduled", day="2026-12-01")
    assert "2026-12-01  scheduled, 26CR1; 1 search(es)" in exported(ledger, search).text


def test_the_sheet_prints_both_sentences_the_findings_and_every_search_of_the_case(ledger: Ledger) -> None:
    search = a_lead(ledger)
    nil = searched(ledger, number=2)
    other = a_lead(ledger, number=3)
    refused = searched(ledger, number=4, outcome="refused")
    elsewhere = searched(ledger, "person-1", number=5, case_number="24-009999")
    evidence(ledger, search)
    told(ledger, search)
    made = exported(ledger, search)
    for words in (NOT_SOLE_BASIS, NOTICE, "sole basis for probable cause", "cell site, E-14"):
        assert words in made.text
    assert "Reviewer 2 (2026-11-22T12:00:00.00Z): agree." in made.text
    assert f"{nil}  nobody found" in made.text
    assert f"{refused}  refused" in made.text
    assert f"{other}  2 candidate(s), released, 1 lead, 1 not a lead" in made.text
    assert elsewhere not in made.text
    assert "person-" not in made.text


def test_every_copy_of_an_exhibit_is_a_record_that_commits_to_its_text(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    told(ledger, search)
    copies = [exported(ledger, search) for _ in range(2)]
    assert [one.copy for one in copies] == [1, 2]
    digests = [one["sheet_digest"] for one in records(ledger, "exhibit")]
    assert digests == [hashlib.sha256(one.text.encode()).hexdigest() for one in copies]


def test_a_search_made_after_the_disclosure_must_be_disclosed_too(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    told(ledger, search)
    later = searched(ledger, number=2)
    with pytest.raises(PolicyRefusal, match=r"does not cover 1 later search\(es\)"):
        exported(ledger, search)
    told(ledger, later)
    assert exported(ledger, search).copy == 1


def test_the_same_disclosure_is_recorded_once(ledger: Ledger) -> None:
    search = a_lead(ledger)
    for state in ("scheduled", "made"):
        told(ledger, search, state=state)
        with pytest.raises(PolicyRefusal, match="this disclosure is on the log"):
            told(ledger, search, state=state)
    with pytest.raises(PolicyRefusal, match="RV-TWICE"):
        told(ledger, search, state="scheduled")


def test_a_nil_result_is_disclosed_too(ledger: Ledger) -> None:
    assert told(ledger, searched(ledger)) == 2


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"state": "planned"}, "is scheduled or made"),
        ({"day": "2026-11-23"}, "has not come yet"),
        ({"state": "scheduled", "day": "2026-11-21"}, "from today to 365 days ahead"),
        ({"state": "scheduled", "day": "2030-01-01"}, "from today to 365 days ahead"),
        ({"state": "scheduled", "day": "some day"}, "from today to 365 days ahead"),
        ({"reference": " "}, "1 to 100 plain characters"),
    ],
)
def test_a_disclosure_of_no_form_is_no_record(ledger: Ledger, changes: dict[str, str], words: str) -> None:
    search = a_lead(ledger)
    size = ledger.log.size
    with pytest.raises(InputError, match=words):
        told(ledger, search, **changes)
    assert ledger.log.size == size


def test_a_lead_that_was_proved_wrong_is_no_exhibit_and_takes_no_evidence(ledger: Ledger) -> None:
    search = a_lead(ledger)
    evidence(ledger, search)
    told(ledger, search)
    correct(
        ledger,
        REGISTER,
        search,
        rank=1,
        reason="another_person",
        reference="E-20",
        by=PARTNER,
        at=NOW + days(1),
    )
    with pytest.raises(PolicyRefusal, match="RV-PROVED-WRONG"):
        exported(ledger, search, at=NOW + days(1))
    with pytest.raises(PolicyRefusal, match="it is a lead no longer"):
        evidence(ledger, search, reference="E-21", at=NOW + days(1))
