"""Ready synthetic populations, and writing one of any size to a template file.

The groups are called Group A and Group B on purpose: their planted rates are invented, and a
real name beside an invented rate would be a rumor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from facegate.datasets.synthetic import PART_ROWS, PlantedGroup, SyntheticPopulation
from facegate.decision import Metric, Threshold
from facegate.durable import replacing
from facegate.errors import InputError
from facegate.templates import TEXT_COLUMNS, EmbedderInfo, TemplateSet

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DLIB_DISTANCE = 0.6
"""Distance at which dlib calls two faces the same; the demo's rates are planted there."""
DLIB_RADIUS = 1.42
"""Median length of dlib descriptors over LFW (they are not of unit length)."""
COSINE_SPACES = {128: (0.5, 0.45), 512: (0.3, 0.25)}
"""Dimension: cosine at which rates are planted, and likeness of photos, so that both rates show."""


def demo_population(n_subjects: int, seed: int, *, photos_per_subject: int = 2) -> SyntheticPopulation:
    """Make a population in dlib's space with clearly different rates at distance 0.6.

    Parameters
    ----------
    n_subjects : int
        People, at least 4; spread evenly over four groups.
    seed : int
        Of all randomness.
    photos_per_subject : int, default 2
        Photos of each person.

    Returns
    -------
    SyntheticPopulation
        128 dimensions, Euclidean, radius 1.42. Planted at 0.6: Group A men 0.002, Group A
        women 0.004, Group B men 0.02, Group B women 0.05.

    Raises
    ------
    InputError
        If there are fewer people than groups.
    """
    return SyntheticPopulation(
        name="demo",
        groups=_four_groups(n_subjects, (0.002, 0.004, 0.02, 0.05)),
        photos_per_subject=photos_per_subject,
        planted_at=Threshold.from_native(DLIB_DISTANCE, Metric.EUCLIDEAN),
        common=0.876,
        photo_likeness=0.38,
        dimension=128,
        seed=seed,
        radius=DLIB_RADIUS,
    )


def cosine_population(
    n_subjects: int, seed: int, *, photos_per_subject: int = 2, dimension: int = 512
) -> SyntheticPopulation:
    """Make a population of unit vectors compared by cosine, with low planted rates.

    Parameters
    ----------
    n_subjects : int
        People, at least 4; spread evenly over four groups.
    seed : int
        Of all randomness.
    photos_per_subject : int, default 2
        Photos of each person.
    dimension : int, default 512
        Length of a vector: 512, planted at cosine 0.3, or 128, planted at 0.5.

    Returns
    -------
    SyntheticPopulation
        Planted: Group A men 1e-5, Group A women 3e-5, Group B men 3e-4, Group B women 1e-3.

    Raises
    ------
    InputError
        If there are fewer people than groups, or the dimension is another.
    """
    if dimension not in COSINE_SPACES:
        msg = f"the cosine population has 128 or 512 dimensions, got {dimension}"
        raise InputError(msg)
    threshold, likeness = COSINE_SPACES[dimension]
    return SyntheticPopulation(
        name="cosine",
        groups=_four_groups(n_subjects, (1e-5, 3e-5, 3e-4, 1e-3)),
        photos_per_subject=photos_per_subject,
        planted_at=Threshold(threshold, Metric.COSINE),
        common=0.13,
        photo_likeness=likeness,
        dimension=dimension,
        seed=seed,
    )


def _four_groups(n_subjects: int, rates: tuple[float, float, float, float]) -> tuple[PlantedGroup, ...]:
    labels = (("Group A", "M"), ("Group A", "F"), ("Group B", "M"), ("Group B", "F"))
    if n_subjects < len(labels):
        msg = f"four groups need at least {len(labels)} subjects, got {n_subjects}"
        raise InputError(msg)
    each, over = divmod(n_subjects, len(labels))
    return tuple(
        PlantedGroup(race, sex, each + (position < over), rate)
        for position, ((race, sex), rate) in enumerate(zip(labels, rates, strict=True))
    )


def embedder_of(path: Path) -> EmbedderInfo:
    """Read which embedder a template file is of, without its templates.

    Parameters
    ----------
    path : Path
        Parquet file of templates.

    Returns
    -------
    EmbedderInfo
        As the file's metadata has it.

    Raises
    ------
    InputError
        If the file cannot be read or is no template file.
    """
    try:
        schema = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        msg = f"cannot read templates from {path}: {str(error).splitlines()[0]}"
        raise InputError(msg) from error
    return TemplateSet.from_table(schema.empty_table(), name=str(path)).embedder


def write_population(
    population: SyntheticPopulation,
    path: Path,
    *,
    embedder: EmbedderInfo | None = None,
    rows: int = PART_ROWS,
    on_progress: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a population into one template file, part by part, whole or not at all.

    Parameters
    ----------
    population : SyntheticPopulation
        What to draw.
    path : Path
        Parquet file to make or replace; `TemplateSet.read` reads it.
    embedder : EmbedderInfo, optional
        As for `SyntheticPopulation.draw_parts`.
    rows : int
        Templates held in memory at a time, and rows a row group.
    on_progress : callable, optional
        Called with templates done and in all.

    Raises
    ------
    InputError
        If the embedder does not fit.
    StorageError
        If the disk refuses; an earlier file at ``path`` still stands.
    """
    parts = population.draw_parts(rows, embedder=embedder)
    with replacing(path) as aside:
        done = 0
        writer: pq.ParquetWriter | None = None
        try:
            for part in parts:
                table: pa.Table = part.to_table()
                if writer is None:
                    # Random vectors do not compress, and a dictionary of them would only cost time.
                    compression = dict.fromkeys((*TEXT_COLUMNS, "quality"), "zstd")
                    writer = pq.ParquetWriter(
                        aside, table.schema, compression=compression, use_dictionary=list(TEXT_COLUMNS)
                    )
                writer.write_table(table)
                done += len(part)
                if on_progress is not None:
                    on_progress(done, population.n_templates)
        finally:
            if writer is not None:
                writer.close()
