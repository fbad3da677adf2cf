"""Suspect pairs: the strangers that look most alike, for a person to look at.

In the far tail of the scores wrong labels weigh more than the embedder does: one person
under two names, two people on one photo, a photo filed under the wrong name. Each is counted
as a false match until somebody looks.

- Highest score first; equal scores by ids, so that the order never depends on the file's.
- One person who resembles many would fill the whole list. A pair is passed over once one
  of its people stands in enough pairs already; it keeps its rank, so the gap can be seen.
- Inside a pair the person with the lower id stands first. So "the same person: leave out the
  second" never leaves out everybody of a circle of look-alikes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError, MeasurementError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from facegate.decision import Metric, Scores
    from facegate.evaluation.subgroups import Positions

TEXT_COLUMNS = (
    "first_template", "second_template", "first_subject", "second_subject", "first_group", "second_group",
)  # fmt: skip
COLUMNS = ("score", *TEXT_COLUMNS)
READ_AT_FIRST = 1_000


@dataclass(frozen=True, slots=True)
class SuspectPair:
    """Two photos of two people, said to be strangers, that score high.

    Parameters
    ----------
    rank : int
        Place among all non-mated pairs, from 1.
    score, native : float
        Similarity, and the metric's own number (distance or cosine).
    first_photo, second_photo : str
        Template ids.
    first_person, second_person : str
        Subject ids, the lower one first.
    first_group, second_group : str
        Groups of the two people.
    """

    rank: int
    score: float
    native: float
    first_photo: str
    second_photo: str
    first_person: str
    second_person: str
    first_group: str
    second_group: str


@dataclass(frozen=True, slots=True)
class Suspects:
    """The pairs to look at.

    Parameters
    ----------
    pairs : tuple of SuspectPair
        Highest first.
    passed_over : int
        Pairs above the last one shown that are left out because one of their people
        stands in ``per_person`` pairs already.
    available : int
        Non-mated pairs that the run kept.
    per_person : int
        Most pairs that one person may stand in.
    """

    pairs: tuple[SuspectPair, ...]
    passed_over: int
    available: int
    per_person: int


def highest_pairs(tail: pa.Table, *, count: int, per_person: int, metric: Metric) -> Suspects:
    """Choose the pairs to look at.

    Parameters
    ----------
    tail : pyarrow.Table
        Non-mated pairs with the columns `COLUMNS`: a similarity and six texts.
    count : int
        Most pairs to choose, at least 1.
    per_person : int
        Most pairs that one person may stand in, at least 1.
    metric : Metric
        Of the scores.

    Returns
    -------
    Suspects
        The same whatever the order of the rows.

    Raises
    ------
    InputError
        If a number is below 1, a column is missing, or a score is not a number.
    MeasurementError
        If there is no pair at all.
    """
    for what, number in (("pairs", count), ("pairs a person", per_person)):
        if number < 1:
            msg = f"a list of suspects needs at least 1 of {what}, got {number}"
            raise InputError(msg)
    chosen: list[SuspectPair] = []
    seen: Counter[str] = Counter()
    last = 0
    for pair in ranked_pairs(tail, metric=metric):
        people = (pair.first_person, pair.second_person)
        if any(seen[person] >= per_person for person in people):
            continue
        seen.update(people)
        chosen.append(pair)
        last = pair.rank
        if len(chosen) == count:
            break
    if len(chosen) < count:
        last = tail.num_rows  # everything was looked through
    return Suspects(tuple(chosen), last - len(chosen), tail.num_rows, per_person)


def ranked_pairs(tail: pa.Table, *, metric: Metric) -> Iterator[SuspectPair]:
    """Give non-mated pairs one by one, highest first; texts are read only as far as asked.

    Raises
    ------
    InputError
        If a column is missing, or a score is not a number.
    MeasurementError
        If there is no pair at all.
    """
    scores = _scores(tail)
    rank = 0
    for rows in _rows_by_score(scores):
        part = tail.select(list(TEXT_COLUMNS)).take(rows)
        texts = zip(*(part.column(name).to_pylist() for name in TEXT_COLUMNS), strict=True)
        pairs = [(-score, *_ordered(row)) for score, row in zip(scores[rows].tolist(), texts, strict=True)]
        for negative, person, photo, group, other_person, other_photo, other_group in sorted(pairs):
            rank += 1
            yield SuspectPair(
                rank, -negative, metric.native(-negative),
                photo, other_photo, person, other_person, group, other_group,
            )  # fmt: skip


def _scores(tail: pa.Table) -> Scores:
    """Take the scores, after a look at whether this is a tail at all."""
    if missing := [name for name in COLUMNS if name not in tail.column_names]:
        msg = f"the kept pairs lack the column {missing[0]}; they have {', '.join(tail.column_names)[:200]}"
        raise InputError(msg)
    if tail.num_rows == 0:
        msg = "the run kept no pair of different people: no score reached its floor, so there is no suspect"
        raise MeasurementError(msg)
    if nulls := sum(tail.column(name).null_count for name in COLUMNS):
        msg = f"the kept pairs have {nulls:,} empty fields; wanted none"
        raise InputError(msg)
    scores = np.asarray(tail.column("score").to_numpy(), dtype=np.float64)
    if n_nan := int(np.count_nonzero(np.isnan(scores))):
        msg = f"the kept pairs have {n_nan:,} scores that are not numbers; wanted none"
        raise InputError(msg)
    return scores


def _rows_by_score(scores: Scores) -> Iterator[Positions]:
    """Give row positions in falling score, in growing lots that never part equal scores."""
    order = np.argsort(-scores, kind="stable").astype(np.int64)
    falling = scores[order]
    start, size = 0, READ_AT_FIRST
    while start < order.size:
        stop = min(start + size, order.size)
        # all that equal the last one belong to the lot: ids decide among them
        stop = int(np.searchsorted(-falling, -falling[stop - 1], side="right"))
        yield order[start:stop]
        start, size = stop, size * 4


def _ordered(row: tuple[str, ...]) -> tuple[str, ...]:
    """Put the lower person, then the lower photo, first."""
    first_photo, second_photo, first_person, second_person, first_group, second_group = row
    first, second = sorted(
        ((first_person, first_photo, first_group), (second_person, second_photo, second_group))
    )
    return (*first, *second)
