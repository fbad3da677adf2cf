"""Whether a certificate holds here and today: this model, this threshold, this gallery, this day.

Asked anew at every search, because three of the answers change by themselves: days pass,
galleries grow, and an operator may tighten what he asks for.
"""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from facegate.errors import CertificateError, InputError
from facegate.evaluation.certificates.certificate import Certificate, CertifiedRate, date_of
from facegate.evaluation.certificates.file import open_certificate
from facegate.evaluation.toml_keys import Keys

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.decision import Threshold
    from facegate.evaluation.certificates.keys import Issuer

MEASURED_TENTHS = 9  # of the operational gallery that the test gallery must reach: NIST SP 800-63A-4, 90 %
LONGEST_LIST = 3  # groups named in one sentence


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an agency asks of every group, everybody included.

    Parameters
    ----------
    fmr, fpir : float or None
        Largest upper bound accepted, above 0 and at most 1; None asks for nothing. A group
        that was hardly measured has a high bound and breaks these: that is meant.

    Raises
    ------
    InputError
        If a bound is out of range.
    """

    fmr: float | None = None
    fpir: float | None = None

    def __post_init__(self) -> None:
        for name, bound in (("fmr", self.fmr), ("fpir", self.fpir)):
            if bound is not None and not 0 < bound <= 1:
                msg = f"a bound on {name} lies above 0 and is at most 1, got {bound}"
                raise InputError(msg)

    @classmethod
    def from_toml(cls, text: str, *, name: str) -> Bounds:
        """Read ``fmr = 1e-3`` and ``fpir = 0.2``, either or both; ``name`` is for messages.

        Raises
        ------
        InputError
            If it is not TOML, has another key, or a bound is out of range.
        """
        try:
            keys = Keys(tomllib.loads(text), name, "")
        except tomllib.TOMLDecodeError as error:
            msg = f"{name} is not TOML: {error}"
            raise InputError(msg) from error
        keys.only(("fmr", "fpir"))
        return cls(**{key: keys.number(key) for key in keys.names})


NO_BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Use:
    """What a certificate shall be relied on for.

    Parameters
    ----------
    embedder_digest : str
        SHA-256 (hex) of the model that made the gallery.
    at : datetime
        The moment, with its zone.
    gallery_size : int
        People enrolled.
    gallery_synthetic : bool
        Whether anybody in the gallery was drawn.
    threshold : Threshold or None
        The threshold that decides, where it does not come from the certificate itself.
    """

    embedder_digest: str
    at: datetime
    gallery_size: int
    gallery_synthetic: bool
    threshold: Threshold | None = None


def verify(
    data: bytes, trusted: Mapping[str, Issuer], use: Use, *, bounds: Bounds = NO_BOUNDS, name: str
) -> Certificate:
    """Read a certificate file and demand that it holds for a use.

    Raises
    ------
    CertificateError
        Naming everything that is wrong, one sentence each.
    """
    certificate = open_certificate(data, trusted, name=name)
    if wrong := objections(certificate, use, bounds=bounds):
        raise CertificateError(" ".join(wrong))
    return certificate


def objections(certificate: Certificate, use: Use, *, bounds: Bounds = NO_BOUNDS) -> tuple[str, ...]:
    """Say everything that keeps a certificate from holding for a use; nothing if it holds.

    Parameters
    ----------
    certificate : Certificate
        With its signature checked.
    use : Use
        Model, moment and gallery.
    bounds : Bounds
        What is asked of every group.

    Returns
    -------
    tuple of str
        One sentence each.

    Raises
    ------
    CertificateError
        If its dates are none.
    """
    return (
        *_model(certificate, use),
        *out_of_date(certificate, use.at.astimezone(UTC).date()),
        *_gallery(certificate, use),
        *_bounds(certificate, bounds),
    )


def _model(certificate: Certificate, use: Use) -> Sequence[str]:
    wrong = []
    if certificate.embedder_digest != use.embedder_digest:
        wrong.append(
            f"The certificate is for model {certificate.embedder} ({certificate.embedder_digest[:12]}), "
            f"the gallery was made by another ({use.embedder_digest[:12]})."
        )
    if use.threshold is not None and use.threshold != certificate.decides:
        wrong.append(
            f"The certificate is for threshold {certificate.threshold.score!r} ({certificate.metric}), "
            f"not for {use.threshold.score!r} ({use.threshold.metric})."
        )
    return wrong


def out_of_date(certificate: Certificate, today: date) -> Sequence[str]:
    """Say whether a day lies before or after those a certificate holds on; nothing if it does not.

    Raises
    ------
    CertificateError
        If the certificate's dates are none.
    """
    issued_on = date_of(certificate.issued_on, "the certificate's issued_on")
    valid_until = date_of(certificate.valid_until, "the certificate's valid_until")
    if today < issued_on:
        return [f"The certificate holds from {issued_on} on, and today is {today}."]
    if today > valid_until:
        return [f"The certificate expired on {valid_until}, and today is {today}."]
    return []


def _gallery(certificate: Certificate, use: Use) -> Sequence[str]:
    """Hold the gallery against the one that was searched."""
    wrong: list[str] = []
    if certificate.synthetic and not use.gallery_synthetic:
        wrong.append("The certificate was measured on SYNTHETIC people only, and this gallery holds faces.")
    searches = certificate.searches
    if searches is None:
        wrong.append("The certificate does not say how often a search returns a wrong person: none was made.")
    elif MEASURED_TENTHS * use.gallery_size > 10 * searches.gallery_size:
        wrong.append(
            f"The certificate was measured on a gallery of {searches.gallery_size:,} people, "
            f"less than 90 % of the {use.gallery_size:,} enrolled here."
        )
    return wrong


def _bounds(certificate: Certificate, bounds: Bounds) -> Sequence[str]:
    compared = (certificate.overall, *certificate.groups)
    searches = certificate.searches
    searched = () if searches is None else (searches.overall, *searches.groups)
    return [*_broken("FMR", compared, bounds.fmr), *_broken("FPIR", searched, bounds.fpir)]


def _broken(rate: str, measured: Sequence[CertifiedRate], bound: float | None) -> Sequence[str]:
    """Name the groups whose upper bound is above what is asked; a bound that is no number is."""
    over = [] if bound is None else [one for one in measured if not one.upper_bound <= bound]
    if not over:
        return []
    worst = sorted(over, key=lambda one: -one.upper_bound if math.isfinite(one.upper_bound) else -2.0)
    named = ", ".join(f"{one.group} ({one.upper_bound:.2g})" for one in worst[:LONGEST_LIST])
    more = f" and {len(over) - LONGEST_LIST} more" if len(over) > LONGEST_LIST else ""
    return [f"The {rate} may be above the bound {bound:g} that is asked of every group: {named}{more}."]
