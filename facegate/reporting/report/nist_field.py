"""NIST's demographic columns, and the field they may be compared with.

The field's numbers are those of NIST's FRTE demographics page, table dated 2024-09-20, 563
algorithms (usnistgov/frvt, ``html/frvt_demographics.html``, commit 15d3a7d8). Ratios of
highest to lowest depend on how many and how fine the groups are and on the threshold, so
they are set beside ours only where ours are made alike: 50 groups, threshold at 3e-5.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from facegate.reporting.report.blocks import Grid, Words
from facegate.reporting.report.wording import number_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold
    from facegate.reporting.report.blocks import Block

CELLS = 50
TARGET = 3e-5
DATED = "NIST FRTE demographics table of 2024-09-20, 563 algorithms"
FIELD = {
    "fmrmax": ("0.0001", "about 0.0105 (read by eye)", "0.31"),
    "fmrmaxmin": ("5", "419", "341,240"),
    "fmrmaxmean": ("2.35", "11.15", "25.47"),
    "fmrmaxgeomean": ("5.94", "24.8", "302"),
    "fmrvarygeomean": ("0.14", "0.46", "1.28"),
    "fmrvarygini": ("0.25", "0.62", "0.87"),
    "fmrratiowafricaeeurope": ("2.01", "13.95", "155"),
    "fmrratiosasiaeeurope": ("0.98", "4.15", "34.9"),
    "fmrratiofemalemale": ("1.05", "3.37", "11.0"),
    "fmrratiooldyoung": ("1.12", "4.2", "164"),
    "fnmrvarygini": ("0.02", "0.10", "0.46"),
}
"""Best seen, median and worst of NIST's columns, among the rows read."""
CAVEATS = (
    "False negatives depend strongly on the photo (light, exposure, height of the camera); false positives "
    "occur in flawless photos too. Effects seen one to one carry over to searches, and grow where the "
    "affected group is both enrolled and searched for."
)


def nist_blocks(at: AtThreshold) -> Iterator[Block]:
    """Lay out NIST's columns, with the field only where it may be compared."""
    if not at.nist:
        yield Words("NIST's demographic columns: not available, the groups have too few labels for any.")
        return
    like = resembles_nist(at)
    columns: tuple[str, ...] = ("column", "value here")
    if like:
        columns += ("field: best", "field: median", "field: worst")
    rows = tuple(
        (one.name, number_cell(one.value, one.undefined), *(_field(one.name) if like else ()))
        for one in at.nist
    )
    yield Grid(f"NIST's demographic columns at {at.threshold.name}", columns, rows, file="nist_columns")
    if like:
        yield Words(f"Compared with the field: {DATED}. {CAVEATS}")
    else:
        yield Words(
            f"Not compared with the field ({DATED}): that table has {CELLS} groups and a threshold at "
            f"overall FMR 0.00003; here are {len(at.groups)} groups, or another threshold. Ratios of highest "
            f"to lowest do not carry over between protocols. {CAVEATS}"
        )


def resembles_nist(at: AtThreshold) -> bool:
    """Tell whether groups and threshold are made like those of NIST's table."""
    used = at.threshold
    at_target = used.target is not None and math.isclose(used.target, TARGET, rel_tol=0.01)
    return used.policy == "overall" and at_target and len(at.groups) == CELLS


def _field(name: str) -> tuple[str, str, str]:
    """Find the field's numbers of a column, however its name is written."""
    return FIELD.get(re.sub(r"[^a-z]", "", name.lower()), ("", "", ""))
