"""The records of one case, each with what opens it: its searches with their steps, and the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from facegate.audit.entry import RESULT
from facegate.audit.replay import POLICY_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.audit.entry import Entry

LATE, CASE_FILE = "late", "case-file"
KEPT_SHUT = frozenset({"probe_template"})
"""Sealed fields that a case file does not open: the probe's face as numbers, by which a person can be
searched for elsewhere. A court can have it opened by itself."""


@dataclass(frozen=True, slots=True)
class CaseRecord:
    """One record, with what opens it.

    Parameters
    ----------
    entry : Entry
        As it was read.
    data : bytes
        As it was hashed.
    opened : mapping of str to str, or None
        Value of each sealed field but those of `KEPT_SHUT`; None where the record was erased.
    salts : mapping of str to bytes
        Salt of each opened field, 32 bytes: it opens this field and no other.
    erased_by : Entry or None
        The record that says so.
    """

    entry: Entry
    data: bytes
    opened: Mapping[str, str] | None
    salts: Mapping[str, bytes]
    erased_by: Entry | None = None

    @property
    def seq(self) -> int:
        """Position in the log."""
        return self.entry.seq

    @property
    def kind(self) -> str:
        """Kind of the record."""
        return self.entry.kind

    @property
    def shut(self) -> tuple[str, ...]:
        """Sealed fields that are not opened, though nobody erased them."""
        return () if self.opened is None else tuple(sorted(KEPT_SHUT & self.entry.sealed.keys()))

    def text(self, name: str) -> str:
        """Give a field as text, public or opened; empty if it is not there or is no text."""
        value = self.entry.public.get(name, (self.opened or {}).get(name, ""))
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """Give a public whole number; None if it is not there."""
        value = self.entry.public.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def words(self, name: str) -> tuple[str, ...]:
        """Give a public list of words."""
        value = self.entry.public.get(name)
        listed = isinstance(value, Sequence) and not isinstance(value, str)
        return tuple(str(one) for one in value) if listed else ()  # type: ignore[union-attr]


@dataclass(frozen=True, slots=True)
class CaseSearch:
    """One search of the case: what was asked, what came of it, and every step taken about it.

    Parameters
    ----------
    intent : CaseRecord
        As it was asked and decided.
    result : CaseRecord or None
        None for a search that broke off without a trace.
    steps : tuple of CaseRecord
        Reviews, releases, evidence and the rest, in the order of the log.
    """

    intent: CaseRecord
    result: CaseRecord | None
    steps: tuple[CaseRecord, ...]

    @classmethod
    def of(cls, intent: CaseRecord, about: Sequence[CaseRecord]) -> Self:
        """Tell the result, which is the first, from the steps."""
        result = next((one for one in about if one.kind == RESULT), None)
        return cls(intent, result, tuple(one for one in about if one is not result))

    @property
    def search_id(self) -> str:
        """Which search."""
        return self.intent.text("search_id")

    def every(self) -> Iterator[CaseRecord]:
        """Give its records."""
        yield self.intent
        if self.result is not None:
            yield self.result
        yield from self.steps

    def of_kind(self, *kinds: str, refused: bool = False) -> tuple[CaseRecord, ...]:
        """Give the steps of these kinds that were taken; with ``refused`` those that were refused."""
        return tuple(
            one for one in self.steps if one.kind in kinds and (one.text("decision") == "refused") == refused
        )


@dataclass(frozen=True, slots=True)
class CaseRecords:
    """Every record of one case.

    Parameters
    ----------
    agency, number : str
        ORI of the agency, and its case number.
    searches : tuple of CaseSearch
        In the order of the log.
    others : tuple of CaseRecord
        Of the case itself: opened, amended, papers, permits, searches entered late, clearances.
    named : tuple of CaseRecord
        What the searches name: texts of law, caps, gallery; and erasures.
    unknown : tuple of int
        Searches by the agency, for it, or by an agency not stated in the open, whose sealed part was erased:
        nobody can say whether they were of this case.
    size : int
        Records of the log that were looked through.
    """

    agency: str
    number: str
    searches: tuple[CaseSearch, ...]
    others: tuple[CaseRecord, ...]
    named: tuple[CaseRecord, ...]
    unknown: tuple[int, ...]
    size: int

    def every(self) -> Iterator[CaseRecord]:
        """Give all of them."""
        yield from self.others
        yield from self.named
        for search in self.searches:
            yield from search.every()

    def texts(self) -> dict[str, CaseRecord]:
        """Give the texts of law by their digests."""
        return {one.text("digest"): one for one in self.named if one.kind == POLICY_TEXT}

    def late(self) -> tuple[CaseRecord, ...]:
        """Give the searches that were made past the gate and entered afterwards."""
        return tuple(one for one in self.others if one.kind == LATE)
