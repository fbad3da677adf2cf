"""The box that says what a rate would mean in a gallery of the reader's own size.

Nothing is computed here: the reader's browser multiplies what the reader types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.report.blocks import Box, Grid, GroupLine, Section, Words
from facegate.reporting.report.staff import headline
from facegate.reporting.report.wording import range_cell, rate_cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold
    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.result import BenchmarkResult

GALLERY = 1_000_000
SEARCHES = 1_000
HOW = (
    "A wrong return is one search that returns one wrong person. It is not a number of different people: a "
    "person whom ten searches return makes ten wrong returns, and one search can make many. Expected wrong "
    "returns a year = rate of a person of the group with anybody (per comparison) x people in the gallery x "
    "searches a year. This holds on average whether or not comparisons are independent, for a gallery mixed "
    "like these data, at this threshold, if no list is cut short and nobody reviews the results."
)


def here_section(result: BenchmarkResult) -> Section:
    """Lay out the box at the first threshold."""
    at = headline(result)
    title = "What would it mean here?"
    lines = tuple(_lines(at))
    if not lines:
        return Section("here", title, (Words("Not available: no rate is known at this threshold."),))
    fallback = Grid(
        f"Rate of a person of the group with anybody, at {at.threshold.name}, per million comparisons",
        ("group", "per million", "95 % range"),
        tuple((group, rate_cell(found), range_cell(found)) for group, found in _found(at)),
        file="rates",
        folded=True,
    )
    box = Box(lines, result.method.operational_gallery or GALLERY, SEARCHES, fallback)
    return Section("here", title, (Words(f"At threshold {at.threshold.name}. {HOW}"), box))


def _lines(at: AtThreshold) -> Iterator[GroupLine]:
    for group, found in _found(at):
        if found is not None:
            yield GroupLine(group, found.estimate, found.low, found.high, found.supported)


def _found(at: AtThreshold) -> Iterator[tuple[str, Estimate | None]]:
    """List rates against everybody; for everybody that is the overall rate."""
    yield "everybody, as the data mix them", at.overall.against_everybody or at.overall.fmr
    for rates in at.groups:
        yield rates.group, rates.against_everybody
