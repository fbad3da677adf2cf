"""What a measurement needs of data made elsewhere: people, comparisons, and what was checked.

People, templates and pairs are numbered in the order of their names (or, where nobody is
named, of their groups and scores), so that neither the order of rows nor that of files
changes a result.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric, Threshold, matches
from facegate.evaluation.comparisons import Comparisons, ScoredPairs
from facegate.evaluation.inputs.histogram import require_counted
from facegate.evaluation.subgroups import GroupCounts, Population, Positions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.decision import Scores
    from facegate.evaluation.histograms import Histograms
    from facegate.evaluation.inputs.tables import TableFile
    from facegate.evaluation.provenance import InputSummary
    from facegate.evaluation.trials import Trials
    from facegate.templates import Labels


@dataclass(frozen=True, slots=True)
class ScoreMaterial:
    """Scores made elsewhere, ready to be measured.

    Parameters
    ----------
    population : Population
        The people; two of its own for each non-mated row, and one for each mated row, where
        rows name nobody. One template a person where rows name no templates.
    comparisons : Comparisons
        As if facegate had made them.
    summary : InputSummary
        What was given and checked.
    metric : Metric
        Euclidean for distances, similarity for the rest: how the native value is written.
    model, model_digest : str
        As the protocol states them; may be empty.
    template_ids, subject_ids : ndarray of shape (n_templates,), str objects, or None
        Names of the templates and of their people; None where rows name nobody.
    """

    population: Population
    comparisons: Comparisons
    summary: InputSummary
    metric: Metric
    model: str
    model_digest: str
    template_ids: Labels | None
    subject_ids: Labels | None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the files given, whatever their order."""
        return digest_of_files(self.summary.files)


def digests_of(files: Sequence[TableFile]) -> dict[str, str]:
    """Take each file's digest, by its name without folders; a name that repeats gets a number."""
    digests: dict[str, str] = {}
    for file in files:
        again = sum(name == file.name or name.startswith(f"{file.name} (") for name in digests)
        digests[f"{file.name} ({again + 1})" if again else file.name] = file.digest()
    return digests


def digest_of_files(files: dict[str, str]) -> str:
    """Join the digests of files into one that does not depend on their names or order."""
    return hashlib.sha256("\n".join(sorted(files.values())).encode()).hexdigest()


def named_population(
    names: Sequence[str],
    *,
    person_of_template: Positions,
    group_of_person: Positions,
    label_source: str,
) -> Population:
    """Make the population of people who are named.

    Parameters
    ----------
    names : sequence of str
        Names of the groups.
    person_of_template : ndarray of shape (n_templates,), int64
        Person of each template.
    group_of_person : ndarray of shape (n_people,), int64
        Group of each person.
    label_source : str
        Where the labels come from.

    Returns
    -------
    Population
        Failures to enroll are unknown and so 0: scores do not tell of them.
    """
    people = np.bincount(group_of_person, minlength=len(names))
    photos = np.bincount(group_of_person[person_of_template], minlength=len(names))
    return Population(
        groups=tuple(
            GroupCounts(name, int(n), int(n), int(k), 0, dict(Counter({label_source: int(n)}) if n else {}))
            for name, n, k in zip(names, people, photos, strict=True)
        ),
        person_of_template=person_of_template,
        group_of_template=group_of_person[person_of_template],
        group_of_person=group_of_person,
        photos_of_person=np.bincount(person_of_template, minlength=group_of_person.size).astype(np.int64),
    )


def anonymous_population(names: Sequence[str], group_of_person: Positions) -> Population:
    """Make the population of rows that name nobody: the people are there, and are not counted."""
    every = np.arange(group_of_person.size, dtype=np.int64)
    return Population(
        groups=tuple(GroupCounts(name, 0, 0, 0, 0, {}) for name in names),
        person_of_template=every,
        group_of_template=group_of_person,
        group_of_person=group_of_person,
        photos_of_person=np.ones_like(every),
        people_named=False,
    )


def comparisons_of(
    first: Positions,
    second: Positions,
    scores: Scores,
    *,
    population: Population,
    trials: Trials,
    floor: Threshold,
    histograms: Histograms,
) -> Comparisons:
    """Sort scored pairs of templates into mated ones and the tail of the others.

    Parameters
    ----------
    first, second : ndarray of shape (n,), int64
        Positions of the two templates, in either order. A template may meet itself only
        where it stands for a person whose templates are not named.
    scores : ndarray of shape (n,), float64
        Similarity scores.
    population : Population
        Whose templates they are.
    trials : Trials
        Comparisons of different people.
    floor : Threshold
        Keep the non-mated pairs at or above it.
    histograms : Histograms
        Of all scores.

    Returns
    -------
    Comparisons

    Raises
    ------
    MeasurementError
        If histograms and trials do not agree.
    """
    mated = population.person_of_template[first] == population.person_of_template[second]
    kept = ~mated & matches(scores, floor)
    require_counted(histograms, trials, population)
    return Comparisons(
        floor=floor,
        tail=_pairs(first[kept], second[kept], scores[kept]),
        mated=_pairs(first[mated], second[mated], scores[mated]),
        trials=trials,
        histograms=histograms,
    )


def _pairs(first: Positions, second: Positions, scores: Scores) -> ScoredPairs:
    """Put the lower position first and sort, by score too where one pair stands there twice."""
    low, high = np.minimum(first, second), np.maximum(first, second)
    order = np.lexsort((scores, high, low))
    return ScoredPairs(low[order], high[order], scores[order])
