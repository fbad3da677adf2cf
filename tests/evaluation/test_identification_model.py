"""The model of large galleries against its golden values."""

from __future__ import annotations

import pytest

from facegate.errors import MeasurementError
from facegate.evaluation.identification.model import LARGEST, MODEL_SIZES, model_points

GOLDEN = [
    (1e-5, 1_000, "0.0099502"),
    (1e-5, 10_000, "0.095163"),
    (1e-5, 100_000, "0.63212"),
    (1e-5, 1_000_000, "0.99995"),
    (1e-6, 1_000_000, "0.63212"),
    (1e-6, 10_000_000, "0.99995"),
    (1e-7, 1_000_000, "0.095163"),
    (1e-7, 10_000_000, "0.63212"),
]


def fpir(fmr: float, size: int) -> float:
    return model_points(threshold="t", group="g", fmr=fmr, sizes=[size])[0].fpir


@pytest.mark.parametrize(("fmr", "size", "expected"), GOLDEN)
def test_the_model_gives_the_golden_values(fmr: float, size: int, expected: str) -> None:
    assert f"{fpir(fmr, size):.5g}" == f"{float(expected):.5g}"


def test_a_rate_below_the_step_of_a_float_is_not_lost() -> None:
    assert fpir(1e-18, 1000) == pytest.approx(1e-15, rel=1e-12)


def test_selectivity_is_the_size_times_the_fmr() -> None:
    assert model_points(threshold="t", group="g", fmr=2e-4, sizes=[5000])[0].sel == pytest.approx(1.0)


def test_the_ends_of_the_scale_are_certain() -> None:
    assert fpir(0.0, 10) == 0
    assert fpir(1.0, 10) == 1


def test_the_sizes_rise_to_27_million() -> None:
    assert list(MODEL_SIZES) == sorted(set(MODEL_SIZES))
    assert MODEL_SIZES[0] == 50
    assert MODEL_SIZES[-1] == LARGEST == 27_000_000


@pytest.mark.parametrize("fmr", [-0.1, 1.1, float("nan")])
def test_what_is_not_a_rate_is_refused(fmr: float) -> None:
    with pytest.raises(MeasurementError, match="a false match rate from 0 to 1"):
        fpir(fmr, 10)


def test_an_empty_gallery_is_refused() -> None:
    with pytest.raises(MeasurementError, match="1 person or more, got 0"):
        fpir(0.1, 0)
