"""Error rates: the certificate's by group, the runs kept here, and what they mean for one's own numbers."""

import re
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import HTMLResponse, Response

from facegate.errors import InputError
from facegate.evaluation.identification.yearly import MOST, Basis, WrongReturns
from facegate.reporting.comparison import COLUMNS, comparison_head, comparison_notes, comparison_tables
from facegate.reporting.numbers import UNKNOWN, rounded
from facegate.reporting.report.page import script_digest, template_text
from facegate.reporting.report.staff import three_sentences
from facegate.reporting.report.wording import TOO_FEW
from facegate.server.acts import benchmarks as acts
from facegate.server.acts import standing
from facegate.server.asking import ServiceOf
from facegate.server.pages.calling import PageCallerOf
from facegate.server.pages.certificate import certified
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from

router = APIRouter(include_in_schema=False)

SEARCHES: Final = 1_000
Typed = Annotated[str, Query(max_length=40)]
RunName = Annotated[str, Path(max_length=64)]
_WHOLE: Final = re.compile(r"[0-9]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class YearlyRow:
    """One line of the box: group, number, range, and where it comes from."""

    group: str
    number: str
    ends: str
    basis: str


@router.get("/benchmarks")
def show_rates(
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    *,
    gallery: Typed = "",
    searches: Typed = "",
    run: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show rates by group, the box, and the runs."""
    runs = acts.list_runs(service, caller)
    enrolled = service.desk.gate.gallery.n_subjects
    typed = {
        "gallery": gallery or f"{max(1, enrolled):,}",
        "searches": searches or f"{SEARCHES:,}",
        "run": run,
    }
    problem, found = None, None
    try:
        numbers = {name: _number(name, typed[name]) for name in ("gallery", "searches")}
        found = acts.yearly(service, caller, **numbers, run=run)
    except REFUSALS as error:
        problem = problem_from(error)
    return page(
        request, service, caller, "benchmarks.html.j2",
        status=200 if problem is None else int(problem.status),
        problem=problem, typed=typed, enrolled=enrolled, runs=runs,
        certificate=certified(standing.certificate_in_force(service, caller)),
        found=found, rows=[] if found is None else [_row(one) for one in found.returns],
    )  # fmt: skip


@router.get("/benchmarks/compare")
def show_comparison(
    request: Request,
    service: ServiceOf,
    caller: PageCallerOf,
    a: Annotated[str, Query(max_length=64)] = "",
    b: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """Show two runs side by side."""
    runs = [one for one in acts.list_runs(service, caller) if one.pairs is not None]
    values: dict[str, Any] = {"runs": runs, "a": a, "b": b, "columns": COLUMNS}
    empty: dict[str, Any] = {"compared": None, "head": (), "tables": (), "notes": ()}
    if not a or not b:
        return page(request, service, caller, "benchmarks_compare.html.j2", **values, **empty)
    try:
        compared = acts.compare(service, caller, a, b)
    except REFUSALS as error:
        problem = problem_from(error)
        status = int(problem.status)
        return page(
            request, service, caller, "benchmarks_compare.html.j2",
            status=status, problem=problem, **values, **empty,
        )  # fmt: skip
    return page(
        request, service, caller, "benchmarks_compare.html.j2",
        compared=compared, head=comparison_head(compared), tables=comparison_tables(compared),
        notes=comparison_notes(compared), **values,
    )  # fmt: skip


@router.get("/benchmarks/runs/{name}")
def show_run(request: Request, service: ServiceOf, caller: PageCallerOf, name: RunName) -> Response:
    """Show what one run measured, in the three sentences that matter."""
    run = acts.read_run(service, caller, name)
    said = () if run.pairs is None else three_sentences(run.pairs)
    return page(request, service, caller, "benchmarks_run.html.j2", run=run, said=said)


@router.get("/benchmarks/runs/{name}/report")
def show_report(service: ServiceOf, caller: PageCallerOf, name: RunName) -> Response:
    """Give a run's report as the file it is, locked into a sandbox: it carries style and script in itself."""
    return HTMLResponse(
        acts.report_file(service, caller, name), headers={"Content-Security-Policy": report_policy()}
    )


def report_policy() -> str:
    """Give the policy of a report: of no origin, fetching nothing, running one script of ours alone."""
    script = script_digest(template_text("box.js"))
    return (
        f"sandbox allow-scripts; default-src 'none'; style-src 'unsafe-inline'; script-src '{script}'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _number(name: str, typed: str) -> int:
    """Read a whole number, thousands marked or not."""
    plain = typed.replace(",", "").replace(" ", "").replace("_", "")
    what = {"gallery": "people enrolled", "searches": "searches a year"}[name]
    if not _WHOLE.fullmatch(plain):
        msg = f"{what}: that is no whole number; wanted one such as 27,000,000"
        raise InputError(msg)
    if len(plain.lstrip("0")) > len(str(MOST)):
        msg = f"{what}: that is too large; wanted at most {MOST:,}"
        raise InputError(msg)
    return int(plain)


def _row(one: WrongReturns) -> YearlyRow:
    if one.expected is None or one.low is None or one.high is None:
        return YearlyRow(one.group, UNKNOWN, UNKNOWN, "nothing was measured of this group")
    size = f"{one.measured_size:,} people"
    basis = {
        Basis.SEARCHED: f"searches of a gallery of exactly {size}",
        Basis.SCALED: f"searches of a gallery of {size}, multiplied",
        Basis.COMPARED: "comparisons of two people: no search was measured",
        Basis.UNKNOWN: "",
    }[one.basis]
    if not one.enough:
        return YearlyRow(one.group, TOO_FEW, f"below {rounded(one.high)}", basis)
    return YearlyRow(one.group, rounded(one.expected), f"{rounded(one.low)} to {rounded(one.high)}", basis)
