"""The checkpoint: its golden bytes, and every other spelling refused."""

from __future__ import annotations

import pytest
from test_merkle import CT_ROOTS

from facegate.audit.checkpoint import Checkpoint, demand_origin, parse_checkpoint
from facegate.errors import InputError, VerificationError

GOLDEN = b"facegate.example/test\n8\nXcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"


def test_the_golden_checkpoint_of_the_ct_tree() -> None:
    checkpoint = Checkpoint("facegate.example/test", 8, bytes.fromhex(CT_ROOTS[8]))
    assert checkpoint.text() == GOLDEN
    assert parse_checkpoint(GOLDEN) == checkpoint


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "three lines"),
        (GOLDEN[:-1], "three lines"),
        (GOLDEN + b"\n", "three lines"),
        (GOLDEN + b"extension\n", "three lines"),
        (GOLDEN.replace(b"\n", b"\r\n"), "origin"),
        (GOLDEN.replace(b"8\n", b"08\n"), "size '08'"),
        (GOLDEN.replace(b"8\n", b"-8\n"), "size '-8'"),
        (GOLDEN.replace(b"8\n", b"+8\n"), "size"),
        (GOLDEN.replace(b"8\n", "٨\n".encode()), "size"),
        (GOLDEN.replace(b"8\n", b"9" * 17 + b"\n"), "size"),
        (GOLDEN.replace(b"8\n", b"\n"), "size ''"),
        (GOLDEN.replace(b"Qyg=", b"Qyg"), "not base64"),
        (GOLDEN.replace(b"Qyg=", b"Qyh="), "canonical base64"),
        (GOLDEN.replace(b"Qyg=", b"Q g="), "not base64"),
        (GOLDEN.replace(b"Qyg=", b"Qygg"), "32 bytes"),
        (GOLDEN.replace(b"facegate.example/test", b""), "origin"),
        (GOLDEN.replace(b"/test", b"/a test"), "origin"),
        (GOLDEN.replace(b"/test", b"\xff"), "not UTF-8"),
        (b"a" * 2_000, "2000 bytes, at most"),
    ],
)
def test_any_other_spelling_is_refused(text: bytes, reason: str) -> None:
    with pytest.raises(VerificationError, match=f"checkpoint: .*{reason}"):
        parse_checkpoint(text)


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\x1bb", "o" * 256, "é" * 128])
def test_a_name_that_could_not_be_signed_later_is_refused_now(origin: str) -> None:
    with pytest.raises(InputError, match="no spaces, no plus"):
        demand_origin(origin)
