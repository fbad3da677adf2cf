"""The matching ladder: how the FMR rises as strangers are more alike.

Any two people of a mixed crowd are easy to tell apart; two of the same sex and race are
not. A rate over any two people flatters a system that will search among people alike: it
rose more than 400-fold for same age, sex and race (Howard, Sirotin and Vemury, BTAS 2019,
abstract).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import MeasurementError
from facegate.evaluation.group_rates import Rung
from facegate.evaluation.trials import together
from facegate.evaluation.variance import PeoplePairs, fmr_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.evaluation.rates import Estimate
    from facegate.evaluation.trials import People, Trials

UNKNOWN = -1
"""Code of a label that is not recorded."""
STEPS: tuple[tuple[str, ...], ...] = ((), ("sex",), ("race",), ("sex", "race"))
LABELS = ("sex", "race", "age_class")


def matching_ladder(labels: Mapping[str, People], pairs: PeoplePairs, trials: Trials) -> tuple[Rung, ...]:
    """Measure the FMR of two people alike in more and more labels.

    Parameters
    ----------
    labels : mapping of str to ndarray of shape (n_people,), int64
        For each of ``sex``, ``race`` and ``age_class`` that the data have, the code of each
        person's value; -1 where it is not recorded.
    pairs : PeoplePairs
        People with a false match, numbered over the whole population; each pair once.
    trials : Trials
        Who was compared with whom.

    Returns
    -------
    tuple of Rung
        Any two people; same sex; same race; same sex and race; the same in all labels. A
        rung whose label the data lack is left out. On each rung stand only people for whom
        all its labels are recorded.

    Raises
    ------
    MeasurementError
        If the labels are not of ``trials.n_people`` people.
    """
    for label, codes in labels.items():
        if codes.shape != (trials.n_people,):
            msg = f"the ladder needs {label} of {trials.n_people} people, got an array of {codes.shape}"
            raise MeasurementError(msg)
    present = tuple(label for label in LABELS if label in labels)
    steps = [step for step in STEPS if set(step) <= set(present)]
    if present not in steps:
        steps.append(present)
    return tuple(Rung(step, _fmr(step, labels, pairs, trials)) for step in steps)


def _fmr(
    same: tuple[str, ...], labels: Mapping[str, People], pairs: PeoplePairs, trials: Trials
) -> Estimate | None:
    """Estimate over pairs of people who share a combination of values: disjoint cells, added up."""
    combination = _combinations([labels[label] for label in same], trials.n_people)
    cells = [np.flatnonzero(combination == one) for one in range(int(combination.max(initial=UNKNOWN)) + 1)]
    place = np.full(trials.n_people, UNKNOWN)
    members = np.concatenate([np.empty(0, dtype=np.int64), *cells])
    place[members] = np.arange(members.size)
    alike = combination[pairs.first] == combination[pairs.second]
    alike &= combination[pairs.first] != UNKNOWN
    inside = PeoplePairs(
        place[pairs.first[alike]],
        place[pairs.second[alike]],
        pairs.false_matches[alike],
        pairs.compared[alike],
    )
    return fmr_of(inside, together([trials.within(people) for people in cells]))


def _combinations(codes: list[People], n_people: int) -> People:
    """Give each combination of values a number from 0; -1 where one is not recorded."""
    if not codes:
        return np.zeros(n_people, dtype=np.int64)
    rows = np.stack(codes, axis=1)
    known = (rows != UNKNOWN).all(axis=1)
    found = np.full(n_people, UNKNOWN, dtype=np.int64)
    if known.any():
        found[known] = np.unique(rows[known], axis=0, return_inverse=True)[1].reshape(-1)
    return found
