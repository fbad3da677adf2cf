"""Fetching from an injected server: what is kept, and that nothing half is."""

from __future__ import annotations

import errno
import hashlib
import io
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.error import URLError

import pytest

from facegate.datasets.check import check_dataset
from facegate.datasets.claims import Claims
from facegate.datasets.fetch import Remote, fetch_lfw, open_address, scikit_learn_remotes
from facegate.errors import DatasetError, StorageError
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Claims(n_photos=3, n_subjects=2)
PHOTOS = ("Ann_Low/Ann_Low_0001.jpg", "Ann_Low/Ann_Low_0002.jpg", "Bo_Day/Bo_Day_0001.jpg")
PAIRS = b"10\t300\n"


def packed(*extra: tarfile.TarInfo) -> bytes:
    """Make an archive as the public one is laid out, with more members if given."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for photo in PHOTOS:
            member = tarfile.TarInfo(f"lfw_funneled/{photo}")
            member.size = len(photo)
            archive.addfile(member, io.BytesIO(photo.encode()))
        for member in extra:
            archive.addfile(member, io.BytesIO(b"x" * member.size))
    return out.getvalue()


class Server:
    """Serves bytes by address, and can break off or be interrupted after some of them."""

    def __init__(self, archive: bytes, *, fault: BaseException | None = None) -> None:
        self.files = {"https://x/lfw": archive, "https://x/pairs": PAIRS}
        self.remotes = (
            Remote("lfw-funneled.tgz", "https://x/lfw", hashlib.sha256(archive).hexdigest()),
            Remote("pairs.txt", "https://x/pairs", hashlib.sha256(PAIRS).hexdigest()),
        )
        self.fault = fault

    @contextmanager
    def __call__(self, url: str) -> Iterator[tuple[IO[bytes], int | None]]:
        content = self.files[url]
        yield Breaking(content, self.fault) if self.fault else io.BytesIO(content), len(content)


class Breaking(io.BytesIO):
    """Half of the content, then a fault."""

    def __init__(self, content: bytes, fault: BaseException) -> None:
        super().__init__(content[: len(content) // 2])
        self.fault = fault

    def read(self, size: int | None = -1) -> bytes:
        block = super().read(size)
        if not block:
            raise self.fault
        return block


def fetch(cache: Path, server: Server) -> Path:
    return fetch_lfw(cache, remotes=server.remotes, open_url=server, claims=SMALL)


def test_a_fetched_set_is_whole_by_the_manifest_it_was_fetched_with(tmp_path: Path) -> None:
    folder = fetch(tmp_path, Server(packed()))
    assert folder == tmp_path / "lfw-funneled"
    assert (folder / "pairs.txt").read_bytes() == PAIRS
    report = check_dataset("lfw-funneled", Settings(None, tmp_path, tmp_path))
    assert (report.whole, report.n_expected, report.n_people) == (True, 4, 2)


def test_a_fetched_photo_that_changes_later_is_found(tmp_path: Path) -> None:
    folder = fetch(tmp_path, Server(packed()))
    (folder / "lfw_funneled" / PHOTOS[2]).write_bytes(b"another face")
    assert check_dataset("lfw-funneled", Settings(None, tmp_path, tmp_path)).changed == (
        "lfw_funneled/Bo_Day/Bo_Day_0001.jpg",
    )


def test_an_archive_with_another_checksum_is_thrown_away_unopened(tmp_path: Path) -> None:
    server = Server(packed())
    server.files["https://x/lfw"] = packed(tarfile.TarInfo("lfw_funneled/More/More_0001.jpg"))
    with pytest.raises(DatasetError, match=r"lfw-funneled.tgz has SHA-256 .*, wanted .* were thrown away"):
        fetch(tmp_path, server)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "fault",
    [URLError("Name or service not known"), TimeoutError("timed out"), ConnectionResetError("reset by peer")],
)
def test_a_broken_connection_leaves_nothing_and_says_so(tmp_path: Path, fault: OSError) -> None:
    with pytest.raises(
        DatasetError, match=r"cannot download lfw-funneled.tgz .*; nothing is kept, try again"
    ):
        fetch(tmp_path, Server(packed(), fault=fault))
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_in_the_middle_leaves_nothing_half_fetched(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fetch(tmp_path, Server(packed(), fault=KeyboardInterrupt()))
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_nothing_half_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self), len(data))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left on device; nothing is left half fetched"):
        fetch(tmp_path, Server(packed()))
    assert list(tmp_path.iterdir()) == []


def test_an_archive_cannot_write_outside_the_set_nor_plant_links(tmp_path: Path) -> None:
    outside = tarfile.TarInfo("lfw_funneled/../../outside/outside_0001.jpg")
    link = tarfile.TarInfo("lfw_funneled/Link/Link_0001.jpg")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    dots = tarfile.TarInfo("lfw_funneled/../.._0001.jpg")
    folder = fetch(tmp_path / "cache", Server(packed(outside, link, dots)))
    assert [path.name for path in tmp_path.iterdir()] == ["cache"]
    assert sorted(path.name for path in (folder / "lfw_funneled").iterdir()) == ["Ann_Low", "Bo_Day"]


def test_an_archive_with_too_few_people_is_refused(tmp_path: Path) -> None:
    server = Server(packed())
    with pytest.raises(DatasetError, match="lfw-funneled has 3 photos of 2 people, wanted 13,233 of 5,749"):
        fetch_lfw(tmp_path, remotes=server.remotes, open_url=server)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_that_is_cut_off_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"lfw-funneled.tgz cannot be unpacked"):
        fetch(tmp_path, Server(packed()[:60]))
    assert list(tmp_path.iterdir()) == []


def test_a_set_that_is_there_is_not_fetched_over(tmp_path: Path) -> None:
    (tmp_path / "lfw-funneled").mkdir()
    with pytest.raises(DatasetError, match=r"is already there; .* remove it to fetch anew"):
        fetch(tmp_path, Server(packed()))


def test_progress_tells_bytes_of_how_many_and_ends_with_all(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    server = Server(packed())
    fetch_lfw(
        tmp_path,
        remotes=server.remotes,
        open_url=server,
        claims=SMALL,
        on_progress=lambda step, done, of: seen.append((step, done, of)),
    )
    size = len(server.files["https://x/lfw"])
    assert seen[0] == ("lfw-funneled.tgz", size, size)
    assert seen[-1] == ("digest", 4, 4)


def test_scikit_learn_tells_addresses_and_checksums() -> None:
    archive, pairs = scikit_learn_remotes()
    assert archive == Remote(
        "lfw-funneled.tgz",
        "https://ndownloader.figshare.com/files/5976015",
        "b47c8422c8cded889dc5a13418c4bc2abbda121092b3533a83306f90d900100a",
    )
    assert pairs.checksum == "ea42330c62c92989f9d7c03237ed5d591365e89b3e649747777b70e692dc1592"


@pytest.mark.parametrize("url", ["http://example.org/a", "file:///etc/passwd"])
def test_only_https_addresses_are_opened(url: str) -> None:
    with pytest.raises(DatasetError, match="wanted an https address"), open_address(url):
        pass
