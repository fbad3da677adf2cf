"""What one test may cost, and how long its results are kept."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from facegate.errors import InputError

MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class PortLimits:
    """Caps of the test port; every one is at least 1.

    Parameters
    ----------
    photos : int
        Most photos, or vectors, of one test. All are compared with all: 2,000 make 1,999,000 comparisons.
    score_rows : int
        Most rows of scores made elsewhere.
    upload_bytes : int
        Largest upload, bytes.
    photo_bytes : int
        Largest photo, bytes.
    unpacked_bytes : int
        Most that an archive may unpack to, bytes.
    ratio : int
        Most times its packed size that a member of an archive may unpack to: photos hardly pack at all.
    labels_bytes : int
        Largest ``labels.csv``, bytes.
    runs_per_day : int
        Tests that one key may start in 24 hours, deleted ones included.
    running_each, running_all : int
        Tests that may run or wait at once, of one key and of all keys.
    days_kept : int
        Days after which results are deleted.

    Raises
    ------
    InputError
        If one is below 1.
    """

    photos: int = 2_000
    score_rows: int = 2_000_000
    upload_bytes: int = 60 * MEBIBYTE
    photo_bytes: int = 10 * MEBIBYTE
    unpacked_bytes: int = 128 * MEBIBYTE
    ratio: int = 20
    labels_bytes: int = 4 * MEBIBYTE
    runs_per_day: int = 10
    running_each: int = 1
    running_all: int = 2
    days_kept: int = 7

    def __post_init__(self) -> None:
        for one in fields(self):
            if getattr(self, one.name) < 1:
                msg = f"test port: {one.name} must be at least 1, got {getattr(self, one.name)}"
                raise InputError(msg)


DEFAULT_LIMITS: Final = PortLimits()
