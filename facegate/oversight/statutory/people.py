"""Demographics in statutory reports: three tables on the same people, by sex, by race, by age.

Not one table by all three: its cells would be single people. What is counted is a person for whom the
words were recorded; the words are those somebody put down, not a measurement.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.masked_report import ERASED, TOTAL
from facegate.oversight.recording.demographics import AGE_BANDS, RACES, SEXES
from facegate.oversight.report import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell

BY: Final = (
    ("sex", "sex", SEXES),
    ("race", "race or ethnicity", RACES),
    ("age_band", "age", AGE_BANDS),
)
PEOPLE_NOTE: Final = (
    "Sex, race and age are the words somebody recorded (`facegate oversight demographics`). People for whom "
    "nothing was recorded are in none of these tables."
)


def people_tables(
    people: Sequence[Event], who: str, *, prefix: str, column: Callable[[Event], str], expected: bool
) -> tuple[Table, ...]:
    """Count people by sex, race and age, in one column for each of something, such as a system.

    Parameters
    ----------
    people : sequence of Event
        Records of kind ``demographics``.
    who : str
        Whom they count, such as ``people named in warrant applications``.
    prefix : str
        Of the tables' names.
    column : callable
        The column of a record.
    expected : bool
        Whether there were such people: of these nothing was recorded, if there is no record, and no cell is
        a count. Else there were none, and every count is 0.

    Returns
    -------
    tuple of Table
        Three, each with totals; masked in a public report.
    """
    columns = sorted({column(one) for one in people})
    return tuple(
        _table(
            people,
            field,
            words,
            known,
            who=who,
            prefix=prefix,
            columns=columns,
            column=column,
            expected=expected,
        )
        for field, words, known in BY
    )


def _table(
    people: Sequence[Event],
    field: str,
    words: str,
    known: tuple[str, ...],
    *,
    who: str,
    prefix: str,
    columns: Sequence[str],
    column: Callable[[Event], str],
    expected: bool,
) -> Table:
    counts: dict[tuple[str, str], int] = {}
    unknown = expected and not people
    # Every word has its row, be it 0: a list of those that occur would tell what a masked table withholds.
    groups = {*known, ERASED}
    for one in people:
        group = one.sealed.get(field, ERASED) or ERASED
        groups.add(group)
        key = (group, column(one))
        counts[key] = counts.get(key, 0) + 1
    rows: list[tuple[Cell, ...]] = []
    for group in sorted(groups, key=lambda one: (known.index(one) if one in known else len(known), one)):
        line = [counts.get((group, one), 0) for one in columns]
        rows.append((_shown(group), *line, None if unknown else sum(line)))
    each = [sum(counts.get((group, one), 0) for group in groups) for one in columns]
    whole = None if unknown else len(people)
    return Table(
        name=f"{prefix}-by-{field.replace('_', '-')}",
        title=f"{who[0].upper()}{who[1:]}, by {words}",
        columns=(words, *columns, TOTAL),
        rows=(*rows, (TOTAL, *each, whole)),
        notes=(PEOPLE_NOTE,),
        people=who,
    )


def _shown(word: str) -> str:
    """Write a word of a closed list for people.

    Examples
    --------
    >>> _shown("25_34"), _shown("not_known")
    ('25 to 34', 'not known')
    """
    return word.replace("_", " to " if word[0].isdigit() and word[-1].isdigit() else " ")
