"""Which records of the log belong to a case, each with what opens it.

A record belongs to a case

- if it seals the case's number, and is of the case's agency (or was made for it by another one): searches,
  permits, papers, entries made late, the case's own records, case files handed out before;
- if it is about one of these searches: results, reviews, releases, evidence, disclosures, dossiers;
- if a search names it: the texts of the law that was asked, the caps, the gallery as it then was;
- if it erases one of these.

A search whose sealed part was erased tells its case no more. It is listed as unknown if it may have been one
of the case: made by the case's agency, or for it, or by nobody who stated an agency in the open.

A number is compared without spaces around it and without regard to capitals, so that a search that was
refused for a mistyped number is not lost.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facegate.audit.commitments import salt_of
from facegate.audit.entry import INTENT, encode_entry
from facegate.audit.replay import POLICY_TEXT
from facegate.audit.sealing.erasure import ERASURE, erased_by
from facegate.errors import InputError
from facegate.oversight.case_file.records import KEPT_SHUT, CaseRecord, CaseRecords, CaseSearch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from facegate.audit.entry import Entry
    from facegate.audit.sealing.sealed import Opening


def select_case(records: Iterable[tuple[Entry, Opening | None]], *, agency: str, number: str) -> CaseRecords:
    """Look through a log for the records of one case.

    Parameters
    ----------
    records : iterable of (Entry, Opening or None)
        The whole log, in order, opened.
    agency : str
        ORI of the agency whose case it is.
    number : str
        The case number.

    Returns
    -------
    CaseRecords
        Nothing of any other case.

    Raises
    ------
    InputError
        If no record of the agency seals this number.
    """
    looked = CaseSelection(agency, number)
    looked.look_through(records)
    return looked.found()


class CaseSelection:
    """Looks through a log part by part, in order; what a record names stands before it, but for erasures.

    Parameters
    ----------
    agency, number : str
        As for `select_case`.
    """

    def __init__(self, agency: str, number: str) -> None:
        self.agency, self.number = agency, number
        self.size = 0
        self.own: list[CaseRecord] = []
        self._intents: dict[str, CaseRecord] = {}
        self._about: dict[str, list[CaseRecord]] = {}
        self._named: dict[str, CaseRecord] = {}  # by digest, until a search names it
        self._unknown: list[int] = []
        self._erasures: list[CaseRecord] = []

    @property
    def erasures(self) -> int:
        """How many erasures were seen: one more makes what was picked before it stale."""
        return len(self._erasures)

    def look_through(self, records: Iterable[tuple[Entry, Opening | None]]) -> None:
        """Pick from the next records of the log."""
        for entry, opening in records:
            self._take(entry, opening)
            self.size += 1

    def found(self) -> CaseRecords:
        """Give what belongs to the case among all that was looked through.

        Raises
        ------
        InputError
            If no record of the agency seals this number.
        """
        if not self.own:
            msg = (
                f"there is no case {self.number[:64]!r} of agency {self.agency[:16]} on the log, nor a "
                "search, permit or paper of one; nothing was written"
            )
            raise InputError(msg)
        return self._sorted()

    def _take(self, entry: Entry, opening: Opening | None) -> None:
        if entry.kind == ERASURE:
            self._erasures.append(_record(entry, opening))
        elif (digest := _digest_of(entry)) is not None:
            self._named.setdefault(digest, _record(entry, opening))
        elif str(entry.public.get("search_id", "")) in self._intents:
            self._about[str(entry.public["search_id"])].append(_record(entry, opening))
        elif opening is None:
            if entry.kind == INTENT and self._may_be_own(entry):
                self._unknown.append(entry.seq)
        elif self._is_own(entry, opening.values):
            self._take_own(_record(entry, opening))

    def _take_own(self, record: CaseRecord) -> None:
        self.own.append(record)
        if record.kind == INTENT:
            self._intents[record.text("search_id")] = record
            self._about[record.text("search_id")] = []

    def _is_own(self, entry: Entry, values: Mapping[str, str]) -> bool:
        """Whether a record seals the case's number and belongs to the agency, or was made for it."""
        stated = _plain(values.get("case_number", ""))
        if not stated or stated != _plain(self.number):  # a record of no case is not of a case without number
            return False
        return _plain(self.agency) in {*_agencies(entry), _plain(values.get("agency_stated", ""))}

    def _may_be_own(self, entry: Entry) -> bool:
        """Whether a search that was erased may have been of the case.

        An agency that is no ORI is not written in the open: what was stated is sealed, and is gone with it.
        """
        return _plain(self.agency) in _agencies(entry) or not _plain(str(entry.public.get("agency") or ""))

    def _sorted(self) -> CaseRecords:
        searches = tuple(
            CaseSearch.of(intent, tuple(self._explained(one) for one in self._about[search_id]))
            for search_id, intent in self._intents.items()
        )
        picked = CaseRecords(
            agency=self.agency,
            number=self.number,
            searches=searches,
            others=tuple(one for one in self.own if one.kind != INTENT),
            named=(),
            unknown=tuple(self._unknown),
            size=self.size,
        )
        named = {digest for one in picked.every() for digest in _names(one)}
        texts = [one for digest, one in self._named.items() if digest in named]
        erased = self._erasing((*picked.every(), *texts))
        return replace(picked, named=tuple(sorted((*texts, *erased), key=lambda one: one.seq)))

    def _erasing(self, records: Iterable[CaseRecord]) -> list[CaseRecord]:
        """Give the erasures that account for every erased record, and for each other."""
        gone = [one for one in records if one.opened is None]
        taken: list[CaseRecord] = []
        for erasure in self._erasures:  # one that was itself erased stands before what erased it
            if any(self._erases(erasure, one) for one in gone):
                taken.append(erasure)
                gone += [erasure] if erasure.opened is None else []
        return taken

    def _explained(self, record: CaseRecord) -> CaseRecord:
        """Say of an erased record what erased it."""
        by = next((one for one in self._erasures if self._erases(one, record)), None)
        return record if by is None else replace(record, erased_by=by.entry)

    @staticmethod
    def _erases(erasure: CaseRecord, record: CaseRecord) -> bool:
        return record.opened is None and any(record.seq in some for some in erased_by(erasure.entry))


def _record(entry: Entry, opening: Opening | None) -> CaseRecord:
    """Give a record with what opens it; its bytes are made again, and are checked against the tree later."""
    commitments = {field: bytes.fromhex(held) for field, held in entry.sealed.items()}
    data = encode_entry(entry.seq, entry.public, commitments)
    if opening is None:
        return CaseRecord(entry, data, None, {})
    opened = {field: value for field, value in opening.values.items() if field not in KEPT_SHUT}
    return CaseRecord(entry, data, opened, {field: salt_of(field, opening.record_key) for field in opened})


def _digest_of(entry: Entry) -> str | None:
    """Give the digest by which searches name a record; None for a record that none names."""
    if entry.kind in {POLICY_TEXT, "limits"}:
        return str(entry.public.get("digest", ""))
    return str(entry.public.get("gallery_digest", "")) if entry.kind in {"enrolled", "withdrawn"} else None


def _names(record: CaseRecord) -> tuple[str, ...]:
    """List the digests by which a record names others."""
    texts = record.text("policy_texts").split()
    return (*texts, *(record.text(name) for name in ("schema_digest", "limits_digest", "gallery_digest")))


def _agencies(entry: Entry) -> set[str]:
    """Give the agencies that a record names in the open: whose it is, and for whom it was made."""
    return {_plain(str(entry.public.get(name) or "")) for name in ("agency", "beneficiary")}


def _plain(text: str) -> str:
    return text.strip().casefold()
