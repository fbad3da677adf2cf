r"""Manifests: which files a set has, and the head of each file's SHA-256, as plain text.

Format, UTF-8, lines ended by ``\n``::

    facegate-manifest/1
    set lfw
    files lfw-deepfunneled/{name}/{name}_{number}.jpg
    <empty line>
    Aaron_Eckhart 8c1f2a90be34d651
    Aaron_Peirsol 0f93... 77ab... 5c1e... 9d02...
    = pairs.txt ea42330c62c92989

- ``files`` is the pattern of most paths: ``{name}`` stands for the first word of a line,
  ``{number}`` for 0001, 0002, ... one for each digest that follows. A pattern without
  ``{number}`` has one digest a line.
- ``= path digest`` is a file outside the pattern, such as a label file.
- A digest is the first 16 hex digits (64 bits) of the file's SHA-256. That finds damage, mix-ups
  and other editions; it is too short against somebody who forges a photo on purpose.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.durable import replace_bytes
from facegate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

FORMAT = "facegate-manifest/1"
DIGEST = re.compile(r"[0-9a-f]{16}")
HEX_DIGITS = 16
BLOCK = 1 << 20
PHOTO_SUFFIX = ".jpg"  # of every set that has a manifest


@dataclass(frozen=True, slots=True)
class Manifest:
    """The files of one set.

    Parameters
    ----------
    name : str
        The set.
    pattern : str
        Path pattern with ``{name}`` and perhaps ``{number}``, for a compact file.
    digests : mapping of str to str
        Path below the set's folder, with forward slashes, to 16 hex digits.
    """

    name: str
    pattern: str
    digests: Mapping[str, str]

    def to_text(self) -> str:
        """Write in the format above; the same manifest always gives the same text."""
        lines: dict[str, list[str]] = {}
        others = []
        fits = _pattern_expression(self.pattern)
        for path in sorted(self.digests):
            found = fits.fullmatch(path)
            name = found["name"] if found else ""
            number = len(lines.get(name, ())) + 1
            if found and self.path(name, number) == path:
                lines.setdefault(name, []).append(self.digests[path])
            else:
                others.append(f"= {path} {self.digests[path]}")
        body = [f"{name} {' '.join(digests)}" for name, digests in lines.items()]
        return "\n".join([FORMAT, f"set {self.name}", f"files {self.pattern}", "", *body, *others, ""])

    def path(self, name: str, number: int) -> str:
        """Make the path of one file of the pattern."""
        return self.pattern.replace("{name}", name).replace("{number}", f"{number:04d}")

    @classmethod
    def from_text(cls, text: str, *, source: str) -> Manifest:
        """Read what `to_text` wrote; ``source`` is for messages.

        Raises
        ------
        DatasetError
            On another format, a malformed line or a path that repeats or leaves the folder.
        """
        lines = text.split("\n")
        head = [line.partition(" ") for line in lines[:3]]
        if lines[0] != FORMAT or [word for word, _, _ in head[1:]] != ["set", "files"] or lines[-1] != "":
            msg = f"{source} is no manifest: wanted {FORMAT}, got {lines[0][:40]!r}"
            raise DatasetError(msg)
        manifest = cls(name=head[1][2], pattern=head[2][2], digests={})
        digests: dict[str, str] = {}
        for number, line in enumerate(lines[4:-1], start=5):
            for path, digest in manifest._files_of(line):
                if path in digests or not DIGEST.fullmatch(digest) or _leaves(path):
                    msg = f"{source} line {number}: wanted a new path and digests of {HEX_DIGITS} hex digits"
                    raise DatasetError(msg)
                digests[path] = digest
        return cls(manifest.name, manifest.pattern, digests)

    def _files_of(self, line: str) -> Iterable[tuple[str, str]]:
        """Spread one line into paths and digests; a line too short gives an empty digest."""
        words = line.split(" ")
        if words[0] == "=":
            return [(" ".join(words[1:-1]), words[-1])]
        digests = words[1:] or [""]
        return [(self.path(words[0], number), digest) for number, digest in enumerate(digests, start=1)]

    def write(self, path: Path) -> None:
        """Write as text, whole or not at all."""
        replace_bytes(path, self.to_text().encode())

    @classmethod
    def read(cls, path: Path) -> Manifest:
        """Read a manifest file.

        Raises
        ------
        DatasetError
            If the file cannot be read or is no manifest.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            msg = f"cannot read the manifest {path}: {error}"
            raise DatasetError(msg) from error
        return cls.from_text(text, source=str(path))


def _leaves(path: str) -> bool:
    """Say whether a path could leave the set's folder."""
    return path.startswith("/") or "\\" in path or ".." in path.split("/") or not path


def _pattern_expression(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern)
    first, rest = escaped.split(r"\{name\}", 1)
    rest = rest.replace(r"\{name\}", r"(?P=name)").replace(r"\{number\}", r"\d{4}")
    return re.compile(f"{first}(?P<name>[^/ ]+){rest}")


def file_digest(path: Path) -> str:
    """Compute the first 16 hex digits of a file's SHA-256.

    Raises
    ------
    DatasetError
        If the file cannot be read.
    """
    hasher = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                hasher.update(block)
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise DatasetError(msg) from error
    return hasher.hexdigest()[:HEX_DIGITS]


def paths_below(folder: Path) -> list[str]:
    """List all files below a folder with forward slashes, hidden ones and manifests left out."""
    found = (path for path in folder.rglob("*") if path.is_file())
    paths = (path.relative_to(folder).as_posix() for path in found)
    return sorted(path for path in paths if not _is_bookkeeping(path))


def _is_bookkeeping(path: str) -> bool:
    return path == "manifest.txt" or any(part.startswith(".") for part in path.split("/"))


def make_manifest(
    name: str, folder: Path, pattern: str, *, on_progress: Callable[[int, int], None] | None = None
) -> Manifest:
    """Digest every file of a set.

    Parameters
    ----------
    name : str
        The set.
    folder : Path
        Its folder.
    pattern : str
        Path pattern of most of its files.
    on_progress : callable, optional
        Called with files done and files in all.

    Returns
    -------
    Manifest
        Of all files below the folder, hidden ones left out.
    """
    paths = paths_below(folder)
    digests = {}
    for done, path in enumerate(paths, start=1):
        digests[path] = file_digest(folder / path)
        if on_progress is not None:
            on_progress(done, len(paths))
    return Manifest(name, pattern, digests)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a folder differs from its manifest.

    Parameters
    ----------
    missing, changed, extra : tuple of str
        Paths of the manifest that are not there; that are there with another content; and
        photos that the manifest does not know. Sorted. Other files, such as a label file laid
        beside or a note, are nobody's photo and do not count.
    present : tuple of str
        Paths of the manifest that are there, changed or not.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]
    present: tuple[str, ...]


def compare(
    folder: Path, manifest: Manifest, *, on_progress: Callable[[int, int], None] | None = None
) -> Comparison:
    """Compare a folder with a manifest, file by file.

    Parameters
    ----------
    folder : Path
        The set's folder.
    manifest : Manifest
        What should be there.
    on_progress : callable, optional
        Called with files done and files in all.

    Returns
    -------
    Comparison
        What is missing, changed and extra.
    """
    there = set(paths_below(folder))
    present, changed = [], []
    for done, (path, digest) in enumerate(sorted(manifest.digests.items()), start=1):
        if path in there:
            present.append(path)
            if file_digest(folder / path) != digest:
                changed.append(path)
        if on_progress is not None:
            on_progress(done, len(manifest.digests))
    return Comparison(
        missing=tuple(sorted(manifest.digests.keys() - there)),
        changed=tuple(changed),
        extra=tuple(sorted(path for path in there - manifest.digests.keys() if path.endswith(PHOTO_SUFFIX))),
        present=tuple(present),
    )
