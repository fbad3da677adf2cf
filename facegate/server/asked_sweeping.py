"""What permits were asked for goes when it was used or has run out: at once, or within a minute."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Self

from facegate.errors import FacegateError
from facegate.gate.permits import permit_used
from facegate.server.asked_permits import AskedBook
from facegate.server.beside import Beside

if TYPE_CHECKING:
    from facegate.server.service import Service

LOG: Final = logging.getLogger("facegate.server.asked_permits")
EVERY_SECONDS: Final = 60.0


def book_of(service: Service) -> AskedBook:
    """Give the book of what permits are asked for."""
    return AskedBook(service.database, service.photos.asked)


def forget_used(service: Service, permit: str) -> None:
    """Destroy what a permit was asked for by, once it is used up.

    The search is made and on the log: that this could not be done must not take its reply away. It is tried
    again by the next sweep.
    """
    if not permit:
        return
    try:
        book = book_of(service)
        if (ask_id := book.by_permit(permit)) and permit_used(service.desk.ledger, permit):
            book.destroy(ask_id)
    except FacegateError as error:
        LOG.error("what a used permit was asked for by was not destroyed yet: %s", error)  # noqa: TRY400  no traceback: paths


def sweep(service: Service) -> None:
    """Destroy everything that has run out, and whatever was searched with.

    Raises
    ------
    StorageError
        If disk or database refuse: sweep again.
    AuditError
        If the ledger cannot be asked.
    """
    book = book_of(service)
    book.destroy_expired(service.desk.clock())
    for ask_id, permit in book.permits().items():
        if permit_used(service.desk.ledger, permit):
            book.destroy(ask_id)


class Sweeper(Beside):
    """Sweeps beside the work, once a minute.

    Parameters
    ----------
    service : Service
        Whose book is swept.
    every_seconds : float
        Pause between two sweeps, above 0.
    """

    def __init__(self, service: Service, *, every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__("asked-sweeper", every_seconds=every_seconds)
        self._service = service
        self._said = ""

    def __enter__(self) -> Self:
        """Settle what a kill left over, and begin.

        Raises
        ------
        StorageError, AuditError
            If it cannot be settled: nobody asks for anything before it is.
        """
        book_of(self._service).settle()
        sweep(self._service)
        return super().__enter__()

    def once(self) -> None:
        """Destroy everything that has run out, and whatever was searched with."""
        try:
            sweep(self._service)
        except FacegateError as error:
            if str(error) != self._said:  # told once, not every minute
                LOG.error("what permits were asked for was not swept: %s", error)  # noqa: TRY400  no traceback: paths
            self._said = str(error)
        else:
            self._said = ""
