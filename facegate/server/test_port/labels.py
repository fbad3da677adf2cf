"""``labels.csv`` of a test: one line a photo, who it shows, and of which group that person is.

::

    file,subject,group
    photos/0001.jpg,p1,Fitzpatrick V-VI
    photos/0002.jpg,p1,Fitzpatrick V-VI

- ``group`` is the tester's own word: race, skin tone, ethnicity, gender, age, disability, as the statutes
  list them. Instead of it ``race``, ``sex`` and ``age_class`` may stand there; those that do make the group
  together.
- Without any of them everybody is "not recorded", which is a group.
- Every photo has a line and every line a photo: one left out in silence would be a failure nobody counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.datasets.labels import Row, read_rows
from facegate.errors import DatasetError, InputError
from facegate.evaluation.subgroups import LABELS
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE: Final = "labels.csv"
GROUP: Final = "group"
OPTIONAL: Final = frozenset({GROUP, *LABELS, "label_source"})
MOST_GROUPS: Final = 50  # a table of all pairs of groups has 2,500 cells
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class TestLabels:
    """What a tester says of the photos.

    Parameters
    ----------
    by : tuple of str
        Labels that make a group: ``("group",)``, or those of race, sex and age_class that have a column.
    rows : tuple of Row
        One a photo, in the order of the photos' names.
    """

    by: tuple[str, ...]
    rows: tuple[Row, ...]

    __test__ = False  # no test case, whatever its name begins with

    def column(self, name: str) -> list[str]:
        """Give one value of every photo; "not recorded" where there is none."""
        return [row.values.get(name) or NOT_RECORDED for row in self.rows]


def read_labels(data: bytes, photos: Sequence[str], folder: Path) -> TestLabels:
    """Read labels and hold them against the photos that are there.

    Parameters
    ----------
    data : bytes
        The file.
    photos : sequence of str
        Names of the photos in the archive.
    folder : Path
        An empty folder that goes after the test.

    Returns
    -------
    TestLabels

    Raises
    ------
    InputError
        With the line, if a column is unknown, missing or twice there, a value is bad, a file stands there
        twice, has no photo, or a photo has no line; or if there are no photos at all.
    """
    path = folder / FILE
    path.write_bytes(data)
    try:
        rows = read_rows(path, required=frozenset({"file", "subject"}), optional=OPTIONAL, key="file")
    except DatasetError as error:
        raise InputError(str(error).replace(str(path), FILE)) from error
    finally:
        path.unlink()
    if not rows or not photos:
        msg = f"there is nothing to test: {len(photos)} photos, and {len(rows)} lines in {FILE}"
        raise InputError(msg)
    _require_subjects(rows)
    _require_the_same({row["file"]: row.line for row in rows}, set(photos))
    by = groups_by(set(rows[0].values))
    labels = TestLabels(by, tuple(sorted(rows, key=lambda row: row["file"])))
    require_few_groups(len({tuple(row.values.get(label, "") for label in by) for row in labels.rows}))
    return labels


def groups_by(columns: set[str]) -> tuple[str, ...]:
    """Tell what makes a group from the columns that are there.

    Raises
    ------
    InputError
        If there is a ready-made group and also a label that would make one.

    Examples
    --------
    >>> groups_by({"subject", "sex", "race"}), groups_by({"subject"})
    (('race', 'sex'), ('group',))
    """
    labels = tuple(label for label in LABELS if label in columns)
    if labels and GROUP in columns:
        msg = f"{GROUP} is a ready-made group: give it, or {', '.join(labels)}, not both"
        raise InputError(msg)
    return labels or (GROUP,)


def require_few_groups(n_groups: int) -> None:
    """Refuse a column that tells people apart and not groups."""
    if n_groups > MOST_GROUPS:
        msg = f"the labels make {n_groups:,} groups, wanted at most {MOST_GROUPS}; is it the right column?"
        raise InputError(msg)


def _require_subjects(rows: Sequence[Row]) -> None:
    for row in rows:
        if not row["subject"]:
            msg = f"{FILE} line {row.line}: subject is empty; a photo of nobody known cannot be mated"
            raise InputError(msg)


def _require_the_same(lines: dict[str, int], photos: set[str]) -> None:
    """Refuse a line without a photo, or a photo without a line."""
    if absent := sorted(set(lines) - photos):
        first = f"the first is {absent[0]!a}, line {lines[absent[0]]}"
        msg = f"{FILE} names {len(absent):,} files that are not in the archive; {first}"
        raise InputError(msg)
    if extra := sorted(photos - set(lines)):
        named = ", ".join(ascii(name) for name in extra[:SHOWN])
        msg = f"the archive holds {len(extra):,} files without a line in {FILE}: {named}"
        raise InputError(msg)
