"""Small inputs for tests: specs from TOML text, files from rows, everything from templates."""

from __future__ import annotations

import csv
import tomllib
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import comparison_scores
from facegate.evaluation.edges import Edge
from facegate.evaluation.inputs.scores import load_scores
from facegate.evaluation.inputs.spec import scores_spec
from facegate.evaluation.toml_keys import Keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.histograms import Histograms
    from facegate.evaluation.inputs.material import ScoreMaterial
    from facegate.evaluation.provenance import InputSummary
    from facegate.templates import TemplateSet

NAMED = """
file = "scores.csv"
direction = "similarity"
[columns]
score = "score"
first_subject = "a"
second_subject = "b"
first_group = "ga"
second_group = "gb"
"""
HEADING = ("score", "a", "b", "ga", "gb")
FULL = ("score", "a", "b", "ta", "tb", "ra", "rb", "sa", "sb")
FULL_SPEC = """
file = "scores.csv"
direction = "distance"
label_source = "self-report"
[columns]
score = "score"
first_subject = "a"
second_subject = "b"
first_template = "ta"
second_template = "tb"
first_race = "ra"
second_race = "rb"
first_sex = "sa"
second_sex = "sb"
"""


def keys(text: str, path: str = "data.scores.") -> Keys:
    """Read TOML as a protocol's table would be."""
    return Keys(tomllib.loads(text), "p.toml", path)


def write_csv(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(heading)
        writer.writerows(rows)
    return path


def load(folder: Path, text: str = NAMED, *, floor: float = 0.5, memory: int | None = None) -> ScoreMaterial:
    """Load the scores that a table describes."""
    return load_scores(scores_spec(keys(text)), folder, floor=Edge("score", floor), memory=memory)


def count_of(summary: InputSummary, what: str) -> tuple[int, str]:
    """Find what a check found, by how its description begins."""
    (found,) = [one for one in summary.findings if one.what.startswith(what)]
    return found.count, found.treated


def counted(comparisons: Comparisons) -> Histograms:
    """Take the histograms, which scores made elsewhere always have."""
    assert comparisons.histograms is not None
    return comparisons.histograms


def all_scores(templates: TemplateSet) -> np.ndarray:
    """Score every enrolled template with every other, as a square."""
    enrolled, metric = templates.enrolled, templates.embedder.metric
    return np.array([comparison_scores(enrolled.vectors, one, metric) for one in enrolled.vectors])


def rows_of(templates: TemplateSet) -> list[tuple[object, ...]]:
    """List every pair of enrolled templates once, with its distance."""
    one, scores = templates.enrolled, all_scores(templates)
    return [
        (
            repr(float(1 - scores[i, j])),
            *(
                getattr(one, column)[side]
                for column in ("subject_id", "template_id", "race", "sex")
                for side in (i, j)
            ),
        )
        for i in range(len(one))
        for j in range(i)
    ]
