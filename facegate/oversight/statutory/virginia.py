"""Virginia, 15.2-1723.2: what each agency posts by 1 April; and the state's survey of 2025 as published."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.misuse_counts import MISUSE_KINDS, misuse_table
from facegate.oversight.statutory.people import people_tables
from facegate.oversight.statutory.searches import (
    NOT_STATED,
    OUTCOME_NOTE,
    Record,
    by_hand_note,
    by_public,
    known_only,
    read_record,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "va-52-4.5"
CLOSED: Final = frozenset({"case-closed"})


def va_1apr(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the yearly posting, all agencies of the log together and by offense, repository and algorithm."""
    record = read_record(events, period, keep=MISUSE_KINDS, laws=LAW)
    tables = (
        _totals(record),
        _by(record, "offense_class", "offenses", "Queries by type of offense"),
        _by(record, "gallery", "repositories", "Queries by repository"),
        _algorithms(record),
        *_people(record),
        misuse_table(record.kinds(*MISUSE_KINDS), period),
    )
    return VA_1APR.report(period, log, tables, (*NOTES, by_hand_note(record)))


def _totals(record: Record) -> Table:
    asked = record.found
    rows: tuple[tuple[Cell, ...], ...] = (
        ("queries asked for", len(asked)),
        ("queries made", len(record.ran)),
        ("queries made whose list was withheld", sum(one.withheld for one in asked)),
        ("queries made that gave candidates", sum(one.n_candidates > 0 for one in record.ran)),
        ("queries that gave a lead", sum(one.n_leads > 0 for one in record.ran)),
        ("queries whose case was closed after", known_only(asked, lambda one: one.came_to(CLOSED))),
    )
    return Table("queries", "Queries", ("what", "count"), rows, (OUTCOME_NOTE,))


def _by(record: Record, field: str, name: str, title: str) -> Table:
    rows = [
        (word, len(mine), sum(one.ran for one in mine), sum(one.n_candidates > 0 for one in mine))
        for word, mine in by_public(record.found, field).items()
    ]
    columns = (field.replace("_", " "), "asked for", "made", "gave candidates")
    return Table(name, title, columns, tuple(rows))


def _algorithms(record: Record) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (model, certificate, None, len(made))
        for model, mine in by_public(record.ran, "embedder_digest").items()
        for certificate, made in by_public(mine, "certificate").items()
    ]
    return Table(
        "algorithms",
        "Vendor and algorithm, and who tested it",
        ("algorithm (digest of the model)", "certificate of its test", "vendor", "queries made"),
        tuple(rows),
        (
            "The log holds the digest of the model and the serial of its certificate.",
            ("The vendor's name and third parties' test data are not on it: the certificate and the agency's "
            "posted policy say them."),
        ),
    )  # fmt: skip


def _people(record: Record) -> tuple[Table, ...]:
    """Count the people of queries that were made: whom a refused query was about was not queried."""
    agency_of = {
        event.seq: search.intent.text("agency") or NOT_STATED
        for search in record.ran
        for event in search.people
        if event.text("of") == "probe"
    }
    people = [event for search in record.ran for event in search.people if event.seq in agency_of]
    return people_tables(
        people,
        "people queried",
        prefix="queried",
        column=lambda event: agency_of[event.seq],
        expected=bool(record.ran),
    )


@dataclass(frozen=True, slots=True)
class Survey:
    """A survey of agencies as a body published it; entered as data, nothing worked into it.

    Parameters
    ----------
    source, published : str
        Which document, and when.
    surveyed, answered, unusable, analyzed, using : int
        Agencies asked; that answered; whose answers could not be used; that are left; that reported any use.
    """

    source: str
    published: str
    surveyed: int
    answered: int
    unusable: int
    analyzed: int
    using: int

    @classmethod
    def read(cls, text: str) -> Survey:
        """Read one from TOML.

        Raises
        ------
        InputError
            If a field is missing, unknown or of another type.
        """
        try:
            held = tomllib.loads(text)
            survey = cls(**held)
        except (tomllib.TOMLDecodeError, TypeError) as error:
            msg = f"this is no survey: {error}"
            raise InputError(msg) from error
        texts = {"source", "published"}
        wrong = [name for name in held if type(held[name]) is not (str if name in texts else int)]
        if wrong:
            msg = f"this is no survey: {wrong[0]} is {held[wrong[0]]!r:.40}"
            raise InputError(msg)
        return survey

    def table(self) -> Table:
        """Print it, with what follows from it and where its own numbers do not add up."""
        left = self.answered - self.unusable
        gap = (
            ()
            if left == self.analyzed
            else (f"{self.answered} less {self.unusable} is {left}, not {self.analyzed}.",)
        )
        share = (200 * self.answered + self.surveyed) // (2 * self.surveyed)  # percent, halves up
        return Table(
            "survey",
            "Survey of agencies",
            ("what", "agencies", "share"),
            (
                ("surveyed", self.surveyed, ""),
                ("answered", self.answered, f"{share} %"),
                ("answers that could not be used", self.unusable, ""),
                ("analyzed", self.analyzed, ""),
                ("reported any use", self.using, ""),
            ),
            (f"{self.source}, {self.published}.", *gap),
        )


NOTES: Final = (
    (
        "Queries are those asked for in the period under the profile va-52-4.5. A 0 is a count; what the "
        "log does not hold says so."
    ),
)
VA_1APR: Final = ReportKind(
    name="va-1apr",
    title="Virginia: yearly posting on the use of facial recognition technology",
    authority="Va. Code 15.2-1723.2 (SB 741 of 2022), fields not checked against the text; due date checked",
    due="1 April",
    needs_openings=True,
    make=va_1apr,
)
