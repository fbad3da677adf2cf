"""Putting a text of the law in force, and out of it: by two people, on an authority, after a public notice.

What is in force is exactly what the two read: profile, overlays and the digest of the whole text. A text that
was changed since has another digest, and nothing is decided on it until two people activate that one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.conditions import notice_over
from facegate.gate.registers.demands import (
    demand_digest,
    demand_span,
    demand_text,
    demand_time,
    demand_title,
    shown,
    today,
)
from facegate.gate.registers.people import demand_in_standing, demand_signers
from facegate.policy.rule import PROFILE_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder


def activate_policy(
    ledger: Recorder,
    *,
    profile: str,
    policy_digest: str,
    authority: str,
    first_day: str,
    signed_by: Sequence[str],
    at: datetime,
    overlays: Iterable[str] = (),
    last_day: str = "",
    objections: str = "",
) -> int:
    """Put one text of the law in force: this profile, these overlays, this digest, on a stated authority.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    profile : str
        Such as ``co-dmv-2019``.
    policy_digest : str
        SHA-256 of the whole text, overlays included: what the two read.
    authority : str
        Statute and section of an authority on file, such as ``C.R.S. 24-72-302(3)``.
    first_day, last_day : str
        Days, it holds on both; an empty last day means without end.
    signed_by : sequence of str
        Ids of two different officers of the agency that keeps the gallery: whoever searches it does not
        choose the law.
    at : datetime
        When.
    overlays : iterable of str
        Names, in any order.
    objections : str
        Legal objections raised, attached to the act; empty if there are none.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If anything is not of its form.
    PolicyRefusal
        If the authority is not on file, the notice is not over, or the signatures are wanting.
    """
    demand_span(first_day, last_day, "the activation")
    public = {
        "profile": _demand_law(profile, "the profile"),
        "overlays": overlay_names(_demand_law(one, "an overlay") for one in overlays),
        "policy_digest": demand_digest(policy_digest, "the digest of the law"),
        "authority": demand_text(authority, "the authority"),
        "from": first_day,
        "until": last_day,
        "objections": demand_title(objections, "the objections") if objections else "",
    }
    keeper = ledger.value(
        "SELECT owner FROM conditions_authority JOIN conditions_galleries USING (gallery) WHERE citation = ?",
        authority,
    )
    if not keeper:
        msg = f"no authority {shown(authority)} is on file; wanted statute and section as they were filed"
        raise PolicyRefusal(msg)
    if not notice_over(ledger, at):
        msg = "no law is activated before a notice period is over, and none is"
        raise PolicyRefusal(msg)
    sealed = demand_signers(ledger, signed_by, at, of=keeper)
    return ledger.record("activation", at=demand_time(at), public=public, sealed=sealed)


def deactivate_policy(
    ledger: Recorder,
    *,
    profile: str,
    policy_digest: str,
    agency: str,
    signed_by: str,
    reason: str,
    at: datetime,
    overlays: Iterable[str] = (),
) -> int:
    """End an activation at once: to close, one registered officer is enough.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If nothing of that text is in force, or a value is not of its form.
    PolicyRefusal
        If the officer is not registered at the agency in good standing.
    """
    names = overlay_names(overlays)
    query = (
        "SELECT 1 FROM conditions_activations "
        "WHERE profile = ? AND overlays = ? AND policy_digest = ? AND NOT ended"
    )
    if not ledger.value(query, profile, names, policy_digest):
        msg = f"no activation of profile {shown(profile)} with that digest and those overlays is in force"
        raise InputError(msg)
    public = {
        "profile": profile,
        "overlays": names,
        "policy_digest": policy_digest,
        "reason": demand_title(reason, "the reason"),
    }
    sealed = {"signed_by": demand_in_standing(ledger, signed_by, agency, at, "whoever ends it")}
    return ledger.record("deactivation", at=demand_time(at), public=public, sealed=sealed)


def overlay_names(overlays: Iterable[str]) -> str:
    """Write a set of overlays in the one way in which two sets are compared.

    Examples
    --------
    >>> overlay_names(["no-immigration", "cjis-5.9.4", "no-immigration"])
    'cjis-5.9.4,no-immigration'
    """
    return ",".join(sorted(set(overlays)))


def policy_activated(
    ledger: Recorder, profile: str, overlays: Iterable[str], policy_digest: str, now: datetime
) -> bool:
    """Tell whether exactly this text is in force today, signed by two."""
    query = (
        "SELECT 1 FROM conditions_activations WHERE profile = ? AND overlays = ? AND policy_digest = ? "
        "AND NOT ended AND first_day <= ? AND (last_day = '' OR last_day >= ?) "
        "AND signed_by_1 <> '' AND signed_by_2 <> '' AND signed_by_1 <> signed_by_2"
    )
    day = today(now)
    return bool(ledger.value(query, profile, overlay_names(overlays), policy_digest, day, day))


def _demand_law(name: str, what: str) -> str:
    if not PROFILE_NAME.fullmatch(name):
        msg = f"{what} is {shown(name)}, wanted the name of a law, such as co-dmv-2019"
        raise InputError(msg)
    return name
