"""``facegate policy diff``: one set of requests under two laws, as a table fit for a hearing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from facegate.cli.console import console, progress
from facegate.cli.policy_words import (
    NOT_LEGAL_ADVICE,
    AtOption,
    ProfilesOption,
    mark,
    now_or,
    out,
    say,
    unchecked_words,
)
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.policy.difference import Difference, LawAsked, Refusals, RuleDifference, compare_laws
from facegate.policy.engine import PolicyEngine
from facegate.policy.request_set import RequestSet, generated_set, read_request_set
from facegate.reporting.csv_files import csv_text
from facegate.reporting.rows import Row

LawName = Annotated[str, typer.Argument(help="NAME or NAME+OVERLAY.", show_default=False)]
PER_CENT = 100


def diff(
    p: LawName,
    q: LawName,
    *,
    requests: Annotated[
        Path | None,
        typer.Option(help="Your own set: a file of JSON lines, one request each.", show_default=False),
    ] = None,
    n: Annotated[int, typer.Option("--n", help="How many requests to generate.", min=1)] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed generates the same requests.")] = 1,
    at: AtOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write the table of rules to this CSV file as well.", show_default=False),
    ] = None,
    profiles: ProfilesOption = None,
) -> None:
    """Read a bill: put one set of requests under two laws, and table what each refuses by which rule.

    The set is generated, not real, unless --requests names one. A law that is not in force is asked as of
    the nearest day on which it was or will be.
    """
    engine, now = PolicyEngine.load(profiles), now_or(at)
    engine.profile(p), engine.profile(q)  # an unknown name is told before the work
    if csv is not None and not csv.parent.is_dir():
        msg = f"cannot write {csv}: there is no folder {csv.parent}"
        raise InputError(msg)
    asked = (
        generated_set(n, seed=seed, now=now, catalogue=engine.catalogue)
        if requests is None
        else read_request_set(requests)
    )
    found = _compared(engine, (p, q), asked, now)
    if csv is not None:
        replace_bytes(csv, csv_text([_row(one) for one in found.rules]).encode("utf-8"))
    if as_json:
        console.out(json.dumps(_answer(found, now), indent=2), highlight=False)
        return
    _print(found, now)


def _compared(engine: PolicyEngine, names: tuple[str, str], asked: RequestSet, now: datetime) -> Difference:
    """Ask both laws, with a bar on standard error."""
    with progress() as bar:
        task = bar.add_task("requests asked", total=len(asked.requests))
        return compare_laws(engine, names, asked, now, advance=lambda done: bar.update(task, completed=done))


def _print(found: Difference, now: datetime) -> None:
    """Print the whole page."""
    first, second = found.first.law, found.second.law
    out().print(f"[bold]What {escape(first.name)} and {escape(second.name)} would permit and refuse[/]\n")
    for letter, one in (("A", found.first), ("B", found.second)):
        _print_law(letter, one, now)
    say(f"The requests: {found.requests.source} Digest of the set {found.requests.digest[:16]}.")
    out().print(_outcomes(found))
    for words, headings in (
        ("A and refused under B", found.headings_only_first),
        ("B and refused under A", found.headings_only_second),
    ):
        if headings:
            listed = "; ".join(f"{heading} ({count})" for heading, count in headings)
            say(f"Permitted under {words}, most frequent offense headings: {listed}.\n")
    for title, rules, sides in _sections(found):
        if rules:
            out().print(f"[bold]{escape(title)}[/]")
            out().print(_table(rules, sides, len(found.requests.requests)))
    say(
        "all: requests of the set that the rule refuses, with its share of the set. alone: of these, those "
        "that no other rule of that law refuses: struck out, it would let them pass. "
        f"{found.n_silent_rules} rules of the two laws refused nothing of this set.\n"
    )
    if found.n_alarms:
        out().print(f"[bold]ALARM[/]: the engine raised {found.n_alarms} alarms; do not use these counts.")
    say(f"{unchecked_words(first)} {unchecked_words(second)} {NOT_LEGAL_ADVICE}")


def _sections(found: Difference) -> Iterator[tuple[str, list[RuleDifference], str]]:
    """Part the rules by whose they are: of both laws, of one, facegate's own."""
    first, second = found.first.law, found.second.law
    of_first, of_second = ({rule.rule_id for rule in law.own_rules} for law in (first, second))
    parts: Mapping[tuple[bool, bool], list[RuleDifference]] = {
        (True, True): [],
        (True, False): [],
        (False, True): [],
        (False, False): [],
    }
    for one in found.rules:
        parts[one.rule.rule_id in of_first, one.rule.rule_id in of_second].append(one)
    yield "Refused by rules that stand in both laws", parts[True, True], "AB"
    yield f"Refused by rules of A only, {first.name}", parts[True, False], "A"
    yield f"Refused by rules of B only, {second.name}", parts[False, True], "B"
    yield "Refused by facegate's own gate rules, not law, the same under both", parts[False, False], "AB"


def _print_law(letter: str, asked: LawAsked, now: datetime) -> None:
    """Say which law a letter stands for, when it holds, and as of when it was asked."""
    law = asked.law
    out().print(f"[bold]{letter}[/]  [bold]{escape(law.name)}[/], {law.period}; digest {law.digest[:16]}")
    if asked.today:
        say(f"   Asked as of {asked.at.date()}.")
    else:
        say(
            f"   Not in force on {now.date()}: asked as of {asked.at.date()}, the nearest day on which it is."
        )
    for caution in law.cautions:
        out().print(Padding(f"Caution: {escape(caution)}", (0, 0, 0, 3)))
    out().print()


def _outcomes(found: Difference) -> Table:
    """Table the four outcomes, in counts and per cent of the set."""
    table = Table(box=SIMPLE_HEAD)
    for column in ("", "permitted under B", "refused under B", "together"):
        table.add_column(column, justify="left" if not column else "right")
    total = len(found.requests.requests)
    rows = (
        ("permitted under A", found.both, found.only_first),
        ("refused under A", found.only_second, found.neither),
        ("together", found.both + found.only_second, found.only_first + found.neither),
    )
    for name, permitted, refused in rows:
        cells = (_share(count, total) for count in (permitted, refused, permitted + refused))
        table.add_row(name, *cells)
    return table


def _table(rules: list[RuleDifference], sides: str, total: int) -> Table:
    """Table rules: refused under each law, refused by that rule alone, what it says, citation, mark."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("rule", overflow="fold", max_width=24, style="bold")
    for side in sides:
        table.add_column(f"{side} all", justify="right", no_wrap=True)
        table.add_column(f"{side} alone", justify="right", no_wrap=True)
    table.add_column("what it says, where it stands, whether the text was checked", overflow="fold")
    for one in rules:
        counts = [cell for side in sides for cell in _cells(one.first if side == "A" else one.second, total)]
        stands = f"{one.rule.cite}; {mark(one.rule.checked)}"
        table.add_row(one.rule.rule_id, *counts, f"{escape(one.rule.say)}\n[dim]{escape(stands)}[/]")
    return table


def _cells(refusals: Refusals | None, total: int) -> tuple[str, str]:
    if refusals is None:
        return ("-", "-")
    return (_share(refusals.all, total), f"{refusals.alone:,}")


def _share(count: int, total: int) -> str:
    """Write a count with its share of the set."""
    return f"{count:,} ({PER_CENT * count / total:.1f} %)"


def _row(one: RuleDifference) -> Row:
    """Write one rule as a row of the CSV file."""
    return {
        "rule": one.rule.rule_id,
        "refused_under_a": one.first.all if one.first else None,
        "refused_under_a_alone": one.first.alone if one.first else None,
        "refused_under_b": one.second.all if one.second else None,
        "refused_under_b_alone": one.second.alone if one.second else None,
        "citation": one.rule.cite,
        "text": mark(one.rule.checked),
        "says": one.rule.say,
        "headings_under_a": _headings(one.first),
        "headings_under_b": _headings(one.second),
    }


def _headings(refusals: Refusals | None) -> str:
    return "; ".join(f"{heading} ({count})" for heading, count in refusals.headings) if refusals else ""


def _answer(found: Difference, now: datetime) -> dict[str, Any]:
    """Put everything that is printed into one JSON object."""
    return {
        "at": now.isoformat(),
        "a": _law(found.first),
        "b": _law(found.second),
        "requests": {
            "n": len(found.requests.requests),
            "source": found.requests.source,
            "digest": found.requests.digest,
        },
        "permitted_under_both": found.both,
        "permitted_under_a_only": found.only_first,
        "permitted_under_b_only": found.only_second,
        "refused_under_both": found.neither,
        "headings_permitted_under_a_only": found.headings_only_first,
        "headings_permitted_under_b_only": found.headings_only_second,
        "rules": [
            {**asdict(one), "checked_against_the_text": one.rule.checked.endswith(" checked")}
            for one in found.rules
        ],
        "rules_that_refused_nothing": found.n_silent_rules,
        "alarms": found.n_alarms,
        "not_legal_advice": True,
    }


def _law(asked: LawAsked) -> dict[str, Any]:
    law = asked.law
    return {
        "name": law.name,
        "period": str(law.period),
        "digest": law.digest,
        "asked_as_of": asked.at.isoformat(),
        "in_force": asked.today,
        "cautions": law.cautions,
        "rules_not_checked_against_the_text": [rule.rule_id for rule in law.own_rules if not rule.is_checked],
    }
