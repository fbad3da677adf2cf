"""The book of searches: what was asked and allowed, who was shown, what was withheld, what was cleared.

- Every count is of probes asked and allowed, whoever was found: an intent counts when it is on the log,
  not when somebody was shown. Only a probe that yielded no template is taken back: it was compared with
  nobody.
- Whoever was left out of a list (``omitted``) counts as neither shown nor approached: the answer told nothing
  of him. The subjects of a case are listed until a supervisor clears them.
- Near-duplicates were recognized when the intent was made; its public flags say so. An intent without
  flags counts whole: forgetting them never helps.
- Where an opening was erased, agency and day still count; case, officer, marks and subjects are gone.
- Counters are kept by day, officer and case, so that a question reads one row, not a year.

Days are UTC days, since 1970-01-01. Times are whole seconds, as the log can hold them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from facegate.gate.limits.marks import ProbeMarks
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facegate.gate.ledger.event import Event, Index

DAY = 86_400
HASH_OFFSET = 1 << 63  # a hash less this is kept: SQLite's integers are signed

VARIANT_IN_CASE = "variant-in-case"
VARIANT_OF_OFFICER = "variant-of-officer-today"
VARIANT_IN_AGENCY = "variant-in-agency-today"
IN_ANOTHER_CASE = "probe-in-another-case"
FLAGS = (VARIANT_IN_CASE, VARIANT_OF_OFFICER, VARIANT_IN_AGENCY, IN_ANOTHER_CASE)
"""What an intent's public ``flags`` may say of its probe."""

SUBJECT_RULE = "FG-CAP-SUBJECT"
BUDGET_RULE = "FG-GALLERY-BUDGET"
VARIANTS_RULE = "FG-VARIANTS"
NO_TEMPLATE = "unusable probe"
WITHHELD = "withheld"

_TABLES = """
CREATE TABLE IF NOT EXISTS limits_search (
    seq INTEGER PRIMARY KEY, search_id TEXT NOT NULL, at INTEGER NOT NULL, agency TEXT NOT NULL,
    case_number TEXT NOT NULL, officer TEXT NOT NULL, decision TEXT NOT NULL, counted INTEGER NOT NULL,
    flags TEXT NOT NULL, digest TEXT NOT NULL, variants_refused INTEGER NOT NULL,
    outcome TEXT NOT NULL, n INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS limits_search_digest ON limits_search (digest);
CREATE INDEX IF NOT EXISTS limits_search_variants ON limits_search (at) WHERE variants_refused = 1;
CREATE TABLE IF NOT EXISTS limits_hash (seq INTEGER PRIMARY KEY, face_hash INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS limits_template (seq INTEGER PRIMARY KEY, agency TEXT NOT NULL,
    at INTEGER NOT NULL, template BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS limits_template_agency ON limits_template (agency, seq);
CREATE TABLE IF NOT EXISTS limits_day (agency TEXT, day INTEGER, searches INTEGER NOT NULL,
    probes INTEGER NOT NULL, PRIMARY KEY (agency, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limits_officer_day (agency TEXT, officer TEXT, day INTEGER,
    searches INTEGER NOT NULL, probes INTEGER NOT NULL, PRIMARY KEY (agency, officer, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limits_case (agency TEXT, case_number TEXT, searches INTEGER NOT NULL,
    probes INTEGER NOT NULL, PRIMARY KEY (agency, case_number)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limits_shown (subject TEXT, agency TEXT, at INTEGER, seq INTEGER,
    shown INTEGER NOT NULL, PRIMARY KEY (subject, agency, at, seq)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS limits_last_shown (agency TEXT, subject TEXT, at INTEGER NOT NULL,
    PRIMARY KEY (agency, subject)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS limits_last_shown_at ON limits_last_shown (agency, at);
CREATE TABLE IF NOT EXISTS limits_withheld (intent INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    agency TEXT NOT NULL, officer TEXT NOT NULL, case_number TEXT NOT NULL, digest TEXT NOT NULL,
    rules TEXT NOT NULL, subjects TEXT NOT NULL, officer_blocked INTEGER NOT NULL,
    case_blocked INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS limits_withheld_officer ON limits_withheld (agency, officer, officer_blocked);
CREATE INDEX IF NOT EXISTS limits_withheld_case ON limits_withheld (agency, case_number, case_blocked);
CREATE TABLE IF NOT EXISTS limits_omitted (intent INTEGER, at INTEGER NOT NULL, agency TEXT NOT NULL,
    officer TEXT NOT NULL, case_number TEXT NOT NULL, subject TEXT, PRIMARY KEY (intent, subject))
    WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS limits_omitted_case ON limits_omitted (agency, case_number);
CREATE TABLE IF NOT EXISTS limits_clearance (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL,
    agency TEXT NOT NULL, what TEXT NOT NULL, supervisor TEXT NOT NULL, case_number TEXT NOT NULL,
    digest TEXT NOT NULL, subject TEXT NOT NULL, officer TEXT NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS limits_clearance_digest ON limits_clearance (agency, what, digest);
CREATE INDEX IF NOT EXISTS limits_clearance_subject ON limits_clearance (agency, what, subject);
CREATE INDEX IF NOT EXISTS limits_clearance_at ON limits_clearance (agency, what, at);
"""


class Searches:
    """The book: takes intents, results and clearances."""

    @property
    def tables(self) -> str:
        """Tables and indexes, each name starting with ``limits_``."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes."""
        return frozenset({"intent", "result", "clearance"})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one record; whatever it lacks is entered as not there."""
        if event.kind == "intent":
            _enter_intent(connection, event)
        elif event.kind == "result":
            _enter_result(connection, event)
        else:
            _enter_clearance(connection, event)


def seconds(moment: datetime) -> int:
    """Give a time in whole seconds since 1970, rounded down: what is left of it on the log."""
    return int(moment.timestamp() // 1)


def _enter_intent(connection: Index, event: Event) -> None:
    """Enter what was asked; what was allowed counts from now on."""
    at, agency, marks = seconds(event.time), event.text("agency"), ProbeMarks.unpack(event.sealed)
    case_number, officer = event.text("case_number"), event.text("requester")
    counted = event.text("decision") == "allowed" and event.text("action") in COMPARISONS
    flags, rules = _flags(event), event.public.get("rules")
    for_variants = isinstance(rules, list) and VARIANTS_RULE in rules
    connection.execute(
        "INSERT INTO limits_search VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0)",
        (event.seq, event.text("search_id"), at, agency, case_number, officer, event.text("decision"),
         int(counted), ",".join(flags), marks.digest, int(for_variants)),
    )  # fmt: skip
    if not counted:
        return
    _count(connection, (agency, officer, case_number), at // DAY, flags, by=1)
    if marks.face_hash is not None:
        signed = marks.face_hash - HASH_OFFSET
        connection.execute("INSERT INTO limits_hash VALUES (?, ?)", (event.seq, signed))
    if marks.template is not None:
        row = (event.seq, agency, at, marks.template.tobytes())
        connection.execute("INSERT INTO limits_template VALUES (?, ?, ?, ?)", row)


def _count(
    connection: Index, who: tuple[str, str, str], day: int, flags: tuple[str, ...], *, by: int
) -> None:
    """Add one search to its day, officer and case, or take it back; a variant is no probe of its own."""
    agency, officer, case_number = who
    for table, columns, key, flag in (
        ("limits_day", "agency, day", (agency, day), VARIANT_IN_AGENCY),
        ("limits_officer_day", "agency, officer, day", (agency, officer, day), VARIANT_OF_OFFICER),
        ("limits_case", "agency, case_number", (agency, case_number), VARIANT_IN_CASE),
    ):
        if "" in key:  # erased, or never stated
            continue
        connection.execute(
            f"INSERT INTO {table} ({columns}, searches, probes) VALUES ({'?, ' * len(key)}?, ?) "  # noqa: S608  our own names
            f"ON CONFLICT ({columns}) DO UPDATE SET searches = {table}.searches + excluded.searches, "
            f"probes = {table}.probes + excluded.probes",
            (*key, by, 0 if flag in flags else by),
        )


def _enter_result(connection: Index, event: Event) -> None:
    """Enter what came of an intent: who was shown, or what was withheld."""
    intent, outcome, found = (
        event.public.get("intent"),
        event.text("outcome"),
        event.public.get("n_candidates"),
    )
    row = connection.execute("SELECT * FROM limits_search WHERE seq = ?", (intent,)).fetchone()
    if row is None:
        return
    connection.execute(
        "UPDATE limits_search SET outcome = ?, n = ? WHERE seq = ?",
        (outcome, found if isinstance(found, int) else 0, intent),
    )
    if outcome.startswith(NO_TEMPLATE) and row["counted"]:
        connection.execute("UPDATE limits_search SET counted = 0 WHERE seq = ?", (intent,))
        who = (row["agency"], row["officer"], row["case_number"])
        _count(connection, who, row["at"] // DAY, tuple(row["flags"].split(",")), by=-1)
    _enter_omitted(connection, event, row)
    if outcome == "searched":
        _enter_shown(connection, event, row["agency"])
    elif outcome == WITHHELD:
        _enter_withheld(connection, event, row)


def _enter_shown(connection: Index, event: Event, agency: str) -> None:
    """Enter whom a search showed, and whom it only came near."""
    at = seconds(event.time)
    shown = set(_subjects(event, "candidates"))
    for subject in sorted(shown | set(_subjects(event, "approached"))):
        row = (subject, agency, at, event.seq, int(subject in shown))
        connection.execute("INSERT INTO limits_shown VALUES (?, ?, ?, ?, ?)", row)
    for subject in sorted(shown):
        connection.execute(
            "INSERT INTO limits_last_shown VALUES (?, ?, ?) "
            "ON CONFLICT (agency, subject) DO UPDATE SET at = excluded.at "
            "WHERE limits_last_shown.at < excluded.at",
            (agency, subject, at),
        )


def _enter_omitted(connection: Index, event: Event, intent: Any) -> None:  # noqa: ANN401  a row
    """Enter whom a list left out: no showing, and nothing that the officer waits for."""
    who = (intent["seq"], seconds(event.time), intent["agency"], intent["officer"], intent["case_number"])
    connection.executemany(
        "INSERT INTO limits_omitted VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (intent, subject) DO NOTHING",
        [(*who, subject) for subject in _subjects(event, "omitted")],
    )


def _enter_withheld(connection: Index, event: Event, intent: Any) -> None:  # noqa: ANN401  a row
    """Enter a list that was withheld: officer, case and probe wait for a supervisor from now on."""
    rules = event.public.get("rules")
    subjects = [*_subjects(event, "candidates"), *_subjects(event, "approached")]
    connection.execute(
        "INSERT INTO limits_withheld VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1) ON CONFLICT (intent) DO NOTHING",
        (intent["seq"], seconds(event.time), intent["agency"], intent["officer"], intent["case_number"],
         intent["digest"], ",".join(str(rule) for rule in rules) if isinstance(rules, list) else "",
         json.dumps(subjects)),
    )  # fmt: skip


def _enter_clearance(connection: Index, event: Event) -> None:
    """Enter what a supervisor cleared; what waited for it is free again."""
    what, agency = event.text("what"), event.text("agency")
    case_number, officer = event.text("case_number"), event.text("officer")
    connection.execute(
        "INSERT INTO limits_clearance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (event.seq, seconds(event.time), agency, what, event.text("supervisor"), case_number,
         event.text("probe_digest"), event.text("subject_id"), officer, event.text("reason")),
    )  # fmt: skip
    withheld = "UPDATE limits_withheld SET {} WHERE agency = ? AND {} = ?"
    both = "case_blocked = 0, officer_blocked = 0"
    if what == "officer" and officer:
        connection.execute(withheld.format("officer_blocked = 0", "officer"), (agency, officer))
    elif what == "subject" and case_number:
        # A list withheld for the share of the gallery waits for that clearance, whoever else was left out.
        connection.execute(
            f"{withheld.format(both, 'case_number')} AND rules <> ?", (agency, case_number, BUDGET_RULE)
        )
        subject = event.text("subject_id")
        connection.execute(
            "DELETE FROM limits_omitted WHERE agency = ? AND case_number = ? AND ? IN ('', subject)",
            (agency, case_number, subject),
        )
    elif what == "gallery":
        connection.execute(withheld.format(both, "rules"), (agency, BUDGET_RULE))


def _flags(event: Event) -> tuple[str, ...]:
    flags = event.public.get("flags")
    return tuple(flag for flag in FLAGS if flag in flags) if isinstance(flags, list) else ()


def _subjects(event: Event, field: str) -> Iterator[str]:
    """Give the subjects of a sealed list; nobody where it was erased or is no list."""
    try:
        rows = json.loads(event.text(field) or "[]")
    except ValueError:
        return
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and row and isinstance(row[0], str):
            yield row[0]
