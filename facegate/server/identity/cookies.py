"""The session's cookie, and that a request which changes something comes from our own pages.

``__Host-`` binds the cookie to this host, to HTTPS and to no path (RFC 6265bis, 4.1.3.2). On this machine
without TLS, where browsers refuse such a name, it has a plain one.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
NAME: Final = "facegate"
FLOW: Final = "facegate-flow"


@dataclass(frozen=True, slots=True)
class Cookies:
    """How cookies are set here.

    Parameters
    ----------
    origin : str
        Scheme, host and port that browsers see.
    over_tls : bool
        Whether they reach it by HTTPS.
    """

    origin: str
    over_tls: bool

    @property
    def session(self) -> str:
        """Name of the session's cookie."""
        return f"__Host-{NAME}" if self.over_tls else NAME

    @property
    def flow(self) -> str:
        """Name of the cookie between the steps of signing in elsewhere."""
        return f"__Host-{FLOW}" if self.over_tls else FLOW

    def set_session(self, response: Response, secret: str) -> None:
        """Give the browser a session; it goes when the browser is closed."""
        self._set(response, self.session, secret, "strict", None)

    def set_flow(self, response: Response, value: str, seconds: int) -> None:
        """Give the browser what it brings back from a provider."""
        self._set(response, self.flow, value, "lax", seconds)

    def drop(self, response: Response, name: str) -> None:
        """Take a cookie back."""
        response.delete_cookie(name, path="/", secure=self.over_tls, httponly=True)

    def _set(
        self, response: Response, name: str, value: str, site: Literal["lax", "strict"], seconds: int | None
    ) -> None:
        response.set_cookie(
            name, value, max_age=seconds, path="/", secure=self.over_tls, httponly=True, samesite=site
        )

    def demand_own_origin(self, request: Request) -> None:
        """Refuse a change that another site's page asked for.

        Raises
        ------
        Problem
            403 unless ``Origin`` is ours. Every browser sends it with a POST; without it, nothing is
            believed.
        """
        if request.method in SAFE:
            return
        origins = request.headers.getlist("origin")
        if origins != [self.origin]:
            detail = f"this was not sent from a page of this service; wanted Origin {self.origin}"
            raise Problem(HTTPStatus.FORBIDDEN, "foreign-origin", detail)


def forged() -> Problem:
    """Say that a form does not carry its session's token."""
    detail = "the form is not of this session, or is too old; load the page again and send it once more"
    return Problem(HTTPStatus.FORBIDDEN, "forged-form", detail)
