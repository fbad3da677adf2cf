"""``facegate misuse``: cases of suspected misuse, yearly statements, the docket, and the detectors."""

from typing import Annotated

import typer

from facegate.cli import misuse_show
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.ledger.ledger import Ledger
from facegate.oversight.misuse.acting import By, register_before, register_of, searcher_of
from facegate.oversight.misuse.docket import year_end
from facegate.oversight.misuse.figures import YearFigures
from facegate.oversight.misuse.filing import file_statement
from facegate.oversight.misuse.recording import close_case, note, open_case, reopen_case, state_outcome
from facegate.oversight.misuse.words import State

app = typer.Typer(
    help="Misuse of the search: cases, yearly statements, what is overdue, and detectors that look for it.",
    no_args_is_help=True,
)

Number = Annotated[int, typer.Argument(min=0, help="Number of the misuse case.", show_default=False)]
Acting = Annotated[str, typer.Option("--by", help="Officer id of whoever does this.")]
ActingAgency = Annotated[
    str, typer.Option("--by-agency", help="ORI of his agency; that of the case if left out.")
]
OfficerConcerned = Annotated[str, typer.Option("--officer", help="Officer id of whom it is about; sealed.")]
OutcomeText = Annotated[str, typer.Option("--outcome-text", help="What `other` was; sealed.")]


@app.command(name="open")
def open_(
    *,
    by: Acting,
    source: Annotated[str, typer.Option(help="detector, complaint or audit.")],
    misuse_class: Annotated[str, typer.Option("--class", help="Class of misuse, such as self_search.")],
    text: Annotated[str, typer.Option("--text", help="What is suspected; sealed.")],
    search: Annotated[
        list[str] | None,
        typer.Option(
            help="Id of a search concerned, late-12 for one entered by hand; may come several times."
        ),
    ] = None,
    agency: Annotated[
        str, typer.Option(help="ORI of the agency concerned; that of the search if left out.")
    ] = "",
    officer: OfficerConcerned = "",
    by_agency: ActingAgency = "",
    home: HomeFolder = None,
) -> None:
    """Open a case of suspected misuse; it is due in 90 days.

    With --search, agency and officer are those of the search. Public are agency, class and source; officer,
    searches and text are sealed.
    """
    searches = tuple(search or ())
    with open_ledger(home_of(home)) as ledger:
        if searches:
            its_agency, its_officer = searcher_of(ledger, searches[0])
            agency, officer = agency or its_agency, officer or its_officer
        if not agency:
            msg = "a misuse case is about an agency: name it with --agency, or a search with --search"
            raise InputError(msg)
        number = open_case(
            ledger,
            agency=agency,
            source=source,
            misuse_class=misuse_class,
            narrative=text,
            by=By(by, by_agency or agency),
            at=now(),
            officer=officer,
            searches=searches,
        )
    console.print(f"Misuse case {number} is open; it is record {number} of the log.", markup=False)


@app.command(name="note")
def note_(
    number: Number,
    *,
    by: Acting,
    text: Annotated[str, typer.Option(help="What was done about the case; sealed.")],
    by_agency: ActingAgency = "",
    home: HomeFolder = None,
) -> None:
    """Record what was done about a pending case: the follow-up that a finding of 90 days asks for."""
    with open_ledger(home_of(home)) as ledger:
        who = _acting(ledger, number, by, by_agency)
        seq = note(ledger, number, text=text, by=who, at=now())
    console.print(f"The note on misuse case {number} is record {seq} of the log.", markup=False)


@app.command()
def close(
    number: Number,
    *,
    by: Acting,
    text: Annotated[str, typer.Option(help="What was found; sealed.")],
    confirmed: Annotated[bool, typer.Option("--confirmed", help="It was misuse.")] = False,
    cleared: Annotated[bool, typer.Option("--cleared", help="It was none.")] = False,
    outcome: Annotated[
        str, typer.Option(help="What came of it, the gravest, such as counseling; may be stated later.")
    ] = "",
    outcome_text: OutcomeText = "",
    officer: OfficerConcerned = "",
    suspend: Annotated[bool, typer.Option("--suspend", help="Suspend the officer, first of all.")] = False,
    decline_suspension: Annotated[
        str, typer.Option(help="Why he is not suspended: the reason sealed, the fact public.")
    ] = "",
    by_agency: ActingAgency = "",
    home: HomeFolder = None,
) -> None:
    """Close a case: --confirmed or --cleared.

    A second confirmed case of the same officer within 24 months needs --suspend or --decline-suspension.
    """
    if confirmed == cleared:
        msg = "a case is closed either --confirmed or --cleared; say one of the two"
        raise InputError(msg)
    with open_ledger(home_of(home)) as ledger:
        seq = close_case(
            ledger,
            number,
            state=State.CONFIRMED if confirmed else State.CLEARED,
            reason=text,
            by=_acting(ledger, number, by, by_agency),
            at=now(),
            outcome=outcome,
            outcome_text=outcome_text,
            officer=officer,
            suspend=suspend,
            decline_suspension=decline_suspension,
        )
    state = "confirmed" if confirmed else "cleared"
    gap = " No outcome is stated yet: that is printed as a gap." if confirmed and not outcome else ""
    sentence = f"Misuse case {number} is {state}; record {seq} of the log.{gap}"
    console.print(sentence, markup=False, soft_wrap=True)


@app.command()
def outcome(
    number: Number,
    word: Annotated[str, typer.Argument(help="What came of it, such as counseling.", show_default=False)],
    *,
    by: Acting,
    outcome_text: OutcomeText = "",
    by_agency: ActingAgency = "",
    home: HomeFolder = None,
) -> None:
    """State what came of a confirmed case, in the place of what was stated before."""
    with open_ledger(home_of(home)) as ledger:
        who = _acting(ledger, number, by, by_agency)
        seq = state_outcome(ledger, number, outcome=word, by=who, at=now(), outcome_text=outcome_text)
    console.print(f"The outcome of misuse case {number} is record {seq} of the log.", markup=False)


@app.command()
def reopen(
    number: Number,
    *,
    by: Acting,
    text: Annotated[str, typer.Option(help="Why; sealed.")],
    by_agency: ActingAgency = "",
    home: HomeFolder = None,
) -> None:
    """Open a closed case again; its days pending go on where they stopped."""
    with open_ledger(home_of(home)) as ledger:
        who = _acting(ledger, number, by, by_agency)
        seq = reopen_case(ledger, number, reason=text, by=who, at=now())
    console.print(f"Misuse case {number} is pending again; record {seq} of the log.", markup=False)


@app.command(name="file")
def file_(
    year: Annotated[int, typer.Argument(help="A year that is over.", show_default=False)],
    *,
    agency: Annotated[str, typer.Option(help="ORI of the agency that files.")],
    by: Acting,
    opened: Annotated[int, typer.Option(min=0, help="Cases opened in the year.")],
    confirmed: Annotated[int, typer.Option(min=0, help="Of these, found to be misuse.")] = 0,
    cleared: Annotated[int, typer.Option(min=0, help="Of these, found to be none.")] = 0,
    pending: Annotated[int, typer.Option(min=0, help="Of these, undecided.")] = 0,
    outcome: Annotated[
        list[str] | None, typer.Option(help="Such as counseling=2; one outcome a confirmed case.")
    ] = None,
    home: HomeFolder = None,
) -> None:
    """File an agency's yearly statement. Zero cases (--opened 0) is a filing; silence is none.

    The numbers are the agency's own, and are held against the log as it stood on 31 December of that year:
    a case decided in January counts as pending. Those numbers are printed, and `facegate misuse year` prints
    them beforehand. Nothing is filed while a case pending for more than 90 days has no follow-up.
    """
    figures = YearFigures(year, opened, confirmed, pending, cleared, _outcomes(outcome or []))
    stated = (opened, confirmed, cleared, pending)
    with open_ledger(home_of(home)) as ledger:
        seq = file_statement(ledger, agency=agency, figures=figures, by=By(by, agency), at=now())
        derived = register_before(ledger, year_end(year)).figures(year, agency=agency)
    gap = f" {figures.outcome_gap} confirmed have no stated outcome." if figures.outcome_gap else ""
    same = (derived.opened, derived.confirmed, derived.cleared, derived.pending) == stated
    differs = (
        "" if same else ": the statement differs, which stands on the docket until one that fits is filed"
    )
    sentence = (
        f"The statement of {agency} for {year} is filed; record {seq} of the log.{gap} On 31 December "
        f"{year} stood on the log {derived.opened} opened, {derived.confirmed} confirmed, "
        f"{derived.cleared} cleared, {derived.pending} pending{differs}."
    )
    console.print(sentence, markup=False, soft_wrap=True)


app.command(name="list")(misuse_show.list_)
app.command()(misuse_show.docket)
app.command()(misuse_show.year)
app.command()(misuse_show.detect)


def _acting(ledger: Ledger, number: int, by: str, by_agency: str) -> By:
    """Give who acts; of the case's agency, if nothing else is said."""
    case = register_of(ledger).cases.get(number)
    return By(by, by_agency or ("" if case is None else case.agency))


def _outcomes(stated: list[str]) -> dict[str, int]:
    """Read outcomes such as ``counseling=2``."""
    found: dict[str, int] = {}
    for one in stated:
        word, _, count = one.partition("=")
        if not (count.isascii() and count.isdecimal()) or word in found:
            msg = f"an outcome is stated once, such as counseling=2, got {one[:40]!r}"
            raise InputError(msg)
        found[word] = int(count)
    return found
