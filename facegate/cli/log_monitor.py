"""``facegate log monitor``: watch a published log from round to round, and keep every checkpoint."""

import time
from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.published.published_log import PublishedLog
from facegate.audit.verify import MAX_SKEW_SECONDS
from facegate.audit.watching.monitor import MAX_OPEN_SECONDS, Round, Rules, monitor_round
from facegate.audit.watching.monitor_state import MonitorState
from facegate.cli.console import console, errors, progress
from facegate.cli.desk import now
from facegate.cli.log_files import KeyFile, PolicyFile, read_keys, read_policy
from facegate.errors import AuditError, VerificationError

NAMED = 10  # open intents in a line


def monitor(
    source: Annotated[
        str, typer.Argument(help="Folder or http(s) address of the published log.", show_default=False)
    ],
    *,
    state: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="The monitor's own folder: checkpoints, leaves, evidence. Keep it away from the log's "
            "keeper.",
            show_default=False,
        ),
    ],
    key: KeyFile = None,
    policy: PolicyFile = None,
    max_open_seconds: Annotated[
        float, typer.Option(min=0, help="How long an intent may be without a result.")
    ] = MAX_OPEN_SECONDS,
    max_skew: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="How far a record may be dated before an earlier one, or after now.",
        ),
    ] = MAX_SKEW_SECONDS,
    full: Annotated[
        bool, typer.Option("--full", help="Read every record and tile again, not only the new ones.")
    ] = False,
    every: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            min=1,
            help="Go on, a round every so often, until something is found.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check that a published log only grows, and that what it showed still stands.

    Each round reads the new records and tiles, rebuilds the tree up to the
    signed root, and holds it against every checkpoint it ever saw; the key
    that signs must be the one that the records put in force. Evidence of
    whatever is found lies in DIR/evidence.

    What is found stays found. A signed checkpoint that contradicts another is
    kept for good. Times and results that do not fit are told in every round,
    until you have looked and remove the file DIR/complaints (--full reads all
    again, and tells them again).

    \b
    Exit code  what was found
        0      nothing
        7      the log cannot be read, or DIR cannot be used
        8      a bad signature, or one by a key that is not in force; a missing
               or cut file; times that run backward or ahead, results that do not
               fit; too few or stale cosignatures (with --policy: none older than
               24 h); of several findings the first one's code
       12      a fork: two signed heads that contradict each other
       13      a rollback: a signed head smaller than one seen before, of the same history
       14      a record replaced, or one put in
       15      a record dropped
       16      records reordered
       17      an intent without a result after its time
    """  # noqa: D301  the \b is Typer's: it keeps the table as it stands
    wanted = None if policy is None else read_policy(policy)
    rules = Rules(
        keys=read_keys(key, wanted),
        policy=wanted,
        max_open_seconds=max_open_seconds,
        max_skew_seconds=max_skew,
        full=full,
    )
    log, kept = PublishedLog(source), MonitorState(state)
    while every is not None:
        _round_that_may_fail(log, kept, rules)
        time.sleep(every)
    _round(log, kept, rules)


def _round(log: PublishedLog, state: MonitorState, rules: Rules) -> None:
    with progress() as bar:
        task = bar.add_task("records verified", total=None, visible=False)
        found = monitor_round(
            log,
            state,
            rules,
            now=now(),
            progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    console.print(_told(found), markup=False, soft_wrap=True)


def _round_that_may_fail(log: PublishedLog, state: MonitorState, rules: Rules) -> None:
    """Take one of many rounds: a network that fails is told and tried again, a finding ends the watch."""
    try:
        _round(log, state, rules)
    except VerificationError:
        raise
    except AuditError as error:
        errors.print(f"facegate: {error}; it is tried again", markup=False, soft_wrap=True)


def _told(found: Round) -> str:
    who = f", cosigned by {', '.join(found.witnesses)}" if found.witnesses else ""
    still = f"; {len(found.open_intents)} intents still in their time" if found.open_intents else ""
    return (
        f"PASS  {found.head.size} records, {found.n_new} new, root {found.head.root.hex()}{who}; "
        f"contains every checkpoint seen ({found.n_checkpoints}){still}"
    )
