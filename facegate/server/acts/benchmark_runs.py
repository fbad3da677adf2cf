"""Measured runs: started by whoever audits, with material of his own; read by everybody.

A run is a folder ``HOME/results/RUN`` that is whole or absent. Nothing of it names a person or a template.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

from facegate.server.asking import demand
from facegate.server.benchmarking.kept_runs import is_shown, kept_runs, results_folder
from facegate.server.benchmarking.measuring import (
    LIMITS,
    PROTOCOL,
    RUN,
    Measuring,
    look_at,
    read_protocol,
)
from facegate.server.identity.roles import Operation
from facegate.server.jobs.leftovers import clear_ended
from facegate.server.problems import Problem, not_here
from facegate.server.test_port.files import erase, keep_upload
from facegate.server.test_port.running import REPORT, RESULT

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.identity.caller import Caller
    from facegate.server.jobs.job import Job
    from facegate.server.service import Service

JOB: Final = "benchmark"
WHAT: Final = "run"
UPLOADS: Final = "benchmarking"
FILES: Final = (RESULT, REPORT, PROTOCOL)
MOST_LISTED: Final = 100
ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run.

    Parameters
    ----------
    id : str
        UUIDv7, that of the job that made it.
    name, title : str
        Of its protocol.
    protocol_digest : str
        SHA-256 (hex) of the protocol.
    created : datetime
        When it was asked for.
    """

    id: str
    name: str
    title: str
    protocol_digest: str
    created: datetime


def start_run(service: Service, caller: Caller, protocol: bytes, data: BinaryIO) -> Job:
    """Take a protocol and what it is about, and begin to measure.

    Raises
    ------
    Problem
        401, 403, 413; 409 while another measurement runs.
    InputError, MeasurementError
        If protocol or upload can be seen to be bad.
    StorageError
        If the disk refuses: nothing of the upload stays.
    """
    demand(caller, Operation.BENCHMARK_RUN, at=service.desk.clock())
    asked, text = read_protocol(protocol)
    _demand_idle(service)
    clear_uploads(service)
    job_id = service.jobs.new_id()
    folder = service.desk.home.folder / UPLOADS / job_id
    try:
        path, _ = keep_upload(folder, data, most=LIMITS.upload_bytes, advice="measure fewer people at once")
        look_at(asked, path)
        measuring = Measuring(
            asked, text, path, results_folder(service.desk.home) / job_id, service.desk.clock()
        )
        with service.desk.ledger.turn:  # two at once do not both find it idle
            _demand_idle(service)
            service.jobs.start(JOB, caller.account, caller.agency, measuring.work, job_id=job_id)
    except BaseException:
        erase(folder)
        raise
    return service.jobs.seen_by(caller, job_id)


def list_runs(service: Service, caller: Caller) -> tuple[Run, ...]:
    """Give the last finished runs, newest first, at most 100."""
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    found = (
        _read(folder) for name, folder in reversed(kept_runs(service.desk.home).items()) if ID.fullmatch(name)
    )
    return tuple(run for run in found if run is not None)[:MOST_LISTED]


def get_file(service: Service, caller: Caller, run: str, name: str) -> Path:
    """Give one of the files of a run.

    Parameters
    ----------
    service : Service
        The service.
    caller : Caller
        Anybody.
    run : str
        Id of the run.
    name : str
        One of `FILES`.

    Raises
    ------
    Problem
        404 if there is no such run or file.
    """
    demand(caller, Operation.BENCHMARK_READ, at=service.desk.clock())
    folder = kept_runs(service.desk.home).get(run) if ID.fullmatch(run) else None
    if folder is None or name not in FILES or not is_shown(folder / name):
        raise not_here(WHAT)
    return folder / name


def clear_uploads(service: Service, *, starting: bool = False) -> None:
    """Overwrite uploads of measurements that have ended; for the service's start too."""
    clear_ended(service.desk.home.folder / UPLOADS, service.jobs, starting=starting)


def _read(folder: Path) -> Run | None:
    """Read what a run says of itself; None for a folder that is no run of the service."""
    try:
        said = json.loads((folder / RUN).read_text(encoding="utf-8"))
        created = datetime.fromisoformat(said["created"])
        return Run(folder.name, said["name"], said["title"], said["protocol_digest"], created)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _demand_idle(service: Service) -> None:
    if service.jobs.any_open(JOB):
        detail = "a measurement waits or runs; one is made at a time, try again when it has ended"
        raise Problem(HTTPStatus.CONFLICT, "still-running", detail, headers={"Retry-After": "60"})
