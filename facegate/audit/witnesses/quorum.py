"""Whose cosignatures a checkpoint needs before it is believed.

- What counts is one valid cosignature of each witness. One that is too old, from the future, or makes no
  statement about its time does not count; one that is forged under a known key refuses the whole checkpoint.
- Names of witnesses and groups mean something inside one policy only.

References
----------
C2SP tlog-policy, "What is a policy?"; tlog-cosignature.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.audit.signed.signing import cosigned_at, verified_signatures
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint

NONE = "none"
OLDEST_COSIGNATURE = timedelta(hours=24)  # what a monitor asks for
MAX_SKEW = timedelta(minutes=5)  # how far the clocks of witness and reader may differ


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log whose signature is believed.

    Parameters
    ----------
    key : VerifierKey
        Named as the log's origin.
    url : str
        Where it is published; empty if not stated.
    """

    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Witness:
    """Somebody who cosigns what is consistent with all they saw before.

    Parameters
    ----------
    name : str
        In this policy; the key's own name may be another.
    key : VerifierKey
        For cosignatures.
    url : str
        Where cosignatures are asked for; empty if not stated.
    """

    name: str
    key: VerifierKey
    url: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Witnesses and groups, of which some must have witnessed.

    Parameters
    ----------
    name : str
        In this policy.
    needed : int
        How many of the members, in [1, number of members].
    members : tuple of str
        Names defined before.
    """

    name: str
    needed: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WitnessPolicy:
    """A policy; `parse_policy` in `witness_policy` reads one and checks that it makes sense.

    Parameters
    ----------
    logs : tuple of KnownLog
        May be empty where the log is known from elsewhere.
    witnesses : tuple of Witness
        In the order of the file.
    groups : tuple of Group
        Each after its members.
    quorum : str
        Name of a witness or group; ``none`` if no witness is needed.
    """

    logs: tuple[KnownLog, ...]
    witnesses: tuple[Witness, ...]
    groups: tuple[Group, ...]
    quorum: str

    @property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """Keys of the logs that are believed."""
        return tuple(log.key for log in self.logs)

    def can_be_met_by(self, names: Collection[str]) -> bool:
        """Whether these witnesses together, and no other, are enough for the quorum.

        "The quorum includes somebody outside policing" is the same as: it cannot be met by the police alone.

        Parameters
        ----------
        names : collection of str
            Names of witnesses, as this policy calls them.

        Returns
        -------
        bool
            True as well if no witness is needed.

        Examples
        --------
        >>> group = Group("both", 2, ("sheriff", "auditor"))
        >>> WitnessPolicy((), (), (group,), "both").can_be_met_by({"sheriff"})
        False
        """
        if self.quorum == NONE:
            return True
        met = set(names) - {group.name for group in self.groups}
        for group in self.groups:  # members come first in the file, so one pass is enough
            if sum(member in met for member in group.members) >= group.needed:
                met.add(group.name)
        return self.quorum in met

    def demand(
        self,
        signed: SignedCheckpoint,
        *,
        now: datetime | None = None,
        oldest: timedelta | None = None,
        skew: timedelta = MAX_SKEW,
    ) -> tuple[str, ...]:
        """Check that enough witnesses cosigned.

        Parameters
        ----------
        signed : SignedCheckpoint
            Opened with the log's keys before.
        now : datetime, optional
            The time, with its zone; left out, no cosignature is too old or from the future.
        oldest : timedelta, optional
            Cosignatures made longer ago do not count, such as `OLDEST_COSIGNATURE`. Needs ``now``.
        skew : timedelta
            How far a cosignature may lie in the future.

        Returns
        -------
        tuple of str
            Names of the witnesses that count, in the order of the policy.

        Raises
        ------
        VerificationError
            If a cosignature by a known witness does not hold, no log of the policy signed, or the quorum
            is not met: the message says of each witness what is wrong.
        RuntimeError
            If ``oldest`` comes without ``now``: nothing would be checked.
        """
        if oldest is not None and now is None:
            msg = "an age of cosignatures can only be asked for together with the time"
            raise RuntimeError(msg)
        self._demand_log(signed)
        refused = {w.name: _why_not(signed, w, now=now, oldest=oldest, skew=skew) for w in self.witnesses}
        counted = tuple(name for name, reason in refused.items() if not reason)
        if not self.can_be_met_by(counted):
            reasons = "; ".join(f"{name} {reason}" for name, reason in refused.items() if reason)
            has = ", ".join(counted) or "none"
            msg = f"the quorum {self.quorum} of witnesses is not met: cosigned by {has}; {reasons}"
            raise VerificationError(msg)
        return counted

    def _demand_log(self, signed: SignedCheckpoint) -> None:
        """Refuse a log that the policy does not name, if it names any."""
        origin = signed.checkpoint.origin
        own = [key for key in self.log_keys if key.name == origin]
        if self.logs and not verified_signatures(signed.note, own):
            msg = f"the checkpoint of {origin} is not signed by a log that the policy names"
            raise VerificationError(msg)


def _why_not(
    signed: SignedCheckpoint,
    witness: Witness,
    *,
    now: datetime | None,
    oldest: timedelta | None,
    skew: timedelta,
) -> str:
    """Say why a witness does not count; empty if it does."""
    verified = verified_signatures(signed.note, (witness.key,))
    if not verified:
        return "has not cosigned"
    newest = max(cosigned_at(signature) for _, signature in verified)
    if not newest.timestamp():
        return "makes no statement about a time (time 0)"
    if now is not None and newest > now + skew:
        return f"is dated {newest:%Y-%m-%d %H:%M} UTC, in the future"
    if now is not None and oldest is not None and newest < now - oldest:
        return f"cosigned at {newest:%Y-%m-%d %H:%M} UTC, longer than {_hours(oldest)} ago"
    return ""


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} h"
