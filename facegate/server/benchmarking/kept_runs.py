"""Where benchmark runs are kept, and how one is found: for the pages and for the interface alike.

::

    HOME/results/RUN/result.json   report.html     as `facegate benchmark run -o HOME/results/RUN` leaves them

A run is found among the names that lie there, never by a path made of what a client sent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from facegate.reporting.run_files import RESULT

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.home import Home

LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file of a run; a larger one is not shown."""
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)


def results_folder(home: Home) -> Path:
    """Give the folder of runs; it may be absent."""
    return home.folder / "results"


def kept_runs(home: Home) -> dict[str, Path]:
    """Find the runs that lie there, by name; a link is no run, for it could lead anywhere."""
    place = results_folder(home)
    if not place.is_dir():
        return {}
    return {
        one.name: one
        for one in sorted(place.iterdir())
        if _NAME.fullmatch(one.name) and not one.is_symlink() and is_shown(one / RESULT)
    }


def is_shown(path: Path) -> bool:
    """Whether a file of a run is one, no link, and not too large."""
    return path.is_file() and not path.is_symlink() and path.stat().st_size <= LARGEST
