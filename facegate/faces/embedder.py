"""What an embedder is to the rest of facegate: aligned chips in, vectors out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from facegate.errors import InputError
from facegate.faces.align import CHIP_SIZE

if TYPE_CHECKING:
    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels
    from facegate.templates import EmbedderInfo


class Embedder(Protocol):
    """Anything that maps aligned face chips to vectors."""

    @property
    def info(self) -> EmbedderInfo:
        """Name, digest of weights and settings, dimension and metric."""
        ...

    def embed(self, chips: Pixels) -> Vectors:
        """Map chips to vectors.

        Parameters
        ----------
        chips : ndarray of shape (n, 150, 150, 3), uint8
            Aligned faces, RGB.

        Returns
        -------
        ndarray of shape (n, d), float32
            One vector a chip.
        """
        ...


def check_chips(chips: Pixels) -> None:
    """Refuse anything but 8-bit RGB chips of the size the network was trained on.

    Raises
    ------
    InputError
        On another type or shape.
    """
    if chips.dtype != "uint8" or chips.shape[1:] != (CHIP_SIZE, CHIP_SIZE, 3):
        wanted = f"(n, {CHIP_SIZE}, {CHIP_SIZE}, 3) of uint8"
        msg = f"face chips must have shape {wanted}, got {chips.shape} of {chips.dtype}"
        raise InputError(msg)
