"""``facegate permit`` from the outside: who may approve what, how long it holds, and what is on the log."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from ready_home import copy_home, make_home, permit, plain, records, run, search, write_request

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


DRAWN = re.compile(r"[0-9a-f]{64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""A digest, commitment or id: among its digits may be any four."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_home(tmp_path_factory.mktemp("agency"))


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return copy_home(made, tmp_path)


def issue(home: Path, *more: str) -> Result:
    beside = home.parent
    words = (str(beside / "probe.png"), "--request", str(beside / "request.json"))
    return run(home, "permit", "issue", *words, *more)


def test_a_permit_names_the_command_it_is_for(home: Path) -> None:
    answer = issue(home)
    assert answer.exit_code == 0, answer.output
    command = plain(answer).partition("It is for one search: facegate ")[2].split()
    assert run(home, *command).exit_code == 0


def test_a_permit_holds_72_hours_unless_the_caps_say_less(home: Path) -> None:
    for hours in (72, 5):
        issued = json.loads(issue(home, "--json").stdout)
        left = datetime.fromisoformat(issued["expires"]) - datetime.now(tz=UTC)
        assert timedelta(hours=hours - 1) < left < timedelta(hours=hours)
        (home / "limits.toml").write_text("permit_hours = 5\n")


def test_the_public_record_of_a_permit_names_no_case_and_nobody(home: Path) -> None:
    permit(home)
    record = records(home)[-1]
    assert record["kind"] == "permit"
    assert {"agency", "profile", "gallery", "expires"} < record.keys()
    said = DRAWN.sub("", json.dumps(record))
    assert not [secret for secret in ("24-001234", "8841", "1120") if secret in said]


@pytest.mark.parametrize(
    ("approver", "why"),
    [("8841", "himself"), ("77", "an examiner of another agency"), ("502", "a clerk"), ("9999", "nobody")],
)
def test_only_another_supervisor_or_coordinator_approves(home: Path, approver: str, why: str) -> None:
    answer = issue(home, "--approver", approver)
    assert answer.exit_code == 3, why
    assert "FG-APPROVER" in plain(answer)
    assert "facegate gate rule, not statute" in plain(answer)


def test_a_permit_that_was_refused_is_a_record_with_every_rule(home: Path) -> None:
    write_request(home.parent, approver="8841", offense_code="2303")
    answer = issue(home)
    record = records(home)[-1]
    assert f"record {len(records(home)) - 1} of the log" in plain(answer)
    assert record["kind"] == "permit-refused"
    assert {"FG-APPROVER", "CO-LEVEL-1"} <= set(record["rules"])
    assert "FG-PERMIT" not in record["rules"]


def test_the_approver_of_the_option_is_the_one_who_is_bound(home: Path) -> None:
    write_request(home.parent, approver=None)
    given = permit(home, "--approver", "1120")
    assert "by FG-APPROVER, FG-PERMIT;" in plain(search(home, with_permit=given))
    write_request(home.parent)
    assert search(home, with_permit=given).exit_code == 0


def test_the_list_says_which_permits_were_used(home: Path) -> None:
    used, unused = permit(home), permit(home)
    search(home, with_permit=used)
    intent = next(record for record in reversed(records(home)) if record["kind"] == "intent")
    listed = run(home, "permit", "list").output.splitlines()
    [line] = [line for line in listed if used in line]
    assert f"by record {intent['seq']}" in line
    assert " no " in next(line for line in listed if unused in line)


def test_a_permit_for_neither_or_both_is_asked_for_in_vain(home: Path) -> None:
    size = len(records(home))
    request = str(home.parent / "request.json")
    neither = run(home, "permit", "issue", "--request", request)
    both = issue(home, "--search", "01a2008d-7400-7000-8000-000000000001")
    for answer in (neither, both):
        assert answer.exit_code == 2
        assert "a permit is for one photo, or for one dossier" in answer.stderr
    assert len(records(home)) == size


def test_a_permit_for_a_dossier_of_a_search_that_is_not_there_is_one_sentence(home: Path) -> None:
    request = str(home.parent / "request.json")
    answer = run(home, "permit", "issue", "--request", request, "--search", "no-such", "--rank", "1")
    assert answer.exit_code == 2
    assert "there is no search of that id on the log" in answer.stderr
