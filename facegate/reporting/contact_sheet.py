"""Suspect pairs as one page to look at, and as the sheet that takes the reviewer's verdicts.

- The page holds its pictures: it asks nobody for anything, and a browser is told not to.
- Ids and groups come from somebody's data set. They are escaped in the page, and marked in
  the sheet so that a spreadsheet does not run them.
- Photos are untrusted bytes: they are decoded as carefully as a probe, made small, and
  written anew, so nothing of the file but its pixels reaches the page.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined
from PIL import Image

from facegate.errors import UnusablePhoto
from facegate.evaluation.review.exclusions import VERDICT, ReviewVerdict
from facegate.faces.decode import MAX_BYTES, decode_photo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from jinja2 import Template

    from facegate.evaluation.provenance import Provenance
    from facegate.evaluation.review.suspects import SuspectPair, Suspects
    from facegate.reporting.tables import Row

TEMPLATE = "contact_sheet.html.j2"
THUMBNAIL_HEIGHT = 160
WIDEST = 2 * THUMBNAIL_HEIGHT
JPEG_QUALITY = 80
SYNTHETIC_PLACEHOLDER = "No photo: this vector was drawn."
NOT_IN_DATA = "No photo: the data set at hand has none of this id."
GUIDE = (
    (ReviewVerdict.KEEP, "Two different people.", "Nothing: it is a true false match."),
    (
        ReviewVerdict.SAME_PERSON,
        "One person under two names or ids.",
        "Every photo of the second person; photos under that id are lost as mated pairs too.",
    ),
    (
        ReviewVerdict.FIRST_PHOTO,
        "The first photo is wrong: another person, no face, a drawing.",
        "That photo.",
    ),
    (ReviewVerdict.SECOND_PHOTO, "The second photo is wrong.", "That photo."),
    (ReviewVerdict.BOTH_PHOTOS, "Both are wrong.", "Both photos."),
    (
        ReviewVerdict.FIRST_PERSON,
        "All photos of the first person are in doubt.",
        "Every photo of that person.",
    ),
    (ReviewVerdict.SECOND_PERSON, "The same of the second person.", "Every photo of that person."),
    (ReviewVerdict.BOTH_PEOPLE, "The same of both.", "Every photo of both."),
)


@dataclass(frozen=True, slots=True)
class Pictures:
    """Where the photos of a sheet come from.

    Parameters
    ----------
    paths : mapping of str to Path
        Photo id to file; empty if the photos are not at hand.
    absent : str
        Why there are none, in one sentence for the reader; empty if there are.
    """

    paths: Mapping[str, Path]
    absent: str


def contact_sheet(
    suspects: Suspects,
    origin: Provenance,
    pictures: Pictures,
    *,
    title: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> str:
    """Make the page.

    Parameters
    ----------
    suspects : Suspects
        Pairs to show.
    origin : Provenance
        Of the run.
    pictures : Pictures
        Photo files, as far as they are at hand.
    title : str
        Of the run.
    on_progress : callable, optional
        Called with pairs done and in all.

    Returns
    -------
    str
        HTML that needs no other file and no network.
    """
    pairs = []
    for place, pair in enumerate(suspects.pairs, start=1):
        pairs.append(_pair(pair, place, origin, pictures))
        if on_progress:
            on_progress(place, len(suspects.pairs))
    return _template().render(
        title=title,
        synthetic=origin.synthetic,
        pairs=pairs,
        order=order_sentence(suspects),
        no_photos="" if origin.synthetic else pictures.absent,
        dataset=origin.dataset,
        dataset_digest=origin.dataset_digest[:12],
        embedder=origin.embedder,
        embedder_digest=origin.embedder_digest[:12],
        measured_on=origin.measured_on,
        native_name=origin.metric.native_name,
        verdicts=[{"word": word.value, "when": when, "out": out} for word, when, out in GUIDE],
    )


def suspects_rows(suspects: Suspects, *, native_name: str) -> list[Row]:
    """Make the rows of the sheet: the page's pairs in its order, with room for a verdict.

    Ids and groups that a spreadsheet would run as a formula are marked when the rows become CSV;
    `read_exclusions` takes the mark off again.
    """
    return [
        {
            "rank": pair.rank,
            "score": pair.score,
            native_name: pair.native,
            "first_photo": pair.first_photo,
            "second_photo": pair.second_photo,
            "first_person": pair.first_person,
            "second_person": pair.second_person,
            "first_group": pair.first_group,
            "second_group": pair.second_group,
            VERDICT: "",
        }
        for pair in suspects.pairs
    ]


def order_sentence(suspects: Suspects) -> str:
    """Say which pairs are shown, and how many were passed over."""
    shown, over = len(suspects.pairs), suspects.passed_over
    among = f"{shown:,} of {suspects.available:,}" if shown < suspects.available else f"all {shown:,}"
    each = "1 pair" if suspects.per_person == 1 else f"{suspects.per_person:,} pairs"
    passed = "none was" if over == 0 else "1 pair was" if over == 1 else f"{over:,} pairs were"
    return (
        f"Highest score first: {among} pairs that the run kept. Nobody stands in more than {each}, so that "
        f"one person who resembles many does not fill the page; {passed} passed over for that. The rank "
        "counts them."
    )


def thumbnail(data: bytes) -> bytes:
    """Make a small JPEG of an untrusted photo.

    Parameters
    ----------
    data : bytes
        JPEG, PNG or WebP.

    Returns
    -------
    bytes
        JPEG, at most 160 pixels high and 320 wide, without the photo's metadata.

    Raises
    ------
    UnusablePhoto
        If it cannot be decoded.
    """
    picture = Image.fromarray(decode_photo(data))
    picture.thumbnail((WIDEST, THUMBNAIL_HEIGHT), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    picture.save(out, format="JPEG", quality=JPEG_QUALITY)
    return out.getvalue()


def _pair(pair: SuspectPair, place: int, origin: Provenance, pictures: Pictures) -> dict[str, object]:
    sides = (
        ("First", pair.first_photo, pair.first_person, pair.first_group),
        ("Second", pair.second_photo, pair.second_person, pair.second_group),
    )
    return {
        "place": place,
        "rank": f"{pair.rank:,}",
        "score": f"{pair.score:.6f}",
        "native": f"{pair.native:.6f}",
        "sides": [
            {
                "which": which,
                "photo": photo,
                "person": person,
                "group": group,
                **_image(photo, origin, pictures),
            }
            for which, photo, person, group in sides
        ],
    }


def _image(photo: str, origin: Provenance, pictures: Pictures) -> dict[str, str]:
    """Give the thumbnail of a photo in base64, or why there is none."""
    if origin.synthetic:
        return {"image": "", "why": SYNTHETIC_PLACEHOLDER}
    path = pictures.paths.get(photo)
    if path is None:
        return {"image": "", "why": "No photo at hand." if pictures.absent else NOT_IN_DATA}
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        return {"image": base64.b64encode(thumbnail(data)).decode(), "why": ""}
    except UnusablePhoto as finding:
        return {"image": "", "why": f"No picture: {finding.reason}."}
    except OSError:
        return {"image": "", "why": "No picture: the file cannot be read."}


def _template() -> Template:
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(files("facegate.reporting").joinpath(TEMPLATE).read_text(encoding="utf-8"))
