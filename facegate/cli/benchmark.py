"""``facegate benchmark``: measure error rates by group, look at a run, put a threshold into force."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.progress import Progress, TaskID

from facegate.cli.benchmark_data import all_pairs_templates, read_text, view2_pairs, view2_templates
from facegate.cli.console import console, progress
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.evaluation.protocol import AllPairsProtocol, View2Protocol, parse_protocol
from facegate.evaluation.result import BenchmarkResult, at_named, measured_threshold
from facegate.evaluation.run import run_benchmark, run_view2
from facegate.evaluation.view2_result import FORMAT as VIEW2_FORMAT
from facegate.evaluation.view2_result import View2Result
from facegate.gate.home import Home
from facegate.reporting.csv_files import csv_text
from facegate.reporting.picture import picture
from facegate.reporting.run_folder import require_free, write_run
from facegate.reporting.tables import tables_of
from facegate.reporting.terminal import show_result
from facegate.reporting.view2 import show_view2, view2_tables
from facegate.settings import Settings
from facegate.templates import TemplateSet, tool_version

RESULT = "result.json"
RUNS = Path("runs")
DIGITS = 8

app = typer.Typer(
    help="Measure who is wrongly matched, by group; look at a run; put a threshold into force.",
    no_args_is_help=True,
)


@dataclass(frozen=True)
class _Work:
    """What a run was called with."""

    base: Path
    output: Path | None
    given: list[Path]
    settings: Settings
    bar: Progress
    today: str
    replace: bool


Run = Annotated[Path, typer.Argument(help="Folder of a finished run.", show_default=False)]


@app.command()
def run(
    protocol: Annotated[
        Path,
        typer.Argument(
            help="Protocol: a TOML file that names the data, the groups and the thresholds, such as those "
            "in benchmarks/protocols.",
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
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier run in that folder.")] = False,
) -> None:
    """Run a protocol and print its table.

    Writes result.json (every number, with provenance) and tables/*.csv, whole or not at all.
    """
    asked = parse_protocol(read_text(protocol), name=str(protocol))
    if output is not None:
        require_free(output, replace=force)
    today = datetime.now(tz=UTC).date().isoformat()
    with progress() as bar:
        work = _Work(protocol.parent, output, templates or [], Settings.from_environment(), bar, today, force)
        if isinstance(asked, AllPairsProtocol):
            folder, result = _run_all_pairs(asked, work)
        else:
            folder, result = _run_view2(asked, work)
    write_run(folder, files_of(result), replace=force)
    console.print(_shown(result, None))
    where = f"Every number: {folder / RESULT}; tables: {folder / 'tables'}"
    console.print(where, markup=False, soft_wrap=True)


@app.command()
def show(
    folder: Run,
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


@app.command()
def adopt(
    folder: Run,
    *,
    threshold: Annotated[
        str, typer.Option(help="Name of the threshold, as the table shows it.", show_default=False)
    ],
    home: Annotated[
        Path | None,
        typer.Option(help="The agency's folder. Default: FACEGATE_HOME, or ./home.", show_default=False),
    ] = None,
) -> None:
    """Put a measured threshold into force for the gate, with the false match rate measured at it."""
    result = read_result(folder)
    if not isinstance(result, BenchmarkResult):
        msg = f"{folder} measures right decisions on LFW pairs; a threshold needs an all-pairs run"
        raise InputError(msg)
    measured = measured_threshold(result, threshold)
    path = Home(home or Settings.from_environment().home).threshold
    measured.write(path)
    console.print(
        f"In force: {measured.metric.native_name} {measured.threshold.native:.6g} ({measured.basis}). "
        f"Measured on {measured.dataset}: {measured.false_matches:,} of {measured.comparisons:,} comparisons "
        f"of two different people matched. Written to {path}.",
        markup=False,
        soft_wrap=True,
    )


def read_result(folder: Path) -> BenchmarkResult | View2Result:
    """Read the result of a run, of either kind.

    Raises
    ------
    InputError
        If there is none, or it is not of a format this version reads.
    """
    path = folder / RESULT
    text = read_text(path)
    if f'"{VIEW2_FORMAT}"' in text[:100]:
        return View2Result.from_json(text, name=str(path))
    return BenchmarkResult.from_json(text, name=str(path))


def files_of(result: BenchmarkResult | View2Result) -> dict[str, str]:
    """Make the files of a run: path inside its folder, and text."""
    tables = view2_tables(result) if isinstance(result, View2Result) else tables_of(result)
    files = {f"tables/{name}.csv": csv_text(rows) for name, rows in tables.items()}
    return {RESULT: result.to_json(), **files}


def _shown(result: BenchmarkResult | View2Result, only: str | None) -> RenderableType:
    return show_view2(result) if isinstance(result, View2Result) else show_result(result, only=only)


def _run_all_pairs(asked: AllPairsProtocol, work: _Work) -> tuple[Path, BenchmarkResult | View2Result]:
    """Get templates, compare all with all."""
    if len(work.given) > 1:
        msg = f"protocol {asked.name} takes one template file, got {len(work.given)}"
        raise InputError(msg)
    given = work.given[0] if work.given else None
    about = f"templates of {asked.dataset or asked.name}"
    made = all_pairs_templates(asked, given, work.base, work.settings, _advance(work.bar, about))
    folder = _free_folder(asked, [made], work)
    advance = _advance(work.bar, "comparing all with all")
    return folder, run_benchmark(made, asked, measured_on=work.today, on_progress=advance)


def _run_view2(asked: View2Protocol, work: _Work) -> tuple[Path, BenchmarkResult | View2Result]:
    """Get the templates of each variant, decide on the pairs."""
    pairs = view2_pairs(asked, work.settings)
    made = view2_templates(
        asked,
        pairs,
        work.given,
        work.settings,
        lambda variant: _advance(work.bar, f"embedding: {variant.name}"),
    )
    folder = _free_folder(asked, made, work)
    return folder, run_view2(made, asked, pairs, measured_on=work.today)


def _advance(bar: Progress, about: str) -> Callable[[int, int], None]:
    """Make a progress callback that shows its bar on the first call."""
    tasks: list[TaskID] = []

    def advance(done: int, total: int) -> None:
        if not tasks:
            tasks.append(bar.add_task(about, total=total))
        bar.update(tasks[0], completed=done)

    return advance


def _free_folder(asked: AllPairsProtocol | View2Protocol, made: list[TemplateSet], work: _Work) -> Path:
    """Name the run's folder after everything it depends on, and refuse to overwrite before the work."""
    about = [tool_version(), asked.digest]
    about += [f"{one.origin.dataset_digest} {one.embedder.digest}" for one in made]
    digest = hashlib.sha256("\n".join(about).encode()).hexdigest()[:DIGITS]
    folder = work.output or RUNS / f"{asked.name}-{digest}"
    require_free(folder, replace=work.replace)
    return folder
