"""Approximate indexes, for measuring what they lose; nothing that serves imports this file.

- An approximate index may miss a candidate that exact search finds, and may miss more in one
  group than in another. Whoever wants the speed should see that number first.
- Settings follow from the gallery's size and the list's length by fixed rules, and are
  written into the description, so that a recall is never quoted without them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gallery.index import FactoryIndex

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.decision import Vectors
    from facegate.templates import EmbedderInfo

HNSW_LINKS = 32
HNSW_BEAM = 64
POINTS_PER_CENTER = 39  # faiss warns of too few training vectors below this
LISTS_PROBED = 8
PQ_PIECE = 8  # components that one code byte stands for, where the width allows
MOST_PQ_BITS = 8


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an approximate index is built.

    Parameters
    ----------
    factory : str
        As faiss's ``index_factory`` takes it.
    settings : dict of str to int
        Search settings, by faiss's names.
    description : str
        Name and settings, for tables.
    """

    factory: str
    settings: dict[str, int]
    description: str


def require_known(name: str) -> None:
    """Refuse an index that is not known.

    Raises
    ------
    InputError
        Listing those that are.
    """
    if name not in RECIPES:
        msg = f"no approximate index is called {name[:40]!r}; known are {', '.join(RECIPES)}"
        raise InputError(msg)


def recipe_of(name: str, *, n_vectors: int, dimension: int, limit: int) -> Recipe:
    """Choose the settings of an index for a gallery.

    Parameters
    ----------
    name : str
        ``hnsw``, ``ivf-flat``, ``sq8`` or ``pq``.
    n_vectors, dimension : int
        Size of the gallery, and components of a vector.
    limit : int
        Longest candidate list.

    Raises
    ------
    InputError
        If the name is not known, or there are too few vectors: one is enough but for pq.

    Examples
    --------
    >>> recipe_of("ivf-flat", n_vectors=10_000, dimension=128, limit=20).description
    'ivf-flat (256 lists, 8 probed)'
    """
    require_known(name)
    if n_vectors < 1:
        msg = "an approximate index needs at least one vector, got none"
        raise InputError(msg)
    return RECIPES[name](n_vectors, dimension, limit)


def approximate_index(name: str, vectors: Vectors, embedder: EmbedderInfo, *, limit: int) -> FactoryIndex:
    """Build an approximate index over a gallery's vectors.

    Parameters
    ----------
    name : str
        ``hnsw``, ``ivf-flat``, ``sq8`` or ``pq``.
    vectors : ndarray of shape (n, d), float32
        Enrolled templates.
    embedder : EmbedderInfo
        Declares width and metric.
    limit : int
        Longest candidate list.

    Raises
    ------
    InputError
        If the name is not known, or the vectors break the embedder's form.
    """
    recipe = recipe_of(name, n_vectors=len(vectors), dimension=embedder.dimension, limit=limit)
    return FactoryIndex(recipe.factory, vectors, embedder, settings=recipe.settings)


def _hnsw(_n_vectors: int, _dimension: int, limit: int) -> Recipe:
    beam = max(HNSW_BEAM, limit)
    described = f"hnsw ({HNSW_LINKS} links, efSearch {beam})"
    return Recipe(f"HNSW{HNSW_LINKS},Flat", {"efSearch": beam}, described)


def _ivf_flat(n_vectors: int, _dimension: int, _limit: int) -> Recipe:
    n_lists = max(1, min(round(4 * math.sqrt(n_vectors)), n_vectors // POINTS_PER_CENTER))
    n_probed = min(LISTS_PROBED, n_lists)
    return Recipe(
        f"IVF{n_lists},Flat", {"nprobe": n_probed}, f"ivf-flat ({n_lists} lists, {n_probed} probed)"
    )


def _sq8(_n_vectors: int, _dimension: int, _limit: int) -> Recipe:
    return Recipe("SQ8", {}, "sq8 (8 bits a component)")


def _pq(n_vectors: int, dimension: int, _limit: int) -> Recipe:
    if n_vectors < 2:  # noqa: PLR2004  two centers, at least
        msg = f"the index pq needs at least 2 vectors to train, got {n_vectors}"
        raise InputError(msg)
    piece = next(size for size in range(min(PQ_PIECE, dimension), 0, -1) if dimension % size == 0)
    # As many centers a piece as the gallery can train: faiss refuses more centers than vectors.
    n_bits = max(1, min(MOST_PQ_BITS, int(math.log2(max(2, n_vectors // POINTS_PER_CENTER)))))
    n_pieces = dimension // piece
    return Recipe(f"PQ{n_pieces}x{n_bits}", {}, f"pq ({n_pieces} codes of {n_bits} bits)")


RECIPES: dict[str, Callable[[int, int, int], Recipe]] = {
    "hnsw": _hnsw,
    "ivf-flat": _ivf_flat,
    "sq8": _sq8,
    "pq": _pq,
}
