"""Make a report from a log; or make it again, and hold it against the one that was filed.

1. The report must read as one, in canonical form.
2. Log, size and root must be those of the log it is held against: the same first records.
3. Made again from these, it must come out the same, byte for byte. The first difference is named.

What reads sealed fields is not made again once a record it stands on was erased: at the same size it would
differ from the report that was filed by what was erased, and the difference would tell it. One that was filed
before is said to be past checking, not to be edited.

Not covered: two reports at two sizes of the log, one before an erasure and one after. Whoever files both
files their difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError, VerificationError
from facegate.oversight.masked_report import demand_publishable, public_report
from facegate.oversight.registry import report_kind
from facegate.oversight.report_form import encode_report, parse_report
from facegate.oversight.report_text import cell_text

if TYPE_CHECKING:
    from facegate.oversight.log_reader import LogReader
    from facegate.oversight.report import Period, Report, Table
    from facegate.oversight.report_kind import ReportKind
    from facegate.oversight.sources import LogState


def make_report(
    kind: ReportKind, log: LogReader, period: Period, *, size: int | None = None, public: bool = False
) -> Report:
    """Make a report from a log.

    Parameters
    ----------
    kind : ReportKind
        Which.
    log : LogReader
        From what.
    period : Period
        About which days.
    size : int, optional
        From how many of its records; all of them if left out.
    public : bool
        Mask small counts about people.

    Returns
    -------
    Report
        The same for the same records.

    Raises
    ------
    InputError
        If sealed fields are needed and cannot be read or were erased since that size, the log is shorter,
        the period does not suit, or the report is not for the public.
    AuditError
        If the log cannot be read, or does not hold.
    """
    if public:
        demand_publishable(kind)
    _demand_openings(kind, log)
    state = log.state(size)
    if (erasure := _erased_since(kind, log, state.size)) is not None:
        msg = (
            f"the report {kind.name} cannot be made from the first {state.size:,} records any more: record "
            f"{erasure} erased what some of them held, and two versions would tell what; leave out --size"
        )
        raise InputError(msg)
    return _made(kind, log, period, state, public=public)


def verify_report(data: bytes, log: LogReader) -> Report:
    """Recompute a report from the log it names.

    Parameters
    ----------
    data : bytes
        The report's file.
    log : LogReader
        The log it says it was made from.

    Returns
    -------
    Report
        The report, if every byte of it follows from the log.

    Raises
    ------
    VerificationError
        If it is no report, of another log, or anything in it differs; the first difference is named.
    InputError
        If sealed fields are needed and cannot be read, or were erased since it was made, or there is no
        report of its name.
    AuditError
        If the log cannot be read, or does not hold.
    """
    shown = parse_report(data)
    kind = report_kind(shown.name)
    if shown.public and not kind.publishable:
        msg = f"the report says it is for the public, and {kind.name} is never made for the public"
        raise VerificationError(msg)
    _demand_openings(kind, log)
    _demand_log(shown, *log.name_and_size())
    state = log.state(shown.log.size)
    _demand_root(shown, state)
    made = _made(kind, log, shown.period, state, public=shown.public)
    if encode_report(made) != data and (erasure := _erased_since(kind, log, state.size)) is not None:
        msg = (
            f"the report cannot be made again since record {erasure} erased what it read; the root still "
            "fits the log"
        )
        raise InputError(msg)
    _demand_same(shown, made)
    if encode_report(made) != data:
        msg = "the report differs from what the log gives, though no single field of it does"
        raise VerificationError(msg)
    return shown


def _made(kind: ReportKind, log: LogReader, period: Period, state: LogState, *, public: bool) -> Report:
    if public:
        return public_report(kind, lambda: log.events(state.size), period, state)
    return kind.make(log.events(state.size), period, state)


def _demand_openings(kind: ReportKind, log: LogReader) -> None:
    if kind.needs_openings and not log.opened:
        msg = (
            f"the report {kind.name} reads sealed fields, which the public part of a log does not hold: only "
            "whoever keeps the log can make or recompute it"
        )
        raise InputError(msg)


def _erased_since(kind: ReportKind, log: LogReader, size: int) -> int | None:
    return log.erased_since(size) if kind.needs_openings else None


def _demand_log(shown: Report, origin: str, size: int) -> None:
    """Refuse a report of another log, or of more records than this one holds."""
    if shown.log.origin != origin:
        msg = f"the report is of the log {shown.log.origin}, this log is {origin}"
        raise VerificationError(msg)
    if shown.log.size > size:
        msg = f"the report is made from {shown.log.size} records, this log holds {size}"
        raise VerificationError(msg)


def _demand_root(shown: Report, state: LogState) -> None:
    if shown.log.root != state.root:
        msg = (
            f"the report names root {shown.log.root:.64} of {shown.log.size} records, these records of "
            f"the log have root {state.root}: it was made from other records, or its root was edited"
        )
        raise VerificationError(msg)


def _demand_same(shown: Report, made: Report) -> None:
    """Compare field by field, from the title to the last note."""
    for name in ("title", "authority", "due", "needs_openings"):
        if (said := getattr(shown, name)) != (true := getattr(made, name)):
            msg = f"the report's {name} is {said!r}, the log gives {true!r}"
            raise VerificationError(msg)
    names = [table.name for table in shown.tables]
    if names != (wanted := [table.name for table in made.tables]):
        msg = f"the report has the tables {', '.join(names)}, the log gives {', '.join(wanted)}"
        raise VerificationError(msg)
    for one, other in zip(shown.tables, made.tables, strict=True):
        _demand_same_table(one, other)
    _demand_same_notes(shown.notes, made.notes, "the report")


def _demand_same_table(shown: Table, made: Table) -> None:
    for name in ("title", "columns", "people"):
        if (said := getattr(shown, name)) != (true := getattr(made, name)):
            msg = f"table {shown.name}: its {name} is {said!r}, the log gives {true!r}"
            raise VerificationError(msg)
    for number, (row, true_row) in enumerate(zip(shown.rows, made.rows, strict=False), start=1):
        for column, cell, true_cell in zip(shown.columns, row, true_row, strict=True):
            if cell != true_cell:
                msg = (
                    f"table {shown.name}, row {number} ({cell_text(row[0])}), {column}: the report says "
                    f"{cell_text(cell)}, the log gives {cell_text(true_cell)}"
                )
                raise VerificationError(msg)
    if len(shown.rows) != len(made.rows):
        msg = f"table {shown.name} has {len(shown.rows)} rows, the log gives {len(made.rows)}"
        raise VerificationError(msg)
    _demand_same_notes(shown.notes, made.notes, f"table {shown.name}")


def _demand_same_notes(shown: tuple[str, ...], made: tuple[str, ...], where: str) -> None:
    for number, (one, other) in enumerate(zip(shown, made, strict=False), start=1):
        if one != other:
            msg = f"{where}, note {number}: the report says {one!r}, the log gives {other!r}"
            raise VerificationError(msg)
    if len(shown) != len(made):
        msg = f"{where} has {len(shown)} notes, the log gives {len(made)}"
        raise VerificationError(msg)
