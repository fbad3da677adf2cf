"""Everything the public site is made from, read once: from here on no file, clock or key is touched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.keys.key_chain import key_periods
from facegate.audit.reading import read_public
from facegate.audit.signed.notes import VerifierKey
from facegate.audit.signed.signing import cosigned_at, verified_signatures
from facegate.audit.witnesses.quorum import NONE
from facegate.errors import InputError, VerificationError
from facegate.gate.in_force import read_in_force
from facegate.gate.registers.conditions import read_published_policy
from facegate.oversight.events import read_events
from facegate.oversight.quorum import membership
from facegate.oversight.reading import has_openings
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.keys.key_chain import KeyPeriod
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.gate.home import Home
    from facegate.gate.in_force import InForce
    from facegate.gate.ledger.event import Event
    from facegate.policy.engine import PolicyEngine


@dataclass(frozen=True, slots=True)
class Cosigner:
    """One witness, and when it cosigned this state; ``at`` is empty if it did not."""

    name: str
    key: str
    at: str


@dataclass(frozen=True, slots=True)
class Witnessing:
    """Who cosigned the state that is published.

    Parameters
    ----------
    said : str
        One sentence for the public.
    met : bool
        Whether a policy's quorum was met.
    cosigners : tuple of Cosigner
        Every witness that is known, whether it cosigned or not.
    policy : str
        The policy file; empty if none was given.
    """

    said: str
    met: bool
    cosigners: tuple[Cosigner, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class SiteSource:
    """What the site is made from.

    Parameters
    ----------
    signed : SignedCheckpoint
        The state of the log that is published.
    events : tuple of Event
        Its records; sealed fields opened where they may be, for the reports that need them.
    keys : tuple of VerifierKey
        The log's own, in force.
    periods : tuple of KeyPeriod
        Their history, as the log tells it.
    witnessing : Witnessing
        Who cosigned.
    engine : PolicyEngine
        The laws that are offered.
    in_force : InForce
        The accuracy certificate, or why there is none.
    certificate : bytes
        Its file; empty if none is in force.
    usage_policy : bytes or None
        The agency's usage policy as it lies in its folder.
    at : datetime
        What "today" is, with its zone; only the day is printed.
    """

    signed: SignedCheckpoint
    events: tuple[Event, ...]
    keys: tuple[VerifierKey, ...]
    periods: tuple[KeyPeriod, ...]
    witnessing: Witnessing
    engine: PolicyEngine
    in_force: InForce
    certificate: bytes
    usage_policy: bytes | None
    at: datetime

    @property
    def log(self) -> LogState:
        """The state every report of the site is made from."""
        checkpoint = self.signed.checkpoint
        return LogState(checkpoint.origin, checkpoint.size, checkpoint.root.hex())


def read_source(
    home: Home,
    signed: SignedCheckpoint,
    *,
    keys: tuple[VerifierKey, ...],
    engine: PolicyEngine,
    at: datetime,
    policy: WitnessPolicy | None = None,
    policy_text: str = "",
) -> SiteSource:
    """Read what the site is made from.

    Parameters
    ----------
    home : Home
        The agency's folder.
    signed : SignedCheckpoint
        A state of its log, cosigned or not.
    keys : tuple of VerifierKey
        The log's own.
    engine : PolicyEngine
        The laws that are offered.
    at : datetime
        Now, with its zone.
    policy : WitnessPolicy, optional
        Whose cosignatures are asked for.
    policy_text : str
        Its file, to be published.

    Raises
    ------
    InputError
        If the sealed part of the log is not there: the hit rate and others are worked out from it.
    AuditError
        If the log cannot be read.
    VerificationError
        If a record is damaged, or the log's chain of keys is broken.
    """
    if not has_openings(home.log):
        msg = f"the sealed part of {home.log} is not there; reports of the site are worked out from it"
        raise InputError(msg)
    size = signed.checkpoint.size
    events = tuple(read_events(home.log, size=size))
    named = (entry for entry, _ in read_public(home.log) if entry.seq < size)
    in_force = read_in_force(home)
    return SiteSource(
        signed=signed,
        events=events,
        keys=keys,
        periods=key_periods(named, origin=signed.checkpoint.origin),
        witnessing=_witnessing(signed, events, policy, policy_text, at),
        engine=engine,
        in_force=in_force,
        certificate=b"" if in_force.certificate is None else home.certificate.read_bytes(),
        usage_policy=read_published_policy(home.folder),
        at=at,
    )


def _witnessing(
    signed: SignedCheckpoint,
    events: tuple[Event, ...],
    policy: WitnessPolicy | None,
    policy_text: str,
    at: datetime,
) -> Witnessing:
    if policy is None:
        return witnessing_by_log(signed, events)
    cosigners = tuple(_cosigner(signed, one.name, one.key) for one in policy.witnesses)
    try:
        names = policy.demand(signed, now=at)
    except VerificationError as error:
        return Witnessing(f"Not yet witnessed: {error}.", met=False, cosigners=cosigners, policy=policy_text)
    if policy.quorum == NONE:
        said = "Not witnessed: the policy asks for no witness."
        return Witnessing(said, met=False, cosigners=cosigners, policy=policy_text)
    said = f"Witnessed: the quorum {policy.quorum} is met by {', '.join(names)}."
    return Witnessing(said, met=True, cosigners=cosigners, policy=policy_text)


def witnessing_by_log(signed: SignedCheckpoint, events: tuple[Event, ...]) -> Witnessing:
    """Look for cosignatures of the witnesses that the log names; how many are enough it does not say."""
    recorded = membership(events)
    if recorded is None:
        return Witnessing(
            "Not yet witnessed: the log names no witnesses, so nobody outside vouches for it.",
            met=False,
            cosigners=(),
            policy="",
        )
    cosigners = tuple(_cosigner(signed, one.name, VerifierKey.from_line(one.key)) for one in recorded.members)
    names = [one.name for one in cosigners if one.at]
    if not names:
        said = "Not yet witnessed: none of the witnesses that the log names has cosigned this state."
    else:
        said = f"Cosigned by {', '.join(names)}; whether that is enough for the quorum was not checked here."
    return Witnessing(said, met=False, cosigners=cosigners, policy="")


def _cosigner(signed: SignedCheckpoint, name: str, key: VerifierKey) -> Cosigner:
    times = [cosigned_at(signature) for _, signature in verified_signatures(signed.note, (key,))]
    at = f"{max(times):%Y-%m-%d %H:%M:%S} UTC" if times else ""
    return Cosigner(name, key.line(), at)
