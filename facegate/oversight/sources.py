"""From which state of which log a report was made."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LogState:
    """One state of one log.

    Parameters
    ----------
    origin : str
        Name of the log.
    size : int
        Records in it.
    root : str
        Merkle root over them, 64 hexadecimal digits.
    """

    origin: str
    size: int
    root: str
