"""``facegate policy validate``: a folder of one's own profiles, held to every check, all findings at once."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.console import errors
from facegate.cli.policy_words import kind, say, today, unchecked_words
from facegate.errors import InputError
from facegate.policy.engine import PolicyEngine
from facegate.policy.profile import Profile
from facegate.policy.validation import findings


def validate(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder of .cedar files.", show_default=False)
    ],
) -> None:
    """Check a folder of your own profiles: every finding in one sentence, exit code 2; else a summary.

    The folder holds one NAME.cedar per law, and perhaps offense-classes.csv. facegate's schema and gate
    rules are laid over it. A profile that passes is used with --profiles DIR.
    """
    found = findings(folder)
    for finding in found:
        errors.print(f"facegate: {finding}", markup=False, soft_wrap=True)
    if found:
        raise typer.Exit(InputError.exit_code)
    laws = PolicyEngine.load(folder).profiles
    day = datetime.now(tz=UTC).date()
    for law in laws.values():
        say(f"{law.name}: {kind(law)}, {len(law.own_rules)} rules, {law.period}. Digest {law.digest}.")
        for warning in _warnings(law, today(law, day)):
            say(f"  warning: {warning}")
    passed = "1 text passes" if len(laws) == 1 else f"{len(laws)} texts pass"
    say(f"{passed} every check of rules, names and schema.")


def _warnings(law: Profile, state: str) -> list[str]:
    """Say what is allowed in a text, and its writer should know."""
    warnings = []
    if any(not rule.is_checked for rule in law.own_rules):
        warnings.append(unchecked_words(law))
    if state in {"ended", "not yet"}:
        warnings.append(f"{law.name} is not in force today ({state}): every request is refused for that.")
    if law.is_overlay:
        warnings.append(f"{law.name} permits nothing: by itself it refuses everything.")
    if not law.period.effective:
        warnings.append(f"{law.name} states no first day (@effective).")
    if law.allows:
        warnings.append(f"{law.name} opens what every other profile refuses: {', '.join(law.allows)}.")
    return warnings
