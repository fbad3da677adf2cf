"""One year's tables of misuse: the same whether the figures come from a log or from a published source.

- Every sum is printed with its check; what a source leaves out is printed as a gap, never filled.
- An agency that filed nothing stands on a list with the years in a row; one that filed zeros does not.
- Two sources that disagree are printed side by side with the difference; neither is preferred.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.oversight.misuse.decided import decided_tables
from facegate.oversight.misuse.words import OUTCOMES, REPEAT_MONTHS, REPEATED
from facegate.oversight.report import Table

if TYPE_CHECKING:
    from facegate.oversight.misuse.decided import DecidedYear
    from facegate.oversight.misuse.figures import Change, YearFigures
    from facegate.oversight.report import Cell


_UNKNOWN = "The source does not say how a case with several outcomes is counted."


@dataclass(frozen=True, slots=True)
class AgencyYear:
    """One agency's year; None is not recorded."""

    agency: str
    opened: int | None
    confirmed: int | None
    cleared: int | None
    pending: int | None
    pending_over_year: int | None
    closed_by_itself: int | None


@dataclass(frozen=True, slots=True)
class RepeatFlag:
    """An agency or an officer with repeated misuse; no officer is named.

    Parameters
    ----------
    agency : str
        Which.
    who : str
        ``agency``, or ``officer``.
    confirmed : int
        Confirmed cases within the 24 months.
    decided : str
        What came of it, in words.
    """

    agency: str
    who: str
    confirmed: int
    decided: str


@dataclass(frozen=True, slots=True)
class NonFiler:
    """An agency that filed no statement; ``years`` in a row, None where a source does not say."""

    agency: str
    years: int | None


@dataclass(frozen=True, slots=True)
class TwoSources:
    """One number from two sources; None where a source has none."""

    agency: str
    what: str
    filed: int | None
    other: int | None
    other_source: str


@dataclass(frozen=True, slots=True)
class MisuseYear:
    """Everything known of one year.

    Parameters
    ----------
    figures : YearFigures
        Of all agencies.
    changes : tuple of Change
        On earlier years.
    agencies : tuple of AgencyYear
        By agency, as far as known.
    repeats : tuple of RepeatFlag
        Agencies and officers with repeated misuse.
    non_filers : tuple of NonFiler
        Agencies whose statement is missing.
    two_sources : tuple of TwoSources
        Filed numbers against others.
    notes : tuple of str
        What a reader must know.
    decided : DecidedYear or None
        What was decided in the year, of whatever year the cases are; None if the source does not say.
    waiting : str
        Why nobody is on the list of non-filers yet; empty once the day of filing is over.
    """

    figures: YearFigures
    changes: tuple[Change, ...] = ()
    agencies: tuple[AgencyYear, ...] = ()
    repeats: tuple[RepeatFlag, ...] = ()
    non_filers: tuple[NonFiler, ...] = ()
    two_sources: tuple[TwoSources, ...] = ()
    notes: tuple[str, ...] = ()
    decided: DecidedYear | None = None
    waiting: str = ""


def tables_of(year: MisuseYear) -> tuple[Table, ...]:
    """Lay out a year of misuse.

    Parameters
    ----------
    year : MisuseYear
        The figures.

    Returns
    -------
    tuple of Table
        Cases, outcomes, what was decided in the year, agencies, repeats, non-filers, filed against other
        numbers.
    """
    return (
        _cases(year),
        _outcomes(year.figures),
        *(() if year.decided is None else decided_tables(year.decided)),
        _agencies(year),
        _repeats(year),
        _non_filers(year),
        _two_sources(year),
    )


def _cases(year: MisuseYear) -> Table:
    one = year.figures
    if one.cleared is None:
        cleared: Cell = None
        check = (
            f"The source does not say how many were cleared: {one.opened} - {one.confirmed} - {one.pending} "
            f"leaves at most {one.most_cleared}."
        )
    else:
        cleared = one.cleared
        check = f"{one.confirmed} + {one.cleared} + {one.pending} = {one.opened}: the sum holds."
    rows: tuple[tuple[Cell, ...], ...] = (
        ("opened", one.opened),
        ("confirmed as misuse", one.confirmed),
        ("cleared", cleared),
        ("pending", one.pending),
    )
    changes = tuple(change.sentence() for change in year.changes)
    return Table(
        name="misuse-cases",
        title=f"Cases of suspected misuse opened in {one.year}",
        columns=("state", "cases"),
        rows=rows,
        notes=(check, *changes),
    )


def _outcomes(one: YearFigures) -> Table:
    rows: list[tuple[Cell, ...]] = [
        (words, one.outcomes.get(code, 0))
        for code, words in OUTCOMES.items()
        if code in one.outcomes or one.cleared is not None
    ]
    rows.append(("no outcome stated", one.outcome_gap))
    if one.outcome_gap:
        check = (
            f"The outcomes add up to {one.n_outcomes} of {one.confirmed} confirmed cases: "
            f"{one.outcome_gap} have no stated outcome."
        )
    else:
        check = f"The outcomes add up to the {one.confirmed} confirmed cases."
    return Table(
        name="misuse-outcomes",
        title=f"What came of the cases confirmed of {one.year}",
        columns=("outcome", "cases"),
        rows=tuple(rows),
        notes=(check, _UNKNOWN if one.published else "One outcome a case is counted, the gravest."),
    )


def _agencies(year: MisuseYear) -> Table:
    rows = tuple(
        (
            one.agency,
            one.opened,
            one.confirmed,
            one.cleared,
            one.pending,
            one.pending_over_year,
            one.closed_by_itself,
        )
        for one in year.agencies
    )
    return Table(
        name="misuse-agencies",
        title="By agency",
        columns=(
            "agency",
            "opened",
            "confirmed",
            "cleared",
            "pending",
            "pending over a year",
            "closed by itself",
        ),
        rows=rows,
        notes=("Pending over a year: of whatever year the case is.",) if rows else (),
    )


def _repeats(year: MisuseYear) -> Table:
    rows = tuple((one.agency, one.who, one.confirmed, one.decided) for one in year.repeats)
    note = f"Flagged: {REPEATED} or more confirmed cases within {REPEAT_MONTHS} months. No officer is named."
    return Table(
        name="misuse-repeats",
        title="Repeated misuse",
        columns=("agency", "who", "confirmed", "what came of it"),
        rows=rows,
        notes=(note,),
    )


def _non_filers(year: MisuseYear) -> Table:
    return Table(
        name="misuse-non-filers",
        title=f"Agencies that filed no statement for {year.figures.year}",
        columns=("agency", "years in a row"),
        rows=tuple((one.agency, one.years) for one in year.non_filers),
        notes=(
            "A statement of zero cases is a filing; silence is none.",
            *([year.waiting] if year.waiting else []),
        ),
    )


def _two_sources(year: MisuseYear) -> Table:
    rows = tuple(
        (one.agency, one.what, one.filed, one.other, one.other_source, _difference(one))
        for one in year.two_sources
    )
    return Table(
        name="misuse-two-sources",
        title="Filed numbers against another source",
        columns=("agency", "what", "filed", "other", "other source", "difference"),
        rows=rows,
    )


def _difference(one: TwoSources) -> int | None:
    return None if one.filed is None or one.other is None else one.filed - one.other
