"""The caps in force: defaults, and an agency's own in ``HOME/limits.toml``, read strictly.

::

    case_probes = 5          # tighter than the default
    agency_day_probes = 400  # looser: allowed, and named wherever the caps are shown

- Every value is a whole number from 1: no cap can be switched off.
- What a cap leaves out of the file is the default's.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import asdict, dataclass, fields
from functools import lru_cache
from typing import TYPE_CHECKING

from facegate.audit.canonical import canonical_json
from facegate.errors import InputError
from facegate.evaluation.toml_keys import Keys

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1_000_000
"""No cap means anything above, and sums of caps stay far from overflowing."""

SMALLER_IS_LOOSER = frozenset({"window_days", "approach_margin_per_mille"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps of one agency's installation.

    Near-duplicates of a probe count as one probe, up to `variants` searches each; so 10 probes of a case
    are at most 30 searches.

    Parameters
    ----------
    case_probes : int
        Probes of one case, over its whole life. With exact scores 10 probes of one person gain an attacker
        0.013 of cosine on average, 20 gain 0.024.
    officer_day_probes, agency_day_probes : int
        Probes of one officer, and of one agency, on one UTC day.
    subject_agency_searches, subject_searches : int
        Searches within the window that may show one subject to one agency, and to all agencies together.
        Twenty probes a day for a year are enough to trace a template by the edge of the list alone: this
        is the cap that holds over months.
    subject_agency_approaches : int
        Searches of one agency within the window that may bring one subject just below the threshold or
        above it. Without it a patient attacker asks thousands of probes that show nobody and learns from
        the few that do.
    approach_margin_per_mille : int
        How far below the threshold is "just below": so many thousandths of score. 60 is 0.06 of dlib's
        distance, 0.535 at a threshold of 0.475; or 0.06 of cosine. See ``benchmarks/attacks.py`` for what
        it gains and costs.
    window_days : int
        Days over which showings and approaches are counted, and near-duplicates are looked for.
    gallery_per_mille, gallery_least : int
        Different subjects that may be shown to one agency within the window: so many of 1,000 enrolled,
        but never fewer than the least.
    breaker_factor, breaker_floor : int
        The breaker opens when the day's searches of an agency pass the factor times the median of its last
        30 whole days; it never opens below the floor.
    variants : int
        Searches with variants of one probe, the first included, before a supervisor is asked.
    permit_hours : int
        Life of a permit.
    """

    case_probes: int = 10
    officer_day_probes: int = 20
    agency_day_probes: int = 200
    subject_agency_searches: int = 10
    subject_searches: int = 20
    subject_agency_approaches: int = 10
    approach_margin_per_mille: int = 60
    window_days: int = 365
    gallery_per_mille: int = 10
    gallery_least: int = 100
    breaker_factor: int = 3
    breaker_floor: int = 30
    variants: int = 3
    permit_hours: int = 72

    @property
    def approach_margin(self) -> float:
        """How far below the threshold a search counts as having come near somebody, in scores."""
        return self.approach_margin_per_mille / 1000

    def gallery_budget(self, gallery_size: int) -> int:
        """Give how many different subjects one agency may be shown within the window.

        Examples
        --------
        >>> Limits().gallery_budget(5_000), Limits().gallery_budget(1_000_000)
        (100, 10000)
        """
        return max(self.gallery_least, gallery_size * self.gallery_per_mille // 1000)

    def loosened(self) -> tuple[str, ...]:
        """Name every cap that is looser than the default, one sentence each; for wherever caps are shown."""
        return tuple(
            f"{one.name} is {mine:,}, looser than the default {one.default:,}"
            for one in fields(self)
            for mine in [getattr(self, one.name)]
            if (mine < one.default if one.name in SMALLER_IS_LOOSER else mine > one.default)
        )


@lru_cache(maxsize=8)  # asked at every search
def limits_digest(limits: Limits) -> str:
    """Give what tells one set of caps from another: SHA-256 over the canonical JSON of every value in force.

    Examples
    --------
    >>> limits_digest(Limits()) == limits_digest(Limits(case_probes=10))
    True
    >>> limits_digest(Limits()) == limits_digest(Limits(case_probes=11))
    False
    """
    return hashlib.sha256(canonical_json(asdict(limits))).hexdigest()


def read_limits(path: Path) -> Limits:
    """Read an agency's caps; the defaults if there is no such file.

    Parameters
    ----------
    path : Path
        ``HOME/limits.toml``.

    Returns
    -------
    Limits
        Caps in force.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or holds a key or a value that is not wanted. The gate
        must stay closed then: an agency that meant a tighter cap must not get the default.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Limits()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path.name}: {error}"
        raise InputError(msg) from error
    return parse_limits(text, name=path.name)


def parse_limits(text: str, *, name: str) -> Limits:
    """Read caps from TOML text.

    Parameters
    ----------
    text : str
        Keys of `Limits`, each a whole number from 1 to 1,000,000.
    name : str
        Of the file, for messages.

    Raises
    ------
    InputError
        If it is no TOML, or holds a key or a value that is not wanted.

    Examples
    --------
    >>> parse_limits("case_probes = 5", name="limits.toml").case_probes
    5
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name} is no TOML: {error}"
        raise InputError(msg) from error
    keys = Keys(table, name, "")
    names = [one.name for one in fields(Limits)]
    keys.only(names)
    return Limits(**{key: _cap(keys, key) for key in names if keys.has(key)})


def _cap(keys: Keys, key: str) -> int:
    value = keys.count(key, least=1)
    if value > LARGEST:
        keys.refuse(key, f"is {value}, wanted a whole number from 1 to {LARGEST:,}")
    return value
