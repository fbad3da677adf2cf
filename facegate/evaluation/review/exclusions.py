"""What a reviewer of suspect pairs wants left out, read back from the sheet.

The sheet is a CSV file with a column ``verdict``. An empty verdict is a pair nobody looked at:
nothing is left out for it. Every other word is an error with its line, for a slip
must not turn into a rate.

=================  ==================================================================
verdict            left out
=================  ==================================================================
keep               nothing: two people who do look alike, a true false match
same person        the second person: one of the two names is enough
first photo        that photo (wrong person, two faces, a drawing)
second photo       that photo
both photos        both
first person       every photo of that person
second person      every photo of that person
both people        every photo of both
=================  ==================================================================
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError
from facegate.evaluation.review.spreadsheet_cells import text_of_cell
from facegate.evaluation.review.suspects import ranked_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pyarrow as pa
    from numpy.typing import NDArray

    from facegate.decision import Metric
    from facegate.templates import TemplateSet

ID_COLUMNS = ("first_photo", "second_photo", "first_person", "second_person")
VERDICT = "verdict"
LARGEST = 50_000_000


class ReviewVerdict(StrEnum):
    """What a reviewer may write."""

    KEEP = "keep"
    SAME_PERSON = "same person"
    FIRST_PHOTO = "first photo"
    SECOND_PHOTO = "second photo"
    BOTH_PHOTOS = "both photos"
    FIRST_PERSON = "first person"
    SECOND_PERSON = "second person"
    BOTH_PEOPLE = "both people"


PHOTOS_OUT = {
    ReviewVerdict.FIRST_PHOTO: ("first_photo",),
    ReviewVerdict.SECOND_PHOTO: ("second_photo",),
    ReviewVerdict.BOTH_PHOTOS: ("first_photo", "second_photo"),
}
PEOPLE_OUT = {
    ReviewVerdict.SAME_PERSON: ("second_person",),
    ReviewVerdict.FIRST_PERSON: ("first_person",),
    ReviewVerdict.SECOND_PERSON: ("second_person",),
    ReviewVerdict.BOTH_PEOPLE: ("first_person", "second_person"),
}


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What to leave out of a run.

    Parameters
    ----------
    photos : frozenset of str
        Template ids.
    people : frozenset of str
        Subject ids.
    reviewed : int
        Pairs that carry a verdict, ``keep`` included.
    digest : str
        SHA-256 (hex) of the sheet; empty if no sheet was read.
    owners : frozenset of (str, str)
        Template and subject id of every photo with a verdict, as the sheet pairs them up.
    """

    photos: frozenset[str]
    people: frozenset[str]
    reviewed: int
    digest: str
    owners: frozenset[tuple[str, str]] = frozenset()

    @property
    def about(self) -> str:
        """Say in words who is left out, for the heading of a table.

        Examples
        --------
        >>> Exclusions(frozenset({"a"}), frozenset(), 12, "").about
        'without 1 photo and 0 people that a reviewer left out (12 pairs reviewed)'
        """
        photos = "1 photo" if len(self.photos) == 1 else f"{len(self.photos):,} photos"
        people = "1 person" if len(self.people) == 1 else f"{len(self.people):,} people"
        pairs = "1 pair" if self.reviewed == 1 else f"{self.reviewed:,} pairs"
        return f"without {photos} and {people} that a reviewer left out ({pairs} reviewed)"


def read_exclusions(path: Path) -> Exclusions:
    """Read a reviewed sheet.

    Commas or semicolons, with or without a byte order mark: whatever a spreadsheet makes of
    the file when it saves it. Columns besides those needed are the reviewer's own.

    Parameters
    ----------
    path : Path
        The sheet with its verdicts.

    Returns
    -------
    Exclusions
        Whether the ids exist is seen when they are used (`kept_rows`).

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, holds an unknown verdict, an empty id or
        one pair with two verdicts, or if nobody has reviewed it; the message names the line.
    """
    data = _bytes_of(path)
    photos: set[str] = set()
    people: set[str] = set()
    owners: set[tuple[str, str]] = set()
    verdicts: dict[frozenset[str], ReviewVerdict] = {}
    for line, row, verdict in _reviewed(_text(data, path), path):
        pair = frozenset((row["first_photo"], row["second_photo"]))
        if verdicts.setdefault(pair, verdict) is not verdict:
            msg = f"{path} line {line}: one pair has two verdicts, {verdicts[pair]} and {verdict}"
            raise InputError(msg)
        photos.update(row[column] for column in PHOTOS_OUT.get(verdict, ()))
        people.update(row[column] for column in PEOPLE_OUT.get(verdict, ()))
        owners.update((row[f"{which}_photo"], row[f"{which}_person"]) for which in ("first", "second"))
    if not verdicts:
        msg = f"{path} holds no verdict: nobody has reviewed it, so there is nothing to leave out"
        raise InputError(msg)
    digest = hashlib.sha256(data).hexdigest()
    return Exclusions(frozenset(photos), frozenset(people), len(verdicts), digest, frozenset(owners))


def top_pairs_exclusions(tail: pa.Table, n: int, *, metric: Metric) -> Exclusions:
    """Leave out both photos of the highest non-mated pairs, seen by nobody.

    How much the rates fall says how much hangs on a few pairs, true look-alikes included: it
    is a lower end, no correction.

    Parameters
    ----------
    tail : pyarrow.Table
        Non-mated pairs that a run kept, with the columns of `suspects.COLUMNS`.
    n : int
        Pairs, at least 1; all of them if there are fewer.
    metric : Metric
        Of the scores.

    Raises
    ------
    InputError
        If ``n`` is below 1, or this is no tail.
    MeasurementError
        If there is no pair at all.
    """
    if n < 1:
        msg = f"wanted at least 1 pair to leave out, got {n}"
        raise InputError(msg)
    pairs = list(islice(ranked_pairs(tail, metric=metric), n))
    photos = frozenset(photo for pair in pairs for photo in (pair.first_photo, pair.second_photo))
    return Exclusions(photos, frozenset(), 0, "")


def kept_rows(templates: TemplateSet, exclusions: Exclusions) -> NDArray[np.bool_]:
    """Mark the rows that stay.

    Parameters
    ----------
    templates : TemplateSet
        All rows, failures to enroll included.
    exclusions : Exclusions
        What goes.

    Returns
    -------
    ndarray of shape (n,), bool
        False for every photo left out, and every photo of a person left out.

    Raises
    ------
    InputError
        If the sheet names a photo or a person that these data do not have, or gives a photo to
        another person: it is a sheet of other data, or its cells were moved.
    """
    photos = templates.template_id.astype(str)
    people = templates.subject_id.astype(str)
    _require_known(exclusions.photos | {photo for photo, _ in exclusions.owners}, photos, "photos")
    _require_known(exclusions.people | {person for _, person in exclusions.owners}, people, "people")
    if moved := len(exclusions.owners - set(zip(photos.tolist(), people.tolist(), strict=True))):
        msg = (
            "the reviewed sheet gives photos to other people than these data do "
            f"({moved:,} times): was a column sorted without the others?"
        )
        raise InputError(msg)
    out = np.isin(photos, sorted(exclusions.photos)) | np.isin(people, sorted(exclusions.people))
    return np.asarray(~out)


def _require_known(named: set[str] | frozenset[str], known: NDArray[np.str_], what: str) -> None:
    """Refuse ids that are not there; no id in the message, for some are people's names."""
    if missing := len(named - set(known.tolist())):
        msg = (
            f"of the {what} named in the reviewed sheet, {missing:,} are not in these data: it is of other "
            "data, or a spreadsheet changed the ids (001 becomes 1; import such columns as text)"
        )
        raise InputError(msg)


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise InputError(msg) from error
    if len(data) > LARGEST:
        msg = f"{path} is larger than {LARGEST:,} bytes: no sheet that a person has reviewed"
        raise InputError(msg)
    return data


def _text(data: bytes, path: Path) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{path} is not UTF-8 text (byte {error.start:,}): save it as CSV UTF-8"
        raise InputError(msg) from error


def _reviewed(text: str, path: Path) -> Iterator[tuple[int, dict[str, str], ReviewVerdict]]:
    """Give line, ids and verdict of every row that has one."""
    for line, row in _rows(text, path):
        said = " ".join(row[VERDICT].lower().split())
        if not said:
            continue
        if said not in list(ReviewVerdict):
            words = ", ".join(ReviewVerdict)
            msg = f"{path} line {line}: verdict is {said[:40]!r}, wanted nothing or one of {words}"
            raise InputError(msg)
        ids = {column: text_of_cell(row[column]) for column in ID_COLUMNS}
        if empty := [column for column, value in ids.items() if not value]:
            msg = f"{path} line {line}: {empty[0]} is empty"
            raise InputError(msg)
        yield line, ids, ReviewVerdict(said)


def _rows(text: str, path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Read the rows with the line each ends on."""
    head = text.partition("\n")[0]
    delimiter = ";" if ";" in head and "," not in head else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = next(reader, [])
        if wrong := [column for column in (*ID_COLUMNS, VERDICT) if columns.count(column) != 1]:
            got = columns.count(wrong[0])
            msg = f"{path} is no sheet of suspects: wanted one column {wrong[0]}, got {got}"
            raise InputError(msg)
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(columns):
                msg = f"{path} line {reader.line_num}: {len(row)} fields, wanted {len(columns)}"
                raise InputError(msg)
            yield reader.line_num, dict(zip(columns, row, strict=True))
    except csv.Error as error:
        msg = f"{path} line {reader.line_num} is no CSV: {error}"
        raise InputError(msg) from error
