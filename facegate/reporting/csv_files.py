"""Tables as CSV text: one header line, full precision, empty where unknown.

Text that a spreadsheet would run as a formula (a group named ``=HYPERLINK(...)``) gets an
apostrophe before it; numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from facegate.evaluation.review.spreadsheet_cells import marked_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.reporting.rows import Row


def csv_text(rows: Sequence[Row]) -> str:
    """Write rows as CSV.

    Parameters
    ----------
    rows : sequence of dict
        All with the same keys in the same order; they become the header.

    Returns
    -------
    str
        Lines end in a line feed. Floats keep every digit that tells them apart.

    Examples
    --------
    >>> print(csv_text([{"group": "Black F", "fmr": 0.25}, {"group": "F, race not recorded", "fmr": None}]))
    group,fmr
    Black F,0.25
    "F, race not recorded",
    <BLANKLINE>
    """
    if not rows:
        return ""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: marked_cell(value) if isinstance(value, str) else value for name, value in row.items()}
        for row in rows
    )
    return buffer.getvalue()
