"""Stands for the photo intake, whose own tests are elsewhere: photos opened in this process."""

from __future__ import annotations

import hashlib
import io
from typing import NamedTuple

from PIL import Image

from facegate.faces.decode import decode_photo


class CleanPhoto(NamedTuple):
    """A photo opened and written again."""

    data: bytes
    width: int
    height: int
    original_digest: str
    kind: str


class FakeIntake:
    """Opens photos in this process."""

    def clean(self, data: bytes) -> CleanPhoto:
        pixels = decode_photo(data)
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        height, width, _ = pixels.shape
        return CleanPhoto(buffer.getvalue(), width, height, hashlib.sha256(data).hexdigest(), "png")
