"""Putting the edge around an application, in the one order that is right.

From outside: what every reply carries; a name for the request; what nobody foresaw; the head; the rate; the
body. A request is counted before its body is read, and refused for its head before it is counted.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

from facegate.server.edge.bodies import Bodies
from facegate.server.edge.handlers import Unforeseen, install_handlers
from facegate.server.edge.heads import Heads
from facegate.server.edge.json_bodies import JsonBodies
from facegate.server.edge.limiting import Limiting
from facegate.server.edge.security_headers import SecurityHeaders
from facegate.server.edge.tracing import Tracing

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from facegate.server.edge.settings import EdgeSettings


def install_edge(app: FastAPI, settings: EdgeSettings, *, clock: Callable[[], float] = monotonic) -> None:
    """Put the edge around an application.

    Parameters
    ----------
    app : FastAPI
        Changed. Make it with ``form_limits=FORM_LIMITS`` (see `facegate.server.edge.settings`): how many
        parts a form may have is the framework's to count.
    settings : EdgeSettings
        The limits.
    clock : callable
        Seconds, never going back, for the rate limits.

    Notes
    -----
    Once the caller of a request is known, `facegate.server.edge.limiting.charge_account` counts it at his
    account. A function ``(request, problem) -> Response`` at ``app.state.problem_page`` tells browsers.
    """
    install_handlers(app)
    # Starlette puts the one that is added last outermost: from the inside outwards.
    app.add_middleware(JsonBodies, most=settings.body_bytes)
    app.add_middleware(Bodies, settings=settings)
    app.add_middleware(Limiting, quotas=settings.quotas, address_quotas=settings.address_quotas, clock=clock)
    app.add_middleware(Heads, settings=settings)
    app.add_middleware(Unforeseen)
    app.add_middleware(Tracing)
    app.add_middleware(SecurityHeaders, https=settings.https)
