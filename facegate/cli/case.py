"""``facegate case``: the register of cases, the papers that belong to them, and searches made by hand."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli import case_file
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.gate.books import open_ledger
from facegate.gate.registers.cases import amend_case, cases_of, close_case, register_case
from facegate.gate.registers.demands import demand_ori, today
from facegate.gate.registers.late import enter_late, late_count
from facegate.gate.registers.papers import exigencies_open, file_paper, file_release_form
from facegate.gate.registers.setup import digest_of_file

app = typer.Typer(
    help="Cases: open, amend, close, list; their papers; searches made by hand. "
    "Whoever opens a case cannot search under it.",
    no_args_is_help=True,
)

app.command()(case_file.export)
app.command()(case_file.check)

CaseNumber = Annotated[
    str, typer.Argument(help="The agency's case number, such as 24-001234.", show_default=False)
]
Agency = Annotated[str, typer.Option(help="ORI of the agency, such as CO0160000.")]
By = Annotated[str, typer.Option("--by", help="Officer id of whoever does this.")]


@app.command(name="open")
def open_(
    case_number: CaseNumber,
    *,
    agency: Agency,
    by: By,
    offense_code: Annotated[str, typer.Option(help="NCIC code; see `facegate policy offenses`.")],
    opened_on: Annotated[
        str | None, typer.Option(help="Day the agency opened the case; today if left out.")
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Register a case, or open again one that was closed.

    Somebody else must search: whoever registers a case cannot use it.
    """
    at = now()
    with open_ledger(home_of(home)) as ledger:
        seq = register_case(
            ledger,
            agency=agency,
            case_number=case_number,
            registered_by=by,
            offense_code=offense_code,
            opened_on=opened_on or today(at),
            at=at,
        )
    console.print(f"The case is registered; record {seq} of the log.", markup=False)


@app.command()
def amend(
    case_number: CaseNumber,
    *,
    agency: Agency,
    by: By,
    offense: Annotated[
        str,
        typer.Option(
            "--offense", "--offense-code", help="NCIC code the case turned out to be; see `policy offenses`."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why, such as what the investigation found.")],
    home: HomeFolder = None,
) -> None:
    """Put another offense in the place of the one that an open case is registered with.

    Searches under the case state its offense and no other. Whoever amends it cannot search for the new one.
    """
    with open_ledger(home_of(home)) as ledger:
        seq = amend_case(
            ledger,
            agency=agency,
            case_number=case_number,
            offense_code=offense,
            amended_by=by,
            reason=reason,
            at=now(),
        )
    sentence = f"The case is amended: searches under it state offense {offense}; record {seq} of the log."
    console.print(sentence, markup=False, soft_wrap=True)


@app.command()
def close(case_number: CaseNumber, *, agency: Agency, by: By, home: HomeFolder = None) -> None:
    """Close a case: nothing is searched under it any more."""
    with open_ledger(home_of(home)) as ledger:
        seq = close_case(ledger, agency=agency, case_number=case_number, closed_by=by, at=now())
    console.print(f"The case is closed; record {seq} of the log.", markup=False)


@app.command(name="list")
def list_(
    *,
    agency: Agency,
    closed: Annotated[bool, typer.Option("--closed", help="Closed cases too.")] = False,
    home: HomeFolder = None,
) -> None:
    """List an agency's cases, and its emergencies that wait for a paper. Not for publication."""
    demand_ori(agency)
    table = Table(title=f"Cases of {agency}")
    for heading in ("case number", "offense code", "opened on", "registered by", "state"):
        table.add_column(heading, overflow="fold")
    with open_ledger(home_of(home)) as ledger:
        for one in cases_of(ledger, agency, closed_too=closed):
            cells = (one.case_number, one.offense_code, one.opened_on, one.registered_by)
            table.add_row(*map(escape, cells), "open" if one.is_open else "closed")
        waiting = [row for row in exigencies_open(ledger) if row["agency"] == agency]
    console.print(table if table.row_count else f"No case of {agency} is registered.")
    for row in waiting:
        sentence = f"Emergency in case {row['case_number']}: its warrant or order is due {row['due']}."
        console.print(sentence, markup=False, soft_wrap=True)


@app.command()
def paper(
    case_number: CaseNumber,
    *,
    agency: Agency,
    by: By,
    kind: Annotated[str, typer.Option(help="warrant or order.")],
    court: Annotated[str, typer.Option(help="Which court.")],
    number: Annotated[str, typer.Option(help="The court's number of the paper.")],
    issued: Annotated[str, typer.Option(help="Day of issue.")],
    expires: Annotated[str, typer.Option(help="Last day on which it holds.")],
    home: HomeFolder = None,
) -> None:
    """File a warrant or order of a case; it settles emergencies of the case that wait for one."""
    with open_ledger(home_of(home)) as ledger:
        seq = file_paper(
            ledger,
            agency=agency,
            kind=kind,
            case_number=case_number,
            court=court,
            number=number,
            issued=issued,
            expires=expires,
            filed_by=by,
            at=now(),
        )
    console.print(f"The paper is filed; record {seq} of the log.", markup=False)


@app.command()
def late(
    case_number: CaseNumber,
    *,
    agency: Agency,
    by: By,
    searched_by: Annotated[str, typer.Option(help="Officer id of whoever had it made.")],
    searched_at: Annotated[str, typer.Option(help="When it was made, such as 2026-11-22T03:20:00Z.")],
    way: Annotated[str, typer.Option(help="How it was asked for: telephone, in_person, message or other.")],
    purpose: Annotated[str, typer.Option(help="Such as criminal_investigation.")],
    found: Annotated[str, typer.Option(help="What came of it: nobody, somebody or not_known.")],
    reason: Annotated[str, typer.Option(help="Why it did not go through the gate.")],
    home: HomeFolder = None,
) -> None:
    """Enter a search that was made by hand, past the gate: within 24 hours, later ones say so."""
    with open_ledger(home_of(home)) as ledger:
        seq = enter_late(
            ledger,
            agency=agency,
            case_number=case_number,
            searched_by=searched_by,
            searched_at=searched_at,
            entered_by=by,
            asked_by_way_of=way,
            purpose=purpose,
            found=found,
            reason=reason,
            at=now(),
        )
        count = late_count(ledger, agency)
    sentence = (
        f"The search is entered; record {seq} of the log. Of {agency} {count.n_entered:,} were entered "
        f"afterwards, {count.n_overdue:,} of them later than 24 hours."
    )
    console.print(sentence, markup=False, soft_wrap=True)


@app.command()
def form(
    file: Annotated[Path, typer.Argument(help="The signed requester release form.", show_default=False)],
    *,
    agency: Agency,
    by: Annotated[str, typer.Option("--signed-by", help="Officer id of whoever signed it.")],
    signed_on: Annotated[str, typer.Option(help="Day of the signature.")],
    no_resale: Annotated[
        bool,
        typer.Option("--no-resale", help="The form rules out resale and transfer; without that it is none."),
    ] = False,
    home: HomeFolder = None,
) -> None:
    """File an agency's release form, and print the digest that requests must name.

    Only the digest is kept; the form itself stays with you.
    """
    digest = digest_of_file(file)
    with open_ledger(home_of(home)) as ledger:
        seq = file_release_form(
            ledger,
            agency=agency,
            digest=digest,
            signed_by=by,
            signed_on=signed_on,
            no_resale=no_resale,
            at=now(),
        )
    console.print(f"The release form is filed; record {seq} of the log. Its digest:", markup=False)
    console.print(digest, markup=False, soft_wrap=True)
