"""Settings, read once from the environment into a frozen record.

Each setting says its unit and what is trusted about it. Nothing else in facegate reads the environment.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from platformdirs import user_cache_path

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things are.

    Parameters
    ----------
    data : Path or None
        ``FACEGATE_DATA``: folder of public face sets (lfw, meds, london, utkface). Read only;
        its files are checked against committed manifests, not trusted.
    cache : Path
        ``FACEGATE_CACHE``: rebuilt network graphs and fetched sets. Trusted like the
        installed package: whoever can write here can change the network.
    home : Path
        ``FACEGATE_HOME``: gallery, log, keys and results of one agency (default ``./home``).
        The operator can write here; that he cannot do so unseen is what the log is for.
    token_pin : str or None
        ``FACEGATE_TOKEN_PIN``: opens the token that holds the log's key, where one does. Secret.
    """

    data: Path | None
    cache: Path
    home: Path
    token_pin: str | None = field(default=None, repr=False)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read the settings; a variable that is set but empty counts as not set."""
        env = os.environ if environment is None else environment
        data = env.get("FACEGATE_DATA")
        return cls(
            data=Path(data).expanduser().resolve() if data else None,
            cache=Path(env.get("FACEGATE_CACHE") or user_cache_path("facegate")).expanduser(),
            home=Path(env.get("FACEGATE_HOME") or "home").expanduser(),
            token_pin=env.get("FACEGATE_TOKEN_PIN") or None,
        )


def usable_cores() -> int:
    """Count the cores this process may run on, which can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
