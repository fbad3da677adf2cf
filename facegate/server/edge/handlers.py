"""How every error becomes a problem: facegate's own, the framework's, a library's, one that nobody foresaw.

No reply echoes what was sent. The service's own log names the class of an unforeseen error and where it was
raised, never its text: a library's text may hold the row, the file or the vector it was about.
"""

from __future__ import annotations

import logging
import re
import traceback
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar

from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from starlette.exceptions import HTTPException
from starlette.routing import Match

from facegate.errors import FacegateError
from facegate.server.edge.answering import answer
from facegate.server.edge.field_words import words_of
from facegate.server.metrics import Metrics
from facegate.server.problems import Problem, not_here, problem_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

Kind = TypeVar("Kind", bound=Exception)
LOG: Final = logging.getLogger("facegate.server.errors")
METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
MOST_ERRORS: Final = 20
MOST_TOLD: Final = 3
"""In the sentence; the others stand beside it."""
MOST_FRAMES: Final = 6
_FIELD: Final = re.compile(r"[A-Za-z0-9_\-]{1,64}")


def install_handlers(app: FastAPI) -> None:
    """Let an application tell its errors as problems.

    Parameters
    ----------
    app : FastAPI
        Changed. Errors that nobody foresaw are caught by `Unforeseen`, which is a middleware.
    """
    app.add_exception_handler(Problem, _on_problem)
    app.add_exception_handler(FacegateError, _on_facegate)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(DBAPIError, _on_database)


class Unforeseen:
    """Middleware that answers an error nobody foresaw with a 500 that says nothing of it.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001  the last place where it can be told without being shown
            request_id = scope.get("state", {}).get("request_id", "-")
            LOG.error("unforeseen %s in request %s", where(error), request_id)  # noqa: TRY400  its text may tell
            if started:
                raise Cut from None  # half a reply is out: the server closes the line
            await answer(scope, _unforeseen(request_id))(scope, receive, send)


class Cut(Exception):  # noqa: N818  what happens to the line, not what went wrong
    """A reply was broken off; why stands in the log."""


def where(error: BaseException) -> str:
    """Say of which class an error is and where it was raised, without its text.

    Parameters
    ----------
    error : BaseException
        With its traceback.

    Returns
    -------
    str
        Such as ``ValueError at desk.py:12 in open``, innermost first, with what caused it.
    """
    frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
    lines = [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in reversed(frames)]
    cause = error.__cause__ or error.__context__
    because = f"; from {type(cause).__name__}" if cause is not None else ""
    return f"{type(error).__name__} at {', '.join(lines) or 'nowhere'}{because}"


def _short(path: str) -> str:
    return "/".join(path.split("/")[-3:])


def _unforeseen(request_id: str) -> Problem:
    detail = f"something went wrong here that nobody foresaw; the service's log has it as {request_id}"
    return Problem(HTTPStatus.INTERNAL_SERVER_ERROR, "unforeseen", detail)


async def refusal(request: Request, error: Exception) -> Response:
    """Tell a refusal that came before the application, as the application would tell it.

    Parameters
    ----------
    request : Request
        What was asked for.
    error : Exception
        A `Problem`, a `FacegateError` or a fault with the books.
    """
    if isinstance(error, Problem):
        return await _on_problem(request, error)
    if isinstance(error, FacegateError):
        return await _on_facegate(request, error)
    return await _on_database(request, error)


async def _on_problem(request: Request, error: Exception) -> Response:
    problem = _of(error, Problem)
    metrics = getattr(request.app.state, "metrics", None)
    if isinstance(metrics, Metrics):
        metrics.refused(problem.rules)
    return answer(request.scope, problem)


async def _on_facegate(request: Request, error: Exception) -> Response:
    return answer(request.scope, problem_of(_of(error, FacegateError)))


async def _on_database(request: Request, error: Exception) -> Response:
    """Say that the service's books are out of reach; any other fault with them was not foreseen."""
    found = _of(error, DBAPIError)
    if not (isinstance(found, OperationalError | InterfaceError) or found.connection_invalidated):
        raise found
    LOG.error("database out of reach: %s", where(found))
    detail = "the service cannot reach its books; nothing is let in without them"
    gone = Problem(HTTPStatus.SERVICE_UNAVAILABLE, "storage-down", detail, headers={"Retry-After": "60"})
    return answer(request.scope, gone)


async def _on_invalid(request: Request, error: Exception) -> Response:
    found = _of(error, RequestValidationError).errors()
    told = [_field_error(one) for one in found[:MOST_ERRORS]]
    first = "; ".join(dict.fromkeys(f"{one['field']} {one['wanted']}" for one in told[:MOST_TOLD]))
    more = f"; and {len(found) - MOST_TOLD} more" if len(found) > MOST_TOLD else ""
    detail = f"the request is not in the form that is wanted: {first}{more}"
    problem = Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", detail, more={"errors": told})
    return answer(request.scope, problem)


async def _on_http(request: Request, error: Exception) -> Response:
    found = _of(error, HTTPException)
    if found.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return answer(request.scope, _wrong_method(request.app.router.routes, request.scope))
    return answer(request.scope, _of_http(found))


def _wrong_method(routes: Sequence[BaseRoute], scope: Scope) -> Problem:
    """Say which methods an address takes: all of them, though each has a route of its own."""
    takes = [
        method
        for method in METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ] or ["GET", "HEAD"]  # none matches from within a folder of files, which can only be read
    detail = f"this address takes {', '.join(takes)}"
    headers = {"Allow": ", ".join(takes)}
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, "method-not-allowed", detail, headers=headers)


def _of_http(error: HTTPException) -> Problem:
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.NOT_FOUND:
        return not_here("address")
    if error.status_code == HTTPStatus.BAD_REQUEST and "maximum" in str(error.detail).lower():
        detail = "the form has more parts, or a larger one, than are taken here"
        return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "form-too-large", detail)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return Problem(
            HTTPStatus.BAD_REQUEST, "malformed-request", "the body cannot be read as what it is said to be"
        )
    try:
        status = HTTPStatus(error.status_code)
    except ValueError:
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    return Problem(status, status.phrase.lower().replace(" ", "-"), status.phrase, headers=headers)


def _field_error(one: dict[str, Any]) -> dict[str, str]:
    """Name the field and what is wanted of it, and nothing of what it held."""
    return {"field": _named(one.get("loc", ())), "wanted": words_of(one)}


def _named(location: Sequence[Any]) -> str:
    """Give a field's path; a name that a client made up and no field could have is not repeated."""
    parts = [str(part) if _FIELD.fullmatch(str(part)) else "(a name that no field has)" for part in location]
    return ".".join(parts) or "request"


def _of(error: Exception, kind: type[Kind]) -> Kind:
    """Give an error as what the framework found it to be."""
    if not isinstance(error, kind):
        raise error
    return error
