"""Whether a certificate holds: another model, threshold, day, gallery or bound, and it does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from certified import EMBEDDER, N_SEARCHED, SCORE, TRUSTED, a_certificate, a_file, a_result, a_use
from hypothesis import given
from hypothesis import strategies as st

from facegate.decision import Metric, Threshold
from facegate.errors import CertificateError, InputError
from facegate.evaluation.certificates.check import Bounds, objections, verify

NEXT = datetime(2027, 11, 22, 23, 59, tzinfo=UTC)


def test_it_holds_for_its_model_its_threshold_its_gallery_and_its_days() -> None:
    threshold = Threshold(SCORE, Metric.EUCLIDEAN)
    held = verify(a_file(), TRUSTED, a_use(threshold=threshold), name="x", bounds=Bounds(fmr=1.0))
    assert held == a_certificate()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another model": ({"embedder_digest": "00" * 32}, "is for model four numbers"),
    "another threshold": ({"threshold": Threshold(0.41, Metric.EUCLIDEAN)}, "is for threshold 0.4 "),
    "another metric": ({"threshold": Threshold(SCORE, Metric.COSINE)}, r"not for 0\.4 \(cosine\)"),
    "a day too early": ({"at": datetime(2026, 11, 21, 23, 59, tzinfo=UTC)}, "holds from 2026-11-22 on"),
    "a day too late": ({"at": NEXT + timedelta(minutes=1)}, "expired on 2027-11-22"),
    "a gallery too large": ({"gallery_size": 1_112}, "less than 90 % of the 1,112 enrolled"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_does_not_fit_is_said_in_one_sentence(what: str) -> None:
    changes, words = WRONG[what]
    with pytest.raises(CertificateError, match=words):
        verify(a_file(), TRUSTED, a_use(**changes), name="x")
    assert len(objections(a_certificate(), a_use(**changes))) == 1


def test_everything_that_is_wrong_is_said_together() -> None:
    use = a_use(embedder_digest="00" * 32, at=NEXT + timedelta(days=1), gallery_size=10_000)
    assert len(objections(a_certificate(), use, bounds=Bounds(fmr=1e-9, fpir=1e-9))) == 5


def test_the_first_and_the_last_day_are_included_and_days_are_utc() -> None:
    assert objections(a_certificate(), a_use(at=datetime(2026, 11, 22, tzinfo=UTC))) == ()
    assert objections(a_certificate(), a_use(at=NEXT)) == ()
    denver = timezone(timedelta(hours=-7))
    assert objections(a_certificate(), a_use(at=datetime(2027, 11, 22, 18, tzinfo=denver))) != ()


@given(st.integers(0, 3_000))
def test_the_gallery_that_was_searched_has_nine_tenths_of_the_one_in_use(size: int) -> None:
    held = objections(a_certificate(), a_use(gallery_size=size)) == ()
    assert held == (size <= N_SEARCHED / 0.9)


def test_without_searches_no_gallery_is_small_enough() -> None:
    certificate = a_certificate(replace(a_result(), identification=None))
    (say,) = objections(certificate, a_use(gallery_size=1))
    assert "does not say how often a search returns a wrong person" in say


def test_drawn_people_say_nothing_about_real_ones() -> None:
    certificate = a_certificate(a_result(synthetic=True))
    assert "SYNTHETIC" in objections(certificate, a_use())[0]
    assert objections(certificate, a_use(gallery_synthetic=True)) == ()


def test_a_bound_that_is_broken_names_the_group() -> None:
    (say,) = objections(a_certificate(), a_use(), bounds=Bounds(fmr=0.05))
    assert say == "The FMR may be above the bound 0.05 that is asked of every group: not recorded (1)."


def test_a_group_that_was_hardly_measured_breaks_a_bound_though_nothing_was_seen() -> None:
    certificate = a_certificate()
    male = certificate.groups[1]
    assert male.rate is not None
    assert male.rate.events == 0
    only = replace(certificate, overall=male, groups=(male,))
    (say,) = objections(only, a_use(), bounds=Bounds(fmr=male.upper_bound / 2))
    assert say.endswith("M (0.00033), M (0.00033).")
    assert objections(only, a_use(), bounds=Bounds(fmr=male.upper_bound)) == ()


def test_a_bound_on_searches_is_asked_of_every_group_too() -> None:
    (say,) = objections(a_certificate(), a_use(), bounds=Bounds(fpir=0.09))
    assert say.startswith("The FPIR may be above the bound 0.09")
    assert "F (0.095)" in say
    assert "M" not in say


def test_a_bound_that_is_no_number_is_never_kept() -> None:
    certificate = a_certificate()
    odd = replace(certificate, overall=replace(certificate.overall, upper_bound=float("nan")))
    assert "everybody (nan)" in objections(odd, a_use(), bounds=Bounds(fmr=1.0))[0]


def test_dates_that_are_none_are_an_error() -> None:
    odd = replace(a_certificate(), valid_until="9999")
    with pytest.raises(CertificateError, match="valid_until is '9999'"):
        objections(odd, a_use())


def test_bounds_are_read_strictly() -> None:
    assert Bounds.from_toml("fmr = 1e-3\n", name="bounds.toml") == Bounds(fmr=1e-3)
    for text in ("fmr = 0", "fmr = 2", "fnmr = 0.1", "fmr = 'low'", "fmr =", "fmr = nan"):
        with pytest.raises(InputError):
            Bounds.from_toml(text, name="bounds.toml")


def test_the_model_is_the_one_of_the_result() -> None:
    assert a_certificate().embedder_digest == EMBEDDER
