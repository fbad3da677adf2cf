"""Every comparison of a test in one CSV file, at full precision: they are the tester's own photos.

::

    first,second,first_subject,second_subject,first_group,second_group,mated,score,distance,at_or_above
    a.jpg,b.jpg,p1,p1,F,F,yes,0.6123456789012345,0.3876543210987655,yes

- Each pair once, in the order of the photos' names; photos without a template have no pairs.
- Scores are float64 and written so that they read back as the same number.
- A name that a spreadsheet would run as a formula has an apostrophe before it.
"""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

import numpy as np

from facegate.decision import Metric, comparison_scores, matches
from facegate.durable import replacing
from facegate.evaluation.review.spreadsheet_cells import marked_cell

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.decision import Threshold
    from facegate.evaluation.material import Material

NAMED: Final = (
    "first", "second", "first_subject", "second_subject", "first_group", "second_group", "mated", "score",
)  # fmt: skip
YES, NO = "yes", "no"


def write_scores(path: Path, material: Material, threshold: Threshold) -> int:
    """Write all comparisons.

    Parameters
    ----------
    path : Path
        File to write, whole or not at all.
    material : Material
        Templates and groups.
    threshold : Threshold
        What decides ``at_or_above``.

    Returns
    -------
    int
        Comparisons written.

    Raises
    ------
    StorageError
        If the disk refuses.
    """
    templates = material.templates.enrolled if material.templates is not None else None
    if templates is None:
        return 0
    groups = [material.population.names[g] for g in material.population.group_of_template]
    columns = (templates.template_id, templates.subject_id, groups)
    cells = [tuple(marked_cell(str(text)) for text in row) for row in zip(*columns, strict=True)]
    metric, subjects = threshold.metric, templates.subject_id
    order = np.argsort(templates.template_id.astype(str), kind="stable")
    vectors = templates.vectors
    written = 0
    with replacing(path) as aside, aside.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        native = (metric.native_name,) if metric is Metric.EUCLIDEAN else ()
        lines.writerow((*NAMED, *native, "at_or_above"))
        for place, one in enumerate(order[:-1]):
            rest = order[place + 1 :]
            scores = comparison_scores(vectors[one], vectors[rest], metric)
            decided = matches(scores, threshold)
            for other, score, above in zip(rest, scores.tolist(), decided.tolist(), strict=True):
                first, second = cells[one], cells[other]
                mated = YES if subjects[one] == subjects[other] else NO
                values = (repr(score), *(repr(metric.native(score)) for _ in native), YES if above else NO)
                lines.writerow(
                    (first[0], second[0], first[1], second[1], first[2], second[2], mated, *values)
                )
            written += rest.size
    return written
