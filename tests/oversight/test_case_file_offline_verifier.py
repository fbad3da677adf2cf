"""The offline verifier by itself: Ed25519, JSON, proofs, policies against published vectors and oracles."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from case_room import AT, case_file, log_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Cosigner, Ed25519Signer
from facegate.evaluation.certificates.canonical_form import canonical_bytes
from facegate.oversight.case_file import offline_verifier as verifier
from facegate.oversight.case_file.archive import pack, unpack
from facegate.oversight.case_file.export import verifier_source

if TYPE_CHECKING:
    from pathlib import Path

# RFC 8032, section 7.1: secret key, public key, message, signature.
VECTORS = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
            "d25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
            "387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
            "4a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize(("public", "message", "signature"), VECTORS)
def test_signatures_of_the_standard_hold(public: str, message: str, signature: str) -> None:
    assert verifier.is_signed(*map(bytes.fromhex, (public, message, signature)))
    assert not verifier.is_signed(bytes.fromhex(public), b"other", bytes.fromhex(signature))


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=64), st.integers(0, 511))
@settings(max_examples=15, deadline=None)
def test_it_agrees_with_another_library_and_finds_a_changed_bit(secret: bytes, text: bytes, bit: int) -> None:
    key = Ed25519PrivateKey.from_private_bytes(secret)
    signature = key.sign(text)
    changed = bytearray(signature)
    changed[bit // 8] ^= 1 << bit % 8
    assert verifier.is_signed(key.public_key().public_bytes_raw(), text, signature)
    assert not verifier.is_signed(key.public_key().public_bytes_raw(), text, bytes(changed))


def test_a_signature_whose_number_was_raised_by_the_order_is_refused() -> None:
    signature = KEY.sign(b"text")
    raised = int.from_bytes(signature[32:], "little") + verifier.ORDER
    assert not verifier.is_signed(PUBLIC, b"text", signature[:32] + raised.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "data",
    [
        (2**255 - 19).to_bytes(32, "little"),  # y is p: the same point as y = 0
        (1 | 1 << 255).to_bytes(32, "little"),  # x is 0 and called odd
        (2).to_bytes(32, "little"),  # no such point
        bytes(31),
    ],
)
def test_bytes_that_are_no_point_in_its_one_form_are_refused(data: bytes) -> None:
    assert verifier.point_of(data) is None
    assert not verifier.is_signed(data, b"", KEY.sign(b""))


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53) + 1, 2**53 - 1)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text("aé\U0001f600", max_size=3), inner)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=80, deadline=None)
def test_it_writes_json_in_the_one_form(value: object) -> None:
    assert verifier.canonical(value).encode() == canonical_bytes(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 13])
def test_it_follows_every_inclusion_proof_and_no_other(size: int) -> None:
    tree = MerkleTree(b"".join(leaf_hash(bytes([one])) for one in range(size)))
    for index in range(size):
        proof = tree.inclusion_proof(index, size)
        assert verifier.root_from(leaf_hash(bytes([index])), index, size, proof) == tree.root()
        assert verifier.root_from(leaf_hash(b"other"), index, size, proof) != tree.root()
        with pytest.raises(verifier.Failed, match="too long"):
            verifier.root_from(leaf_hash(bytes([index])), index, size, [*proof, bytes(32)])


def test_a_cosignature_counts_and_a_forged_one_refuses_the_note() -> None:
    origin = "facegate.example/test"
    signed = sign_checkpoint(Checkpoint(origin, 8, bytes(32)), [Ed25519Signer(origin, KEY)], at=AT)
    witness = Ed25519Cosigner(
        "witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
    )
    note = signed.with_signatures([witness.sign(signed.note.text, at=AT)]).encode()
    key = verifier.Key(witness.key.line())
    assert verifier.signed_text(note, [key])[1] == {key.line}
    with pytest.raises(verifier.Failed, match="does not hold"):
        verifier.signed_text(note.replace(b"\n8\n", b"\n9\n"), [key])


@pytest.mark.parametrize(
    ("group", "quorum", "met"),
    [("any", "g", True), ("all", "g", False), ("1", "g", True), ("2", "g", False), ("all", "none", True)],
)
def test_a_policy_is_met_by_as_many_witnesses_as_it_asks_for(group: str, quorum: str, *, met: bool) -> None:
    lines = [
        Ed25519Cosigner(f"w{one}.example", Ed25519PrivateKey.from_private_bytes(bytes([one] * 32))).key.line()
        for one in (1, 2)
    ]
    text = f"# two\nwitness a {lines[0]}\nwitness b {lines[1]} far\ngroup g {group} a b\nquorum {quorum}\n"
    assert verifier.Policy(text.encode()).met_by({"a"}) is met


def test_it_stands_alone() -> None:
    """It is one file that imports nothing but the standard library."""
    tree = ast.parse(verifier_source(), feature_version=(3, 9))
    named = {one.module for one in ast.walk(tree) if isinstance(one, ast.ImportFrom)}
    named |= {name.name for one in ast.walk(tree) if isinstance(one, ast.Import) for name in one.names}
    assert {str(one).partition(".")[0] for one in named} <= sys.stdlib_module_names


def in_a_bare_python(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    """Run the verifier without installed packages; a warning is an error."""
    command = [sys.executable, "-I", "-S", "-W", "error", "verify.py", "case.zip", *more]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  our own file


def test_the_copy_in_the_zip_runs_in_a_bare_python(tmp_path: Path) -> None:
    files = unpack(case_file())
    (tmp_path / "verify.py").write_bytes(files["verify.py"])
    (tmp_path / "case.zip").write_bytes(case_file())
    good = in_a_bare_python(tmp_path, "--key", log_key())
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.count("PASS") == len(verifier.CHECKS)
    (tmp_path / "case.zip").write_bytes(pack({**files, "case.txt": b"Nothing was found.\n"}))
    bad = in_a_bare_python(tmp_path)
    assert bad.returncode == 1
    assert "FAIL  manifest lists every file: case.txt is not the file" in bad.stdout


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verifier.main([str(tmp_path / "none.zip")]) == 1
    assert capsys.readouterr().out.startswith("FAIL  ")


@pytest.mark.parametrize(
    "data", [b"", b"no zip", pack({}), pack({"MANIFEST.json": b"{}", "MANIFEST.note": b""})]
)
def test_what_is_no_case_file_is_refused_in_one_line(data: bytes) -> None:
    said: list[str] = []
    assert not verifier.check(data, [], said.append)
    assert said[-1].startswith("FAIL")


def test_without_a_key_it_says_where_the_key_came_from() -> None:
    said: list[str] = []
    assert verifier.check(case_file(), [], said.append)
    assert any("taken from the file" in line for line in said)
    assert json.loads(unpack(case_file())["MANIFEST.json"])["log"]["keys"] == [log_key()]
