"""The tail of the dot product against integration and drawing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.integrate import quad

from facegate.datasets.sphere import upper_quantile, upper_tail

ROUNDING = 1e-12


@pytest.mark.parametrize("dimensions", [3, 4, 17, 123])
@pytest.mark.parametrize("dot", [-0.9, -0.2, 0.0, 0.1, 0.5, 0.9])
def test_the_tail_is_the_integral_of_the_density(dimensions: int, dot: float) -> None:
    def density(x: float) -> float:
        return float((1 - x * x) ** ((dimensions - 3) / 2))

    slow = quad(density, dot, 1, epsabs=0)[0] / quad(density, -1, 1)[0]
    assert upper_tail(dot, dimensions) == pytest.approx(slow, rel=1e-6)


def test_in_three_dimensions_the_dot_product_is_uniform() -> None:
    """Archimedes: the area of a cap is proportional to its height."""
    assert [upper_tail(dot, 3) for dot in (-1.0, -0.5, 0.5, 1.0)] == pytest.approx([1, 0.75, 0.25, 0])


@given(st.floats(1e-12, 1 - 1e-12), st.integers(3, 600))
def test_the_quantile_undoes_the_tail(chance: float, dimensions: int) -> None:
    assert upper_tail(upper_quantile(chance, dimensions), dimensions) == pytest.approx(chance, rel=1e-6)


@given(st.floats(-2, 2), st.floats(-2, 2), st.integers(3, 600))
@example(0.0, 7.619861579931734e-16, 64)  # rounding: scipy's integral is off in the fifteenth digit
def test_a_higher_value_is_never_reached_more_often(first: float, second: float, dimensions: int) -> None:
    low, high = sorted((first, second))
    assert 0 <= upper_tail(high, dimensions) <= upper_tail(low, dimensions) * (1 + ROUNDING)
    assert upper_tail(low, dimensions) <= 1


def test_dot_products_of_drawn_directions_follow_the_tail() -> None:
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((2, 100_000, 10))
    vectors /= np.linalg.norm(vectors, axis=2, keepdims=True)
    seen = int(np.count_nonzero(np.sum(vectors[0] * vectors[1], axis=1) >= 0.6))
    expected = 100_000 * upper_tail(0.6, 10)
    assert abs(seen - expected) < 4 * expected**0.5
