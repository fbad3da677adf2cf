"""The zip: one set of files, one sequence of bytes.

- Files are stored, not compressed, sorted by name, dated 1 January 1980, without comments or extra fields.
  So the same files give the same bytes on any machine, with any library.
- Reading is the same rule backward: the zip is refused unless writing its files again gives its bytes. A byte
  changed in a header, one behind the end, a file twice under one name: nothing is outside what is checked.

References
----------
PKWARE, "APPNOTE.TXT, .ZIP File Format Specification", sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import TYPE_CHECKING

from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping

LARGEST_ZIP = 2**32 - 1  # bytes: beyond it a zip needs another form
MOST_FILES = 2**16 - 1

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_NEEDS, _MADE_BY = 20, 3 << 8 | 20  # version 2.0; made on Unix, so that the mode below is read
_STORED, _DAY, _MODE = 0, 1 << 5 | 1, 0o100644 << 16
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9][A-Za-z0-9._-]*)*", re.ASCII)


def pack(files: Mapping[str, bytes]) -> bytes:
    """Write files as a zip.

    Parameters
    ----------
    files : mapping of str to bytes
        Contents by name: letters, digits, dots, dashes and underscores, folders parted by slashes.

    Returns
    -------
    bytes
        The zip, the same for the same files.

    Raises
    ------
    InputError
        If a name has another form, or there is more than a plain zip can hold.

    Examples
    --------
    >>> unpack(pack({"b.txt": b"two", "a/b.txt": b"one"}))
    {'a/b.txt': b'one', 'b.txt': b'two'}
    """
    if wrong := [name for name in files if not _NAME.fullmatch(name)]:
        msg = f"a file of a case file is named in letters, digits and . _ - only, got {wrong[0][:40]!r}"
        raise InputError(msg)
    if len(files) > MOST_FILES or sum(map(len, files.values())) + 200 * len(files) > LARGEST_ZIP:
        msg = f"a case file holds up to {MOST_FILES:,} files and 4 GiB; this case has more"
        raise InputError(msg)
    body, directory = bytearray(), bytearray()
    for name in sorted(files):
        content, path = files[name], name.encode("ascii")
        about = (_STORED, 0, _DAY, zlib.crc32(content), len(content), len(content), len(path), 0)
        directory += (
            _CENTRAL.pack(_CENTRAL_MARK, _MADE_BY, _NEEDS, 0, *about, 0, 0, 0, _MODE, len(body)) + path
        )
        body += _LOCAL.pack(_LOCAL_MARK, _NEEDS, 0, *about) + path + content
    ending = _END.pack(_END_MARK, 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory + ending)


def unpack(data: bytes) -> dict[str, bytes]:
    """Read the files of a zip, refusing any bytes but those `pack` writes.

    Parameters
    ----------
    data : bytes
        The whole zip.

    Returns
    -------
    dict of str to bytes
        Contents by name, sorted.

    Raises
    ------
    VerificationError
        If a byte differs from what writing the same files again gives.
    """
    files: dict[str, bytes] = {}
    at = 0
    while data[at : at + 4] == _LOCAL_MARK and at + _LOCAL.size <= len(data):
        *_, size, name_length, _ = _LOCAL.unpack_from(data, at)
        start = at + _LOCAL.size + name_length
        name = data[at + _LOCAL.size : start].decode("ascii", errors="replace")
        if name in files:
            msg = f"two files of the zip are named {name[:80]!r}: nobody can say which one is meant"
            raise VerificationError(msg)
        files[name] = data[start : start + size]
        at = start + size
    try:
        again = pack(files)
    except InputError as error:
        msg = f"the zip is not as facegate wrote it: {error}"
        raise VerificationError(msg) from error
    if again != data:
        msg = (
            "the zip is not byte for byte as facegate wrote it: it was changed, damaged, or packed again by "
            "another program; ask for the original file"
        )
        raise VerificationError(msg)
    return files
