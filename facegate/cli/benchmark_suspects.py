"""``facegate benchmark suspects``: the strangers that look most alike, as a page and a sheet to review."""

import json
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import pyarrow.parquet as pq
import typer

from facegate.cli.benchmark_runs import TAIL, read_all_pairs
from facegate.cli.console import console, progress
from facegate.datasets.registry import DATASETS, open_dataset
from facegate.errors import DatasetError, InputError
from facegate.evaluation.comparison_store import METADATA_KEY, TAIL_FORMAT
from facegate.evaluation.provenance import Provenance
from facegate.evaluation.review.suspects import Suspects, highest_pairs
from facegate.reporting.contact_sheet import Pictures, contact_sheet, order_sentence, suspects_rows
from facegate.reporting.csv_files import csv_text
from facegate.reporting.run_folder import require_free, write_run
from facegate.settings import Settings

PAGE = "suspects.html"
SHEET = "suspects.csv"


def suspects(
    folder: Annotated[
        Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)
    ],
    *,
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="New folder for the page and the sheet, outside the run.",
            show_default=False,
        ),
    ],
    count: Annotated[int, typer.Option(min=1, help="How many pairs to show.")] = 50,
    per_person: Annotated[
        int,
        typer.Option(
            min=1,
            help="Most pairs that one person may stand in, so that somebody who resembles many does not "
            "fill the page; the others are passed over and counted.",
        ),
    ] = 3,
    photos: Annotated[
        str | None,
        typer.Option(
            help="Data set or folder that holds the photos. Default: the data set that the run names, looked "
            "for below FACEGATE_DATA.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Show the highest scoring pairs of strangers, to find wrong labels among the false matches.

    Writes suspects.html (to look at) and suspects.csv (to write verdicts into).
    The run is not changed. Photos of real people: do not publish the page.
    """
    result = read_all_pairs(folder)
    _require_outside(output, folder)
    require_free(output, replace=False)
    origin = result.provenance
    found = highest_pairs(read_pairs(folder / TAIL), count=count, per_person=per_person, metric=origin.metric)
    pictures = _pictures(origin, photos, found, Settings.from_environment())
    with progress() as bar:
        task = bar.add_task("photos", total=len(found.pairs))
        page = contact_sheet(
            found,
            origin,
            pictures,
            title=result.title,
            on_progress=lambda done, _: bar.update(task, completed=done),
        )
    sheet = csv_text(suspects_rows(found, native_name=origin.metric.native_name))
    write_run(output, {PAGE: page.encode(), SHEET: sheet.encode()})
    _say(order_sentence(found))
    if pictures.absent:
        _say(pictures.absent)
    _say(f"To look at: {output / PAGE}. To fill in: {output / SHEET}.")
    if not origin.synthetic:
        what = "names" if pictures.absent else "shows photos and names of"
        _say(f"The page {what} real people: do not publish it, and delete it after the review.")


def read_pairs(path: Path) -> pa.Table:
    """Read the non-mated pairs that a run kept.

    Raises
    ------
    InputError
        If the file is missing or is none of a run.
    """
    if not path.is_file():
        msg = (
            f"{path} is not there: the run kept no pairs, so nobody can look at them; run its protocol again"
        )
        raise InputError(msg)
    try:
        table = pq.read_table(path)
        form = json.loads((table.schema.metadata or {}).get(METADATA_KEY, b"{}")).get("format", "no format")
    except (OSError, ValueError, AttributeError, pa.ArrowException) as error:
        msg = f"cannot read the kept pairs from {path}: {str(error).splitlines()[0]}"
        raise InputError(msg) from error
    if form != TAIL_FORMAT:
        msg = f"{path} holds no pairs kept by a run: wanted {TAIL_FORMAT}, got {str(form)[:60]}"
        raise InputError(msg)
    return table


def _require_outside(output: Path, run: Path) -> None:
    """Keep the page out of the run's folder: a run is published, photos of people are not."""
    if output.resolve().is_relative_to(run.resolve()):
        msg = f"{output} lies inside the run {run}; choose another: runs are passed on, photos must not be"
        raise InputError(msg)


def _pictures(origin: Provenance, asked: str | None, found: Suspects, settings: Settings) -> Pictures:
    """Find the photos. A run's text may name a set we know, never a folder of this machine."""
    if origin.synthetic:
        return Pictures({}, "")
    if asked is None and origin.dataset not in DATASETS:
        absent = (
            f"No photos are shown: the run is of {origin.dataset}, which is no data set known by name. "
            "If you have them as a folder of people, give it with --photos."
        )
        return Pictures({}, absent)
    try:
        dataset = open_dataset(asked or origin.dataset, settings)
    except DatasetError as error:
        if asked is not None:
            raise
        _say(f"{error}")  # names folders of this machine, so it stays out of the page
        return Pictures({}, f"No photos are shown: those of {origin.dataset} are not at hand.")
    wanted = {photo for pair in found.pairs for photo in (pair.first_photo, pair.second_photo)}
    paths = {str(photo.photo_id): photo.path for photo in dataset.photos if photo.photo_id in wanted}
    if asked is not None and not paths:
        msg = f"{asked} holds none of the {len(wanted):,} photos of the pairs: it is another data set"
        raise InputError(msg)
    return Pictures(paths, "")


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
