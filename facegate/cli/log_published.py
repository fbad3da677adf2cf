"""The part of ``facegate log verify`` that checks a published log, and what every verification prints."""

from pathlib import Path

import typer

from facegate.audit.published.published import PublishedLog, VerifiedPublished, verify_published
from facegate.audit.published.tiles import CHECKPOINT
from facegate.audit.signed.notes import LARGEST_NOTE
from facegate.audit.storage import ENTRIES
from facegate.audit.verify import VerifiedLog
from facegate.cli.console import console, progress
from facegate.cli.log_files import read_keys, read_policy
from facegate.errors import VerificationError

SHOWN_INTENTS = 10  # how many open intents are named before "and more"
KEPT_IS_BEGINNING = "The checkpoint you kept is the beginning of this log: nothing before it was rewritten."


def is_published(place: str) -> bool:
    """Tell a published log, folder or address, from a writer's own folder."""
    if "://" in place:
        return True
    checkpoint = Path(place) / CHECKPOINT
    if not checkpoint.is_file() or (Path(place) / ENTRIES).exists():
        return False
    with checkpoint.open("rb") as file:
        return b"\n\n" in file.read(LARGEST_NOTE)  # a signed note; the writer's own has three lines


def print_published(
    place: str,
    *,
    key: Path | None,
    policy: Path | None,
    kept: bytes | None,
    origin: str | None,
    max_skew: float,
) -> None:
    """Verify a published log and print PASS with what stands in it, or FAIL and what does not hold."""
    wanted = None if policy is None else read_policy(policy)
    keys = read_keys(key, wanted)
    try:
        with progress() as bar:
            task = bar.add_task("records verified", total=None, visible=False)
            verified = verify_published(
                PublishedLog(place),
                keys=keys,
                policy=wanted,
                kept=kept,
                max_skew_seconds=max_skew,
                progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
            )
        _demand_origin(verified.log, origin)
    except VerificationError as error:
        console.print(f"FAIL  {printable(str(error))}", markup=False, soft_wrap=True)
        raise typer.Exit(VerificationError.exit_code) from error
    lines = [*pass_lines(verified.log), *_who_signed(verified, asked=wanted is not None)]
    if kept is not None:
        lines.append(KEPT_IS_BEGINNING)
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def pass_lines(verified: VerifiedLog) -> list[str]:
    """Say what stands in a log that holds."""
    kinds = ", ".join(f"{n} {printable(kind)}" for kind, n in verified.n_by_kind.items()) or "none"
    lines = [
        f"PASS  {verified.size} records hold",
        f"log      {verified.origin}",
        f"root     {verified.root}",
        f"kinds    {kinds}",
        f"gaps     {_gaps(verified.open_intents)}",
    ]
    if verified.dated_back:
        first = verified.dated_back[0]
        lines.append(f"times    {len(verified.dated_back)} dated before an earlier record, first {first}")
    return lines


def printable(text: str) -> str:
    """Take the power over the terminal out of text that somebody else wrote."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def _demand_origin(verified: VerifiedLog, origin: str | None) -> None:
    if origin is not None and verified.origin != origin:
        msg = f"the checkpoint is of the log {verified.origin}, wanted {origin}"
        raise VerificationError(msg)


def _who_signed(verified: VerifiedPublished, *, asked: bool) -> list[str]:
    witnessed = ", ".join(verified.witnesses) or "none needed"
    return [
        "signed   by the key of the log",
        f"witness  {witnessed}" if asked else "witness  not asked: pass --policy FILE to demand cosignatures",
    ]


def _gaps(open_intents: tuple[int, ...]) -> str:
    """Say which searches were begun and have no result."""
    if not open_intents:
        return "none: every intent has its result"
    named = ", ".join(str(seq) for seq in open_intents[:SHOWN_INTENTS])
    more = f" and {len(open_intents) - SHOWN_INTENTS} more" if len(open_intents) > SHOWN_INTENTS else ""
    return f"no result for intent {named}{more} (still running, or broken off)"
