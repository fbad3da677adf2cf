"""Folders of finished runs: which files they hold, and how they are read back."""

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from facegate.errors import InputError
from facegate.evaluation.comparison_store import histograms_npz, tail_parquet
from facegate.evaluation.material import Material
from facegate.evaluation.result import BenchmarkResult
from facegate.evaluation.view2_result import View2Result
from facegate.reporting.csv_files import csv_text
from facegate.reporting.run_files import RESULT, read_result, read_text
from facegate.reporting.tables import tables_of
from facegate.reporting.view2 import view2_tables

TAIL = "tail.parquet"
HISTOGRAMS = "histograms.npz"

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="Folder of a finished run.", show_default=False)
]


def read_all_pairs(folder: Path) -> BenchmarkResult:
    """Read the result of an all-pairs run.

    Raises
    ------
    InputError
        If there is none, or it is of another kind.
    """
    result = read_result(folder)
    if isinstance(result, View2Result):
        msg = f"{folder} measures right decisions on LFW pairs; wanted an all-pairs run"
        raise InputError(msg)
    return result


def digest_of_result(folder: Path) -> str:
    """SHA-256 (hex) of the result's file, as it lies there."""
    return hashlib.sha256(read_text(folder / RESULT).encode()).hexdigest()


def files_of(result: BenchmarkResult | View2Result) -> dict[str, bytes]:
    """Make the files of a run that tell its numbers: path inside its folder, and content."""
    tables = view2_tables(result) if isinstance(result, View2Result) else tables_of(result)
    files = {f"tables/{name}.csv": csv_text(rows).encode() for name, rows in tables.items()}
    return {RESULT: result.to_json().encode(), **files}


def comparison_files(material: Material) -> dict[str, bytes]:
    """Make the files of a run that hold its comparisons, where templates or people have names."""
    files = {}
    histograms = material.comparisons.histograms
    if histograms is not None:
        files[HISTOGRAMS] = histograms_npz(histograms, material.population)
    if material.template_ids is not None and material.subject_ids is not None:
        files[TAIL] = tail_parquet(
            material.comparisons,
            material.population,
            template_ids=material.template_ids,
            subject_ids=material.subject_ids,
        )
    return files
