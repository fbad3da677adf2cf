"""Cells into numbers, flags and codes; the first cell that does not fit is named.

A cell that is empty, or holds one of the usual words for a missing number, is a missing
score: NaN. A missing text is a value of its own, `MISSING`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

if TYPE_CHECKING:
    from facegate.decision import Scores

Codes: TypeAlias = NDArray[np.int32]
NOT_A_NUMBER = ("", "nan", "na", "n/a", "null", "none", "-nan")
YES, NO = ("true", "yes", "1", "1.0"), ("false", "no", "0", "0.0")
MISSING = -1
BAD = 2


class BadCellError(Exception):
    """One cell does not hold what its column must; caught where file and line are known."""

    def __init__(self, row: int, value: str, wanted: str) -> None:
        super().__init__(value)
        self.row, self.value, self.wanted = row, value, wanted


@dataclass(slots=True)
class Names:
    """Texts met so far and their codes, in the order in which they were met."""

    codes: dict[str, int]

    @property
    def texts(self) -> tuple[str, ...]:
        """The texts, by code."""
        return tuple(self.codes)

    def encode(self, cells: pa.Array) -> Codes:
        """Replace texts by their codes; blanks around them do not count, and none is `MISSING`."""
        packed = cells if pa.types.is_dictionary(cells.type) else cells.dictionary_encode()
        texts = (_text(value) for value in packed.dictionary.to_pylist())
        codes = [self.codes.setdefault(text, len(self.codes)) if text else MISSING for text in texts]
        table = np.array([*codes, MISSING], dtype=np.int32)
        return np.asarray(table[packed.indices.fill_null(len(codes)).to_numpy(zero_copy_only=False)])


def numbers(cells: pa.Array) -> Scores:
    """Read numbers; a missing one is NaN.

    Raises
    ------
    BadCellError
        At the first cell that is neither.
    """
    texts = _plain(cells)
    if pa.types.is_floating(texts.type) or pa.types.is_integer(texts.type):
        return _floats(texts.cast(pa.float64(), safe=False))
    trimmed = pc.utf8_trim_whitespace(texts.cast(pa.string()))
    missing = pc.is_in(pc.utf8_lower(trimmed), value_set=pa.array(NOT_A_NUMBER))
    trimmed = pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)
    try:
        return _floats(trimmed.cast(pa.float64()))
    except pa.ArrowInvalid:
        row = _first_bad(trimmed)
        raise BadCellError(row, str(texts[row].as_py()), "a number") from None


def flags(cells: pa.Array, *, yes: str = "", no: str = "") -> NDArray[np.bool_]:
    """Read yes and no, in the words given or in the usual ones.

    Raises
    ------
    BadCellError
        At the first cell that is neither, an empty one included.
    """
    meaning = {yes: 1, no: 0} if yes else dict.fromkeys(YES, 1) | dict.fromkeys(NO, 0)
    packed = _plain(cells).dictionary_encode()
    words = [_text(value) for value in packed.dictionary.to_pylist()]
    table = np.array([meaning.get(word if yes else word.lower(), BAD) for word in words] + [BAD])
    found = table[packed.indices.fill_null(len(words)).to_numpy(zero_copy_only=False)]
    if (found == BAD).any():
        row = int(np.argmax(found == BAD))
        wanted = f"{yes!r} or {no!r}" if yes else "true or false, yes or no, 1 or 0"
        raise BadCellError(row, str(cells[row].as_py()), wanted)
    return np.asarray(found == 1)


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _plain(cells: pa.Array) -> pa.Array:
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _floats(cells: pa.Array) -> Scores:
    return np.asarray(cells.fill_null(np.nan).to_numpy(zero_copy_only=False), dtype=np.float64)


def _first_bad(texts: pa.Array) -> int:
    """Halve until the first cell that is no number is found."""
    low, high = 0, len(texts)  # the first bad cell lies in [low, high)
    while high - low > 1:
        middle = (low + high) // 2
        try:
            texts.slice(low, middle - low).cast(pa.float64())
            low = middle
        except pa.ArrowInvalid:
            high = middle
    return low
