"""What a rate would mean in a year."""

from __future__ import annotations

from dataclasses import replace

import pytest
from certified import a_result
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.evaluation.identification.result import MeanPerSearch
from facegate.evaluation.identification.yearly import Basis, returns_of_searches, wrong_returns

MEASURED = MeanPerSearch(12, 400, 200, 0.03, 0.02, 0.05)
NUMBERS = st.integers(1, 10**9)


def test_measured_searches_are_multiplied_by_the_searches_of_a_year() -> None:
    found = returns_of_searches("F", MEASURED, 1_000, gallery=1_000, searches=500)
    assert found.expected == pytest.approx(15)
    assert found.basis is Basis.SEARCHED


@settings(deadline=None, max_examples=50)
@given(gallery=NUMBERS, searches=NUMBERS, times=st.integers(2, 100))
def test_twice_the_gallery_means_twice_the_returns(gallery: int, searches: int, times: int) -> None:
    one = returns_of_searches("F", MEASURED, 1_000, gallery=gallery, searches=searches)
    more = returns_of_searches("F", MEASURED, 1_000, gallery=gallery * times, searches=searches)
    assert one.expected is not None
    assert more.expected == pytest.approx(one.expected * times)


def test_without_searches_the_rate_of_comparisons_is_used_and_says_so() -> None:
    result = replace(a_result(), identification=None)
    everybody = wrong_returns(result, "fmr-1e-3", gallery=1_000, searches=100)[0]
    assert everybody.expected == pytest.approx(0.001 * 1_000 * 100)
    assert everybody.basis is Basis.COMPARED


def test_what_was_not_measured_is_unknown() -> None:
    found = returns_of_searches("F", None, 1_000, gallery=10, searches=10)
    assert (found.expected, found.high, found.basis) == (None, None, Basis.UNKNOWN)


@pytest.mark.parametrize(("gallery", "searches"), [(0, 1), (1, 0), (10**13, 1), (1, -4)])
def test_numbers_that_no_agency_has_are_refused(gallery: int, searches: int) -> None:
    with pytest.raises(InputError, match="wanted a whole number from 1"):
        returns_of_searches("F", MEASURED, 1_000, gallery=gallery, searches=searches)
