"""The register of cases: whoever registers cannot search, and what is invented is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pilot import NOW, POLICE, facts, open_case, pilot

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.cases import amend_case, case_at, cases_of, close_case, confirm_case, find_case
from facegate.gate.registers.people import change_officer
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened:
        yield opened


def test_a_thousand_invented_case_numbers_are_refused_if_the_registrar_is_not_registered(
    ledger: Ledger,
) -> None:
    size = ledger.log.size
    for number in range(1000):
        with pytest.raises(PolicyRefusal, match="is not registered there"):
            open_case(ledger, f"24-{number:06}", by="666", at=NOW)
    assert ledger.log.size == size
    assert len(cases_of(ledger, POLICE)) == 1


def test_a_thousand_invented_case_numbers_are_registered_nowhere(ledger: Ledger) -> None:
    found = [facts(ledger, case_number=f"25-{number:06}").gate for number in range(1000)]
    assert not any(gate.case_registered or gate.case_by_another for gate in found)
    assert all(gate.case_number_fits for gate in found)


def test_a_searcher_cannot_use_a_case_he_registered(ledger: Ledger) -> None:
    open_case(ledger, "24-000002", by="8841", at=NOW)
    gate = facts(ledger, case_number="24-000002").gate
    assert (gate.case_registered, gate.case_by_another) == (True, False)


def test_a_suspended_officer_registers_nothing(ledger: Ledger) -> None:
    change_officer(ledger, agency=POLICE, officer="502", standing="suspended", at=NOW)
    with pytest.raises(PolicyRefusal, match="suspended, gone or disabled"):
        open_case(ledger, "24-000002", at=NOW)


@pytest.mark.parametrize(
    "number", ["24-00123\uff14", "24-00123\u0664", "24\u2010001234", "24 001234", "24-001235\n", ""]
)
def test_blanks_and_look_alikes_are_refused(ledger: Ledger, number: str) -> None:
    with pytest.raises(InputError, match="the case number is"):
        open_case(ledger, number, at=NOW)
    assert not facts(ledger, case_number=number).gate.case_number_fits


def test_a_number_of_another_form_than_the_agencys_is_refused(ledger: Ledger) -> None:
    with pytest.raises(InputError, match=f"has not the form of agency {POLICE}, 99-999999"):
        open_case(ledger, "2024-17", at=NOW)


def test_a_closed_case_is_not_registered_until_it_is_opened_again(ledger: Ledger) -> None:
    close_case(ledger, agency=POLICE, case_number="24-001234", closed_by="502", at=NOW)
    assert not facts(ledger).gate.case_registered
    open_case(ledger, "24-001234", at=NOW)
    assert facts(ledger).gate.case_registered


def test_an_open_case_is_not_registered_twice(ledger: Ledger) -> None:
    # Otherwise the searcher's accomplice of tomorrow could put himself in the place of who registered it.
    with pytest.raises(InputError, match="is open at agency"):
        open_case(ledger, "24-001234", by="8841", at=NOW)


def test_a_case_that_is_not_there_cannot_be_closed(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no open case '24-999999'"):
        close_case(ledger, agency=POLICE, case_number="24-999999", closed_by="502", at=NOW)


def test_neither_case_number_nor_officer_is_public(ledger: Ledger) -> None:
    entry, _ = list(ledger.log.read())[-1]
    assert entry.kind == "case"
    assert set(entry.public) == {"kind", "time", "agency"}


def amend(ledger: Ledger, code: str, *, by: str = "502", number: str = "24-001234") -> int:
    return amend_case(
        ledger,
        agency=POLICE,
        case_number=number,
        offense_code=code,
        amended_by=by,
        reason="as found",
        at=NOW,
    )


def fits(ledger: Ledger, code: str, **changes: Any) -> bool:  # noqa: ANN401  any field of the request
    return facts(ledger, offense_code=code, **changes).gate.offense_fits_case


@pytest.mark.parametrize("action", sorted(Action))
def test_a_search_states_the_offense_of_its_case_and_no_other(ledger: Ledger, action: str) -> None:
    assert fits(ledger, "1201", action=action)
    assert not any(fits(ledger, code, action=action) for code in ("0999", "2404", "", "1201 ", "12O1"))


def test_the_offense_of_a_case_amended_by_somebody_else_counts_from_then_on(ledger: Ledger) -> None:
    amend(ledger, "0999")
    assert fits(ledger, "0999")
    assert not fits(ledger, "1201")


def test_whoever_amends_a_case_cannot_search_for_what_he_made_of_it(ledger: Ledger) -> None:
    amend(ledger, "0999", by="8841")
    assert not fits(ledger, "0999")
    assert not fits(ledger, "1201")
    assert fits(ledger, "0999", requester="1120")
    assert facts(ledger, requester="1120").gate.case_by_another


def test_a_case_opened_anew_has_the_offense_it_is_opened_with(ledger: Ledger) -> None:
    amend(ledger, "0999")
    close_case(ledger, agency=POLICE, case_number="24-001234", closed_by="502", at=NOW)
    assert not fits(ledger, "0999")
    open_case(ledger, "24-001234", at=NOW)
    assert fits(ledger, "1201")


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"code": "1201"}, "registered with offense code 1201 already"),
        ({"code": "9999"}, "the offense code is '9999'"),
        ({"code": "0999", "number": "24-999999"}, "no open case '24-999999'"),
    ],
)
def test_what_cannot_be_amended_is_refused(ledger: Ledger, change: dict[str, str], match: str) -> None:
    with pytest.raises(InputError, match=match):
        amend(ledger, **change)


def test_whoever_is_not_registered_amends_nothing(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="whoever amends the case of agency"):
        amend(ledger, "0999", by="666")


def test_neither_case_nor_offense_nor_reason_of_an_amendment_is_public(ledger: Ledger) -> None:
    amend(ledger, "0999")
    entry, opening = list(ledger.log.read())[-1]
    assert (entry.kind, set(entry.public)) == ("case-amended", {"kind", "time", "agency"})
    assert opening is not None
    assert set(opening.values) == {"case_number", "offense_code", "amended_by", "reason"}


def confirm(ledger: Ledger, by: str = "1120") -> int:
    return confirm_case(ledger, agency=POLICE, case_number="24-001234", confirmed_by=by, at=NOW)


def test_whoever_registered_a_case_may_search_under_it_once_another_confirmed_it(ledger: Ledger) -> None:
    assert not facts(ledger, requester="502").gate.case_by_another
    confirm(ledger)
    known = facts(ledger, requester="502").gate
    assert (known.case_by_another, known.offense_fits_case) == (True, True)


def test_an_amendment_ends_a_confirmation(ledger: Ledger) -> None:
    confirm(ledger)
    amend(ledger, "0999")
    assert not facts(ledger, requester="502").gate.case_by_another


@pytest.mark.parametrize(
    ("by", "match"),
    [
        ("8841", "confirmed by a coordinator or a supervisor"),
        ("666", "whoever confirms the case of agency"),
    ],
)
def test_only_a_supervisor_of_the_agency_confirms(ledger: Ledger, by: str, match: str) -> None:
    with pytest.raises(PolicyRefusal, match=match):
        confirm(ledger, by)


def test_nobody_confirms_an_offense_that_he_stated_himself(ledger: Ledger) -> None:
    amend(ledger, "0999", by="1120")
    with pytest.raises(PolicyRefusal, match="stated himself"):
        confirm(ledger)


def test_a_case_is_confirmed_once(ledger: Ledger) -> None:
    confirm(ledger)
    with pytest.raises(InputError, match="confirmed already"):
        confirm(ledger)


def test_a_case_is_found_by_the_record_that_registered_it(ledger: Ledger) -> None:
    case = find_case(ledger, POLICE, "24-001234")
    assert case is not None
    assert case_at(ledger, case.record) == case
    assert case_at(ledger, case.record + 1) is None
