"""Who changed which law on what authority, what was objected, and which texts stood behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.audit.replay import POLICY_TEXT
from facegate.gate.registers.demands import today
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

SIGNED: Final = {
    "activation": "two officers of the agency that keeps the gallery",
    "deactivation": "one officer of a registered agency",
}


def policy_changes(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Table activations and deactivations, notices, published policies and caps of the period, in order."""
    held = [one for one in events if period.holds(one.time)]
    changes = [one for one in held if one.kind in SIGNED]
    tables = (
        Table(
            "laws",
            "Laws put in force and taken out of it",
            ("day", "record", "what", "law", "overlays", "from", "until"),
            tuple(map(_law, changes)),
        ),
        Table(
            "grounds",
            "On what authority, and what was objected",
            ("record", "authority or reason", "objections", "signed by"),
            tuple(map(_ground, changes)),
            ("Names of those who signed are sealed; the log commits to them.",),
        ),
        Table(
            "digests",
            "The text that was put in force, or taken out",
            ("record", "SHA-256 of the law"),
            tuple((one.seq, one.text("policy_digest")) for one in changes),
        ),
        Table(
            "authorities",
            "Authorities filed",
            ("day", "record", "gallery", "statute", "section", "who may search"),
            _rows(held, "authority", "gallery", "statute", "section", "entities"),
        ),
        Table(
            "usage-policies",
            "Usage policies published",
            ("day", "record", "title", "published at", "digest"),
            _rows(held, "usage-policy", "title", "published_at_address", "digest"),
        ),
        Table(
            "notices",
            "Public notices",
            ("day", "record", "subject", "opens", "closes"),
            _rows(held, "notice", "subject", "opens", "closes"),
        ),
        Table(
            "other-rules",
            "Other rules set or changed",
            ("day", "record", "kind", "what it says"),
            tuple((today(one.time), one.seq, one.kind, _said(one)) for one in held if one.kind in RULES),
        ),
        Table(
            "texts",
            "Texts of laws that decisions were made on",
            ("day", "record", "name", "digest"),
            _rows(held, POLICY_TEXT, "name", "digest"),
            ("The whole text stands in the record.",),
        ),
    )  # fmt: skip
    return POLICY_CHANGES.report(period, log, tables, NOTES)


RULES: Final = {
    "sharing": ("owner", "to", "action", "purpose", "from", "until", "shared"),
    "agency-block": ("block", "from", "until", "reason"),
    "audit-term": ("every_days",),
    "limits": ("digest",),
    "retention": ("class", "days", "reason"),
    "witnesses": ("policy_digest", "quorum"),
}
"""Records that change what may be done, and their public fields."""


def _said(one: Event) -> str:
    return ", ".join(f"{name} {one.public[name]}" for name in RULES[one.kind] if one.public.get(name))


def _law(one: Event) -> tuple[Cell, ...]:
    return (
        today(one.time),
        one.seq,
        one.kind,
        one.text("profile"),
        one.text("overlays") or "none",
        one.text("from") or None,
        one.text("until") or ("without end" if one.kind == "activation" else None),
    )


def _ground(one: Event) -> tuple[Cell, ...]:
    on = one.text("authority") or one.text("reason")
    return one.seq, on, one.text("objections") or "none stated", SIGNED[one.kind]


def _rows(held: Sequence[Event], kind: str, *fields: str) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (today(one.time), one.seq, *(one.text(name) or None for name in fields))
        for one in held
        if one.kind == kind
    )


NOTES: Final = (
    "A record is never changed or taken back; what was objected stands beside what was done.",
    "Objections are those that whoever put the law in force wrote down. Others are in no record.",
)
POLICY_CHANGES: Final = ReportKind(
    name="policy-changes",
    title="Changes of the law in force",
    authority="practice: a board told three times that its plan broke the law (EFF, 2015, checked)",
    due="yearly, and on change",
    needs_openings=False,
    make=policy_changes,
)
