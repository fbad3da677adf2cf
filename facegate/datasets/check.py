"""Checking a set against its manifest: what is missing, changed or extra."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from facegate.datasets.manifest import Manifest, compare
from facegate.datasets.registry import KnownSet, known_set, require_folder
from facegate.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from facegate.settings import Settings

FETCHED_MANIFEST = "manifest.txt"


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check found.

    Parameters
    ----------
    name : str
        The set.
    folder : Path
        Where it lies.
    n_expected, n_present : int
        Files of the manifest, and those of them that are there, changed or not.
    n_people, n_people_expected : int
        People with at least one photo there, and in the manifest.
    missing, changed, extra : tuple of str
        Paths below the folder, sorted.
    """

    name: str
    folder: Path
    n_expected: int
    n_present: int
    n_people: int
    n_people_expected: int
    missing: tuple[str, ...]
    changed: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Every file is there, as it was, and no other."""
        return not (self.missing or self.changed or self.extra)


def committed_manifest(known: KnownSet) -> Manifest:
    """Read the manifest that comes with facegate.

    Raises
    ------
    DatasetError
        If the set has none, because it is fetched with its own.
    """
    if not known.manifest:
        msg = f"data set {known.name} has no committed manifest: its own is written when it is fetched"
        raise DatasetError(msg)
    file = resources.files("facegate.datasets") / "manifests" / known.manifest
    return Manifest.from_text(file.read_text(encoding="utf-8"), source=known.manifest)


def check_dataset(
    name: str, settings: Settings, *, on_progress: Callable[[int, int], None] | None = None
) -> CheckReport:
    """Compare a known set with its manifest, file by file.

    Parameters
    ----------
    name : str
        Name of a known set.
    settings : Settings
        Where it may lie.
    on_progress : callable, optional
        Called with files done and files in all.

    Returns
    -------
    CheckReport
        Whole, or what is missing, changed and extra. A fetched set is compared with the
        manifest written when its archive had passed its checksum.

    Raises
    ------
    DatasetError
        If the set is nowhere, or has no manifest.
    """
    known = known_set(name)
    folder = require_folder(name, settings)
    manifest = committed_manifest(known) if known.manifest else Manifest.read(folder / FETCHED_MANIFEST)
    found = compare(folder, manifest, on_progress=on_progress)
    return CheckReport(
        name=name,
        folder=folder,
        n_expected=len(manifest.digests),
        n_present=len(found.present),
        n_people=_count_people(found.present, known),
        n_people_expected=_count_people(manifest.digests, known),
        missing=found.missing,
        changed=found.changed,
        extra=found.extra,
    )


def _count_people(paths: Iterable[str], known: KnownSet) -> int:
    person = re.compile(known.person)
    return len({fits[1] for path in paths if (fits := person.fullmatch(path))})
