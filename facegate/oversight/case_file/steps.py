"""Records as lines of a table: when, what, who, and every other field in words."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facegate.oversight.case_file.records import CaseRecord

WHAT = {
    "case": "case registered",
    "case-amended": "offense of the case amended",
    "case-closed": "case closed",
    "case-confirmed": "case confirmed by a second person",
    "case-file": "case file handed out",
    "clearance": "cleared by a supervisor",
    "corroboration": "independent evidence recorded",
    "correction": "lead proved wrong",
    "correction-notice": "told that the lead was wrong",
    "demographics": "sex, race and age recorded",
    "disclosure": "disclosure to the defense recorded",
    "dossier": "record about the candidate asked for",
    "enrolled": "gallery as it then was",
    "erasure": "sealed content erased",
    "exhibit": "exhibit exported",
    "finding": "reviewer's finding",
    "intent": "search asked for",
    "judicial": "judicial step recorded",
    "late": "search made past the gate, entered afterwards",
    "limits": "caps in force",
    "outcome": "outcome recorded",
    "paper": "warrant or order filed",
    "permit": "permit issued",
    "permit-refused": "permit refused",
    "policy-text": "text of the law",
    "release": "list released to one person",
    "result": "result of a search",
    "review-closed": "review closed",
    "review-opened": "list opened by a reviewer",
    "withdrawn": "gallery after people were taken out",
}
_BY = (
    "by", "registered_by", "amended_by", "closed_by", "confirmed_by", "filed_by", "entered_by", "recorded_by",
    "supervisor", "requester", "exported_by",
)  # fmt: skip
_NOT_TOLD = frozenset({
    "kind", "time", "search_id", "agency", "by_agency", "recorded_by_agency", "case_number", "question",
    "request_digest",
    "policy_digest", "policy_texts", "schema_digest", "catalogue_digest", "text",
    "probe_hash", "bound_to", *_BY,
})  # fmt: skip
"""Fields that stand elsewhere on the page, or that only a program reads; all of them are in the files."""
_COPIES = {"findings", "candidates"}  # lists as JSON
LONGEST_TOLD = 300  # characters of one field in a table


def moment(record: CaseRecord) -> str:
    """Write when a record says it happened."""
    return f"{record.entry.time.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def erased_sentence(record: CaseRecord) -> str:
    """Say of an erased record that it was, when and by which record."""
    by = record.erased_by
    when = "" if by is None else f" on {by.time:%Y-%m-%d} by record {by.seq}"
    what = WHAT.get(record.kind, record.kind)
    return (
        f"Record {record.seq} ({what}): its sealed content was erased{when} and cannot be shown by anybody."
    )


def step_rows(records: Iterable[CaseRecord]) -> Iterator[tuple[str, str, str, str, str]]:
    """Write records as rows: record, when, what, by whom, details."""
    for one in records:
        what = WHAT.get(one.kind, one.kind)
        if one.text("decision") == "refused":
            what = f"REFUSED: {what}"
        yield str(one.seq), moment(one), what, _by(one), details(one)


def details(record: CaseRecord) -> str:
    """Write every field that is not told elsewhere, in words."""
    if record.opened is None and record.entry.sealed:
        return erased_sentence(record)
    fields = {**record.entry.public, **(record.opened or {})}
    told = []
    for name, value in sorted(fields.items()):
        if name in _NOT_TOLD or value in ("", [], None) or (name, value) == ("decision", "allowed"):
            continue
        words = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        words = _list_told(words) if name in _COPIES else words[:LONGEST_TOLD]
        title = f"number of {name[2:]}" if name.startswith("n_") else name
        told.append(f"{title.replace('_', ' ')}: {words}")
    return "; ".join(told) or "-"


def _list_told(text: str) -> str:
    """Write a list of findings, or of candidates released, by rank."""
    lines = [
        one if isinstance(one, list) else [rank, one] for rank, one in enumerate(json.loads(text), start=1)
    ]
    return "; ".join(f"{one[0]} " + ", ".join(str(part) for part in one[1:] if part) for one in lines)


def _by(record: CaseRecord) -> str:
    who = next((record.text(name) for name in _BY if record.text(name)), "")
    agency = record.text("by_agency") or record.text("recorded_by_agency") or record.text("agency")
    return f"{who} of {agency}" if who and agency else who or "-"
