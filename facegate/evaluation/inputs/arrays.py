"""Arrays of numbers in files: npy without loading it, npz and CSV in memory."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv

from facegate.errors import InputError
from facegate.evaluation.inputs.memory import require_memory
from facegate.evaluation.inputs.tables import ROW_IN_MESSAGE

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

BLOCK = 1 << 24
NUMBERS = "fiu"
TIMES_IN_MEMORY = 3
MISSING = ["", "nan", "NaN", "NA", "null"]


def open_array(path: Path, *, key: str = "") -> NDArray[np.generic]:
    """Open an array in an ``.npy`` file (mapped, not loaded) or under a key of an ``.npz`` file.

    Raises
    ------
    InputError
        If the file is missing or damaged, the key is not there, or the array holds objects,
        which only running code from the file could read.
    """
    try:
        found = np.load(path, mmap_mode="r", allow_pickle=False)
        if isinstance(found, np.ndarray):
            return found
        with found:
            if key not in found.files:
                msg = f"{path.name} has no array {key!r}; there are {', '.join(found.files)[:200] or 'none'}"
                raise InputError(msg)
            return np.asarray(found[key])
    except FileNotFoundError as error:
        msg = f"{path.name} is missing from the folder that the protocol names"
        raise InputError(msg) from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        objects = "pickle" in str(error) or "Python objects" in str(error)
        why = "it holds Python objects" if objects else str(error).splitlines()[0][:120]
        msg = f"{path.name} cannot be read as an array of numbers or texts: {why}"
        raise InputError(msg) from error


def open_matrix(path: Path, *, key: str, delimiter: str, memory: int | None) -> NDArray[np.generic]:
    """Open a matrix of numbers in an npy, npz or CSV file.

    Parameters
    ----------
    path : Path
        By its ending; anything but ``.npy`` and ``.npz`` is CSV without a heading.
    key : str
        Array in the npz.
    delimiter : str
        Of the CSV file.
    memory : int or None
        Bytes that may be taken by what must be loaded; None if unknown.

    Returns
    -------
    ndarray of shape (n_rows, n_columns), any kind of real number

    Raises
    ------
    InputError
        If it cannot be read, has no numbers or not two axes, or memory would not suffice.
    """
    if path.suffix != ".npy" and path.exists():
        require_memory(
            path.stat().st_size * TIMES_IN_MEMORY, f"the matrix {path.name} would", available=memory
        )
    is_array = path.suffix in (".npy", ".npz")
    matrix = open_array(path, key=key) if is_array else _csv(path, delimiter)
    if matrix.ndim != 2 or matrix.dtype.kind not in NUMBERS:  # noqa: PLR2004  rows x columns
        msg = f"{path.name} holds {matrix.ndim} axes of {matrix.dtype}, wanted rows and columns of numbers"
        raise InputError(msg)
    if not matrix.size:
        msg = f"{path.name} is empty: its shape is {matrix.shape}"
        raise InputError(msg)
    return matrix


def rows_at_once(matrix: NDArray[np.generic]) -> int:
    """Tell how many rows make a block of a few megabytes."""
    return max(1, BLOCK // (8 * int(matrix.shape[1])))


def _csv(path: Path, delimiter: str) -> NDArray[np.generic]:
    """Read a CSV file of numbers, without a heading."""
    try:
        with path.open("rb") as file:
            width = file.readline().count(delimiter.encode()) + 1
        names = [str(column) for column in range(width)]
        table = pa_csv.read_csv(
            path,
            read_options=pa_csv.ReadOptions(column_names=names, use_threads=False),
            parse_options=pa_csv.ParseOptions(delimiter=delimiter),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.float64()), null_values=MISSING
            ),
        )
    except FileNotFoundError as error:
        msg = f"{path.name} is missing from the folder that the protocol names"
        raise InputError(msg) from error
    except (OSError, pa.ArrowException) as error:
        text = str(error).splitlines()[0]
        found = ROW_IN_MESSAGE.search(text)
        where, what = (f", row {found[1]}", text[found.end() :].lstrip(": ")) if found else ("", text)
        msg = f"{path.name}{where}: wanted numbers only, without a heading; {what[:120]}"
        raise InputError(msg) from error
    return np.column_stack([column.to_numpy() for column in table.columns])
