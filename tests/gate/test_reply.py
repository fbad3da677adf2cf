"""What the gate shows: bands, references, and nothing exact."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.gate.reply import band_of, shown, subject_reference
from facegate.records import Candidate, CandidateList, SubjectId

KEY = bytes(range(32))


@pytest.mark.parametrize(
    ("score", "band"),
    [
        (0.3, "0.30-0.40"),
        (0.39999999, "0.30-0.40"),
        (0.4, "0.40-0.50"),
        (1.0, "0.90-1.00"),
        (-0.05, "-0.10-0.00"),
    ],
)
def test_a_band_holds_its_lower_edge(score: float, band: str) -> None:
    assert band_of(score) == band


@given(st.floats(min_value=-1, max_value=1))
def test_every_score_lies_in_the_band_it_is_shown_in(score: float) -> None:
    negative = band_of(score).startswith("-")
    low = float(band_of(score).lstrip("-").split("-")[0]) * (-1 if negative else 1)
    assert low - 1e-12 <= score <= low + 0.10 + 1e-12


def test_a_subject_has_another_reference_in_another_case() -> None:
    subject = SubjectId("ada")
    first = subject_reference(KEY, "24-1", subject)
    assert first == subject_reference(KEY, "24-1", subject)
    assert first != subject_reference(KEY, "24-2", subject)


def test_references_of_two_cases_share_none() -> None:
    subjects = [SubjectId(str(n)) for n in range(500)]
    one = {subject_reference(KEY, "24-1", subject) for subject in subjects}
    two = {subject_reference(KEY, "24-2", subject) for subject in subjects}
    assert (len(one), len(two), len(one & two)) == (500, 500, 0)


def test_moving_a_character_between_case_and_subject_changes_the_reference() -> None:
    assert subject_reference(KEY, "24-1", SubjectId("2x")) != subject_reference(KEY, "24-12", SubjectId("x"))


def test_references_cannot_be_computed_without_the_key() -> None:
    assert subject_reference(KEY, "24-1", SubjectId("a")) != subject_reference(
        bytes(32), "24-1", SubjectId("a")
    )


def test_what_is_shown_holds_neither_subject_nor_exact_score() -> None:
    found = CandidateList((Candidate(SubjectId("ada"), 0.456789),), 1)
    text = repr(shown(found, key=KEY, case_number="24-1"))
    assert "ada" not in text
    assert "456" not in text
