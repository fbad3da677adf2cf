"""What a monitor saves when it finds something, so that others can judge for themselves."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from facegate.audit.published.tiles import ENTRIES, Tile
from facegate.errors import AuditError

if TYPE_CHECKING:
    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.published.published_log import PublishedLog

FINDING, SHOWN, KEPT = "finding.txt", "checkpoint-shown", "checkpoint-kept"


def contradiction(kept: Checkpoint, shown: Checkpoint, root: bytes) -> str:
    """Say that two signed heads cannot both be true."""
    return (
        f"the log signed two histories that cannot both be true: of {kept.size} records it signed root "
        f"{kept.root.hex()}; in the history of {shown.size} records they have root {root.hex()}"
    )


def files_around(log: PublishedLog, at: Tile) -> dict[str, bytes]:
    """Read what stands in the place of a tile, and of the leaves of a bundle, whatever it is."""
    tiles = [at] if at.level != ENTRIES else [at, Tile(0, at.index, at.width)]
    found: dict[str, bytes] = {}
    for tile in tiles:
        for one in {tile, tile.full}:
            with suppress(AuditError):  # a file that cannot be read is the finding, not a second one
                if (data := log.raw(one)) is not None:
                    found[f"shown/{one.path}"] = data
    return found
