"""One dossier that the law allows, on its way out: read, marked, recorded, and only then handed over.

Exactly the fields asked for leave; a source that gives any other ends the release. Every image carries the
mark of this copy, and every dossier of a case is counted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from facegate.errors import FacegateError, InputError, PolicyRefusal
from facegate.gate.ledger.ledger import writable
from facegate.gate.review.copy_marks import IMAGE_FIELDS, mark_of, marked_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import NoReturn

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.state import Reviewed
    from facegate.records import SubjectId
    from facegate.request import SearchRequest

LONGEST_FIELD = 100_000  # characters; a photo or signature is text here (base 64)


class RecordSource(Protocol):
    """Whoever keeps the license records."""

    def read(self, subject_id: SubjectId, fields: tuple[str, ...]) -> Mapping[str, str]:
        """Give exactly these fields of one record."""


@dataclass(frozen=True, slots=True)
class Handout:
    """One dossier that the law allows, from reading to release."""

    ledger: Ledger
    search: Reviewed
    rank: int
    asked: int
    at: datetime

    def read(self, source: RecordSource, fields: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        """Read exactly the fields asked for; anything else ends it."""
        subject = self.search.candidates.candidates[self.rank - 1].subject_id
        try:
            given = source.read(subject, fields)
        except FacegateError:
            self._record_withheld("the source failed")
            raise
        except BaseException:
            self._record_withheld("interrupted")
            raise
        if given.keys() != set(fields):
            self._withhold("other fields than those asked for")
        if any(len(one) > LONGEST_FIELD for one in given.values()):
            self._withhold(f"a field of more than {LONGEST_FIELD:,} characters")
        return tuple((name, given[name]) for name in sorted(fields))

    def marked(self, values: tuple[tuple[str, str], ...], mark: str) -> tuple[tuple[str, str], ...]:
        """Put the mark into every image; one that cannot carry it ends the release."""
        try:
            return tuple(
                (name, marked_text(content, mark) if name in IMAGE_FIELDS else content)
                for name, content in values
            )
        except InputError as error:
            self._withhold(f"an image that cannot be marked ({error})", error)

    def record_release(
        self, values: tuple[tuple[str, str], ...], mark: str, sealed: Mapping[str, str]
    ) -> int:
        """Record which fields left. What they held is not in the log, only a sealed digest of it."""
        text = json.dumps(values, ensure_ascii=True, separators=(",", ":"))
        fields = [name for name, _ in values]
        public: dict[str, JSONValue] = {"stage": "released", "fields": fields, "n_fields": len(fields)}
        digest = hashlib.sha256(text.encode()).hexdigest()
        return self._record({**public, "mark": mark}, {"values_digest": digest, **sealed})

    def _withhold(self, what: str, why: Exception | None = None) -> NoReturn:
        seq = self._record_withheld(f"the source gave {what}")
        msg = f"the source of records gave {what}; nothing was released (record {seq} of the log)"
        raise PolicyRefusal(msg) from why

    def _record_withheld(self, why: str) -> int:
        return self._record({"stage": "withheld", "reason": why}, {})

    def _record(self, public: dict[str, JSONValue], sealed: dict[str, str]) -> int:
        named: dict[str, JSONValue] = {
            "search_id": self.search.search_id,
            "rank": self.rank,
            "asked": self.asked,
        }
        return self.ledger.record("dossier", at=self.at, public={**named, **public}, sealed=sealed)


def dossiers_released(ledger: Ledger, search: Reviewed) -> int:
    """Count the dossiers that were released in the case of a search, about any candidate of any search of it.

    After an erasure of the case's number nobody knows which searches belong to it: then it is those of this
    search alone.
    """
    # CROSS JOIN: SQLite keeps this order, from the case to its searches to their steps.
    query = (
        "SELECT count(*) FROM review_searches s CROSS JOIN review_steps d"
        " WHERE d.search_id = s.search_id AND d.kind = 'dossier' AND d.rule = '' AND d.what = 'released'"
        " AND s.agency = ? AND s.case_number = ? AND (s.case_number != '' OR s.search_id = ?)"
    )
    n_released: int = ledger.value(query, search.agency, search.case_number, search.search_id)
    return n_released


def mark_of_copy(key: bytes, handout: Handout, request: SearchRequest) -> str:
    """Make the mark of this copy: each dossier has its own, because the record that asked for it is in it."""
    copy = (handout.search.search_id, str(handout.rank), str(handout.asked))
    who = (writable(request.agency), writable(request.requester).casefold())
    return mark_of(key, "facegate/dossier-mark/v1", *copy, *who)
