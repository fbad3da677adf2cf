"""Photos held between looking at one and searching with it, so that nobody has to choose the file twice.

In memory only, one for each session, a few minutes, and no more of them than fit: whoever signs out, or whose
session ends, cannot reach his any more, and it is forgotten with the next that comes. What was sent is never
given back: what is shown is the face cut out of the clean photo.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request

if TYPE_CHECKING:
    from datetime import datetime

HELD_FOR: Final = timedelta(minutes=15)
MOST_BYTES: Final = 128 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """One photo that was looked at.

    Parameters
    ----------
    key : str
        Names it in its session's form; worth nothing in another session.
    data : bytes
        As it was sent: the log holds its digest.
    preview : bytes
        The face, upright: PNG. Empty where no single face was found.
    width, height : int
        Of the clean photo, pixels.
    warnings : tuple of str
        What speaks against it.
    """

    key: str
    data: bytes
    preview: bytes
    width: int
    height: int
    warnings: tuple[str, ...]


class HeldPhotos:
    """Photos by the session that sent them; may be asked by many threads.

    Parameters
    ----------
    most_bytes : int
        Of all photos together; the oldest give way.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 11, 22, tzinfo=UTC)
    >>> held = HeldPhotos()
    >>> held.hold("session", HeldPhoto("k", b"photo", b"", 1, 1, ()), at)
    >>> held.get("session", "k", at) is not None, held.get("another", "k", at) is not None
    (True, False)
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._turn = threading.Lock()
        self._held: OrderedDict[str, tuple[datetime, HeldPhoto]] = OrderedDict()

    def hold(self, session: str, photo: HeldPhoto, at: datetime) -> None:
        """Hold a photo for a session, in the place of the one it had.

        Parameters
        ----------
        session : str
            Its CSRF token: as secret as the session, and gone with it.
        photo : HeldPhoto
            What was looked at.
        at : datetime
            Now.
        """
        with self._turn:
            self._held.pop(session, None)
            self._held[session] = (at + HELD_FOR, photo)
            self._forget(at)

    def get(self, session: str, key: str, at: datetime) -> HeldPhoto | None:
        """Give a session its photo; None if it has no such one, or no more."""
        with self._turn:
            self._forget(at)
            _, photo = self._held.get(session, (at, None))
            return photo if photo is not None and photo.key == key else None

    def drop(self, session: str) -> None:
        """Forget a session's photo: it was searched with, and is kept where searches are."""
        with self._turn:
            self._held.pop(session, None)

    def _forget(self, at: datetime) -> None:
        for session in [one for one, (until, _) in self._held.items() if until <= at]:
            del self._held[session]
        while (
            self._held
            and sum(len(one.data) + len(one.preview) for _, one in self._held.values()) > self._most
        ):
            self._held.popitem(last=False)


_MAKING = threading.Lock()


def held_of(request: Request) -> HeldPhotos:
    """Give the photos held by this application."""
    state = request.app.state
    with _MAKING:
        if not isinstance(getattr(state, "held_photos", None), HeldPhotos):
            state.held_photos = HeldPhotos()
        held: HeldPhotos = state.held_photos
        return held


HeldOf = Annotated[HeldPhotos, Depends(held_of)]
