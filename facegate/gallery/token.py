"""What a search must show before it may run.

- In serving, a `SearchToken`: the gate makes it once the intent record is durable, it is
  good for one search, and only for the gallery that the intent names.
- In measuring, an `UnsafeMeasurementToken`: no record is left, so it must never be made
  from a request. Its name is what a reviewer looks for.
- Not protected here: code in the same process can make any token it likes. The token stops
  an honest mistake (a search before its record, a second search on one record), not a thief.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    # a type only: the class of an unlocked lock is not meant to be called
    from threading import Lock


@dataclass(frozen=True, slots=True)
class SearchToken:
    """Leave for one search, tied to the record that announced it.

    Parameters
    ----------
    intent_index : int
        Position of the intent record on the log, from 0.
    probe_digest : str
        SHA-256 (hex) of the probe photo, as the intent states it.
    gallery_digest : str
        Digest of the gallery as the intent states it; any other gallery refuses the token.

    Examples
    --------
    >>> token = SearchToken(intent_index=0, probe_digest="ab", gallery_digest="cd")
    >>> token.spend()
    >>> token.spend()
    Traceback (most recent call last):
        ...
    RuntimeError: the token of intent record 0 was spent before; one record, one search
    """

    intent_index: int
    probe_digest: str
    gallery_digest: str
    # Locked once and never unlocked: two threads cannot both spend, which a flag would allow.
    _spent: Lock = field(default_factory=threading.Lock, init=False, repr=False, compare=False)

    def spend(self) -> None:
        """Use the token up.

        Raises
        ------
        RuntimeError
            If it was used before.
        """
        if not self._spent.acquire(blocking=False):
            msg = f"the token of intent record {self.intent_index} was spent before; one record, one search"
            raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class UnsafeMeasurementToken:
    """Leave to search without any record: for benchmarks and tests, never for a request."""

    def spend(self) -> None:
        """Do nothing: there is no record that a second search could outrun."""


Token: TypeAlias = SearchToken | UnsafeMeasurementToken


def require_token(token: object) -> None:
    """Refuse anything but one of the two tokens, ``None`` first of all.

    Raises
    ------
    TypeError
        Naming what was handed in.
    """
    if not isinstance(token, SearchToken | UnsafeMeasurementToken):
        msg = f"a search needs a token made from its intent record, got {type(token).__name__}"
        raise TypeError(msg)
