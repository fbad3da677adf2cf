"""What every request is answered from: one agency's gate, its log and registers, opened once and held open.

The log has one writer. While the service runs, it is the service: a command that would write is refused by
the log's lock, in one sentence.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.opening import open_gate
from facegate.gate.reference_key import reference_key
from facegate.gate.review.registry import Person, registry_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facegate.faces.embedder import Embedder
    from facegate.gate.home import Home
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Registry
    from facegate.gate.search import Gate
    from facegate.server.identity.caller import Caller


@dataclass(frozen=True, slots=True)
class Desk:
    """One agency's installation, open.

    Parameters
    ----------
    home : Home
        Its folder.
    gate : Gate
        The one way to search; brings ledger, gallery, law, limits, clock and randomness.
    """

    home: Home
    gate: Gate

    @property
    def ledger(self) -> Ledger:
        """Registers and log."""
        return self.gate.ledger

    @property
    def registry(self) -> Registry:
        """Who is registered."""
        return registry_of(self.gate.ledger)

    @property
    def clock(self) -> Callable[[], datetime]:
        """The time, with its zone."""
        return self.gate.clock

    @property
    def random_bytes(self) -> Callable[[int], bytes]:
        """Secret randomness."""
        return self.gate.random_bytes

    def reference_key(self) -> bytes:
        """Give the secret behind subject references and marks, 32 bytes."""
        return reference_key(self.home, self.gate.ledger, self.gate.random_bytes)


def person(caller: Caller) -> Person:
    """Give the officer whom a caller is in the registers; both parts empty if he is none."""
    return Person(caller.officer, caller.agency)


@contextmanager
def open_service_desk(home: Home, embedder: Embedder) -> Iterator[Desk]:
    """Open an agency's installation for the service, and close it again.

    Raises
    ------
    GalleryError, AuditError, InputError
        As `facegate.gate.opening.open_gate`.
    """
    with ExitStack() as stack:
        gate = stack.enter_context(open_gate(home, embedder))
        yield Desk(home, gate)
