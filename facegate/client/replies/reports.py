"""Reports made from the log, as they are answered."""

from datetime import date

from pydantic import Field

from facegate.client.replies.reply import Reply


class ReportKind(Reply):
    """One kind of report.

    Parameters
    ----------
    name, title, authority, due : str
        Its address, its title, who asks for it, and when.
    needs_openings : bool
        Sealed fields are read for it: it is made for auditors and misuse officers only.
    publishable : bool
        It can be masked for publication.
    """

    name: str
    title: str
    authority: str
    due: str
    needs_openings: bool
    publishable: bool


class ReportKinds(Reply):
    """Every report there is."""

    reports: tuple[ReportKind, ...]


class ReportPeriod(Reply):
    """The days a report is about, both included."""

    first_day: date
    last_day: date


class ReportLog(Reply):
    """The state of the log that a report was made from: name, number of records, and root over them."""

    origin: str
    size: int
    root: str


class ReportTable(Reply):
    """Counts.

    Parameters
    ----------
    name, title, people : str
        Its name, its title, and whose counts they are.
    columns : tuple of str
        Heads.
    rows : tuple of tuple
        As many cells as columns; None was not recorded, ``<5`` and ``withheld`` are masked.
    notes : tuple of str
        What must be known of them.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]
    notes: tuple[str, ...]
    people: str


class Report(Reply):
    """One report. Verified are the bytes that were answered, not this: see `Reports.make_file`.

    Parameters
    ----------
    form : str
        Name of its form; ``schema`` in its JSON.
    name, title, authority, due : str
        As of its kind.
    period, log : ReportPeriod, ReportLog
        What it is about, and what it was made from.
    needs_openings, public : bool
        Sealed fields were read; small counts are masked.
    tables, notes : tuple of ReportTable, tuple of str
        What it says.
    """

    form: str = Field(alias="schema")
    name: str
    title: str
    authority: str
    due: str
    period: ReportPeriod
    log: ReportLog
    needs_openings: bool
    public: bool
    tables: tuple[ReportTable, ...]
    notes: tuple[str, ...]


class ReportChecked(Reply):
    """What came of recomputing a report.

    Parameters
    ----------
    holds : bool
        Every byte is as the log has it.
    say : str or None
        The first difference; None if it holds.
    name, size, root : str, int, str, or None
        Which report, and the state of the log it names; None where it cannot be read.
    """

    holds: bool
    say: str | None
    name: str | None
    size: int | None
    root: str | None
