"""Verifying a published log: what holds passes, and every way to lie is named."""

from __future__ import annotations

import shutil
import threading
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from published_logs import (
    AT,
    LOG_KEY,
    ORIGIN,
    OTHER_KEY,
    history,
    publish_log,
    published,
    record,
    signed,
    write_log,
)

from facegate.audit.frames import frame
from facegate.audit.merkle import leaf_hash
from facegate.audit.published.published import PublishedLog, VerifiedPublished, verify_published
from facegate.audit.published.published_source import WebSource
from facegate.audit.published.tiles import LARGEST_BUNDLE
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.witnesses.quorum import Witness, WitnessPolicy
from facegate.errors import (
    AuditError,
    EntryDropped,
    EntryReordered,
    EntryReplaced,
    ForkFound,
    InputError,
    RolledBack,
    VerificationError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

N_RECORDS = 600
WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("honest"), history(N_RECORDS))


@pytest.fixture
def out(honest: Path, tmp_path: Path) -> Path:
    """Copy a published log of 600 records, to be tampered with."""
    shutil.copytree(honest, tmp_path / "out")
    return tmp_path / "out"


def verified(out: Path | str, *, kept: bytes | None = None) -> VerifiedPublished:
    return verify_published(out, keys=[LOG_KEY.key], kept=kept)


def rewrite_bundle(out: Path, path: str, entries: list[bytes]) -> None:
    (out / path).write_bytes(b"".join(frame(entry) for entry in entries))


def test_a_published_log_that_holds_is_told_with_its_size_root_and_kinds(honest: Path) -> None:
    found = verified(honest)
    assert (found.log.origin, found.log.size, found.witnesses) == (ORIGIN, N_RECORDS, ())
    assert found.log.root == found.signed.checkpoint.root.hex()
    assert found.log.n_by_kind == {"intent": 300, "result": 300}


@pytest.mark.parametrize("n_records", [0, 1, 255, 256, 257, 512])
def test_a_log_of_any_size_verifies(tmp_path: Path, n_records: int) -> None:
    assert verified(published(tmp_path, history(n_records))).log.size == n_records


def test_entries_and_leaves_can_be_read_from_anywhere(honest: Path) -> None:
    log = PublishedLog(honest)
    with pytest.raises(InputError, match=r"no record 600 in .*: it shows 600"):
        list(log.entries(0, 601))
    assert list(log.entries(250, 520)) == history(520)[250:]
    assert list(log.leaf_hashes(511, 513)) == [leaf_hash(one) for one in history(513)[511:]]


def test_every_flipped_byte_of_every_file_is_found(tmp_path: Path) -> None:
    out = published(tmp_path, history(258))
    for path in [one for one in out.rglob("*") if one.is_file() and one.name != "checkpoint"]:
        data = path.read_bytes()
        for at in [*range(0, len(data), 997), len(data) - 1]:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(VerificationError):
                verified(out)
        path.write_bytes(data)
    assert verified(out).log.size == 258


def test_every_flipped_byte_of_the_checkpoint_is_found(out: Path) -> None:
    data = (out / "checkpoint").read_bytes()
    for at in range(len(data)):
        (out / "checkpoint").write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        with pytest.raises(VerificationError):
            verified(out)


def test_a_replaced_entry_is_named(out: Path) -> None:
    entries = history(512)[256:]
    rewrite_bundle(out, "tile/entries/001", [*entries[:44], record(300, "x"), *entries[45:]])
    with pytest.raises(EntryReplaced, match=r"record 300 was replaced: it hashes to [0-9a-f]{16}, wanted"):
        verified(out)


def test_a_dropped_entry_is_named(out: Path) -> None:
    entries = history(512)[256:]
    rewrite_bundle(out, "tile/entries/001", entries[:44] + entries[45:])
    with pytest.raises(EntryDropped, match="record 300 was dropped: in its place stands record 301"):
        verified(out)


def test_an_entry_dropped_and_all_others_moved_up_is_named(out: Path) -> None:
    entries = history(N_RECORDS)
    del entries[300]
    rewrite_bundle(out, "tile/entries/001", entries[256:512])
    rewrite_bundle(out, "tile/entries/002.p/88", entries[512:])
    with pytest.raises(EntryDropped, match="record 300 was dropped: in its place stands record 301"):
        verified(out)


def test_the_last_entry_dropped_is_named(out: Path) -> None:
    rewrite_bundle(out, "tile/entries/002.p/88", history(599)[512:])
    with pytest.raises(EntryDropped, match="87 of 88 entries, record 599 is missing"):
        verified(out)


def test_two_entries_that_changed_places_are_named_even_far_apart(out: Path) -> None:
    entries = history(N_RECORDS)
    entries[5], entries[599] = entries[599], entries[5]
    rewrite_bundle(out, "tile/entries/000", entries[:256])
    rewrite_bundle(out, "tile/entries/002.p/88", entries[512:])
    with pytest.raises(EntryReordered, match="record 5 stands at 599, in its place record 599"):
        verified(out)


def test_an_entry_put_in_is_named(out: Path) -> None:
    entries = [*history(3), record(9, "more"), *history(256)[3:255]]
    rewrite_bundle(out, "tile/entries/000", entries)
    with pytest.raises(EntryReplaced, match="a record was put in at 3: the true record 3 stands at 4"):
        verified(out)


def test_a_truncated_bundle_is_named(out: Path) -> None:
    path = out / "tile/entries/002.p/88"
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(
        VerificationError, match=r"002.p/88 is cut short: 87 of 88 entries, .* runs past the end"
    ):
        verified(out)


def test_a_missing_bundle_is_named(out: Path) -> None:
    (out / "tile/entries/001").unlink()
    with pytest.raises(VerificationError, match="bundle tile/entries/001 is missing from"):
        verified(out)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"])
def test_a_missing_tile_of_any_level_is_named(out: Path, path: str) -> None:
    (out / path).unlink()
    with pytest.raises(VerificationError, match=f"tile {path} is missing from"):
        verified(out)


@pytest.mark.parametrize("path", ["tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2"])
def test_a_truncated_tile_of_any_level_is_named(out: Path, path: str) -> None:
    (out / path).write_bytes((out / path).read_bytes()[:-32])
    with pytest.raises(VerificationError, match=f"{path} is cut short: [0-9]+ bytes, wanted"):
        verified(out)


@pytest.mark.parametrize(("path", "leaf"), [("tile/0/001", 257), ("tile/0/002.p/88", 513)])
def test_a_changed_leaf_is_told_from_a_changed_record(out: Path, path: str, leaf: int) -> None:
    data = bytearray((out / path).read_bytes())
    data[40] ^= 1
    (out / path).write_bytes(data)
    with pytest.raises(
        VerificationError, match=f"{path} was changed: leaf {leaf} is not that of record {leaf}"
    ):
        verified(out)


def test_a_changed_hash_above_the_leaves_is_named(out: Path) -> None:
    data = bytearray((out / "tile/1/000.p/2").read_bytes())
    data[40] ^= 1
    (out / "tile/1/000.p/2").write_bytes(data)
    with pytest.raises(VerificationError, match=r"000.p/2 was changed: hash 1 in .* root over tile/0/001"):
        verified(out)


def test_a_tile_of_another_log_is_named(out: Path, tmp_path: Path) -> None:
    other = published(tmp_path / "other", [record(seq, "other") for seq in range(N_RECORDS)])
    shutil.copy(other / "tile/0/001", out / "tile/0/001")
    with pytest.raises(VerificationError, match="tile/0/001 is a tile of another log"):
        verified(out)


def test_a_record_changed_together_with_its_leaf_is_found_by_the_hash_above(out: Path) -> None:
    entries = [*history(10), record(10, "x"), *history(256)[11:]]
    rewrite_bundle(out, "tile/entries/000", entries)
    (out / "tile/0/000").write_bytes(b"".join(leaf_hash(entry) for entry in entries))
    with pytest.raises(
        VerificationError, match=r"changed together with their leaves: hash 0 in tile/1/000.p/2"
    ):
        verified(out)


def test_a_whole_history_under_the_signed_head_of_another_is_refused(out: Path, tmp_path: Path) -> None:
    other = published(tmp_path / "other", [record(seq, "other") for seq in range(N_RECORDS)])
    shutil.copy(out / "checkpoint", other / "checkpoint")
    with pytest.raises(VerificationError, match="checkpoint of 600 records does not fit"):
        verified(other)


def test_a_checkpoint_by_another_key_is_refused(out: Path) -> None:
    with pytest.raises(VerificationError, match="not signed by a known key"):
        verify_published(out, keys=[OTHER_KEY.key])


def test_a_folder_without_a_log_is_told(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match=r"no published log in .*: it has no checkpoint"):
        verified(tmp_path)


def test_a_reader_with_an_older_checkpoint_is_served_from_the_full_tiles(tmp_path: Path) -> None:
    out = published(tmp_path, history(250))
    early = (out / "checkpoint").read_bytes()
    write_log(tmp_path / "log", history(300))
    publish_log(tmp_path / "log", out)
    assert not (out / "tile/entries/000.p").exists()
    (out / "checkpoint").write_bytes(early)
    assert verified(out).log.size == 250


def test_a_kept_checkpoint_signed_or_plain_is_the_beginning(tmp_path: Path) -> None:
    out = published(tmp_path, history(290))
    note = (out / "checkpoint").read_bytes()
    write_log(tmp_path / "log", history(N_RECORDS))
    publish_log(tmp_path / "log", out)
    assert verified(out, kept=note).log.size == N_RECORDS
    assert verified(out, kept=note.partition(b"\n\n")[0] + b"\n").log.size == N_RECORDS


def test_a_history_rewritten_before_the_kept_checkpoint_is_a_fork(tmp_path: Path) -> None:
    kept = write_log(tmp_path / "log", history(290))
    out = published(tmp_path, [record(0, "x"), *history(300)[1:]])
    with pytest.raises(ForkFound, match="the history was rewritten: the first 290 records have root"):
        verified(out, kept=kept)


def test_two_roots_of_one_size_are_a_fork(out: Path, tmp_path: Path) -> None:
    kept = write_log(tmp_path / "log", [record(0, "x"), *history(N_RECORDS)[1:]])
    with pytest.raises(ForkFound, match="two checkpoints of 600 records contradict each other"):
        verified(out, kept=kept)


def test_a_log_shorter_than_the_kept_checkpoint_was_rolled_back(out: Path, tmp_path: Path) -> None:
    kept = write_log(tmp_path / "log", history(N_RECORDS + 1))
    with pytest.raises(RolledBack, match="the log shows 600 records, the checkpoint you kept covers 601"):
        verified(out, kept=kept)


def test_a_kept_file_that_is_no_checkpoint_is_the_callers_mistake(out: Path) -> None:
    with pytest.raises(InputError, match="the checkpoint you kept cannot be read"):
        verified(out, kept=b"checkpoint\n")


def test_times_that_run_back_and_intents_without_results_are_told(tmp_path: Path) -> None:
    out = published(tmp_path, history(3))
    assert verified(out).log.open_intents == (2,)
    with pytest.raises(VerificationError, match=r"record 1 is dated 1\.00 s before an earlier record"):
        verify_published(out_of_order(tmp_path), keys=[LOG_KEY.key], max_skew_seconds=0.5)


def out_of_order(folder: Path) -> Path:
    """Publish a history whose second record is dated before its first."""
    early = record(0).replace(b"search-0", b"search-1").replace(b'"seq":0', b'"seq":1')
    late = record(1).replace(b'"intent":0,"kind":"result","outcome":"searched"', b'"kind":"intent"')
    first = late.replace(b'"seq":1', b'"seq":0')
    return published(folder / "back", [first, early])


def witnessed(out: Path, when: timedelta) -> None:
    """Put a cosignature on the published checkpoint."""
    shown = open_checkpoint((out / "checkpoint").read_bytes(), keys=[LOG_KEY.key])
    signature = WITNESS.sign(shown.note.text, at=AT + when)
    (out / "checkpoint").write_bytes(shown.with_signatures([signature]).encode())


def test_the_witnesses_that_the_policy_asks_for_are_named(out: Path) -> None:
    witnessed(out, timedelta(0))
    policy = WitnessPolicy((), (Witness("campus", WITNESS.key),), (), "campus")
    assert verify_published(out, keys=[LOG_KEY.key], policy=policy).witnesses == ("campus",)


def test_a_missing_or_stale_cosignature_is_refused(out: Path) -> None:
    policy = WitnessPolicy((), (Witness("campus", WITNESS.key),), (), "campus")
    with pytest.raises(VerificationError, match="campus has not cosigned"):
        verify_published(out, keys=[LOG_KEY.key], policy=policy)
    witnessed(out, timedelta(hours=-25))
    with pytest.raises(VerificationError, match=r"campus cosigned at .* longer than 24 h ago"):
        verify_published(
            out, keys=[LOG_KEY.key], policy=policy, now=AT + timedelta(0), oldest=timedelta(hours=24)
        )


class Server(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        """Send one path elsewhere, one in circles, one without end; serve all others."""
        if self.path == "/away/checkpoint":
            self._redirect("http://127.0.0.2:1/checkpoint")
        elif self.path == "/moved/checkpoint":
            self._redirect("/checkpoint")
        elif self.path == "/long/checkpoint":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(bytes(300_000))
        elif self.path == "/broken/checkpoint":
            self.send_error(500)
        else:
            super().do_GET()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("Location", to)
        self.end_headers()


@pytest.fixture(scope="module")
def address(honest: Path) -> Iterator[str]:
    """Serve the honest log."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Server, directory=str(honest)))
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    serving.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    serving.join()


def test_a_log_served_over_http_verifies(address: str) -> None:
    assert verified(f"{address}/").log.size == N_RECORDS


def test_a_redirect_to_another_host_is_not_followed(address: str) -> None:
    with pytest.raises(AuditError, match=r"redirected to another host, http://127.0.0.2:1"):
        verified(f"{address}/away")
    assert PublishedLog(f"{address}/moved").checkpoint_bytes() == PublishedLog(address).checkpoint_bytes()


def test_an_answer_without_end_is_cut(address: str) -> None:
    with pytest.raises(VerificationError, match="checkpoint is too long: more than 262144 bytes"):
        verified(f"{address}/long")


def test_a_server_that_fails_or_is_not_there_is_told(address: str) -> None:
    with pytest.raises(AuditError, match="cannot be fetched: 500"):
        verified(f"{address}/broken")
    with pytest.raises(AuditError, match="it has no checkpoint"):
        verified(f"{address}/nothing")
    with pytest.raises(AuditError, match=r"cannot be fetched: .*refused"):
        WebSource("http://127.0.0.1:1").read("checkpoint", most=LARGEST_BUNDLE)


@pytest.mark.parametrize(
    "place",
    [
        "file:///etc",
        "ftp://police.example/log",
        "https:///log",
        "https://a/?q=1",
        "http://[::1",
        "http://a..b/log",
        "http://127.0.0.1:1/\u00fc",
        "http://127.0.0.1:abc/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:1/\udcff",
        "http://127.0.0.1:1/a\nb",
    ],
)
def test_an_address_of_another_kind_is_refused(place: str) -> None:
    with pytest.raises(InputError, match="is no place of a log"):
        verified(place)


def test_a_signature_by_another_key_under_the_logs_name_is_no_signature(out: Path) -> None:
    text = (out / "checkpoint").read_bytes().partition(b"\n\n")[0] + b"\n"
    (out / "checkpoint").write_bytes(signed(text, OTHER_KEY))
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        verified(out)
