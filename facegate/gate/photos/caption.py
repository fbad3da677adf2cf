"""A strip below a photo that says whose copy it is: seen by whoever sees the photo, also on a screen shot.

No pixel of the photo is touched: it stands unchanged above the strip, so two reviewers compare the same faces
whatever their marks. Not protected here: whoever cuts the strip off, and saves the image anew.
"""

from __future__ import annotations

import io
from typing import Final

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facegate.faces.intake.pixels import png_of
from facegate.gate.review.copy_marks import marked_image

_LEAST_LETTERS: Final = 12  # pixels high
_PART: Final = 40  # of a large photo's height
_ROOM: Final = 4  # pixels around the text
_GROUP: Final = 4  # letters of the mark that are read together


def marked_copy(png: bytes, mark: str) -> bytes:
    """Put a mark under a photo where it is seen, and into the file where a program finds it.

    Parameters
    ----------
    png : bytes
        A clean PNG.
    mark : str
        Of the viewer, as `facegate.gate.review.copy_marks.mark_of` made it.

    Returns
    -------
    bytes
        A PNG: the photo at the top left, a white strip below.
    """
    with Image.open(io.BytesIO(png), formats=("PNG",)) as read:
        photo = read.convert("RGB")
    groups = (mark[at : at + _GROUP] for at in range(0, len(mark), _GROUP))
    text, font = (
        " ".join(("copy", *groups)),
        ImageFont.load_default(max(_LEAST_LETTERS, photo.height // _PART)),
    )
    left, top, right, bottom = (int(edge) for edge in font.getbbox(text))
    width, height = right - left + 2 * _ROOM, bottom - top + 2 * _ROOM
    page = Image.new("RGB", (max(photo.width, width), photo.height + height), "white")
    page.paste(photo)
    ImageDraw.Draw(page).text((_ROOM - left, photo.height + _ROOM - top), text, fill="black", font=font)
    return marked_image(png_of(np.asarray(page)), mark)
