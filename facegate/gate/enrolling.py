"""Filling an agency's gallery: gated too, once an agency is registered.

- Nobody is enrolled before the authority under which the gallery is kept is on file.
- Whoever stands in the agency's list of withheld records is left out. The list is bare subject ids, one a
  line, without a reason: many reasons share it, so standing in it tells nothing about a person. How many
  were left out is on the log; who, is not.
- The record comes first, and a second one says what came of it; a load that broke off shows as the first
  without the second.

Not protected here: a gallery that is filled before any agency is registered. The gate searches none without
its authority.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.registers.conditions import authority_cited, gallery_here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.gallery.enrollment import EnrollmentSummary
    from facegate.gallery.gallery import Gallery
    from facegate.gate.ledger.ledger import Ledger
    from facegate.templates import TemplateSet

ENROLLMENT = "enrollment"
ENROLLED = "enrolled"
WITHHELD_FILE = "withheld.txt"  # in the agency's folder; one subject id a line
LARGEST_LIST = 1 << 28  # bytes


@dataclass(frozen=True, slots=True)
class GatedHome:
    """An agency's folder whose gallery may be filled.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    gallery : str
        Id of the gallery this folder keeps.
    authority : str
        Statute and section it is kept under.
    """

    ledger: Ledger
    gallery: str
    authority: str


class Withholding:
    """Leaves out whoever is withheld, and counts the people.

    Parameters
    ----------
    subjects : frozenset of str
        Whom to leave out, by subject id.
    """

    def __init__(self, subjects: frozenset[str]) -> None:
        self._subjects = subjects
        self._met: set[str] = set()

    @property
    def n_withheld(self) -> int:
        """Different people left out so far."""
        return len(self._met)

    def rest(self, parts: Iterable[TemplateSet]) -> Iterator[TemplateSet]:
        """Give the parts without those withheld."""
        for part in parts:
            met = self._subjects.intersection(part.subject_id)
            self._met |= met
            yield part.select(~np.isin(part.subject_id.astype(str), sorted(met))) if met else part


def home_of_gallery(folder: Path) -> Home | None:
    """Give the agency's folder a gallery belongs to; None for a gallery that no gate would search."""
    whole = folder.resolve()
    home = Home(whole.parent)
    return home if home.gallery == whole else None


@contextmanager
def gated_home(home: Home | None) -> Iterator[GatedHome | None]:
    """Open the books of an agency's folder for an enrollment, if the authority is on file.

    Parameters
    ----------
    home : Home or None
        The folder; None for a gallery that is no agency's.

    Yields
    ------
    GatedHome or None
        None where no agency is registered yet.

    Raises
    ------
    PolicyRefusal
        If an agency is registered, and no gallery or no authority for it.
    AuditError
        If the log cannot be used.
    """
    if home is None or not home.log.exists():
        yield None
        return
    with open_ledger(home) as ledger:
        yield demand_authority(ledger) if ledger.value("SELECT 1 FROM people_agencies LIMIT 1") else None


def enroll(
    gated: GatedHome | None,
    gallery: Gallery,
    parts: Iterable[TemplateSet],
    *,
    withholding: Withholding,
    clock: Callable[[], datetime],
    on_progress: Callable[[int], None] | None = None,
    by: str = "",
) -> EnrollmentSummary:
    """Enroll templates; in an agency's gallery between two records of the log.

    Parameters
    ----------
    gated : GatedHome or None
        As `gated_home` gave it; None leaves no record.
    gallery : Gallery
        Open for writing.
    parts : iterable of TemplateSet
        What to enroll.
    withholding : Withholding
        Who is left out of it.
    clock : callable
        Gives the time, with its zone.
    on_progress : callable or None
        Told how many rows were taken since the last call.
    by : str
        Officer who has them enrolled, sealed; empty where that is not known.

    Raises
    ------
    AuditError
        If a record cannot be written; without the first nobody is enrolled.
    InputError, GalleryError, StorageError
        As `facegate.gallery.gallery.Gallery.enroll`; nobody is enrolled.
    """
    rest = withholding.rest(parts)
    if gated is None:
        return gallery.enroll(rest, on_progress=on_progress)
    before = {"gallery": gated.gallery, "authority": gated.authority, "gallery_digest": gallery.digest}
    announced = gated.ledger.record(ENROLLMENT, at=clock(), public=before, sealed={"by": by} if by else {})
    done = gallery.enroll(rest, on_progress=on_progress)
    after: dict[str, JSONValue] = {
        "gallery": gated.gallery,
        "enrollment": announced,
        "gallery_digest": gallery.digest,
        "n_templates": done.n_templates,
        "n_subjects_new": done.n_subjects_new,
        "n_failures": done.n_failures,
        "n_withheld": withholding.n_withheld,
        "synthetic": "yes" if gallery.synthetic else "no",
    }
    gated.ledger.record(ENROLLED, at=clock(), public=after, sealed={})
    return done


def read_withheld(folder: Path) -> frozenset[str]:
    """Read whose records are withheld, from an agency's folder; nobody's, if there is no list.

    Raises
    ------
    InputError
        If the list cannot be read, is no text, or is too large: nobody is enrolled on half a list.
    """
    path = folder / WITHHELD_FILE
    try:
        if not path.exists():
            return frozenset()
        if path.stat().st_size > LARGEST_LIST:
            msg = f"the list {path} is larger than {LARGEST_LIST:,} bytes"
            raise InputError(msg)
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the list of withheld records {path}; wanted subject ids, one a line"
        raise InputError(msg) from error
    return frozenset(line.strip() for line in text.splitlines() if line.strip())


def demand_authority(ledger: Ledger) -> GatedHome:
    """Give the gallery that an open ledger is of, if the authority under which it is kept is on file.

    Parameters
    ----------
    ledger : Ledger
        Open for writing.

    Raises
    ------
    PolicyRefusal
        If no gallery is registered, or no authority for it.
    """
    gallery = gallery_here(ledger)
    if not gallery:
        msg = "nobody is enrolled: an agency is registered here and no gallery; register whose it is first"
        raise PolicyRefusal(msg)
    authority = authority_cited(ledger, gallery)
    if not authority:
        msg = f"nobody is enrolled in gallery {gallery!r}: no authority under which it is kept is on file"
        raise PolicyRefusal(msg)
    return GatedHome(ledger, gallery, authority)
