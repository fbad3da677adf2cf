"""Refusals that are on the log, told with their rules and the place where they stand."""

from __future__ import annotations

from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.gate.review.dossier import DossierRefusal
from facegate.gate.review.rules import StepRefused
from facegate.policy.engine import CHECKED, GATE_RULE
from facegate.records import FailedRule
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TAKEN_ALREADY: Final = frozenset({"RV-TWICE"})
"""Rules that refuse what was done before: a conflict with what is on the log, not with the law."""


def refused(rules: Sequence[FailedRule], detail: str, receipt: Mapping[str, int | str]) -> Problem:
    """Tell a refusal with every rule that failed.

    Parameters
    ----------
    rules : sequence of FailedRule
        All of them.
    detail : str
        One sentence.
    receipt : mapping
        At least ``index``, the record of the refusal.
    """
    return Problem(HTTPStatus.FORBIDDEN, "policy-refusal", detail, rules=rules, receipt=receipt)


def by_rules(rules: Sequence[FailedRule], what: str, profile: str) -> str:
    """Say which rules refused what under which law, in one sentence."""
    names = ", ".join(one.rule_id for one in rules)
    return f"{what} is refused under {profile or 'no profile'} by {names}"


@contextmanager
def refusals_told() -> Iterator[None]:
    """Turn refusals that are on the log into problems that say rule and record.

    Raises
    ------
    Problem
        403; 409 for a step that was taken before.
    """
    try:
        yield
    except StepRefused as step:
        rule = FailedRule(step.rule, f"{step.say[:1].upper()}{step.say[1:]}.", GATE_RULE, CHECKED)
        told = refused((rule,), step.say, {"index": step.record})
        if step.rule in TAKEN_ALREADY:
            told.status, told.kind = HTTPStatus.CONFLICT, "taken-already"
        raise told from step
    except DossierRefusal as dossier:
        raise refused(dossier.failed, str(dossier), {"index": dossier.record}) from dossier
