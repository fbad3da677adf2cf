"""Every exception facegate raises on purpose.

::

    FacegateError              one sentence: what, got, wanted
    |-- InputError             what the caller handed in cannot be used
    |   `-- UnusablePhoto      a photo that yields no template: a failure to enroll
    |-- PolicyRefusal          the law, as written in the profile, says no
    |-- IntakeError            no process can open photos now; no photo is opened without one
    |-- StorageError           the disk refused; the old file stands, nothing is half written
    |-- GalleryError           the stored gallery cannot be used as it is
    |-- DatasetError           a data set is missing, incomplete or contradicts itself
    |-- MeasurementError       a rate cannot be computed from what is there
    |   `-- BoundBroken        a rate is over a bound that was named, or too little known to hold it
    |-- CertificateError       a certificate is not valid, or not for what it shall be used for
    `-- AuditError             the log cannot be written or read
        `-- VerificationError  the log was read, and it does not hold
            |-- ForkFound      the log signed two histories that cannot both be true
            |-- RolledBack     the log is shorter than somebody saw it: a backup, or records gone
            |-- EntryReplaced  in the place of a record stands another one, or one was put in
            |-- EntryDropped   a record is gone
            |-- EntryReordered records stand in another order
            `-- ResultMissing  an intent has no result, though its time is up

- A message never holds a vector, a person's name or a key.
- ``exit_code`` is what the command line returns: scripts can tell a refusal from a fault.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class FacegateError(Exception):
    """Root of all errors that facegate raises on purpose."""

    exit_code: ClassVar[int] = 1


class InputError(FacegateError):
    """What the caller handed in cannot be used.

    ``about`` is the name of the one thing that cannot, such as ``case_number``: forms say it there. It is
    empty where nothing says so, see `about`.
    """

    exit_code: ClassVar[int] = 2
    about: str = ""


@contextmanager
def about(name: str) -> Iterator[None]:
    """Have an `InputError` that is raised within say of which input it is.

    Parameters
    ----------
    name : str
        As the caller knows it: a field of a form or request.

    Examples
    --------
    >>> try:
    ...     with about("case_number"):
    ...         raise InputError("the case number is '?', wanted one with a digit")
    ... except InputError as error:
    ...     error.about
    'case_number'
    """
    try:
        yield
    except InputError as error:
        error.about = name
        raise


class UnusablePhoto(InputError):  # noqa: N818  a finding about a photo: "failure to enroll", not a fault
    """A photo yields no template: unreadable, too large, faceless, or several faces.

    Parameters
    ----------
    message : str
        One sentence for people.
    reason : str
        Short stable word kept in the failure column, such as ``no-face``.
    boxes : tuple of tuple of int
        Left, top, right and bottom of each face, in pixels of the photo, where there are several.
    """

    def __init__(
        self, message: str, *, reason: str, boxes: tuple[tuple[int, int, int, int], ...] = ()
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.boxes = boxes


class PolicyRefusal(FacegateError):  # noqa: N818  a decision, not a malfunction
    """The active profile refuses; the refusal itself is on the log."""

    exit_code: ClassVar[int] = 3


class IntakeError(FacegateError):
    """No process can open photos now; no photo is opened without one."""


class StorageError(FacegateError):
    """The disk refused a write; whatever stood there before still stands."""

    exit_code: ClassVar[int] = 9


class GalleryError(FacegateError):
    """The stored gallery cannot be used as it is."""

    exit_code: ClassVar[int] = 4


class DatasetError(FacegateError):
    """A data set is missing, incomplete, or contradicts itself."""

    exit_code: ClassVar[int] = 5


class MeasurementError(FacegateError):
    """A rate cannot be computed: it is unknown, not zero."""

    exit_code: ClassVar[int] = 6


class BoundBroken(MeasurementError):  # noqa: N818  a finding about a system, not a malfunction
    """A bound that the caller named is broken, or the rate is unknown: a build must stop."""

    exit_code: ClassVar[int] = 11


class CertificateError(FacegateError):
    """A certificate is not valid, or not for this model, gallery or day. The gate stays closed."""

    exit_code: ClassVar[int] = 10


class AuditError(FacegateError):
    """The log cannot be written or read. Nothing is searched while this lasts."""

    exit_code: ClassVar[int] = 7


class VerificationError(AuditError):
    """The log was read, and it does not hold: the message names the first bad record."""

    exit_code: ClassVar[int] = 8


class ForkFound(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """One log signed two histories that cannot both be true; both are evidence."""

    exit_code: ClassVar[int] = 12


class RolledBack(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """The log holds fewer records than it did: an old backup was put back, or records were removed."""

    exit_code: ClassVar[int] = 13


class EntryReplaced(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """In the place of a record stands another one, or one was put in."""

    exit_code: ClassVar[int] = 14


class EntryDropped(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """A record is gone; those after it stand in its place."""

    exit_code: ClassVar[int] = 15


class EntryReordered(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """The records are all there, in another order."""

    exit_code: ClassVar[int] = 16


class ResultMissing(VerificationError):  # noqa: N818  a finding about a log, not a malfunction
    """An intent has no result, though its time is up: a search broke off, or its result was withheld."""

    exit_code: ClassVar[int] = 17
