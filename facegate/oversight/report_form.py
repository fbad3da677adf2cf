"""A report as a file: canonical JSON, one report one sequence of bytes (form: ``report.schema.json``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.errors import InputError, VerificationError
from facegate.oversight.report import Period, Report, Table
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from facegate.audit.canonical import JSONValue
    from facegate.oversight.report import Cell

SCHEMA: Final = "facegate/report/v1"
LARGEST_REPORT: Final = 64 * 1024 * 1024  # bytes
ONE_DAY: Final = timedelta(days=1)


def encode_report(report: Report) -> bytes:
    """Write a report as canonical JSON, ended by a newline."""
    period, log = report.period, report.log
    return (
        canonical_json({
            "schema": SCHEMA,
            "name": report.name,
            "title": report.title,
            "authority": report.authority,
            "due": report.due,
            "period": {
                "first_day": period.start.isoformat(),
                "last_day": (period.end - ONE_DAY).isoformat(),
            },
            "log": {"origin": log.origin, "size": log.size, "root": log.root},
            "needs_openings": report.needs_openings,
            "public": report.public,
            "tables": [_table_form(table) for table in report.tables],
            "notes": list(report.notes),
        })
        + b"\n"
    )  # fmt: skip


def parse_report(data: bytes) -> Report:
    """Read a report strictly: what reads is written again as the same bytes.

    Raises
    ------
    VerificationError
        If it is no report, or not written as `encode_report` writes it.
    """
    if len(data) > LARGEST_REPORT:
        msg = f"the report is {len(data):,} bytes, at most {LARGEST_REPORT:,} are read"
        raise VerificationError(msg)
    value = parse_canonical(data.removesuffix(b"\n"))
    try:
        report = _report(value)
    except (KeyError, TypeError, ValueError, OverflowError, InputError, RuntimeError) as error:
        what = f"{error.args[0]!s:.80} is missing" if isinstance(error, KeyError) else str(error)
        msg = f"this is no facegate report: {what}"
        raise VerificationError(msg) from error
    if encode_report(report) != data:
        msg = "this is no facegate report: a field too many, or no newline at its end"
        raise VerificationError(msg)
    return report


def _table_form(table: Table) -> dict[str, JSONValue]:
    return {
        "name": table.name,
        "title": table.title,
        "columns": list(table.columns),
        "rows": [list(row) for row in table.rows],
        "notes": list(table.notes),
        "people": table.people,
    }


def _report(value: JSONValue) -> Report:
    held = _object(value, "a report")
    if held["schema"] != SCHEMA:
        msg = f"its schema is {held['schema']!r:.60}, wanted {SCHEMA!r}"
        raise ValueError(msg)
    period, log = _object(held["period"], "period"), _object(held["log"], "log")
    return Report(
        name=_text(held["name"]),
        title=_text(held["title"]),
        authority=_text(held["authority"]),
        due=_text(held["due"]),
        period=Period(_day(period["first_day"]), _day(period["last_day"]) + ONE_DAY),
        log=LogState(_text(log["origin"]), _whole(log["size"]), _text(log["root"])),
        needs_openings=_flag(held["needs_openings"]),
        tables=tuple(_table(one) for one in _list(held["tables"])),
        notes=_texts(held["notes"]),
        public=_flag(held["public"]),
    )


def _table(value: JSONValue) -> Table:
    held = _object(value, "a table")
    return Table(
        name=_text(held["name"]),
        title=_text(held["title"]),
        columns=_texts(held["columns"]),
        rows=tuple(tuple(_cell(cell) for cell in _list(row)) for row in _list(held["rows"])),
        notes=_texts(held["notes"]),
        people=_text(held["people"]),
    )


def _object(value: JSONValue, what: str) -> Mapping[str, JSONValue]:
    if isinstance(value, Mapping):
        return value
    msg = f"{what} is an object, got {value!r:.40}"
    raise TypeError(msg)


def _list(value: JSONValue) -> Sequence[JSONValue]:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return value
    msg = f"wanted a list, got {value!r:.40}"
    raise TypeError(msg)


def _texts(value: JSONValue) -> tuple[str, ...]:
    return tuple(map(_text, _list(value)))


def _text(value: JSONValue) -> str:
    if isinstance(value, str):
        return value
    msg = f"wanted a text, got {value!r:.40}"
    raise TypeError(msg)


def _flag(value: JSONValue) -> bool:
    if isinstance(value, bool):
        return value
    msg = f"wanted true or false, got {value!r:.40}"
    raise TypeError(msg)


def _whole(value: JSONValue) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    msg = f"wanted a whole number from 0 up, got {value!r:.40}"
    raise TypeError(msg)


def _cell(value: JSONValue) -> Cell:
    if value is None or (isinstance(value, (str, int)) and not isinstance(value, bool)):
        return value
    msg = f"a cell is a text, a whole number or null, got {value!r:.40}"
    raise TypeError(msg)


def _day(value: JSONValue) -> date:
    return date.fromisoformat(_text(value))
