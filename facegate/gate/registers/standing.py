"""Which statement of a setup file stands already: the last record of each subject, as a digest.

So the same file can be loaded again and again, and only what changed becomes a record.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from facegate.gate.ledger.portable import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder

SUBJECTS = {
    "agency": ("ori",),
    "officer": ("agency", "officer"),
    "gallery": ("gallery",),
    "authority": ("gallery", "statute", "section"),
    "sharing": ("owner", "to", "action", "purpose"),
    "agency-block": ("block",),
    "usage-policy": (),
    "audit-term": (),
    "audit": ("period_end", "auditor"),
    "notice": ("opens", "subject"),
    "activation": ("profile", "overlays", "policy_digest", "from"),
    "release-form": ("agency", "digest"),
}
"""Fields that say what a record is about: a later record about the same takes the place of the earlier."""

_OF_LOG = frozenset({"kind", "time"})
_TABLES = """
CREATE TABLE IF NOT EXISTS standing_last (
    kind TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (kind, subject)
) WITHOUT ROWID;
"""
_LAST = replacing("standing_last", key=("kind", "subject"), rest=("digest",))


class StandingBook:
    """The last record about each subject of a setup file."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset(SUBJECTS) | {"deactivation"}

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; an activation that was ended stands no more."""
        if event.kind == "deactivation":
            ended = (
                json.dumps([event.text("profile")])[:-1] + ","
            )  # every activation of the profile has ended
            connection.execute(
                "DELETE FROM standing_last WHERE kind = 'activation' "
                "AND substr(subject, 1, CAST(? AS INTEGER)) = ?",
                (len(ended), ended),
            )
            return
        row = (event.kind, _subject(event.kind, {**event.public, **event.sealed}))
        digest = _digest(event.public, event.sealed)
        connection.execute(_LAST, (*row, digest))


def stands(ledger: Recorder, kind: str, public: Mapping[str, JSONValue], sealed: Mapping[str, str]) -> bool:
    """Tell whether the last record about this subject says exactly this."""
    query = "SELECT digest FROM standing_last WHERE kind = ? AND subject = ?"
    last = ledger.value(query, kind, _subject(kind, {**public, **sealed}))
    return bool(last == _digest(public, sealed))


def _subject(kind: str, fields: Mapping[str, JSONValue]) -> str:
    return json.dumps([fields.get(name, "") for name in SUBJECTS[kind]])


def _digest(public: Mapping[str, JSONValue], sealed: Mapping[str, str]) -> str:
    stated = {name: value for name, value in public.items() if name not in _OF_LOG}
    return hashlib.sha256(json.dumps([stated, dict(sealed)], sort_keys=True).encode()).hexdigest()
