"""``facegate datasets``: which sets are there, are they whole, who is in them, and a synthetic one."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from facegate.cli.console import console, errors, progress
from facegate.datasets.check import CheckReport, check_dataset
from facegate.datasets.fetch import NAME as FETCHED
from facegate.datasets.fetch import fetch_lfw
from facegate.datasets.manifest import make_manifest
from facegate.datasets.populations import (
    cosine_population,
    demo_population,
    embedder_of,
    write_population,
)
from facegate.datasets.registry import DATASETS, find_folder, known_set, open_dataset, require_folder
from facegate.datasets.summary import age_counts, group_counts, markdown_counts
from facegate.datasets.synthetic import SyntheticPopulation
from facegate.errors import DatasetError
from facegate.settings import Settings

SHOWN = 5

app = typer.Typer(
    help="Public face sets: which are there, whether they are whole, and who is in them.",
    no_args_is_help=True,
)

Name = Annotated[str, typer.Argument(help="Name of a data set, as `facegate datasets list` shows it.")]


@app.command("list")
def list_sets() -> None:
    """Show every set facegate knows: size, labels and who made them, terms, and where it lies here.

    Sets are looked for in the folder that FACEGATE_DATA names, then in the cache of fetched sets.
    """
    settings = Settings.from_environment()
    table = Table(show_lines=True)
    for column in ("name", "photos", "people", "here"):
        table.add_column(column, justify="left" if column == "name" else "right", no_wrap=True)
    for column in ("labels and their source", "terms"):
        table.add_column(column)
    folders = {name: find_folder(name, settings) for name in DATASETS}
    for known in DATASETS.values():
        people = f"{known.n_people:,}" if known.has_identities else "not known"
        here = "yes" if folders[known.name] else "no"
        table.add_row(known.name, f"{known.n_photos:,}", people, here, known.labels, known.terms)
    console.print(table)
    console.print(
        "A folder of person/photo.jpg works wherever a name does. datasets.md says who is in each set, "
        "who is missing, and what it must not be used to claim.",
        soft_wrap=True,
    )
    for name, folder in folders.items():
        where = f"in {folder}" if folder else f"not here. {DATASETS[name].how_to_get}"
        console.print(f"{name}: {where}", markup=False, soft_wrap=True)


@app.command()
def check(name: Name) -> None:
    """Compare a set with its manifest, file by file, and say what is missing, changed or extra.

    Exit code 0 if the set is whole, 5 if it is not.
    """
    settings = Settings.from_environment()
    require_folder(name, settings)
    with progress() as bar:
        task = bar.add_task(f"checking {name}", total=None)
        report = check_dataset(
            name, settings, on_progress=lambda done, of: bar.update(task, completed=done, total=of)
        )
    _print_report(report)
    if not report.whole:
        msg = (
            f"data set {name} is not whole: {len(report.missing):,} files missing, "
            f"{len(report.changed):,} changed, {len(report.extra):,} photos too many"
        )
        raise DatasetError(msg)
    console.print(f"{name} is whole.")


def _print_report(report: CheckReport) -> None:
    console.print(f"{report.name} in {report.folder}", markup=False, soft_wrap=True)
    console.print(f"files   {report.n_present:>6,} of {report.n_expected:,} are there")
    console.print(f"people  {report.n_people:>6,} of {report.n_people_expected:,} have a photo there")
    for what, paths in (("missing", report.missing), ("changed", report.changed), ("extra", report.extra)):
        for path in paths[:SHOWN]:
            console.print(f"{what}: {path}", markup=False, soft_wrap=True)
        if len(paths) > SHOWN:
            console.print(f"{what}: and {len(paths) - SHOWN:,} more")


@app.command()
def fetch(name: Name) -> None:
    """Download a set that has a public address and a checksum, into the cache.

    That is LFW, from the address scikit-learn uses (233 MB), in its funneled edition. For every
    other set this command says who gives it out, and ends with exit code 5.
    """
    known = known_set(name)
    if name not in ("lfw", FETCHED):
        msg = f"data set {name} cannot be fetched. {known.how_to_get}"
        raise DatasetError(msg)
    if name != FETCHED:
        errors.print(
            "scikit-learn's address has the funneled edition of LFW. It comes without labels, and the "
            "committed checksums are of the deep-funneled edition, so it is kept under its own name, "
            f"{FETCHED}.",
            soft_wrap=True,
        )
    with _ByteBar() as bar:
        folder = fetch_lfw(Settings.from_environment().cache, on_progress=bar)
    console.print(f"{FETCHED} is in {folder}", markup=False, soft_wrap=True)


class _ByteBar:
    """One progress bar a step: bytes while something is downloaded, files otherwise."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn())
        self._bytes = Progress(*columns, DownloadColumn(), TimeRemainingColumn(), console=errors)
        self._files = Progress(*columns, MofNCompleteColumn(), console=errors)
        self._tasks: dict[str, tuple[Progress, TaskID]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._bytes.stop()
        self._files.stop()

    def __call__(self, step: str, done: int, of: int | None) -> None:
        if step not in self._tasks:
            bar = self._bytes if "." in step else self._files
            # Only one live display at a time.
            (self._files if bar is self._bytes else self._bytes).stop()
            bar.start()
            self._tasks[step] = (bar, bar.add_task(step, total=of))
        bar, task = self._tasks[step]
        bar.update(task, completed=done, total=of)


@app.command()
def describe(
    name: Annotated[str, typer.Argument(help="Name of a data set, or a folder of person/photo.jpg.")],
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables as Markdown, as they stand in datasets.md.")
    ] = False,
) -> None:
    """Count who is in a set: people and photos by label source, race and sex, and photos by age class."""
    dataset = open_dataset(name, Settings.from_environment())
    if markdown:
        console.print(markdown_counts(dataset), markup=False, soft_wrap=True, end="")
        return
    table = Table(title=f"{dataset.name}: {len(dataset.photos):,} photos of {dataset.n_subjects:,} people")
    for column in ("label source", "race", "sex", "people", "with two or more", "photos"):
        table.add_column(column, justify="left" if column in ("label source", "race", "sex") else "right")
    for group in group_counts(dataset):
        counts = (group.n_people, group.n_people_several, group.n_photos)
        table.add_row(group.label_source, group.race, group.sex, *(f"{count:,}" for count in counts))
    console.print(table)
    ages = ", ".join(f"{age}: {count:,}" for age, count in age_counts(dataset))
    console.print(f"photos by age class: {ages}", markup=False, soft_wrap=True)


class Space(StrEnum):
    """Kind of vectors of a synthetic population."""

    DLIB = "dlib"
    COSINE = "cosine"


@app.command()
def synthetic(  # noqa: PLR0917  Typer makes each an option
    output: Annotated[Path, typer.Option("--output", "-o", help="Template file (Parquet) to write.")],
    subjects: Annotated[int, typer.Option(help="People to invent, at least 4.", min=4)] = 10_000,
    photos: Annotated[int, typer.Option(help="Photos of each person.", min=1)] = 2,
    seed: Annotated[int, typer.Option(help="Seed: the same seed gives the same vectors.", min=0)] = 1,
    space: Annotated[
        Space,
        typer.Option(
            help="dlib: 128 components, Euclidean, length 1.42. cosine: 512 components of length 1."
        ),
    ] = Space.DLIB,
    beside: Annotated[
        Path | None,
        typer.Option(
            help="Template file of a real embedder: declare its space, so that these templates can be "
            "enrolled beside its own. Length of a vector and metric must be the same."
        ),
    ] = None,
) -> None:
    """Invent a population whose false match rates are known in advance, and write its templates.

    Nobody in it exists, and everything made from it says SYNTHETIC. Its rates say nothing about
    real people: they are there to check that a measurement finds what was planted.
    """
    make = demo_population if space is Space.DLIB else cosine_population
    population = make(subjects, seed, photos_per_subject=photos)
    embedder = None if beside is None else embedder_of(beside)
    with progress() as bar:
        task = bar.add_task("drawing", total=population.n_templates)
        write_population(
            population,
            output,
            embedder=embedder,
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    _print_rates(population)
    console.print(
        f"{population.n_templates:,} SYNTHETIC templates are in {output}", markup=False, soft_wrap=True
    )


def _print_rates(population: SyntheticPopulation) -> None:
    at = population.planted_at
    table = Table(
        title=f"{population.origin.dataset}: planted rates at {at.metric.native_name} {at.native:.3g}"
    )
    names = [f"{group.race} {group.sex}" for group in population.groups]
    for column in ("FMR of strangers", *names, "people", "FNMR"):
        table.add_column(column, justify="right")
    positions = range(len(names))
    for first in positions:
        rates = (f"{population.false_match_rate(first, second, at):.3g}" for second in positions)
        fnmr = f"{population.false_non_match_rate(at, first):.3g}"
        table.add_row(names[first], *rates, f"{population.groups[first].n_subjects:,}", fnmr)
    console.print(table)
    console.print(
        f"over all pairs of people: FMR {population.overall_false_match_rate(at):.4g}, "
        f"FNMR {population.false_non_match_rate(at):.4g}"
    )


@app.command(hidden=True)
def manifest(
    name: Name,
    output: Annotated[Path, typer.Option("--output", "-o", help="Manifest file to write.")],
) -> None:
    """Write the manifest of a set as it lies here; for maintainers, after they looked at the set."""
    known = known_set(name)
    folder = require_folder(name, Settings.from_environment())
    with progress() as bar:
        task = bar.add_task(f"digesting {name}", total=None)
        made = make_manifest(
            name,
            folder,
            known.pattern,
            on_progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    made.write(output)
    console.print(f"{len(made.digests):,} files in {output}", markup=False, soft_wrap=True)
