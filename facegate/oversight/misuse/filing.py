"""Yearly statements, what keeps one from being filed, and the record that a body opened its docket."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import demand_time, today
from facegate.gate.registers.people_known import demand_agency
from facegate.oversight.misuse.acting import (
    By,
    demand_actor,
    demand_not_accused,
    people_of,
    refuse,
    register_of,
)
from facegate.oversight.misuse.words import DOCKET_OPENED, PENDING_DAYS, STATEMENT

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.misuse.figures import YearFigures

NOT_FOLLOWED_UP = "MU-F3-FOLLOW-UP"


def file_statement(ledger: Ledger, *, agency: str, figures: YearFigures, by: By, at: datetime) -> int:
    """File an agency's yearly statement: the numbers it vouches for, which are held against the log's.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    agency : str
        ORI of the registered agency.
    figures : YearFigures
        Of a year that is over; cleared must be stated. All zero is a filing, silence is none.
    by : By
        Who files: an officer of that agency.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If the year is not over, or a count is missing.
    PolicyRefusal
        If whoever files is of another agency; or a case has been pending for more than 90 days and no
        follow-up was recorded after the 90th (F3), which is recorded.
    """
    with ledger.turn:
        demand_agency(ledger, agency)
        if figures.cleared is None:
            msg = "a yearly statement says how many cases were cleared; got none"
            raise InputError(msg)
        if not 0 < figures.year < demand_time(at).astimezone(UTC).year:
            msg = f"a yearly statement is of a year that is over, got {figures.year} on {today(at)}"
            raise InputError(msg)
        demand_actor(ledger, by, at)
        public: dict[str, JSONValue] = {"agency": agency, "year": figures.year}
        if by.agency != agency:
            msg = "a yearly statement is filed by an officer of the agency it is about"
            raise PolicyRefusal(msg)
        waiting = register_of(ledger).unfollowed(agency, at)
        if waiting:
            say = (
                f"{len(waiting)} of the agency's cases have been pending for more than {PENDING_DAYS} days "
                f"with no follow-up recorded after the {PENDING_DAYS}th, first case {waiting[0].number}: "
                f"record what was done (`facegate misuse note {waiting[0].number}`), then file"
            )
            refuse(ledger, STATEMENT, NOT_FOLLOWED_UP, say, public=public, by=by, at=at)
        counts: dict[str, JSONValue] = {
            "opened": figures.opened,
            "confirmed": figures.confirmed,
            "cleared": figures.cleared,
            "pending": figures.pending,
            "outcomes": dict(figures.outcomes),
        }
        return ledger.record(STATEMENT, at=at, public={**public, **counts}, sealed=people_of(by))


def open_docket(ledger: Ledger, *, n_findings: int, n_overdue: int, by: By, at: datetime) -> int:
    """Record that the oversight body opened its docket, and what stood on it.

    Raises
    ------
    PolicyRefusal
        If whoever opened it is not a registered officer in good standing; or a pending case is about him,
        which is recorded.

    Notes
    -----
    There is no role of an oversight body in the register of officers: any other officer may open it.
    """
    with ledger.turn:
        demand_actor(ledger, by, at)
        public: dict[str, JSONValue] = {"n_findings": n_findings, "n_overdue": n_overdue}
        demand_not_accused(ledger, DOCKET_OPENED, by, public=public, at=at)
        return ledger.record(DOCKET_OPENED, at=at, public=public, sealed=people_of(by))
