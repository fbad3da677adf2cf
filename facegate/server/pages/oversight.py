"""The public record: what was searched and refused, the log behind it, and checking it.

Everybody sees the same pages. Whoever may read reports that open sealed fields finds them here, too.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from facegate.audit.canonical import JSONValue, canonical_json
from facegate.audit.entry import parse_entry
from facegate.errors import FacegateError
from facegate.oversight.report import Period, Report
from facegate.oversight.report_form import ONE_DAY, encode_report
from facegate.oversight.report_text import report_text
from facegate.oversight.site.headlines import IMMIGRATION_COLUMNS
from facegate.server.acts import log_state, public_figures, public_log, reports, standing
from facegate.server.asking import ServiceOf
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import MAY, Operation
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.certificate import certified
from facegate.server.pages.forms import OpenFormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

Index = Annotated[int, Path(ge=0, le=2**53 - 1)]
Name = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Year = Annotated[int | None, Query(ge=2000, le=9998)]
Quarter = Annotated[str, Query(pattern="^[1-4]?$")]
Masked = Annotated[bool, Query()]
TEXT = "text/plain; charset=utf-8"


@router.get("/oversight")
def show_record(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """Show figures, log, certificate and the list of reports."""
    kinds = reports.list_kinds(service, caller)
    opened = _opens(caller)
    return page(
        request, service, caller, "oversight.html.j2",
        figures=public_figures.figures(service, caller),
        immigration_columns=IMMIGRATION_COLUMNS,
        log=_published(service, caller),
        certificate=certified(standing.certificate_in_force(service, caller)),
        audits=standing.audit_calendar(service, caller),
        kinds=[one for one in kinds if opened or not one.needs_openings],
        closed=[one for one in kinds if one.needs_openings and not opened],
        command=_command(service),
    )  # fmt: skip


@router.post("/oversight/verify")
def verify(request: Request, service: ServiceOf, caller: PageCallerOf, _: OpenFormOf) -> Response:
    """Verify the whole published log now. Nothing is changed, so the answer is the page itself."""
    try:
        verdict = log_state.verify_now(service, caller)
    except REFUSALS as error:
        problem = problem_from(error)
        return page(
            request, service, caller, "oversight_verified.html.j2",
            status=int(problem.status), problem=problem, verdict=None, command=_command(service),
        )  # fmt: skip
    return page(
        request, service, caller, "oversight_verified.html.j2", verdict=verdict, command=_command(service)
    )


@router.get("/oversight/keys.txt")
def show_keys(service: ServiceOf, caller: PageCallerOf) -> Response:
    """Give the log's keys as a file that verifiers take."""
    lines = "".join(f"{one.line()}\n" for one in log_state.log_keys(service, caller))
    return Response(lines, media_type=TEXT)


@router.get("/oversight/records/{index}")
def show_entry(request: Request, service: ServiceOf, caller: PageCallerOf, index: Index) -> Response:
    """Show what is public of one record."""
    data = public_log.record(service, caller, index)
    entry = parse_entry(data)
    shown = {name: _words(value) for name, value in entry.public.items() if name not in {"kind", "time"}}
    return page(
        request, service, caller, "oversight_entry.html.j2",
        entry=entry, fields=shown, text=data.decode(), last=_size(service, caller) - 1,
        receipts=bool(caller.roles & MAY[Operation.RECEIPT_READ]),
    )  # fmt: skip


@router.get("/oversight/reports/{name}")
def show_report(
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    name: Name,
    *,
    year: Year = None,
    quarter: Quarter = "",
    masked: Masked = False,
) -> Response:
    """Show one report of a year or a quarter; what cannot be made says why."""
    kinds = {one.name: one for one in reports.list_kinds(service, caller)}
    wanted = year or service.desk.clock().year
    values: dict[str, Any] = {
        "name": name, "year": wanted, "quarter": quarter, "masked": masked, "opened": _opens(caller),
        "years": sorted({wanted, *public_figures.figures(service, caller).attempts}, reverse=True),
        "title": kinds[name].title if name in kinds else "Report", "command": _command(service),
    }  # fmt: skip
    try:
        made = _report(service, caller, name, wanted, quarter, masked=masked)
    except FacegateError as error:
        problem = problem_from(error)
        return page(
            request, service, caller, "oversight_report.html.j2",
            status=int(problem.status), problem=problem, report=None, **values,
        )  # fmt: skip
    last_day = made.period.end - ONE_DAY
    unfinished = not made.period.over(service.desk.clock())
    return page(
        request, service, caller, "oversight_report.html.j2",
        report=made, last_day=last_day, unfinished=unfinished, **values,
    )  # fmt: skip


@router.get("/oversight/reports/{name}/file.{form}")
def download_report(
    service: ServiceOf,
    caller: PageCallerOf,
    name: Name,
    form: Literal["json", "txt"],
    *,
    year: Year = None,
    quarter: Quarter = "",
    masked: Masked = False,
) -> Response:
    """Give a report as a file: canonical JSON, which can be verified, or plain text."""
    wanted = year or service.desk.clock().year
    made = _report(service, caller, name, wanted, quarter, masked=masked)
    stem = f"{name}-{wanted}" + (f"-q{quarter}" if quarter else "")
    headers = {"Content-Disposition": f'attachment; filename="{stem}.{form}"'}
    if form == "txt":
        return Response(report_text(made), media_type=TEXT, headers=headers)
    return Response(encode_report(made), media_type="application/json", headers=headers)


def _report(service: Service, caller: Caller, name: str, year: int, quarter: str, *, masked: bool) -> Report:
    period = Period.quarter(year, int(quarter)) if quarter else Period.year(year)
    return reports.make(service, caller, name, period, masked=masked)


def _opens(caller: Caller) -> bool:
    return bool(caller.roles & MAY[Operation.REPORT_READ_OPENED])


def _published(service: Service, caller: Caller) -> log_state.Published | str | None:
    """Give what is published, or the sentence that says why it is not to be believed."""
    try:
        return log_state.published(service, caller)
    except FacegateError as error:
        return str(error)


def _size(service: Service, caller: Caller) -> int:
    found = log_state.published(service, caller)
    return 0 if found is None else found.size


def _command(service: Service) -> str:
    """Give the one command by which anybody checks the log himself."""
    return f"facegate log verify {service.config.base_url.rstrip('/')}/log --key keys.txt"


def _words(value: JSONValue) -> str:
    return value if isinstance(value, str) else canonical_json(value).decode()
