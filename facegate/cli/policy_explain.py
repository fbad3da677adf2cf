"""``facegate policy explain``: what a law would say to one request, without searching anything."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.padding import Padding

from facegate.cli.console import console
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
from facegate.errors import PolicyRefusal
from facegate.policy.engine import PolicyDecision, PolicyEngine
from facegate.policy.facts import ASSUMED
from facegate.policy.missing import Missing, missing_words, still_missing
from facegate.policy.profile import Profile
from facegate.policy.request_file import StatedRequest, read_request_file
from facegate.records import FailedRule


def explain(
    request: Annotated[
        Path,
        typer.Argument(
            metavar="REQUEST",
            help="A request as .json or .toml; `facegate policy blank P` prints one to fill in.",
            show_default=False,
        ),
    ],
    *,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Ask this law, not the one the file names; NAME or NAME+OVERLAY.", show_default=False
        ),
    ] = None,
    overlay: Annotated[
        list[str] | None,
        typer.Option(help="Lay this overlay over it; may be given several times.", show_default=False),
    ] = None,
    at: AtOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    profiles: ProfilesOption = None,
) -> None:
    """Try a request on a law: the decision, every rule that refuses, and what is still missing.

    A dry run: nothing is searched and nothing is logged. Exit code 0: permitted; 3: refused.
    """
    engine, now = PolicyEngine.load(profiles), now_or(at)
    stated = read_request_file(request, profile=profile or "")
    name, *laid = stated.request.profile.split("+")
    overlays = tuple(dict.fromkeys((*laid, *stated.overlays, *(overlay or ()))))
    law = engine.profile("+".join((name, *overlays)))
    asked = replace(stated.request, profile=name)
    decision = engine.decide(asked, stated.facts, now, overlays=overlays)
    missing = still_missing(law, asked, decision)
    if as_json:
        answer = _answer(law, decision, missing, stated)
        console.out(json.dumps({"at": now.isoformat(), **answer}, indent=2), highlight=False)
    else:
        out().print(
            f"As of {now.isoformat(timespec='seconds')}, under [bold]{escape(law.name)}[/], {law.period}:"
        )
        _print_decision(decision, missing)
        _print_grounds(law, stated)
    if not decision.permitted:
        raise typer.Exit(PolicyRefusal.exit_code)


def _print_decision(decision: PolicyDecision, missing: tuple[Missing, ...]) -> None:
    """Print the decision, the rules behind it, and what is missing."""
    if decision.permitted:
        out().print("[bold]PERMITTED[/], in a dry run: a real search asks the registers as well.\n")
        return
    out().print(
        f"[bold]REFUSED[/] by {len(decision.failed)} rule{'s' if len(decision.failed) > 1 else ''}.\n"
    )
    for rule in decision.failed:
        out().print(f"[bold]{rule.rule_id}[/]  {escape(rule.say)}")
        out().print(Padding(escape(f"{rule.cite}; {mark(rule.checked)}"), (0, 0, 0, 4)))
    if decision.alarm:
        out().print(f"[bold]ALARM[/] {escape(decision.alarm)}")
    out().print("\n[bold]Still missing[/]")
    for one in missing:
        say(f"- {missing_words(one)}")
    if unreachable := _without_field(decision.failed, missing):
        say(f"- no field of the request would satisfy {', '.join(unreachable)}")
    if len(missing) > 1:
        say("A rule may want one of several fields, or a certain value; its sentence above says which.")
    out().print()


def _print_grounds(law: Profile, stated: StatedRequest) -> None:
    """Print what the answer rests on: assumptions, cautions, marks."""
    say(f"Assumed: {ASSUMED}")
    if stated.overridden:
        say(f"Not assumed but stated in the file: {', '.join(stated.overridden)}.")
    for caution in law.cautions:
        say(f"Caution: {caution}")
    say(f"{unchecked_words(law)} Policy digest {law.digest}. {NOT_LEGAL_ADVICE}")


def _without_field(failed: tuple[FailedRule, ...], missing: tuple[Missing, ...]) -> list[str]:
    """List failed rules that no field and no register would satisfy."""
    named = {rule for one in missing for rule in one.rules}
    return [rule.rule_id for rule in failed if rule.rule_id not in named]


def _answer(
    law: Profile, decision: PolicyDecision, missing: tuple[Missing, ...], stated: StatedRequest
) -> dict[str, Any]:
    """Put everything that is printed into one JSON object."""
    return {
        "permitted": decision.permitted,
        "law": law.name,
        "period": str(law.period),
        "policy_digest": decision.policy_digest,
        "failed": [
            {**asdict(rule), "checked_against_the_text": rule.checked.endswith(" checked")}
            for rule in decision.failed
        ],
        "missing": [asdict(one) for one in missing],
        "alarm": decision.alarm,
        "assumed": ASSUMED,
        "facts_stated": stated.overridden,
        "cautions": law.cautions,
        "rules_not_checked_against_the_text": [rule.rule_id for rule in law.own_rules if not rule.is_checked],
        "not_legal_advice": True,
    }
