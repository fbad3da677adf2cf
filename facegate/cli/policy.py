"""``facegate policy``: which laws are there, what each demands in plain words, which offenses it admits."""

from datetime import UTC, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.policy.admission import Admission, admissions, count_admissions
from facegate.policy.engine import PolicyEngine
from facegate.policy.offenses import Note, Offense, OffenseCatalogue, colorado_level
from facegate.policy.profile import Profile
from facegate.policy.rule import Rule

NOT_LEGAL_ADVICE = "Not legal advice."
NOTES = {
    Note.NONE: "",
    Note.EXCLUDED: "never searched for",
    Note.NOT_OFFENSE: "not an offense",
    Note.IMMIGRATION: "immigration: refused",
}

app = typer.Typer(
    help="The laws a search can be asked under: what each demands, with its citation, and what it admits.",
    no_args_is_help=True,
)


@app.command("list")
def list_profiles() -> None:
    """Show every profile: what it says in one sentence, and from when to when it holds.

    A profile is one law or rule book.
    A search names the one it is made under: `facegate search --profile NAME`.
    """
    table = Table(show_lines=True)
    for column in ("profile", "from", "until", "rules"):
        table.add_column(column, no_wrap=True)
    table.add_column("what it says")
    engine = PolicyEngine.load()
    for profile in engine.profiles.values():
        table.add_row(
            profile.name,
            str(profile.period.effective or "not stated"),
            str(profile.period.until or "none known"),
            f"{len(profile.own_rules)} + {len(profile.gate_rules)}",
            escape(profile.own_rules[0].say),
        )
    console.print(table)
    console.print(
        f"Rules: the profile's own + facegate's gate rules, which hold in all of them. {NOT_LEGAL_ADVICE}"
    )


@app.command()
def show(
    profile: Annotated[
        str, typer.Argument(help="Name of a profile, as `facegate policy list` shows it.", show_default=False)
    ],
    cedar: Annotated[
        bool,
        typer.Option(
            "--cedar",
            help="Print the Cedar text that decides, exactly; its SHA-256 is the policy digest on the log.",
        ),
    ] = False,
) -> None:
    """Show what one profile demands: each rule in plain words, its citation, whether the text was read."""
    law = PolicyEngine.load().profile(profile)
    if cedar:
        console.out(law.text, end="", highlight=False)
        return
    console.print(f"[bold]{escape(law.name)}[/], {law.period}. Policy digest {law.digest}.")
    console.print(f"\n[bold]The profile's own rules[/] ({law.own_rules[0].file})")
    _print_rules(law.own_rules)
    console.print("\n[bold]facegate's gate rules[/], in every profile, not statute")
    _print_rules(law.gate_rules)
    console.print("\n[bold]Not enforced in this version[/]")
    for item in law.not_enforced:
        _say(f"- {item}")
    console.print()
    _say(f"{NOT_LEGAL_ADVICE} {_date_of_text(law)}")


@app.command()
def offenses(
    profile: Annotated[
        str | None,
        typer.Option(
            help="Ask this profile about every code: admitted by the code alone, or as a felony only."
        ),
    ] = None,
) -> None:
    """List the offense codes: heading, word of Colorado's Level 1 list, and what each needs or forbids.

    The NCIC code decides whether a search is lawful, never free text. With --profile, two columns are
    added by asking that profile, everything else being in order and a charge citation given.
    """
    if profile is None:
        _print_catalogue(OffenseCatalogue.load())
        return
    engine = PolicyEngine.load()
    admitted = admissions(engine, profile, datetime.now(tz=UTC))
    _print_admissions(profile, tuple(admitted.values()))
    count = count_admissions(admitted)
    _say(
        f"{profile} admits {count.on_heading} of {count.n_offenses} headings on the code alone, "
        f"{count.with_felony} once a felony with its charge citation is claimed. {NOT_LEGAL_ADVICE}"
    )


def _print_rules(rules: tuple[Rule, ...]) -> None:
    """Print rules in plain words, neighbors of one source under its citation."""
    for source, those in groupby(rules, key=_source):
        console.print(f"  [dim]{escape(source)}[/]", soft_wrap=True)
        for rule in those:
            kind = "permits" if rule.effect == "permit" else "refuses with"
            console.print(f"    [bold]{rule.rule_id}[/] {kind}: {escape(rule.say)}", soft_wrap=True)


def _source(rule: Rule) -> str:
    """Say what a rule rests on, and whether anybody read it."""
    day, _, mark = rule.checked.partition(" ")
    reading = "checked" if rule.is_checked else f"not checked against the text ({mark})"
    return f"{rule.cite}. Read in: {rule.src}. {reading}, {day}"


def _date_of_text(law: Profile) -> str:
    """Say which text this is and when it was read."""
    stated = f"Text of {law.period.effective}" if law.period.effective else "The text states no date"
    return f"{stated}; read {law.own_rules[0].checked.partition(' ')[0]}."


def _needs(offense: Offense) -> str:
    """Say what keeps a heading out, or what it needs."""
    return NOTES[offense.note] or ("needs a charge citation" if offense.is_wide else "")


def _print_catalogue(catalogue: OffenseCatalogue) -> None:
    table = _table("code", "heading", "level", "Level 1 word", "note", title="Colorado memo of 2019")
    for one in catalogue:
        level = colorado_level(one, felony=False, charge_citation=None)
        table.add_row(one.code, escape(one.heading), level, one.level_1_word, _needs(one))
    console.print(table)
    listed = [one for one in catalogue if one.on_level_1_list]
    wide = sum(one.is_wide and one.is_admissible for one in listed)
    _say(
        f"{len(catalogue)} headings. {len(listed)} stand on Colorado's Level 1 list; "
        f"{sum(one.is_admissible for one in listed)} of these can be searched for, "
        f"{wide} of them only with a charge citation. Any other heading that is not refused counts as "
        f"Level 1 when a felony with its charge citation is claimed. {NOT_LEGAL_ADVICE}"
    )


def _print_admissions(profile: str, admitted: tuple[Admission, ...]) -> None:
    headings = ("code", "heading", "Level 1 word", "by the code", "as felony", "note")
    table = _table(*headings, title=escape(profile))
    for one in admitted:
        offense = one.offense
        table.add_row(
            offense.code,
            escape(offense.heading),
            offense.level_1_word,
            _yes(one.on_heading),
            _yes(one.with_felony),
            _needs(offense),
        )
    console.print(table)


def _table(*headings: str, title: str) -> Table:
    """Make a table that breaks long words rather than cutting them off."""
    table = Table(title=title)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _yes(admits: bool) -> str:
    return "admitted" if admits else "refused"


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
