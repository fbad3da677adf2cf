"""Where the keys of a log's sealed part lie: beside the log's folder, never in it.

::

    HOME/log/sealed.db          the sealed part: encrypted, may be backed up for good
    HOME/keys/openings.key      its keys: back up, but keep no copy longer than a record may live

Whoever copies the log's folder, to publish it or to keep it safe, does not copy what opens it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

KEYS_FOLDER = "keys"
OPENINGS_KEY = "openings.key"


def openings_key_of(log: Path) -> Path:
    """Give the place of the keys that open a log's sealed part."""
    return log.resolve().parent / KEYS_FOLDER / OPENINGS_KEY
