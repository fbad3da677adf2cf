"""The audit calendar: a term of the agency's own, shortened by anybody, lengthened by two, to three years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pilot import DMV, NOW, SET_UP, days, facts, opened, pilot, setup_text
from resealed import erase

from facegate.errors import FacegateError, InputError, PolicyRefusal
from facegate.gate.registers.audits import (
    LONGEST_TERM,
    audit_current,
    audit_due,
    audit_term,
    file_audit,
    set_audit_term,
)
from facegate.gate.registers.rehearsal import Rehearsal
from facegate.gate.registers.setup import apply_setup, read_setup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

TWO = ["77", "31"]


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened_ledger:
        yield opened_ledger


def term(ledger: Ledger, every_days: int, *signers: str) -> int:
    set_audit_term(ledger, every_days=every_days, signed_by=signers, at=NOW)
    return audit_term(ledger)


def test_without_a_record_the_term_is_three_years_and_nothing_is_current(tmp_path: Path) -> None:
    with opened(tmp_path) as empty:
        assert (audit_term(empty), audit_due(empty), audit_current(empty, NOW)) == (LONGEST_TERM, "", False)


def test_p14_a_shorter_term_closes_at_once_for_the_audit_on_file(ledger: Ledger) -> None:
    assert audit_due(ledger) == "2027-10-15"
    term(ledger, 38)  # filed on 2026-10-15
    assert audit_due(ledger) == "2026-11-22"
    assert [facts(ledger, now=NOW + days(n)).gate.audit_current for n in (0, 1)] == [True, False]


def test_p14_a_term_is_lengthened_by_two_officers_of_the_owner_only(ledger: Ledger) -> None:
    assert term(ledger, 365) == 365
    for signers, match in (
        ((), "lengthening it to 366 needs the signatures of two different officers"),
        (("77",), "two different officers"),
        (("77", "77"), "two different officers"),
        (("77", "8841"), f"not registered at agency {DMV}"),
    ):
        with pytest.raises(PolicyRefusal, match=match):
            term(ledger, 366, *signers)
    assert audit_term(ledger) == 365
    assert term(ledger, 366, *TWO) == 366


@pytest.mark.parametrize("every_days", [0, -1, LONGEST_TERM + 1, True])
def test_p14_no_term_is_longer_than_three_years_or_shorter_than_a_day(
    ledger: Ledger, every_days: int
) -> None:
    with pytest.raises(InputError, match=r"wanted 1 to 1,098 \(three years\)"):
        term(ledger, every_days, *TWO)


def test_nobody_signs_for_an_owner_who_is_not_registered(tmp_path: Path) -> None:
    with opened(tmp_path) as empty, pytest.raises(PolicyRefusal, match="no gallery is registered here"):
        term(empty, 30, *TWO)


def test_an_audit_is_refused_that_is_due_after_the_term(ledger: Ledger) -> None:
    term(ledger, 30)
    audit: dict[str, Any] = {"period_end": "2026-10-31", "filed_on": "2026-11-20", "auditor": "State Auditor"}
    with pytest.raises(InputError, match="the next at most 30 days after the filing"):
        file_audit(ledger, **audit, next_due="2026-12-21", findings_open=0, at=NOW)
    file_audit(ledger, **audit, next_due="2026-12-20", findings_open=0, at=NOW)
    assert audit_due(ledger) == "2026-12-20"


def test_a_lengthening_whose_signatures_were_erased_lengthens_nothing(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        term(ledger, 100)
        seq = set_audit_term(ledger, every_days=200, signed_by=TWO, at=NOW)
        assert audit_term(ledger) == 200
        erase(ledger.log, seq)
    (tmp_path / "ledger.db").unlink()
    with opened(tmp_path) as again:
        assert audit_term(again) == 100


def test_the_term_is_public_and_its_signers_are_not(ledger: Ledger) -> None:
    set_audit_term(ledger, every_days=300, signed_by=TWO, at=NOW)
    entry, _ = list(ledger.log.read())[-1]
    assert (entry.kind, entry.public["every_days"]) == ("audit-term", 300)
    assert set(entry.public) == {"kind", "time", "every_days"}


def test_the_setup_file_sets_the_term_once_and_needs_two_to_lengthen_it(ledger: Ledger) -> None:
    text = setup_text()
    assert audit_term(ledger) == 731
    longer = text.replace("audit_every_days = 731", "audit_every_days = 732")
    with pytest.raises(PolicyRefusal, match=r"\[audit_calendar\]: the term between audits is 731 days"):
        apply_setup(ledger, read_setup(longer), NOW)
    signed = longer.replace("audit_every_days = 732", 'audit_every_days = 732\nsigned_by = ["77", "31"]')
    assert dict(apply_setup(ledger, read_setup(signed), NOW).recorded) == {"audit-term": 1}
    assert dict(apply_setup(ledger, read_setup(signed), NOW).recorded) == {}
    assert audit_term(ledger) == 732


@pytest.mark.parametrize(
    ("new", "match"),
    [
        ("every = 731", "key audit_calendar.every is not known"),
        ('audit_every_days = "731"', "wanted a whole number"),
        ("audit_every_days = 0", "audit_every_days"),
    ],
)
def test_a_calendar_that_is_not_of_its_form_is_refused(ledger: Ledger, new: str, match: str) -> None:
    text = setup_text().replace("audit_every_days = 731", new)
    with pytest.raises(InputError, match=match):
        apply_setup(ledger, read_setup(text), NOW)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, LONGEST_TERM), st.booleans()), max_size=8))
def test_without_two_signatures_a_term_never_grows(changes: list[tuple[int, bool]]) -> None:
    with Rehearsal(EmptyLedger()) as ledger:
        apply_to(ledger)
        for every_days, is_signed in changes:
            before = audit_term(ledger)
            try:
                set_audit_term(ledger, every_days=every_days, signed_by=TWO if is_signed else [], at=NOW)
            except FacegateError:
                assert every_days > before
                assert not is_signed
            assert audit_term(ledger) == (every_days if is_signed else min(before, every_days))


class EmptyLedger:
    """Registers in which there is nobody."""

    def record(self, *_: object, **__: object) -> int:
        raise NotImplementedError

    def rows(self, *_: object) -> list[object]:
        return []

    def value(self, *_: object) -> None:
        return None


def apply_to(ledger: Rehearsal) -> None:
    apply = read_setup(setup_text().split("# How long the next audit may wait")[0])
    for one in apply.statements:
        one.register(ledger, **one.fields, at=SET_UP)
