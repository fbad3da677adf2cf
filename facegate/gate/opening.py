"""Open the gate of one agency's home: gallery, law, log, ledger and certificate together."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.closed_law import closed_law
from facegate.gate.in_force import Adopted
from facegate.gate.limits.config import read_limits
from facegate.gate.registers.conditions import read_published_policy
from facegate.gate.search import Gate
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.embedder import Embedder
    from facegate.gate.home import Home


@contextmanager
def open_gate(home: Home, embedder: Embedder) -> Iterator[Gate]:
    """Open everything a search needs, and close it again.

    Parameters
    ----------
    home : Home
        The agency's folder; the gallery must be there, log and ledger are made on first use.
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
        If the limits or the usage policy cannot be read. A law or a certificate that is unusable raises
        nothing here: the gate opens closed, and refuses and records every attempt.
    """
    with ExitStack() as stack:
        gallery = stack.enter_context(Gallery.open(home.gallery))
        ledger = stack.enter_context(open_ledger(home))
        yield Gate(
            gallery=gallery,
            embedder=embedder,
            engine=law_in_force(home),
            ledger=ledger,
            limits=read_limits(home.limits),
            in_force=Adopted(home),
            usage_policy=read_published_policy(home.folder),
            clock=lambda: datetime.now(tz=UTC),
            random_bytes=secrets.token_bytes,
        )


def law_of_home(home: Home) -> PolicyEngine:
    """Load the profiles an agency keeps in its folder, or those shipped with facegate.

    Raises
    ------
    InputError
        Naming file and rule, if a text does not pass.
    """
    return PolicyEngine.load(home.profiles if home.profiles.exists() else None)


def law_in_force(home: Home) -> PolicyEngine:
    """Load the profiles as `law_of_home` does; what cannot be read becomes a law that refuses everything."""
    try:
        return law_of_home(home)
    except InputError as error:
        return closed_law(str(error))
