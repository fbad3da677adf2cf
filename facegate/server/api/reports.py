"""``/v1/reports``: reports made from the log, as JSON that is recomputed byte for byte, or as plain text."""

from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import Field

from facegate.errors import InputError
from facegate.oversight.report import Period
from facegate.oversight.report_form import encode_report
from facegate.oversight.report_text import report_text
from facegate.server.acts import reports as acts
from facegate.server.api.accepting import JSON, TEXT, bytes_of, wants_text
from facegate.server.api.replies import Day, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.edge.settings import JSON_BODY

router = APIRouter(prefix="/v1/reports", tags=["reports"])

LAST_DAY = date(9998, 12, 31)  # a period needs a day after it
SENT: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {JSON: {"schema": {"description": "A report; what is none does not hold."}}},
    }
}

Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="Such as searches or md-510.")]


class KindReply(Reply):
    """One kind of report."""

    name: str
    title: str
    authority: str
    due: str
    needs_openings: bool
    """Sealed fields are read for it: it is made for auditors and misuse officers only."""
    publishable: bool


class KindList(Reply):
    """Every report there is."""

    reports: list[KindReply]


class PeriodReply(Reply):
    """The days a report is about, both included."""

    first_day: date
    last_day: date


class LogReply(Reply):
    """The state of the log that a report was made from."""

    origin: str
    size: int
    root: str


class TableReply(Reply):
    """Counts; null was not recorded, ``<5`` and ``withheld`` are masked."""

    name: str
    title: str
    columns: list[str]
    rows: list[list[str | int | None]]
    notes: list[str]
    people: str


class ReportReply(Reply):
    """One report, in canonical JSON (RFC 8785) ended by a newline: the same records give the same bytes."""

    schema_: Annotated[str, Field(alias="schema")]
    name: str
    title: str
    authority: str
    due: str
    period: PeriodReply
    log: LogReply
    needs_openings: bool
    public: bool
    tables: list[TableReply]
    notes: list[str]


class HeldReply(Reply):
    """What came of recomputing a report."""

    holds: bool
    say: str | None
    """The first difference, in one sentence; null if it holds."""
    name: str | None
    size: int | None
    root: str | None


async def sent_report(request: Request) -> bytes:
    """Read the report that is to be verified."""
    return await bytes_of(request, most=JSON_BODY)


@router.get("")
def list_reports(service: ServiceOf, caller: CallerOf) -> KindList:
    """List the reports that can be made, who asks for each, and when it is due. For anybody."""
    return KindList(reports=[KindReply.model_validate(one) for one in acts.list_kinds(service, caller)])


@router.post("/verify", openapi_extra=SENT)
def verify_report(
    service: ServiceOf, caller: CallerOf, data: Annotated[bytes, Depends(sent_report)]
) -> HeldReply:
    """Recompute a filed report from the log it names, and compare every byte.

    For anybody if it reads no sealed field; else for auditors and misuse officers: whoever could try report
    after report would find the one that is true.
    """
    found = acts.verify(service, caller, data)
    log = None if found.report is None else found.report.log
    return HeldReply(
        holds=found.holds,
        say=found.say or None,
        name=None if found.report is None else found.report.name,
        size=None if log is None else log.size,
        root=None if log is None else log.root,
    )


@router.get(
    "/{name}",
    response_class=Response,
    responses={200: {"model": ReportReply, "content": {TEXT: {"schema": {"type": "string"}}}}},
)
def get_report(
    service: ServiceOf,
    caller: CallerOf,
    request: Request,
    name: Name,
    *,
    first_day: Annotated[Day, Query(alias="from", description="First day in UTC, such as 2026-09-01.")],
    last_day: Annotated[Day, Query(alias="to", description="Last day, included.")],
    size: Annotated[
        int | None,
        Query(
            ge=0,
            le=2**53 - 1,
            description="From so many records of the log; else from all, or all that are published if nobody "
            "is known who asks.",
        ),
    ] = None,
    masked: Annotated[bool, Query(description="Mask small counts about people, for publication.")] = False,
) -> Response:
    """Make a report about a stretch of days, both included; plain text if that is what is accepted.

    For anybody if it reads no sealed field, made from the public part of the log. One that reads sealed
    fields is made for auditors and misuse officers only, masked or not.
    """
    report = acts.make(service, caller, name, _period(first_day, last_day), size=size, masked=masked)
    if wants_text(request.headers.get("accept", "")):
        return Response(report_text(report), media_type=TEXT, headers={"Vary": "Accept"})
    return Response(encode_report(report), media_type=JSON, headers={"Vary": "Accept"})


def _period(first_day: date, last_day: date) -> Period:
    if last_day > LAST_DAY:
        msg = f"the last day is {last_day}, wanted one up to {LAST_DAY}"
        raise InputError(msg)
    return Period(first_day, last_day + timedelta(days=1))
