"""Whose accounts a database holds: a folder of one agency never lets in the accounts of another.

The ledgers of many folders share a database of PostgreSQL, each in a schema of its own. The service's tables
stand there once: two folders that name the same database would have their accounts in common.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from facegate.errors import InputError
from facegate.server.database.connect import transaction
from facegate.server.database.tables import owner

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from facegate.server.identity.pepper import Pepper

PURPOSE: Final = "owner"
THE_ONE: Final = 1


def demand_own(engine: Engine, pepper: Pepper) -> None:
    """Refuse a database that belongs to another folder; one that is nobody's is this folder's from now on.

    Parameters
    ----------
    engine : Engine
        The service's database, at the newest step.
    pepper : Pepper
        Of the folder: it tells folders apart, and goes with one that is moved or restored.

    Raises
    ------
    InputError
        If it is another's.
    StorageError
        If the database is away.
    """
    mine = pepper.mark(PURPOSE, "the service's database")
    with transaction(engine) as connection:
        held = connection.execute(sa.select(owner.c.mark)).scalar()
        if held is None:
            connection.execute(sa.insert(owner).values(one=THE_ONE, mark=mine))
    if held not in {None, mine}:
        msg = (
            "the service's database holds the accounts of another agency's folder: "
            "give each folder a database of its own"
        )
        raise InputError(msg)
