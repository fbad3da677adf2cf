"""Limits: what waits for a supervisor of an agency, and his clearing it.

For a supervisor's eyes: an officer who learns that somebody was left out of a list learns that he was near.
Even here stands only how many.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from facegate.gate.limits.clearing import CLEARING_ROLES, clear, waiting
from facegate.gate.registers.people_known import officer_facts
from facegate.server.acts.whose import demand_officer
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from facegate.gate.limits.clearing import Waiting
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

WHAT = "thing that waits for a supervisor"


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits, and a name for it as it stands: whatever changes of it, its name is another.

    Parameters
    ----------
    name : str
        64 hexadecimal digits; to clear is to clear what was read.
    waits : Waiting
        What it is.
    """

    name: str
    waits: Waiting


def list_waiting(service: Service, caller: Caller) -> tuple[Item, ...]:
    """List what waits for a supervisor of the caller's agency; of every agency, for those who look in.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.LIMIT_READ, at=service.desk.clock())
    return _items(service, caller)


def clear_one(service: Service, caller: Caller, name: str, *, reason: str) -> tuple[int, ...]:
    """Record that a supervisor clears one thing that waits.

    Parameters
    ----------
    service : Service
        The gate and its limits.
    caller : Caller
        A supervisor who proved himself lately, and is not concerned.
    name : str
        Of the item, as it was listed.
    reason : str
        Why, in 1 to 100 plain characters; sealed.

    Returns
    -------
    tuple of int
        Positions of the records.

    Raises
    ------
    Problem
        401, 403; 404 if nothing of that name waits (any more) in his agency.
    InputError
        If the reason is not of its form.
    PolicyRefusal
        If the register does not have him as supervisor or coordinator, or his own searches are concerned.
    """
    demand(caller, Operation.LIMIT_CLEAR, at=service.desk.clock())
    by, gate = demand_officer(caller), service.desk.gate
    with gate.ledger.turn:
        at = gate.clock()
        found = next((one for one in _items(service, caller) if one.name == name), None)
        if found is None or found.waits.agency != by.agency:
            raise not_here(WHAT)
        facts = officer_facts(gate.ledger, by.officer, by.agency, at)
        known = facts.known and facts.active and facts.role in CLEARING_ROLES
        return clear(
            gate.ledger,
            gate.limits,
            found.waits,
            supervisor=by.officer,
            supervisor_known=known,
            reason=reason,
            at=at,
        )


def _items(service: Service, caller: Caller) -> tuple[Item, ...]:
    gate = service.desk.gate
    found = waiting(gate.ledger, gate.limits, gate.clock(), gallery_size=gate.gallery.n_subjects)
    key = service.desk.reference_key()
    return tuple(Item(_name(one, key), one) for one in found if caller.sees(one.agency))


def _name(one: Waiting, key: bytes) -> str:
    """Name an item by all it holds, under a key: a bare digest would confirm a guess at who was left out."""
    return hmac.digest(key, b"facegate/waiting/v1\x00" + repr(astuple(one)).encode(), hashlib.sha256).hex()
