"""``gallery.json``: the one statement of what a gallery holds.

- A gallery *is* what this file says: segments it does not name are not part of it, so
  replacing it is the one moment at which an enrollment or a withdrawal happens.
- The digest covers everything else in the file, the sequence number included: it changes
  with every enrollment and withdrawal, even when one undoes the other.
- A bit that flipped is found. A forger who recomputes the digest is not: that the digest is
  the one that was searched is what the log's intent records say.

Its bytes are JSON of this form::

    {"format": "facegate-gallery/1", "sequence": 2,
     "embedder": {"name": ..., "digest": ..., "dimension": 128, "metric": "euclidean"},
     "origins": [{"dataset": ..., "dataset_digest": ..., "synthetic": false, "tool_version": ...}],
     "n_subjects": 5749,
     "segments": [{"file": "000001-0f3a9c2b41de.parquet", "rows": 13166, "sha256": ...}],
     "digest": ...}
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from facegate.decision import Metric
from facegate.durable import replace_bytes
from facegate.errors import GalleryError
from facegate.templates import EmbedderInfo, Origin

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "facegate-gallery/1"
FILE_NAME = "gallery.json"
SEGMENT_NAME = re.compile(r"[0-9]{6,}-[0-9a-f]{12}\.parquet")


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One segment file as the manifest states it.

    Parameters
    ----------
    file : str
        Name inside the ``segments`` folder: sequence number, head of a digest of its template ids.
    rows : int
        Templates in it, at least 1.
    sha256 : str
        SHA-256 (hex) of the file's bytes.

    Raises
    ------
    ValueError
        If the name is not of that form: a name from a file must not lead out of the folder.
    """

    file: str
    rows: int
    sha256: str

    def __post_init__(self) -> None:
        if not SEGMENT_NAME.fullmatch(self.file):
            msg = f"a segment file must be named like 000001-0f3a9c2b41de.parquet, got {self.file!r}"
            raise ValueError(msg)
        if self.rows < 1:
            msg = f"a segment must hold at least one template, got {self.rows}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a gallery holds.

    Parameters
    ----------
    embedder : EmbedderInfo
        What made every vector.
    sequence : int
        Enrollments and withdrawals so far, 0 for a new gallery.
    origins : tuple of Origin
        Where templates came from, in order of first enrollment. Never shortened: a
        gallery that ever held synthetic templates says so for good.
    n_subjects : int
        Different people enrolled.
    segments : tuple of SegmentEntry
        Files that hold the templates, in the order in which positions count.
    """

    embedder: EmbedderInfo
    sequence: int = 0
    origins: tuple[Origin, ...] = ()
    n_subjects: int = 0
    segments: tuple[SegmentEntry, ...] = ()

    @property
    def n_templates(self) -> int:
        """Templates enrolled."""
        return sum(entry.rows for entry in self.segments)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over the manifest as compact JSON with sorted keys."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def write(self, folder: Path) -> None:
        """Replace the manifest of a gallery folder, whole or not at all.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        about = {"format": FORMAT, **asdict(self), "digest": self.digest}
        replace_bytes(folder / FILE_NAME, (json.dumps(about, indent=1) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Read and check the manifest of a gallery folder.

        Raises
        ------
        GalleryError
            If there is none, it is not a manifest, or it does not fit its own digest.
        """
        path = folder / FILE_NAME
        try:
            about = json.loads(path.read_bytes())
            stated = about.pop("digest")
            manifest = cls._parse(about)
        except FileNotFoundError as error:
            msg = f"no gallery at {folder}: wanted {FILE_NAME} there, got nothing; enroll templates first"
            raise GalleryError(msg) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"cannot read {path}, wanted a manifest of {FORMAT}: {type(error).__name__}, {error}"
            raise GalleryError(msg) from error
        if manifest.digest != stated:
            msg = f"{path} is damaged: wanted digest {str(stated)[:12]}, got {manifest.digest[:12]}"
            raise GalleryError(msg)
        return manifest

    @classmethod
    def _parse(cls, about: dict[str, Any]) -> Manifest:
        """Make a manifest of parsed JSON; keys that are not known are refused."""
        form = about.pop("format")
        if form != FORMAT:
            msg = f"wanted format {FORMAT}, got {form}"
            raise ValueError(msg)
        embedder = about.pop("embedder")
        return cls(
            embedder=EmbedderInfo(**{**embedder, "metric": Metric(embedder["metric"])}),
            origins=tuple(Origin(**one) for one in about.pop("origins")),
            segments=tuple(SegmentEntry(**one) for one in about.pop("segments")),
            **about,
        )
