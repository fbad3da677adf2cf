"""The policy file and the quorum: who counts, who does not, and that nobody counts twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from importlib.resources import files
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_notes import AT, CHECKPOINT, LOG, LOG_VKEY, cosigner, log_key, quantum_cosigner

from facegate.audit.signed.signed_checkpoint import SignedCheckpoint, sign_checkpoint
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.witnesses.quorum import Group, Witness
from facegate.audit.witnesses.witness_policy import OLDEST_COSIGNATURE, parse_policy
from facegate.errors import InputError, VerificationError

A, B, C = (cosigner(f"{name}.example/w") for name in "abc")
KEYS = [one.key.line() for one in (A, B, C)]
TWO_OF_THREE = (
    f"log {LOG_VKEY} https://log.example/\n"
    f"witness a {KEYS[0]} https://a.example/\n"
    f"\twitness  b\t{KEYS[1]}  \n"
    "\n  # a comment\n"
    f"witness c {KEYS[2]}\n"
    "group outsiders 2 a b c\n"
    "quorum outsiders\n"
)
POLICY = parse_policy(TWO_OF_THREE)

EXAMPLE = files("facegate.audit.witnesses").joinpath("example-witness-policy.txt")


def signed(*witnesses: Ed25519Cosigner, ago: timedelta = timedelta()) -> SignedCheckpoint:
    checkpoint = sign_checkpoint(CHECKPOINT, [LOG], at=AT)
    return checkpoint.with_signatures([one.sign(checkpoint.note.text, at=AT - ago) for one in witnesses])


def test_a_policy_is_read() -> None:
    assert POLICY.log_keys == (LOG.key,)
    assert POLICY.witnesses[1:] == (Witness("b", B.key), Witness("c", C.key))
    assert (POLICY.logs[0].url, POLICY.witnesses[0].url) == ("https://log.example/", "https://a.example/")
    assert (POLICY.groups, POLICY.quorum) == ((Group("outsiders", 2, ("a", "b", "c")),), "outsiders")


def test_the_shipped_example_asks_for_two_of_three_outside_policing() -> None:
    policy = parse_policy(
        files("facegate.audit.witnesses").joinpath("example-witness-policy.txt").read_text()
    )
    names = {"public-defender", "state-auditor", "university"}
    assert {witness.name for witness in policy.witnesses} == names
    assert all(policy.can_be_met_by(pair) for pair in combinations(names, 2))
    assert not any(policy.can_be_met_by({one}) for one in names)


def test_the_keys_of_the_shipped_example_are_marked_as_known_to_everybody() -> None:
    text = EXAMPLE.read_text()
    assert text.startswith("# EXAMPLE")
    assert "Do not use these keys" in text


@pytest.mark.parametrize(("count", "needed"), [("any", 1), ("all", 3), ("1", 1), ("3", 3)])
def test_any_and_all_are_short_for_numbers(count: str, needed: int) -> None:
    assert parse_policy(TWO_OF_THREE.replace("outsiders 2", f"outsiders {count}")).groups[0].needed == needed


def test_groups_of_groups_count_each_once() -> None:
    text = TWO_OF_THREE.replace("group outsiders 2 a b c", "group ab any a b\ngroup outsiders all ab c")
    policy = parse_policy(text)
    assert policy.can_be_met_by({"b", "c"})
    assert not policy.can_be_met_by({"a", "b"})


def test_the_name_of_a_group_is_no_witness_that_could_be_claimed() -> None:
    assert not POLICY.can_be_met_by({"outsiders"})


def test_quorum_none_needs_nobody() -> None:
    policy = parse_policy("quorum none\n")
    assert policy.can_be_met_by(set())
    assert policy.demand(signed()) == ()


def test_thirty_two_of_each_are_read() -> None:
    logs = [f"log {log_key(number=n).key.line()}" for n in range(32)]
    witnesses = [f"witness w{n} {cosigner('w.example', n).key.line()}" for n in range(32)]
    groups = [f"group g{n} any w{n}" for n in range(32)]
    policy = parse_policy("\n".join([*logs, *witnesses, *groups, "quorum g31"]))
    assert [len(part) for part in (policy.logs, policy.witnesses, policy.groups)] == [32, 32, 32]


@settings(deadline=None, max_examples=60)
@given(needed=st.integers(1, 3), have=st.sets(st.sampled_from("abc")))
def test_a_quorum_is_met_by_exactly_as_many_as_it_says(needed: int, have: set[str]) -> None:
    policy = parse_policy(TWO_OF_THREE.replace("outsiders 2", f"outsiders {needed}"))
    assert policy.can_be_met_by(have) == (len(have) >= needed)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("quorum outsiders\n", ""), "no quorum line"),
        (("quorum outsiders\n", "quorum outsiders\nquorum a\n"), "line 9: a second quorum"),
        (("quorum outsiders", "quorum nobody"), "nobody is not defined"),
        (("quorum outsiders", "quorum a b"), "wanted: quorum NAME"),
        (("2 a b c", "2 a b d"), "d is not defined"),
        (("2 a b c", "2 a b b"), "count twice"),
        (("2 a b c", "2 a b none"), "no member of a group"),
        (("2 a b c", "2 a b outsiders"), "outsiders is not defined"),
        (("2 a b c", "4 a b c"), "from 1 to 3"),
        (("2 a b c", "0 a b c"), "from 1 to 3"),
        (("2 a b c", "02 a b c"), "from 1 to 3"),
        (("2 a b c", "most a b c"), "from 1 to 3"),
        (("2 a b c", "2"), "wanted: group"),
        (("quorum", "group more any a\nquorum"), "a is a member of a group already"),
        (("group outsiders", "group a"), "the name a is taken"),
        (("group outsiders", "group none"), "the name none is taken"),
        (("witness c", "witness a"), "the name a is taken"),
        (("witness c", "wittness c"), "none of log, witness, group, quorum"),
        (("# a comment", "a comment"), "none of log, witness, group, quorum"),
        (("# a comment", "# a\rcomment"), "control character"),
        ((KEYS[2], KEYS[0]), "must not count as two"),
        ((KEYS[2], LOG_VKEY.replace("facegate", "facegata")), "not that of name and key"),
        ((KEYS[2], log_key("c.example").key.line()), "plain notes"),
        ((KEYS[2], f"{KEYS[2]} https://c.example/ more"), "wanted: witness"),
        (("https://log.example/", "https://log.example/ more"), "wanted: log"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_its_line(change: tuple[str, str], reason: str) -> None:
    assert change[0] in TWO_OF_THREE
    with pytest.raises(InputError, match=reason):
        parse_policy(TWO_OF_THREE.replace(*change))


def test_one_key_under_two_names_is_refused() -> None:
    twin = replace(A, name="twin.example/w")
    with pytest.raises(InputError, match="must not count as two"):
        parse_policy(TWO_OF_THREE.replace(KEYS[1], twin.key.line()))


def test_a_log_cannot_be_its_own_witness() -> None:
    own = Ed25519Cosigner("witness.example/own", LOG.private)
    with pytest.raises(InputError, match="must not count as two"):
        parse_policy(TWO_OF_THREE.replace(KEYS[1], own.key.line()))


def test_a_met_quorum_names_who_cosigned() -> None:
    assert POLICY.demand(signed(C, A)) == ("a", "c")


def test_a_post_quantum_witness_counts() -> None:
    quantum = quantum_cosigner("q.example/w")
    policy = parse_policy(TWO_OF_THREE.replace(KEYS[2], quantum.key.line()))
    checkpoint = signed(A)
    with_quantum = checkpoint.with_signatures([quantum.sign(checkpoint.note.text, at=AT)])
    assert policy.demand(with_quantum) == ("a", "c")


def test_too_few_cosignatures_are_refused_and_the_missing_named() -> None:
    with pytest.raises(VerificationError, match="cosigned by b; a has not cosigned; c has not cosigned"):
        POLICY.demand(signed(B))


def test_two_cosignatures_by_one_witness_count_once() -> None:
    once = signed(A)
    twice = replace(once.note, signatures=(*once.note.signatures, once.note.signatures[1]))
    with pytest.raises(VerificationError, match="is not met"):
        POLICY.demand(replace(once, note=twice))


def test_a_forged_cosignature_refuses_although_the_quorum_is_met_without_it() -> None:
    forged = replace(C.sign(CHECKPOINT.text(), at=AT), blob=bytes(72))
    with pytest.raises(VerificationError, match="does not hold"):
        POLICY.demand(signed(A, B).with_signatures([forged]))


def test_an_old_cosignature_counts_only_where_nobody_asks_for_its_age() -> None:
    old = signed(A, B, ago=timedelta(hours=24, seconds=1))
    assert POLICY.demand(old, now=AT) == ("a", "b")
    with pytest.raises(VerificationError, match="longer than 24 h ago"):
        POLICY.demand(old, now=AT, oldest=OLDEST_COSIGNATURE)


def test_a_cosignature_of_exactly_the_oldest_age_counts() -> None:
    assert POLICY.demand(signed(A, B, ago=OLDEST_COSIGNATURE), now=AT, oldest=OLDEST_COSIGNATURE)


def test_a_cosignature_from_the_future_counts_within_the_skew_only() -> None:
    assert POLICY.demand(signed(A, B, ago=timedelta(minutes=-5)), now=AT) == ("a", "b")
    with pytest.raises(VerificationError, match="in the future"):
        POLICY.demand(signed(A, B, ago=timedelta(minutes=-5, seconds=-1)), now=AT)


def test_a_cosignature_of_time_zero_does_not_count() -> None:
    with pytest.raises(VerificationError, match="no statement about a time"):
        POLICY.demand(signed(A, B, ago=timedelta(seconds=AT.timestamp())))


def test_a_log_that_the_policy_does_not_name_is_refused() -> None:
    other = sign_checkpoint(CHECKPOINT, [log_key()], at=AT)
    with pytest.raises(VerificationError, match="not signed by a log that the policy names"):
        POLICY.demand(other.with_signatures(signed(A, B).note.signatures[1:]))


def test_an_age_cannot_be_asked_for_without_the_time() -> None:
    with pytest.raises(RuntimeError, match="together with the time"):
        POLICY.demand(signed(A, B), oldest=OLDEST_COSIGNATURE)
