"""What a protocol asks of the searches: whom to enroll, how long a list, which galleries.

Read strictly from the ``[identification]`` table::

    [identification]
    enroll = 0.5                # share of each group's people who are enrolled
    limit = 20                  # L, the longest candidate list
    approximate = ["hnsw"]      # indexes to compare with exact search; never serving

    [[identification.mix]]
    name = "booking photos"
    operational = true
    shares = { "Black M" = 0.6, "White M" = 0.4 }
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gallery.approximate import require_known

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.evaluation.toml_keys import Keys

AS_THE_DATA = "as the data"
EQUAL_GROUPS = "equal groups"
ENROLL = 0.5
LIMIT = 20  # as the gate cuts its lists
PHOTOS_PER_PERSON = 10
PEOPLE_PER_GROUP = 2000
SHARES_MAY_MISS = 1e-6  # of 1: three thirds written with seven digits pass, two of them do not


@dataclass(frozen=True, slots=True)
class MixPlan:
    """A gallery to be drawn with given shares of groups.

    Parameters
    ----------
    name : str
        Any but ``as the data`` and ``equal groups``, which are made always.
    shares : mapping of str to float
        Share of each group among the people enrolled, 0 to 1; they add up to 1. A group
        that is not named has nobody in it.
    operational : bool
        The mix of the gallery that the benchmark shall speak about.

    Raises
    ------
    InputError
        If the name is taken, a share is out of range, or they do not add up to 1: shares
        are never rescaled, since nobody could tell a slip from an intention.
    """

    name: str
    shares: Mapping[str, float]
    operational: bool = False

    def __post_init__(self) -> None:
        if not self.name or self.name in (AS_THE_DATA, EQUAL_GROUPS):
            msg = f"a gallery mix needs a name of its own, got {self.name!r}, which is empty or made always"
            raise InputError(msg)
        for group, share in self.shares.items():
            if not 0 <= share <= 1:  # NaN too
                msg = f"mix {self.name!r}: the share of {group!r} is {share}, wanted a number from 0 to 1"
                raise InputError(msg)
        total = math.fsum(self.shares.values())
        if abs(total - 1) > SHARES_MAY_MISS:
            msg = f"mix {self.name!r}: the shares add up to {total:g}, wanted 1"
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class IdentificationPlan:
    """How searches are measured.

    Parameters
    ----------
    enroll : float
        Share of each group's people who may be enrolled, above 0 and below 1; the others
        are searched for as people who are not in the gallery.
    limit : int
        L, the longest candidate list, at least 1.
    mixes : tuple of MixPlan
        Galleries beside "as the data" and "equal groups"; at most one operational.
    approximate : tuple of str
        Indexes to compare with exact search, such as ``hnsw``; never serving.
    seed : int
        Of who is enrolled, which photo, and the order of growth; at least 0.
    photos_per_person : int
        Most photos of one person who is not enrolled that are searched with, at least 1.
    people_per_group : int
        Most people of one group who are searched for, of each kind (enrolled or not), at
        least 1: keeps the time bounded on large sets.

    Raises
    ------
    InputError
        If a value is out of range, names repeat, or an index is not known.
    """

    enroll: float = ENROLL
    limit: int = LIMIT
    mixes: tuple[MixPlan, ...] = ()
    approximate: tuple[str, ...] = ()
    seed: int = 0
    photos_per_person: int = PHOTOS_PER_PERSON
    people_per_group: int = PEOPLE_PER_GROUP

    def __post_init__(self) -> None:
        if not 0 < self.enroll < 1:
            msg = f"the share of people to enroll must be above 0 and below 1, got {self.enroll}"
            raise InputError(msg)
        for name, least in (("limit", 1), ("photos_per_person", 1), ("people_per_group", 1), ("seed", 0)):
            if getattr(self, name) < least:
                msg = f"identification {name} must be at least {least}, got {getattr(self, name)}"
                raise InputError(msg)
        _require_different([mix.name for mix in self.mixes], "gallery mixes")
        _require_different(self.approximate, "approximate indexes")
        if sum(mix.operational for mix in self.mixes) > 1:
            msg = "one gallery mix at most can be operational, got several"
            raise InputError(msg)
        for name in self.approximate:
            require_known(name)


def identification_plan(keys: Keys, *, seed: int) -> IdentificationPlan:
    """Read the ``[identification]`` table of a protocol.

    Parameters
    ----------
    keys : Keys
        The table; may be empty, then everything has its default.
    seed : int
        Of the protocol's randomness.

    Returns
    -------
    IdentificationPlan
        Group names in the shares are checked later, when the data are known.

    Raises
    ------
    InputError
        If a key is unknown or of another type, or a value is out of range; the message
        names key and file.
    """
    keys.only(("enroll", "limit", "approximate", "mix", "photos_per_person", "people_per_group"))
    enroll = keys.number("enroll") if keys.has("enroll") else ENROLL
    limit = keys.count("limit", least=1, default=LIMIT)
    photos = keys.count("photos_per_person", least=1, default=PHOTOS_PER_PERSON)
    people = keys.count("people_per_group", least=1, default=PEOPLE_PER_GROUP)
    mixes = tuple(_mix(table) for table in keys.tables("mix")) if keys.has("mix") else ()
    approximate = keys.texts("approximate", [])
    try:
        return IdentificationPlan(enroll, limit, mixes, approximate, seed, photos, people)
    except InputError as error:
        keys.refuse("", f"cannot be used: {error}")


def _mix(keys: Keys) -> MixPlan:
    keys.only(("name", "shares", "operational"))
    name, operational = keys.text("name"), keys.flag("operational", default=False)
    shares = keys.table("shares")
    by_group = {group: shares.number(group) for group in shares.names}
    try:
        return MixPlan(name, by_group, operational)
    except InputError as error:
        keys.refuse("", f"cannot be used: {error}")


def _require_different(names: tuple[str, ...] | list[str], what: str) -> None:
    if len(set(names)) != len(names):
        msg = f"{what} must have different names, got {', '.join(names)}"
        raise InputError(msg)
