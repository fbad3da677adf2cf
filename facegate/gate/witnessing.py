"""The log's newest state, signed by its keys and cosigned by whoever witnesses it: what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.signed.cosigned import keep_cosigned, read_cosigned
from facegate.audit.witnesses.witness_client import cosign
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.keys.log_keys import LogKeys
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import WitnessPolicy
    from facegate.gate.home import Home


def sign_and_witness(
    place: Home, keys: LogKeys, policy: WitnessPolicy | None, at: datetime
) -> tuple[SignedCheckpoint, str]:
    """Sign the log's newest state and ask the witnesses of a policy, if one is given; say what came of it.

    Parameters
    ----------
    place : Home
        Whose log.
    keys : LogKeys
        Its keys.
    policy : WitnessPolicy or None
        Who is asked; nobody if there is none. Cosignatures of the same state from the last time are kept.
    at : datetime
        Now, with its zone.

    Returns
    -------
    SignedCheckpoint
        The state, with the signatures there are.
    str
        What came of asking.

    Raises
    ------
    AuditError, StorageError, VerificationError
        If the log cannot be read or contradicts what was signed before, or the disk refuses.
    """
    newest, _ = keys.sign_newest(place.log, at=at)
    signed = _with_earlier(newest, read_cosigned(place.log, keys=keys.vkeys))
    if policy is None:
        return signed, "not yet witnessed: no policy was given, so no witness was asked (--policy FILE)"
    return _cosigned(place, signed, policy, keys, at)


def _with_earlier(signed: SignedCheckpoint, earlier: SignedCheckpoint | None) -> SignedCheckpoint:
    """Keep the cosignatures of the same state from the last time."""
    if earlier is None or earlier.checkpoint != signed.checkpoint:
        return signed
    own = {(one.name, one.key_id) for one in signed.note.signatures}
    return signed.with_signatures(one for one in earlier.note.signatures if (one.name, one.key_id) not in own)


def _cosigned(
    place: Home, signed: SignedCheckpoint, policy: WitnessPolicy, keys: LogKeys, at: datetime
) -> tuple[SignedCheckpoint, str]:
    """Ask the witnesses; give what came of it, and say it. Kept for receipts only if the policy is met."""
    known = read_cosigned(place.log, keys=keys.vkeys)
    answered = cosign(place.log, signed, policy, log_keys=keys.vkeys, known=known)
    n_asked = len(policy.witnesses)
    n_signed = n_asked - len(answered.missing)
    why = "".join(f"\n  {name}: {reason}" for name, reason in answered.missing)
    try:
        names = policy.demand(answered.signed, now=at)
    except VerificationError as error:
        return answered.signed, f"not yet witnessed: {n_signed} of {n_asked} cosigned; {error}{why}"
    if names:
        keep_cosigned(place.log, answered.signed)
    return answered.signed, f"witnessed: {n_signed} of {n_asked} cosigned ({', '.join(names) or 'none'}){why}"
