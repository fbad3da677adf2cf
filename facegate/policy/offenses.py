"""The offense catalogue: which NCIC codes exist, which of them Colorado calls Level 1.

- The code decides, never free text: 462 codes of the NCIC Uniform Offense Classification.
- A code that is not in the table is unknown, and unknown is refused; it is never "some other crime".
- The table is part of the law as applied, so its bytes are pinned: a table edited by hand is refused.
- Three notes take a heading out whatever its level: ``excluded`` (void or never to be searched for),
  ``not_offense`` (the person sought is no suspect) and ``immigration``.
- Some headings are too wide to decide on alone ("SEE MIS", codes ending in 99): they need a charge citation.

Columns of ``offenses.csv``: ``code`` (four digits), ``heading``, ``level_1_word`` (the memo's word the
heading stands under, or empty) and ``note``. Codes and headings are those of NIEM's ``OFFCodeSimpleType``
(before release 5.0); the crosswalk to the memo's words is this project's own reading.

References
----------
Colorado DMV memo of 9 September 2019, "IMAGE COMPARISONS", printed as Appendix A of "Colorado DMV Records &
ICE: Preventing Unauthorized Disclosures", Colorado Law clinics, 16 March 2020.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.policy.nibrs import load_nibrs
from facegate.policy.offense_classes import LEVEL_1_CLASS, read_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.policy.nibrs import NibrsCode

TABLE = Path(__file__).parent / "offenses.csv"
TABLE_SHA256 = "3b0dee35d6e9f8a00250b8e36f353272521d9803230fa85658422e6423756ad9"
COLUMNS = ["code", "heading", "level_1_word", "note"]
CODE = re.compile(r"[0-9]{4}")
LEVEL_1 = "1"
BELOW_LEVEL_1 = "below-1"

# A section number at least; no control or look-alike characters. What it says is not verified here.
CITATION = re.compile(r"(?=[^0-9]*[0-9])[!-~\u00a7](?:[ -~\u00a7]{0,198}[!-~\u00a7])?")


class Note(StrEnum):
    """Why a heading is out, whatever its level."""

    NONE = ""
    EXCLUDED = "excluded"
    NOT_OFFENSE = "not_offense"
    IMMIGRATION = "immigration"


@dataclass(frozen=True, slots=True)
class Offense:
    """One heading of the NCIC classification.

    Parameters
    ----------
    code : str
        Four digits.
    heading : str
        The classification's own heading.
    level_1_word : str
        The words of the Colorado list it stands under; empty if it stands under none.
    note : Note
        Why it is never searched for, if so.
    """

    code: str
    heading: str
    level_1_word: str = ""
    note: Note = Note.NONE

    @property
    def on_level_1_list(self) -> bool:
        """The heading stands under one of the words of the Colorado list."""
        return bool(self.level_1_word)

    @property
    def public_class(self) -> str:
        """The words a search for it is counted under in public: coarse, so that no single case stands out."""
        if self.note is Note.IMMIGRATION:
            return "immigration"
        return (self.level_1_word or "other offense") if self.is_admissible else "no offense"

    @property
    def is_admissible(self) -> bool:
        """No note takes it out; a profile may still refuse it."""
        return self.note is Note.NONE

    @property
    def is_wide(self) -> bool:
        """The heading is a catch-all and decides nothing without a charge citation."""
        return self.code.endswith("99") or "SEE MIS" in self.heading


def usable_citation(citation: str | None) -> bool:
    """Tell whether a charge citation can stand for a charge: printable, up to 200 characters, one digit.

    An unusable citation counts as none given, so that leaving it out never helps.

    Examples
    --------
    >>> usable_citation("C.R.S. 18-4-203"), usable_citation("felony"), usable_citation(None)
    (True, False, False)
    """
    return citation is not None and CITATION.fullmatch(citation) is not None


def colorado_level(offense: Offense, *, felony: bool, charge_citation: str | None) -> str:
    """Decide the level of an offense under the Colorado DMV memo, first reading: list *or* any felony.

    Parameters
    ----------
    offense : Offense
        What the code stands for.
    felony : bool
        Felony level is claimed for the charge; counts only with a usable citation.
    charge_citation : str or None
        The statute charged.

    Returns
    -------
    str
        ``1``, or ``below-1``. The level says nothing of notes: an excluded heading stays refused.

    Examples
    --------
    >>> larceny = Offense("2399", "LARCENY")
    >>> colorado_level(larceny, felony=False, charge_citation=None)
    'below-1'
    >>> colorado_level(larceny, felony=True, charge_citation="C.R.S. 18-4-401")
    '1'
    """
    if offense.on_level_1_list or (felony and usable_citation(charge_citation)):
        return LEVEL_1
    return BELOW_LEVEL_1


@dataclass(frozen=True, slots=True)
class OffenseCatalogue:
    """Every offense by its code, and the digest of the table it was read from.

    Parameters
    ----------
    offenses : Mapping of str to Offense
        By code, in the table's order.
    digest : str
        SHA-256 over the bytes of every table read, 64 hexadecimal digits.
    nibrs : Mapping of str to NibrsCode
        The reporting codes.
    classes : Mapping of str to frozenset of str
        Codes of each class that a profile may name.
    classes_by_code : Mapping of str to tuple of str
        The same the other way round, classes in alphabetical order.
    """

    offenses: Mapping[str, Offense] = field(repr=False)
    digest: str
    nibrs: Mapping[str, NibrsCode] = field(repr=False, default_factory=dict)
    classes: Mapping[str, frozenset[str]] = field(repr=False, default_factory=dict)
    classes_by_code: Mapping[str, tuple[str, ...]] = field(repr=False, default_factory=dict)

    @classmethod
    def load(cls, path: Path | None = None, *, profiles: Path | None = None) -> OffenseCatalogue:
        """Read the table and hold it to its digest.

        Parameters
        ----------
        path : Path or None
            Another place of the same table; by default the one installed with facegate.
        profiles : Path or None
            A folder of profiles whose own offense classes are read as well.

        Raises
        ------
        InputError
            If a table cannot be read or is not, byte for byte, the one this version was tested with.
        """
        place = path or TABLE
        try:
            table = place.read_bytes()
        except OSError as error:
            msg = f"cannot read the offense table {place.name}: {error.strerror}"
            raise InputError(msg) from error
        digest = hashlib.sha256(table).hexdigest()
        if digest != TABLE_SHA256:
            msg = (
                f"the offense table {place.name} was changed: got digest {digest[:16]}, "
                f"wanted {TABLE_SHA256[:16]}; put the published table back"
            )
            raise InputError(msg)
        offenses = read_offenses(table.decode("utf-8"))
        nibrs, nibrs_table = load_nibrs()
        classes, classes_table = ({}, b"") if profiles is None else read_classes(profiles, offenses)
        listed = frozenset(one.code for one in offenses.values() if one.on_level_1_list)
        together = hashlib.sha256(table + nibrs_table + classes_table).hexdigest()
        named = {LEVEL_1_CLASS: listed, **classes}
        return cls(offenses, together, nibrs, named, by_code(named))

    def __len__(self) -> int:
        return len(self.offenses)

    def __iter__(self) -> Iterator[Offense]:
        return iter(self.offenses.values())

    def lookup(self, code: str | None) -> Offense | None:
        """Find an offense by its code; None if there is no such code, never a nearest one."""
        return None if code is None else self.offenses.get(code)

    def lookup_nibrs(self, code: str | None) -> NibrsCode | None:
        """Find a reporting code; None if there is no such code."""
        return None if code is None else self.nibrs.get(code)

    def classes_of(self, code: str) -> tuple[str, ...]:
        """List the classes a code stands in, in alphabetical order."""
        return self.classes_by_code.get(code, ())


def by_code(classes: Mapping[str, frozenset[str]]) -> dict[str, tuple[str, ...]]:
    """Turn classes and their codes round: the classes of each code, in alphabetical order."""
    found: dict[str, tuple[str, ...]] = {}
    for name in sorted(classes):
        for code in classes[name]:
            found[code] = (*found.get(code, ()), name)
    return found


def read_offenses(text: str) -> dict[str, Offense]:
    """Read the rows of an offense table.

    Parameters
    ----------
    text : str
        Comma-separated, with the header ``code,heading,level_1_word,note``.

    Returns
    -------
    dict of str to Offense
        By code, in the order of the rows.

    Raises
    ------
    InputError
        If a header, code, heading or note is not of its form, or a code comes twice.
    """
    rows = csv.reader(io.StringIO(text), strict=True)
    offenses: dict[str, Offense] = {}
    try:
        if (header := next(rows, [])) != COLUMNS:
            msg = f"an offense table starts with the columns {COLUMNS}, got {header}"
            raise InputError(msg)
        for row in rows:
            offense = _offense(row, rows.line_num)
            if offense.code in offenses:
                msg = f"line {rows.line_num} of the offense table repeats code {offense.code}"
                raise InputError(msg)
            offenses[offense.code] = offense
    except csv.Error as error:
        msg = f"line {rows.line_num} of the offense table is not comma-separated text: {error}"
        raise InputError(msg) from error
    return offenses


def _offense(row: list[str], line: int) -> Offense:
    if len(row) != len(COLUMNS):
        msg = f"line {line} of the offense table has {len(row)} columns, wanted {len(COLUMNS)}"
        raise InputError(msg)
    code, heading, word, note = row
    if not CODE.fullmatch(code) or not heading:
        msg = f"line {line} of the offense table has code {code!r}, wanted four digits and a heading"
        raise InputError(msg)
    if note not in set(Note):
        msg = f"line {line} of the offense table has note {note!r}, wanted one of {[str(n) for n in Note]}"
        raise InputError(msg)
    return Offense(code, heading, word, Note(note))
