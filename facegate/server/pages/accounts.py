"""Accounts, for whoever keeps them: who has which roles, first pass phrases, keys. Secrets are shown once.

A reply that holds a secret is the page itself, no redirect: an address or a second request would keep it.
"""

from collections.abc import Callable
from datetime import UTC
from http import HTTPStatus
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Path as InPath
from starlette.responses import Response

from facegate.errors import InputError
from facegate.server.acts import accounts as acts
from facegate.server.acts.accounts import Person
from facegate.server.asking import FRESH_FOR, ServiceOf
from facegate.server.identity.account import Account
from facegate.server.identity.caller import Caller
from facegate.server.identity.roles import APART, MAY, Operation, Role
from facegate.server.pages.calling import CONFIRM, PageCallerOf, see
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from, status_of
from facegate.server.problems import Problem
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

AccountId = Annotated[UUID, InPath()]
DAYS: Final = 90
WORK: Final = {
    Role.SEARCHER: "opens cases and asks for searches",
    Role.REVIEWER: "compares candidates with the probe, without the other reviewer's word",
    Role.SUPERVISOR: "approves searches, releases lists, corrects leads",
    Role.ENROLLER: "fills and corrects the gallery",
    Role.AUDITOR: "reads the record and its reports, and changes nothing",
    Role.MISUSE_OFFICER: "keeps the register of suspected misuse",
    Role.ADMINISTRATOR: "keeps accounts, and allows keys",
    Role.TESTER: "tests the comparison with photos of his own; has keys, and no pass phrase",
}
WHY_APART: Final = (
    ("administrator", "Whoever gives out rights must not use them: he could give himself any."),
    ("auditor", "Whoever audits must not have done what he audits."),
    ("misuse-officer", "Whoever looks into misuse must not have searched, reviewed or approved."),
    ("tester", "A tester is somebody from outside: he sees nothing but his own photos."),
)


@router.get("/accounts")
def show_accounts(request: Request, service: ServiceOf, caller: PageCallerOf) -> Response:
    """List the accounts, and offer to make one."""
    return _list(request, service, caller)


@router.post("/accounts")
def make_account(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Make an account, and show its first pass phrase once."""
    try:
        person = Person(form.text("officer"), form.text("agency"))
        made = acts.make_account(service, caller, form.text("name"), _roles(form), person=person)
    except REFUSALS as error:
        problem = problem_from(error)
        return _unfresh(problem, "/accounts") or _list(request, service, caller, form=form, problem=problem)
    return _secret(
        request, service, caller, made.account, secret=made.first_phrase or "", what="first pass phrase"
    )


@router.get("/accounts/{account_id}")
def show_account(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, done: str = ""
) -> Response:
    """Show one account with its keys."""
    return _one(request, service, caller, str(account_id), done=DONE.get(done, ""))


@router.post("/accounts/{account_id}/roles")
def set_roles(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, form: FormOf
) -> Response:
    """Give an account other roles."""
    return _changed(
        request, service, caller, str(account_id), done="roles",
        act=lambda: acts.set_roles(service, caller, str(account_id), _roles(form)),
    )  # fmt: skip


@router.post("/accounts/{account_id}/in-force")
def set_in_force(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, form: FormOf
) -> Response:
    """Disable an account, or enable it again."""
    wanted = form.text("in_force") == "yes"
    return _changed(
        request, service, caller, str(account_id), done="enabled" if wanted else "disabled",
        act=lambda: acts.set_in_force(service, caller, str(account_id), in_force=wanted),
    )  # fmt: skip


@router.post("/accounts/{account_id}/reset")
def reset(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, _: FormOf
) -> Response:
    """Give an account a new first pass phrase, shown once."""
    try:
        made = acts.reset_account(service, caller, str(account_id))
    except REFUSALS as error:
        return _refused(request, service, caller, str(account_id), problem_from(error))
    return _secret(
        request, service, caller, made.account, secret=made.first_phrase or "", what="first pass phrase"
    )


@router.post("/accounts/{account_id}/keys")
def issue_key(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, form: FormOf
) -> Response:
    """Issue a tester's API key, shown once."""
    try:
        issued = acts.issue_key(service, caller, str(account_id), days=_days(form.text("days")))
        account = acts.read_account(service, caller, str(account_id))
    except REFUSALS as error:
        return _refused(request, service, caller, str(account_id), problem_from(error))
    until = f"{issued.key.expires.astimezone(UTC):%Y-%m-%d}"
    return _secret(request, service, caller, account, secret=issued.secret, what="API key", until=until)


@router.post("/accounts/{account_id}/key-allowance")
def allow_key(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, form: FormOf
) -> Response:
    """Allow its holder to make an API key."""
    return _changed(
        request, service, caller, str(account_id), done="allowed",
        act=lambda: acts.allow_key(service, caller, str(account_id), days=_days(form.text("days"))),
    )  # fmt: skip


@router.post("/accounts/{account_id}/confirmation")
def confirm_account(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, _: FormOf
) -> Response:
    """Confirm what another administrator made, reset or widened."""
    return _changed(
        request, service, caller, str(account_id), done="confirmed",
        act=lambda: acts.confirm_account(service, caller, str(account_id)),
    )  # fmt: skip


@router.post("/accounts/{account_id}/keys/{key_id}/revoke")
def revoke_key(
    request: Request, service: ServiceOf, caller: PageCallerOf, account_id: AccountId, key_id: UUID, _: FormOf
) -> Response:
    """Revoke an API key."""
    return _changed(
        request, service, caller, str(account_id), done="revoked",
        act=lambda: acts.revoke_key(service, caller, str(account_id), str(key_id)),
    )  # fmt: skip


DONE: Final = {
    "roles": "The roles were changed. Its sessions have ended.",
    "disabled": "The account is disabled. Its sessions have ended and its keys are revoked.",
    "enabled": "The account is enabled. Keys that were revoked stay so.",
    "revoked": "The key is revoked: the next request with it is refused.",
    "allowed": "Its holder may make one key now, on the page of his own account. You will not see it.",
    "confirmed": "The account is confirmed, and in force.",
}
"""What was done, by the word in the address: nothing that somebody else wrote into one is shown."""


def _changed(
    request: Request,
    service: Service,
    caller: Caller,
    account_id: str,
    *,
    done: str,
    act: Callable[[], object],
) -> Response:
    try:
        act()
    except REFUSALS as error:
        return _refused(request, service, caller, account_id, problem_from(error))
    return see(f"/accounts/{account_id}?done={done}")


def _refused(
    request: Request, service: Service, caller: Caller, account_id: str, problem: Problem
) -> Response:
    """Show the account with what went wrong; what the page itself may not show is refused as a whole."""
    if problem.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
        raise problem
    again = _unfresh(problem, f"/accounts/{account_id}")
    return again or _one(request, service, caller, account_id, problem=problem)


def _unfresh(problem: Problem, back: str) -> Response | None:
    return see(f"{CONFIRM}?next={back}") if problem.kind == "login-not-fresh" else None


def _list(
    request: Request,
    service: Service,
    caller: Caller,
    *,
    form: Form | None = None,
    problem: Problem | None = None,
) -> Response:
    every = acts.list_accounts(service, caller)
    typed = form or Form()
    return page(
        request, service, caller, "accounts.html.j2",
        status=status_of(problem), problem=problem, accounts=every, typed=typed,
        chosen=typed.several.get("roles", ()), **_frame(service, caller),
    )  # fmt: skip


def _one(
    request: Request,
    service: Service,
    caller: Caller,
    account_id: str,
    *,
    done: str = "",
    problem: Problem | None = None,
) -> Response:
    account = acts.read_account(service, caller, account_id)
    return page(
        request, service, caller, "account_kept.html.j2",
        status=status_of(problem), problem=problem, done=done, account=account,
        chosen=tuple(account.roles), keys=acts.list_keys(service, caller, account_id),
        own=account.id == caller.account, days=DAYS, now=service.desk.clock(),
        changed_by=_name_of(service, account), waits_for_me=account.unconfirmed_by != caller.account,
        **_frame(service, caller),
    )  # fmt: skip


def _secret(
    request: Request,
    service: Service,
    caller: Caller,
    account: Account,
    *,
    secret: str,
    what: str,
    until: str = "",
) -> Response:
    return page(
        request, service, caller, "account_secret.html.j2",
        account=account, secret=secret, what=what, until=until, back=f"/accounts/{account.id}",
    )  # fmt: skip


def _frame(service: Service, caller: Caller) -> dict[str, Any]:
    """Give what both pages say: the roles, those that exclude each other, whether he may change anything."""
    may = bool(caller.roles & MAY[Operation.ACCOUNT_CHANGE])
    at = service.desk.clock()
    return {
        "work": WORK,
        "apart": [(name, why, _excluded(name)) for name, why in WHY_APART],
        "may": may,
        "fresh": caller.fresh_at is not None and at - caller.fresh_at <= FRESH_FOR,
    }


def _name_of(service: Service, account: Account) -> str:
    """Name the administrator whose making or change waits for another one's word."""
    by = service.identity.accounts.find(account.unconfirmed_by) if account.unconfirmed_by else None
    return "" if by is None else by.name


def _excluded(name: str) -> list[str]:
    """Name the roles that may not be in one account with this one."""
    role = Role(name)
    return sorted(str(other) for pair in APART if role in pair for other in pair - {role})


def _roles(form: Form) -> list[Role]:
    try:
        return [Role(one) for one in form.several.get("roles", ())]
    except ValueError as error:
        msg = "one of the roles is none that there is; choose from the list"
        raise InputError(msg) from error


def _days(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 3):  # noqa: PLR2004  up to 366
        msg = "how long the key holds: wanted a whole number of days from 1 to 366"
        raise InputError(msg)
    return int(typed)
