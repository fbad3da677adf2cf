"""Drawing the vectors of a synthetic population, block by block.

Each block of subjects has random streams of its own, numbered by block, so that a part of the
population can be drawn without the rest and comes out the same whatever the parts are. numpy
promises the streams for one version of numpy, not for all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.random import Generator, Philox, SeedSequence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from facegate.decision import Vectors

BLOCK_ROWS = 4096
"""Rows drawn from one random stream: part of the recipe, because it decides who gets which."""


@dataclass(frozen=True, slots=True)
class VectorRecipe:
    """The numbers that decide a population's vectors; `synthetic` explains them.

    Parameters
    ----------
    sizes : tuple of int
        Subjects of each group.
    shares : tuple of float
        a_g of each group.
    photos_per_subject, dimension, seed : int
        Photos of each subject, length of a vector, seed.
    common, photo_likeness, radius : float
        a_0, rho squared, and the length of each vector.
    """

    sizes: tuple[int, ...]
    shares: tuple[float, ...]
    photos_per_subject: int
    common: float
    photo_likeness: float
    dimension: int
    radius: float
    seed: int


def group_of(subjects: NDArray[np.int64], sizes: Sequence[int]) -> NDArray[np.int64]:
    """Tell the group of each subject.

    Parameters
    ----------
    subjects : ndarray of shape (n,), int64
        Numbers of subjects, the first being 0; groups follow one another.
    sizes : sequence of int
        Subjects of each group.

    Returns
    -------
    ndarray of shape (n,), int64
        Positions of the groups.
    """
    return np.searchsorted(np.cumsum(sizes), subjects, side="right").astype(np.int64)


class Blocks:
    """Vectors block by block, each block from a random stream of its own; the last one is kept."""

    def __init__(self, recipe: VectorRecipe) -> None:
        self._recipe = recipe
        self._subjects = max(1, BLOCK_ROWS // recipe.photos_per_subject)
        self._size = self._subjects * recipe.photos_per_subject
        self._held: tuple[int, Vectors] | None = None

    def rows(self, start: int, stop: int) -> Vectors:
        """Return rows start to stop, whichever blocks they lie in."""
        out: Vectors = np.empty((stop - start, self._recipe.dimension), dtype=np.float32)
        for block in range(start // self._size, (stop - 1) // self._size + 1):
            first = block * self._size
            low, high = max(start, first), min(stop, first + self._size)
            out[low - start : high - start] = self._block(block)[low - first : high - first]
        return out

    def _block(self, block: int) -> Vectors:
        if self._held is None or self._held[0] != block:
            self._held = (block, self._draw(block))
        return self._held[1]

    def _draw(self, block: int) -> Vectors:
        """Draw one block as the module's construction has it."""
        recipe = self._recipe
        first = block * self._subjects
        numbers = np.arange(first, min(first + self._subjects, sum(recipe.sizes)))
        group = group_of(numbers, recipe.sizes)
        shares = np.array(recipe.shares)[group]
        shape = (len(numbers), recipe.photos_per_subject)
        vectors: Vectors = np.zeros((*shape, recipe.dimension), dtype=np.float32)
        vectors[..., 0] = math.sqrt(recipe.common)
        vectors[np.arange(shape[0])[:, None], np.arange(shape[1])[None, :], 1 + group[:, None]] = np.sqrt(
            shares
        )[:, None]
        apart = np.sqrt(1.0 - recipe.common - shares).astype(np.float32)
        vectors[..., 1 + len(recipe.sizes) :] = apart[:, None, None] * self._directions(block, *shape)
        if recipe.radius != 1.0:
            vectors *= np.float32(recipe.radius)
        return vectors.reshape(-1, recipe.dimension)

    def _directions(self, block: int, n_subjects: int, n_photos: int) -> NDArray[np.float32]:
        """Draw the direction u of each photo: shape (n_subjects, n_photos, m)."""
        recipe = self._recipe
        width = recipe.dimension - 1 - len(recipe.sizes)
        centers = _unit(
            _stream(recipe.seed, block, 0).standard_normal((n_subjects, 1, width), dtype=np.float32)
        )
        if n_photos == 1:
            return centers
        noise = _stream(recipe.seed, block, 1).standard_normal(
            (n_subjects, n_photos, width), dtype=np.float32
        )
        noise -= np.einsum("spm,sqm->sp", noise, centers)[..., None] * centers
        likeness = recipe.photo_likeness
        return np.float32(math.sqrt(likeness)) * centers + np.float32(math.sqrt(1 - likeness)) * _unit(noise)


def _stream(seed: int, block: int, purpose: int) -> Generator:
    return Generator(Philox(SeedSequence(entropy=seed, spawn_key=(block, purpose))))


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    vectors /= np.sqrt(np.einsum("spm,spm->sp", vectors, vectors))[..., None]
    return vectors
