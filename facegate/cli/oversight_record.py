"""``facegate oversight outcome|demographics|judicial|retention|witnesses``: records of what comes later."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.gate.books import open_ledger
from facegate.gate.registers.demands import today
from facegate.oversight.quorum import record_witnesses
from facegate.oversight.recording.demographics import AGE_BANDS, OF, RACES, SEXES, record_demographics
from facegate.oversight.recording.judicial import STEPS, record_judicial
from facegate.oversight.recording.outcomes import OUTCOMES, record_outcome
from facegate.oversight.retention import CLASSES, REASONS, set_retention
from facegate.policy.request_file import read_text

SearchId = Annotated[str, typer.Argument(help="Id of the search.", show_default=False)]
Agency = Annotated[str, typer.Option(help="ORI of your agency, such as CO0160000.")]
By = Annotated[str, typer.Option("--by", help="Officer id of whoever records this.")]
SignedBy = Annotated[
    list[str], typer.Option(help="Officer id; twice, two officers of the agency that keeps the gallery.")
]


def _one_of(words: tuple[str, ...] | frozenset[str]) -> str:
    return ", ".join(sorted(words) if isinstance(words, frozenset) else words)


def outcome(
    search_id: SearchId,
    *,
    what: Annotated[str, typer.Option(help=f"One of {_one_of(OUTCOMES)}.")],
    agency: Agency,
    by: By,
    day: Annotated[str | None, typer.Option(help="When it happened; today if left out.")] = None,
    offense: Annotated[str, typer.Option(help="NCIC code of an arrest, charge or conviction.")] = "",
    reference: Annotated[str, typer.Option(help="Such as a docket number; sealed.")] = "",
    note: Annotated[str, typer.Option(help="Anything else; sealed.")] = "",
    home: HomeFolder = None,
) -> None:
    """Record what came of a search: an arrest, a charge, a lead confirmed or refuted, and more."""
    at = now()
    with open_ledger(home_of(home)) as ledger:
        seq = record_outcome(
            ledger,
            search_id=search_id,
            what=what,
            day=day or today(at),
            by=by,
            by_agency=agency,
            at=at,
            offense_charged=offense,
            reference=reference,
            note=note,
        )
    _say("The outcome is recorded", seq)


def demographics(
    search_id: SearchId,
    *,
    of: Annotated[str, typer.Option(help=f"Whom it is about: {_one_of(OF)}.")],
    sex: Annotated[str, typer.Option(help=f"One of {_one_of(SEXES)}.")],
    race: Annotated[str, typer.Option(help=f"One of {_one_of(RACES)}.")],
    age_band: Annotated[str, typer.Option(help=f"One of {_one_of(AGE_BANDS)}.")],
    agency: Agency,
    by: By,
    home: HomeFolder = None,
) -> None:
    """Record sex, race and age band of one person, as you know them; never as a photo suggests them.

    The words are sealed; reports count them and mask small counts.
    """
    with open_ledger(home_of(home)) as ledger:
        seq = record_demographics(
            ledger,
            search_id=search_id,
            of=of,
            sex=sex,
            race=race,
            age_band=age_band,
            by=by,
            by_agency=agency,
            at=now(),
        )
    _say("The demographics are recorded", seq)


def judicial(
    step: Annotated[str, typer.Argument(help=f"One of {_one_of(STEPS)}.", show_default=False)],
    *,
    agency: Agency,
    judge: Annotated[str, typer.Option(help="Name of the judge; sealed.")],
    officer: Annotated[str, typer.Option(help="Officer id of whoever applied; sealed.")],
    authorizer: Annotated[str, typer.Option(help="Officer id of whoever authorized it; sealed.")],
    places: Annotated[str, typer.Option(help="Nature of the places, such as 'street camera'; sealed.")],
    by: By,
    days: Annotated[
        int | None,
        typer.Option(help="For how many days it was granted, modified or extended.", show_default=False),
    ] = None,
    application: Annotated[
        int | None,
        typer.Option(
            metavar="RECORD",
            help="Number of the record in which this application was applied for; every later step names it.",
            show_default=False,
        ),
    ] = None,
    number: Annotated[str, typer.Option(help="The court's number; sealed.")] = "",
    search: Annotated[str, typer.Option(help="Id of the search made on it; sealed.")] = "",
    home: HomeFolder = None,
) -> None:
    """Record one step of an application for a warrant or order.

    The number of the record of the step `applied` is the application's: later steps name it with
    --application.
    """
    with open_ledger(home_of(home)) as ledger:
        seq = record_judicial(
            ledger,
            agency=agency,
            step=step,
            days=days,
            judge=judge,
            officer=officer,
            authorizer=authorizer,
            places=places,
            by=by,
            application=application,
            number=number,
            search_id=search,
            at=now(),
        )
    _say("The step is recorded", seq)


def retention(
    record_class: Annotated[str, typer.Argument(help=f"One of {_one_of(CLASSES)}.", show_default=False)],
    *,
    days: Annotated[int, typer.Option(help="How long its sealed part is kept.")],
    reason: Annotated[str, typer.Option(help=f"What the term rests on: {_one_of(REASONS)}. Public.")],
    assessment: Annotated[str, typer.Option(help="What was weighed, or where that is written; sealed.")],
    signed_by: SignedBy,
    home: HomeFolder = None,
) -> None:
    """Set how long the sealed part of one class of records is kept. Nothing is erased by this."""
    with open_ledger(home_of(home)) as ledger:
        seq = set_retention(
            ledger,
            record_class=record_class,
            days=days,
            reason=reason,
            assessment=assessment,
            signed_by=signed_by,
            at=now(),
        )
    _say(f"The sealed part of class {record_class} is kept {days:,} days from now on", seq)


def witnesses(
    policy: Annotated[Path, typer.Argument(help="The policy file (C2SP tlog-policy).", show_default=False)],
    *,
    published_at: Annotated[str, typer.Option(help="Where the file can be read; public.")],
    signed_by: SignedBy,
    outside: Annotated[
        list[str] | None,
        typer.Option(help="Name of a witness outside policing; once for each.", show_default=False),
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Record who witnesses the log, in public. A quorum that policing bodies could meet alone is refused."""
    with open_ledger(home_of(home)) as ledger:
        seq = record_witnesses(
            ledger,
            policy=read_text(policy),
            outside=outside or [],
            published_at=published_at,
            signed_by=signed_by,
            at=now(),
        )
    _say("The witnesses of the log are recorded", seq)


def _say(what: str, seq: int) -> None:
    console.print(f"{what}; record {seq} of the log.", markup=False, soft_wrap=True)
