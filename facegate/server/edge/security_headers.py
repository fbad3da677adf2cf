"""Header fields that tell a browser what a reply may not be used for.

- A page may use its own scripts, styles and images, and nothing inline; every other reply may use nothing.
- A reply that locks itself into a sandbox keeps its own policy: there a page is of no origin, and has neither
  cookies nor forms nor anything of the service. Reports, which carry style and script in themselves, are so.
- Nothing is kept by a cache but what is public (``/log/``, ``/static/``).
- ``Referrer-Policy`` is ``same-origin``, not ``no-referrer``: under the latter a browser sends ``Origin:
  null`` with the service's own forms (Fetch, "append a request Origin header"), and forgery could not be told
  apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders

from facegate.server.edge.settings import CACHEABLE

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

FOR_NOTHING: Final = "default-src 'none'; frame-ancestors 'none'"
FOR_PAGES: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; connect-src 'self'; "
    "img-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""``blob:`` for images alone: the preview of a photo that was chosen and not sent yet."""

ALWAYS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), "
        "display-capture=(), accelerometer=(), gyroscope=(), magnetometer=()"
    ),
}
A_YEAR: Final = "max-age=31536000"


class SecurityHeaders:
    """Middleware that sets them on every reply, over whatever was set before.

    Parameters
    ----------
    app : ASGIApp
        What is behind it.
    https : bool
        Whether the service is reached by TLS: browsers are told to stay with it (RFC 6797).
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app = app
        self._https = https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request; anything else is passed on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                secure(MutableHeaders(scope=message), scope["path"], https=self._https)
            await send(message)

        await self.app(scope, receive, guarded)


def secure(headers: MutableHeaders, path: str, *, https: bool) -> None:
    """Set the header fields of one reply.

    Parameters
    ----------
    headers : MutableHeaders
        Of the reply; changed.
    path : str
        Of the request.
    https : bool
        Whether the service is reached by TLS.
    """
    headers.update(ALWAYS)
    page = headers.get("content-type", "").startswith("text/html")
    if not _is_sandboxed(headers.get("content-security-policy", "")):
        headers["Content-Security-Policy"] = FOR_PAGES if page else FOR_NOTHING
    public = path.startswith(CACHEABLE)
    # The log is for everybody's verifier, in a browser of another site, too.
    headers["Cross-Origin-Resource-Policy"] = "cross-origin" if path.startswith("/log/") else "same-origin"
    if not public:
        headers["Cache-Control"] = "no-store"
    if https:
        headers["Strict-Transport-Security"] = A_YEAR


def _is_sandboxed(policy: str) -> bool:
    """Whether a reply's own policy takes it out of the service's origin, and lets it fetch nothing."""
    first = policy.partition(";")[0].split()
    return first[:1] == ["sandbox"] and "allow-same-origin" not in first and "default-src 'none'" in policy
