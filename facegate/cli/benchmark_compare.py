"""``facegate benchmark compare`` and ``check``: two runs side by side, and bounds that a build is held to."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.benchmark_runs import RunFolder, read_all_pairs
from facegate.cli.console import console
from facegate.durable import replace_bytes
from facegate.errors import BoundBroken, InputError
from facegate.evaluation.result import BenchmarkResult, at_named
from facegate.evaluation.side_by_side.bound_checks import Judged, judge
from facegate.evaluation.side_by_side.bounds import Bound, parse_bound
from facegate.evaluation.side_by_side.runs import SideOfRun, common_threshold, compare_runs
from facegate.reporting.comparison import (
    comparison_rows,
    judged_rows,
    show_comparison,
    show_judged,
    verdict_sentence,
)
from facegate.reporting.csv_files import csv_text
from facegate.reporting.tables import Row

BOUND_HELP = (
    "A bound in quotes, such as 'fmr[Black,F] > 1e-3'; may be given several times. Where it is true, or the "
    f"rate is unknown, the exit code is {BoundBroken.exit_code}. Rates: fmr, fnmr, fpir, fnir, sel, fte "
    "(failures to enroll), fmr.max_min; add .low or .high for an end of the 95 % range. In brackets: a group "
    "by its name or its labels in any order, worst (highest group with data enough), or * (each group); "
    "everybody if left out. @NAME: at that threshold."
)
TWO_RUNS_HELP = (
    " It asks of B; begin with a., diff. (B minus A) or ratio. (B over A) for another, as in "
    "'ratio.fmr[*] > 2'."
)


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="A", help="Folder of the run to compare with.", show_default=False)
    ],
    second: Annotated[
        Path, typer.Argument(metavar="B", help="Folder of the run under test.", show_default=False)
    ],
    *,
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Name of a threshold that both runs have. Default: the first one of A that B has too.",
            show_default=False,
        ),
    ] = None,
    threshold_a: Annotated[
        str | None, typer.Option(help="Name of A's threshold; with --threshold-b.", show_default=False)
    ] = None,
    threshold_b: Annotated[
        str | None, typer.Option(help="Name of B's threshold; with --threshold-a.", show_default=False)
    ] = None,
    fail_if: Annotated[
        list[str] | None, typer.Option("--fail-if", help=BOUND_HELP + TWO_RUNS_HELP, show_default=False)
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write every compared rate to this CSV file as well.", show_default=False),
    ] = None,
) -> None:
    """Put two systems, versions or thresholds side by side, with the difference and its range.

    A and B may be the same run at two thresholds.
    """
    bounds = [parse_bound(text) for text in fail_if or []]
    a, b = read_all_pairs(first), read_all_pairs(second)
    names = _thresholds(a, b, threshold, threshold_a, threshold_b)
    one, other = SideOfRun(str(first), a, names[0]), SideOfRun(str(second), b, names[1])
    compared = compare_runs(one, other)
    judged = [found for bound in bounds for found in judge(bound, other, one)]
    console.print(show_comparison(compared))
    if csv is not None:
        _write_csv(csv, comparison_rows(compared))
    _conclude(bounds, judged)


def check(
    folder: RunFolder,
    *,
    fail_if: Annotated[list[str], typer.Option("--fail-if", help=BOUND_HELP, show_default=False)],
    threshold: Annotated[
        str | None,
        typer.Option(
            help="Threshold for bounds that name none with @; needed where the run has several.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Write the verdicts to this CSV file as well.", show_default=False)
    ] = None,
) -> None:
    """Hold one run to bounds: exit code 0 if all hold, 11 if one is broken or cannot be told."""
    bounds = [parse_bound(text) for text in fail_if]
    result = read_all_pairs(folder)
    if threshold is not None:
        at_named(result, threshold)  # says which names there are
    only = [at.threshold.name for at in result.main.at]
    side = SideOfRun(str(folder), result, threshold or (only[0] if len(only) == 1 else ""))
    judged = [found for bound in bounds for found in judge(bound, side)]
    if csv is not None:
        _write_csv(csv, judged_rows(judged))
    _conclude(bounds, judged)


def _thresholds(
    a: BenchmarkResult, b: BenchmarkResult, both: str | None, first: str | None, second: str | None
) -> tuple[str, str]:
    """Settle the two thresholds to compare at."""
    if both is not None and (first is not None or second is not None):
        msg = "--threshold is for both runs; leave it out with --threshold-a and --threshold-b"
        raise InputError(msg)
    if (first is None) is not (second is None):
        msg = "--threshold-a and --threshold-b go together; --threshold NAME is for both runs"
        raise InputError(msg)
    if first is None or second is None:
        first = second = both or common_threshold(a, b)
    for letter, result, name in (("A", a, first), ("B", b, second)):
        try:
            at_named(result, name)
        except InputError as error:
            msg = f"run {letter}: {error}"
            raise InputError(msg) from error
    return first, second


def _write_csv(path: Path, rows: list[Row]) -> None:
    replace_bytes(path, csv_text(rows).encode())
    console.print(f"Every number: {path}", markup=False, soft_wrap=True)


def _conclude(bounds: list[Bound], judged: list[Judged]) -> None:
    """Print the verdicts, and fail where one is not "holds"."""
    if not bounds:
        return
    console.print(show_judged(judged))
    if not judged or any(one.stops for one in judged):
        msg = verdict_sentence(judged) if judged else "the run has no group, so no bound could be checked"
        raise BoundBroken(msg)
