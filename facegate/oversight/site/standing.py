"""What keeps the gate open or closed on the day of the site: registers, and the accuracy certificate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import CertificateError, InputError
from facegate.evaluation.certificates.certificate import date_of
from facegate.gate.closed_law import ClosedLaw
from facegate.gate.registers.closed import what_keeps_closed
from facegate.gate.registers.register_books import REGISTER_BOOKS
from facegate.oversight.governance.registers_then import RegistersThen
from facegate.reporting.numbers import named, one_in, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date

    from facegate.evaluation.certificates.certificate import Certificate, CertifiedRate
    from facegate.oversight.site.source import SiteSource

WORST: Final = 3  # groups that are named


@dataclass(frozen=True, slots=True)
class WorstGroup:
    """One group, and how much error may be relied on at most, in words."""

    group: str
    people: str
    of: str
    at_most: str


@dataclass(frozen=True, slots=True)
class CertificateShown:
    """The certificate in force, in words; ``state`` says whether it holds on the day of the site."""

    facts: tuple[tuple[str, str], ...]
    state: str
    holds: bool
    worst: tuple[WorstGroup, ...]
    notes: tuple[str, ...]


def closed_by(source: SiteSource) -> tuple[str, ...]:
    """Say what of laws and registers keeps the gate closed; nothing if they are in order."""
    unread: tuple[str, ...] = ()
    if isinstance(source.engine, ClosedLaw):
        unread = (f"The law cannot be read, so everything is refused: {source.engine.reason}.",)
    with RegistersThen(source.events, source.at, books=REGISTER_BOOKS) as then:
        found = what_keeps_closed(
            then, source.at, published_policy=source.usage_policy, digest_of=_digest_in(source)
        )
    return (*unread, *found)


def certificate_shown(source: SiteSource) -> CertificateShown | None:
    """Put the certificate in force into words; None if there is none."""
    held = source.in_force.certificate
    if held is None:
        return None
    state, holds = _state(held, source.at.date())
    return CertificateShown(certificate_facts(held), state, holds, _worst(held), held.notes)


def certificate_facts(held: Certificate) -> tuple[tuple[str, str], ...]:
    """Say what a certificate is about: serial, model, threshold, data, issuer, last day."""
    threshold = held.threshold
    return (
        ("serial", held.serial),
        ("model", f"{held.embedder} (SHA-256 {held.embedder_digest})"),
        ("threshold", f"{threshold.score!r} ({threshold.name}: {threshold.basis})"),
        ("measured on", f"{held.dataset}, {held.measured_on}{', made-up people' if held.synthetic else ''}"),
        ("issued by", f"{held.issuer}, key {held.issuer_key}, on {held.issued_on}"),
        ("valid until", held.valid_until),
    )


def _digest_in(source: SiteSource) -> Callable[[str, tuple[str, ...]], str | None]:
    def digest_of(profile: str, overlays: tuple[str, ...]) -> str | None:
        try:
            return source.engine.profile("+".join((profile, *overlays))).digest
        except InputError:
            return None

    return digest_of


def _state(held: Certificate, day: date) -> tuple[str, bool]:
    try:
        first, last = date_of(held.issued_on, "issued_on"), date_of(held.valid_until, "valid_until")
    except CertificateError as error:
        return f"It cannot be relied on: {error}.", False
    if day < first:
        return f"It is not valid yet: its first day is {first}.", False
    if day > last:
        return f"It has run out on {last}: the gate refuses every search.", False
    return f"It is valid until {last}.", True


def _worst(held: Certificate) -> tuple[WorstGroup, ...]:
    """Name the groups with the highest upper bounds: what may happen to them is what is promised."""
    found = list(_of_one_kind(held.groups, "two different people taken for one"))
    if held.searches is not None:
        found += _of_one_kind(held.searches.groups, "searches for somebody not enrolled that return people")
    return tuple(found)


def _of_one_kind(rates: tuple[CertifiedRate, ...], what: str) -> Iterator[WorstGroup]:
    for one in sorted(rates, key=lambda rate: (-rate.upper_bound, rate.group))[:WORST]:
        bound = f"{percent(one.upper_bound)} ({one_in(one.upper_bound)})" if one.upper_bound else "0 %"
        known = bound if one.upper_bound < 1 else "unknown: too few people were measured"
        yield WorstGroup(one.group, named(one.people), what, known)
