"""The register of misuse on pages: officers file, those who look in read, one office acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk_pages_room import INQUIRY, Desks, some_desks, words
from service_room import POLICE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CASE = {"misuse_class": "curiosity", "narrative": "Looked up a neighbor", "officer": "8842"}
YEAR = {"year": "2025", "opened": "0", "confirmed": "0", "cleared": "0", "pending": "0"}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with some_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


def filed(desks: Desks, **changes: str) -> str:
    """File a case as an officer does, and give its address."""
    answer = desks.post("chief", "/misuse/new", {**CASE, **changes})
    assert answer.status_code == 303, words(answer)
    return f"/misuse/{desks.service.desk.ledger.log.size - 1}"


def test_an_officer_files_and_does_not_read(desks: Desks) -> None:
    at = filed(desks)
    assert desks.as_("chief").get(at).status_code == 403
    assert "Any officer of the staff can file" in words(desks.as_("chief").get("/misuse"))
    assert "Looked up a neighbor" not in desks.as_("chief").get("/misuse").text


def test_a_case_with_a_fault_brings_the_form_back_as_typed(desks: Desks) -> None:
    answer = desks.post("chief", "/misuse/new", {**CASE, "misuse_class": "boredom"})
    assert (answer.status_code, "Looked up a neighbor" in answer.text) == (422, True)


def test_whoever_looks_in_reads_and_an_auditor_acts_on_nothing(desks: Desks) -> None:
    at = filed(desks)
    for name in ("auditor", INQUIRY):
        assert "Looked up a neighbor" in words(desks.as_(name).get(at))
    assert "What can be done" not in words(desks.as_("auditor").get(at))
    assert desks.as_("auditor").get(f"{at}/note").status_code == 403


def test_a_case_goes_from_note_to_confirmed_to_its_outcome_and_back(desks: Desks) -> None:
    at = filed(desks, officer="78")
    steps = (
        ("note", {"text": "asked the witness"}),
        ("confirm", {"reason": "he says so"}),
        ("outcome", {"outcome": "counseling"}),
        ("reopen", {"reason": "new statement"}),
        ("clear", {"reason": "it was his brother"}),
    )
    for step, form in steps:
        assert desks.post(INQUIRY, f"{at}/{step}", form).status_code == 303, step
    said = words(desks.as_(INQUIRY).get(at))
    assert all(one in said for one in ("asked the witness", "he says so", "new statement", "cleared"))


@pytest.mark.parametrize(
    ("step", "form"),
    [
        ("note", {}),
        ("confirm", {"reason": "seen", "outcome": "other"}),
        ("confirm", {"reason": "seen", "outcome": "fined"}),
        ("clear", {}),
    ],
)
def test_a_step_that_is_not_of_its_form_comes_back(desks: Desks, step: str, form: dict[str, str]) -> None:
    at = filed(desks)
    assert desks.post(INQUIRY, f"{at}/{step}", form).status_code == 422


def test_a_step_out_of_turn_is_a_conflict(desks: Desks) -> None:
    at = filed(desks)
    form = {"outcome": "counseling"}
    assert desks.post(INQUIRY, f"{at}/outcome", form, of=f"{at}/note").status_code == 409
    assert desks.as_(INQUIRY).get(f"{at}/burn").status_code == 404


def test_a_case_is_not_there_for_whom_it_is_about(desks: Desks) -> None:
    at = filed(desks, officer="502")
    assert desks.as_(INQUIRY).get(at).status_code == 404
    assert at not in desks.as_(INQUIRY).get("/misuse").text


def test_a_statement_whose_figures_do_not_add_up_is_not_filed(desks: Desks) -> None:
    wrong = desks.post(INQUIRY, "/misuse/statement", {**YEAR, "opened": "3", "confirmed": "1"})
    left_out = desks.post(INQUIRY, "/misuse/statement", {**YEAR, "pending": ""})
    outcomes = desks.post(INQUIRY, "/misuse/statement", {**YEAR, "outcome-felony": "1"})
    assert [one.status_code for one in (wrong, left_out, outcomes)] == [422, 422, 422]
    assert "still pending: wanted a whole number" in words(left_out)


def test_the_register_can_be_read_by_state(desks: Desks) -> None:
    at = filed(desks)
    assert at in desks.as_("auditor").get("/misuse?state=pending").text
    assert at not in desks.as_("auditor").get("/misuse?state=confirmed").text
    assert desks.as_("auditor").get("/misuse?state=anything").status_code == 200


def test_that_the_body_looked_is_on_record_unless_a_case_is_about_him(tmp_path: Path) -> None:
    with some_desks(tmp_path) as desks:
        assert desks.post(INQUIRY, "/misuse/docket", {}).headers["location"] == "/misuse?done=docket"
        assert desks.last_record()["kind"] == "docket-opened"
        filed(desks, officer="502")
        assert desks.post(INQUIRY, "/misuse/docket", {}).status_code == 403
        assert desks.last_record()["decision"] == "refused"


def test_a_statement_of_nothing_is_a_filing(desks: Desks) -> None:
    answer = desks.post(INQUIRY, "/misuse/statement", YEAR)
    assert (answer.status_code, desks.last_record()["kind"]) == (303, "misuse-statement")


@pytest.mark.parametrize("name", ["", "administrator", "enroller"])
def test_nobody_else_comes_in(desks: Desks, name: str) -> None:
    assert desks.as_(name).get("/misuse").status_code == (403 if name else 303)


def test_the_agency_is_the_filers_own_if_left_out(desks: Desks) -> None:
    assert POLICE in words(desks.as_("auditor").get(filed(desks)))
