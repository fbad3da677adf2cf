"""One policy, one verdict: the package's checks and the offline verifier judge every policy alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import pytest
from case_room import AT, case_file, forged, log_key, offline, within
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from signed_notes import quantum_cosigner

from facegate.audit.signed.notes import VerifierKey, parse_note
from facegate.audit.signed.signing import Ed25519Cosigner, Ed25519Signer
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import FacegateError
from facegate.oversight.case_file import offline_verifier
from facegate.oversight.case_file.archive import unpack
from facegate.oversight.case_file.check import check_case_file

if TYPE_CHECKING:
    from facegate.audit.signed.notes import Signature


def cosigner(name: str, letter: bytes) -> Ed25519Cosigner:
    return Ed25519Cosigner(name, Ed25519PrivateKey.from_private_bytes(letter * 32))


A, B, STRANGER = cosigner("a.example/w", b"a"), cosigner("b.example/w", b"b"), cosigner("c.example/w", b"c")
SAME = cosigner("d.example/w", b"a")  # the key of A under another name
QUANTUM = quantum_cosigner("q.example/w")
OTHER_LOG = Ed25519Signer("other.example/log", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
NO_TIME = datetime.fromtimestamp(0, tz=UTC)
LINE = {"a": A.key.line(), "b": B.key.line(), "same": SAME.key.line(), "q": QUANTUM.key.line()}
LINE |= {"other": OTHER_LOG.key.line(), "plain": Ed25519Signer("e.example/w", A.private).key.line()}


@cache
def cosigned(policy: str) -> bytes:
    """Give the case file with this policy, cosigned by A and the ML-DSA witness, and by B without a time."""
    text = parse_note(unpack(case_file())["checkpoint"]).text
    lines = (signature(A, text), QUANTUM.sign(text, at=AT), B.sign(text, at=NO_TIME), signature(SAME, text))
    return with_signatures(policy.format(**LINE, log=log_key()), *lines)


def with_signatures(policy: str, *more: Signature) -> bytes:
    """Give the case file with this policy and more signatures under its checkpoint."""
    old = unpack(case_file())["checkpoint"]
    new = old + b"".join(one.line() for one in more)

    def change(files: dict[str, bytes]) -> None:
        for name, content in files.items():
            if name == "checkpoint" or name.endswith(".tlog-proof"):
                files[name] = content.replace(old, new)
        files["witnesses.policy"] = policy.encode()

    return forged(change)


def signature(by: Ed25519Cosigner, text: bytes) -> Signature:
    return by.sign(text, at=AT - timedelta(hours=1))


ACCEPTED = {
    "one witness": "witness a {a}\nquorum a",
    "no witness": "quorum none",
    "a name that holds the sign of a comment": "witness w#1 {a}\nquorum w#1",
    "a line that is a comment": "# witness a nobody\n  # more\nwitness a {a}\nquorum a",
    "one of two, the other without a time": "witness a {a}\nwitness b {b}\ngroup g any a b\nquorum g",
    "the log that signed": "log {log}\nwitness a {a}\nquorum a",
    "one of two, the other ML-DSA": "witness a {a}\nwitness q {q}\ngroup g 1 a q\nquorum g",
    "groups of groups": "witness a {a}\nwitness b {b}\ngroup g any a b\ngroup h all g\nquorum h",
    "tabs and a place": "witness\ta  {a}\thttps://a.example \nquorum a\n\n",
}
REFUSED = {
    "no quorum": "witness a {a}",
    "two quorums": "witness a {a}\nquorum a\nquorum a",
    "quorum of nobody known": "witness a {a}\nquorum b",
    "only one without a time": "witness b {b}\nquorum b",
    "one key as two witnesses": "witness a {a}\nwitness s {same}\ngroup g 2 a s\nquorum g",
    "one key as two, one of them enough": "witness a {a}\nwitness s {same}\nquorum a",
    "a witness twice in a group": "witness a {a}\ngroup g 2 a a\nquorum g",
    "a witness in two groups": "witness a {a}\ngroup g 1 a\ngroup h 1 a\nquorum g",
    "a name twice": "witness a {a}\nwitness a {b}\nquorum a",
    "a member not yet defined": "group g 1 a\nwitness a {a}\nquorum g",
    "a group in itself": "witness a {a}\ngroup g 1 a g\nquorum g",
    "a member that is none": "witness a {a}\ngroup g 1 none a\nquorum g",
    "a group of nobody": "witness a {a}\ngroup g all\nquorum a",
    "more than there are": "witness a {a}\ngroup g 2 a\nquorum a",
    "a count that is none": "witness a {a}\ngroup g 01 a\nquorum g",
    "a comment behind a line": "witness a {a} https://a.example # ours\nquorum a",
    "a line of another kind": "witness a {a}\nwitnesses b\nquorum a",
    "a log that did not sign": "log {other}\nwitness a {a}\nquorum a",
    "a log that did not sign, and no witness": "log {other}\nquorum none",
    "a key of a log as witness": "witness a {plain}\nquorum a",
    "a witness called none": "witness none {a}\nquorum none",
    "a carriage return": "witness a {a}\r\nquorum a",
    "a key with another id": "witness a a.example/w+00000000+BAAA\nquorum a",
    "a key of another length": "witness a a.example/w+b5f3b7e5+BAAA\nquorum a",
    "nothing": "",
}


@pytest.mark.parametrize("policy", ACCEPTED.values(), ids=ACCEPTED)
def test_both_accept(policy: str) -> None:
    assert offline(cosigned(policy), log_key()) == within(cosigned(policy), log_key()) == ""


@pytest.mark.parametrize("policy", REFUSED.values(), ids=REFUSED)
def test_both_refuse(policy: str) -> None:
    assert offline(cosigned(policy), log_key())
    assert within(cosigned(policy), log_key())


@pytest.mark.parametrize("policy", [*ACCEPTED.values(), *REFUSED.values()], ids=[*ACCEPTED, *REFUSED])
def test_a_reader_s_own_policy_is_judged_alike(policy: str) -> None:
    """The same text as the reader's own, in place of the one in the file."""
    own, data = policy.format(**LINE, log=log_key()), cosigned("quorum none")
    holds = offline_verifier.check(data, [log_key()], list[str]().append, own.encode())
    try:
        check_case_file(data, keys=[VerifierKey.from_line(log_key())], policy=parse_policy(own))
    except FacegateError:
        assert not holds
    else:
        assert holds


@pytest.mark.parametrize(
    "policy", ["witness q {q}\nquorum q", "witness a {a}\nwitness q {q}\ngroup g all a q\nquorum g"]
)
def test_what_needs_an_ml_dsa_cosignature_cannot_be_judged_offline_and_says_so(policy: str) -> None:
    assert within(cosigned(policy), log_key()) == ""
    assert "cannot be judged here: verify.py counts no ML-DSA signature" in offline(cosigned(policy))


def test_a_forged_cosignature_by_a_known_witness_refuses_the_file_in_both() -> None:
    policy = f"witness a {A.key.line()}\nwitness c {STRANGER.key.line()}\ngroup g any a c\nquorum g\n"
    text = parse_note(unpack(case_file())["checkpoint"]).text
    data = with_signatures(policy, signature(A, text), signature(STRANGER, b"another\n"))
    assert "the signature of c.example/w does not hold" in offline(data)
    assert "the signature of c.example/w" in within(data)


def test_both_say_whose_policy_it_is() -> None:
    own = "witness a {a}\nquorum a".format(**LINE)
    for policy, told in (
        (None, "as the policy in the file asks. Whoever made the file chose them"),
        (own, "as your policy asks."),
    ):
        data, said = cosigned(ACCEPTED["one witness"]), list[str]()
        assert offline_verifier.check(data, [], said.append, None if policy is None else policy.encode())
        read = None if policy is None else parse_policy(policy)
        for sentences in (said, check_case_file(data, policy=read).passed):
            assert any(told in one for one in sentences)
            assert not any("independent witnesses" in one for one in sentences)


def test_the_log_s_keys_are_taken_from_the_reader_s_policy() -> None:
    other = f"log {OTHER_LOG.key.line()}\nquorum none\n"
    said: list[str] = []
    assert not offline_verifier.check(case_file(), [], said.append, other.encode())
    assert "not signed by a known" in said[-1]
    with pytest.raises(FacegateError, match="not signed by a known key"):
        check_case_file(case_file(), policy=parse_policy(other))
    checked = check_case_file(case_file(), policy=parse_policy(f"log {log_key()}\nquorum none\n"))
    assert not checked.key_from_file
