"""Small photos made by hand, clean as the intake makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.faces.intake.pixels import png_of
from facegate.gate.home import Home
from facegate.gate.photos.store import PhotoStore

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.faces.decode import Pixels


def pixels(shade: int = 0, *, height: int = 12, width: int = 10) -> Pixels:
    """One small photo; another shade is another photo."""
    rows = np.arange(height * width * 3, dtype=np.int64).reshape(height, width, 3)
    return ((rows + shade) % 251).astype(np.uint8)


def png(shade: int = 0) -> bytes:
    return png_of(pixels(shade))


def a_store(folder: Path) -> PhotoStore:
    return PhotoStore.open(Home(folder))


def files(folder: Path) -> list[Path]:
    """Every file under a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
