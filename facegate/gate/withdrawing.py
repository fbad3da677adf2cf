"""Taking people out of an agency's gallery: on the log before and after, as filling it is.

- The record comes first, and a second one says what came of it. How many went is on the log; who, is not:
  whoever was taken out is not kept there instead.
- No authority is asked for: nobody stays enrolled because a paper is missing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.registers.conditions import gallery_here

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gallery.gallery import Gallery
    from facegate.gate.ledger.ledger import Ledger
    from facegate.records import SubjectId

WITHDRAWAL = "withdrawal"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What one withdrawal did.

    Parameters
    ----------
    n_subjects, n_templates : int
        People taken out, and their templates.
    record : int
        Position of its second record in the log.
    """

    n_subjects: int
    n_templates: int
    record: int


def withdraw(
    ledger: Ledger,
    gallery: Gallery,
    subjects: Collection[SubjectId],
    *,
    clock: Callable[[], datetime],
    by: str,
) -> Withdrawal:
    """Take people out, between two records of the log.

    Parameters
    ----------
    ledger : Ledger
        Open for writing.
    gallery : Gallery
        Open for writing; of the same folder.
    subjects : collection of SubjectId
        Everyone who goes, at least one.
    clock : callable
        Gives the time, with its zone.
    by : str
        Officer who does it; sealed.

    Raises
    ------
    InputError
        If nobody is named, or somebody who is not enrolled: nobody is withdrawn, nothing is recorded.
    AuditError
        If a record cannot be written; without the first nobody is withdrawn.
    GalleryError, StorageError
        As `facegate.gallery.gallery.Gallery.withdraw`.
    """
    going = frozenset(subjects)
    if not going:
        msg = "nobody was named; wanted the subject ids of those to be withdrawn"
        raise InputError(msg)
    require_enrolled(gallery, going)
    here = gallery_here(ledger)
    counted: dict[str, JSONValue] = {"gallery": here, "n_subjects": len(going)}
    before = {**counted, "gallery_digest": gallery.digest}
    announced = ledger.record(WITHDRAWAL, at=clock(), public=before, sealed={"by": by})
    n_templates = gallery.withdraw(going)
    after = {
        **counted,
        "withdrawal": announced,
        "n_templates": n_templates,
        "gallery_digest": gallery.digest,
    }
    return Withdrawal(len(going), n_templates, ledger.record(WITHDRAWN, at=clock(), public=after, sealed={}))


def require_enrolled(gallery: Gallery, subjects: frozenset[SubjectId]) -> None:
    """Refuse a withdrawal that names anybody who is not enrolled: it may be a slip of the pen.

    Parameters
    ----------
    gallery : Gallery
        Open; reading is enough.
    subjects : frozenset of SubjectId
        Those named.

    Raises
    ------
    InputError
        How many are not there; who, is not said.
    """
    if n_absent := len(subjects - gallery.subject_ids()):
        msg = f"{n_absent:,} of {len(subjects):,} subject ids are not enrolled; nobody was withdrawn"
        raise InputError(msg)
