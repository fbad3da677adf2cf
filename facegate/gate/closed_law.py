"""A law that cannot be read is a reason, not an exception: every attempt is refused in words and recorded.

A profile with a slip of the pen, two files that hold one profile, an offense table edited by hand: nothing is
loaded then, not even the other profiles, and nothing may be searched. But an attempt made meanwhile happened,
and belongs on the log like any other.
"""

from __future__ import annotations

from dataclasses import dataclass

from facegate.errors import InputError
from facegate.policy.engine import CHECKED, GATE_RULE, NO_SUCH_PROFILE, PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import SCHEMA_FILE, SHIPPED
from facegate.policy.texts import SCHEMA, policy_text, schema_of
from facegate.records import FailedRule


@dataclass(frozen=True, slots=True)
class ClosedLaw(PolicyEngine):
    """An engine without any profile, which says why.

    Parameters
    ----------
    reason : str
        What is wrong with the texts, one sentence without its full stop.
    """

    reason: str = ""

    def _no_such_profile(self) -> FailedRule:
        """Refuse under the rule that replay expects of an intent without a law."""
        say = f"No law was applied, because the law kept here cannot be read: {self.reason}."
        return FailedRule(NO_SUCH_PROFILE, say, GATE_RULE, CHECKED)


def closed_law(reason: str) -> ClosedLaw:
    """Make an engine that refuses everything.

    Parameters
    ----------
    reason : str
        What is wrong, one sentence without its full stop.

    Raises
    ------
    InputError
        If not even the schema of this version can be read: the installation is broken.
    """
    try:
        text = (SHIPPED / SCHEMA_FILE).read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {SCHEMA_FILE}: {type(error).__name__}"
        raise InputError(msg) from error
    schema = schema_of(policy_text(SCHEMA, text))
    # No table either: nothing is decided on an offense, and a digest would claim that one was read.
    return ClosedLaw({}, schema, OffenseCatalogue({}, digest=""), reason=reason)
