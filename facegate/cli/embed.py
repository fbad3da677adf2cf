"""``facegate embed``: the photos of a data set to templates."""

import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console, progress
from facegate.datasets.embedding import embed_dataset
from facegate.datasets.parts import Detections, read_detections
from facegate.datasets.registry import open_dataset
from facegate.errors import InputError
from facegate.settings import Settings
from facegate.templates import TemplateSet


def embed(
    dataset: Annotated[
        str,
        typer.Argument(
            help="Name of a data set, as `facegate datasets list` shows it, or a folder with one "
            "folder of photos a person.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Parquet file to write.", show_default=False)
    ],
    workers: Annotated[
        int | None,
        typer.Option(help="Processes to use, one thread each; all cores if left out.", show_default=False),
    ] = None,
    fallback: Annotated[
        bool,
        typer.Option(
            help="Try a slower detector on photos where the first finds no face; without it more "
            "people count as failures to enroll."
        ),
    ] = True,
    force: Annotated[bool, typer.Option("--force", help="Replace the output file if it exists.")] = False,
) -> None:
    """Turn every photo of a data set into a template, one row a photo.

    A photo without a usable face stays as a row with the reason:
    a failure to enroll is counted, never dropped.

    Stopped at any point, the same command goes on where it was.
    """
    if output.is_dir() or (output.exists() and not force):
        kind = "is a folder" if output.is_dir() else "exists already; say --force to replace it"
        msg = f"the output {output} {kind}; wanted a new file"
        raise InputError(msg)
    settings = Settings.from_environment()
    photos = open_dataset(dataset, settings)
    start = time.monotonic()
    with progress() as bar:
        task = bar.add_task(f"embedding {photos.name}", total=len(photos.photos))
        templates = embed_dataset(
            photos,
            output,
            cache=settings.cache,
            workers=workers,
            fallback=fallback,
            on_progress=lambda done, _: bar.update(task, completed=done),
        )
    console.print(summary(templates, read_detections(output), seconds=time.monotonic() - start))
    if (templates.failure != "").any():
        console.print(failures_by_group(templates))
    console.print(f"written to {output}", markup=False, soft_wrap=True)


def summary(templates: TemplateSet, found: Detections, *, seconds: float) -> Table:
    """Tabulate what became of the photos."""
    table = Table(
        title=f"Templates of {escape(templates.origin.dataset)} by embedder {templates.embedder.name}"
    )
    table.add_column("what")
    table.add_column("count", justify="right")
    n_cnn = int((found.detector == "cnn").sum())
    n_several = int((found.n_faces > 1).sum())
    table.add_row("photos", f"{len(templates):,}")
    table.add_row("people", f"{templates.n_subjects:,}")
    table.add_row("templates", f"{len(templates.enrolled):,}")
    table.add_row("  found by the fallback detector only", f"{n_cnn:,}")
    table.add_row("  several faces, the one nearest the center taken", f"{n_several:,}")
    reasons = Counter(reason for reason in templates.failure if reason)
    table.add_row("failures to enroll", f"{reasons.total():,}")
    for reason, count in sorted(reasons.items()):
        table.add_row(f"  {reason}", f"{count:,}")
    table.add_row("seconds, this run", f"{seconds:,.1f}")
    table.add_row("photos a second, finished earlier included", f"{len(templates) / seconds:,.1f}")
    return table


def failures_by_group(templates: TemplateSet) -> Table:
    """Tabulate failures to enroll by race and sex; "not recorded" is a group."""
    table = Table(title="Failures to enroll by group, in photos")
    for column in ("race", "sex"):
        table.add_column(column)
    for column in ("photos", "failures"):
        table.add_column(column, justify="right")
    groups = list(zip(templates.race, templates.sex, strict=True))
    photos = Counter(groups)
    failures = Counter(group for group, reason in zip(groups, templates.failure, strict=True) if reason)
    for (race, sex), count in sorted(photos.items()):
        table.add_row(escape(race), escape(sex), f"{count:,}", f"{failures[race, sex]:,}")
    table.add_section()
    table.add_row("all", "", f"{photos.total():,}", f"{failures.total():,}")
    return table
