"""The book of what permits are asked for: who asked, how it stands, and until when it is kept.

::

    service_permit_asks                one row for each: whose it is, its state, its permit, its end
    HOME/photos/asked, asked-words     the photo, and what was stated, sealed: `facegate.gate.photos.asked`

- No word of a request and no byte of a photo stands in the database, nor on the disk in the clear.
- What is destroyed is destroyed by its key, before its row goes: a kill in between leaves a row that leads
  to nothing. Files without a row, and what a kill left half decided, go when the service starts (`settle`).
- Whatever has run out is not given any more, also before it is swept.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from facegate.errors import FacegateError, GalleryError
from facegate.request import Exigency, Instrument, SearchRequest
from facegate.server.database.connect import transaction
from facegate.server.database.tables import permit_asks as table

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Engine, Row

    from facegate.gate.photos.asked import AskedFiles

LOG: Final = logging.getLogger("facegate.server.asked_permits")
_COUNTING: Final = threading.Lock()
"""Held from counting somebody's asks to keeping one more: two at once must not both be the last."""
_CHANGING: Final = threading.RLock()
"""Held while words are written anew, or destroyed with their row: what was withdrawn or ran out in the middle
of a decision must not be written down again, where no row leads to it. One process has a database."""


class State(StrEnum):
    """How something asked for stands."""

    WAITING = "waiting"
    DECIDING = "deciding"  # while the law is asked: nobody else decides it meanwhile
    SENT_BACK = "sent-back"
    APPROVED = "approved"


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that a permit was asked for.

    Parameters
    ----------
    ask_id : str
        UUIDv7.
    account, agency : str
        Whose it is: id of the account, and ORI.
    state : State
        How it stands.
    permit : str
        Issued for it; empty before.
    created, expires : datetime
        When it was asked, and from when on it is gone.
    request : SearchRequest
        Every word that was stated; once approved, with its approver.
    original_digest : str
        SHA-256 (hex) of the photo as it was sent.
    width, height : int
        Of the clean photo, pixels.
    reason, by : str
        Why it was sent back, and the officer who decided; empty before.
    """

    ask_id: str
    account: str
    agency: str
    state: State
    permit: str
    created: datetime
    expires: datetime
    request: SearchRequest
    original_digest: str
    width: int
    height: int
    reason: str = ""
    by: str = ""


class AskedBook:
    """What permits are asked for; may be asked by many threads.

    Parameters
    ----------
    engine : Engine
        The service's database.
    files : AskedFiles
        Where photos and words lie, sealed.
    """

    def __init__(self, engine: Engine, files: AskedFiles) -> None:
        self._engine = engine
        self._files = files

    def keep(self, asked: Asked, png: bytes, *, most: int) -> bool:
        """Keep what was asked for; False, and nothing kept, if the account has so many open already.

        Parameters
        ----------
        asked : Asked
            New.
        png : bytes
            The clean photo.
        most : int
            Open ones of an account.

        Raises
        ------
        InputError
            If the photo is no clean PNG.
        StorageError
            If disk or database refuse; then it is not asked for.
        """
        row = {"id": asked.ask_id, "account": asked.account, "agency": asked.agency, "state": asked.state}
        with _COUNTING:
            if len(self._rows(table.c.account == asked.account, asked.created)) >= most:
                return False
            self._files.keep(asked.ask_id, png, _written(asked))
            with transaction(self._engine) as connection:
                times = {"created": asked.created, "expires": asked.expires}
                connection.execute(sa.insert(table).values(**row, **times, permit=None))
        return True

    def get(self, ask_id: str, at: datetime) -> Asked | None:
        """Give one; None if there is none, or none any more.

        Raises
        ------
        GalleryError
            If its file was changed.
        StorageError
            If disk or database refuse.
        """
        found = self._rows(table.c.id == ask_id, at)
        return self._read(found[0]) if found else None

    def photo(self, ask_id: str) -> bytes | None:
        """Give the clean photo as PNG; None if it is not kept any more. Raises as `get`."""
        return self._files.photo(ask_id)

    def of_account(self, account: str, at: datetime) -> tuple[Asked, ...]:
        """List what an account asked for, oldest first."""
        return self._several(table.c.account == account, at)

    def of_agency(self, agency: str, at: datetime) -> tuple[Asked, ...]:
        """List what was asked for in an agency, oldest first."""
        return self._several(table.c.agency == agency, at)

    def move(self, ask_id: str, before: State, after: State) -> bool:
        """Change a state; False if it stands otherwise by now, whoever was quicker."""
        where = sa.and_(table.c.id == ask_id, table.c.state == before)
        with transaction(self._engine) as connection:
            return connection.execute(sa.update(table).where(where).values(state=after)).rowcount == 1

    def approved(self, asked: Asked, *, by: str, permit: str, expires: datetime) -> bool:
        """Write down that a permit was issued, and by whom: what is kept lives as long as that permit.

        Returns
        -------
        bool
            False if it was withdrawn, or ran out, while it was decided: nothing of it is kept then.
        """
        told = replace(asked, request=replace(asked.request, approver=by), by=by)
        values = {"state": State.APPROVED, "permit": permit, "expires": expires}
        where = sa.and_(table.c.id == asked.ask_id, table.c.state == State.DECIDING)
        with _CHANGING:
            with transaction(self._engine) as connection:
                there = connection.execute(sa.select(table.c.id).where(where)).first() is not None
            if not there:
                self._files.erase(asked.ask_id)
                return False
            self._files.restate(asked.ask_id, _written(told))
            with transaction(self._engine) as connection:
                connection.execute(sa.update(table).where(where).values(**values))
        return True

    def sent_back(self, asked: Asked, *, by: str, reason: str) -> bool:
        """Write down why it is not approved, and destroy the photo; False if somebody decided meanwhile."""
        with _CHANGING:
            if not self.move(asked.ask_id, State.WAITING, State.DECIDING):
                return False
            try:
                self._files.restate(asked.ask_id, _written(replace(asked, by=by, reason=reason)))
            except FacegateError:
                self.move(asked.ask_id, State.DECIDING, State.WAITING)
                raise
            self._files.erase_photo(asked.ask_id)
            return self.move(asked.ask_id, State.DECIDING, State.SENT_BACK)

    def destroy(self, ask_id: str) -> None:
        """Destroy photo and words for good, then the row.

        Raises
        ------
        StorageError
            If disk or database refuse: destroy it again.
        """
        with _CHANGING:
            self._files.erase(ask_id)
            with transaction(self._engine) as connection:
                connection.execute(sa.delete(table).where(table.c.id == ask_id))

    def permits(self) -> dict[str, str]:
        """Give the permit of everything that was approved, by id."""
        with transaction(self._engine) as connection:
            rows = connection.execute(
                sa.select(table.c.id, table.c.permit).where(table.c.permit.is_not(None))
            )
            return {row.id: row.permit for row in rows}

    def by_permit(self, permit: str) -> str:
        """Give the id of what a permit was issued for; empty if nothing was asked for, or is kept, of it."""
        with transaction(self._engine) as connection:
            found = connection.execute(sa.select(table.c.id).where(table.c.permit == permit)).scalar()
        return found or ""

    def destroy_expired(self, at: datetime) -> int:
        """Destroy everything that has run out; give how much."""
        with transaction(self._engine) as connection:
            ids = connection.execute(sa.select(table.c.id).where(table.c.expires <= at)).scalars().all()
        for one in ids:
            self.destroy(one)
        return len(ids)

    def settle(self) -> None:
        """Destroy what a kill left over; only while nobody asks for anything.

        What was being decided goes, too: whether its permit was issued, the log says, and so does the list of
        permits; to decide it again could issue a second.
        """
        with transaction(self._engine) as connection:
            rows = connection.execute(sa.select(table.c.id, table.c.state)).all()
        for row in rows:
            if row.state == State.DECIDING:
                self.destroy(row.id)
        self._files.keep_only(row.id for row in rows if row.state != State.DECIDING)

    def _rows(self, where: sa.ColumnElement[bool], at: datetime) -> list[Row[Any]]:
        asked = sa.select(table).where(where, table.c.expires > at).order_by(table.c.id)
        with transaction(self._engine) as connection:
            return list(connection.execute(asked))

    def _several(self, where: sa.ColumnElement[bool], at: datetime) -> tuple[Asked, ...]:
        found: list[Asked] = []
        for row in self._rows(where, at):
            try:
                one = self._read(row)
            except GalleryError as error:  # the others are listed all the same; the page of this one says so
                LOG.error("what was asked for under %s: %s", row.id, error)  # noqa: TRY400  no traceback: paths
                continue
            if one is not None:
                found.append(one)
        return tuple(found)

    def _read(self, row: Row[Any]) -> Asked | None:
        words = self._files.words(row.id)
        if words is None:
            return None
        said = json.loads(words)
        return Asked(
            row.id, row.account, row.agency, State(row.state), row.permit or "", row.created, row.expires,
            **{**said, "request": _request(said["request"])},
        )  # fmt: skip


def _written(asked: Asked) -> bytes:
    """Write what is sealed: everything but what the row says."""
    told = {
        "request": asdict(asked.request),
        "original_digest": asked.original_digest,
        "width": asked.width,
        "height": asked.height,
        "reason": asked.reason,
        "by": asked.by,
    }
    return json.dumps(told, sort_keys=True).encode()


def _request(stated: dict[str, Any]) -> SearchRequest:
    paper, danger = stated["instrument"], stated["exigency"]
    papers: dict[str, Any] = {
        "instrument": None if paper is None else Instrument(**paper),
        "exigency": None if danger is None else Exigency(**danger),
        "dossier_fields": tuple(stated["dossier_fields"]),
    }
    return SearchRequest(**{**stated, **papers})
