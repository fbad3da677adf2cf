"""Fetching LFW from the public address that scikit-learn uses, checked before it is believed.

Order, because the order is the safety:

1. download into a hidden folder beside the goal, digest on the way;
2. compare the SHA-256 with the one in scikit-learn; nothing is unpacked before that;
3. unpack only ``lfw_funneled/<Person>/<Person>_NNNN.jpg``, writing the files ourselves, so that
   no path, link or device in an archive has a say;
4. count people and photos, write the manifest that later checks compare with;
5. rename the folder into place. Whatever stops this earlier, Ctrl-C included, leaves nothing;
   a kill that cannot be caught leaves a hidden folder that no command reads.

scikit-learn carries the *funneled* edition. The committed manifest is of the deep-funneled one,
whose files differ, so the fetched set has its own name, ``lfw-funneled``.
"""

from __future__ import annotations

import gzip
import hashlib
import http.client
import re
import secrets
import shutil
import tarfile
import urllib.request
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Protocol

from facegate.datasets.check import FETCHED_MANIFEST
from facegate.datasets.lfw import CLAIMS, load_lfw
from facegate.datasets.manifest import make_manifest
from facegate.datasets.registry import known_set
from facegate.durable import fsync_path
from facegate.errors import DatasetError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from facegate.datasets.claims import Claims

NAME = "lfw-funneled"
BLOCK = 1 << 20
TIMEOUT_SECONDS = 60
MEMBER = re.compile(r"lfw_funneled/(?P<person>[^/\\]+)/(?P<file>(?P=person)_\d{4}\.jpg)")
ARCHIVE_ERRORS = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Remote:
    """A file at a public address.

    Parameters
    ----------
    filename : str
        Its name here.
    url : str
        Where it is.
    checksum : str
        SHA-256 (hex) of the whole file.
    """

    filename: str
    url: str
    checksum: str


class Progress(Protocol):
    """Told how far a step is."""

    def __call__(self, step: str, done: int, of: int | None) -> None:
        """Take the step's name, what is done, and of how much (bytes or files), if known."""


class OpenAddress(Protocol):
    """Opens an address for reading: urllib in earnest, a local file in tests."""

    def __call__(self, url: str) -> AbstractContextManager[tuple[IO[bytes], int | None]]:
        """Give a stream and its length in bytes, if known."""


def scikit_learn_remotes() -> tuple[Remote, Remote]:
    """Read the addresses and checksums of the funneled archive and of the pair list.

    Returns
    -------
    tuple of Remote
        ``lfw-funneled.tgz`` and ``pairs.txt``.

    Raises
    ------
    DatasetError
        If the installed scikit-learn does not have them where they have been.
    """
    try:
        from sklearn.datasets import _lfw  # noqa: PLC0415  importing scikit-learn takes a second

        found = (_lfw.FUNNELED_ARCHIVE, next(file for file in _lfw.TARGETS if file.filename == "pairs.txt"))
        archive, pairs = (Remote(file.filename, file.url, file.checksum) for file in found)
    except (ImportError, AttributeError, StopIteration) as error:
        msg = (
            f"this scikit-learn does not tell where LFW is: {error!r}; wanted one as in requirements/run.lock"
        )
        raise DatasetError(msg) from error
    return archive, pairs


@contextmanager
def open_address(url: str) -> Iterator[tuple[IO[bytes], int | None]]:
    """Open an https address."""
    if not url.startswith("https://"):
        msg = f"wanted an https address, got {url[:60]!r}"
        raise DatasetError(msg)
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310  https, checked above
        length = response.headers.get("Content-Length")
        yield response, int(length) if length else None


def fetch_lfw(
    cache: Path,
    *,
    on_progress: Progress | None = None,
    remotes: tuple[Remote, Remote] | None = None,
    open_url: OpenAddress = open_address,
    claims: Claims | None = None,
) -> Path:
    """Fetch the funneled edition of LFW into the cache.

    Parameters
    ----------
    cache : Path
        Folder of fetched sets.
    on_progress : Progress, optional
        Called with the step, bytes or files done, and how many in all if known.
    remotes : tuple of Remote, optional
        Archive and pair list; scikit-learn's by default.
    open_url : OpenAddress
        What opens an address.
    claims : Claims, optional
        Counts to hold the set to; those of LFW by default.

    Returns
    -------
    Path
        The set's folder.

    Raises
    ------
    DatasetError
        If the set is already there, an address cannot be read, a checksum or a count differs.
    StorageError
        If the disk refuses, for example because it is full.
    """
    goal = cache / known_set(NAME).folder
    if goal.exists():
        msg = f"{goal} is already there; `facegate datasets check {NAME}` checks it, remove it to fetch anew"
        raise DatasetError(msg)
    archive, pairs = remotes or scikit_learn_remotes()
    report = on_progress or _silent
    with _staging(goal) as aside:
        packed = aside / archive.filename
        whole = aside / "set"
        _download(archive, packed, open_url, report)
        _unpack(packed, whole, report)
        _download(pairs, whole / pairs.filename, open_url, report)
        _require_counts(whole, claims)
        make_manifest(
            NAME, whole, known_set(NAME).pattern, on_progress=lambda done, of: report("digest", done, of)
        ).write(whole / FETCHED_MANIFEST)
        # The photos are not flushed one by one: a set can be fetched again, and `check` finds damage.
        whole.rename(goal)
        fsync_path(cache)
    return goal


def _silent(step: str, done: int, of: int | None) -> None:
    """Report to nobody."""


@contextmanager
def _staging(goal: Path) -> Iterator[Path]:
    """Give a hidden folder beside the goal, and remove it whatever happens."""
    aside = goal.with_name(f".{goal.name}.{secrets.token_hex(4)}")
    try:
        aside.mkdir(parents=True)
        yield aside
    except OSError as error:
        msg = f"could not write {goal}: {error.strerror or error}; nothing is left half fetched"
        raise StorageError(msg) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _download(remote: Remote, path: Path, open_url: OpenAddress, report: Progress) -> None:
    """Write what the address gives, and hold it to its checksum."""
    hasher = hashlib.sha256()
    done = 0
    with path.open("wb") as file:
        for block, length in _blocks(remote, open_url):
            hasher.update(block)
            file.write(block)
            done += len(block)
            report(remote.filename, done, length)
    if hasher.hexdigest() != remote.checksum:
        msg = (
            f"{remote.filename} has SHA-256 {hasher.hexdigest()[:16]}..., wanted {remote.checksum[:16]}...; "
            f"{done:,} bytes came from {remote.url} and were thrown away"
        )
        raise DatasetError(msg)


def _blocks(remote: Remote, open_url: OpenAddress) -> Iterator[tuple[bytes, int | None]]:
    """Read an address block by block; only the reading is a fault of the network."""
    try:
        with open_url(remote.url) as (stream, length):
            while block := stream.read(BLOCK):
                yield block, length
    except (OSError, http.client.HTTPException) as error:  # URLError, timeouts and resets are OSErrors
        msg = f"cannot download {remote.filename} from {remote.url}: {error}; nothing is kept, try again"
        raise DatasetError(msg) from error


def _unpack(packed: Path, whole: Path, report: Progress) -> None:
    """Write the photos of the archive, and nothing else that may be in it."""
    done = 0
    try:
        with tarfile.open(packed, "r:gz") as archive:
            for member in archive:
                fits = MEMBER.fullmatch(member.name)
                content = archive.extractfile(member) if fits and member.isfile() else None
                if fits is None or content is None or fits["person"] in (".", ".."):
                    continue
                path = whole / "lfw_funneled" / fits["person"] / fits["file"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
                done += 1
                report("unpack", done, None)
    except ARCHIVE_ERRORS as error:
        msg = f"{packed.name} cannot be unpacked: {error}"
        raise DatasetError(msg) from error


def _require_counts(whole: Path, claims: Claims | None) -> None:
    load_lfw(whole, name=NAME, photos="lfw_funneled", labels_required=False, claims=claims or CLAIMS)
