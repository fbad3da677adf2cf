"""How much searching yields: candidates shown, leads, leads confirmed; and who was shown and never a lead."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from facegate.gate.withdrawing import WITHDRAWN
from facegate.oversight.governance.attempts import attempts, number
from facegate.oversight.governance.registers_then import as_of
from facegate.oversight.governance.shares import exact_percent
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

NO_SHARE: Final = "-"
"""Where a share means nothing; one that is not known is None."""
OUTCOMES: Final = frozenset({"outcome"})
FOLLOWED: Final = OUTCOMES | {"corroboration", "correction"}
"""Records that say what became of a search, and of a lead."""
TOLD_NOTE: Final = (
    "What came of searches is known where somebody recorded it. Where that was done for none of them, count "
    "and share are not recorded: that is no 0."
)
NOT_SMALL_CELLS: Final = (
    "These counts are of people and are printed exactly: they are of a whole gallery, by no sex, race, age, "
    "agency or day, so a small one points at nobody. Two reports of one log tell how many more were shown "
    "between them, not who."
)


def hit_rate(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count what became of searches, and the share of the gallery that was ever shown without a lead."""
    every = tuple(events)
    until = as_of(every, period)
    found = attempts(every, period)
    ever = [one for one in attempts(every) if one.intent.time <= until]
    kept = [one for one in every if one.kind in {"enrolled", WITHDRAWN} and one.time <= until]
    tables = (_yield(found), _shown(ever, kept))
    return HIT_RATE.report(period, log, tables, NOTES)


def _yield(found: Sequence[Attempt]) -> Table:
    made = [one for one in found if one.made]
    shown = [one for one in made if not one.withheld]
    n_shown, n_leads = sum(one.n_shown for one in made), sum(one.n_leads for one in made)
    evidence, wrong = _ranks(made, "corroboration"), _ranks(made, "correction")
    silent = sum(
        one.n_leads > 0 and not (one.has_outcome("lead-confirmed") or one.has_outcome("lead-refuted"))
        for one in made
    )
    searches, leads = "searches made", "candidates released as leads"
    rows: list[tuple[Cell, ...]] = [
        (searches, len(made), NO_SHARE, NO_SHARE),
        ("searches whose list was withheld", *_of(len(made) - len(shown), len(made)), searches),
        ("searches that found nobody", *_of(sum(one.n_shown == 0 for one in shown), len(made)), searches),
        ("candidates shown", n_shown, NO_SHARE, NO_SHARE),
        (leads, *_of(n_leads, n_shown), "candidates shown"),
        ("leads with independent evidence", *_told(len(evidence), n_leads, made, FOLLOWED), leads),
        ("leads proved wrong", *_told(len(wrong), n_leads, made, FOLLOWED), leads),
        ("searches with a lead confirmed", *_ended(made, "lead-confirmed"), searches),
        ("searches with a lead refuted", *_ended(made, "lead-refuted"), searches),
        ("searches with leads and no word what became of them", *_of(silent, len(made)), searches),
        ("searches with an arrest after them", *_ended(made, "arrest"), searches),
    ]
    columns = ("what", "count", "share", "of")
    return Table("yield", "What searches of the period led to", columns, tuple(rows), (TOLD_NOTE,))


def _ended(made: Sequence[Attempt], what: str) -> tuple[int | None, str | None]:
    return _told(sum(one.has_outcome(what) for one in made), len(made), made, OUTCOMES)


def _told(
    part: int, whole: int, made: Sequence[Attempt], kinds: frozenset[str]
) -> tuple[int | None, str | None]:
    """Give a count with its share; None where there was something to tell and no record tells it.

    Without a single record of what came of searches, "0 % confirmed" would say that somebody had looked.
    """
    if whole and not any(step.kind in kinds for one in made for step in one.steps):
        return None, None
    return _of(part, whole)


def _ranks(made: Sequence[Attempt], kind: str) -> set[tuple[int, int]]:
    """Name the candidates that records of one kind are about: said twice of one, it counts once."""
    return {(one.intent.seq, number(step, "rank")) for one in made for step in one.of_kind(kind)}


def _of(part: int, whole: int) -> tuple[int, str | None]:
    return part, exact_percent(part, whole)


def _shown(ever: Sequence[Attempt], kept: Sequence[Event]) -> Table:
    """Count the people of the gallery who were ever shown, and of these those who never were a lead."""
    shown: set[str] = set()
    leads: set[str] = set()
    unreadable = 0
    for one in ever:
        people = _people(one)
        if people is None:
            unreadable += 1
            continue
        shown.update(people)
        leads.update(people[rank - 1] for rank in _lead_ranks(one) if rank <= len(people))
    size, gone = _enrolled(kept)
    never = len(shown - leads)
    rows: tuple[tuple[Cell, ...], ...] = (
        ("people ever enrolled, by the records of enrollment", size, NO_SHARE),
        ("people withdrawn", gone, _share(gone, size)),
        ("people enrolled at the end", None if size is None or gone > size else size - gone, NO_SHARE),
        ("people ever shown in a list", len(shown), _share(len(shown), size)),
        ("people ever shown, and never released as a lead", never, _share(never, size)),
        ("lists that can no longer be read", unreadable, NO_SHARE),
    )
    read = (
        "People shown are counted from the sealed lists; who stands only on erased lists is missing. "
        "People enrolled before the log began are in no record. Shares are of the people ever enrolled: who "
        "was shown may have been withdrawn since, and no record says who was. Enrolled again counts again."
    )
    columns = ("what", "count", "share of people ever enrolled")
    notes = (read, NOT_SMALL_CELLS)
    return Table("shown-without-a-lead", "The gallery, from the first search on", columns, rows, notes)


def _enrolled(kept: Sequence[Event]) -> tuple[int | None, int]:
    """Count the people who were enrolled, None where no record says so, and those taken out again."""
    came = [number(one, "n_subjects_new") for one in kept if one.kind == "enrolled"]
    went = [number(one, "n_subjects") for one in kept if one.kind == WITHDRAWN]
    return sum(came) if came else None, sum(went)


def _share(part: int, size: int | None) -> str | None:
    """Give a share of the gallery; None if its size is not recorded, or is not all of it."""
    return None if size is None or part > size else exact_percent(part, size)


def _people(one: Attempt) -> list[str] | None:
    """Give whom a list showed, in rank order; None if its opening is gone."""
    if one.n_shown == 0 or one.result is None:
        return []
    sealed = one.result.sealed.get("candidates")
    return None if sealed is None else [str(who) for who, _ in json.loads(sealed)]


def _lead_ranks(one: Attempt) -> set[int]:
    """Give the ranks that were released as leads: those whose subject reference was not withheld."""
    lines = [json.loads(step.sealed.get("candidates", "[]")) for step in one.of_kind("release")]
    return {int(rank) for those in lines for rank, _, reference, _ in those if reference}


NOTES: Final = (
    "An arrest after a search is not yet one because of it. An outcome that nobody recorded is in no count.",
    "What came of a search counts as far as the log has it, also where it was recorded after the period.",
    (
        "For comparison: of 320,000,000 images of license plates the Los Angeles police had 400,000 hits, "
        "0.125 %; 99.875 % were of no interest, reported as 99.9 (state audit, news report, checked)."
    ),
)
HIT_RATE: Final = ReportKind(
    name="hit-rate",
    title="Hit rate: what searches led to, and who was shown for nothing",
    authority="practice: state audit of license-plate readers (news report, checked); no statute asks for it",
    due="yearly",
    needs_openings=True,
    make=hit_rate,
)
