"""The cover: what the case file holds, in the order in which a lawyer reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.reply import NOTICE
from facegate.oversight.case_file.chances import case_sentence, rates_blocks
from facegate.oversight.case_file.law import law_section, laws_asked
from facegate.oversight.case_file.search_part import came_of, search_section
from facegate.oversight.case_file.steps import WHAT, erased_sentence, moment, step_rows
from facegate.oversight.case_file.wording import (
    HOW_TO_CHECK,
    NOT_IN_IT,
    NOT_WITNESSED,
    PROOFS_DO_NOT_SHOW,
    PROOFS_SHOW,
    WHAT_IT_IS,
    WITNESSED,
    WORDS,
)
from facegate.reporting.report.blocks import Grid, Items, Part, Report, Section, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.gate.reply import CertificateSeen
    from facegate.oversight.case_file.records import CaseRecord, CaseRecords, CaseSearch
    from facegate.reporting.report.blocks import Block

COMPARED = frozenset({"searched", "withheld"})


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beside the records of the log.

    Parameters
    ----------
    tool : str
        Which facegate made the file.
    made_at : str
        When.
    origin : str
        Name of the log.
    size : int
        Records in the state of it that is signed.
    root : str
        Merkle root over them, 64 hexadecimal digits.
    keys : tuple of str
        Verifier keys of the log.
    certificate : CertificateSeen or None
        The certificate at hand, whose signature held; None if there is none.
    gallery_sizes : mapping of str to int
        People in the gallery, by its digest.
    offenses : mapping of str to str
        What the codes of offenses stand for.
    witnessed : bool
        Witnesses, whom the agency's policy names, signed the state of the log that the receipts lead to.
    """

    tool: str
    made_at: str
    origin: str
    size: int
    root: str
    keys: tuple[str, ...]
    certificate: CertificateSeen | None
    gallery_sizes: Mapping[str, int]
    offenses: Mapping[str, str]
    witnessed: bool


def cover_of(records: CaseRecords, known: Known) -> Report:
    """Lay out the cover of a case file.

    Parameters
    ----------
    records : CaseRecords
        Of the case.
    known : Known
        What is known beside them.

    Returns
    -------
    Report
        Plain text and tables; the same records, the same cover.
    """
    laws = laws_asked(records)
    searches = tuple(
        search_section(
            number,
            one,
            law=laws.get(one.intent.text("policy_digest")),
            certificate=relied_on(one, known.certificate),
            gallery_sizes=known.gallery_sizes,
            offenses=known.offenses,
        )
        for number, one in enumerate(records.searches, start=1)
    )
    return Report(
        title=f"Case file: face searches in case {records.number}",
        question=f"Agency {records.agency}. Everything its log holds of this case, opened, with proofs.",
        line=(
            f"Made by {known.tool} at {known.made_at}. {records.size:,} records of the log {known.origin} "
            f"were "
            f"looked through. The proofs lead to its first {known.size:,} records, root {known.root}."
        ),
        banner=NOTICE,
        first_page=(_summary(records), Section("what", "What this is about", (Items(WHAT_IT_IS),))),
        sections=(
            *searches,
            *_late(records),
            _rates(records, known),
            *(law_section(number, one) for number, one in enumerate(laws.values(), start=1)),
            _case(records),
            _proofs(known),
            Section("words", "Words", (Grid("Words", ("word", "meaning"), WORDS, words=True),)),
            _index(records),
        ),
    )


def relied_on(search: CaseSearch, certificate: CertificateSeen | None) -> CertificateSeen | None:
    """Give the certificate at hand if it is the one that a search relied on."""
    at_hand = certificate is not None and search.intent.text("certificate") == certificate.serial
    return certificate if at_hand else None


def _summary(records: CaseRecords) -> Section:
    searches, late = records.searches, records.late()
    blocks: list[Block] = [Words(_counted(records), "key")]
    if compared := case_sentence(tuple(one for one in searches if _compared(one))):
        blocks.append(Words(compared))
    rows = tuple((str(number), came_of(one), _people(one)) for number, one in enumerate(searches, start=1))
    if rows:
        columns = ("search", "what came of it", "people on the list / left out / just below")
        blocks.append(Grid("Every search of the case", columns, rows, words=True))
    if late:
        blocks.append(Words("Searches made past the system are listed in a section of their own.", "caution"))
    blocks += [Words(erased_sentence(one), "alarm") for one in records.every() if _is_erased(one)]
    if records.unknown:
        named = ", ".join(map(str, records.unknown))
        blocks.append(
            Words(
                f"The sealed content of {len(records.unknown):,} other search(es), made by this agency, for "
                f"it, or by one that is not stated in the open, was erased (record {named}): nobody can say "
                "any more whether they belonged to this case.",
                "alarm",
            )
        )
    return Section("summary", "In short", tuple(blocks))


def _counted(records: CaseRecords) -> str:
    searches = records.searches
    outcomes = [(one.result.text("outcome") if one.result is not None else "") for one in searches]
    n_found = sum(bool(one.result is not None and one.result.number("n_candidates")) for one in searches)
    n_nobody = outcomes.count("searched") - n_found
    n_refused, n_withheld = outcomes.count("refused"), outcomes.count("withheld")
    n_broken = len(searches) - outcomes.count("searched") - n_refused - n_withheld
    return (
        f"Searches of this case on the log: {len(searches):,}. Of these returned candidates: {n_found:,}; "
        f"returned nobody: {n_nobody:,}; refused: {n_refused:,}; searched and withheld: {n_withheld:,}; "
        f"broke "
        f"off: {n_broken:,}. Made past the system and entered afterwards: {len(records.late()):,}."
    )


def _compared(search: CaseSearch) -> bool:
    return search.result is not None and search.result.text("outcome") in COMPARED


def _people(search: CaseSearch) -> str:
    if search.result is None or not _compared(search):
        return "-"
    if search.result.opened is None:
        return "erased"
    counts = (search.result.text(name).count('["') for name in ("candidates", "omitted", "approached"))
    return " / ".join(map(str, counts))


def _is_erased(record: CaseRecord) -> bool:
    return record.opened is None and bool(record.entry.sealed)


def _late(records: CaseRecords) -> Iterator[Section]:
    if late := records.late():
        columns = ("record", "when entered", "what", "entered by", "details")
        intro = Words(
            "These searches were made without the system: by telephone, in person or by message. Nobody but "
            "whoever entered them vouches for what is said here; there is no list, no score and no review."
        )
        grid = Grid("Searches entered afterwards", columns, tuple(step_rows(late)), words=True)
        yield Section("late", "Searches made past the system", (intro, grid))


def _rates(records: CaseRecords, known: Known) -> Section:
    serials = dict.fromkeys(one.intent.text("certificate") for one in records.searches)
    blocks: list[Block] = []
    at_hand = known.certificate
    if at_hand is not None and at_hand.serial in serials:
        blocks += rates_blocks(at_hand, groups=_groups(records))
    for serial in serials:
        if not serial:
            blocks.append(Words("A search of this case was asked for without a certificate in force."))
        elif at_hand is None or serial != at_hand.serial:
            later = "" if at_hand is None else f" Another one is in force now ({at_hand.serial})."
            blocks.append(
                Words(
                    f"The certificate {serial}, on which searches of this case relied, is not at hand any "
                    f"more.{later} The bounds for everybody were recorded with each search; those by group "
                    "must be asked for.",
                    "caution",
                )
            )
    return Section("rates", "How often the system is wrong, by group", tuple(blocks))


def _groups(records: CaseRecords) -> frozenset[str]:
    """Give the words recorded of people concerned: sex and race, as a certificate's groups may bear them."""
    named = [one for search in records.searches for one in search.of_kind("demographics")]
    words = {one.text(name).casefold() for one in named for name in ("sex", "race")} - {"", "not_known"}
    letters = {"female": "f", "male": "m"}
    return frozenset(words | {letters[one] for one in words & letters.keys()})


def _case(records: CaseRecords) -> Section:
    columns = ("record", "when", "what", "by", "details")
    others = tuple(one for one in records.others if one not in records.late())
    if not others:
        nothing = Words(
            "No record of the case itself is on the log: it was never registered under this number."
        )
        return Section("case", "The case itself", (nothing,))
    grid = Grid("Registration, papers, permits, clearances", columns, tuple(step_rows(others)), words=True)
    return Section("case", "The case itself", (grid,))


def _opened(record: CaseRecord) -> str:
    """Say how many sealed fields of a record are opened here."""
    if _is_erased(record):
        return "erased"
    shut = f", {len(record.shut)} kept shut" if record.shut else ""
    return f"{len(record.opened or {})}{shut}" if record.entry.sealed else "nothing is sealed"


def _proofs(known: Known) -> Section:
    witnessed = WITNESSED if known.witnessed else NOT_WITNESSED
    keys = tuple((one,) for one in known.keys)
    return Section(
        "proofs",
        "What is proved, and how to check it",
        (),
        (
            Part("What the proofs show", (Items(PROOFS_SHOW),)),
            Part("What they do not show", (Items(PROOFS_DO_NOT_SHOW), Words(witnessed, "caution"))),
            Part("How to check", (Items(HOW_TO_CHECK, numbered=True),)),
            Part("The log's keys", (Grid("Compare with those published", ("key",), keys, words=True),)),
            Part("What is not in this file", (Items(NOT_IN_IT),)),
        ),
    )


def _index(records: CaseRecords) -> Section:
    folder = {
        one.seq: f"searches/{search.search_id}" for search in records.searches for one in search.every()
    }
    rows = tuple(
        (
            str(one.seq),
            moment(one),
            WHAT.get(one.kind, one.kind),
            _opened(one),
            f"{folder.get(one.seq, 'records')}/{one.seq:06}.*",
        )
        for one in sorted(records.every(), key=lambda one: one.seq)
    )
    columns = ("record", "when", "what", "sealed fields opened", "files")
    return Section("index", "Every record in this file", (Grid("Records", columns, rows, words=True),))
