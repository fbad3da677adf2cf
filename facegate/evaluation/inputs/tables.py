"""CSV and Parquet files read a block at a time, and the place of any row in them.

- Whatever is wrong in a file is said with the file's name and the line (CSV, the heading is
  line 1) or row (Parquet, from 1).
- CSV cells stay texts here; a blank line is no row. A row with too many or too few cells is
  an error, never a guess.
"""

from __future__ import annotations

import csv
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

BLOCK = 1 << 23
ROWS_AT_ONCE = 1 << 17
SAMPLE = 1 << 20
SHOWN = 60
ROW_IN_MESSAGE = re.compile(r"Row #(\d+)")


@dataclass(frozen=True, slots=True)
class TableFile:
    """One CSV or Parquet file, not yet read.

    Parameters
    ----------
    path : Path
        The file; ``.parquet`` is Parquet, anything else is CSV with a heading.
    delimiter : str
        Between the cells of a CSV file.
    """

    path: Path
    delimiter: str = ","

    @property
    def name(self) -> str:
        """The file's name without its folder, for messages and records."""
        return self.path.name

    @property
    def is_parquet(self) -> bool:
        """Told by the name's ending."""
        return self.path.suffix.lower() == ".parquet"

    def columns(self) -> tuple[str, ...]:
        """Read the names of the columns.

        Raises
        ------
        InputError
            If the file is missing, empty, or not what its name says.
        """
        try:
            if self.is_parquet:
                return tuple(pq.read_schema(self.path).names)
            with self.path.open("rb") as file:
                first = next((line for line in file if line.strip()), b"").decode("utf-8-sig")
            heading = next(csv.reader([first], delimiter=self.delimiter), [])
        except (OSError, UnicodeDecodeError, csv.Error, pa.ArrowException) as error:
            self._refuse(error)
        if not heading:
            msg = f"{self.name} is empty: wanted a heading and at least one row"
            raise InputError(msg)
        return tuple(heading)

    def require(self, wanted: Iterable[str]) -> None:
        """Refuse a file that lacks a column, or has two of that name.

        Raises
        ------
        InputError
            Naming the column and those that are there.
        """
        there = self.columns()
        for column in wanted:
            if there.count(column) != 1:
                found = "twice" if column in there else "not"
                msg = f"{self.name}: column {column!r} is {found} there; columns are {', '.join(there)[:200]}"
                raise InputError(msg)

    def rows_about(self) -> int:
        """Count the rows: exactly for Parquet, estimated from the first mebibyte for CSV."""
        if self.is_parquet:
            return int(pq.read_metadata(self.path).num_rows)
        with self.path.open("rb") as file:
            sample = file.read(SAMPLE)
        lines = max(1, sample.count(b"\n"))
        return round(self.path.stat().st_size * lines / max(1, len(sample)))

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Read some columns, a block at a time; CSV cells as texts.

        Raises
        ------
        InputError
            If the file cannot be read; a bad line is named with its number.
        """
        self.require(columns)
        try:
            yield from self._parquet(columns) if self.is_parquet else self._csv(columns)
        except (OSError, pa.ArrowException) as error:
            self._refuse(error)

    def read(self, columns: Sequence[str]) -> pa.Table:
        """Read some columns whole; see `batches`.

        Raises
        ------
        InputError
            If the file cannot be read, or has no rows.
        """
        batches = list(self.batches(columns))
        if not sum(batch.num_rows for batch in batches):
            msg = f"{self.name} has a heading and no rows: there is nothing to measure"
            raise InputError(msg)
        return pa.Table.from_batches(batches).combine_chunks()

    def place(self, row: int) -> str:
        """Say where a row stands: ``scores.csv, line 17``.

        Parameters
        ----------
        row : int
            From 0, the heading and blank lines not counted.
        """
        if self.is_parquet:
            return f"{self.name}, row {row + 1}"
        line, _ = self._line_of(row + 1)
        return f"{self.name}, line {line}"

    def digest(self) -> str:
        """SHA-256 (hex) of the file."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            self._refuse(error)

    def _parquet(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with pq.ParquetFile(self.path) as file:
            yield from file.iter_batches(ROWS_AT_ONCE, columns=list(columns))

    def _csv(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        with pa_csv.open_csv(
            self.path,
            # one thread, so that an error can name its row
            read_options=pa_csv.ReadOptions(block_size=BLOCK, use_threads=False),
            parse_options=pa_csv.ParseOptions(delimiter=self.delimiter),
            convert_options=pa_csv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        ) as reader:
            yield from reader

    def _line_of(self, row: int) -> tuple[int, str]:
        """Find the line of a row, the heading being row 0, and what stands there."""
        seen = -1
        with self.path.open("rb") as file:
            for line, text in enumerate(file, 1):
                seen += bool(text.rstrip(b"\r\n"))
                if seen == row:
                    return line, text.decode("utf-8", "replace").strip()
        return row + 1, ""

    def _refuse(self, error: Exception) -> NoReturn:
        """Say what is wrong with the file, and in which line."""
        if isinstance(error, FileNotFoundError):
            msg = f"{self.name} is missing from the folder that the protocol names"
            raise InputError(msg) from error
        text = str(error).splitlines()[0] if str(error) else type(error).__name__
        found = ROW_IN_MESSAGE.search(text)
        if found is None or self.is_parquet:
            kind = "Parquet" if self.is_parquet else "CSV"
            msg = f"{self.name} cannot be read as {kind}: {text[:200]}"
            raise InputError(msg) from error
        line, there = self._line_of(int(found[1]) - 1)  # Arrow counts the heading as row 1
        what = text[found.end() :].lstrip(": ").removeprefix("CSV conversion error to string: ")
        if "Expected" in what:
            what = what.split(":")[0]
        msg = f"{self.name}, line {line}: {what[:120]}; there stands {there[:SHOWN]!r}"
        raise InputError(msg) from error
