"""The monitor: an honest log passes however it grows; every way to lie has its name, code and evidence."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logbook import ORIGIN, append_intents
from published_logs import (
    BEGUN,
    LOG_KEY,
    OTHER_KEY,
    history,
    publish_log,
    published,
    record,
    signed,
    write_log,
)

from facegate.audit.frames import frame
from facegate.audit.log import AuditLog
from facegate.audit.merkle import leaf_hash
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.watching.monitor import Round, Rules, monitor_round
from facegate.audit.watching.monitor_state import LEAVES, STATE, MonitorState
from facegate.audit.witnesses.quorum import Witness, WitnessPolicy
from facegate.errors import (
    AuditError,
    EntryDropped,
    EntryReordered,
    EntryReplaced,
    ForkFound,
    ResultMissing,
    RolledBack,
    VerificationError,
)

if TYPE_CHECKING:
    from pathlib import Path

N_RECORDS = 300
NOW = BEGUN + timedelta(hours=1)
WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))


def look(tmp_path: Path, *, full: bool = False, policy: WitnessPolicy | None = None) -> Round:
    """Take one round over the log published in the test's folder."""
    rules = Rules([LOG_KEY.key], policy, full=full)
    return monitor_round(PublishedLog(tmp_path / "out"), MonitorState(tmp_path / "state"), rules, now=NOW)


def show(tmp_path: Path, entries: list[bytes]) -> None:
    """Publish a signed history in place of what was published before, consistent or not."""
    shutil.rmtree(tmp_path / "out", ignore_errors=True)
    published(tmp_path, entries)


def evidence(tmp_path: Path) -> dict[str, bytes]:
    [place] = (tmp_path / "state" / "evidence").iterdir()
    return {str(path.relative_to(place)): path.read_bytes() for path in place.rglob("*") if path.is_file()}


@pytest.fixture
def seen(tmp_path: Path) -> Path:
    """Publish 300 records, and let the monitor see them."""
    show(tmp_path, history(N_RECORDS))
    look(tmp_path)
    return tmp_path


def test_the_first_round_keeps_checkpoint_and_leaves(seen: Path) -> None:
    [kept] = (seen / "state" / "checkpoints").iterdir()
    note = (seen / "out" / "checkpoint").read_bytes()
    assert kept.read_bytes() == note
    root = open_checkpoint(note, keys=[LOG_KEY.key]).checkpoint.root.hex()
    assert kept.name == f"300-{root}"
    leaves = b"".join(leaf_hash(entry) for entry in history(N_RECORDS))
    assert (seen / "state" / LEAVES).read_bytes() == leaves


@pytest.mark.parametrize("full", [False, True])
def test_a_log_that_grows_passes_and_every_checkpoint_is_kept(tmp_path: Path, *, full: bool) -> None:
    sizes = [0, 2, 4, 256, 256, 258, 510, 600]
    found = None
    for at, size in enumerate(sizes):
        write_log(tmp_path / "log", history(size))
        publish_log(tmp_path / "log", tmp_path / "out")
        found = look(tmp_path, full=full)
        assert (found.head.size, found.n_new) == (size, size - (sizes[at - 1] if at else 0))
    assert found is not None
    assert found.n_checkpoints == len(list((tmp_path / "state" / "checkpoints").iterdir())) == 7


def test_only_what_is_new_is_read_unless_all_of_it_is_asked_for(seen: Path) -> None:
    (seen / "out" / "tile/entries/000").unlink()
    assert look(seen).n_new == 0
    with pytest.raises(VerificationError, match="bundle tile/entries/000 is missing"):
        look(seen, full=True)


def test_two_heads_of_one_size_are_a_fork_with_both_saved(seen: Path) -> None:
    honest = (seen / "out" / "checkpoint").read_bytes()
    show(seen, [*history(7), record(7, "x"), *history(N_RECORDS)[8:]])
    with pytest.raises(
        ForkFound, match="two histories that cannot both be true: of 300 records it signed root"
    ):
        look(seen)
    saved = evidence(seen)
    assert saved["checkpoint-kept"] == honest
    assert saved["checkpoint-shown"] == (seen / "out" / "checkpoint").read_bytes()
    assert b"exit code 12" in saved["finding.txt"]


@pytest.mark.parametrize("full", [False, True])
def test_a_longer_head_that_does_not_contain_the_kept_one_is_a_fork(seen: Path, *, full: bool) -> None:
    show(seen, [*history(7), record(7, "x"), *history(N_RECORDS + 9)[8:]])
    with pytest.raises(ForkFound, match=r"cannot both be true.*; record 7 was replaced"):
        look(seen, full=full)


def test_a_fork_stays_found_when_the_log_goes_back_to_its_first_story(seen: Path) -> None:
    show(seen, [*history(7), record(7, "x"), *history(N_RECORDS + 9)[8:]])
    with pytest.raises(ForkFound):
        look(seen)
    show(seen, history(N_RECORDS + 20))
    with pytest.raises(ForkFound, match="of 309 records it signed root"):
        look(seen)


def test_a_shorter_log_was_rolled_back(seen: Path) -> None:
    show(seen, history(N_RECORDS - 1))
    with pytest.raises(RolledBack, match="it shows 299 records and showed 300 before") as caught:
        look(seen)
    assert caught.value.exit_code == 13


def tamper(seen: Path, entries: list[bytes]) -> None:
    """Change the first bundle under an honest checkpoint, after the log has grown."""
    (seen / "out" / "tile/entries/000").write_bytes(b"".join(frame(entry) for entry in entries))


def test_a_replaced_entry_is_found_in_a_full_round_with_the_bundle_saved(seen: Path) -> None:
    tamper(seen, [*history(7), record(7, "x"), *history(256)[8:]])
    with pytest.raises(EntryReplaced, match=r"record 7 was replaced.*evidence: ") as caught:
        look(seen, full=True)
    assert caught.value.exit_code == 14
    saved = evidence(seen)
    assert saved["shown/tile/entries/000"] == (seen / "out" / "tile/entries/000").read_bytes()
    assert saved["expected/tile/0/000"] == (seen / "out" / "tile/0/000").read_bytes()


def test_a_dropped_entry_is_found(seen: Path) -> None:
    tamper(seen, [*history(7), *history(256)[8:]])
    with pytest.raises(EntryDropped, match="record 7 was dropped: in its place stands record 8") as caught:
        look(seen, full=True)
    assert caught.value.exit_code == 15


def test_reordered_entries_are_found(seen: Path) -> None:
    entries = history(256)
    entries[7], entries[9] = entries[9], entries[7]
    tamper(seen, entries)
    with pytest.raises(EntryReordered, match="record 7 stands at 9, in its place record 9") as caught:
        look(seen, full=True)
    assert caught.value.exit_code == 16


def test_a_new_entry_that_is_not_the_signed_one_is_found_without_reading_all(seen: Path) -> None:
    write_log(seen / "log", history(310))
    publish_log(seen / "log", seen / "out")
    path = seen / "out" / "tile/entries/001.p/54"
    path.write_bytes(
        b"".join(frame(one) for one in [*history(305)[256:], record(305, "x"), *history(310)[306:]])
    )
    with pytest.raises(EntryReplaced, match="record 305 was replaced"):
        look(seen)


def test_an_entry_and_its_leaf_changed_under_the_signed_head_are_found(seen: Path) -> None:
    write_log(seen / "log", history(310))
    publish_log(seen / "log", seen / "out")
    entries = [*history(299)[256:], record(299, "x"), *history(310)[300:]]
    (seen / "out" / "tile/entries/001.p/54").write_bytes(b"".join(frame(one) for one in entries))
    (seen / "out" / "tile/0/001.p/54").write_bytes(b"".join(leaf_hash(one) for one in entries))
    with pytest.raises(EntryReplaced, match="record 299 was replaced"):
        look(seen)


def test_an_intent_without_a_result_is_found_when_its_minute_is_over(tmp_path: Path) -> None:
    show(tmp_path, history(3))
    rules, state, log = Rules([LOG_KEY.key]), MonitorState(tmp_path / "state"), PublishedLog(tmp_path / "out")
    asked = BEGUN + timedelta(seconds=2)
    assert monitor_round(log, state, rules, now=asked + timedelta(seconds=60)).open_intents == (2,)
    with pytest.raises(ResultMissing, match="no result 60 s after the intent: 1 in all, record 2;") as caught:
        monitor_round(log, state, rules, now=asked + timedelta(seconds=61))
    assert caught.value.exit_code == 17
    show(tmp_path, history(4))  # the result comes late, in a round of its own
    assert monitor_round(log, state, rules, now=asked + timedelta(seconds=90)).open_intents == ()


def test_a_second_result_is_found_though_the_first_was_read_in_an_earlier_round(tmp_path: Path) -> None:
    show(tmp_path, history(2))
    look(tmp_path)
    again = record(3).replace(b'"intent":2', b'"intent":0').replace(b'"seq":3', b'"seq":2')
    show(tmp_path, [*history(2), again.replace(b"search-1", b"search-0")])
    with pytest.raises(VerificationError, match="result of record 0, which is no intent, or has its result"):
        look(tmp_path)


def test_time_that_runs_back_between_two_rounds_is_found(seen: Path) -> None:
    early = record(0).replace(b'"seq":0', b'"seq":300')
    show(seen, [*history(N_RECORDS), early])
    with pytest.raises(VerificationError, match=r"record 300 is dated 299\.00 s before") as caught:
        look(seen)
    assert caught.value.exit_code == 8


def test_a_stale_cosignature_is_found_when_all_else_holds(seen: Path) -> None:
    policy = WitnessPolicy((), (Witness("campus", WITNESS.key),), (), "campus")
    shown = open_checkpoint((seen / "out" / "checkpoint").read_bytes(), keys=[LOG_KEY.key])
    for hours, why in ((0, ""), (25, "campus cosigned at .* longer than 24 h ago")):
        signature = WITNESS.sign(shown.note.text, at=NOW - timedelta(hours=hours))
        (seen / "out" / "checkpoint").write_bytes(shown.with_signatures([signature]).encode())
        if not why:
            assert look(seen, policy=policy).witnesses == ("campus",)
            continue
        with pytest.raises(VerificationError, match=why):
            look(seen, policy=policy)


def test_a_head_by_another_key_is_refused_and_not_kept(seen: Path) -> None:
    text = (seen / "out" / "checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
    (seen / "out" / "checkpoint").write_bytes(signed(text.replace(b"300", b"301"), OTHER_KEY))
    with pytest.raises(VerificationError, match="not signed by a known key"):
        look(seen)
    assert len(list((seen / "state" / "checkpoints").iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "why"), [(LEAVES, "does not fit the checkpoint"), (STATE, "was not written by")]
)
def test_a_monitors_own_folder_that_was_changed_is_told(seen: Path, name: str, why: str) -> None:
    data = bytearray((seen / "state" / name).read_bytes())
    data[20] ^= 1
    (seen / "state" / name).write_bytes(data)
    with pytest.raises(VerificationError, match=why):
        look(seen)


def test_two_monitors_do_not_meet_in_one_folder(seen: Path) -> None:
    with MonitorState(seen / "state").held(), pytest.raises(AuditError, match="another monitor is at work"):
        look(seen)


def test_a_log_that_grows_during_the_rounds_gives_no_false_alarm(tmp_path: Path) -> None:
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1)
        publish_log(tmp_path / "log", tmp_path / "out")
        done = threading.Event()

        def write() -> None:
            try:
                for _ in range(30):
                    append_intents(log, *[1] * 9)
                    publish_log(tmp_path / "log", tmp_path / "out")
            finally:
                done.set()

        writer = threading.Thread(target=write)
        writer.start()
        rules, state = Rules([LOG_KEY.key], max_open_seconds=1e6), MonitorState(tmp_path / "state")
        sizes: list[int] = []
        while not done.is_set():
            full = Rules([LOG_KEY.key], max_open_seconds=1e6, full=len(sizes) % 2 == 1)
            found = monitor_round(PublishedLog(tmp_path / "out"), state, full, now=NOW)
            sizes.append(found.head.size)
        writer.join()
    assert monitor_round(PublishedLog(tmp_path / "out"), state, rules, now=NOW).head.size == 271
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 3


def shown_to(tmp_path: Path, entries: list[bytes], why: str, error: type[VerificationError]) -> str:
    """Show a history in which something is found; give what is said."""
    show(tmp_path, entries)
    with pytest.raises(error, match=why) as caught:
        look(tmp_path)
    return str(caught.value)


def test_a_result_of_another_search_is_found_in_every_round_and_leaves_its_intent_open(
    tmp_path: Path,
) -> None:
    other = record(1).replace(b'"search_id":"search-0"', b'"search_id":"search-9"')
    for n_records in (2, 2, 4):
        said = shown_to(
            tmp_path, [record(0), other, *history(n_records)[2:]], "of another search", VerificationError
        )
        assert "no result 60 s after the intent: 1 in all, record 0" in said
    assert len(list((tmp_path / "state" / "evidence").iterdir())) == 3


def test_what_is_found_about_times_is_told_until_a_person_removes_the_file(seen: Path) -> None:
    entries = [*history(N_RECORDS), record(0).replace(b'"seq":0', b'"seq":300')]
    for _ in range(2):
        shown_to(seen, entries, "record 300 is dated", VerificationError)
    (seen / "state" / "complaints").unlink()
    answer = record(301).replace(b'"search_id":"search-150"', b'"search_id":"search-0"')
    show(seen, [*entries, answer])
    assert look(seen).n_new == 1


def test_a_record_dated_ahead_is_found_and_its_intent_falls_due_all_the_same(tmp_path: Path) -> None:
    ahead = record(2).replace(b"2026-11-22T03:00:02", b"9998-11-22T03:00:02")
    shown_to(tmp_path, [*history(2), ahead], "record 2 is dated 9998-11-22T03:00:02Z", VerificationError)
    (tmp_path / "state" / "complaints").unlink()
    rules, state, log = Rules([LOG_KEY.key]), MonitorState(tmp_path / "state"), PublishedLog(tmp_path / "out")
    assert monitor_round(log, state, rules, now=NOW + timedelta(seconds=60)).open_intents == (2,)
    with pytest.raises(ResultMissing, match="1 in all, record 2"):
        monitor_round(log, state, rules, now=NOW + timedelta(seconds=61))


def test_records_after_one_dated_ahead_are_not_called_late(tmp_path: Path) -> None:
    ahead = record(1).replace(b"2026-11-22T03:00:01", b"9998-11-22T03:00:01")
    said = shown_to(tmp_path, [record(0), ahead, *history(4)[2:]], "record 1 is dated", VerificationError)
    assert "before an earlier record" not in said


def test_a_smaller_head_of_another_history_is_a_fork_and_no_rollback(seen: Path) -> None:
    shown_to(seen, [*history(7), record(7, "x"), *history(20)[8:]], "of 20 records it signed root", ForkFound)
    assert evidence(seen)["checkpoint-shown"] == (seen / "out" / "checkpoint").read_bytes()


@pytest.mark.parametrize("size", [20, N_RECORDS, N_RECORDS + 9])
def test_a_head_that_contradicts_is_never_forgotten(seen: Path, size: int) -> None:
    shown_to(seen, [*history(7), record(7, "x"), *history(size)[8:]], "cannot both be true", ForkFound)
    shown_to(seen, history(N_RECORDS + 20), f"of {size} records it signed root", ForkFound)


def test_a_head_that_was_kept_and_removed_does_not_hide_what_is_found(seen: Path) -> None:
    for kept in (seen / "state" / "checkpoints").iterdir():
        kept.unlink()
    shown_to(seen, [*history(7), record(7, "x"), *history(20)[8:]], "cannot both be true", ForkFound)
    assert "checkpoint-kept" not in evidence(seen)


def test_what_hides_nothing_else_is_told_together(seen: Path) -> None:
    entries = [*history(N_RECORDS), record(0).replace(b'"seq":0', b'"seq":300')]
    show(seen, entries)
    policy = WitnessPolicy((), (Witness("campus", WITNESS.key),), (), "campus")
    with pytest.raises(VerificationError, match=r"record 300 is dated.*campus.*no result 60 s") as caught:
        look(seen, policy=policy)
    assert caught.value.exit_code == 8
