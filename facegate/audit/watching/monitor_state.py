"""What a monitor remembers between two rounds: every checkpoint, every leaf, and the intents still open.

::

    DIR/checkpoints/<size>-<root>   each signed checkpoint it saw, whole or absent, never removed
    DIR/leaves                      leaf hashes of what it verified, 32 bytes each
    DIR/complaints                  times and results that do not fit, a line each; a person removes it
    DIR/state                       one canonical JSON object: how far, which intents are open, the records
                                    that name keys; comes last
    DIR/evidence/<time>/            what was found, and the files that show it

The leaves make it cheap to go on where the last round ended, and tell a replaced record from a dropped one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.audit.checkpoint import Checkpoint, parse_checkpoint
from facegate.audit.entry import Entry, encode_entry, parse_entry
from facegate.audit.merkle import HASH_BYTES
from facegate.audit.published.publish import checkpoint_of
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import TILE_BYTES
from facegate.durable import replace_bytes, taken, write_at
from facegate.errors import AuditError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

CHECKPOINTS = "checkpoints"
LEAVES = "leaves"
STATE = "state"
EVIDENCE = "evidence"
COMPLAINTS = "complaints"
FORM = "facegate/monitor/v2"


@dataclass(frozen=True, slots=True)
class Progressed:
    """How far a monitor got.

    Parameters
    ----------
    head : Checkpoint or None
        The newest checkpoint that was verified in full; None before the first round.
    latest : datetime or None
        Latest time of any record.
    open_intents : mapping of int to (JSONValue, datetime)
        Intents without a result: search id and time of each.
    named : tuple of Entry
        Records that name keys.
    """

    head: Checkpoint | None = None
    latest: datetime | None = None
    open_intents: Mapping[int, tuple[JSONValue, datetime]] = field(default_factory=dict)
    named: tuple[Entry, ...] = ()


class MonitorState:
    """The folder of one monitor of one log.

    Parameters
    ----------
    folder : Path
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with _disk(folder):
            (folder / CHECKPOINTS).mkdir(parents=True, exist_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one round, by a lock that goes with the process.

        Raises
        ------
        AuditError
            If another round is under way: two would mix what they keep.
        """
        with _disk(self.folder):
            descriptor = os.open(self.folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not taken(descriptor):
                msg = f"another monitor is at work in {self.folder}; one at a time"
                raise AuditError(msg)
            yield
        finally:
            os.close(descriptor)

    def progressed(self) -> Progressed:
        """Read how far the last round got.

        Raises
        ------
        VerificationError
            If the folder was changed: its parts do not fit each other.
        """
        path = self.folder / STATE
        with _disk(self.folder):
            data = path.read_bytes() if path.exists() else None
        if data is None:
            return Progressed()
        try:
            return _progressed(parse_canonical(data))
        except (KeyError, TypeError, ValueError, VerificationError) as error:
            msg = f"{path} was not written by a monitor: {error}; it was changed"
            raise VerificationError(msg) from error

    def heads(self) -> list[Checkpoint]:
        """Give every checkpoint that was seen, the smallest first."""
        with _disk(self.folder):
            files = [path for path in (self.folder / CHECKPOINTS).iterdir() if not path.name.startswith(".")]
            return sorted((checkpoint_of(path.read_bytes()) for path in files), key=lambda one: one.size)

    def head_note(self, head: Checkpoint) -> bytes | None:
        """Give a checkpoint as it was signed; None if somebody removed it."""
        path = self.head_file(head)
        with _disk(self.folder):
            return path.read_bytes() if path.exists() else None

    def head_file(self, head: Checkpoint) -> Path:
        """Say where a checkpoint is kept."""
        # The whole root: one that begins alike could be looked for, to have a kept head written over.
        return self.folder / CHECKPOINTS / f"{head.size}-{head.root.hex()}"

    def keep_head(self, head: Checkpoint, note: bytes) -> None:
        """Keep a signed checkpoint for good; of two with one text the later, for its cosignatures."""
        replace_bytes(self.head_file(head), note)

    def complaints(self) -> tuple[str, ...]:
        """Give what was found about times and results, until a person removed the file."""
        path = self.folder / COMPLAINTS
        with _disk(self.folder):
            return tuple(path.read_text(errors="replace").splitlines()) if path.exists() else ()

    def keep_complaint(self, sentence: str) -> None:
        """Keep what was found in records that no later round reads again; once, however often it is."""
        before = self.complaints()
        if sentence not in before:
            replace_bytes(
                self.folder / COMPLAINTS, "".join(f"{line}\n" for line in (*before, sentence)).encode()
            )

    def leaves(self, size: int) -> Iterator[bytes]:
        """Read the first leaf hashes kept, in runs of at most 256, 32 bytes each.

        Raises
        ------
        VerificationError
            If there are fewer.
        """
        left = size * HASH_BYTES
        if not left:
            return
        with _disk(self.folder), (self.folder / LEAVES).open("rb") as file:
            while left:
                data = file.read(min(left, TILE_BYTES))
                if not data or len(data) % HASH_BYTES:
                    msg = f"{self.folder / LEAVES} is cut short: it was changed"
                    raise VerificationError(msg)
                left -= len(data)
                yield data

    def roots(self, sizes: Collection[int], *, whole: Checkpoint) -> dict[int, bytes]:
        """Compute the roots that the log verified so far had at some sizes.

        Parameters
        ----------
        sizes : collection of int
            At most ``whole.size`` each.
        whole : Checkpoint
            What was verified last. The leaves kept must lead to it: this folder may be changed as well.

        Raises
        ------
        VerificationError
            If they do not.
        """
        stack, roots, wanted = TileStack(), {}, sorted(sizes)
        for run in self.leaves(whole.size):
            end = stack.size + len(run) // HASH_BYTES
            while wanted and wanted[0] < end:
                part = stack.copy()
                part.take(run[: (wanted[0] - stack.size) * HASH_BYTES])
                roots[wanted.pop(0)] = part.root()
            stack.take(run)
        if stack.root() != whole.root:
            msg = f"{self.folder / LEAVES} does not fit the checkpoint the monitor kept: it was changed"
            raise VerificationError(msg)
        return roots | dict.fromkeys(wanted, whole.root)

    def keep(self, progressed: Progressed, new_leaves: bytes, *, start: int) -> None:
        """Keep what one round verified: the leaves first, then how far it got.

        Parameters
        ----------
        progressed : Progressed
            With a head.
        new_leaves : bytes
            Leaf hashes from ``start`` on.
        start : int
            Records that were verified before.
        """
        with _disk(self.folder):
            descriptor = os.open(self.folder / LEAVES, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
            try:
                write_at(descriptor, new_leaves, start * HASH_BYTES)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        replace_bytes(self.folder / STATE, canonical_json(_written(progressed)))

    def save_evidence(self, name: str, files: Mapping[str, bytes]) -> Path:
        """Keep the files that show what was found, under a name that is not taken yet."""
        place, number = self.folder / EVIDENCE / name, 1
        while place.exists():
            number += 1
            place = self.folder / EVIDENCE / f"{name}-{number}"
        for path, data in files.items():
            replace_bytes(place / path, data)
        return place


def _written(progressed: Progressed) -> dict[str, JSONValue]:
    head = progressed.head
    opened: dict[str, JSONValue] = {
        str(seq): [search, time.isoformat()] for seq, (search, time) in progressed.open_intents.items()
    }
    return {
        "form": FORM,
        "head": head.text().decode() if head else "",
        "latest": progressed.latest.isoformat() if progressed.latest else "",
        "open": opened,
        "named": [_text(one) for one in progressed.named],
    }


def _progressed(held: JSONValue) -> Progressed:
    """Read what `_written` wrote; raises ValueError, TypeError or KeyError for anything else."""
    if not isinstance(held, dict) or held["form"] != FORM:
        msg = f"wanted an object of the form {FORM}"
        raise ValueError(msg)
    opened, named = held["open"], held["named"]
    if not isinstance(opened, dict) or not isinstance(named, list):
        msg = "its open intents are no object, or its keys no list"
        raise TypeError(msg)
    return Progressed(
        parse_checkpoint(str(held["head"]).encode()),
        datetime.fromisoformat(str(held["latest"])) if held["latest"] else None,
        {int(seq): _open(one) for seq, one in opened.items()},
        tuple(parse_entry(str(one).encode()) for one in named),
    )


def _text(entry: Entry) -> str:
    sealed = {name: bytes.fromhex(commitment) for name, commitment in entry.sealed.items()}
    return encode_entry(entry.seq, entry.public, sealed).decode()


def _open(held: JSONValue) -> tuple[JSONValue, datetime]:
    if not isinstance(held, list):
        msg = "an open intent is not a list"
        raise TypeError(msg)
    search, time = held
    return search, datetime.fromisoformat(str(time))


@contextmanager
def _disk(folder: Path) -> Iterator[None]:
    """Say in one sentence that the monitor's own folder cannot be used."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        msg = f"the monitor's folder {folder} cannot be used: {error.strerror or error}"
        raise AuditError(msg) from error
