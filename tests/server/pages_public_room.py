"""Whole services over a ready agency with a published log and two measurements, for tests of public pages."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from certified import a_result
from whole_service import whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.evaluation.identification.result import GrowthPoint, Identification, MeanPerSearch
from facegate.reporting.report.page import report_html
from facegate.server.app import create_app
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi import FastAPI

    from facegate.evaluation.result import BenchmarkResult
    from facegate.server.service import Service

SIZES = (500, 1_000)


def grown(per_search: float = 0.03) -> BenchmarkResult:
    """Make a result whose searches return so many wrong people in a gallery of 1,000; group M has none."""
    result = a_result()
    if result.identification is None:
        msg = "the result was made without searches"
        raise RuntimeError(msg)
    found: Identification = replace(
        result.identification,
        growth=tuple(
            GrowthPoint("as the data", "fmr-1e-3", group, size, None, _mean(share * size / 1_000))
            for group, share in (("everybody", per_search), ("F", 2 * per_search))
            for size in SIZES
        ),
    )
    return replace(result, identification=found)


def _mean(mean: float) -> MeanPerSearch:
    return MeanPerSearch(round(mean * 400), 400, 200, mean, mean / 2, mean * 2)


@contextmanager
def public_room(folder: Path) -> Iterator[tuple[Service, FastAPI]]:
    """Open a service whose log is published, with runs ``first`` and ``second`` kept in it."""
    with whole_service(folder) as service:
        home = service.desk.home
        if home.log_keys() is None:
            LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        for name, result in (("first", grown()), ("second", grown(0.06))):
            keep(service, name, result)
        Publisher(service.desk).publish()
        yield service, create_app(service)


def keep(service: Service, name: str, result: BenchmarkResult) -> None:
    """Put a run where the service looks for runs."""
    place = service.desk.home.folder / "results" / name
    place.mkdir(parents=True)
    (place / "result.json").write_text(result.to_json())
    (place / "report.html").write_text(report_html(result))
