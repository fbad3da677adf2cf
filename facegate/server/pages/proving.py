"""Proof of the last ten minutes on pages: asked for before a form is shown, and beside it if it ran out.

Whoever wrote for longer than that gets his form back as he typed it, with a field for the proof: it is taken
together with the form, so that nothing typed is lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from facegate.server.asking import FRESH_FOR, demand
from facegate.server.pages.calling import see
from facegate.server.pages.trouble import REFUSALS, problem_from
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import Request
    from starlette.responses import Response

    from facegate.server.identity.caller import Caller
    from facegate.server.identity.roles import Operation
    from facegate.server.pages.forms import Form
    from facegate.server.service import Service

STALE: Final = "login-not-fresh"
ENDS: Final = frozenset({"not-found", "missing-role", "not-signed-in", "no-officer"})
"""Problems that no other words in a form mend."""


@dataclass(frozen=True, slots=True)
class Proved:
    """A caller with the proof that came with his form.

    Parameters
    ----------
    caller : Caller
        Fresh, if the proof was good.
    secret : str
        Of his session, which has another id since; empty if it has not.
    """

    caller: Caller
    secret: str = ""


def demand_proof(service: Service, caller: Caller, operation: Operation) -> None:
    """Send whoever may approve, and did not prove himself lately, to do so before he types anything.

    Raises
    ------
    Problem
        401 or 403; see `facegate.server.pages.calling.problem_page` for what becomes of it.
    """
    demand(caller, operation, at=service.desk.clock())


def proved(request: Request, service: Service, caller: Caller, form: Form) -> Proved:
    """Take the proof that was sent with a form; without one, the caller is as he was.

    Raises
    ------
    Problem
        401 if it is wrong, 429 after too many attempts.
    """
    code, phrase = form.text("proof_code"), form.text("proof_phrase")
    if not (code or phrase):
        return Proved(caller)
    secret = service.identity.step_up(request, code, phrase=phrase)
    return Proved(replace(caller, fresh_at=service.desk.clock()), secret)


def proof_values(
    service: Service, by: Proved, problem: Problem | None, *, proof_wrong: bool = False
) -> dict[str, Any]:
    """Give a form's template what it says of the proof.

    Parameters
    ----------
    service : Service
        Knows who has a second factor.
    by : Proved
        Who is shown the form.
    problem : Problem or None
        Why he is shown it again.
    proof_wrong : bool
        The problem is that his proof was not taken.
    """
    fresh = by.caller.fresh_at
    account = service.identity.accounts.demand(by.caller.account)
    asks = proof_wrong or (problem is not None and problem.kind == STALE)
    values: dict[str, Any] = {
        "proof": {
            "asked": asks,
            "has_code": account.has_second_factor,
            "provider": service.identity.provider_of(account),
            "until": None if fresh is None else fresh + FRESH_FOR,
        }
    }
    if by.secret:  # the form must carry the token of the session as it is named now
        values["csrf"] = service.identity.sessions.csrf(by.secret)
    return values


def approve(
    request: Request,
    service: Service,
    caller: Caller,
    form: Form,
    *,
    act: Callable[[Caller], str],
    again: Callable[[Proved, Problem, bool], Response],
) -> Response:
    """Do what a form asks for, with the proof that came with it, or show the form again as it was typed.

    Parameters
    ----------
    request, service, caller, form
        As everywhere.
    act : callable
        Takes the caller, does it, and gives the path to go on to.
    again : callable
        Takes who is shown the form, what went wrong, and whether that was the proof; gives the page.

    Raises
    ------
    Problem
        As `act`, where no other words in the form would change it.
    """
    by = Proved(caller)
    try:
        by = proved(request, service, caller, form)
    except Problem as problem:
        return again(by, problem, True)  # noqa: FBT003  which of two a page is shown for
    try:
        path = act(by.caller)
    except REFUSALS as error:
        refusal = problem_from(error)
        if refusal.kind in ENDS:
            raise
        return with_session(service, by, again(by, refusal, False))  # noqa: FBT003  likewise
    return with_session(service, by, see(path))


def with_session(service: Service, by: Proved, response: Response) -> Response:
    """Set the session's new id, if the proof gave it one."""
    if by.secret:
        service.identity.cookies.set_session(response, by.secret)
    return response
