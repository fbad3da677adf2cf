"""Williams v. City of Detroit, 2024: every search with no or other candidates, and its flaws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import Search, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

ERASED: Final = "(erased)"


def williams_nil(events: Iterable[Event], period: Period, log: LogState, *, case_number: str = "") -> Report:
    """List the searches that found nobody or others, case by case, with what weakens each.

    Parameters
    ----------
    events : iterable of Event
        The log's records in order, opened.
    period : Period
        In which a search was asked for.
    log : LogState
        What they come from.
    case_number : str
        One case; all of them if empty.

    Returns
    -------
    Report
        One row a search, the cases in order.
    """
    record = read_record(events, period)
    ran = [one for one in record.ran if not case_number or _case(one) == case_number]
    named = [(one, words) for one in ran if (words := _nil_or_other(one))]
    named.sort(key=lambda pair: (pair[0].intent.text("agency"), _case(pair[0]), pair[0].intent.seq))
    listed = tuple(_search(*one) for one in named)
    flaws = tuple(_flaws(one) for one, _ in named)
    tables = (
        _cases(ran, [one for one, _ in named]),
        Table("searches", "Searches with no or other candidates", SEARCHES, listed),
        Table("flaws", "What weakens each of these searches", FLAWS, flaws, FLAW_NOTES),
    )
    return WILLIAMS_NIL.report(period, log, tables, NOTES)


def _case(one: Search) -> str:
    return one.intent.sealed.get("case_number") or ERASED


def _nil_or_other(one: Search) -> str:
    """Say why a search is listed; empty for one whose only candidate is the lead, or that was withheld."""
    if one.result is None or one.result.text("outcome") != "searched":
        return ""
    if one.n_candidates == 0:
        return "nobody"
    if one.n_agreed is None:
        return f"{one.n_candidates} candidates, review open"
    if one.corrections:
        return f"{one.n_candidates} candidates, {len(one.corrections)} lead(s) proved wrong"
    others = one.n_candidates - one.n_agreed
    if one.n_agreed == 0:
        return f"{others} candidates, no lead"
    return f"{others} others beside {one.n_agreed} lead(s)" if others or one.n_agreed > 1 else ""


def _cases(ran: list[Search], named: list[Search]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for key in sorted({(one.intent.text("agency"), _case(one)) for one in named}):
        mine = [one for one in ran if (one.intent.text("agency"), _case(one)) == key]
        listed = [one for one in named if (one.intent.text("agency"), _case(one)) == key]
        rows.append((*key, len(mine), len(listed), sum(one.disclosed for one in mine)))
    columns = ("agency", "case", "searches made", "with no or other candidates", "disclosure recorded at")
    return Table("cases", "Cases", columns, tuple(rows))


SEARCHES: Final = ("agency", "case", "record", "time (UTC)", "found")


def _search(one: Search, words: str) -> tuple[Cell, ...]:
    intent = one.intent
    return (intent.text("agency"), _case(one), intent.seq, f"{intent.time:%Y-%m-%d %H:%M:%S}", words)


FLAWS: Final = ("record", "threshold", "FMR at most", "FPIR at most", "probe", "certificate", "flags")
FLAW_NOTES: Final = (
    (
        "FMR and FPIR are the upper ends of the intervals in the certificate that the search relied on; "
        "empty means that none was in force. Probe: what was stated of the photo."
    ),
    "Error rates by group are in the certificate of that serial.",
)


def _flaws(one: Search) -> tuple[Cell, ...]:
    intent = one.intent
    flags = intent.public.get("flags")
    return (
        intent.seq,
        *(intent.text(name) or None for name in ("threshold", "fmr_at_most", "fpir_at_most")),
        _probe(one),
        intent.text("certificate") or None,
        ", ".join(str(flag) for flag in flags) if isinstance(flags, list) and flags else "none",
    )


def _probe(one: Search) -> str | None:
    stated = one.stated
    if not stated:
        return None
    source = stated.get("probeSource")
    words = [source if isinstance(source, str) else "source not stated"]
    words += [word for name, word in (("probeEdited", "edited"), ("sketch", "a drawing")) if stated.get(name)]
    return ", ".join(words)


NOTES: Final = (
    (
        "Every search of the period is looked at, whatever its law. A search is listed if it found "
        "nobody, or anybody beside one lead. Withheld lists are not: whether somebody was found is what "
        "is withheld."
    ),
)
WILLIAMS_NIL: Final = ReportKind(
    name="williams-nil",
    title="Searches with no or other candidates, and their flaws, case by case",
    authority="Williams v. City of Detroit, settlement of 2024, not checked against the text (second-hand)",
    due="per case",
    needs_openings=True,
    make=williams_nil,
    publishable=False,
)
