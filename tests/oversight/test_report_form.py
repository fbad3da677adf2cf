"""The file of a report: one report one sequence of bytes, to the published schema, read strictly."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema
import pytest
from told_log import LOG, Told

import facegate.oversight as oversight_package
from facegate.audit.canonical import canonical_json
from facegate.errors import InputError, VerificationError
from facegate.oversight.registry import KINDS, report_kind
from facegate.oversight.report import Period, Report, Table
from facegate.oversight.report_form import encode_report, parse_report

if TYPE_CHECKING:
    from facegate.oversight.report_kind import ReportKind

SCHEMA = json.loads((Path(oversight_package.__file__).parent / "report.schema.json").read_text())
TABLE = Table(
    "people", "People", ("group", "a", "total"), (("x", 3, None), ("total", 3, "withheld")), ("n",), "who"
)
REPORT = Report(
    "a-report", "A report", "a statute, checked", "1 May", Period.year(2024), LOG,
    needs_openings=True, tables=(TABLE,), notes=("note",),
)  # fmt: skip


def test_a_report_reads_back_as_it_was_written() -> None:
    assert parse_report(encode_report(REPORT)) == REPORT


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_report_is_of_the_published_schema(kind: ReportKind) -> None:
    told = Told()
    told.search("2024-02-03", n_candidates=2)
    made = kind.make(told.events, Period.year(2024), LOG)
    form = json.loads(encode_report(made))
    jsonschema.Draft202012Validator(SCHEMA).validate(form)
    assert len({table["name"] for table in form["tables"]}) == len(form["tables"])
    assert parse_report(encode_report(made)) == made


def test_the_schema_refuses_what_is_no_report() -> None:
    form = json.loads(encode_report(REPORT))
    validator = jsonschema.Draft202012Validator(SCHEMA)
    changes: tuple[dict[str, object], ...] = (
        {"extra": 1},
        {"public": "yes"},
        {"schema": "facegate/report/v2"},
        {"log": {}},
    )
    for change in changes:
        assert not validator.is_valid({**form, **change})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"schema": "facegate/report/v2"}, "its schema is"),
        ({"extra": 1}, "a field too many"),
        ({"period": {"first_day": "2024-13-01", "last_day": "2024-12-31"}}, "no facegate report"),
        ({"period": {"first_day": "2024-02-01", "last_day": "2024-01-01"}}, "ends after it starts"),
        ({"public": 1}, "wanted true or false"),
        ({"log": {"origin": "x", "size": -1, "root": "00"}}, "from 0 up"),
        ({"notes": "one"}, "wanted a list"),
        ({"tables": [1]}, "a table is an object"),
        ({"title": None}, "wanted a text"),
    ],
)
def test_what_is_no_report_is_refused_in_a_sentence(change: dict[str, object], why: str) -> None:
    form = {**json.loads(encode_report(REPORT)), **change}
    with pytest.raises(VerificationError, match=why):
        parse_report(canonical_json(form) + b"\n")


def test_a_cell_that_is_no_count_and_no_text_is_refused() -> None:
    form = json.loads(encode_report(REPORT))
    form["tables"][0]["rows"][0][1] = True
    with pytest.raises(VerificationError, match="a cell is"):
        parse_report(canonical_json(form) + b"\n")


def test_a_row_of_another_length_is_refused() -> None:
    form = json.loads(encode_report(REPORT))
    form["tables"][0]["rows"][0].append(1)
    with pytest.raises(VerificationError, match="a row of 4 cells under 3 columns"):
        parse_report(canonical_json(form) + b"\n")


def test_a_field_left_out_is_named() -> None:
    form = json.loads(encode_report(REPORT))
    del form["due"]
    with pytest.raises(VerificationError, match="due is missing"):
        parse_report(canonical_json(form) + b"\n")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]\n", b"\xff", encode_report(REPORT)[:-1], b" " + encode_report(REPORT)]
)
def test_bytes_that_are_not_the_canonical_ones_are_refused(data: bytes) -> None:
    with pytest.raises(VerificationError):
        parse_report(data)


def test_a_quarter_is_three_months_and_four_make_a_year() -> None:
    quarters = [Period.quarter(2024, number) for number in (1, 2, 3, 4)]
    assert [one.start.month for one in quarters] == [1, 4, 7, 10]
    assert [one.end for one in quarters] == [*(one.start for one in quarters[1:]), date(2025, 1, 1)]


def test_an_unknown_report_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="'md-511', wanted one of md-510"):
        report_kind("md-511")


def test_no_two_reports_have_the_same_name() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
