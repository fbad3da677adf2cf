"""The certificate in force: read when the gate opens and whenever its files change, asked at every search.

A gate that stays open sees a certificate that is adopted, or taken away, at once (`Adopted`). One search
relies on one certificate from beginning to end.

Whatever is wrong with it is a *reason*, never an exception: an attempt while the gate is
closed must still be refused in words and leave its records.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import CertificateError, FacegateError, InputError
from facegate.evaluation.certificates.check import NO_BOUNDS, Bounds, objections
from facegate.evaluation.certificates.file import open_certificate, read_bytes
from facegate.evaluation.certificates.keys import Issuer

if TYPE_CHECKING:
    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.evaluation.certificates.check import Use
    from facegate.gate.home import Home

NONE_ADOPTED = "No accuracy certificate is in force; `facegate benchmark adopt` puts one in force."


@dataclass(frozen=True, slots=True)
class InForce:
    """A certificate whose signature holds, or the reason why there is none.

    Parameters
    ----------
    certificate : Certificate or None
        None keeps the gate closed.
    why_none : str
        One sentence; empty where there is a certificate.
    bounds : Bounds
        What the agency asks of every group.
    """

    certificate: Certificate | None
    why_none: str = ""
    bounds: Bounds = NO_BOUNDS

    def now(self) -> InForce:
        """Give what is in force now: this, for it does not change."""
        return self

    def objections(self, use: Use) -> tuple[str, ...]:
        """Say what keeps the gate closed for this use, one sentence each; nothing if it may open."""
        if self.certificate is None:
            return (self.why_none or NONE_ADOPTED,)
        try:
            return objections(self.certificate, use, bounds=self.bounds)
        except CertificateError as error:  # signed, but its dates are none
            return (_sentence(error),)


class Adopted:
    """The certificate that an agency's folder holds at each moment; usable by several threads.

    Certificate, issuers and bounds are read again when one of their files is another: a few looks at the
    folder, no reading. They are replaced whole (`facegate.gate.adopting`), so none is ever half another's.

    Parameters
    ----------
    home : Home
        The folder.
    """

    __slots__ = ("_held", "_home", "_seen", "_turn")

    def __init__(self, home: Home) -> None:
        self._home = home
        self._turn = threading.Lock()
        self._seen = _look(home)  # before it is read: what changes meanwhile is read again
        self._held = read_in_force(home)

    def now(self) -> InForce:
        """Give what is in force now; the same object as long as nothing changes."""
        with self._turn:
            seen = _look(self._home)
            if seen != self._seen:
                self._seen, self._held = seen, read_in_force(self._home)
            return self._held

    @property
    def certificate(self) -> Certificate | None:
        """The certificate now; to ask two things of it, ask `now` once."""
        return self.now().certificate


def _look(home: Home) -> tuple[tuple[str, int, int, int], ...]:
    """Tell the files that decide what is in force from any that are put in their place."""
    # Names, not paths: at every search, and to make a path takes longer than to look at the file.
    files = [str(home.certificate), str(home.bounds)]
    issuers = str(home.issuers)
    with suppress(OSError):
        files += sorted(f"{issuers}/{name}" for name in os.listdir(issuers) if name.endswith(".pub"))  # noqa: PTH208
    return tuple(_file_seen(name) for name in files)


def _file_seen(name: str) -> tuple[str, int, int, int]:
    try:
        found = os.stat(name)  # noqa: PTH116
    except OSError:
        return (name, 0, 0, 0)
    return (name, found.st_ino, found.st_ctime_ns, found.st_size)


def read_in_force(home: Home) -> InForce:
    """Read certificate, trusted issuers and bounds of an agency's folder.

    Parameters
    ----------
    home : Home
        The folder.

    Returns
    -------
    InForce
        Without a certificate, and with the reason, if anything at all is wrong with them.
    """
    try:
        if not home.certificate.exists():
            return InForce(None, NONE_ADOPTED)
        bounds = read_bounds(home)
        trusted = trusted_issuers(home)
        data = read_bytes(home.certificate)
        certificate = open_certificate(data, trusted, name=home.certificate.name)
    except FacegateError as error:
        return InForce(None, _sentence(error))
    except OSError as error:  # a folder that may not be looked into
        return InForce(None, f"The certificate cannot be looked for: {error.strerror}.")
    return InForce(certificate, bounds=bounds)


def trusted_issuers(home: Home) -> dict[str, Issuer]:
    """Read the issuers that are trusted here, by key id.

    Raises
    ------
    InputError
        If one of the files is no public key: better closed than trusting by halves.
    """
    issuers = [Issuer.read(path) for path in sorted(home.issuers.glob("*.pub"))]
    return {issuer.key_id: issuer for issuer in issuers}


def read_bounds(home: Home) -> Bounds:
    """Read what the agency asks of every group; nothing if there is no such file.

    Raises
    ------
    InputError
        If the file cannot be read or is not understood.
    """
    path = home.bounds
    if not path.exists():
        return NO_BOUNDS
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path.name}: {error}"
        raise InputError(msg) from error
    return Bounds.from_toml(text, name=path.name)


def _sentence(error: FacegateError) -> str:
    return f"The certificate cannot be relied on: {error}."
