"""Classes of offenses that profiles name, such as ``DET-Part-1``: which NCIC codes stand in each.

A folder of profiles may hold ``offense-classes.csv`` with the columns ``class``, ``code`` and ``why``; each
row puts one code into one class and says by which words of the law. The crosswalk from a law's words to
NCIC codes is a reading, not the law: it is printed with the profile, and its digest is on the log.

`LEVEL_1_CLASS` is not in that file: it is made from the column ``level_1_word`` of the offense table.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

FILE = "offense-classes.csv"
COLUMNS = ["class", "code", "why"]
LEVEL_1_CLASS = "CO-Level-1-List"
NAME = re.compile(r"[A-Z]{2,}[A-Za-z0-9]*(?:-[A-Za-z0-9]+)*")


def read_classes(folder: Path, codes: Collection[str]) -> tuple[Mapping[str, frozenset[str]], bytes]:
    """Read the classes of a folder of profiles; none if it has no such file.

    Parameters
    ----------
    folder : Path
        The folder.
    codes : collection of str
        Every code there is.

    Returns
    -------
    classes : Mapping of str to frozenset of str
        Codes of each class.
    table : bytes
        The file; empty if there is none.

    Raises
    ------
    InputError
        If a row names a code that does not exist, comes twice, or is not of its form.
    """
    path = folder / FILE
    if not path.exists():
        return {}, b""
    try:
        table = path.read_bytes()
        rows = list(csv.reader(io.StringIO(table.decode("ascii")), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        msg = f"cannot read {FILE}: {error}"
        raise InputError(msg) from error
    if not rows or rows[0] != COLUMNS:
        msg = f"{FILE} starts with the columns {COLUMNS}, got {rows[0] if rows else 'nothing'}"
        raise InputError(msg)
    classes: dict[str, set[str]] = {}
    for line, row in enumerate(rows[1:], start=2):
        name, code = _row(row, line, codes)
        if code in classes.setdefault(name, set()):
            msg = f"line {line} of {FILE} puts code {code} into {name} a second time"
            raise InputError(msg)
        classes[name].add(code)
    return {name: frozenset(those) for name, those in classes.items()}, table


def _row(row: list[str], line: int, codes: Collection[str]) -> tuple[str, str]:
    if len(row) != len(COLUMNS):
        msg = f"line {line} of {FILE} has {len(row)} columns, wanted {len(COLUMNS)}"
        raise InputError(msg)
    name, code, why = row
    if not NAME.fullmatch(name) or name == LEVEL_1_CLASS or not why.strip():
        msg = f"line {line} of {FILE}: wanted a class such as DET-Part-1 and a reason, got {name!r}, {why!r}"
        raise InputError(msg)
    if code not in codes:
        msg = f"line {line} of {FILE}: there is no offense code {code!r}"
        raise InputError(msg)
    return name, code
