"""NIBRS codes: the axis on which reports count offenses. They never admit a search; a few keep one out.

Columns of ``nibrs.csv``: ``code`` (three characters), ``name``, ``crime_against`` (person, property, society
or none) and ``note`` (``immigration``, ``not_offense`` or empty). Codes and names are those of the FBI's
National Incident-Based Reporting System, 84 of them, 21 federal or tribal only; the notes are this project's.
Robbery stands under property there: "crimes against persons" is no stand-in for "violent".
"""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

NIBRS_TABLE = Path(__file__).parent / "nibrs.csv"
NIBRS_SHA256 = "17cb113b412fa9d6345215af7638f2ce6cec5751fbcdf3fb490c5b70ad37a1bd"
IMMIGRATION = "immigration"


@dataclass(frozen=True, slots=True)
class NibrsCode:
    """One offense of the reporting system.

    Parameters
    ----------
    code : str
        Three characters, such as ``120``.
    name : str
        Its name.
    crime_against : str
        ``person``, ``property``, ``society``, or ``none``.
    note : str
        ``immigration``, ``not_offense`` or empty.
    """

    code: str
    name: str
    crime_against: str
    note: str = ""

    @property
    def immigration(self) -> bool:
        """It stands for an immigration offense, whatever its NCIC partner."""
        return self.note == IMMIGRATION


def load_nibrs(path: Path | None = None) -> tuple[Mapping[str, NibrsCode], bytes]:
    """Read the table and hold it to its digest.

    Parameters
    ----------
    path : Path or None
        Another place of the same table; by default the one installed with facegate.

    Returns
    -------
    codes : Mapping of str to NibrsCode
        By code, in the table's order.
    table : bytes
        The file.

    Raises
    ------
    InputError
        If the table cannot be read or is not, byte for byte, the one this version was tested with.
    """
    place = path or NIBRS_TABLE
    try:
        table = place.read_bytes()
    except OSError as error:
        msg = f"cannot read the NIBRS table {place.name}: {error.strerror}"
        raise InputError(msg) from error
    digest = hashlib.sha256(table).hexdigest()
    if digest != NIBRS_SHA256:
        msg = (
            f"the NIBRS table {place.name} was changed: got digest {digest[:16]}, "
            f"wanted {NIBRS_SHA256[:16]}; put the published table back"
        )
        raise InputError(msg)
    rows = csv.DictReader(io.StringIO(table.decode("utf-8")), strict=True)
    return {row["code"]: NibrsCode(**row) for row in rows}, table
