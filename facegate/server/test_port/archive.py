"""A tester's zip file, read strictly and never unpacked to a disk.

- A name inside is a label and nothing else: no path is made from it. One that would lead out of a folder is
  refused all the same, since whoever sends it means something by it.
- The file must be one zip from its first byte to its last: no comment, nothing before it, no ZIP64, nothing
  encrypted, no links, no archives inside, no two members that share bytes or a name.
- Sizes are bounded three times: what the list of members says before it is parsed, what each member says of
  itself, and what really comes out, for the first two may lie.

References
----------
PKWARE APPNOTE.TXT, sections 4.3.12 and 4.3.16 (central directory and its end record).
D. Fifield, "A better zip bomb", USENIX WOOT 2019 (overlapping members).
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NoReturn

from facegate.datasets.folder import LEFT_BY_DESKTOPS
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facegate.server.test_port.limits import PortLimits

FIRST: Final = b"PK\x03\x04"
END: Final = struct.Struct("<4s4H2LH")  # section 4.3.16, without a comment
END_MARK: Final = b"PK\x05\x06"
ZIP64_MARK: Final = b"PK\x06\x07"
ZIP64_LOCATOR: Final = 20
ENTRY_BYTES: Final = 512  # of the directory for a member: 46, and a name with its extra fields
LONGEST_NAME: Final = 80  # as a value of a label file
ENCRYPTED: Final = 0x1
PLAIN_WAYS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ARCHIVES: Final = (".zip", ".jar", ".tar", ".tgz", ".gz", ".bz2", ".xz", ".7z", ".rar", ".zst")
ARCHIVE_STARTS: Final = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!",
    b"\xfd7zXZ",
)
DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


@dataclass(slots=True)
class Archive:
    """An open zip whose list of members was found in order. Made by `open_archive`.

    Parameters
    ----------
    names : tuple of str
        Of its files. Folders are left out, and what desktops put beside files when they pack them.
    """

    names: tuple[str, ...]
    _zip: zipfile.ZipFile = field(repr=False)
    _left: int = field(repr=False)

    def read(self, name: str, *, most: int) -> bytes:
        """Unpack one member into memory.

        Parameters
        ----------
        name : str
            One of `names`.
        most : int
            Largest size, bytes.

        Raises
        ------
        InputError
            If it is larger, damaged, an archive itself, or the whole archive unpacks to too much.
        """
        allowed = min(most, self._left)
        try:
            with self._zip.open(name) as member:
                data = member.read(allowed + 1)
        except DAMAGED as error:
            msg = f"{_shown(name)} in the archive is damaged and cannot be unpacked"
            raise InputError(msg) from error
        if len(data) > allowed:
            msg = f"{_shown(name)} in the archive unpacks to more than {allowed:,} bytes"
            raise InputError(msg)
        if data.startswith(ARCHIVE_STARTS):
            _refuse_archive(name)
        self._left -= len(data)
        return data


@contextmanager
def open_archive(path: Path, limits: PortLimits, *, most_members: int) -> Iterator[Archive]:
    """Open a zip file and check its list of members; nothing is unpacked.

    Parameters
    ----------
    path : Path
        The file, under a name of ours.
    limits : PortLimits
        Sizes and ratio.
    most_members : int
        Most members.

    Yields
    ------
    Archive
        To be read while it is open.

    Raises
    ------
    InputError
        If it is no zip file, or anything in the module's list of rules is broken.
    """
    _check_end(path, most_members)
    try:
        opened = zipfile.ZipFile(path)
    except DAMAGED as error:
        msg = "the upload is not a readable zip file: its list of members is damaged"
        raise InputError(msg) from error
    with opened:
        members = opened.infolist()
        _check_members(members, limits)
        names = tuple(
            one.filename for one in members if not (one.is_dir() or _left_by_desktops(one.filename))
        )
        yield Archive(names, opened, limits.unpacked_bytes)


def _check_end(path: Path, most_members: int) -> None:
    """Read the last record before anything is parsed: a list of a million members is not built first."""
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.read(len(FIRST))
        file.seek(max(0, size - END.size - ZIP64_LOCATOR))
        tail = file.read()
    end = tail[-END.size :]
    if len(end) < END.size or not end.startswith(END_MARK) or first not in (FIRST, END_MARK):
        msg = "the upload is not a plain zip file: nothing may stand before or after it, no comment either"
        raise InputError(msg)
    _, disk, directory_disk, _, members, directory, _, _ = END.unpack(end)
    if tail.startswith(ZIP64_MARK) or disk or directory_disk:
        msg = "the upload is a ZIP64 or a split archive; wanted one plain zip file"
        raise InputError(msg)
    if members > most_members or directory > ENTRY_BYTES * most_members:
        msg = f"the archive lists more than {most_members:,} members; got {members:,}"
        raise InputError(msg)


def _check_members(members: Sequence[zipfile.ZipInfo], limits: PortLimits) -> None:
    """Hold every member's own words against the limits."""
    seen: set[str] = set()
    for member in members:
        _check_name(member.orig_filename)
        if member.filename.casefold() in seen:
            msg = f"{_shown(member.filename)} stands in the archive twice; wanted each name once"
            raise InputError(msg)
        seen.add(member.filename.casefold())
        _check_member(member, limits)
    if sum(member.file_size for member in members) > limits.unpacked_bytes:
        msg = f"the archive says it unpacks to more than {limits.unpacked_bytes:,} bytes"
        raise InputError(msg)
    _check_apart(members)


def _check_name(name: str) -> None:
    """Refuse names that are no plain relative ones: ``..``, absolute, backslashes, drives, control signs."""
    parts = name.removesuffix("/").split("/")
    if (
        not all(parts)
        or {".", ".."} & set(parts)
        or not name.isprintable()
        or set(name) & set("\\:\x00")
        or len(name) > LONGEST_NAME
    ):
        msg = (
            f"the archive holds a member named {_shown(name)}; wanted plain names such as photos/0001.jpg, "
            f"at most {LONGEST_NAME} characters"
        )
        raise InputError(msg)


def _check_member(member: zipfile.ZipInfo, limits: PortLimits) -> None:
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        msg = f"{_shown(member.filename)} in the archive is a link or a device; wanted files"
        raise InputError(msg)
    if member.flag_bits & ENCRYPTED or member.compress_type not in PLAIN_WAYS:
        msg = f"{_shown(member.filename)} in the archive is encrypted or packed in a way other than deflate"
        raise InputError(msg)
    if member.filename.lower().endswith(ARCHIVES):
        _refuse_archive(member.filename)
    if member.file_size > limits.ratio * max(member.compress_size, 1024):
        msg = (
            f"{_shown(member.filename)} in the archive unpacks to {member.file_size:,} bytes from "
            f"{member.compress_size:,}: more than {limits.ratio} times, as photos do not"
        )
        raise InputError(msg)


def _check_apart(members: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse members that share bytes: a few packed bytes would count as many photos."""
    end = 0
    for member in sorted(members, key=lambda one: one.header_offset):
        if member.header_offset < end:
            msg = f"{_shown(member.filename)} shares its bytes with another member of the archive"
            raise InputError(msg)
        end = member.header_offset + member.compress_size


def _refuse_archive(name: str) -> NoReturn:
    msg = f"{_shown(name)} is an archive inside the archive; wanted photos and labels.csv"
    raise InputError(msg)


def _left_by_desktops(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].lower() in {".ds_store", *LEFT_BY_DESKTOPS}


def _shown(name: str) -> str:
    return ascii(name[:LONGEST_NAME])
