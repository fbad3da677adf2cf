"""How a refusal is told: as ``application/problem+json``, or as a page where a browser asked for one.

The pages put a function at ``app.state.problem_page``; without it, and under the paths of programs, every
refusal is ``application/problem+json`` (RFC 9457).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.requests import Request

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Scope

    from facegate.server.problems import Problem

FOR_PROGRAMS: Final = ("/v1/", "/api/v1/", "/log/", "/.well-known/", "/livez", "/readyz", "/metrics")


def answer(scope: Scope, problem: Problem) -> Response:
    """Put a refusal in the form its caller reads.

    Parameters
    ----------
    scope : Scope
        Of the request.
    problem : Problem
        The refusal.

    Returns
    -------
    Response
        A page if ``app.state.problem_page`` is set, the path is no program's, and ``text/html`` is accepted
        by name; else ``application/problem+json``.
    """
    app = scope.get("app")
    page = getattr(app.state, "problem_page", None) if app is not None else None
    if page is None or scope["path"].startswith(FOR_PROGRAMS):
        return problem.response()
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return problem.response()
    made: Response = page(Request(scope), problem)
    return made
