"""The certificate in force, as pages show it: plain sentences by group, each with its range."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.oversight.site.standing import certificate_facts
from facegate.reporting.certificate_sentences import comparisons_sentence, searches_sentence

if TYPE_CHECKING:
    from facegate.server.acts.standing import CertificateHere


@dataclass(frozen=True, slots=True)
class CertificateWords:
    """A certificate in words.

    Parameters
    ----------
    facts : tuple of (str, str)
        What it is about.
    objections : tuple of str
        Why it does not hold today; none if it does.
    searches : tuple of (str, str)
        Group, and how often a search for somebody of it who is not enrolled returns somebody wrong.
    comparisons : tuple of (str, str)
        Group, and how often two different people of it reach the threshold.
    notes : tuple of str
        What the data cannot show.
    synthetic : bool
        No face was involved.
    """

    facts: tuple[tuple[str, str], ...]
    objections: tuple[str, ...]
    searches: tuple[tuple[str, str], ...]
    comparisons: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    synthetic: bool


def certified(here: CertificateHere) -> CertificateWords | None:
    """Put the certificate in force into words; None if there is none."""
    held = here.certificate
    if held is None:
        return None
    found = held.searches
    searched = () if found is None else (found.overall, *found.groups)
    size = 0 if found is None else found.gallery_size
    return CertificateWords(
        facts=certificate_facts(held),
        objections=here.objections,
        searches=tuple((one.group, searches_sentence(one, size)) for one in searched),
        comparisons=tuple((one.group, comparisons_sentence(one)) for one in (held.overall, *held.groups)),
        notes=held.notes,
        synthetic=held.synthetic,
    )
