"""Every book of the registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.registers.cases import CasesBook
from facegate.gate.registers.clock import ClockBook
from facegate.gate.registers.conditions_book import ConditionsBook
from facegate.gate.registers.late import LateBook
from facegate.gate.registers.papers import PapersBook
from facegate.gate.registers.people_book import PeopleBook
from facegate.gate.registers.sharing import SharingBook
from facegate.gate.registers.standing import StandingBook

if TYPE_CHECKING:
    from facegate.gate.ledger.event import Book

REGISTER_BOOKS: tuple[Book, ...] = (
    PeopleBook(),
    CasesBook(),
    PapersBook(),
    ConditionsBook(),
    SharingBook(),
    ClockBook(),
    StandingBook(),
    LateBook(),
)
