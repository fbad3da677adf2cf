"""``facegate benchmark``: measure error rates by group, and look at a run."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.progress import Progress, TaskID

from facegate.cli.benchmark_certificate import adopt, certificate, certify_run, key
from facegate.cli.benchmark_compare import check, compare
from facegate.cli.benchmark_data import (
    Sources,
    all_pairs_material,
    progress_folder,
    view2_pairs,
    view2_templates,
)
from facegate.cli.benchmark_report import report
from facegate.cli.benchmark_runs import RunFolder, comparison_files, files_of
from facegate.cli.benchmark_suspects import suspects
from facegate.cli.console import console, progress
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.evaluation.comparison_progress import discard_progress
from facegate.evaluation.protocol import AllPairsProtocol, View2Protocol, parse_protocol
from facegate.evaluation.result import BenchmarkResult, at_named
from facegate.evaluation.review.exclusions import read_exclusions
from facegate.evaluation.run import run_benchmark, run_view2
from facegate.evaluation.view2_result import View2Result
from facegate.reporting.picture import picture
from facegate.reporting.run_files import RESULT, read_result, read_text
from facegate.reporting.run_folder import require_free, write_run
from facegate.reporting.terminal import show_result
from facegate.reporting.view2 import show_view2
from facegate.settings import Settings
from facegate.templates import tool_version

RUNS = Path("runs")
DIGITS = 8

app = typer.Typer(
    help="Measure who is wrongly matched, by group; read, compare and review runs; certify a threshold.",
    no_args_is_help=True,
)


@dataclass(frozen=True)
class _Work:
    """What a run was called with."""

    protocol: Path
    output: Path | None
    given: list[Path]
    exclude: Path | None
    settings: Settings
    bar: Progress
    today: str
    replace: bool

    @property
    def command(self) -> str:
        """The command line for the record: names of files, no folders."""
        given = "".join(f" --templates {path.name}" for path in self.given)
        exclude = f" --exclude {self.exclude.name}" if self.exclude else ""
        return f"facegate benchmark run {self.protocol.name}{given}{exclude}"


@app.command()
def run(
    protocol: Annotated[
        Path,
        typer.Argument(
            metavar="PROTOCOL",
            help="A TOML file that names the data, the groups and the thresholds, such as those in "
            "benchmarks/protocols.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder to write. Default: runs/NAME-DIGEST.", show_default=False
        ),
    ] = None,
    templates: Annotated[
        list[Path] | None,
        typer.Option(
            help="Use the templates of this file (made by `facegate embed`) instead of embedding the "
            "photos. For a protocol with variants: once for each, in their order.",
            show_default=False,
        ),
    ] = None,
    exclude: Annotated[
        Path | None,
        typer.Option(
            help="A reviewed list from `facegate benchmark suspects`: measure again without the photos "
            "and people it leaves out, and show both results.",
            show_default=False,
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in that folder.")] = False,
) -> None:
    """Run a protocol and print its table.

    Writes result.json (every number, with provenance), tables/*.csv,
    histograms.npz and tail.parquet (the highest pairs of strangers, by name);
    whole or not at all. A run that was stopped while comparing goes on where it
    was saved last when it is called again.
    """
    asked = parse_protocol(read_text(protocol), name=str(protocol))
    if output is not None:
        require_free(output, replace=force)
    today = datetime.now(tz=UTC).date().isoformat()
    with progress() as bar:
        settings = Settings.from_environment()
        work = _Work(protocol, output, templates or [], exclude, settings, bar, today, force)
        done = _run_all_pairs(asked, work) if isinstance(asked, AllPairsProtocol) else _run_view2(asked, work)
    folder, result = done
    console.print(_shown(result, None))
    where = f"Every number: {folder / RESULT}; tables: {folder / 'tables'}"
    if isinstance(result, BenchmarkResult):
        where += f"\nTo read and print: facegate benchmark report {folder}"
    console.print(where, markup=False, soft_wrap=True)


@app.command()
def show(
    folder: RunFolder,
    *,
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Show this threshold alone, with its pairs of groups, such as fmr-1e-4.", show_default=False
        ),
    ] = None,
    svg: Annotated[
        Path | None,
        typer.Option(help="Save the table of --threshold as a picture instead.", show_default=False),
    ] = None,
) -> None:
    """Print the table of a finished run."""
    result = read_result(folder)
    if threshold is not None and isinstance(result, BenchmarkResult):
        at_named(result, threshold)  # says which names there are
    if svg is None:
        console.print(_shown(result, threshold))
        return
    if threshold is None or not isinstance(result, BenchmarkResult):
        msg = "a picture shows one threshold of an all-pairs run: add --threshold, such as fmr-1e-4"
        raise InputError(msg)
    replace_bytes(svg, picture(result, threshold).encode())
    console.print(f"Written to {svg}.", markup=False, soft_wrap=True)


app.command()(report)
app.command()(compare)
app.command()(check)
app.command()(suspects)
app.command()(key)
app.command("certify")(certify_run)
app.command()(certificate)
app.command()(adopt)


def _shown(result: BenchmarkResult | View2Result, only: str | None) -> RenderableType:
    return show_view2(result) if isinstance(result, View2Result) else show_result(result, only=only)


def _run_all_pairs(asked: AllPairsProtocol, work: _Work) -> tuple[Path, BenchmarkResult]:
    """Get the material, measure, write."""
    if len(work.given) > 1:
        msg = f"protocol {asked.name} takes one template file, got {len(work.given)}"
        raise InputError(msg)
    excluded = read_exclusions(work.exclude) if work.exclude else None
    given = work.given[0] if work.given else None

    def folder_for(about: str) -> Path:
        return _free_folder(asked, [about, excluded.digest if excluded else ""], work)

    material = all_pairs_material(
        asked,
        Sources(
            base=work.protocol.parent,
            given=given,
            settings=work.settings,
            excluded=excluded,
            bar=lambda about: _advance(work.bar, about),
            ready=folder_for,
        ),
    )
    folder = folder_for(material.about)
    work.settings.cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=work.settings.cache) as scratch:
        result = run_benchmark(
            material,
            asked,
            command=work.command,
            measured_on=work.today,
            folder=Path(scratch),
            on_progress=_advance(work.bar, "searching galleries (searches)"),
        )
    write_run(folder, files_of(result) | comparison_files(material), replace=work.replace)
    discard_progress(progress_folder(asked, material.about, work.settings))
    return folder, result


def _run_view2(asked: View2Protocol, work: _Work) -> tuple[Path, View2Result]:
    """Get the templates of each variant, decide on the pairs, write."""
    if work.exclude:
        msg = f"protocol {asked.name} decides on official pairs: --exclude does not go with it"
        raise InputError(msg)
    pairs = view2_pairs(asked, work.settings)
    made = view2_templates(
        asked,
        pairs,
        work.given,
        work.settings,
        lambda variant: _advance(work.bar, f"embedding: {variant.name} (photos)"),
    )
    about = [f"{one.origin.dataset_digest} {one.embedder.digest}" for one in made]
    folder = _free_folder(asked, about, work)
    result = run_view2(made, asked, pairs, command=work.command, measured_on=work.today)
    write_run(folder, files_of(result), replace=work.replace)
    return folder, result


def _advance(bar: Progress, about: str) -> Callable[[int, int], None]:
    """Make a progress callback that shows its bar on the first call."""
    tasks: list[TaskID] = []

    def advance(done: int, total: int) -> None:
        if not tasks:
            tasks.append(bar.add_task(about, total=total))
        bar.update(tasks[0], completed=done)

    return advance


def _free_folder(asked: AllPairsProtocol | View2Protocol, about: list[str], work: _Work) -> Path:
    """Name the run's folder after everything it depends on, and refuse to overwrite before the work."""
    all_of_it = "\n".join([tool_version(), asked.digest, *about])
    digest = hashlib.sha256(all_of_it.encode()).hexdigest()[:DIGITS]
    folder = work.output or RUNS / f"{asked.name}-{digest}"
    require_free(folder, replace=work.replace)
    return folder
