"""The book of reviews: what the log says about each candidate list after its search.

Records it takes, besides ``intent`` and ``result`` of searches. ``p`` fields are public, ``s`` sealed; every
record names its ``search_id`` (p) and, where people take the step, ``by`` and ``by_agency`` (s).

- ``review-opened``      a reviewer was shown the candidates.
- ``finding``            p n_candidates; s findings: JSON, one word per candidate in rank order. Even their
  counts are sealed: the log is public, and the second reviewer must not read the first one's there.
- ``review-closed``      p outcome (``nil`` | ``reviewed``), n_agreed, n_differ, n_nobody.
- ``release``            p mark, n_leads, n_withheld; s recipient, recipient_agency, candidates: JSON
  [[rank, band, subject_ref, verdict], ...].
- ``corroboration``      p rank, evidence, day; s reference.
- ``disclosure``         p state (``scheduled`` | ``made``), day, n_searches; s reference.
- ``exhibit``            p rank, copy, n_searches, sheet_digest.
- ``correction``         p rank, reason; s reference.
- ``correction-notice``  p correction (position of its record), mark, day.
- ``dossier``            p stage (``asked`` | ``released`` | ``withheld``), rank, fields, and how the law
  decided; of one released also p mark, s recipient, recipient_agency, n_in_case; s values_digest,
  n_dossiers_before, request_digest, question.

A step that a rule forbids is a record of the same kind with p decision ``refused`` and p rule; it changes
no state. Sealed fields may be gone: then nobody is known, and what needs them is refused.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facegate.audit.entry import REFUSED
from facegate.gate.ledger.ledger import stamp
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.gate.ledger.event import Event, Index


_TABLES = """
CREATE TABLE IF NOT EXISTS review_searches (
    search_id TEXT PRIMARY KEY, intent INTEGER NOT NULL, asked_at TEXT NOT NULL, agency TEXT NOT NULL,
    beneficiary TEXT NOT NULL, profile TEXT NOT NULL, certificate TEXT NOT NULL, case_number TEXT NOT NULL,
    requester TEXT NOT NULL, result INTEGER, searched_at TEXT NOT NULL DEFAULT '',
    outcome TEXT NOT NULL DEFAULT '', n_candidates INTEGER NOT NULL DEFAULT 0,
    n_at_or_above INTEGER NOT NULL DEFAULT 0, candidates TEXT NOT NULL DEFAULT '',
    n_findings INTEGER NOT NULL DEFAULT 0, closed TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS review_searches_case ON review_searches (agency, case_number, intent);
CREATE INDEX IF NOT EXISTS review_searches_open ON review_searches (searched_at)
    WHERE outcome = 'searched' AND closed = '';
CREATE TABLE IF NOT EXISTS review_steps (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, search_id TEXT NOT NULL, at TEXT NOT NULL,
    rule TEXT NOT NULL, by_officer TEXT NOT NULL, by_agency TEXT NOT NULL, rank INTEGER, what TEXT NOT NULL,
    day TEXT NOT NULL, detail TEXT NOT NULL, number INTEGER
);
CREATE INDEX IF NOT EXISTS review_steps_of_search ON review_steps (search_id, kind, rule, seq);
CREATE INDEX IF NOT EXISTS review_steps_of_kind ON review_steps (kind, rule, seq);
CREATE TABLE IF NOT EXISTS review_releases (
    seq INTEGER PRIMARY KEY, search_id TEXT NOT NULL, mark TEXT NOT NULL, recipient TEXT NOT NULL,
    recipient_agency TEXT NOT NULL, candidates TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS review_releases_of_search ON review_releases (search_id);
CREATE INDEX IF NOT EXISTS review_releases_of_mark ON review_releases (mark);
"""

# What a step is about, where its kind has one word for it: a column to ask by.
_WHAT = {
    "review-closed": "outcome",
    "finding": "findings",
    "corroboration": "evidence",
    "disclosure": "state",
    "exhibit": "sheet_digest",
    "correction": "reason",
    "correction-notice": "mark",
    "release": "mark",
    "dossier": "stage",
}
_NUMBER = {"exhibit": "copy", "disclosure": "n_searches", "correction-notice": "correction"}
_DETAIL = {"dossier": "fields", "corroboration": "reference", "disclosure": "reference"}


class ReviewBook:
    """Searches, and every step taken about them."""

    @property
    def tables(self) -> str:
        """SQL that makes the tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"intent", "result", "review-opened", *_WHAT})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; a refused step changes no state."""
        if event.kind == "intent":
            _enter_intent(connection, event)
        elif event.kind == "result":
            _enter_result(connection, event)
        else:
            _enter_step(connection, event)


def whole(event: Event, name: str) -> int:
    """Give a public field as a whole number, 0 if it is none."""
    value = event.public.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _enter_intent(connection: Index, event: Event) -> None:
    if event.text("action") not in COMPARISONS or not event.text("search_id"):
        return
    connection.execute(
        "INSERT INTO review_searches (search_id, intent, asked_at, agency, beneficiary, profile,"
        " certificate, case_number, requester) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (search_id) DO NOTHING",
        (
            event.text("search_id"),
            event.seq,
            stamp(event.time),
            event.text("agency"),
            event.text("beneficiary"),
            event.text("profile"),
            event.text("certificate"),
            event.text("case_number"),
            event.text("requester"),
        ),
    )


def _enter_result(connection: Index, event: Event) -> None:
    """Take the first result of an intent; a second one is no reason to forget what was shown."""
    connection.execute(
        "UPDATE review_searches SET result = ?, searched_at = ?, outcome = ?, n_candidates = ?,"
        " n_at_or_above = ?, candidates = ? WHERE search_id = ? AND intent = ? AND result IS NULL",
        (
            event.seq,
            stamp(event.time),
            event.text("outcome"),
            whole(event, "n_candidates"),
            whole(event, "n_at_or_above"),
            event.text("candidates"),
            event.text("search_id"),
            whole(event, "intent"),
        ),
    )


def _enter_step(connection: Index, event: Event) -> None:
    search_id = event.text("search_id")
    rule = event.text("rule") if event.text("decision") == REFUSED else ""
    row = (
        event.seq,
        event.kind,
        search_id,
        stamp(event.time),
        rule,
        event.text("by"),
        event.text("by_agency"),
        whole(event, "rank"),
        event.text(_WHAT.get(event.kind, "")),
        event.text("day"),
        _detail(event),
        whole(event, _NUMBER.get(event.kind, "")),
    )
    connection.execute(f"INSERT INTO review_steps VALUES ({','.join('?' * len(row))})", row)  # noqa: S608  question marks
    if not rule and event.kind in _CHANGES:
        _CHANGES[event.kind](connection, event, search_id)


def _detail(event: Event) -> str:
    value = event.public.get(name := _DETAIL.get(event.kind, ""), event.sealed.get(name, ""))
    return value if isinstance(value, str) else json.dumps(value)


def _finding(connection: Index, event: Event, search_id: str) -> None:  # noqa: ARG001  as the others
    connection.execute(
        "UPDATE review_searches SET n_findings = n_findings + 1 WHERE search_id = ?", (search_id,)
    )


def _closed(connection: Index, event: Event, search_id: str) -> None:
    connection.execute(
        "UPDATE review_searches SET closed = ? WHERE search_id = ?", (event.text("outcome"), search_id)
    )


def _release(connection: Index, event: Event, search_id: str) -> None:
    connection.execute(
        "INSERT INTO review_releases VALUES (?, ?, ?, ?, ?, ?)",
        (
            event.seq,
            search_id,
            event.text("mark"),
            event.text("recipient"),
            event.text("recipient_agency"),
            event.text("candidates"),
        ),
    )


_CHANGES: dict[str, Callable[[Index, Event, str], None]] = {
    "finding": _finding,
    "review-closed": _closed,
    "release": _release,
}
