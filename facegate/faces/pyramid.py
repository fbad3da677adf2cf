"""dlib's HOG search entered at a coarser level: the same boxes for large faces, at half the cost.

dlib searches a pyramid: the photo doubled, then 5/6 of it, then 5/6 of that, with one window size. Most of
the time goes into the finest levels, which hold the smallest faces. Here the finest levels are made but not
searched. Every level that is searched is the very image that dlib would search, so scores are the same to
the last bit, and boxes are brought back with dlib's own roundings.
"""

from __future__ import annotations

import math
from functools import cache
from itertools import product
from typing import Any, NamedTuple

import dlib
import numpy as np

from facegate.faces.decode import Pixels  # noqa: TC001  doctests read it

SHRINK = 6  # dlib's frontal detector goes down by 5/6 a level
WINDOW_SIDES = (73, 81)  # pixels: the detector's windows are 9 or 10 cells of 8 pixels, and one
MOST_LEVELS = 24  # 73 pixels times 1.2 ** 24 is more than any bounded photo
NUDGES = (0, -1, 1, -2, 2)


class Edges(NamedTuple):
    """Edges of a rectangle in pixels, right and bottom inclusive."""

    left: int
    top: int
    right: int
    bottom: int


def levels_below(shape: tuple[int, ...], share: float) -> int:
    """Count the pyramid levels whose window is smaller than a share of the photo's shorter side.

    Parameters
    ----------
    shape : tuple of int
        Height and width of the photo in pixels, before doubling.
    share : float
        Share of the shorter side, above 0.

    Returns
    -------
    int
        Levels to skip, 0 or more.

    Examples
    --------
    >>> levels_below((250, 250), 0.3)
    4
    """
    wanted = 2 * min(shape[:2]) * share
    return max(0, round(math.log(wanted / WINDOW_SIDES[0]) / math.log(SHRINK / (SHRINK - 1))))


def doubled_and_shrunk(image: Pixels, levels: int) -> Pixels:
    """Make the level of dlib's pyramid at which the search is entered.

    Parameters
    ----------
    image : ndarray of shape (height, width, 3), uint8
        The photo.
    levels : int
        Levels to go down from the doubled photo.
    """
    corner = _doubling().rect_up(dlib.rectangle(0, 0, image.shape[1] - 1, image.shape[0] - 1))
    # dlib's pyramid_up makes the doubled photo this large, one row and column more than the rectangle
    level = dlib.resize_image(image, corner.bottom() + 1, corner.right() + 1)
    for _ in range(levels):
        level = _shrinking()(level)
    return np.asarray(level)


def photo_edges(found: Any, levels: int) -> Edges:  # noqa: ANN401  dlib has no types
    """Bring a rectangle found in a search entered ``levels`` down back to the photo.

    dlib rounds once on the way from the level of the find to the doubled photo. A search entered further
    down rounds once more on the way, so the window that was found is recovered first: it has one of few
    sizes, and growing it must give the rectangle again.
    """
    grown = _grown(found, levels)
    down = _doubling().rect_down(grown)
    return Edges(down.left(), down.top(), down.right(), down.bottom())


def _grown(found: Any, levels: int) -> Any:  # noqa: ANN401  dlib has no types
    """Grow a rectangle to the doubled photo as dlib would have done in one step."""
    for further in range(MOST_LEVELS):
        near = _shrinking().rect_down(found, further)
        for width, height, across, down in product(WINDOW_SIDES, WINDOW_SIDES, NUDGES, NUDGES):
            left, top = near.left() + across, near.top() + down
            window = dlib.rectangle(left, top, left + width - 1, top + height - 1)
            if _shrinking().rect_up(window, further) == found:
                return _shrinking().rect_up(window, further + levels)
    return _shrinking().rect_up(found, levels)  # another window size: at most a pixel off


@cache
def _doubling() -> Any:  # noqa: ANN401  dlib has no types
    return dlib.pyramid_down(2)


@cache
def _shrinking() -> Any:  # noqa: ANN401  dlib has no types
    return dlib.pyramid_down(SHRINK)
