"""Heads: not more header fields than a client has use for, and the host that is meant is this one.

A name in ``Host`` that is not the service's own is the start of DNS rebinding and of poisoned links; no
answer is worth giving under it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from facegate.server.edge.answering import answer
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from facegate.server.edge.settings import EdgeSettings

ANY_HOST: Final = frozenset({"/livez", "/readyz"})
"""A load balancer asks these by address; they tell nothing that a name would guard."""


class Heads:
    """Middleware that looks at the head of a request before anything else does.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    settings : EdgeSettings
        The limits, and the host names.
    """

    def __init__(self, app: ASGIApp, *, settings: EdgeSettings) -> None:
        self.app = app
        self._settings = settings
        self._hosts = settings.hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        problem = self._problem(scope) if scope["type"] == "http" else None
        if problem is None:
            await self.app(scope, receive, send)
            return
        await answer(scope, problem)(scope, receive, send)

    def _problem(self, scope: Scope) -> Problem | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if len(headers) > self._settings.n_headers:
            return head_too_large(
                f"{len(headers)} header fields; at most {self._settings.n_headers} are taken"
            )
        size = sum(len(name) + len(value) for name, value in headers)
        if size > self._settings.header_bytes:
            return head_too_large(f"{size} bytes of header; at most {self._settings.header_bytes} are taken")
        if {b"content-length", b"transfer-encoding"} <= {name.lower() for name, _ in headers}:
            return two_lengths()
        target = len(scope.get("raw_path") or scope["path"].encode()) + len(scope.get("query_string", b""))
        if target > self._settings.target_bytes:
            detail = f"an address of {target} bytes; at most {self._settings.target_bytes} are taken"
            return Problem(HTTPStatus.REQUEST_URI_TOO_LONG, "address-too-long", detail)
        return None if scope["path"] in ANY_HOST else self._host_problem(scope)

    def _host_problem(self, scope: Scope) -> Problem | None:
        named = Headers(scope=scope).getlist("host")
        if len(named) != 1:
            detail = f"the request names {len(named)} hosts; wanted one"
            return Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail)
        if host_name(named[0]) not in self._hosts:
            detail = "the request names a host that is not this one"
            return Problem(HTTPStatus.MISDIRECTED_REQUEST, "wrong-host", detail)
        return None


def host_name(value: str) -> str:
    """Give the name in a ``Host`` field without its port, in small letters; empty if it is none.

    Examples
    --------
    >>> host_name("Gate.example:8443"), host_name("[::1]:8000"), host_name("a@b"), host_name("a/b")
    ('gate.example', '::1', '', '')
    """
    if any(sign in value for sign in "@/\\?# \t"):  # what an address may hold, and a host name never
        return ""
    try:
        return urlsplit(f"//{value}").hostname or ""
    except ValueError:
        return ""


def two_lengths() -> Problem:
    """Say that a body has one length: of two, a proxy before us may read the other (RFC 9112, 6.3)."""
    detail = "the request says the length of its body and sends it in chunks; wanted one of both"
    headers = {"Connection": "close"}  # what follows may be a request that somebody hid in the body
    return Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail, headers=headers)


def head_too_large(detail: str) -> Problem:
    """Say that a head is over its limits (RFC 6585, section 5)."""
    return Problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head-too-large", detail)
