"""``/v1/tests``: the independent test port of C.R.S. 24-18-304(2)(a) and RCW 43.386.050."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, File, Form, Response, UploadFile
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from facegate.server.acts import tests_made as acts
from facegate.server.api.once import JSON, AskingOf
from facegate.server.api.replies import Moment, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation
from facegate.server.test_port.files import stream_digest
from facegate.server.test_port.given import Kind
from facegate.server.test_port.running import REPORT, RESULT, SCORES
from facegate.server.test_port.store import TestRun

router = APIRouter(prefix="/v1/tests", tags=["tests"])

TestId = Annotated[
    str, InPath(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of a test, a UUIDv7.")
]
Input = Annotated[
    Literal["photos", "vectors", "scores"],
    Form(description="What `file` is: a zip of photos with labels.csv; vectors; or scores."),
]
Upload = Annotated[UploadFile, File(description="The one file under test; its name is not used.")]


class Tested(Reply):
    """What was tested; numbers as text, to the last digit."""

    embedder: str
    embedder_digest: str
    threshold_score: str
    threshold_native: str
    certificate: str


class Totals(Reply):
    """How much; null where it is not known."""

    photos: int | None
    people: int | None
    groups: int | None
    failures: int | None


class GroupTotals(Reply):
    """How much of one group, and how many of its photos gave no template (failures to enroll)."""

    group: str
    people: int
    photos: int
    failures: int


class TestReply(Reply):
    """One test; `digests` are on the log too, in the record named by `record`."""

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    input: Literal["photos", "vectors", "scores"]
    tested: Tested
    totals: Totals
    by_group: list[GroupTotals]
    digests: dict[str, str]
    accepted: int
    record: int | None
    why_not: str | None
    job: str | None
    created: Moment
    finished: Moment | None


class TestList(Reply):
    """The caller's own tests, newest first."""

    tests: list[TestReply]


class ReceiptReply(Reply):
    """A record and the receipt that it is on the log, for ``facegate log receipt``."""

    index: int
    record: str
    proof: str
    witnessed: bool


@router.post("", status_code=202, response_model=TestReply)
def start_test(
    asked: AskingOf,
    input: Input,  # noqa: A002  the form's word
    file: Upload,
) -> Response:
    """Test the comparison that serves here with photos, vectors or scores of one's own.

    The enrolled gallery takes no part. That a test was accepted, and the digests of what it came to, are put
    on the public log.
    """
    digest = stream_digest(file.file)

    def act() -> Answer:
        run = acts.start_test(asked.service, asked.caller, Kind(input), file.file)
        headers = {**JSON, "location": f"/v1/tests/{run.id}"}
        return Answer(int(HTTPStatus.ACCEPTED), _reply(run).model_dump_json().encode(), headers)

    return asked.once(Operation.TEST_RUN, act, input.encode(), digest)


@router.get("")
def list_tests(service: ServiceOf, caller: CallerOf) -> TestList:
    """List the tests of the caller's own key."""
    return TestList(tests=[_reply(run) for run in acts.list_tests(service, caller)])


@router.get("/{test}")
def get_test(service: ServiceOf, caller: CallerOf, test: TestId) -> TestReply:
    """Say how a test stands."""
    return _reply(acts.get_test(service, caller, test))


@router.get("/{test}/result.json", response_class=FileResponse)
def get_result(service: ServiceOf, caller: CallerOf, test: TestId) -> FileResponse:
    """Give every number, in the form that `facegate benchmark show`, `compare` and `report` read."""
    return _file(acts.get_file(service, caller, test, RESULT), "application/json")


@router.get("/{test}/report.html", response_class=FileResponse)
def get_report(service: ServiceOf, caller: CallerOf, test: TestId) -> FileResponse:
    """Give the report, one page that needs no network."""
    return _file(acts.get_file(service, caller, test, REPORT), "text/html; charset=utf-8")


@router.get("/{test}/scores.csv", response_class=FileResponse)
def get_scores(service: ServiceOf, caller: CallerOf, test: TestId) -> FileResponse:
    """Give every comparison of the test at full precision; 404 where the tester brought the scores."""
    return _file(acts.get_file(service, caller, test, SCORES), "text/csv; charset=utf-8")


@router.get("/{test}/receipt")
def get_receipt(service: ServiceOf, caller: CallerOf, test: TestId) -> ReceiptReply:
    """Give the record of the outcome, and the proof that it is on the log."""
    return ReceiptReply.model_validate(acts.get_receipt(service, caller, test))


@router.delete("/{test}", status_code=204)
def delete_test(service: ServiceOf, caller: CallerOf, test: TestId) -> None:
    """Delete a test with everything that was sent and made; one that still runs is stopped."""
    acts.delete_test(service, caller, test)


def _file(path: Path, media_type: str) -> FileResponse:
    # An attachment: the report is the tester's own words and must not run as a page of this origin.
    return FileResponse(
        path,
        HTTPStatus.OK,
        media_type=media_type,
        filename=path.name,
        content_disposition_type="attachment",
    )


def _reply(run: TestRun) -> TestReply:
    settings, result = run.settings, run.result
    return TestReply.model_validate({
        "id": run.id,
        "state": str(run.state),
        "input": settings["input"],
        "tested": settings["tested"],
        "totals": _totals(settings, result),
        "by_group": result.get("groups", []),
        "digests": result.get("digests", {}),
        "accepted": settings["accepted"],
        "record": result.get("record"),
        "why_not": result.get("why_not") or None,
        "job": run.job,
        "created": run.created,
        "finished": run.finished,
    })  # fmt: skip


def _totals(settings: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, int | None]:
    """Give what the test counted, and where it did not come so far what was seen before."""
    before, after = settings["counted"], result.get("counted", {})
    return {name: before[name] if after.get(name) is None else after[name] for name in before}
