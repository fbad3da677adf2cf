"""Where each record stands in a case file, and what its copies for reading must say: all of it, nothing else.

A result that stood in another folder, or was left out of ``result.json`` alone, would still be in the log and
in the file, and nobody who reads would see it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT, RESULT
from facegate.errors import VerificationError
from facegate.oversight.case_file.contents import BESIDE, ENTRY, OPENINGS, RECEIPT, readable
from facegate.oversight.case_file.manifest import MANIFEST, NOTE
from facegate.oversight.case_file.records import CaseRecord, CaseSearch

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from facegate.audit.entry import Entry

ON_A_RESULT = frozenset({"review-opened", "finding", "review-closed", "release"})
"""Steps that are only taken on a result."""


def demand_places(
    files: Mapping[str, bytes], entries: Mapping[int, Entry], opened: Mapping[int, Mapping[str, str]]
) -> int:
    """Demand that every record stands in its folder, every copy says it, and no other file is there.

    Parameters
    ----------
    files : mapping of str to bytes
        The whole case file.
    entries : mapping of int to Entry
        Its records, by place in the log.
    opened : mapping of int to mapping
        Their opened fields.

    Returns
    -------
    int
        Copies that were compared.

    Raises
    ------
    VerificationError
        If a file is missing or strange, or a copy says something else, or not all.
    """
    copies: dict[str, bytes] = {}
    for intent in (one for one in entries.values() if one.kind == INTENT):
        about = [_record(one, opened) for one in _about(intent, entries.values()) if one.seq != intent.seq]
        copied = readable(CaseSearch.of(_record(intent, opened), about))
        copies |= {f"{_folder(intent)}/{name}": content for name, content in copied.items()}
    folders = {name.rpartition("/")[0] for name in copies}
    for name, content in copies.items():
        same = files.get(name) == content
        demand(same, f"{name} does not say what the records of its search say, or not all of it")
    stems = (
        f"{_folder(one) if _folder(one) in folders else 'records'}/{seq:06}" for seq, one in entries.items()
    )
    known = {stem + ending for stem in stems for ending in (ENTRY, RECEIPT, OPENINGS)} | copies.keys()
    strange = sorted(known ^ (files.keys() - BESIDE - {MANIFEST, NOTE}))
    demand(not strange, f"{''.join(strange[:1])} is missing, or stands where no file of a record belongs")
    return len(copies)


def demand_results(entries: Collection[Entry]) -> str:
    """Demand that each result answers the search it stands with, and is there if a step was taken on it.

    Returns
    -------
    str
        Which searches are without one: they broke off, or it was left out. A file cannot tell which.

    Raises
    ------
    VerificationError
        If a result answers another search, or must have been left out.
    """
    without = []
    for intent in (one for one in entries if one.kind == INTENT):
        about = _about(intent, entries)
        results = [one for one in about if one.kind == RESULT]
        same = all(one.intent == intent.seq for one in results)
        demand(same, f"a result answers another search than that of record {intent.seq}")
        taken = any(one.kind in ON_A_RESULT and one.public.get("decision") == "allowed" for one in about)
        demand(bool(results) or not taken, f"the result of the search of record {intent.seq} was left out")
        without += [] if results else [intent.seq]
    if not without:
        return "Every search in the file has its result."
    named = ", ".join(map(str, sorted(without)))
    return f"No result is in the file of the searches of records {named}: they broke off or it was left out."


def place_of(name: str) -> int:
    """Read which record a file is named after."""
    return int(name.rpartition("/")[2].partition(".")[0])


def demand(holds: bool, why: str) -> None:  # noqa: FBT001  the condition itself
    """Refuse a case file in which something does not hold.

    Raises
    ------
    VerificationError
        With the reason.
    """
    if not holds:
        raise VerificationError(why)


def _folder(entry: Entry) -> str:
    return f"searches/{entry.public.get('search_id')}"


def _about(intent: Entry, entries: Collection[Entry]) -> list[Entry]:
    """Give the records of one search, in the order of the log."""
    search_id = intent.public["search_id"]
    return sorted(
        (one for one in entries if one.public.get("search_id") == search_id), key=lambda one: one.seq
    )


def _record(entry: Entry, opened: Mapping[int, Mapping[str, str]]) -> CaseRecord:
    return CaseRecord(entry, b"", opened[entry.seq], {})
