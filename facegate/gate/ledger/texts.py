"""Which policy texts stand on the log already, and putting there those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.replay import POLICY_TEXT
from facegate.policy.texts import SCHEMA, texts_of

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.ledger.ledger import Ledger
    from facegate.policy.engine import PolicyEngine


class PolicyTextBook:
    """Digests of the texts that were recorded."""

    tables = "CREATE TABLE IF NOT EXISTS policy_text (digest TEXT PRIMARY KEY, name TEXT NOT NULL);"
    kinds = frozenset({POLICY_TEXT})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one text."""
        row = (event.text("digest"), event.text("name"))
        connection.execute("INSERT INTO policy_text VALUES (?, ?) ON CONFLICT (digest) DO NOTHING", row)


def record_texts(ledger: Ledger, engine: PolicyEngine, law: str, at: datetime) -> tuple[str, ...]:
    """Put every text behind a law on the log that is not there yet, so that the log can be replayed.

    Parameters
    ----------
    ledger : Ledger
        Of the log.
    engine : PolicyEngine
        Where the texts were loaded.
    law : str
        Name of the law that is asked; of one that does not exist there is nothing to record.
    at : datetime
        Now.

    Returns
    -------
    tuple of str
        Digests of profile, overlays and gate rules, in the order they are put together.
    """
    if not law:
        return ()
    texts = texts_of(engine, law)
    for one in texts:
        if not ledger.value("SELECT 1 FROM policy_text WHERE digest = ?", one.digest):
            public = {"name": one.name, "digest": one.digest, "text": one.text}
            ledger.record(POLICY_TEXT, at=at, public=public, sealed={})
    return tuple(one.digest for one in texts if one.name != SCHEMA)
