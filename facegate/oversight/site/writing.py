"""Putting the site into its folder: a new one, or one that is there and brought up to date.

In this order, and the order is the safety:

1. every page is made before anything is touched;
2. the log is published, its checkpoint last (see `facegate.audit.published.publish`);
3. reports and pages follow, each whole or absent, the first page last;
4. pages that are no longer made go.

So whatever stands in the folder at any moment, killed or not, every report in it is about records that the
published log holds, and can be checked against it.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from facegate.audit.published.publish import publish
from facegate.durable import replace_bytes, taken
from facegate.errors import InputError, StorageError
from facegate.oversight.site.pages import LOG, SCHEMA, SITE_FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from facegate.gate.home import Home
    from facegate.oversight.site.source import SiteSource

FIRST_PAGE: Final = "index.html"
_OURS: Final = frozenset({".html", ".json", ".txt", ".cedar"})
"""Endings of pages; only such files, and only in the folders of pages, are ever removed."""
_FOLDERS: Final = ("reports", "policies")


def write_site(
    out: Path,
    home: Home,
    source: SiteSource,
    pages: Mapping[str, bytes],
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the site, or bring it up to date.

    Parameters
    ----------
    out : Path
        Its folder: absent, empty, or a site of the same log.
    home : Home
        Whose log is published.
    source : SiteSource
        What the pages were made from.
    pages : mapping of str to bytes
        From `facegate.oversight.site.pages.site_files`.
    progress : callable, optional
        Called with (records published, records in all).

    Raises
    ------
    InputError
        If the folder holds something else, or somebody is writing into it. Nothing was changed.
    VerificationError
        If it is the site of another log, or shows records that this log does not have. Nothing was changed.
    StorageError
        If the disk refuses. What is there is of a state that the published log holds.
    """
    demand_site_or_nothing(out, source.log.origin)
    with only_writer(out):
        if not (out / SITE_FILE).exists():
            # A folder that was begun is known as a site, so that it can be finished.
            replace_bytes(out / SITE_FILE, pages[SITE_FILE])
        publish(home.log, out / LOG, source.signed.encode(), progress)
        last = (SITE_FILE, FIRST_PAGE)
        for path in (*(path for path in pages if path not in last), *last):
            _write(out / path, pages[path])
        _remove_old(out, pages)


def demand_site_or_nothing(out: Path, origin: str) -> None:
    """Refuse a folder that holds anything but a site of this log: nobody's files are written over.

    Raises
    ------
    InputError
        If it does.
    """
    try:
        if not out.exists() or not any(out.iterdir()):
            return
        text = (out / SITE_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{out} is not empty, and is no public site: it has no {SITE_FILE}; nothing was written"
        raise InputError(msg) from error
    try:
        held = json.loads(text)
        schema, found = held["schema"], held["log"]["origin"]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{out / SITE_FILE} is not that of a public site; nothing was written"
        raise InputError(msg) from error
    if schema != SCHEMA or found != origin:
        msg = f"{out} is the site of the log {found!s:.80}, wanted {origin}; nothing was written"
        raise InputError(msg)


@contextmanager
def only_writer(out: Path) -> Iterator[None]:
    """Hold the folder for one writer, by a lock that goes with the process.

    Raises
    ------
    InputError
        If somebody else has it.
    StorageError
        If it cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(out, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        msg = f"cannot write into {out}: {error.strerror}"
        raise StorageError(msg) from error
    try:
        if not taken(descriptor):
            msg = f"somebody else is writing the site in {out}; one at a time"
            raise InputError(msg)
        yield
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    """Write a page, whole or absent, unless it stands there already.

    It does not wait for the disk: a page that a power cut leaves empty is made again by the next run.
    """
    aside = path.with_name(f".{path.name}.new")
    try:
        if path.exists() and path.read_bytes() == content:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        msg = f"could not write {path}: {error.strerror}; the site is as old there as it was"
        raise StorageError(msg) from error
    finally:
        with suppress(OSError):  # what failed above is the finding
            aside.unlink(missing_ok=True)


def _remove_old(out: Path, pages: Mapping[str, bytes]) -> None:
    for folder in _FOLDERS:
        for path in sorted((out / folder).glob("*")):
            if path.suffix in _OURS and f"{folder}/{path.name}" not in pages:
                _remove(path)
    for name in (f"{LOG}/witness-policy.txt", "certificate.json"):
        if name not in pages:
            _remove(out / name)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        msg = f"cannot remove {path}, which is no page any more: {error.strerror}"
        raise StorageError(msg) from error
