"""The book of what must be in order before anything is searched: from galleries to activations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facegate.gate.ledger.ledger import stamp
from facegate.gate.ledger.portable import replacing
from facegate.gate.registers.demands import today

if TYPE_CHECKING:
    from facegate.gate.ledger.event import Event, Index

_TABLES = """
CREATE TABLE IF NOT EXISTS conditions_galleries (
    gallery TEXT PRIMARY KEY, owner TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL,
    provenance TEXT NOT NULL, withheld_count INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conditions_authority (
    seq INTEGER PRIMARY KEY, gallery TEXT NOT NULL, citation TEXT NOT NULL, entities TEXT NOT NULL,
    signed_by_1 TEXT NOT NULL, signed_by_2 TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS conditions_authority_gallery ON conditions_authority (gallery);
CREATE TABLE IF NOT EXISTS conditions_policies (
    seq INTEGER PRIMARY KEY, digest TEXT NOT NULL, title TEXT NOT NULL, published_at_address TEXT NOT NULL,
    since TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS conditions_audits (
    seq INTEGER PRIMARY KEY, period_end TEXT NOT NULL, filed_on TEXT NOT NULL, auditor TEXT NOT NULL,
    next_due TEXT NOT NULL, findings_open INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS conditions_notices (
    opens TEXT NOT NULL, subject TEXT NOT NULL, closes TEXT NOT NULL, seq INTEGER NOT NULL,
    PRIMARY KEY (opens, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS conditions_audit_terms (
    seq INTEGER PRIMARY KEY, every_days INTEGER NOT NULL, signed_by_1 TEXT NOT NULL, signed_by_2 TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS conditions_activations (
    seq INTEGER PRIMARY KEY, profile TEXT NOT NULL, overlays TEXT NOT NULL, policy_digest TEXT NOT NULL,
    authority TEXT NOT NULL, first_day TEXT NOT NULL, last_day TEXT NOT NULL, objections TEXT NOT NULL,
    signed_by_1 TEXT NOT NULL, signed_by_2 TEXT NOT NULL, signed_on TEXT NOT NULL,
    ended INTEGER NOT NULL DEFAULT 0, ended_on TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS conditions_activations_law
    ON conditions_activations (profile, overlays, policy_digest);
"""

_INSERT = {
    "gallery": replacing(
        "conditions_galleries",
        key=("gallery",),
        rest=("owner", "state", "kind", "provenance", "withheld_count"),
    ),
    "authority": "INSERT INTO conditions_authority VALUES (?, ?, ?, ?, ?, ?)",
    "usage-policy": "INSERT INTO conditions_policies VALUES (?, ?, ?, ?, ?)",
    "audit": "INSERT INTO conditions_audits VALUES (?, ?, ?, ?, ?, ?)",
    "audit-term": "INSERT INTO conditions_audit_terms VALUES (?, ?, ?, ?)",
    # Known by first day and subject: the last day is what was said last, the position the first record's.
    "notice": (
        "INSERT INTO conditions_notices VALUES (?, ?, ?, ?) "
        "ON CONFLICT (opens, subject) DO UPDATE SET closes = excluded.closes"
    ),
    "activation": "INSERT INTO conditions_activations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, '')",
    # Every activation of the profile ends: else one person who takes a moratorium off would put an older
    # activation, without it, in force again.
    "deactivation": (
        "UPDATE conditions_activations SET ended = 1, ended_on = ? WHERE profile = ? AND ended = 0"
    ),
}


class ConditionsBook:
    """Galleries with their provenance, authority, usage policy, audits and term, notices, activations."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset(_INSERT)

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; a signature whose opening was erased is empty, and counts as none."""
        if event.public.get("outside_policing") == "no":
            return  # an audit of police by police is shown in reports, and moves no calendar
        connection.execute(_INSERT[event.kind], _row(event))


def _row(event: Event) -> tuple[str | int, ...]:  # noqa: PLR0911  one return for each kind
    text = event.text
    signers = (text("signed_by_1"), text("signed_by_2"))
    law = (text("profile"), text("overlays"), text("policy_digest"))
    match event.kind:
        case "gallery":
            named = (text("gallery"), text("owner"), text("state"), text("gallery_kind"))
            # Keys sorted: read back from the log they come in another order than they were stated in.
            origin = json.dumps(event.public.get("provenance"), sort_keys=True)
            return (*named, origin, _count(event, "withheld_count"))
        case "authority":
            citation = f"{text('statute')} {text('section')}"
            return (event.seq, text("gallery"), citation, text("entities"), *signers)
        case "audit":
            filed = (text("period_end"), text("filed_on"), text("auditor"), text("next_due"))
            return (event.seq, *filed, _count(event, "findings_open"))
        case "notice":
            return (text("opens"), text("subject"), text("closes"), event.seq)
        case "audit-term":
            return (event.seq, _count(event, "every_days"), *signers)
        case "activation":
            stated = (text("authority"), text("from"), text("until"), text("objections"))
            return (event.seq, *law, *stated, *signers, today(event.time))
        case "usage-policy":
            return (event.seq, text("digest"), text("title"), text("published_at_address"), stamp(event.time))
        case _:
            return (today(event.time), text("profile"))


def _count(event: Event, name: str) -> int:
    value = event.public.get(name)
    return value if isinstance(value, int) else 0
