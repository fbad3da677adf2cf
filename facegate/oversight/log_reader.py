"""Where the events of a report come from: an agency's own log, or a log as it was published."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.entry import parse_entry
from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.reading import read_public
from facegate.audit.sealing.erasure import erased_by
from facegate.audit.signed.notes import parse_note
from facegate.audit.storage import ENTRIES, read_checkpoint
from facegate.errors import InputError, VerificationError
from facegate.gate.ledger.event import Event
from facegate.oversight.events import read_events
from facegate.oversight.reading import has_openings, log_state
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facegate.audit.entry import Entry


class LogReader(Protocol):
    """A log that reports can be made from."""

    @property
    def opened(self) -> bool:
        """Whether its sealed fields can be read."""

    def name_and_size(self) -> tuple[str, int]:
        """Give its name and how many records it holds, as its checkpoint says."""

    def state(self, size: int | None = None) -> LogState:
        """Give its state at a size, the whole log if left out; see `facegate.oversight.reading.log_state`."""

    def events(self, size: int) -> Iterator[Event]:
        """Read the first so many records as events."""

    def erased_since(self, size: int) -> int | None:
        """Give the first record after so many that erased what opened one of them; None if none did."""


class OwnLog:
    """The log as its writer keeps it, or a copy of its files.

    Parameters
    ----------
    folder : Path
        With ``sealed.db`` or without.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def opened(self) -> bool:
        """Whether the sealed part is there."""
        return has_openings(self._folder)

    def name_and_size(self) -> tuple[str, int]:
        """Give its name and size."""
        checkpoint = read_checkpoint(self._folder)
        return checkpoint.origin, checkpoint.size

    def state(self, size: int | None = None) -> LogState:
        """Give its state at a size."""
        return log_state(self._folder, size=size)

    def events(self, size: int) -> Iterator[Event]:
        """Read the first so many records as events."""
        return read_events(self._folder, opened=self.opened, size=size)

    def erased_since(self, size: int) -> int | None:
        """Give the first erasure among the later records that reaches back into the first so many."""
        return _erasure_of((entry for entry, _ in read_public(self._folder, start=size)), size)


class PublicLog:
    """A log in tlog-tiles form: a folder or an http(s) address. Its signatures are not checked here.

    Parameters
    ----------
    place : Path or str
        Folder or address.
    """

    def __init__(self, place: Path | str) -> None:
        self._log = PublishedLog(place)
        self._checkpoint = parse_checkpoint(parse_note(self._log.checkpoint_bytes()).text)

    @property
    def opened(self) -> bool:
        """Never: what is published opens nothing."""
        return False

    def name_and_size(self) -> tuple[str, int]:
        """Give its name and size."""
        return self._checkpoint.origin, self._checkpoint.size

    def state(self, size: int | None = None) -> LogState:
        """Give its state at a size, from the entries themselves."""
        wanted = self._checkpoint.size if size is None else size
        if not 0 <= wanted <= self._checkpoint.size:
            msg = f"the log holds {self._checkpoint.size} records, wanted its state at {wanted}"
            raise InputError(msg)
        tree = MerkleTree()
        for data in self._log.entries(0, self._checkpoint.size):
            tree.append(leaf_hash(data))
        if tree.root() != self._checkpoint.root:
            msg = (
                "the entries are not those the published checkpoint covers; `facegate log verify` says which"
            )
            raise VerificationError(msg)
        return LogState(self._checkpoint.origin, wanted, tree.root(wanted).hex())

    def events(self, size: int) -> Iterator[Event]:
        """Read the first so many entries as events, sealed fields unread."""
        for data in self._log.entries(0, size):
            entry = parse_entry(data)
            yield Event(entry.seq, entry.kind, entry.time, entry.public, {})

    def erased_since(self, size: int) -> int | None:
        """Give the first erasure among the later records that reaches back into the first so many."""
        return _erasure_of(map(parse_entry, self._log.entries(size, self._checkpoint.size)), size)


def _erasure_of(later: Iterable[Entry], size: int) -> int | None:
    return next((one.seq for one in later if any(run.start < size for run in erased_by(one))), None)


def log_reader(place: Path | str) -> LogReader:
    """Read a log, whichever form it has.

    Parameters
    ----------
    place : Path or str
        An installation's ``log`` folder, a published folder, or an http(s) address.

    Returns
    -------
    LogReader
        What reads it.
    """
    folder = Path(place)
    if "://" not in str(place) and (folder / ENTRIES).exists():
        return OwnLog(folder)
    return PublicLog(place) if "://" in str(place) or (folder / "tile").is_dir() else OwnLog(folder)
