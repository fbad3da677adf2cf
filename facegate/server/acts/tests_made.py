"""The independent test port: testers test the comparison that serves, with photos of their own.

They see what comes of those alone. A test is its key's own: to everybody else, auditors and administrators
included, there is no such test. What everybody may know of it stands on the log
(`facegate.server.test_port.records`).
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

from facegate.audit.signed.issuing import issue_receipts
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, not_here
from facegate.server.test_port.port import TestPort
from facegate.server.test_port.running import REPORT, RESULT, SCORES
from facegate.server.test_port.store import UNDER_WAY, RunStore, State
from facegate.server.test_port.system import System, system_in_force

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service
    from facegate.server.test_port.given import Kind
    from facegate.server.test_port.store import TestRun

FOLDER: Final = "tests"
TEST: Final = "test"
FILES: Final = (RESULT, REPORT, SCORES)


@dataclass(frozen=True, slots=True)
class TestReceipt:
    """What a tester needs to show later that this was the result.

    Parameters
    ----------
    index : int
        Place of the record on the log.
    record : str
        The record, its very text.
    proof : str
        Receipt of it: a ``.tlog-proof`` for ``facegate log receipt``.
    witnessed : bool
        Whether witnesses signed the state of the log in it.
    """

    index: int
    record: str
    proof: str
    witnessed: bool

    __test__ = False  # no test case, whatever its name begins with


def port_of(service: Service) -> TestPort:
    """Give the test port of a service: the gate's embedder and certificate, and nothing else of the gate.

    Its limits are the operator's.
    """
    gate = service.desk.gate
    embedder, in_force = gate.embedder, gate.in_force

    def system(at: datetime) -> System:
        return system_in_force(embedder, in_force.now(), at)

    return TestPort(
        folder=service.desk.home.folder / FOLDER,
        store=RunStore(service.database),
        ledger=service.desk.ledger,
        jobs=service.jobs,
        intake=service.intake,
        system=system,
        clock=service.desk.clock,
        random_bytes=service.desk.random_bytes,
        limits=service.config.test_port,
    )


def start_test(service: Service, caller: Caller, kind: Kind, data: BinaryIO) -> TestRun:
    """Accept a test; see `TestPort.start`.

    Raises
    ------
    Problem
        401, 403, 413 or 429.
    InputError
        If the upload cannot be used.
    CertificateError
        If nothing is in force that could be tested.
    """
    demand(caller, Operation.TEST_RUN, at=service.desk.clock())
    return port_of(service).start(kind, data, account=caller.account, agency=caller.agency)


def list_tests(service: Service, caller: Caller) -> tuple[TestRun, ...]:
    """Give the caller's own tests, newest first."""
    demand(caller, Operation.TEST_RUN, at=service.desk.clock())
    return port_of(service).all_of(caller.account)


def get_test(service: Service, caller: Caller, test: str) -> TestRun:
    """Give one of the caller's own tests.

    Raises
    ------
    Problem
        404 if there is none, or it is another key's.
    """
    demand(caller, Operation.TEST_RUN, at=service.desk.clock())
    run = port_of(service).find(caller.account, test)
    if run is None:
        raise not_here(TEST)
    return run


def get_file(service: Service, caller: Caller, test: str, name: str) -> Path:
    """Give one of the files that a test made.

    Parameters
    ----------
    service : Service
        The service.
    caller : Caller
        Its owner.
    test : str
        Id of the test.
    name : str
        One of `FILES`.

    Raises
    ------
    Problem
        404 if there is no such test or file, 409 if the test still runs.
    """
    run = get_test(service, caller, test)
    _demand_ended(run)
    path = port_of(service).folder / run.id / name
    if name not in FILES or run.state is not State.DONE or not path.exists():
        raise not_here(f"{name} of this test" if name in FILES else "file")
    return path


def delete_test(service: Service, caller: Caller, test: str) -> None:
    """Delete one of the caller's own tests, with everything that was sent and made."""
    run = get_test(service, caller, test)
    port_of(service).delete(run)


def get_receipt(service: Service, caller: Caller, test: str) -> TestReceipt:
    """Give the record of a test's outcome with its receipt: neither side can change or disown it.

    Raises
    ------
    Problem
        404 if there is no such test, 409 if it still runs, 503 if the log has no keys to sign with.
    """
    run = get_test(service, caller, test)
    _demand_ended(run)
    home, index = service.desk.home, int(run.result["record"])
    keys = home.log_keys()
    if keys is None:
        detail = "the log has no keys to sign receipts with"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no-log-keys", detail, headers={"Retry-After": "3600"})
    receipts, witnessed = issue_receipts(home.log, keys, [index], at=service.desk.clock())
    record = next(service.desk.ledger.log.entries(index))
    return TestReceipt(index, record.decode(), receipts[index].encode().decode(), witnessed)


def tidy_tests(service: Service) -> None:
    """Delete what is over; for the service's start and every hour."""
    port_of(service).tidy()


def _demand_ended(run: TestRun) -> None:
    if run.state in UNDER_WAY:
        headers = {"Retry-After": "5"}
        detail = f"the test is {run.state}; its results are there when it is done"
        raise Problem(HTTPStatus.CONFLICT, "still-running", detail, headers=headers)
