"""The zip of a case file: one set of files, one sequence of bytes, and nothing beside it."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from certified import every_byte
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError, VerificationError
from facegate.oversight.case_file.archive import pack, unpack

FILES = {"case.txt": b"Search 1\n", "searches/a/000001.entry": b"{}", "empty": b""}
NAMES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,8}(/[a-z]{1,4})?", fullmatch=True)


@given(st.dictionaries(NAMES, st.binary(max_size=50), max_size=6))
@settings(max_examples=60, deadline=None)
def test_what_was_packed_is_unpacked(files: dict[str, bytes]) -> None:
    assert unpack(pack(files)) == files
    assert pack(dict(reversed(files.items()))) == pack(files)


def test_any_zip_program_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(pack(FILES))) as read:
        assert {name: read.read(name) for name in read.namelist()} == FILES
        assert read.testzip() is None


def test_a_change_of_any_byte_is_found() -> None:
    for changed in every_byte(pack(FILES)):
        with pytest.raises(VerificationError, match="the zip"):
            unpack(changed)


@pytest.mark.parametrize("cut", [0, 1, 4, 29, 30, 60, 200, -1])
def test_a_zip_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(VerificationError, match="the zip is not"):
        unpack(pack(FILES)[:cut])


@pytest.mark.parametrize("more", [b"\x00", b"PK", pack({}), pack(FILES)])
def test_bytes_before_or_behind_are_refused(more: bytes) -> None:
    for data in (pack(FILES) + more, more + pack(FILES)):
        with pytest.raises(VerificationError, match="the zip"):
            unpack(data)


def test_two_files_of_one_name_are_refused() -> None:
    one = pack({"a": b"1"})
    local = one[: 30 + 1 + 1]
    with pytest.raises(VerificationError, match="two files"):
        unpack(local + one)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_that_was_packed_again_is_refused(method: int) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as again:
        for name, content in FILES.items():
            again.writestr(name, content)
    with pytest.raises(VerificationError, match="packed again by another program"):
        unpack(buffer.getvalue())


def test_files_out_of_order_are_refused() -> None:
    first, second = pack({"a": b"1"}), pack({"b": b"2"})
    with pytest.raises(VerificationError, match="not byte for byte"):
        unpack(second[:32] + first[:32] + pack({"a": b"1", "b": b"2"})[64:])


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "", ".x", "a/../b", "ä", "a b", "a\\b"])
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="named in letters"):
        pack({name: b""})


def test_a_length_that_is_a_lie_is_refused() -> None:
    data = bytearray(pack({"a": b"12345"}))
    struct.pack_into("<I", data, 22, 2**31)
    with pytest.raises(VerificationError, match="not byte for byte"):
        unpack(bytes(data))
