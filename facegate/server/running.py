"""The service on a port: uvicorn with its limits, TLS, and an end that drops nothing it acknowledged.

**Stopping.** On SIGTERM or SIGINT no new line is taken and no new request begun (503 with ``Retry-After`` on
lines that are open); what runs has `Limits.stop_s` seconds to be finished and answered. Whoever got his 201
finds it on the log, because the log is written before the answer is; whoever got none asks again with the
same Idempotency-Key. Let whatever stops the service (systemd, a container) wait longer than `Limits.stop_s`
before it kills.
"""

from __future__ import annotations

import logging
import ssl
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from signal import SIGINT, SIGTERM, signal
from typing import TYPE_CHECKING, Final, cast

import uvicorn

from facegate.errors import InputError
from facegate.server.edge.admission import BODIES_EACH, Admission
from facegate.server.edge.protocol import guarded
from facegate.server.edge.security_headers import SecurityHeaders
from facegate.server.listening import listening, refused_in_words

if TYPE_CHECKING:
    import socket
    from collections.abc import Generator, Sequence
    from types import FrameType

    from starlette.types import ASGIApp
    from uvicorn._types import ASGIApplication

    from facegate.server.config import ServerConfig

LOG: Final = logging.getLogger("facegate.server.running")
TURN_S: Final = 0.0005
"""Seconds until a thread that computes lets another go on. What is done beside a reply (the index, probes,
keys) would keep it waiting for Python's 5 ms each time it comes back from disk or network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of the process.

    Parameters
    ----------
    requests : int
        Most requests worked on at once; one more is a 503. As many more may be sending their bodies.
    requests_each, bodies_each : int
        Of either, most from one address.
    lines, lines_each : int
        Most open lines, and most from one address, which counts only where no proxy is trusted; one more is
        cut.
    write_s : float
        Seconds after which a line is cut from which nothing is taken.
    head_s : float
        Seconds for the head of a request, and for a line to idle.
    head_bytes : int
        Most bytes of an unfinished head that are held.
    stop_s : int
        Seconds that running requests have when the service stops.
    """

    requests: int = 64
    requests_each: int = 48
    bodies_each: int = BODIES_EACH
    lines: int = 1000
    lines_each: int = 250
    write_s: float = 30.0
    head_s: float = 10.0
    head_bytes: int = 32 * 1024
    stop_s: int = 30


class Server(uvicorn.Server):
    """uvicorn's server, which refuses what is new once it stops, and then returns to its caller.

    uvicorn raises the signal again when it is done, and the process dies of it: the log, the databases and
    the worker processes would not be closed.

    Parameters
    ----------
    config : uvicorn.Config
        See `uvicorn_config`.
    admission : Admission
        What lets requests through.
    """

    def __init__(self, config: uvicorn.Config, admission: Admission) -> None:
        super().__init__(config)
        self._admission = admission

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to stop; a second SIGINT stops waiting."""
        self._admission.stop()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Handle the two signals that stop a service, and put back what was there."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {one: signal(one, self.handle_exit) for one in (SIGTERM, SIGINT)}
        try:
            yield
        finally:
            for one, handler in before.items():
                signal(one, handler)


def uvicorn_config(app: ASGIApp, config: ServerConfig, *, limits: Limits | None = None) -> uvicorn.Config:
    """Give uvicorn's settings for an application.

    Parameters
    ----------
    app : ASGIApp
        As it is served, `Admission` included.
    config : ServerConfig
        What the operator set.
    limits : Limits, optional
        Of the process.

    Raises
    ------
    InputError
        If every address is to be trusted as a proxy, or certificate and key cannot be used.
    """
    limits = limits or Limits()
    if "*" in config.trusted_proxies:
        msg = "trusted_proxies names every address; wanted the addresses of the proxies themselves"
        raise InputError(msg)
    made = uvicorn.Config(
        cast("ASGIApplication", app),
        host=config.host,
        port=config.port,
        loop="auto",  # uvloop where there is one: half a millisecond of every search
        http=guarded(
            head_s=limits.head_s,
            most_lines=limits.lines,
            lines_each=0 if config.trusted_proxies else limits.lines_each,
            write_s=limits.write_s,
        ),
        ws="none",
        log_config=None,
        access_log=False,  # it would write queries and addresses; `Tracing` writes the line
        server_header=False,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=list(config.trusted_proxies),
        timeout_keep_alive=5,
        timeout_graceful_shutdown=limits.stop_s,
        h11_max_incomplete_event_size=limits.head_bytes,
        ssl_context_factory=(lambda _config, _default: tls_context(config))
        if config.tls_certificate
        else None,
    )
    if config.tls_certificate:
        tls_context(config)  # a wrong file is told now, in one sentence
    return made


def tls_context(config: ServerConfig) -> ssl.SSLContext:
    """Give the server's side of TLS: 1.2 or newer, with the operator's certificate.

    Raises
    ------
    InputError
        If certificate or key are missing, unreadable, or do not belong together.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    try:
        context.load_cert_chain(str(config.tls_certificate), str(config.tls_key))
    except OSError as error:  # an SSLError is one, too
        why = error.strerror or type(error).__name__
        msg = f"the certificate {config.tls_certificate} and the key {config.tls_key} cannot be used: {why}"
        raise InputError(msg) from error
    return context


def serve(
    app: ASGIApp,
    config: ServerConfig,
    *,
    limits: Limits | None = None,
    sockets: Sequence[socket.socket] | None = None,
) -> None:
    """Serve an application until a signal says to stop, then finish what runs and return.

    Parameters
    ----------
    app : ASGIApp
        The service, with its edge installed.
    config : ServerConfig
        What the operator set.
    limits : Limits, optional
        Of the process.
    sockets : sequence of socket, optional
        Bound already, see `listening`; else host and port of the settings are listened at.

    Raises
    ------
    InputError
        As `uvicorn_config`, or if host and port cannot be listened at.
    """
    limits = limits or Limits()
    admission = Admission(
        app, most=limits.requests, each=limits.requests_each, bodies_each=limits.bodies_each
    )
    around = SecurityHeaders(admission, https=config.over_tls)
    server = Server(uvicorn_config(around, config, limits=limits), admission)
    with _short_turns(), ExitStack() as stack:
        taken = list(sockets) if sockets is not None else stack.enter_context(listening(config))
        with refused_in_words(config):
            for one in taken:  # somebody who bound the same port a moment before is seen only now
                one.listen(server.config.backlog)
        server.run(taken)
    if admission.running:
        LOG.error(
            "%d requests were not finished within %d s and got no answer", admission.running, limits.stop_s
        )


@contextmanager
def _short_turns() -> Generator[None]:
    """Let threads of Python take turns more often while it serves, and as before from then on."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(before)
