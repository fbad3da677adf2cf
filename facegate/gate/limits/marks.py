"""What a probe is known by, so that the same one is known again: digest, perceptual hash, template.

- The digest finds the same file. The perceptual hash of the aligned face finds the same photo after
  recompression and small crops, and together with the hash of its mirror image after mirroring. The
  template finds what changed more than the hash bears.
- All three are sealed in the intent: a digest or hash that lay open could be compared with a photo that
  somebody holds, and would tell whether that person was searched for.

::

    probe_digest    64 hexadecimal digits
    probe_hash      32 hexadecimal digits: hash of the face, then of its mirror image; or empty
    probe_template  base64 of little-endian float16; or empty
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import imagehash
import numpy as np
from PIL import Image

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

_DIGEST = re.compile(r"[0-9a-f]{64}")
_HASHES = re.compile(r"[0-9a-f]{32}")
LARGEST_COMPONENT = float(np.finfo(np.float16).max)


@dataclass(frozen=True, slots=True, eq=False)
class ProbeMarks:
    """Marks of one probe.

    Parameters
    ----------
    digest : str
        SHA-256 of the file as it was sent, 64 hexadecimal digits.
    face_hash, mirror_hash : int or None
        64-bit perceptual hashes of the aligned face and of its mirror image; None if no face was taken.
    template : ndarray of shape (d,), float16, or None
        Template; None if none was made.
    """

    digest: str
    face_hash: int | None = None
    mirror_hash: int | None = None
    template: Vectors | None = None

    @property
    def complete(self) -> bool:
        """Whether the face was looked at, not only the file."""
        return self.face_hash is not None and self.template is not None

    def packed(self) -> dict[str, str]:
        """Give the sealed fields of an intent: ``probe_digest``, ``probe_hash``, ``probe_template``."""
        hashes = "" if self.face_hash is None else f"{self.face_hash:016x}{self.mirror_hash:016x}"
        template = b"" if self.template is None else self.template.astype("<f2").tobytes()
        return {
            "probe_digest": self.digest,
            "probe_hash": hashes,
            "probe_template": base64.b64encode(template).decode("ascii"),
        }

    @classmethod
    def unpack(cls, sealed: Mapping[str, str]) -> ProbeMarks:
        """Read the marks back from the sealed fields of an intent.

        Whatever is missing (erased, or never made) or not of its form counts as not there: what lies on
        the log happened, and a damaged mark must not keep the others from being compared.
        """
        digest = sealed.get("probe_digest", "")
        hashes = _HASHES.fullmatch(sealed.get("probe_hash", ""))
        return cls(
            digest if _DIGEST.fullmatch(digest) else "",
            int(hashes[0][:16], 16) if hashes else None,
            int(hashes[0][16:], 16) if hashes else None,
            _unpacked(sealed.get("probe_template", "")),
        )


def file_marks(data: bytes) -> ProbeMarks:
    """Mark a file that was not looked at yet, or that shows no usable face: by its digest alone."""
    return ProbeMarks(hashlib.sha256(data).hexdigest())


def probe_marks(digest: str, hashes: tuple[int, int], template: Vectors) -> ProbeMarks:
    """Mark one probe.

    Parameters
    ----------
    digest : str
        Of the photo file, see `file_marks`.
    hashes : tuple of int
        Of the aligned face and its mirror image, from `perceptual_hashes`.
    template : ndarray of shape (d,), float32
        Template of that face; kept as float16, which moves a distance by less than 0.001.

    Returns
    -------
    ProbeMarks
        Complete marks.

    Raises
    ------
    InputError
        If the template is not of its form.
    """
    template = np.asarray(template)
    if template.ndim != 1 or template.size == 0 or not (np.abs(template) <= LARGEST_COMPONENT).all():
        msg = f"a probe's template must be one vector of finite numbers, got shape {template.shape}"
        raise InputError(msg)
    return ProbeMarks(digest, *hashes, template.astype(np.float16))


def perceptual_hashes(chip: Pixels) -> tuple[int, int]:
    """Hash what a face looks like, and its mirror image, 64 bits each: alike photos differ in few of them.

    Parameters
    ----------
    chip : ndarray of shape (height, width, 3), uint8
        RGB.

    Raises
    ------
    InputError
        If it is no such image.

    References
    ----------
    The ``phash`` of the imagehash library: signs of the 8 x 8 lowest frequencies of a cosine transform
    against their median.
    """
    if chip.ndim != 3 or chip.shape[2] != 3 or chip.dtype != np.uint8 or 0 in chip.shape:  # noqa: PLR2004  height, width, RGB
        msg = f"a face chip must have shape (height, width, 3) of uint8, got {chip.shape} of {chip.dtype}"
        raise InputError(msg)
    gray = Image.fromarray(np.ascontiguousarray(chip)).convert("L")  # once: pixel by pixel, mirrored or not
    return _hash(gray), _hash(gray.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def _hash(gray: Image.Image) -> int:
    bits = imagehash.phash(gray, hash_size=8).hash
    return int.from_bytes(np.packbits(bits.ravel()).tobytes(), "big")


def _unpacked(text: str) -> Vectors | None:
    """Read a template; None if there is none or it is damaged."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if not data or len(data) % 2:
        return None
    template: Vectors = np.frombuffer(data, dtype="<f2").astype(np.float16)
    return template if np.isfinite(template).all() else None
