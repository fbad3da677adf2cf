"""One real, freely usable face for tests: scikit-image's astronaut photo (NASA, public domain)."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import skimage.data
from PIL import Image

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels


@cache
def astronaut() -> Pixels:
    """Cut head and shoulders, 280 x 300 pixels, one face right of the middle."""
    photo: Pixels = skimage.data.astronaut()[:280, 80:380]
    return np.ascontiguousarray(photo)


def variants() -> list[Pixels]:
    """Show the same face mirrored, shifted, darkened and smaller."""
    photo = astronaut()
    small = Image.fromarray(photo).resize((225, 210), Image.Resampling.LANCZOS)
    dark = (photo * 0.6).astype(np.uint8)
    return [photo, photo[:, ::-1].copy(), photo[15:, 20:].copy(), dark, np.asarray(small)]


def two_faces() -> Pixels:
    """Put the astronaut twice, side by side."""
    return np.concatenate([astronaut(), astronaut()[:, ::-1]], axis=1)


def faceless() -> Pixels:
    """Make a gradient."""
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    return np.repeat(np.tile(ramp, (160, 1))[..., None], 3, axis=-1)


def png(pixels: Pixels) -> bytes:
    """Encode without loss."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
