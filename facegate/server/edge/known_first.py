"""Who may send what is long, asked of the head alone, before the body is read.

He is asked again behind a body that took its time, where he acts: a key may be revoked while an archive is on
its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.asking import demand, known_by_head, service_of
from facegate.server.identity.identity import API
from facegate.server.identity.roles import Operation
from facegate.server.problems import unknown_caller

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request

FOR_ANYBODY: Final = frozenset({"/v1/reports/verify"})
"""Anybody may have a report recomputed; few times a minute, and of one megabyte."""
OPERATIONS: Final[Mapping[str, Operation]] = {
    "/v1/searches": Operation.SEARCH_ASK,
    "/v1/permits": Operation.PERMIT_ISSUE,
    "/v1/permit-requests": Operation.PERMIT_ASK,
    "/v1/enrollments": Operation.ENROLLMENT_START,
    "/v1/benchmarks": Operation.BENCHMARK_RUN,
    "/v1/tests": Operation.TEST_RUN,
    "/api/v1/recognition/recognize": Operation.SEARCH_ASK,
}
"""What a file is sent for, by path; a test holds it to name every path that takes one."""


async def known_first(request: Request) -> None:
    """Refuse whoever is not known, or may not send what is taken here, by key, token or cookie.

    Parameters
    ----------
    request : Request
        Its head. Pages ask for their session themselves, see `facegate.server.pages.forms`.

    Raises
    ------
    Problem
        401, 403, 429; as `facegate.server.asking.caller_of` and `facegate.server.asking.demand`.
    """
    path = request.url.path
    if not path.startswith(API) or path in FOR_ANYBODY:
        return
    service = service_of(request)
    caller = await known_by_head(request, service)
    if not caller.known:
        raise unknown_caller()
    if (operation := OPERATIONS.get(path)) is not None:
        demand(caller, operation, at=service.desk.clock())
