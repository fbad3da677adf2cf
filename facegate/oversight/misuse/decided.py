"""What was decided in a year, of whatever year the cases were opened: no confirmed case falls out of it.

- A case stands in the year of its last decision, as it stood when that year ended. One that was opened again
  and decided again in a later year stands in that year, too: the earlier report stays what it was.
- An outcome that is stated in a later year than its case was confirmed in stands in the later year.
- Pending at the start + opened + opened again = decided + pending at the end: printed with its check.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from facegate.oversight.misuse.words import OUTCOMES, State
from facegate.oversight.report import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from facegate.oversight.misuse.case import MisuseCase
    from facegate.oversight.misuse.register import Register


@dataclass(frozen=True, slots=True)
class AgencyDecided:
    """What was decided in a year about one agency; ``by_itself`` is how much of it it decided itself."""

    agency: str
    confirmed: int
    cleared: int
    by_itself: int


@dataclass(frozen=True, slots=True)
class DecidedYear:
    """What was decided in a year.

    Parameters
    ----------
    year : int
        The year of the decisions.
    confirmed, cleared : (int, int)
        Cases opened in the year, and cases opened before it.
    outcomes : mapping of str to int
        Of the cases confirmed in the year, as stated by its end.
    later_outcomes : mapping of str to int
        Stated in the year, of cases confirmed before it.
    without_outcome : (int, int)
        Confirmed cases without a stated outcome at its end: of this year, and from before it.
    pending_before, opened, reopened, pending : int
        Cases pending at its start; opened in it; closed at its start and opened again in it; pending at its
        end.
    standing : int
        Cases that stand confirmed at its end, of whatever year.
    agencies : tuple of AgencyDecided
        By agency.
    """

    year: int
    confirmed: tuple[int, int]
    cleared: tuple[int, int]
    outcomes: Mapping[str, int]
    later_outcomes: Mapping[str, int]
    without_outcome: tuple[int, int]
    pending_before: int
    opened: int
    reopened: int
    pending: int
    standing: int
    agencies: tuple[AgencyDecided, ...]


def decided_in(before: Register, then: Register, year: int) -> DecidedYear:
    """Work out what was decided in a year.

    Parameters
    ----------
    before, then : Register
        As it stood when the year before ended, and when this year ended.
    year : int
        Which.

    Returns
    -------
    DecidedYear
        Counts; no officer is named.
    """
    now_decided = [one for one in then.cases.values() if _in(one.closed, year)]
    standing = [one for one in then.cases.values() if one.state is State.CONFIRMED]
    mine = [one for one in now_decided if one.state is State.CONFIRMED]
    older = [one for one in standing if not _in(one.closed, year)]
    return DecidedYear(
        year=year,
        confirmed=_by_opening(mine, year),
        cleared=_by_opening((one for one in now_decided if one.state is State.CLEARED), year),
        outcomes=_outcomes(mine),
        later_outcomes=_outcomes(one for one in older if _in(one.outcome_at, year)),
        without_outcome=(sum(not one.outcome for one in mine), sum(not one.outcome for one in older)),
        pending_before=_pending(before),
        opened=sum(_in(one.opened, year) for one in then.cases.values()),
        reopened=sum(_reopened(one, then.cases[one.number]) for one in before.cases.values()),
        pending=_pending(then),
        standing=len(standing),
        agencies=tuple(_agency(agency, now_decided) for agency in sorted(then.enrolled)),
    )


def decided_tables(one: DecidedYear) -> tuple[Table, ...]:
    """Lay out what was decided in a year: states, outcomes, agencies."""
    return _states(one), _outcome_table(one), _agency_table(one)


def _states(one: DecidedYear) -> Table:
    rows = tuple(
        (words, new, old, new + old)
        for words, (new, old) in (("confirmed as misuse", one.confirmed), ("cleared", one.cleared))
    )
    n_confirmed, n_decided = sum(one.confirmed), sum(one.confirmed) + sum(one.cleared)
    earlier = one.standing - n_confirmed
    came = one.pending_before + one.opened + one.reopened
    holds = "the sum holds" if came == n_decided + one.pending else "the sum does NOT hold"
    start = f"{one.pending_before} pending at the start + {one.opened} opened + {one.reopened} opened again"
    confirmed = f"{n_confirmed} decided in {one.year}, {earlier} before"
    return Table(
        name="misuse-decided",
        title=f"Cases decided in {one.year}, of whatever year they were opened",
        columns=("state", f"opened in {one.year}", "opened earlier", "cases"),
        rows=rows,
        notes=(
            f"{start} = {n_decided} decided + {one.pending} pending at the end: {holds}.",
            f"{one.standing} cases stand confirmed at the end: {confirmed}.",
        ),
    )


def _outcome_table(one: DecidedYear) -> Table:
    rows = [
        (words, one.outcomes.get(code, 0), one.later_outcomes.get(code, 0))
        for code, words in OUTCOMES.items()
    ]
    rows.append(("no outcome stated", *one.without_outcome))
    n_stated, n_confirmed = sum(one.outcomes.values()), sum(one.confirmed)
    without, earlier = one.without_outcome
    return Table(
        name="misuse-decided-outcomes",
        title=f"What came of the cases confirmed in {one.year}, and outcomes stated in it of earlier ones",
        columns=("outcome", f"confirmed in {one.year}", f"confirmed earlier, stated in {one.year}"),
        rows=tuple(rows),
        notes=(
            f"{n_stated} stated + {without} without = {n_confirmed} confirmed in {one.year}.",
            f"Of cases confirmed earlier {earlier} had none stated at the end of {one.year}.",
        ),
    )


def _agency_table(one: DecidedYear) -> Table:
    return Table(
        name="misuse-decided-agencies",
        title=f"Decided in {one.year}, by agency",
        columns=("agency", "confirmed", "cleared", "closed by itself"),
        rows=tuple((own.agency, own.confirmed, own.cleared, own.by_itself) for own in one.agencies),
    )


def _agency(agency: str, decided: Sequence[MisuseCase]) -> AgencyDecided:
    mine = [one for one in decided if one.agency == agency]
    states = [one.state for one in mine]
    by_itself = sum(one.by_own_agency is True for one in mine)
    return AgencyDecided(agency, states.count(State.CONFIRMED), states.count(State.CLEARED), by_itself)


def _by_opening(cases: Iterable[MisuseCase], year: int) -> tuple[int, int]:
    new = [_in(one.opened, year) for one in cases]
    return new.count(True), new.count(False)


def _outcomes(cases: Iterable[MisuseCase]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in cases:
        if one.outcome:
            found[one.outcome] = found.get(one.outcome, 0) + 1
    return found


def _pending(register: Register) -> int:
    return sum(one.state is State.PENDING for one in register.cases.values())


def _reopened(before: MisuseCase, then: MisuseCase) -> bool:
    """Tell whether a case that was closed was opened again since, however it stands now."""
    return before.state is not State.PENDING and then.n_reopened > before.n_reopened


def _in(moment: datetime | None, year: int) -> bool:
    return moment is not None and moment.astimezone(UTC).year == year
