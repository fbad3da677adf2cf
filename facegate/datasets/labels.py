"""Label files: read strictly, with the line number of whatever is wrong; nothing is guessed.

- A value that is left out is "not recorded", which is a group of its own.
- Messages name the line and the column, never the person.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

AGE_RANGES = (
    (18, "under 18"),
    (26, "18-25"),
    (36, "26-35"),
    (46, "36-45"),
    (56, "46-55"),
    (66, "56-65"),
)
OLDEST_RANGE = "over 65"
LONGEST_VALUE = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a label file.

    Parameters
    ----------
    line : int
        Line number in the file, the header being line 1.
    values : mapping of str to str
        Column name to value, blanks around it removed.
    """

    line: int
    values: Mapping[str, str]

    def __getitem__(self, column: str) -> str:
        return self.values[column]


def age_range(years: float) -> str:
    """Put an age into one of the ranges that facegate uses for every set with ages.

    Parameters
    ----------
    years : float
        Age in years; the completed years count.

    Returns
    -------
    str
        ``under 18``, ``18-25``, ``26-35``, ``36-45``, ``46-55``, ``56-65`` or ``over 65``.

    Examples
    --------
    >>> age_range(25.9), age_range(26)
    ('18-25', '26-35')
    """
    return next((name for limit, name in AGE_RANGES if years < limit), OLDEST_RANGE)


def coded(row: Row, column: str, codes: Mapping[str, str], path: Path) -> str:
    """Translate a code of the source; an empty value is "not recorded".

    Raises
    ------
    DatasetError
        If the code is none of the source's own, with its line.
    """
    value = row[column]
    if value in ("", NOT_RECORDED):
        return NOT_RECORDED
    if value not in codes:
        wanted = ", ".join(sorted(codes))
        msg = f"{path} line {row.line}: {column} is {value[:20]!r}; wanted one of {wanted}, or nothing"
        raise DatasetError(msg)
    return codes[value]


def read_rows(
    path: Path,
    *,
    required: frozenset[str],
    optional: frozenset[str] = frozenset(),
    key: str | None = None,
    others_allowed: bool = False,
) -> tuple[Row, ...]:
    """Read a comma-separated label file with a header, in UTF-8.

    Parameters
    ----------
    path : Path
        The file.
    required, optional : frozenset of str
        Columns that must and that may be there.
    key : str, optional
        Column whose value must be there and may not repeat.
    others_allowed : bool, default False
        Let further columns pass unread: for a public file that has more than is used.

    Returns
    -------
    tuple of Row
        In file order.

    Raises
    ------
    DatasetError
        If the file cannot be read, a column is missing, unknown or twice there, a line has
        too many or too few values, or a key is missing or repeats: with the line number.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = tuple(_rows(csv.reader(file, strict=True), path, required, optional, others_allowed))
    except OSError as error:
        msg = f"cannot read the labels {path}: {error.strerror or error}"
        raise DatasetError(msg) from error
    except (UnicodeDecodeError, csv.Error) as error:
        msg = f"{path} is not a comma-separated text file in UTF-8: {error}"
        raise DatasetError(msg) from error
    if key is not None:
        _require_unique(rows, key, path)
    return rows


def _rows(
    lines: Iterator[list[str]],
    path: Path,
    required: frozenset[str],
    optional: frozenset[str],
    others_allowed: bool,  # noqa: FBT001  private; named by its only caller's parameter
) -> Iterator[Row]:
    """Check the header, then each line."""
    header = [name.strip() for name in next(lines, [])]
    _check_header(header, path, required, None if others_allowed else required | optional)
    number = 1
    for fields in lines:
        # A quoted value may span lines; none of ours does, so a count of rows is the line number.
        number += 1
        if not fields:
            continue
        if len(fields) != len(header):
            msg = f"{path} line {number}: {len(fields)} values, wanted {len(header)} as in the header"
            raise DatasetError(msg)
        values = {name: value.strip() for name, value in zip(header, fields, strict=True)}
        if bad := next((name for name, value in values.items() if not _is_plain(value)), None):
            msg = (
                f"{path} line {number}: {bad} holds a line break, a control character "
                f"or more than {LONGEST_VALUE} characters"
            )
            raise DatasetError(msg)
        yield Row(number, values)


def _check_header(
    header: list[str], path: Path, required: frozenset[str], known: frozenset[str] | None
) -> None:
    if missing := sorted(required - set(header)):
        msg = f"{path} line 1: no column {', '.join(missing)}; found {', '.join(header)[:200] or 'nothing'}"
        raise DatasetError(msg)
    if len(set(header)) != len(header):
        msg = f"{path} line 1: a column stands there twice; wanted each once"
        raise DatasetError(msg)
    if known is not None and (unknown := [name for name in header if name not in known]):
        msg = f"{path} line 1: unknown column {unknown[0][:40]!r}; known are {', '.join(sorted(known))}"
        raise DatasetError(msg)


def _is_plain(value: str) -> bool:
    return len(value) <= LONGEST_VALUE and (value.isprintable() or not value)


def _require_unique(rows: tuple[Row, ...], key: str, path: Path) -> None:
    first: dict[str, int] = {}
    for row in rows:
        if not row[key]:
            msg = f"{path} line {row.line}: {key} is empty"
            raise DatasetError(msg)
        if row[key] in first:
            msg = f"{path} line {row.line}: the {key} of line {first[row[key]]} again; wanted one line each"
            raise DatasetError(msg)
        first[row[key]] = row.line
