"""Who witnesses the log, and that the quorum needs somebody outside policing: otherwise it is refused.

A board most of whose seats are named by those it oversees oversees nobody. So the membership is a public
record, signed by two, and a policy whose quorum police bodies could meet among themselves is not recorded.

Whether a body stands outside policing is stated, not proved: the statement is public, so that anybody can say
that it is wrong.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.audits import keeper
from facegate.gate.registers.demands import demand_text, demand_time, shown
from facegate.gate.registers.people_known import demand_signers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.gate.ledger.event import Event
    from facegate.gate.ledger.ledger import Ledger

WITNESSES: Final = "witnesses"
YES, NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Member:
    """One witness, as it was recorded: its name in the policy, its public key, where it stands."""

    name: str
    key: str
    outside_policing: bool


@dataclass(frozen=True, slots=True)
class Membership:
    """Who witnesses the log.

    Parameters
    ----------
    seq : int
        The record.
    time : datetime
        When it was recorded.
    policy_digest : str
        SHA-256 of the policy file.
    published_at : str
        Where the file can be read.
    quorum : str
        Name of the group that must have cosigned.
    members : tuple of Member
        In the order of the file.
    """

    seq: int
    time: datetime
    policy_digest: str
    published_at: str
    quorum: str
    members: tuple[Member, ...]


def record_witnesses(
    ledger: Ledger,
    *,
    policy: str,
    outside: Collection[str],
    published_at: str,
    signed_by: Sequence[str],
    at: datetime,
) -> int:
    """Record who witnesses the log, in the place of whoever did before.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    policy : str
        The policy file (C2SP tlog-policy), as it is published.
    outside : collection of str
        Names of its witnesses that stand outside policing.
    published_at : str
        Where the file can be read; 1 to 100 plain characters.
    signed_by : sequence of str
        Ids of two different officers of the agency that keeps the gallery; sealed.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If the policy is none, names no log, or somebody outside is no witness of it.
    PolicyRefusal
        If policing bodies alone could meet the quorum, or it is not signed by two.
    """
    read = parse_policy(policy)
    names = [one.name for one in read.witnesses]
    if strangers := sorted(set(outside) - set(names)):
        msg = f"{shown(strangers[0])} is no witness of the policy; it names {', '.join(names) or 'nobody'}"
        raise InputError(msg)
    demand_outsider(read, outside)
    signed = demand_signers(ledger, signed_by, at, of=keeper(ledger))
    public: dict[str, JSONValue] = {
        "policy_digest": hashlib.sha256(policy.encode()).hexdigest(),
        "published_at": demand_text(published_at, "the address of the policy"),
        "quorum": demand_text(read.quorum, "the name of the quorum"),
        "witnesses": [
            {
                "name": demand_text(one.name, "the name of a witness"),
                "key": one.key.line(),
                "outside_policing": YES if one.name in outside else NO,
            }
            for one in read.witnesses
        ],
    }
    return ledger.record(WITNESSES, at=demand_time(at), public=public, sealed=signed)


def demand_outsider(policy: WitnessPolicy, outside: Collection[str]) -> None:
    """Demand that no quorum is reached without somebody outside policing.

    Raises
    ------
    PolicyRefusal
        If policing bodies alone could meet the quorum, or it asks for nobody.
    """
    inside = [one.name for one in policy.witnesses if one.name not in outside]
    if policy.can_be_met_by(inside):
        who = f"by {', '.join(inside)} alone" if inside else "by nobody at all"
        msg = (
            f"the quorum {policy.quorum} of witnesses could be met {who}; wanted one that no policing bodies "
            "can meet among themselves"
        )
        raise PolicyRefusal(msg)


def membership(events: Iterable[Event]) -> Membership | None:
    """Give who witnesses the log; None if nobody was recorded."""
    found = None
    for event in events:
        if event.kind == WITNESSES:
            stated = event.public.get("witnesses")
            members = tuple(_member(one) for one in stated) if isinstance(stated, (list, tuple)) else ()
            named = (event.text("policy_digest"), event.text("published_at"), event.text("quorum"))
            found = Membership(event.seq, event.time, *named, members)
    return found


def _member(stated: Mapping[str, str]) -> Member:
    return Member(stated["name"], stated["key"], stated["outside_policing"] == YES)
