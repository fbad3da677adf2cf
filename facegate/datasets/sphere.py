"""Uniform directions in m dimensions: how their dot product is distributed.

For two independent uniform unit vectors with dot product B, (1 + B)/2 follows
Beta((m-1)/2, (m-1)/2) (K. V. Mardia and P. E. Jupp, *Directional Statistics*, 2000, section 9.3).
"""

from __future__ import annotations

from scipy.special import betainc, betaincinv


def upper_tail(dot: float, dimensions: int) -> float:
    """Return the chance that the dot product of two uniform directions reaches a value.

    Parameters
    ----------
    dot : float
        The value; beyond -1 and 1 the chance is 1 and 0.
    dimensions : int
        m, at least 2.

    Returns
    -------
    float
        P(B >= dot), exact in the far tail too.

    Examples
    --------
    >>> round(upper_tail(0.0, 100), 6), round(upper_tail(0.5, 3), 6)
    (0.5, 0.25)
    """
    if dot <= -1:
        return 1.0
    if dot >= 1:
        return 0.0
    half = (dimensions - 1) / 2
    return float(betainc(half, half, (1.0 - dot) / 2))


def upper_quantile(chance: float, dimensions: int) -> float:
    """Return the value that the dot product reaches with a given chance.

    Parameters
    ----------
    chance : float
        In (0, 1).
    dimensions : int
        m, at least 2.

    Returns
    -------
    float
        In (-1, 1): the inverse of `upper_tail`.
    """
    half = (dimensions - 1) / 2
    return 1.0 - 2.0 * float(betaincinv(half, half, chance))
