"""A report against its log: what was edited is named, and any past year comes out again byte for byte."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from told_folder import ORIGIN, write_told
from told_log import Told

from facegate.audit.canonical import canonical_json
from facegate.audit.published.publish import publish
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Signer
from facegate.audit.storage import SEALED, read_checkpoint
from facegate.errors import InputError, VerificationError
from facegate.oversight.log_reader import OwnLog, log_reader
from facegate.oversight.registry import report_kind
from facegate.oversight.report import Period
from facegate.oversight.report_form import encode_report
from facegate.oversight.verify_report import make_report, verify_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

YEAR = Period.year(2024)


def told_year() -> Told:
    """Tell of a year in Utah and Europe."""
    told = Told("ut-77-23e")
    told.gallery("dl", owner="A00000001")
    for day in ("2024-02-03", "2024-03-04", "2024-05-06"):
        told.reviewed(told.search(day, n_candidates=3), day, n_agreed=1)
    return told


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_told(told_year(), tmp_path / "log")


def filed(log: Path, name: str = "ut-106", **options: Any) -> bytes:  # noqa: ANN401  any option of a report
    return encode_report(make_report(report_kind(name), OwnLog(log), YEAR, **options))


def edited(data: bytes, edit: Callable[[dict[str, Any]], object]) -> bytes:
    form = json.loads(data)
    edit(form)
    return canonical_json(form) + b"\n"


def test_a_report_follows_from_its_log(log: Path) -> None:
    assert verify_report(filed(log), OwnLog(log)).name == "ut-106"


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda form: form["tables"][0]["rows"][0].__setitem__(1, 2),
         r"table crimes, row 1 \(robbery\), requests: the report says 2, the log gives 3"),
        (lambda form: form["tables"][0]["rows"][0].__setitem__(3, None),
         "probable matches: the report says not recorded, the log gives 3"),
        (lambda form: form["tables"][0]["rows"].pop(), "table crimes has 1 rows, the log gives 2"),
        (lambda form: form["tables"][0]["notes"].pop(), "table crimes has 0 notes, the log gives 1"),
        (lambda form: form["tables"][1].update(title="Other"), "table per-request: its title is 'Other'"),
        (lambda form: form["tables"].pop(), "the tables crimes, per-request, the log gives"),
        (lambda form: form["notes"].__setitem__(0, "All is well."), "note 1: the report says 'All is"),
        (lambda form: form.update(authority="none"), "the report's authority is 'none'"),
        (lambda form: form.update(needs_openings=False), "needs_openings is False, the log gives True"),
        (lambda form: form["log"].update(root="11" * 32), "names root 1111.*its root was edited"),
        (lambda form: form["log"].update(size=2), "the report names root .* of 2 records"),
        (lambda form: form["log"].update(size=99), "made from 99 records, this log holds 10"),
        (lambda form: form["log"].update(origin="facegate.example/other"), "the log facegate.example/other"),
        (lambda form: form["period"].update(last_day="2024-04-30"), "the report says 3, the log gives 2"),
    ],
)  # fmt: skip
def test_whatever_was_edited_fails_and_is_named(log: Path, edit: Callable[[Any], object], why: str) -> None:
    data = edited(filed(log), edit)
    with pytest.raises(VerificationError, match=why):
        verify_report(data, OwnLog(log))


def test_a_period_stretched_over_empty_days_gives_the_same_counts_and_is_a_report_of_these_days(
    log: Path,
) -> None:
    data = edited(filed(log), lambda form: form["period"].update(last_day="2024-12-30"))
    assert verify_report(data, OwnLog(log)).period.end.day == 31


def test_f8_a_past_year_comes_out_byte_for_byte_at_its_size_whatever_was_recorded_since(
    tmp_path: Path,
) -> None:
    told = told_year()
    log = write_told(told, tmp_path / "log")
    size, before = len(told.events), filed(log)
    told.search("2025-01-07", n_candidates=1)
    told.reviewed("search-1", "2025-02-01", n_agreed=2)
    write_told(told, log)
    assert filed(log, size=size) == before
    assert verify_report(before, OwnLog(log)).log.size == size
    later = json.loads(filed(log))
    assert later["tables"][0]["rows"][0] == [
        "robbery",
        3,
        3,
        4,
        0,
        0,
    ]  # one review said more; 2025 is no part
    assert json.loads(before)["tables"][0]["rows"][0] == ["robbery", 3, 3, 3, 0, 0]


def test_p16_and_t25_a_report_without_sealed_fields_is_recomputed_from_the_public_part_alone(
    log: Path,
) -> None:
    data = filed(log, "eu-26-10")
    (log / SEALED).unlink()
    assert verify_report(data, log_reader(log)).name == "eu-26-10"


def test_a_report_of_sealed_fields_cannot_be_recomputed_from_the_public_part(log: Path) -> None:
    data = filed(log)
    (log / SEALED).unlink()
    with pytest.raises(InputError, match="ut-106 reads sealed fields, which the public part"):
        verify_report(data, log_reader(log))


def test_anybody_recomputes_a_report_from_the_published_log(log: Path, tmp_path: Path) -> None:
    data, signer = (
        filed(log, "eu-26-10"),
        Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32))),
    )
    signed = sign_checkpoint(read_checkpoint(log), [signer], at=datetime(2025, 1, 1, tzinfo=UTC))
    publish(log, tmp_path / "public", signed.encode())
    reader = log_reader(tmp_path / "public")
    assert verify_report(data, reader).name == "eu-26-10"
    with pytest.raises(InputError, match="ut-106 reads sealed fields"):
        verify_report(filed(log), reader)


def test_records_that_were_changed_make_no_report(log: Path) -> None:
    entries = log / "entries"
    entries.write_bytes(entries.read_bytes().replace(b"robbery", b"bribery", 1))
    with pytest.raises(VerificationError, match="not those the log's checkpoint covers"):
        filed(log, "eu-26-10")


def test_more_records_than_there_are_make_no_report(log: Path) -> None:
    with pytest.raises(InputError, match="holds 10 records, wanted its state at 11"):
        filed(log, size=11)


def test_the_same_log_gives_the_same_bytes_in_another_folder(log: Path, tmp_path: Path) -> None:
    assert filed(write_told(told_year(), tmp_path / "again")) == filed(log)
