"""Every shipped law as the tests know it, and what all its twins together say to a question.

Laws are collected from the ``law_*.py`` files beside this one.
"""

from __future__ import annotations

from datetime import UTC
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from asked import as_one, shipped_engine
from twin_gate import gate_twin

from facegate.policy.query import FAR_FUTURE, FAR_PAST

if TYPE_CHECKING:
    from asked import Asked, Law

    from facegate.policy.engine import PolicyEngine
    from facegate.policy.profile import Profile

LAWS: dict[str, Law] = {
    law.name: law
    for path in sorted(Path(__file__).parent.glob("law_*.py"))
    for law in import_module(path.stem).LAWS
}
NEVER_PERMITS = "FG-NO-PERMIT"


def profile_of(law: Law, engine: PolicyEngine | None = None) -> Profile:
    """Give the text that decides on the law's base: its profile with its overlays."""
    return (engine or shipped_engine()).profile("+".join([law.base.request.profile, *law.base.overlays]))


def expected(law: Law, asked: Asked, engine: PolicyEngine | None = None) -> set[str]:
    """Put the twins together: the text's own rules, those of a profile it is laid over, and the gate's.

    Of the engine only the annotations are read: dates, @allows, and which actions have a permit.
    """
    profile, asked = profile_of(law, engine), as_one(asked)
    broken = law.twin(asked) | gate_twin(asked, frozenset(profile.allows))
    if asked.overlays:
        broken |= LAWS[asked.request.profile].twin(asked)
    start, end = profile.period.effective or FAR_PAST, profile.period.until or FAR_FUTURE
    if not start <= asked.now.astimezone(UTC).date() < end:
        broken.add("FG-IN-FORCE")
    permits = {rule.action for rule in profile.rules if rule.effect == "permit"}
    return broken or ({NEVER_PERMITS} if asked.request.action not in permits else set())
