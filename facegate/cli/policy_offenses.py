"""``facegate policy offenses``: which offense codes there are, and which of them a law admits."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.policy_words import NOT_LEGAL_ADVICE, READINGS, ProfilesOption, out, say, unchecked_words
from facegate.errors import InputError
from facegate.policy.admission import Admission, AdmissionCount, admissions, count_admissions
from facegate.policy.engine import PolicyEngine
from facegate.policy.levels import levels_taken
from facegate.policy.offenses import Note, Offense, OffenseCatalogue, colorado_level
from facegate.policy.profile import Profile

NOTES = {
    Note.NONE: "",
    Note.EXCLUDED: "never searched for",
    Note.NOT_OFFENSE: "not an offense",
    Note.IMMIGRATION: "immigration: refused",
}


def offenses(
    *,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Ask this profile about every code: admitted by the code alone, or as a felony only.",
            show_default=False,
        ),
    ] = None,
    nibrs: Annotated[
        bool, typer.Option("--nibrs", help="List the NIBRS codes instead: the axis of reports.")
    ] = False,
    profiles: ProfilesOption = None,
) -> None:
    """List the offense codes: heading, level, and what each needs or forbids.

    The NCIC code decides whether a search is lawful, never free text. With --profile, each code is
    put to that profile, everything else being in order and a charge citation given: the level it takes, and
    whether it admits the code, without a felony claim and with one.
    """
    if nibrs and profile is not None:
        msg = "a NIBRS code admits nothing in any profile: wanted --nibrs or --profile, got both"
        raise InputError(msg)
    if nibrs:
        _print_nibrs(OffenseCatalogue.load())
    elif profile is None:
        _print_catalogue(OffenseCatalogue.load())
    else:
        _print_profile(PolicyEngine.load(profiles), profile)


def _print_catalogue(catalogue: OffenseCatalogue) -> None:
    table = _table("code", "heading", "level", "Level 1 word", "note", title="Colorado memo of 2019")
    for one in catalogue:
        level = colorado_level(one, felony=False, charge_citation=None)
        table.add_row(one.code, escape(one.heading), level, one.level_1_word, _needs(one))
    out().print(table)
    listed = [one for one in catalogue if one.on_level_1_list]
    wide = sum(one.is_wide and one.is_admissible for one in listed)
    say(
        f"{len(catalogue)} headings. {len(listed)} stand on Colorado's Level 1 list; "
        f"{sum(one.is_admissible for one in listed)} of these can be searched for, "
        f"{wide} of them only with a charge citation. Any other heading that is not refused counts as "
        f"Level 1 when a felony with its charge citation is claimed. {NOT_LEGAL_ADVICE}"
    )


def _print_nibrs(catalogue: OffenseCatalogue) -> None:
    table = _table("code", "name", "crime against", "note", title="NIBRS")
    for one in catalogue.nibrs.values():
        note = {"immigration": "immigration: refused", "not_offense": "not an offense"}.get(one.note, "")
        table.add_row(one.code, escape(one.name), one.crime_against, note)
    out().print(table)
    say(
        f"{len(catalogue.nibrs)} codes. Reports count offenses by them; none admits a search. "
        f"Robbery is a crime against property there. {NOT_LEGAL_ADVICE}"
    )


def _print_profile(engine: PolicyEngine, name: str) -> None:
    law, now = engine.profile(name), datetime.now(tz=UTC)
    admitted = admissions(engine, name, now)
    _print_admissions(law, tuple(admitted.values()), levels_taken(engine, law, now))
    count = count_admissions(admitted)
    say(
        f"{name} admits {count.on_heading} of {count.n_offenses} headings on the code alone, "
        f"{count.with_felony} once a felony with its charge citation is claimed. Its offense levels: "
        f"{', '.join(law.levels)}; a level left empty is taken whichever is stated."
    )
    if name in READINGS and set(READINGS) <= engine.profiles.keys():
        say(_readings({one: count_admissions(admissions(engine, one, now)) for one in READINGS}))
    say(f"{unchecked_words(law)} {NOT_LEGAL_ADVICE}")


def _readings(counts: dict[str, AdmissionCount]) -> str:
    """Say how far the two readings of the memo's last words lie apart."""
    loose, strict = (counts[name] for name in READINGS)
    return (
        'The memo ends "and any other crimes that are felony level", which is read in two ways. '
        f"{READINGS[0]} (on the list, or any felony) admits {loose.on_heading} headings on the code alone "
        f"and {loose.with_felony} as felonies; {READINGS[1]} (on the list, and a felony) admits "
        f"{strict.on_heading} and {strict.with_felony}. The difference: "
        f"{loose.on_heading - strict.on_heading} headings without a felony claim, "
        f"{loose.with_felony - strict.with_felony} with one."
    )


def _print_admissions(
    law: Profile, admitted: tuple[Admission, ...], levels: Mapping[str, tuple[str, str]]
) -> None:
    """Table every heading: admitted by its code, and as a felony, and the level the law takes in each."""
    headings = ("code", "heading", "level", "by the code", "level, felony", "as felony", "note")
    table = _table(*headings, title=escape(law.name))
    for one in admitted:
        offense = one.offense
        level, as_felony = levels[offense.code]
        answers = (level, _yes(one.on_heading), as_felony, _yes(one.with_felony))
        table.add_row(offense.code, escape(offense.heading), *answers, _needs(offense))
    out().print(table)


def _table(*headings: str, title: str) -> Table:
    """Make a table that breaks long words rather than cutting them off."""
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _needs(offense: Offense) -> str:
    """Say what keeps a heading out, or what it needs."""
    return NOTES[offense.note] or ("needs a charge citation" if offense.is_wide else "")


def _yes(admits: bool) -> str:
    return "admitted" if admits else "refused"
