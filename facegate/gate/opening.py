"""Open the gate of one agency's home: gallery, law, log, certificate and key together."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from facegate.audit.log import AuditLog
from facegate.gallery.gallery import Gallery
from facegate.gate.home import LOG_ORIGIN, Home
from facegate.gate.in_force import read_in_force
from facegate.gate.search import Gate
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.embedder import Embedder


@contextmanager
def open_gate(home: Home, embedder: Embedder) -> Iterator[Gate]:
    """Open everything a search needs, and close it again.

    Parameters
    ----------
    home : Home
        The agency's folder; the gallery must be there, log and key are made on first use.
    embedder : Embedder
        Makes the probe's template.

    Yields
    ------
    Gate
        Ready to search, on the machine's clock and its secure random source.

    Raises
    ------
    GalleryError
        If there is no gallery or it is damaged.
    AuditError
        If the log cannot be written: no gate, no search.
    InputError
        If the key is unusable. A certificate that is unusable raises nothing here: the gate
        opens closed, and refuses and records every attempt.
    """
    with ExitStack() as stack:
        gallery = stack.enter_context(Gallery.open(home.gallery))
        log = stack.enter_context(AuditLog.open(home.log, origin=LOG_ORIGIN))
        yield Gate(
            gallery=gallery,
            embedder=embedder,
            engine=PolicyEngine.load(),
            log=log,
            in_force=read_in_force(home),
            reference_key=home.reference_key(secrets.token_bytes),
            clock=lambda: datetime.now(tz=UTC),
            random_bytes=secrets.token_bytes,
        )
