"""``facegate gallery photos``: keep the photos of people enrolled, for the reviewers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from facegate.cli.console import console, progress
from facegate.cli.desk import HomeFolder, home_of
from facegate.datasets.registry import open_dataset
from facegate.faces.decode import MAX_BYTES
from facegate.faces.intake.workers import IntakeWorkers
from facegate.gallery.gallery import Gallery
from facegate.gate.photos.keeping import Kept, keep_enrolled
from facegate.gate.photos.store import PhotoStore
from facegate.records import LabeledPhoto, SubjectId
from facegate.settings import Settings

NOBODY = "None of these photos is of anybody enrolled: are the subject ids those of the template files?"


def photos(
    dataset: Annotated[
        str,
        typer.Argument(
            help="Name of a data set, as `facegate datasets list` shows it, or a folder with one "
            "folder of photos a person, named by subject id.",
            show_default=False,
        ),
    ],
    *,
    home: HomeFolder = None,
) -> None:
    """Keep the photos of people enrolled, sealed, so that two reviewers can compare them with a probe.

    One photo a person, the first that can be opened; written anew from its pixels, so nothing of the file
    is kept. Nobody's photo is kept who is not enrolled, and photos of people withdrawn are destroyed.
    Stopped at any point, what was kept is kept; the same command again begins with the first photo.
    """
    place = home_of(home)
    found = open_dataset(dataset, Settings.from_environment())
    with Gallery.open(place.gallery) as gallery, IntakeWorkers.start() as intake, progress() as bar:
        task = bar.add_task("Keeping photos", total=len(found.photos))
        done = keep_enrolled(
            PhotoStore.open(place),
            gallery,
            _read(found.photos, gallery.subject_ids()),
            clean=lambda data: intake.clean(data).data,
            on_progress=lambda: bar.advance(task),
        )
    console.print(_summary(done))
    if not done.n_kept:
        console.print(NOBODY, style="bold yellow")


def _read(
    every: tuple[LabeledPhoto, ...], enrolled: frozenset[SubjectId]
) -> Iterator[tuple[SubjectId, bytes]]:
    """Read the photos one by one; none of anybody who is not enrolled."""
    for photo in every:
        yield photo.subject_id, _bytes(photo.path) if photo.subject_id in enrolled else b""


def _bytes(path: Path) -> bytes:
    """Read a file, or as much of it as shows that it is too large; nothing if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError:
        return b""


def _summary(done: Kept) -> Table:
    table = Table(show_header=False)
    table.add_column("what")
    table.add_column("count", justify="right")
    table.add_row("people whose photo was kept now", f"{done.n_kept:,}")
    table.add_row("people enrolled without a photo", f"{done.n_without:,}")
    table.add_row("further photos of the same people, not kept", f"{done.n_further:,}")
    table.add_row("photos of people not enrolled, not kept", f"{done.n_not_enrolled:,}")
    table.add_row("photos that cannot be opened", f"{done.n_unusable:,}")
    table.add_row("photos destroyed of people not enrolled any more", f"{done.n_erased:,}")
    return table
