"""Benchmark runs that are kept here, and what their rates would mean for a gallery and searches stated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.evaluation.identification.yearly import returns_of_searches, wrong_returns
from facegate.evaluation.result import BenchmarkResult
from facegate.evaluation.side_by_side.runs import SideOfRun, common_threshold, compare_runs
from facegate.reporting.run_files import REPORT, RESULT, read_result
from facegate.server.asking import demand
from facegate.server.benchmarking.kept_runs import is_shown, kept_runs
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.evaluation.identification.yearly import WrongReturns
    from facegate.evaluation.side_by_side.runs import SideBySide
    from facegate.evaluation.view2_result import View2Result
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

RUN: Final = "benchmark run"


@dataclass(frozen=True, slots=True)
class Run:
    """One run that is kept here.

    Parameters
    ----------
    name : str
        Of its folder.
    result : BenchmarkResult, View2Result or None
        None if it cannot be read.
    say : str
        Why it cannot, one sentence; empty if it can.
    digest : str
        SHA-256 of ``result.json``, which a certificate names; empty if it cannot be read.
    has_report : bool
        Whether its report lies beside it.
    """

    name: str
    result: BenchmarkResult | View2Result | None
    say: str
    digest: str
    has_report: bool

    @property
    def pairs(self) -> BenchmarkResult | None:
        """The result, if all people were compared with all: only such runs are compared and multiplied."""
        return self.result if isinstance(self.result, BenchmarkResult) else None


@dataclass(frozen=True, slots=True)
class Yearly:
    """Wrong returns of a year, and what they were worked out from.

    Parameters
    ----------
    source : str
        Name of the run; empty for the certificate.
    threshold : str
        Name of the threshold.
    returns : tuple of WrongReturns
        Everybody first.
    """

    source: str
    threshold: str
    returns: tuple[WrongReturns, ...]


def list_runs(service: Service, caller: Caller) -> tuple[Run, ...]:
    """List the runs kept here, by name."""
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    return tuple(_run(folder) for folder in kept_runs(service.desk.home).values())


def read_run(service: Service, caller: Caller, name: str) -> Run:
    """Give one run.

    Raises
    ------
    Problem
        404 if there is none of that name.
    """
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    folder = kept_runs(service.desk.home).get(name)
    if folder is None:
        raise not_here(RUN)
    return _run(folder)


def report_file(service: Service, caller: Caller, name: str) -> bytes:
    """Give a run's report as the file it is.

    Raises
    ------
    Problem
        404 if there is none.
    """
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    folder = kept_runs(service.desk.home).get(name)
    path = None if folder is None else folder / REPORT
    if path is None or not is_shown(path):
        raise not_here(RUN)
    return path.read_bytes()


def compare(service: Service, caller: Caller, first: str, second: str) -> SideBySide:
    """Hold two runs against each other at the first threshold that both have.

    Raises
    ------
    Problem
        404 if there is no such run.
    InputError
        If they cannot be compared.
    """
    sides = [(name, read_run(service, caller, name).pairs) for name in (first, second)]
    results = [result for _, result in sides if result is not None]
    if len(results) < len(sides):
        msg = "only runs that compare all people with all are compared; one of these is of another kind"
        raise InputError(msg)
    threshold = common_threshold(*results)
    a, b = (SideOfRun(name, one, threshold) for (name, _), one in zip(sides, results, strict=True))
    return compare_runs(a, b)


def yearly(service: Service, caller: Caller, *, gallery: int, searches: int, run: str = "") -> Yearly | None:
    """Work out how many people would be wrongly returned in a year.

    Parameters
    ----------
    service : Service
        Runs and certificate.
    caller : Caller
        Anybody.
    gallery, searches : int
        People enrolled, and searches a year.
    run : str
        Name of a run; left out, the one that the certificate was drawn from if it is kept here, else the
        certificate itself, which knows no group of it.

    Returns
    -------
    Yearly or None
        None if there is neither certificate nor such a run.

    Raises
    ------
    Problem
        404 if there is no such run.
    InputError
        If a number is out of range, or the run is of another kind.
    """
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    held = service.desk.gate.in_force.certificate
    if run:
        result = read_run(service, caller, run).pairs
        if result is None:
            msg = f"{run} has no rates of single comparisons or searches; choose another run"
            raise InputError(msg)
        return _of_run(run, result, "", gallery, searches)
    if held is None:
        return None
    for one in list_runs(service, caller):
        if one.pairs is not None and one.digest == held.result_digest:
            return _of_run(one.name, one.pairs, held.threshold.name, gallery, searches)
    if held.searches is None:
        return None
    found = held.searches
    everybody = returns_of_searches(
        "everybody", found.returned, found.gallery_size, gallery=gallery, searches=searches
    )
    return Yearly("", held.threshold.name, (everybody,))


def _of_run(name: str, result: BenchmarkResult, threshold: str, gallery: int, searches: int) -> Yearly:
    used = threshold or result.main.at[0].threshold.name
    return Yearly(name, used, wrong_returns(result, used, gallery=gallery, searches=searches))


def _run(folder: Path) -> Run:
    stat = (folder / RESULT).stat()
    result, say, digest = _read(folder, stat.st_mtime_ns, stat.st_size)
    return Run(folder.name, result, say, digest, is_shown(folder / REPORT))


@lru_cache(maxsize=16)
def _read(folder: Path, _mtime: int, _size: int) -> tuple[BenchmarkResult | View2Result | None, str, str]:
    """Read a result once; a file that changed is read again."""
    try:
        return read_result(folder), "", sha256((folder / RESULT).read_bytes()).hexdigest()
    except InputError:
        return None, "its result cannot be read by this version", ""
