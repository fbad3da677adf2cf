"""Which level an offense has under a law: found by stating each level and seeing which one the law takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facegate.policy.admission import ANY_CITATION, COMPLETE
from facegate.policy.facts import in_order

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from datetime import datetime

    from facegate.policy.engine import PolicyEngine
    from facegate.policy.offenses import Offense
    from facegate.policy.profile import Profile


def levels_taken(engine: PolicyEngine, law: Profile, now: datetime) -> Mapping[str, tuple[str, str]]:
    """Tell for each offense the level that a law takes for it.

    Parameters
    ----------
    engine : PolicyEngine
        The laws.
    law : Profile
        One of them, with its overlays.
    now : datetime
        Time at which it is asked, with its zone.

    Returns
    -------
    Mapping of str to (str, str)
        By code: the level without a felony claim, and with one; a charge citation is given in both. Empty
        where every level is as good as the others. A level says nothing of whether the law admits it.
    """
    # Codes of the same classes, note and width are one to a rule, unless it names a code.
    by_code = 'Offense::"' in law.own_text
    found: dict[Hashable, tuple[str, str]] = {}
    levels: dict[str, tuple[str, str]] = {}
    for one in engine.catalogue:
        same = one.code if by_code else (engine.catalogue.classes_of(one.code), one.note, one.is_wide)
        if same not in found:
            found[same] = (
                _level(engine, law, now, one, felony=False),
                _level(engine, law, now, one, felony=True),
            )
        levels[one.code] = found[same]
    return levels


def _level(engine: PolicyEngine, law: Profile, now: datetime, offense: Offense, *, felony: bool) -> str:
    """Find the one level that the fewest rules refuse."""
    if len(law.levels) == 1:
        return law.levels[0]
    name, *overlays = law.name.split("+")
    request = replace(
        COMPLETE,
        profile=name,
        offense_code=offense.code,
        felony=felony,
        charge_citation=law.citation or ANY_CITATION,
    )
    refusing = {
        level: len(
            engine.decide(
                replace(request, offense_level=level), in_order(request), now, overlays=tuple(overlays)
            ).failed
        )
        for level in law.levels
    }
    least = [level for level, count in refusing.items() if count == min(refusing.values())]
    return least[0] if len(least) == 1 else ""
