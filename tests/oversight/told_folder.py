"""A told log written to the disk, as its writer keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.log import AuditLog

if TYPE_CHECKING:
    from pathlib import Path

    from told_log import Told

ORIGIN = "facegate.example/told"


def write_told(told: Told, folder: Path) -> Path:
    """Append to the log in a folder what of the story is not in it yet."""
    with AuditLog.open(folder, origin=ORIGIN) as log:
        for event in told.events[log.size :]:
            time = f"{event.time:%Y-%m-%dT%H:%M:%S}.00Z"
            public = {"kind": event.kind, "time": time, **event.public}
            log.append(public, event.sealed, record_key=event.seq.to_bytes(32))
    return folder
