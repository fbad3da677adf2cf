"""One's own account: pass phrase, second factor, and where one is signed in."""

from datetime import UTC
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.errors import InputError
from facegate.server.acts import accounts as acts
from facegate.server.asking import ServiceOf
from facegate.server.identity.caller import Caller
from facegate.server.identity.second_factor import Seed
from facegate.server.pages.calling import CONFIRM, SIGN_IN, PageCallerOf, see
from facegate.server.pages.forms import FormOf
from facegate.server.pages.proving import STALE
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from, status_of
from facegate.server.problems import Problem
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

DONE: Final = {
    "second-factor": "The second factor is in force: from now on signing in asks for a code.",
    "session": "That session has ended.",
    "revoked": "The key is revoked: the next request with it is refused.",
}


@router.get("/account")
def show_account(request: Request, service: ServiceOf, caller: PageCallerOf, done: str = "") -> Response:
    """Show one's own account."""
    return _account(request, service, caller, done=DONE.get(done, ""))


@router.post("/account/phrase")
def change_phrase(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Change the pass phrase; every session ends, so one signs in with the new one."""
    try:
        if form.text("new") != form.text("again"):
            _differ()
        acts.change_phrase(service, caller, old=form.text("old"), new=form.text("new"))
    except REFUSALS as error:
        return _account(request, service, caller, problem=problem_from(error))
    response = see(SIGN_IN)
    service.identity.cookies.drop(response, service.identity.cookies.session)
    return response


@router.post("/account/second-factor")
def begin(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Show a new seed for an authenticator app, once."""
    try:
        seed = acts.begin_second_factor(service, caller, phrase=form.text("phrase"))
    except REFUSALS as error:
        return _account(request, service, caller, problem=problem_from(error))
    return _account(request, service, caller, seed=seed)


@router.post("/account/second-factor/confirm")
def confirm(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Put the second factor in force by its first code."""
    try:
        acts.confirm_second_factor(service, caller, code=form.text("code"))
    except REFUSALS as error:
        return _account(request, service, caller, problem=problem_from(error))
    return see("/account?done=second-factor")


@router.post("/account/keys")
def make_key(request: Request, service: ServiceOf, caller: PageCallerOf, _: FormOf) -> Response:
    """Make the API key that an administrator allowed, shown once."""
    try:
        issued = acts.make_own_key(service, caller)
    except REFUSALS as error:
        problem = problem_from(error)
        if problem.kind == STALE:
            return see(f"{CONFIRM}?next=/account")
        return _account(request, service, caller, problem=problem)
    return page(
        request, service, caller, "account_secret.html.j2",
        account=acts.own_account(service, caller), secret=issued.secret, what="API key",
        until=f"{issued.key.expires.astimezone(UTC):%Y-%m-%d}", back="/account",
    )  # fmt: skip


@router.post("/account/keys/{key_id}/revoke")
def revoke_key(
    request: Request, service: ServiceOf, caller: PageCallerOf, key_id: UUID, _: FormOf
) -> Response:
    """Revoke one of one's own keys."""
    try:
        acts.revoke_own_key(service, caller, str(key_id))
    except REFUSALS as error:
        return _account(request, service, caller, problem=problem_from(error))
    return see("/account?done=revoked")


@router.post("/account/sessions/{session_id}/end")
def end_session(
    request: Request, service: ServiceOf, caller: PageCallerOf, session_id: UUID, _: FormOf
) -> Response:
    """End one of one's own sessions."""
    try:
        acts.end_session(service, caller, str(session_id))
    except REFUSALS as error:
        return _account(request, service, caller, problem=problem_from(error))
    return see("/account?done=session")


def _differ() -> None:
    """Refuse a new phrase that was not typed twice alike.

    Raises
    ------
    InputError
        Always.
    """
    msg = "the two new pass phrases differ; type the same one twice"
    raise InputError(msg)


def _account(
    request: Request,
    service: Service,
    caller: Caller,
    *,
    done: str = "",
    problem: Problem | None = None,
    seed: Seed | None = None,
) -> Response:
    account = acts.own_account(service, caller)
    return page(
        request, service, caller, "account.html.j2",
        status=status_of(problem), done=done, problem=problem, account=account, seed=seed,
        groups=() if seed is None else _groups(seed.secret),
        sessions=acts.list_sessions(service, caller),
        keys=acts.list_own_keys(service, caller), now=service.desk.clock(),
    )  # fmt: skip


def _groups(secret: str) -> tuple[str, ...]:
    """Cut a secret into groups of four, for whoever types it by hand."""
    return tuple(secret[at : at + 4] for at in range(0, len(secret), 4))
