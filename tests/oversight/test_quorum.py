"""Who witnesses the log is public, and no quorum is met by policing bodies among themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oversight_desk import LOG, NOW, YEAR, Story, a_desk, events_of, row, table

from facegate.audit.signed.notes import ED25519_COSIGNATURE, VerifierKey
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import InputError, PolicyRefusal
from facegate.oversight.governance.witness_quorum import witness_quorum
from facegate.oversight.quorum import demand_outsider, membership, record_witnesses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

OUTSIDE = ("defender", "university")


def key(name: str) -> str:
    public = hashlib.sha256(name.encode()).digest()
    return VerifierKey(f"{name}.example/w", ED25519_COSIGNATURE, public).line()


def policy(needed: str = "3", *names: str) -> str:
    """Write a policy of four witnesses, two of them outside policing, of whom some must have cosigned."""
    those = names or ("sheriff", "police", *OUTSIDE)
    lines = [f"witness {one} {key(one)}" for one in those]
    return "\n".join([*lines, f"group all-of-them {needed} {' '.join(those)}", "quorum all-of-them", ""])


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_desk(tmp_path / "desk") as desk:
        yield desk


def recorded(ledger: Ledger, text: str, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "outside": OUTSIDE,
        "published_at": "https://dmv.example.gov/witnesses.txt",
        "signed_by": ("77", "31"),
        "at": NOW,
    }
    return record_witnesses(ledger, policy=text, **{**options, **changes})


def test_the_membership_is_a_public_record_with_keys_and_digest(ledger: Ledger, tmp_path: Path) -> None:
    recorded(ledger, policy())
    event = events_of(tmp_path / "desk", opened=False)[-1]
    assert event.public["policy_digest"] == hashlib.sha256(policy().encode()).hexdigest()
    found = membership([event])
    assert found is not None
    assert [(one.name, one.outside_policing) for one in found.members] == [
        ("sheriff", False),
        ("police", False),
        ("defender", True),
        ("university", True),
    ]
    assert found.members[0].key == key("sheriff")


def test_a_quorum_of_two_police_bodies_is_refused_and_not_recorded(ledger: Ledger) -> None:
    before = ledger.log.size
    with pytest.raises(PolicyRefusal, match="could be met by sheriff, police alone"):
        recorded(ledger, policy("2"))
    assert ledger.log.size == before


def test_a_quorum_of_nobody_is_met_by_nobody_and_refused(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="could be met by nobody at all"):
        recorded(ledger, f"witness defender {key('defender')}\nquorum none\n", outside=("defender",))


def test_where_nobody_is_outside_no_quorum_will_do(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="wanted one that no policing bodies"):
        recorded(ledger, policy("all"), outside=())


def test_whoever_is_outside_must_be_a_witness(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="'press' is no witness of the policy; it names sheriff"):
        recorded(ledger, policy(), outside=("press",))


@pytest.mark.parametrize("signers", [(), ("77",), ("77", "77"), ("77", "8841")])
def test_two_officers_of_the_keeper_sign(ledger: Ledger, signers: tuple[str, ...]) -> None:
    with pytest.raises(PolicyRefusal, match="sign"):
        recorded(ledger, policy(), signed_by=signers)


def test_what_is_no_policy_is_not_recorded(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="witness policy, line 1"):
        recorded(ledger, "friends only\n")


def test_a_later_record_takes_the_place_of_the_earlier(ledger: Ledger, tmp_path: Path) -> None:
    recorded(ledger, policy())
    seq = recorded(ledger, policy("1", "defender"), outside=("defender",))
    found = membership(events_of(tmp_path / "desk"))
    assert found is not None
    assert (found.seq, len(found.members)) == (seq, 1)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.data())
def test_a_policy_passes_exactly_if_no_set_of_insiders_meets_it(
    inside: int, outside: int, data: st.DataObject
) -> None:
    insiders, outsiders = [f"i{n}" for n in range(inside)], [f"o{n}" for n in range(outside)]
    needed = data.draw(st.integers(1, inside + outside))
    read = parse_policy(policy(str(needed), *insiders, *outsiders))
    if needed <= inside:
        with pytest.raises(PolicyRefusal):
            demand_outsider(read, outsiders)
    else:
        demand_outsider(read, outsiders)


def test_without_a_record_the_report_says_that_nobody_is_known_to_watch() -> None:
    report = witness_quorum(Story().events, YEAR, LOG)
    assert table(report, "witnesses").rows == ()
    assert "No witnesses are recorded" in table(report, "witnesses").notes[0]


def test_the_report_names_members_and_auditors_by_where_they_stand(ledger: Ledger, tmp_path: Path) -> None:
    recorded(ledger, policy())
    report = witness_quorum(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    assert row(report, "witnesses", "defender")["outside policing"] == "yes"
    assert row(report, "auditors", "auditor outside policing")["audits"] == 1
