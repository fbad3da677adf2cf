"""``facegate policy``: which laws are there, what each demands in plain words, what they do to requests."""

from datetime import UTC, date, datetime
from itertools import groupby
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from facegate.cli import policy_diff, policy_explain, policy_offenses, policy_replay, policy_validate
from facegate.cli.console import console, errors
from facegate.cli.policy_words import (
    NOT_LEGAL_ADVICE,
    ProfilesOption,
    kind,
    mark,
    out,
    say,
    today,
    unchecked_words,
)
from facegate.policy.blank_request import blank_request
from facegate.policy.engine import PolicyEngine
from facegate.policy.profile import Profile, spoken
from facegate.policy.rule import Rule

LawArgument = Annotated[
    str,
    typer.Argument(
        metavar="P",
        help="Name of a profile, as `facegate policy list` shows it; NAME+OVERLAY lays an overlay over it.",
        show_default=False,
    ),
]

app = typer.Typer(
    help="The laws a search can be asked under: what each demands, with its citation, and what it admits.",
    no_args_is_help=True,
)


@app.command("list")
def list_profiles(*, profiles: ProfilesOption = None) -> None:
    """Show every profile: what it is, its dates, its rules, and how many were not checked against the text.

    A profile is one law or rule book; an overlay permits nothing and can be laid over a profile.
    A search names the law it is made under: `facegate search --profile NAME`.
    """
    engine, day = PolicyEngine.load(profiles), datetime.now(tz=UTC).date()
    laws = tuple(engine.profiles.values())
    for words in ("profile", "overlay"):
        if those := [law for law in laws if kind(law) == words]:
            out().print(_table_of(f"{len(those)} {words}{'s' if len(those) > 1 else ''}", those, day))
    say(
        f"rules: the law's own; facegate's {len(laws[0].gate_rules)} gate rules hold in all of them. "
        'unchecked: rules that print "not checked against the text", because nobody held them against it. '
        f"undated: the text states no first day. {NOT_LEGAL_ADVICE}"
    )


def _table_of(title: str, laws: list[Profile], day: date) -> Table:
    """Table laws, a line or two each."""
    table = Table(title=f"[bold]{title}[/]", title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("name", "from", "until", "today"):
        table.add_column(column, no_wrap=True)
    table.add_column("rules", justify="right", no_wrap=True)
    table.add_column("unchecked", justify="right", no_wrap=True)
    table.add_column("source")
    for law in laws:
        table.add_row(
            escape(law.name),
            str(law.period.effective or "not stated"),
            str(law.period.until or "none known"),
            today(law, day),
            str(len(law.own_rules)),
            str(sum(not rule.is_checked for rule in law.own_rules) or "none"),
            escape(law.own_rules[0].cite),
        )
    return table


@app.command()
def show(
    profile: LawArgument,
    *,
    cedar: Annotated[
        bool,
        typer.Option(
            "--cedar",
            help="Print the Cedar text that decides, exactly; its SHA-256 is the policy digest on the log.",
        ),
    ] = False,
    profiles: ProfilesOption = None,
) -> None:
    """Show what one law demands: each rule in plain words, its citation, whether the text was read."""
    law = PolicyEngine.load(profiles).profile(profile)
    if cedar:
        console.out(law.text, end="", highlight=False)
        errors.print(unchecked_words(law), markup=False)  # beside the text, whose digest must stay right
        return
    _print_head(law)
    out().print(f"\n[bold]The law's own rules[/] ({', '.join(dict.fromkeys(r.file for r in law.own_rules))})")
    _print_rules(law, law.own_rules)
    out().print("\n[bold]facegate's gate rules[/], in every profile, not statute")
    _print_rules(law, law.gate_rules)
    out().print("\n[bold]Demanded by the sources and not enforced in this version[/]")
    for item in law.not_enforced:
        say(f"- {item}")
    out().print()
    say(f"{unchecked_words(law)} {NOT_LEGAL_ADVICE} {_date_of_text(law)}")


@app.command()
def blank(profile: LawArgument, *, profiles: ProfilesOption = None) -> None:
    """Print a blank request in TOML: every field explained, with an example value, ready for `explain`."""
    console.out(blank_request(PolicyEngine.load(profiles).profile(profile)), end="", highlight=False)


app.command()(policy_offenses.offenses)
app.command()(policy_explain.explain)
app.command()(policy_diff.diff)
app.command()(policy_validate.validate)
app.command()(policy_replay.replay)


def _print_head(law: Profile) -> None:
    """Say what a law is, when it holds, what it opens, and what its reader must know."""
    state = today(law, datetime.now(tz=UTC).date())
    out().print(f"[bold]{escape(law.name)}[/], {kind(law)}; {law.period}; today: {state}.")
    say(f"Policy digest {law.digest}.")
    permits = ", ".join(rule.action for rule in law.rules if rule.action)
    say(f"Actions permitted: {permits or 'none; it only takes away'}.")
    say(f"Offense levels: {', '.join(law.levels)}.")
    say(f"Opens, of what is refused everywhere else: {', '.join(law.allows) or 'nothing'}.")
    if law.citation:
        say(f"Charge citations are compared in this form: {law.citation}.")
    for caution in law.cautions:
        out().print(f"[bold]Caution:[/] {escape(caution)}")


def _print_rules(law: Profile, rules: tuple[Rule, ...]) -> None:
    """Print rules in plain words, neighbors of one source under its citation."""
    for source, those in groupby(rules, key=_source):
        out().print(Padding(f"[dim]{escape(source)}[/]", (0, 0, 0, 2)))
        for rule in those:
            does = "permits" if rule.effect == "permit" else "refuses with"
            unread = "" if rule.is_checked else " [bold]\\[not checked against the text][/]"
            sentence = escape(spoken(rule, law).say)
            out().print(Padding(f"[bold]{rule.rule_id}[/] {does}: {sentence}{unread}", (0, 0, 0, 4)))


def _source(rule: Rule) -> str:
    """Say what a rule rests on, and whether anybody read it."""
    return f"{rule.cite}. Read in: {rule.src}. {mark(rule.checked)}"


def _date_of_text(law: Profile) -> str:
    """Say which text this is and when it was read."""
    stated = f"Text of {law.period.effective}" if law.period.effective else "The text states no date"
    return f"{stated}; read {law.own_rules[0].checked.partition(' ')[0]}."
