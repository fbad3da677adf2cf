"""``facegate log prove`` and ``facegate log receipt``, as a user runs them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.log_tree import read_tree
from facegate.audit.published.publish import publish
from facegate.audit.signed.cosigned import keep_cosigned
from facegate.audit.witnesses.witness_key import create_witness_key
from facegate.cli.desk import now
from facegate.cli.main import app
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.audit.signed.signing import Ed25519Cosigner

ORIGIN = "facegate.example/test"
SEARCH = "019a9f0e-7c1b-7a33-8a55-0123456789ab"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Make a log of six records, with keys: 2 and 3 are one search's, and the work folder is empty."""
    place = Home(tmp_path / "home")
    LogKeys.create(place.keys, ORIGIN, random_bytes=lambda n: bytes(range(n)))
    with AuditLog.open(place.log, origin=ORIGIN) as log:
        for number in range(3):
            _search(log, SEARCH if number == 1 else f"other-{number}")
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("FACEGATE_HOME", str(place.folder))
    monkeypatch.setenv("COLUMNS", "200")
    return place


def _search(log: AuditLog, search: str) -> None:
    time = "2026-11-22T03:20:11.42Z"
    intent: dict[str, JSONValue] = {"kind": "intent", "time": time, "search_id": search}
    seq = log.append(intent, {"case_number": "24-001234"}, record_key=bytes(32))
    result: dict[str, JSONValue] = {**intent, "kind": "result", "intent": seq, "outcome": "searched"}
    log.append(result, {}, record_key=bytes(32))


def cosigner(folder: Path) -> Ed25519Cosigner:
    return create_witness_key(folder / "w.pem", "w.example/w1", random_bytes=lambda n: bytes(range(1, n + 1)))


def cosign_now(home: Home) -> Ed25519Cosigner:
    """Keep a state of the log that one witness cosigned."""
    keys = home.log_keys()
    assert keys is not None
    witness = cosigner(home.folder)
    checkpoint, tree = read_tree(home.log)
    signed = keys.sign(checkpoint, tree.root, at=now())
    keep_cosigned(home.log, signed.with_signatures([witness.sign(signed.note.text, at=now())]))
    return witness


def run(*arguments: object) -> tuple[int, str]:
    """Run the command; give exit code and everything printed."""
    done = CliRunner().invoke(app, ["log", *map(str, arguments)])
    return done.exit_code, done.output


def test_a_receipt_of_a_record_is_made_and_holds(home: Home, tmp_path: Path) -> None:
    code, said = run("prove", 3)
    assert (code, "record 3, result, is in the log of 6 records" in said) == (0, True)
    assert "Not yet witnessed" in said
    code, said = run("receipt", "record-3.tlog-proof", "--key", home.keys / "log.vkey")
    assert code == 0
    assert "PASS  record 3, result, of 2026-11-22T03:20:11.42Z, is in the log" in said
    assert "none asked for: the log's word alone" in said
    assert json.loads((tmp_path / "work/record-3.json").read_text())["seq"] == 3


def test_a_search_gets_a_receipt_of_its_intent_and_one_of_its_result(home: Home, tmp_path: Path) -> None:
    code, said = run("prove", SEARCH, "-o", "receipts")
    assert (code, "record 2, intent" in said, "record 3, result" in said) == (0, True, True)
    files = sorted(path.name for path in (tmp_path / "work/receipts").iterdir())
    assert files == ["record-2.json", "record-2.tlog-proof", "record-3.json", "record-3.tlog-proof"]
    for number in (2, 3):
        assert run("receipt", f"receipts/record-{number}.tlog-proof", "--key", home.keys / "log.vkey")[0] == 0


def test_a_receipt_stays_valid_when_the_log_grows(home: Home) -> None:
    run("prove", 0, "-o", "first.tlog-proof")
    with AuditLog.open(home.log, origin=ORIGIN) as log:
        _search(log, "later")
    assert run("receipt", "first.tlog-proof", "--key", home.keys / "log.vkey")[0] == 0


def test_a_witnessed_receipt_holds_under_a_policy_and_an_unwitnessed_one_does_not(
    home: Home, tmp_path: Path
) -> None:
    run("prove", 1, "-o", "alone.tlog-proof")
    witness = cosign_now(home)
    assert "Witnessed: it carries cosignatures" in run("prove", 1, "-o", "witnessed.tlog-proof")[1]
    log_line = (home.keys / "log.vkey").read_text().strip()
    policy = tmp_path / "policy.txt"
    policy.write_text(f"log {log_line}\nwitness county {witness.key.line()}\nquorum county\n")
    code, said = run("receipt", "witnessed.tlog-proof", "--policy", policy)
    assert (code, "witnesses county" in said) == (0, True)
    code, said = run("receipt", "alone.tlog-proof", "--policy", policy)
    assert (code, "FAIL" in said, "county has not cosigned" in said) == (8, True, True)


def test_a_record_after_the_last_cosigned_state_is_not_yet_witnessed(home: Home) -> None:
    cosign_now(home)
    with AuditLog.open(home.log, origin=ORIGIN) as log:
        _search(log, "later")
    assert "Not yet witnessed" in run("prove", 6)[1]
    assert "in the log of 6 records" in run("prove", 5)[1]


def test_the_record_may_come_from_a_copy_of_the_log_or_from_the_published_one(
    home: Home, tmp_path: Path
) -> None:
    run("prove", 4, "-o", "r.tlog-proof")
    (tmp_path / "work/r.json").unlink()
    keys = home.log_keys()
    assert keys is not None
    checkpoint, tree = read_tree(home.log)
    publish(home.log, tmp_path / "public", keys.sign(checkpoint, tree.root, at=now()).encode())
    for place in (home.log, tmp_path / "public"):
        code, said = run("receipt", "r.tlog-proof", "--key", home.keys / "log.vkey", "--log", place)
        assert (code, "PASS  record 4" in said) == (0, True)


@pytest.mark.parametrize("name", ["record-3.tlog-proof", "record-3.json"])
def test_a_changed_byte_of_receipt_or_record_is_a_fail_and_exit_code_8(
    home: Home, tmp_path: Path, name: str
) -> None:
    run("prove", 3)
    path = tmp_path / "work" / name
    data = path.read_bytes()
    for at in range(0, len(data), 23):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        code, said = run("receipt", "record-3.tlog-proof", "--key", home.keys / "log.vkey")
        assert (code, said.startswith("FAIL")) == (8, True)


def test_a_receipt_of_another_record_does_not_pass(home: Home) -> None:
    run("prove", 3)
    run("prove", 4)
    code, said = run(
        "receipt", "record-3.tlog-proof", "--key", home.keys / "log.vkey", "--entry", "record-4.json"
    )
    assert (code, "not number 3 of the 6 records" in said) == (8, True)


def test_the_key_of_another_log_does_not_pass(home: Home, tmp_path: Path) -> None:
    LogKeys.create(tmp_path / "keys", ORIGIN, random_bytes=lambda n: bytes(range(9, n + 9)))
    run("prove", 3)
    code, said = run("receipt", "record-3.tlog-proof", "--key", tmp_path / "keys/log.vkey")
    assert (code, "not signed by a known key" in said) == (8, True)
    assert home.log.exists()


def test_a_log_without_keys_makes_no_receipts(home: Home) -> None:
    (home.keys / "log.vkey").unlink()
    code, said = run("prove", 3)
    assert (code, "facegate keys init" in said) == (2, True)


def test_a_log_that_was_put_back_from_a_backup_gives_no_receipt(home: Home) -> None:
    run("prove", 3)
    checkpoint = read_tree(home.log)[0]
    last = home.keys / "log-signed"
    larger = last.read_bytes().replace(b"\n6\n", b"\n7\n")
    assert checkpoint.size == 6
    last.write_bytes(larger)
    assert run("prove", 3)[0] == 13


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("prove", "6"), "there is no record 6: the log holds 6"),
        (("prove", "9" * 5_000), "there is no record 9999999999999999...: the log holds 6"),
        (("prove", "nobody"), "no search 'nobody'"),
        (("prove", "\udcff"), r"no search '\udcff'"),
        (("prove", "3", "-o", "r.json"), "is where the record goes"),
        (("receipt", "missing.tlog-proof", "--key", "missing"), "missing, cannot be read"),
        (("receipt", "missing.tlog-proof"), "pass --key VKEYFILE"),
        (("receipt", "x", "--entry", "y", "--log", "z"), "not both"),
    ],
)
@pytest.mark.usefixtures("home")
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], reason: str) -> None:
    code, said = run(*arguments)
    assert (code, reason in said) == (2, True)


def test_a_receipt_has_no_power_over_the_terminal(home: Home, tmp_path: Path) -> None:
    (tmp_path / "work/bad.tlog-proof").write_bytes(b"\x1b[2J\n\nx")
    (tmp_path / "work/bad.json").write_bytes(b"{}")
    code, said = run("receipt", "bad.tlog-proof", "--key", home.keys / "log.vkey")
    assert (code, "\x1b" in said) == (8, False)
