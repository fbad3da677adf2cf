"""Searches by the agency that asked against the one that was to benefit: where friendly agencies would show.

Which agency benefits is stated by whoever asks. A false statement is a class of misuse, and the confirmed
cases of it are printed beside the table that they would falsify.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.governance.attempts import attempts
from facegate.oversight.governance.searches import NOT_STATED
from facegate.oversight.misuse.register import fold
from facegate.oversight.misuse.words import State
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.request import SELF

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

FALSE: Final = "false_beneficiary"


def home_against_benefit(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Table home agencies against beneficiaries, by ORI and by class, and cases of false statements."""
    every = tuple(events)
    found = attempts(every, period)
    columns = ("attempts", "allowed", "searches made")
    own = [one for one in found if len(set(_agencies(one))) == 1]
    for_others = [one for one in found if len(set(_agencies(one))) > 1]
    tables = (
        Table(
            "own-or-others",
            "For whom agencies searched",
            ("for", *columns),
            (
                ("the agency itself", *_counts(own)),
                ("another agency", *_counts(for_others)),
            ),
        ),
        _pairs(found, "home-against-benefit", "By agency", "ORI"),
        _pairs(found, "class-against-class", "By class of agency", "class"),
        _false(every, period),
    )
    return HOME_AGAINST_BENEFIT.report(period, log, tables, NOTES)


def _pairs(found: Sequence[Attempt], name: str, title: str, by: str) -> Table:
    groups: dict[tuple[str, str], list[Attempt]] = {}
    for one in found:
        groups.setdefault(_agencies(one) if by == "ORI" else _classes(one), []).append(one)
    rows = tuple((*pair, *_counts(mine)) for pair, mine in sorted(groups.items()))
    columns = (f"{by} that asked", f"{by} to benefit", "attempts", "allowed", "searches made")
    return Table(name, title, columns, rows)


def _agencies(one: Attempt) -> tuple[str, str]:
    home, benefits = one.intent.text("agency"), one.intent.text("beneficiary")
    return home or NOT_STATED, (home if benefits == SELF else benefits) or NOT_STATED


def _classes(one: Attempt) -> tuple[str, str]:
    home, benefits = one.intent.text("agency_class"), one.intent.text("beneficiary_class")
    return home or NOT_STATED, benefits or NOT_STATED


def _counts(mine: Sequence[Attempt]) -> tuple[Cell, ...]:
    return len(mine), sum(not one.refused for one in mine), sum(one.made for one in mine)


def _false(events: Sequence[Event], period: Period) -> Table:
    cases = [
        one for one in fold(events).cases.values() if one.misuse_class == FALSE and period.holds(one.opened)
    ]
    rows = tuple((str(state), sum(one.state is state for one in cases)) for state in State)
    title = "Cases of misuse: a false statement of whom the search was for"
    return Table("false-statements", title, ("state of the case", "cases opened in the period"), rows)


NOTES: Final = (
    (
        "Which agency benefits is the requester's own statement. Whether it is true the log cannot tell; an "
        "officer who acts for another agency and does not say so stands in the row of his own."
    ),
)
HOME_AGAINST_BENEFIT: Final = ReportKind(
    name="home-against-benefit",
    title="Home agency against benefiting agency",
    authority="practice: Colorado Law clinics, 2020, on agencies that search for others (checked)",
    due="yearly",
    needs_openings=False,
    make=home_against_benefit,
)
