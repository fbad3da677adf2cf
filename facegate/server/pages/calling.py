"""Who asks for a page, and where he is sent if he is not known, may not, or must prove himself anew."""

from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from facegate.server.asking import ServiceOf, service_of
from facegate.server.edge.limiting import charge_account
from facegate.server.identity.caller import Caller
from facegate.server.pages.rendering import page
from facegate.server.problems import Problem, not_here

SIGN_IN: Final = "/sign-in"
CONFIRM: Final = "/confirm"
HOME: Final = "/"
LONGEST_NEXT: Final = 500


def page_caller_of(request: Request, service: ServiceOf) -> Caller:
    """Say who asks; a session that ended is nobody, and is offered to sign in.

    Raises
    ------
    Problem
        400 or 403 if what he shows is not to be believed.
    """
    caller = service.identity.identify_page(request)
    charge_account(request, caller.account)
    return caller


PageCallerOf = Annotated[Caller, Depends(page_caller_of)]


def own_path(path: str) -> str:
    """Give a path of this service, or the start page: nobody is sent to another site by a link to ours.

    Examples
    --------
    >>> own_path("/cases?open=1"), own_path("//evil.example"), own_path("https://evil.example")
    ('/cases?open=1', '/', '/')
    """
    plain = path.isascii() and path.isprintable() and "\\" not in path and len(path) <= LONGEST_NEXT
    return path if plain and path.startswith("/") and not path.startswith("//") else HOME


def see(path: str) -> RedirectResponse:
    """Send a browser on after something was done: loading again repeats nothing."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)


def problem_page(request: Request, problem: Problem) -> Response:
    """Show a refusal as a page, or send whoever must sign in to where he can.

    Parameters
    ----------
    request : Request
        What was asked for.
    problem : Problem
        Why it is not given.
    """
    service = service_of(request)
    if any(one["field"].startswith("path.") for one in problem.errors):
        problem = not_here("page")  # a mistyped address is no form that was filled in wrongly
    back = quote(request.url.path if request.method == "GET" else HOME, safe="/")
    if problem.kind == "login-not-fresh":
        return see(f"{CONFIRM}?next={back}")
    if problem.kind == "not-signed-in":
        return see(f"{SIGN_IN}?next={back}")
    try:
        caller = service.identity.identify_page(request)
        answer: Response = page(
            request, service, caller, "problem.html.j2", status=int(problem.status), problem=problem
        )
    except Exception:  # noqa: BLE001  the page about a fault must not fail for the same fault
        answer = HTMLResponse(_BARE.format(title=_escaped(problem)), int(problem.status))
    answer.headers.update(problem.headers)
    return answer


_BARE: Final = (
    '<!DOCTYPE html><html lang="en-US"><meta charset="utf-8"><title>{title}</title>'
    '<link rel="stylesheet" href="/static/house.css"><main><h1>{title}</h1>'
    '<p>Nothing was done. Please try again in a minute.</p><p><a href="/">To the start</a></p></main></html>'
)


def _escaped(problem: Problem) -> str:
    """Give a problem's title, which is made of words of ours alone."""
    return problem.kind.replace("-", " ").capitalize()
