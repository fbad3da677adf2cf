"""What reports must not give away or make up: erased words, unknown counts, one application counted twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from told_folder import ORIGIN, write_told
from told_log import LOG, Told

from facegate.audit.log import AuditLog, Record
from facegate.errors import InputError, VerificationError
from facegate.oversight.log_reader import OwnLog
from facegate.oversight.registry import report_kind
from facegate.oversight.report import Period
from facegate.oversight.report_form import encode_report, parse_report
from facegate.oversight.verify_report import make_report, verify_report

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.oversight.report import Cell

YEAR = Period.year(2024)
AGENCY = "A00000001"


def rows(name: str, told: Told, table: str) -> tuple[tuple[Cell, ...], ...]:
    report = report_kind(name).make(told.events, YEAR, LOG)
    return next(one for one in report.tables if one.name == table).rows


def washington() -> Told:
    told = Told()
    told.agency(AGENCY, state="WA")
    return told


def judged(
    told: Told, day: str, step: str, *, application: int | None = None, number: str = "", gone: bool = False
) -> int:
    sealed = {"judge": "Judge A", "officer": "8841", "authorizer": "1120", "places": "street"}
    public: dict[str, JSONValue] = {} if application is None else {"application": application}
    days = 30 if step in {"granted", "modified", "extended"} else None
    kept = {} if gone else {**sealed, "number": number}
    return told.add("judicial", day, kept, agency=AGENCY, step=step, days=days, **public)


def test_an_application_whose_number_comes_with_the_answer_is_counted_once() -> None:
    told = washington()
    filed = judged(told, "2024-02-01", "applied")
    judged(told, "2024-02-03", "granted", application=filed, number="24CV1")
    judged(told, "2024-03-03", "extended", application=filed)
    assert rows("wa-070-3", told, "judges")[-1] == ("all judges", 1, 1, 0, 0, 0, 1)


@pytest.mark.parametrize("number", ["", "24CV1"])
def test_an_older_answer_without_its_application_goes_to_the_only_one_there_is(number: str) -> None:
    told = washington()
    judged(told, "2024-02-01", "applied")
    judged(told, "2024-02-03", "granted", number=number)
    assert rows("wa-070-3", told, "judges")[0] == ("Judge A", 1, 1, 0, 0, 0, 0)


def test_an_older_answer_that_fits_two_applications_leaves_their_answers_unrecorded() -> None:
    told = washington()
    judged(told, "2024-02-01", "applied")
    judged(told, "2024-02-02", "applied")
    judged(told, "2024-02-03", "granted")
    assert rows("wa-070-3", told, "judges")[0] == ("Judge A", 2, None, None, None, None, None)
    assert rows("wa-070-3", told, "applications")[0][2:5] == (None, None, None)
    notes = report_kind("wa-070-3").make(told.events, YEAR, LOG).notes
    assert notes[-1].startswith("Steps that name no application and fit none, or several")


def test_an_erased_application_is_counted_once_and_its_judge_is_not_recorded() -> None:
    told = washington()
    judged(told, "2024-02-01", "applied", gone=True)
    judged(told, "2024-02-03", "granted", gone=True)
    assert rows("wa-070-3", told, "judges")[0] == (None, 1, 1, 0, 0, 0, 0)


def test_nobody_recorded_is_no_zero_in_any_row() -> None:
    told = Told("md-2-501")
    told.outcome(told.search("2024-02-03", n_candidates=3), "2024-04-01", "arrest")
    assert {row[1] for row in rows("md-510", told, "acted-on-by-sex")} == {None}


def test_nobody_there_is_zero_in_every_row() -> None:
    assert {row[1] for row in rows("md-510", Told("md-2-501"), "acted-on-by-sex")} == {0}


def test_a_warrant_of_last_year_searched_on_this_year_leaves_who_was_named_unrecorded() -> None:
    told = washington()
    judged(told, "2023-12-30", "applied")
    told.search("2024-01-05", n_candidates=1)
    assert {row[1] for row in rows("wa-070-4", told, "named-by-sex")} == {None}


def test_a_year_without_searches_or_steps_named_nobody() -> None:
    told = washington()
    judged(told, "2023-12-30", "applied")
    assert rows("wa-070-4", told, "named-by-sex")[-1] == ("total", 0)


def expunged(folder: Path) -> tuple[Path, bytes, bytes, int]:
    """File two reports, one of them of sealed fields; then erase one person's words. Give the size before."""
    told = Told("md-2-501")
    told.gallery("dl", owner=AGENCY)
    seqs = []
    for number in range(20):
        search = told.search("2024-02-03", n_candidates=1)
        told.outcome(search, "2024-02-04", "arrest")
        seqs.append(len(told.events))
        told.person(search, "2024-02-05", "candidate-acted-on", sex="female" if number < 8 else "male")
    told.add("audit", "2025-01-05")
    log = write_told(told, folder)
    md = encode_report(make_report(report_kind("md-510"), OwnLog(log), YEAR, public=True))
    eu = encode_report(make_report(report_kind("eu-26-10"), OwnLog(log), YEAR))
    with AuditLog.open(log, origin=ORIGIN) as writer:
        writer.erase([seqs[3]], Record({"time": "2025-02-01T00:00:00.00Z"}, {}, bytes(32)))
    return log, md, eu, len(told.events)


def test_a_report_filed_before_an_erasure_is_past_checking_and_not_edited(tmp_path: Path) -> None:
    log, md, eu, size = expunged(tmp_path / "log")
    why = f"cannot be made again since record {size} erased what it read; the root still fits the log"
    with pytest.raises(InputError, match=why):
        verify_report(md, OwnLog(log))
    assert verify_report(eu, OwnLog(log)).name == "eu-26-10"


def test_no_second_version_is_made_from_before_an_erasure(tmp_path: Path) -> None:
    log, _, eu, size = expunged(tmp_path / "log")
    with pytest.raises(InputError, match="two versions would tell what; leave out --size"):
        make_report(report_kind("md-510"), OwnLog(log), YEAR, size=size, public=True)
    assert encode_report(make_report(report_kind("eu-26-10"), OwnLog(log), YEAR, size=size)) == eu
    later = encode_report(make_report(report_kind("md-510"), OwnLog(log), YEAR, public=True))
    assert verify_report(later, OwnLog(log)).log.size == size + 1


def test_a_wrong_root_is_named_though_something_was_erased(tmp_path: Path) -> None:
    log, md, _, _ = expunged(tmp_path / "log")
    root = parse_report(md).log.root.encode()
    with pytest.raises(VerificationError, match="its root was edited"):
        verify_report(md.replace(root, b"11" * 32), OwnLog(log))


def test_a_report_of_sealed_things_that_says_it_is_public_fails(tmp_path: Path) -> None:
    log = expunged(tmp_path / "log")[0]
    data = encode_report(make_report(report_kind("williams-nil"), OwnLog(log), YEAR))
    claimed = data.replace(b'"public":false', b'"public":true')
    with pytest.raises(VerificationError, match="williams-nil is never made for the public"):
        verify_report(claimed, OwnLog(log))
