"""What keeps the gate closed, in plain sentences: for whoever must mend it, and for the public page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.registers.activation import notice_of_law, policy_activated
from facegate.gate.registers.audits import audit_current, audit_due
from facegate.gate.registers.clock import clock_forward
from facegate.gate.registers.conditions import authority_on_file, policy_published
from facegate.gate.registers.demands import today
from facegate.gate.registers.notices import is_over, last_day_of_notice
from facegate.gate.registers.papers import exigency_settled
from facegate.gate.registers.people_known import agency_facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder


def what_keeps_closed(
    ledger: Recorder,
    now: datetime,
    *,
    published_policy: bytes | None,
    digest_of: Callable[[str, tuple[str, ...]], str | None],
) -> tuple[str, ...]:
    """Say what the registers still lack before anything can be searched; empty if nothing.

    Caps, permits and the accuracy certificate are no register's and are not looked at.

    Parameters
    ----------
    ledger : Recorder
        The registers.
    now : datetime
        With its zone.
    published_policy : bytes or None
        The usage policy in the agency's folder.
    digest_of : callable
        Gives the digest of a law by profile and overlays as it is installed; None if there is none.
    """
    return (
        *_everywhere(ledger, now, published_policy),
        *_laws(ledger, now, digest_of),
        *_galleries(ledger),
        *_agencies(ledger, now),
    )


def _everywhere(ledger: Recorder, now: datetime, published_policy: bytes | None) -> Iterator[str]:
    if not clock_forward(ledger, now):
        yield "FG-CLOCK: a record of the log is later than the clock of this machine."
    if published_policy is None:
        yield "FG-USAGE-POLICY: there is no usage policy in the agency's folder."
    elif not policy_published(ledger, published_policy):
        yield "FG-USAGE-POLICY: the usage policy in the agency's folder is not the one last published."
    if not audit_current(ledger, now):
        due = audit_due(ledger)
        yield f"FG-AUDIT: the audit was due {due}." if due else "FG-AUDIT: no audit was ever filed."


def _laws(
    ledger: Recorder, now: datetime, digest_of: Callable[[str, tuple[str, ...]], str | None]
) -> Iterator[str]:
    rows = ledger.rows("SELECT DISTINCT profile, overlays FROM conditions_activations WHERE ended = 0")
    if not rows:
        yield from _notice(last_day_of_notice(ledger, today(now)), now)
        yield "FG-ACTIVATED: no law was activated."
    for row in rows:
        overlays = tuple(row["overlays"].split(",")) if row["overlays"] else ()
        name = "+".join((row["profile"], *overlays))
        digest = digest_of(row["profile"], overlays)
        if digest is None:
            yield f"FG-ACTIVATED: {name} was activated, and no law of that name is installed."
        elif not policy_activated(ledger, row["profile"], overlays, digest, now):
            yield (
                f"FG-ACTIVATED: {name} is not in force as installed (digest {digest}): two people activated "
                "another text, or for other days."
            )
        else:
            yield from _notice(
                notice_of_law(ledger, row["profile"], overlays, digest, now), now, f" of {name}"
            )


def _notice(closes: str, now: datetime, of: str = "") -> Iterator[str]:
    if not closes:
        yield "FG-NOTICE: no notice was given."
    elif not is_over(closes, now):
        yield f"FG-NOTICE: the notice{of} is open until {closes}."


def _galleries(ledger: Recorder) -> Iterator[str]:
    rows = ledger.rows("SELECT gallery FROM conditions_galleries ORDER BY gallery")
    if not rows:
        yield "FG-SHARING: no gallery is registered."
    for row in rows:
        if not authority_on_file(ledger, row["gallery"]):
            yield f"FG-AUTHORITY: no authority is on file for gallery {row['gallery']}."
        shared = "SELECT 1 FROM sharing_rows WHERE gallery = ? AND shared = 'yes'"
        if not ledger.value(shared, row["gallery"]):
            yield f"FG-SHARING: gallery {row['gallery']} is shared with nobody."


def _agencies(ledger: Recorder, now: datetime) -> Iterator[str]:
    for row in ledger.rows("SELECT ori FROM people_agencies ORDER BY ori"):
        if agency_facts(ledger, row["ori"], now).blocked:
            yield f"FG-AGENCY-BLOCKED: agency {row['ori']} is on the block list."
        if not exigency_settled(ledger, row["ori"], now):
            yield f"FG-EXIGENCY-DUE: agency {row['ori']} has an emergency past its 48 hours without paper."
