"""Keys that can be destroyed one by one: one for each record's sealed part, all from one secret.

::

    node(0)             32 random bytes, the root
    left child          SHA-256(0x00 || node)
    right child         SHA-256(0x01 || node)
    key of record seq   the node at depth 32 on the path of seq's bits, highest bit first

To destroy one key, the nodes on its path are thrown away and the siblings beside the path are kept: every
other key can still be made, this one never again, by nobody. So what was sealed under it is gone from every
copy and backup of the sealed part, wherever they lie; only this one small file must be kept from being
backed up for longer than a record may live.

The file is a line with its form, then 37 bytes a node (depth, place in 4 bytes, seed), then SHA-256 of all
before it. It is replaced whole; then what stood there is overwritten, and so is whatever an earlier change
that was cut off left beside it. Disks that write elsewhere than told (flash, copy-on-write file systems) keep
the overwritten bytes for a while: no program can help that.

References
----------
Goldreich, Goldwasser, Micali, "How to construct random functions", J. ACM 33 (1986), for the tree;
Boneh and Waters, "Constrained pseudorandom functions and their applications", ASIACRYPT 2013, for keys
that can be taken out of it.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Self

from facegate.durable import create_secret, fsync_path, overwrite, write_at
from facegate.errors import AuditError, InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

KEY_BYTES = 32
DEPTH = 32  # bits of a record's place: four thousand million records
OTHERS_MAY_READ = 0o077

_FORM = b"facegate-row-keys/1\n"
_PLACE_BYTES = 4
_NODE_BYTES = 1 + _PLACE_BYTES + KEY_BYTES
_NEAR = DEPTH - 8  # keys of 256 neighbors are made from one node that is kept at hand


class RowKeys:
    """The keys of one sealed part.

    Parameters
    ----------
    nodes : dict of (int, int) to bytes
        Seeds by (depth, place): subtrees that do not overlap; what none of them covers is destroyed.
    """

    def __init__(self, nodes: dict[tuple[int, int], bytes]) -> None:
        self._nodes = nodes
        self._near: tuple[int, bytes] = (-1, b"")

    @classmethod
    def fresh(cls, root: bytes) -> Self:
        """Make keys for every record from 32 random bytes."""
        if len(root) != KEY_BYTES:
            msg = f"a root of row keys is {KEY_BYTES} bytes, got {len(root)}"
            raise InputError(msg)
        return cls({(0, 0): root})

    @property
    def untouched(self) -> bool:
        """Whether no key was destroyed yet."""
        return (0, 0) in self._nodes

    def key(self, seq: int) -> bytes | None:
        """Give the key of a record, 32 bytes; None if it was destroyed.

        Raises
        ------
        InputError
            If ``seq`` is not in [0, 2**32).
        """
        _demand_place(seq)
        near = seq >> (DEPTH - _NEAR)
        held, node = self._near  # both at once: another thread may put other neighbors there
        if held == near:
            return _below(node, seq, _NEAR)
        depth = self._covering(seq)
        if depth is None:
            return None
        seed = self._nodes[depth, seq >> (DEPTH - depth)]
        if depth <= _NEAR:
            node = _below(seed, near, depth, _NEAR)
            self._near = near, node
            return _below(node, seq, _NEAR)
        return _below(seed, seq, depth)

    def destroyed_below(self, size: int) -> list[range]:
        """Give the places from 0 to ``size`` whose keys were destroyed, as ranges."""
        gaps, at = [], 0
        starts = sorted((place << (DEPTH - depth), 1 << (DEPTH - depth)) for depth, place in self._nodes)
        for start, width in [*starts, (size, 0)]:
            if at < min(start, size):
                gaps.append(range(at, min(start, size)))
            at = max(at, start + width)
        return gaps

    def destroy(self, seqs: Iterable[int]) -> None:
        """Take the keys of records out; those that are destroyed already stay so.

        Nothing is on the disk before `write`.
        """
        self._near = (-1, b"")
        for seq in seqs:
            _demand_place(seq)
            depth = self._covering(seq)
            if depth is not None:
                self._take_out(seq, depth)

    def encode(self) -> bytes:
        """Write the nodes as bytes: secret."""
        body = _FORM + b"".join(
            bytes([depth]) + place.to_bytes(_PLACE_BYTES, "big") + seed
            for (depth, place), seed in sorted(self._nodes.items())
        )
        return body + sha256(body).digest()

    @classmethod
    def decode(cls, data: bytes, name: str) -> Self:
        """Read what `encode` wrote; ``name`` of the file is for messages.

        Raises
        ------
        AuditError
            If it is anything else.
        """
        body, digest = data[:-KEY_BYTES], data[-KEY_BYTES:]
        packed = body.removeprefix(_FORM)
        if not body.startswith(_FORM) or sha256(body).digest() != digest or len(packed) % _NODE_BYTES:
            msg = f"{name} is not a file of row keys, or was changed: put it back from a backup"
            raise AuditError(msg)
        nodes = {}
        for at in range(0, len(packed), _NODE_BYTES):
            place = int.from_bytes(packed[at + 1 : at + 1 + _PLACE_BYTES], "big")
            nodes[packed[at], place] = packed[at + 1 + _PLACE_BYTES : at + _NODE_BYTES]
        if len(nodes) * _NODE_BYTES != len(packed) or not _apart(nodes):
            msg = f"{name} holds a key of some record twice: it was not written by this program"
            raise AuditError(msg)
        return cls(nodes)

    @classmethod
    def create(cls, path: Path, *, random_bytes: Callable[[int], bytes]) -> Self:
        """Make a root and write it to a file that is not there yet, mode 600.

        Raises
        ------
        InputError
            If the file exists.
        StorageError
            If the disk refuses.
        """
        keys = cls.fresh(random_bytes(KEY_BYTES))
        create_secret(path, keys.encode())
        return keys

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file.

        Raises
        ------
        AuditError
            If it is missing, unreadable, changed, or others on this machine can read it.
        """
        try:
            data, mode = _read_in_use(path), path.stat().st_mode
        except OSError as error:
            msg = (
                f"cannot read {path}, the keys of the log's sealed part: {error.strerror}; "
                "put them back from a backup, without them nothing sealed can be opened"
            )
            raise AuditError(msg) from error
        if mode & OTHERS_MAY_READ:
            msg = f"{path} can be read by others on this machine: chmod 600 it"
            raise AuditError(msg)
        return cls.decode(data, path.name)

    def write(self, path: Path) -> None:
        """Put these keys in the place of those in the file, which are overwritten.

        Raises
        ------
        StorageError
            If the disk refuses; the file holds the old keys or the new.
        """
        old, new = (path.with_name(f".{path.name}.{name}") for name in ("old", "new"))
        try:
            _wipe_beside(path)
            _write_secret(new, self.encode())
            with suppress(OSError):  # a file system without second names; else a kill from here on leaves it
                os.link(path, old)
            with path.open("r+b", buffering=0) as before:
                new.replace(path)
                fsync_path(path.parent)  # before the old keys go: a power cut must leave one of the two
                overwrite(before.fileno())
            old.unlink(missing_ok=True)
        except OSError as error:
            msg = f"could not overwrite the old keys of {path}: {error.strerror or error}"
            raise StorageError(msg) from error

    def _covering(self, seq: int) -> int | None:
        """Depth of the node that a record's key is made from; None if there is none."""
        for depth in range(DEPTH + 1):
            if (depth, seq >> (DEPTH - depth)) in self._nodes:
                return depth
        return None

    def _take_out(self, seq: int, depth: int) -> None:
        """Replace the node above a key by the siblings beside the way down to it."""
        seed = self._nodes.pop((depth, seq >> (DEPTH - depth)))
        for below in range(depth + 1, DEPTH + 1):
            place = seq >> (DEPTH - below)
            self._nodes[below, place ^ 1] = _child(seed, (place ^ 1) & 1)
            seed = _child(seed, place & 1)


def _child(seed: bytes, side: int) -> bytes:
    return sha256(bytes([side]) + seed).digest()


def _below(seed: bytes, place: int, depth: int, to: int = DEPTH) -> bytes:
    """Go down from a node at ``depth`` to the one at depth ``to`` whose place, counted there, is given."""
    for at in range(depth + 1, to + 1):
        seed = _child(seed, place >> (to - at) & 1)
    return seed


def _apart(nodes: Iterable[tuple[int, int]]) -> bool:
    """Tell whether no record's key can be made from two nodes, and each node has a place in the tree."""
    after = 0
    for first, depth in sorted((place << max(0, DEPTH - depth), depth) for depth, place in nodes):
        if depth > DEPTH or first < after:
            return False
        after = first + (1 << (DEPTH - depth))
    return after <= 1 << DEPTH


def _read_in_use(path: Path) -> bytes:
    """Read a file that another may replace meanwhile, overwriting the old one: then the new one is read."""
    while True:
        with path.open("rb") as file:
            data = file.read()
            # Overwritten only once another has its name: while it has it still, what was read is whole.
            if os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                return data


def _wipe_beside(path: Path) -> None:
    """Overwrite and remove what a change that was cut off left: keys that may have been destroyed since."""
    for left in path.parent.glob(f".{path.name}.*"):
        if not left.samefile(path):  # a second name of the file in use is only removed
            with left.open("r+b", buffering=0) as file:
                overwrite(file.fileno())
        left.unlink()


def _write_secret(path: Path, content: bytes) -> None:
    """Write a file that is not there yet and only its owner can read, flushed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        write_at(descriptor, content, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _demand_place(seq: int) -> None:
    if not 0 <= seq < 1 << DEPTH:
        msg = f"there is no key for record {seq}: places run from 0 to 2**{DEPTH} - 1"
        raise InputError(msg)
