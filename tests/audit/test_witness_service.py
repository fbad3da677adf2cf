"""The witness on the network, and the log that asks it."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, make_log
from running_witness import serving, witness
from signed_notes import AT, LOG, cosigner, log_key
from starlette.applications import Starlette
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from facegate.audit.log_tree import read_tree
from facegate.audit.signed.cosigned import keep_cosigned, read_cosigned
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint, open_checkpoint, sign_checkpoint
from facegate.audit.witnesses import witness_client, witness_service, witness_store
from facegate.audit.witnesses.witness import LARGEST_REQUEST, Request
from facegate.audit.witnesses.witness_client import Cosigned, ask_witness, cosign
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.audit.witnesses.witness_store import origin_hash
from facegate.errors import AuditError, ForkFound, InputError, RolledBack, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request as Asked

    from facegate.audit.signed.notes import Signature
    from facegate.audit.signed.signing import Ed25519Cosigner
    from facegate.audit.witnesses.quorum import WitnessPolicy

A, B, C = (cosigner(f"{name}.example/w") for name in "abc")
LOGS = {ORIGIN: [LOG.key]}


@pytest.fixture
def log(tmp_path: Path) -> Path:
    make_log(tmp_path / "log", 9)
    return tmp_path / "log"


def signed(log: Path, size: int | None = None) -> SignedCheckpoint:
    checkpoint, tree = read_tree(log)
    size = checkpoint.size if size is None else size
    return sign_checkpoint(replace(checkpoint, size=size, root=tree.root(size)), [LOG], at=AT)


def asked(url: str, log: Path, size: int | None = None, *, old_size: int = 0) -> tuple[Signature, ...]:
    tree = read_tree(log)[1]
    return ask_witness(
        url,
        key=A.key,
        signed=signed(log, size),
        tree=tree,
        log_keys=[LOG.key],
        old_size=old_size,
        timeout=5,
    )


def policy(*witnesses: tuple[Ed25519Cosigner, str]) -> WitnessPolicy:
    names = [one.name.partition(".")[0] for one, _ in witnesses]
    lines = [
        f"witness {name} {one.key.line()} {url}" for name, (one, url) in zip(names, witnesses, strict=True)
    ]
    return parse_policy("\n".join([*lines, f"group g 2 {' '.join(names)}", "quorum g"]))


def status_of(url: str, data: bytes | None = None) -> int:
    try:
        with urllib.request.urlopen(url, data=data, timeout=5) as answer:  # noqa: S310  this machine
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


@contextmanager
def answering(body: bytes, status: int = 200) -> Iterator[str]:
    """Run a false witness that says the same to everybody."""

    async def answer(request: Asked) -> Response:
        await request.body()  # or closing would cut the line, and the reply with it
        return Response(body, status)

    routes = [Route("/{path:path}", answer, methods=["GET", "POST"])]
    with serving(Starlette(routes=routes)) as url:
        yield url


def test_a_log_gets_its_cosignature_and_readers_see_it(log: Path, tmp_path: Path) -> None:
    with witness(tmp_path / "state", LOGS, A) as url:
        (got,) = asked(url, log)
        with urllib.request.urlopen(f"{url}/{origin_hash(ORIGIN)}/checkpoint", timeout=5) as answer:  # noqa: S310
            shown = open_checkpoint(answer.read(), keys=[LOG.key, A.key])
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert shown == signed(log).with_signatures([got])


def test_a_log_that_does_not_know_what_the_witness_saw_is_told_and_asks_again(
    log: Path, tmp_path: Path
) -> None:
    with witness(tmp_path / "state", LOGS, A) as url:
        asked(url, log, 3)
        assert asked(url, log, 7, old_size=0)
        assert asked(url, log, 9, old_size=7)


def test_there_are_two_addresses_and_no_other(log: Path, tmp_path: Path) -> None:
    with witness(tmp_path / "state", LOGS, A) as url:
        asked(url, log)
        hashed = origin_hash(ORIGIN)
        got = [status_of(f"{url}/{path}") for path in (f"{hashed}/checkpoint", hashed, "", "add-checkpoint")]
        others = ["docs", "openapi.json", f"{origin_hash('x')}/checkpoint", "..%2f..%2fx/checkpoint"]
        assert [*got, *(status_of(f"{url}/{path}") for path in others)] == [200, 404, 404, 405, *[404] * 4]
        assert status_of(f"{url}/{hashed}/checkpoint", b"") == 405


def test_a_body_that_is_too_long_is_cut_off(tmp_path: Path) -> None:
    with witness(tmp_path / "state", LOGS, A) as url:
        assert status_of(f"{url}/add-checkpoint", b"x" * (LARGEST_REQUEST + 1)) == 413


def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_service, "READ_SECONDS", 0.1)
    with witness(tmp_path / "state", LOGS, A) as url:
        host, port = url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as slow:
            slow.sendall(b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: 10\r\n\r\n")
            assert b" 408 " in slow.recv(100)


def test_a_disk_that_refuses_is_answered_500_without_details(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(path: Path, content: bytes) -> None:  # noqa: ARG001  the signature of what it replaces
        msg = f"could not write {path}: no space left"
        raise StorageError(msg)

    monkeypatch.setattr(witness_store, "replace_bytes", full)
    with witness(tmp_path / "state", LOGS, A) as url:
        with pytest.raises(AuditError, match="answers 500: the witness could not store") as found:
            asked(url, log)
        assert str(tmp_path) not in str(found.value)
    assert "no space left" in caplog.text


def test_a_log_that_was_put_back_from_a_backup_is_found(log: Path, tmp_path: Path) -> None:
    make_log(tmp_path / "backup", 5)  # the same records, fewer of them
    with witness(tmp_path / "state", LOGS, A) as url:
        asked(url, log)
        with pytest.raises(RolledBack, match=r"has seen 9 records .* the log holds 5") as found:
            asked(url, tmp_path / "backup")
    assert found.value.exit_code == 13


def test_a_newer_state_cosigned_meanwhile_is_no_rollback(log: Path, tmp_path: Path) -> None:
    with witness(tmp_path / "state", LOGS, A) as url:
        asked(url, log, 9)
        with pytest.raises(AuditError, match="newer state already, of 9 records"):
            asked(url, log, 5)


@pytest.mark.parametrize("n_records", [9, 12])
def test_a_log_that_was_rewritten_is_found(log: Path, tmp_path: Path, n_records: int) -> None:
    other = tmp_path / "other"
    make_log(other, 1)
    rewritten = other_history(other, n_records)
    with witness(tmp_path / "state", LOGS, A) as url:
        asked(url, log)
        with pytest.raises(ForkFound, match="two histories were signed") as found:
            asked(url, rewritten)
    assert found.value.exit_code == 12


def other_history(folder: Path, n_records: int) -> Path:
    """Go on from one record otherwise than `make_log` does."""
    from logbook import append_intents  # noqa: PLC0415  used here only

    from facegate.audit.log import AuditLog  # noqa: PLC0415

    with AuditLog.open(folder, origin=ORIGIN) as log:
        append_intents(log, *range(1, n_records))
    return folder


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 200, "no signature line"),
        (b"nonsense\n", 200, "no signature line"),
        (B.sign(b"other\n", at=AT).line(), 200, "without a cosignature by a.example/w"),
        (A.sign(b"other\n", at=AT).line(), 200, "does not hold"),
        (b"seven\n", 409, "409 without a size"),
        (b"7", 409, "409 without a size"),
        (b"0\n", 409, "answers 409"),
        (b"proof\x1b[31m bad\n", 422, r"answers 422: proof\?\[31m bad"),
        (b"", 503, "answers 503: nothing"),
        (b"x" * 300_000, 200, "more than 262,144 bytes"),
    ],
)
def test_what_a_witness_says_is_not_believed(log: Path, body: bytes, status: int, reason: str) -> None:
    with answering(body, status) as url, pytest.raises(AuditError, match=reason):
        asked(url, log)


def test_a_redirect_is_not_followed(log: Path) -> None:
    async def elsewhere(request: Asked) -> Response:
        await request.body()
        return RedirectResponse("http://127.0.0.1:1/", 302)

    routes = [Route("/add-checkpoint", elsewhere, methods=["POST"])]
    with serving(Starlette(routes=routes)) as url, pytest.raises(AuditError, match="answers 302"):
        asked(url, log)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://w.example",
        "w.example",
        "https://w.example/?q",
        "http://[::1",
        "http://a..b",
        "http://127.0.0.1/\u00fc",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/a b",
    ],
)
def test_an_address_that_is_none_of_a_witness_is_refused(log: Path, url: str) -> None:
    with pytest.raises(InputError, match="no address of a witness"):
        asked(url, log)


def test_a_witness_that_never_answers_is_given_up(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(AuditError, match=r"cannot be reached.*timed out"):
            ask_witness(
                url, key=A.key, signed=signed(log), tree=read_tree(log)[1], log_keys=[LOG.key], timeout=0.2
            )


def test_all_witnesses_are_asked_and_the_missing_named(log: Path, tmp_path: Path) -> None:
    with ExitStack() as running:
        urls = [
            running.enter_context(witness(tmp_path / f"state-{n}", LOGS, one)) for n, one in enumerate((A, B))
        ]
        asks = policy((A, urls[0]), (B, urls[1]), (C, "http://127.0.0.1:1"))
        got = cosign(log, signed(log), asks, log_keys=[LOG.key], timeout=5)
    assert asks.demand(got.signed) == ("a", "b")
    ((name, reason),) = got.missing
    assert name == "c"
    assert "refused" in reason


def test_a_witness_without_an_address_is_named(log: Path) -> None:
    asks = policy((A, ""), (B, ""))
    missing = cosign(log, signed(log), asks, log_keys=[LOG.key]).missing
    assert missing == (("a", "has no address in the policy"), ("b", "has no address in the policy"))


def test_one_witness_that_saw_more_stops_everything(log: Path, tmp_path: Path) -> None:
    make_log(tmp_path / "backup", 5)
    with witness(tmp_path / "a", LOGS, A) as first, witness(tmp_path / "b", LOGS, B) as second:
        cosign(log, signed(log), policy((A, first), (B, "")), log_keys=[LOG.key])
        backup = tmp_path / "backup"
        with pytest.raises(RolledBack):
            cosign(backup, signed(backup), policy((A, first), (B, second)), log_keys=[LOG.key])


def test_a_log_that_grew_while_it_asked_was_not_rolled_back(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_log(tmp_path / "earlier", 5)
    early = read_tree(tmp_path / "earlier")
    asks_for = signed(log, 5)
    with witness(tmp_path / "a", LOGS, A) as url:
        asked(url, log)
        monkeypatch.setattr(witness_client, "read_tree", lambda _: early)
        got = cosign(log, asks_for, policy((A, url), (B, "")), log_keys=[LOG.key])
    assert got.missing[0] == ("a", "has seen records that were added meanwhile: ask again")


def test_a_checkpoint_of_another_log_is_not_sent(log: Path, tmp_path: Path) -> None:
    make_log(tmp_path / "longer", 12)
    with pytest.raises(VerificationError, match="no state of the log"):
        cosign(log, signed(tmp_path / "longer"), policy((A, ""), (B, "")), log_keys=[LOG.key])


def test_the_known_checkpoint_spares_a_second_request(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    real = Request.encode

    def watched(request: Request) -> bytes:
        sizes.append(request.old_size)
        return real(request)

    monkeypatch.setattr(Request, "encode", watched)
    with witness(tmp_path / "a", LOGS, A) as url:
        asks = policy((A, url), (B, ""))
        first: Cosigned = cosign(log, signed(log, 4), asks, log_keys=[LOG.key])
        cosign(log, signed(log, 9), asks, log_keys=[LOG.key], known=first.signed)
    assert sizes == [0, 4]


def test_the_cosigned_checkpoint_is_kept_beside_the_log(log: Path) -> None:
    assert read_cosigned(log, keys=[LOG.key]) is None
    text = signed(log).note.text
    cosigned = signed(log).with_signatures([A.sign(text, at=AT)])
    keep_cosigned(log, cosigned)
    assert read_cosigned(log, keys=[LOG.key]) == cosigned
    assert read_cosigned(log, keys=[log_key().key]) is None  # after a rotation


def test_a_kept_checkpoint_that_was_edited_is_refused(log: Path) -> None:
    keep_cosigned(log, signed(log))
    path = log / "cosigned"
    path.write_bytes(path.read_bytes().replace(b"\n9\n", b"\n8\n"))
    with pytest.raises(VerificationError, match="does not hold"):
        read_cosigned(log, keys=[LOG.key])


def test_a_tree_whose_leaves_were_changed_gives_no_proofs(log: Path) -> None:
    leaves = (log / "leaves").read_bytes()
    (log / "leaves").write_bytes(bytes([leaves[0] ^ 1]) + leaves[1:])
    with pytest.raises(VerificationError, match="do not lead to the root"):
        read_tree(log)
    (log / "leaves").write_bytes(leaves[:-1])
    with pytest.raises(VerificationError, match="the leaves of 8 are there"):
        read_tree(log)
