"""A tester's zip file: what is taken, and every way to lie in one."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from port_room import SMALL, people, zipped

from facegate.errors import InputError
from facegate.server.test_port.archive import open_archive

if TYPE_CHECKING:
    from pathlib import Path


def read_all(folder: Path, data: bytes, *, most: int = 100) -> dict[str, bytes]:
    path = folder / "upload"
    path.write_bytes(data)
    with open_archive(path, SMALL, most_members=most) as archive:
        return {name: archive.read(name, most=SMALL.photo_bytes) for name in archive.names}


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    files = people(2)
    assert read_all(tmp_path, zipped(files, way=zipfile.ZIP_DEFLATED)) == files


def test_what_a_desktop_adds_is_passed_over(tmp_path: Path) -> None:
    files = {"a.png": b"a", "__MACOSX/._a.png": b"x", "sub/.DS_Store": b"x", "Thumbs.db": b"x"}
    assert read_all(tmp_path, zipped(files)) == {"a.png": b"a"}


@pytest.mark.parametrize(
    "name",
    [
        "../a.png",
        "a/../../b.png",
        "/etc/passwd",
        "a\\b.png",
        "C:a.png",
        "a//b.png",
        "./a.png",
        "a\nb.png",
        "x" * 81,
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="wanted plain names"):
        read_all(tmp_path, zipped({name: b"a"}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["upload"]


def test_a_name_with_a_null_sign_is_refused(tmp_path: Path) -> None:
    data = zipped({"aXb.png": b"a"}).replace(b"aXb.png", b"a\x00b.png")
    with pytest.raises(InputError, match="wanted plain names"):
        read_all(tmp_path, data)


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all", b"\xff\xd8\xff" + b"0" * 100])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match="not a plain zip file"):
        read_all(tmp_path, data)


@pytest.mark.parametrize("around", [(b"\xff\xd8\xff\xe0JFIF", b""), (b"", b"<script>"), (b"GIF89a", b"x")])
def test_a_zip_that_is_something_else_too_is_refused(tmp_path: Path, around: tuple[bytes, bytes]) -> None:
    before, after = around
    with pytest.raises(InputError, match="nothing may stand before or after"):
        read_all(tmp_path, before + zipped({"a.png": b"a"}) + after)


def test_a_bomb_is_refused_by_its_ratio_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 20 times"):
        read_all(tmp_path, zipped({"a.png": bytes(300_000)}, way=zipfile.ZIP_DEFLATED))


def test_many_small_bombs_are_refused_by_their_sum(tmp_path: Path) -> None:
    files = {f"{n}.png": bytes(19_000) for n in range(30)}
    with pytest.raises(InputError, match="says it unpacks to more than 400,000 bytes"):
        read_all(tmp_path, zipped(files, way=zipfile.ZIP_DEFLATED))


def test_a_size_that_lies_is_found_when_it_comes_out(tmp_path: Path) -> None:
    data = zipped({"a.png": bytes(60_000)}, way=zipfile.ZIP_DEFLATED)
    lying = data.replace(struct.pack("<L", 60_000), struct.pack("<L", 10))
    with pytest.raises(InputError, match=r"damaged|unpacks to more"):
        read_all(tmp_path, lying)


def test_a_member_over_its_limit_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unpacks to more than 50,000 bytes"):
        read_all(tmp_path, zipped({"a.png": bytes(50_001)}))


@pytest.mark.parametrize("name", ["more.zip", "photos.tar", "a.tgz"])
def test_an_archive_inside_is_refused_by_its_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="archive inside the archive"):
        read_all(tmp_path, zipped({name: b"x"}))


def test_an_archive_inside_is_refused_by_its_content(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="archive inside the archive"):
        read_all(tmp_path, zipped({"a.png": zipped({"b.png": b"b"})}))


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    data = zipped({"aa.png": b"1", "ab.png": b"2"}).replace(b"ab.png", b"AA.png")
    with pytest.raises(InputError, match="twice"):
        read_all(tmp_path, data)


def test_a_link_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        link = zipfile.ZipInfo("a.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(InputError, match="a link or a device"):
        read_all(tmp_path, buffer.getvalue())


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.png": b"a"}))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="encrypted"):
        read_all(tmp_path, bytes(data))


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({"a.png": b"aaaa", "b.png": b"aaaa"}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[second + 42 : second + 46] = struct.pack("<L", 0)
    with pytest.raises(InputError, match="shares its bytes"):
        read_all(tmp_path, bytes(data))


def test_too_many_members_are_refused_before_the_list_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 3 members; got 4"):
        read_all(tmp_path, zipped({f"{n}.png": b"" for n in range(4)}), most=3)


def test_a_long_list_under_a_small_number_is_refused(tmp_path: Path) -> None:
    data = bytearray(zipped({f"{n:070}": b"" for n in range(30)}))
    data[-14:-10] = struct.pack("<2H", 1, 1)
    with pytest.raises(InputError, match="more than 1 members"):
        read_all(tmp_path, bytes(data), most=1)


def test_zip64_is_refused(tmp_path: Path) -> None:
    data = zipped({"a.png": b"a"})
    with pytest.raises(InputError, match="ZIP64"):
        read_all(tmp_path, data[:-22] + b"PK\x06\x07" + bytes(16) + data[-22:])


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), value=st.integers(0, 255), cut=st.integers(0, 400))
def test_a_damaged_zip_is_read_or_refused_and_nothing_else(
    tmp_path: Path, place: int, value: int, cut: int
) -> None:
    data = bytearray(zipped({"a.png": b"abc" * 30, "b.png": b"def" * 30}, way=zipfile.ZIP_DEFLATED))
    data[place % len(data)] = value
    told = ""
    try:
        read_all(tmp_path, bytes(data[: len(data) - cut] if cut > 200 else data))
    except InputError as error:
        told = str(error)
    assert str(tmp_path) not in told
