"""``facegate gallery``: make one, enroll, withdraw, and see what is in it."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from facegate.cli import gallery_photos
from facegate.cli.console import console, progress
from facegate.faces.dlib_onnx import dlib_info
from facegate.gallery.gallery import Gallery
from facegate.gallery.manifest import FILE_NAME
from facegate.gate.books import open_ledger
from facegate.gate.enrolling import Withholding, enroll, gated_home, home_of_gallery, read_withheld
from facegate.gate.photos.keeping import sweep
from facegate.gate.photos.store import PhotoStore
from facegate.gate.withdrawing import withdraw as take_out
from facegate.records import SubjectId
from facegate.settings import Settings
from facegate.templates import EmbedderInfo, TemplateSet

SYNTHETIC_WARNING = (
    "SYNTHETIC: drawn vectors without faces were enrolled here; say so in all that is made of it."
)

NOT_YET = (
    "No agency is registered in {}: the gate refuses every search of this gallery until one is, "
    "and the gallery's authority is on file (facegate agency load)."
)

app = typer.Typer(
    help="Who is enrolled: make a gallery, enroll templates, withdraw people, see what is in it. "
    "Searching is `facegate search`, through the gate.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path | None,
    typer.Option(
        "--gallery",
        help="The gallery's folder. Default: the folder gallery in FACEGATE_HOME, or in ./home.",
        show_default=False,
    ),
]


@app.command()
def create(
    gallery: Folder = None,
    *,
    like: Annotated[
        Path | None,
        typer.Option(
            help="Template file whose embedder the gallery is for. Default: the dlib embedder.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Make an empty gallery for templates of one embedder.

    Not needed before `enroll`, which makes the gallery when there is none.
    """
    folder = _folder(gallery)
    embedder = TemplateSet.read(like).embedder if like else dlib_info()
    with Gallery.create(folder, embedder):
        console.print(f"Made an empty gallery for embedder {_named(embedder)} in {folder}.", markup=False)


@app.command("enroll")
def enroll_files(
    templates: Annotated[
        list[Path],
        typer.Argument(help="Template files, as `facegate embed` writes them.", show_default=False),
    ],
    *,
    gallery: Folder = None,
) -> None:
    """Enroll all templates of these files, or none of them.

    Photos without a template (failures to enroll) are counted and left out.
    Templates of another embedder, or enrolled already, are refused.
    In an agency's folder nobody is enrolled before the gallery's authority is on file, and whoever
    stands in its file withheld.txt (subject ids, one a line, no reasons) is left out.
    Ctrl-C leaves the gallery as it was.
    """
    folder = _folder(gallery)
    first = TemplateSet.read(templates[0])
    home = home_of_gallery(folder)
    withholding = Withholding(read_withheld(home.folder) if home else frozenset())
    with ExitStack() as stack:
        gated = stack.enter_context(gated_home(home))
        opened = stack.enter_context(_open_or_create(folder, first.embedder))
        bar = stack.enter_context(progress())
        task = bar.add_task("Enrolling", total=0)
        parts = _counted(chain([first], map(TemplateSet.read, templates[1:])), bar, task)
        done = enroll(
            gated,
            opened,
            parts,
            withholding=withholding,
            clock=lambda: datetime.now(tz=UTC),
            on_progress=lambda n_rows: bar.advance(task, n_rows),
        )
        bar.stop()
        console.print(
            f"Templates enrolled: {done.n_templates:,}; "
            f"subjects new to the gallery: {done.n_subjects_new:,}; "
            f"failures to enroll (photos without a template): {done.n_failures:,}."
        )
        if withholding.n_withheld:
            console.print(f"Left out because their records are withheld: {withholding.n_withheld:,} people.")
        _print_size(opened)
        if home and not gated:
            console.print(NOT_YET.format(home.folder), markup=False, soft_wrap=True)


@app.command()
def withdraw(
    subjects: Annotated[
        list[str],
        typer.Argument(help="Subject ids, as they stand in the template files.", show_default=False),
    ],
    *,
    gallery: Folder = None,
    by: Annotated[str, typer.Option(help="Officer who does it, kept sealed in the record.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
) -> None:
    """Take people out of the gallery, with all their templates.

    They are in no search from now on, and their templates are deleted from disk; so are their photos, in an
    agency's folder that keeps some.
    In an agency's folder it is on the log, before and after: how many went, never who. While the service
    runs, it is done there (it holds the log). A gallery that belongs to no agency's folder, or to one without
    a log yet, has no record of it.
    If any id is not enrolled, nobody is withdrawn.
    Backups of the gallery are yours to mind.
    """
    people, folder = {SubjectId(subject) for subject in subjects}, _folder(gallery)
    home = home_of_gallery(folder)
    with ExitStack() as stack:
        # The log first: while the service holds it, nobody is asked a question that cannot be acted on.
        ledger = stack.enter_context(open_ledger(home)) if home and home.log.exists() else None
        opened = stack.enter_context(Gallery.open(folder, writable=True))
        if not yes:
            question = f"Withdraw {len(people):,} of {opened.n_subjects:,} subjects? It cannot be undone."
            typer.confirm(question, abort=True)
        if ledger is None:
            n_removed, where = opened.withdraw(people), "there is no log here, so there is no record of it"
        else:
            done = take_out(ledger, opened, people, clock=lambda: datetime.now(tz=UTC), by=by)
            n_removed, where = done.n_templates, f"record {done.record} of the log"
        console.print(f"Subjects withdrawn: {len(people):,}; templates deleted: {n_removed:,}; {where}.")
        # Last: photos that cannot be reached must not keep anybody in the gallery.
        if home and (photos := PhotoStore.if_kept(home)):
            console.print(f"Photos destroyed: {sweep(photos, opened):,}.")
        _print_size(opened)


@app.command()
def info(gallery: Folder = None) -> None:
    """Check every file of the gallery against its checksum, and show what is in it."""
    folder = _folder(gallery)
    with Gallery.open(folder) as opened:
        table = Table(show_header=False)
        table.add_column("what", no_wrap=True)
        table.add_column("value", overflow="fold")
        table.add_row("folder", escape(str(folder)))
        table.add_row("embedder", escape(_named(opened.embedder)))
        table.add_row("subjects", f"{opened.n_subjects:,}")
        table.add_row("templates", f"{opened.n_templates:,}")
        table.add_row("digest", opened.digest)
        for origin in opened.origins:
            about = f"{origin.dataset} ({origin.dataset_digest[:12]}), facegate {origin.tool_version}"
            table.add_row("from", escape(about))
        console.print(table)
        _warn_if_synthetic(opened)


app.command("photos")(gallery_photos.photos)


def _folder(given: Path | None) -> Path:
    return given or Settings.from_environment().home / "gallery"


def _open_or_create(folder: Path, embedder: EmbedderInfo) -> Gallery:
    if (folder / FILE_NAME).exists():
        return Gallery.open(folder, writable=True)
    return Gallery.create(folder, embedder)


def _counted(parts: Iterator[TemplateSet], bar: Progress, task: TaskID) -> Iterator[TemplateSet]:
    """Let the bar know how many rows there are, as files are read."""
    n_rows = 0
    for part in parts:
        n_rows += len(part)
        bar.update(task, total=n_rows)
        yield part


def _named(embedder: EmbedderInfo) -> str:
    """Say what made the templates."""
    return f"{embedder.name} ({embedder.digest[:12]}), {embedder.dimension} components, {embedder.metric}"


def _print_size(opened: Gallery) -> None:
    console.print(
        f"The gallery now holds {opened.n_templates:,} templates of {opened.n_subjects:,} subjects; "
        f"digest {opened.digest[:12]}."
    )
    _warn_if_synthetic(opened)


def _warn_if_synthetic(opened: Gallery) -> None:
    if opened.synthetic:
        console.print(SYNTHETIC_WARNING, style="bold yellow")
