"""Which records of a log belong to a case, and which searches may have, and can be asked no more."""

from __future__ import annotations

import pytest
from logbook import record_key

from facegate.audit.commitments import commit
from facegate.audit.entry import Entry, encode_entry, parse_entry
from facegate.audit.sealing.sealed import Opening
from facegate.oversight.case_file.selection import select_case

AGENCY, OTHER, CASE = "CO0160000", "CO0300000", "24-001234"


def search(seq: int, **values: str) -> tuple[Entry, Opening]:
    """Write a search of the case; agency and beneficiary are public, the agency as stated is sealed."""
    sealed = {"case_number": CASE, "agency_stated": values.pop("agency_stated", "")}
    public = {
        "kind": "intent",
        "time": "2026-11-22T03:00:00.00Z",
        "search_id": f"s{seq}",
        "agency": "",
        "beneficiary": "",
    }
    key = record_key(seq)
    data = encode_entry(
        seq, {**public, **values}, {name: commit(name, held, key) for name, held in sealed.items()}
    )
    return parse_entry(data), Opening(key, sealed)


OWN = search(0, agency=AGENCY)
BY_ANOTHER = search(1, agency=OTHER, beneficiary=AGENCY)
BY_ANOTHER_IN_SMALL_LETTERS = search(1, agency=OTHER, beneficiary=AGENCY.lower())
BY_ONE_NOT_STATED = search(1, agency_stated=f" {AGENCY.lower()} ")
OF_ANOTHER = search(1, agency=OTHER, beneficiary=OTHER)


@pytest.mark.parametrize("one", [BY_ANOTHER, BY_ANOTHER_IN_SMALL_LETTERS, BY_ONE_NOT_STATED])
def test_a_search_made_by_another_agency_for_this_one_is_of_the_case(one: tuple[Entry, Opening]) -> None:
    picked = select_case([OWN, one], agency=AGENCY, number=CASE)
    assert [found.search_id for found in picked.searches] == ["s0", "s1"]


@pytest.mark.parametrize("one", [BY_ANOTHER, BY_ANOTHER_IN_SMALL_LETTERS, BY_ONE_NOT_STATED])
def test_the_same_search_erased_is_listed_as_unknown(one: tuple[Entry, Opening]) -> None:
    picked = select_case([OWN, (one[0], None)], agency=AGENCY, number=CASE)
    assert ([found.search_id for found in picked.searches], picked.unknown) == (["s0"], (1,))


def test_a_search_of_other_agencies_is_neither_of_the_case_nor_unknown() -> None:
    for opening in (OF_ANOTHER[1], None):
        picked = select_case([OWN, (OF_ANOTHER[0], opening)], agency=AGENCY, number=CASE)
        assert (len(picked.searches), picked.unknown) == (1, ())
