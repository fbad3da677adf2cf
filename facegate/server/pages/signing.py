"""Signing in and out, proving oneself anew before an approval, and one's own account."""

from collections.abc import Collection
from http import HTTPStatus

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.errors import FacegateError
from facegate.server.asking import ServiceOf
from facegate.server.identity.caller import NOBODY, Caller
from facegate.server.identity.code_flow import FLOW_SECONDS
from facegate.server.pages.calling import HOME, PageCallerOf, own_path, see
from facegate.server.pages.forms import FormOf, OpenFormOf
from facegate.server.pages.rendering import page
from facegate.server.problems import Problem, problem_of
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)
ASKS_MORE = {"code-wanted": "code", "pass-phrase-to-be-changed": "new_phrase"}


@router.get("/sign-in")
def show_sign_in(request: Request, service: ServiceOf, caller: PageCallerOf, next: str = "/") -> Response:  # noqa: A002  as the address says
    """Show the form; whoever is signed in goes where he was going."""
    if caller.known:
        return see(own_path(next))
    return _form(request, service, then=own_path(next))


@router.post("/sign-in")
def sign_in(request: Request, service: ServiceOf, form: OpenFormOf) -> Response:
    """Begin a session, or show the form again with what is wrong or wanted."""
    then = own_path(form.text("next"))
    identity = service.identity
    try:
        secret = identity.log_in(
            form.text("name"),
            form.text("phrase"),
            code=form.text("code"),
            new_phrase=form.text("new_phrase"),
            address=request.client.host if request.client else "",
            browser=request.headers.get("user-agent", "")[:200],
            old=request.cookies.get(identity.cookies.session, ""),
        )
    except (Problem, FacegateError) as error:
        problem = error if isinstance(error, Problem) else problem_of(error)
        asked = {one for kind, one in ASKS_MORE.items() if kind == problem.kind or form.ticked(one)}
        return _form(request, service, then=then, problem=problem, name=form.text("name"), asked=asked)
    response = see(then)
    identity.cookies.set_session(response, secret)
    return response


@router.get("/login/{name}")
def begin_elsewhere(name: str, service: ServiceOf) -> Response:
    """Send the browser to an identity provider."""
    identity = service.identity
    start = identity.code_flow.start(name)
    response = see(start.url)
    identity.cookies.set_flow(response, start.cookie, FLOW_SECONDS)
    return response


@router.get("/confirm/at-provider")
def begin_again(request: Request, service: ServiceOf, caller: PageCallerOf, next: str = "/") -> Response:  # noqa: A002  as the address says
    """Send whoever a provider signs in back there, to prove himself once more."""
    if not caller.known:
        return see("/sign-in")
    identity = service.identity
    start = identity.prove_at_provider(request, own_path(next))
    response = see(start.url)
    identity.cookies.set_flow(response, start.cookie, FLOW_SECONDS)
    return response


@router.get("/login/{name}/back")
def come_back(request: Request, name: str, service: ServiceOf, state: str = "", code: str = "") -> Response:
    """Begin the session of whoever a provider signed in.

    A page with a link, no redirect: the browser was sent here from another site, and would not show a
    strict cookie at the next step of the same journey.
    """
    identity = service.identity
    cookie = request.cookies.get(identity.cookies.flow, "")
    verified = identity.code_flow.finish(name, cookie=cookie, state=state, code=code)
    browser = request.headers.get("user-agent", "")[:200]
    again = identity.code_flow.again(cookie)
    if again is None:
        old = request.cookies.get(identity.cookies.session, "")
        secret = identity.log_in_by_provider(verified, browser=browser, old=old)
    else:
        secret = identity.proved_at_provider(verified, again, browser=browser)
    then = HOME if again is None else own_path(again.then)
    response = page(request, service, NOBODY, "signed_in.html.j2", then=then)
    identity.cookies.drop(response, identity.cookies.flow)
    identity.cookies.set_session(response, secret)
    return response


@router.post("/sign-out")
def sign_out(request: Request, service: ServiceOf, _: FormOf) -> Response:
    """End the session."""
    service.identity.log_out(request)
    response = see("/sign-in")
    service.identity.cookies.drop(response, service.identity.cookies.session)
    return response


@router.get("/confirm")
def show_confirm(request: Request, service: ServiceOf, caller: PageCallerOf, next: str = "/") -> Response:  # noqa: A002  as the address says
    """Ask for a one-time code, or for the pass phrase again where there is no second factor."""
    if not caller.known:
        return see("/sign-in")
    return _confirm(request, service, caller, own_path(next))


@router.post("/confirm")
def confirm(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Make the session fresh, and go on."""
    if not caller.known:
        return see("/sign-in")
    then = own_path(form.text("next"))
    try:
        secret = service.identity.step_up(request, form.text("code"), phrase=form.text("phrase"))
    except Problem as problem:
        return _confirm(request, service, caller, then, problem=problem)
    response = see(then)
    service.identity.cookies.set_session(response, secret)
    return response


def _form(
    request: Request,
    service: Service,
    *,
    then: str,
    problem: Problem | None = None,
    name: str = "",
    asked: Collection[str] = (),
) -> Response:
    status = int(problem.status) if problem is not None else HTTPStatus.OK
    providers = [one.name for one in service.config.providers]
    return page(
        request, service, NOBODY, "sign_in.html.j2",
        status=status, problem=problem, providers=providers, then=then, name=name, asked=asked,
    )  # fmt: skip


def _confirm(
    request: Request, service: Service, caller: Caller, then: str, problem: Problem | None = None
) -> Response:
    status = int(problem.status) if problem is not None else HTTPStatus.OK
    account = service.identity.accounts.demand(caller.account)
    return page(
        request, service, caller, "confirm.html.j2",
        status=status, problem=problem, then=then, has_code=account.has_second_factor,
        provider=service.identity.provider_of(account),
    )  # fmt: skip
