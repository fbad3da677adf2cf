"""Who a list of rows is of: subjects, templates and labels read from a table or an npz file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError
from facegate.evaluation.inputs.tables import TableFile
from facegate.evaluation.subgroups import group_name
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.evaluation.inputs.spec import LabelColumns
    from facegate.templates import Labels


@dataclass(frozen=True, slots=True)
class PeopleList:
    """One row a template.

    Parameters
    ----------
    name : str
        The file, for messages.
    columns : dict of str to ndarray of shape (n,), str objects
        What each row says, by field of `LabelColumns`; a missing label is "not recorded".
    """

    name: str
    columns: dict[str, Labels]

    def __len__(self) -> int:
        return len(self.columns["subject"])

    def groups(self, by: Sequence[str]) -> list[tuple[str, ...]]:
        """Take the values that make each row's group; without a label, "not recorded"."""
        if tuple(by) == ("group",) and "group" not in self.columns:
            return [(NOT_RECORDED,)] * len(self)
        unknown = [label for label in by if label not in self.columns]
        if unknown:
            named = f"no column is named for {', '.join(unknown)}"
            msg = f"groups are made by {', '.join(by)}, but {named}; say by = [...] in [groups]"
            raise InputError(msg)
        return list(zip(*(self.columns[label].tolist() for label in by), strict=True))


def read_people(path: Path, wanted: LabelColumns, *, delimiter: str) -> PeopleList:
    """Read a list of people from a CSV or Parquet file.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or a row names no person.
    """
    file = TableFile(path, delimiter)
    table = file.read(list(dict.fromkeys(wanted.named.values())))
    cells = {field: table.column(column).to_pylist() for field, column in wanted.named.items()}
    return people_of({field: texts_of(values) for field, values in cells.items()}, file)


def people_of(columns: dict[str, Labels], file: TableFile) -> PeopleList:
    """Check a list of people: each row names one, and no template stands there twice.

    Raises
    ------
    InputError
        With the place of the first row at fault.
    """
    for field in ("subject", "template"):
        empty = np.flatnonzero(columns[field] == "") if field in columns else np.empty(0, np.int64)
        if empty.size:
            msg = f"{file.place(int(empty[0]))}: no {field} is named; {empty.size} rows are so"
            raise InputError(msg)
    if "template" in columns:
        _require_once(columns["template"], file)
    for field in set(columns) - {"subject", "template"}:
        columns[field] = np.where(columns[field] == "", NOT_RECORDED, columns[field]).astype(object)
    return PeopleList(file.name, columns)


def texts_of(values: Sequence[object]) -> Labels:
    """Turn cells into trimmed texts; nothing becomes an empty one."""
    return np.array([_text(value) for value in values], dtype=object)


def require_one_group_a_person(subjects: Labels, groups: Sequence[tuple[str, ...]]) -> None:
    """Refuse a person who is in two groups.

    Raises
    ------
    InputError
        With how many there are.
    """
    doubled = len(set(zip(subjects.tolist(), groups, strict=True))) - len(set(subjects.tolist()))
    if doubled:
        msg = f"labels contradict each other: {doubled} people are in more than one group, wanted one each"
        raise InputError(msg)


def names_of_groups(by: Sequence[str], groups: set[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Name groups, in the order in which they are shown: "not recorded" last."""
    order = sorted(groups, key=lambda values: [(value == NOT_RECORDED, value) for value in values])
    return {values: group_name(by, values) for values in order}


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return ""
    return str(value).strip()


def _require_once(templates: Labels, file: TableFile) -> None:
    seen: set[str] = set()
    for row, template in enumerate(templates.tolist()):
        if template in seen:
            msg = f"{file.place(row)}: this template stands there already, wanted each once"
            raise InputError(msg)
        seen.add(template)
