"""What a certificate says: numbers of the result, upper bounds, and nothing that nobody can rely on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from certified import KEY, N_SEARCHED, SCORE, a_certificate, a_result, an_identification

from facegate.decision import Metric, Threshold
from facegate.errors import CertificateError, InputError, MeasurementError
from facegate.evaluation.certificates.certificate import MOST_DAYS, certify


def test_every_group_has_its_people_its_rate_and_its_upper_bound() -> None:
    female, male, unknown = a_certificate().groups
    assert female.rate is not None
    assert (female.group, female.people, female.upper_bound) == ("F", 100, female.rate.high)
    assert (female.supported, male.supported) == (True, False)  # none seen: a bound, and no rate
    assert (unknown.rate, unknown.supported, unknown.upper_bound) == (None, False, 1.0)


def test_searches_come_with_n_and_l_and_the_bound_of_each_group() -> None:
    found = a_certificate().searches
    assert found is not None
    assert (found.gallery_size, found.limit, found.mix) == (N_SEARCHED, 20, "as the data")
    assert [one.group for one in found.groups] == ["F", "M", "not recorded"]
    assert found.overall.upper_bound == pytest.approx(0.0575)
    assert found.groups[2].upper_bound == 1.0


def test_the_threshold_says_how_it_was_set() -> None:
    certificate = a_certificate()
    assert certificate.decides == Threshold(SCORE, Metric.EUCLIDEAN)
    assert (certificate.threshold.policy, certificate.threshold.in_sample) == ("overall", True)


def test_searches_of_another_mix_or_threshold_are_not_taken() -> None:
    other = replace(an_identification().searches[0], threshold="distance-0.6")
    found = replace(an_identification(), searches=(other,))
    assert a_certificate(replace(a_result(), identification=found)).searches is None
    assert a_certificate(replace(a_result(), identification=None)).searches is None


def test_it_holds_from_the_day_of_issue_for_so_many_days() -> None:
    certificate = a_certificate(days=30)
    assert (certificate.issued_on, certificate.valid_until) == ("2026-11-22", "2026-12-22")


def test_the_serial_changes_with_every_field() -> None:
    certificate = a_certificate()
    assert certificate.serial == a_certificate().serial
    assert len({certificate.serial, replace(certificate, notes=()).serial, a_certificate(days=9).serial}) == 3


def test_scores_of_an_unknown_model_are_not_certified() -> None:
    with pytest.raises(CertificateError, match="does not say which model made them"):
        a_certificate(a_result(embedder_digest=""))


def test_comparisons_that_name_nobody_are_not_certified() -> None:
    result = a_result()
    with pytest.raises(CertificateError, match="upper bounds are too low"):
        a_certificate(replace(result, input=replace(result.input, people_named=False)))


@pytest.mark.parametrize("measured_on", ["2026-11-23", "yesterday", "20261121", ""])
def test_a_run_from_the_future_or_without_a_date_is_not_certified(measured_on: str) -> None:
    with pytest.raises(CertificateError, match=r"is the clock right|wanted a date such as"):
        a_certificate(a_result(measured_on=measured_on))


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_nobody_relies_on_it_for_ever(days: int) -> None:
    with pytest.raises(CertificateError, match="1 to 1,827 days"):
        a_certificate(days=days)


def test_a_threshold_that_is_not_in_the_run_is_refused() -> None:
    with pytest.raises(InputError, match="it has fmr-1e-3"):
        certify(a_result(), "best", result_digest="", issuer=KEY.issuer, issued_on=date(2026, 11, 22))


def test_where_nobody_was_compared_there_is_nothing_to_certify() -> None:
    result = a_result()
    at = replace(result.main.at[0], overall=replace(result.main.at[0].overall, fmr=None))
    with pytest.raises(MeasurementError, match="nothing to certify"):
        a_certificate(replace(result, main=replace(result.main, at=(at,))))
