"""Putting a text of the law in force, and out of it: by two people, on an authority, after a public notice.

What is in force is exactly what the two read: profile, overlays and the digest of the whole text. A text that
was changed since has another digest, and nothing is decided on it until two people activate that one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.demands import (
    demand_digest,
    demand_span,
    demand_text,
    demand_time,
    demand_title,
    shown,
    today,
)
from facegate.gate.registers.notices import is_over, last_day_of_notice
from facegate.gate.registers.people_known import demand_in_standing, demand_signers
from facegate.gate.registers.standing import stands
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

    Said again in the same words while it is the last that stands, it waits for no notice: it puts nothing new
    in force.

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
        If the authority is not on file, the notice is not over, the profile was taken out of force after
        its first day, or the signatures are wanting.
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
    sealed = demand_signers(ledger, signed_by, at, of=keeper)
    act = Activation(
        profile, tuple(filter(None, public["overlays"].split(","))), policy_digest, first_day, last_day
    )
    # Of several that stand the last one rules: an older one, said again, would put its overlays in force.
    if last_activation(ledger, profile) != act or not stands(ledger, "activation", public, sealed):
        _demand_notice_over(ledger, first_day, at)
        _demand_signed_since_it_ended(ledger, act)
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
    """End every activation of a profile at once: to close, one registered officer is enough.

    Parameters
    ----------
    ledger : Recorder
        Where to.
    profile, policy_digest : str
        The text that is in force.
    agency : str
        ORI of the officer's agency.
    signed_by : str
        Id of an officer of it in good standing.
    reason : str
        Public: no names.
    at : datetime
        When.
    overlays : iterable of str
        Of the text that is in force.

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
        "WHERE profile = ? AND overlays = ? AND policy_digest = ? AND ended = 0"
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


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation that nobody has ended; the fields are those of `activate_policy`."""

    profile: str
    overlays: tuple[str, ...]
    policy_digest: str
    first_day: str
    last_day: str


def last_activation(ledger: Recorder, profile: str) -> Activation | None:
    """Give the last activation of a profile that nobody has ended, whatever its days; None if none is."""
    query = (
        "SELECT overlays, policy_digest, first_day, last_day FROM conditions_activations "
        "WHERE profile = ? AND ended = 0 ORDER BY seq DESC LIMIT 1"
    )
    for row in ledger.rows(query, profile):
        overlays = tuple(row["overlays"].split(",")) if row["overlays"] else ()
        return Activation(profile, overlays, row["policy_digest"], row["first_day"], row["last_day"])
    return None


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
    return bool(_in_force(ledger, profile, overlays, policy_digest, now))


def notice_of_law(
    ledger: Recorder, profile: str, overlays: Iterable[str], policy_digest: str, now: datetime
) -> str:
    """Give the last day of the notice of the law in force; see `facegate.gate.registers.notices`.

    Returns
    -------
    str
        Day, ISO 8601; empty if no notice was given for it. Where this text is not in force: of a law that two
        people would activate today.
    """
    rows = _in_force(ledger, profile, overlays, policy_digest, now)
    if not rows:
        return last_day_of_notice(ledger, today(now))
    days = (
        last_day_of_notice(ledger, max(row["first_day"], row["signed_on"]), before=row["seq"]) for row in rows
    )
    return min(filter(None, days), default="")


def _in_force(
    ledger: Recorder, profile: str, overlays: Iterable[str], policy_digest: str, now: datetime
) -> list[Any]:
    query = (
        "SELECT seq, first_day, signed_on FROM conditions_activations "
        "WHERE profile = ? AND overlays = ? AND policy_digest = ? "
        "AND ended = 0 AND first_day <= ? AND (last_day = '' OR last_day >= ?) "
        "AND signed_by_1 <> '' AND signed_by_2 <> '' AND signed_by_1 <> signed_by_2"
    )
    day = today(now)
    return ledger.rows(query, profile, overlay_names(overlays), policy_digest, day, day)


def _demand_notice_over(ledger: Recorder, first_day: str, at: datetime) -> None:
    if not is_over(last_day_of_notice(ledger, max(first_day, today(at))), at):
        msg = (
            "no law is activated before its notice period is over: wanted a public notice on record, and "
            "every one that opens on or before the first day of the law to be over by now"
        )
        raise PolicyRefusal(msg)


def _demand_signed_since_it_ended(ledger: Recorder, act: Activation) -> None:
    """Refuse an activation from before the day on which somebody took the profile out of force, or the same.

    Whoever loads an old setup file would otherwise undo it, with the signatures that stand in the file.
    """
    ended_on = ledger.value("SELECT max(ended_on) FROM conditions_activations WHERE profile = ?", act.profile)
    same = ledger.value(
        "SELECT 1 FROM conditions_activations WHERE ended = 1 AND profile = ? AND overlays = ? "
        "AND policy_digest = ? AND first_day = ? AND last_day = ?",
        act.profile,
        overlay_names(act.overlays),
        act.policy_digest,
        act.first_day,
        act.last_day,
    )
    if ended_on and (same or act.first_day < ended_on):
        msg = (
            f"profile {shown(act.profile)} was taken out of force on {ended_on}, and an activation from "
            f"{act.first_day} does not put it back; wanted one from that day or a later one, with another "
            "first day than any that was ended, signed by two anew"
        )
        raise PolicyRefusal(msg)


def _demand_law(name: str, what: str) -> str:
    if not PROFILE_NAME.fullmatch(name):
        msg = f"{what} is {shown(name)}, wanted the name of a law, such as co-dmv-2019"
        raise InputError(msg)
    return name
