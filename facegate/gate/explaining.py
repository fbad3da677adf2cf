"""What exactly is wrong, where a rule of facegate's own can only say that something is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facegate.records import FailedRule
    from facegate.templates import EmbedderInfo

DIGITS = 12  # of a digest: enough to tell two models apart


def explained(
    failed: tuple[FailedRule, ...], *, objections: tuple[str, ...], gallery: EmbedderInfo, probe: str
) -> tuple[FailedRule, ...]:
    """Put what is known into the sentences of the rules that failed.

    Parameters
    ----------
    failed : tuple of FailedRule
        As the law named them.
    objections : tuple of str
        What keeps the certificate from holding, one sentence each.
    gallery : EmbedderInfo
        The model of the gallery's templates.
    probe : str
        By which model the probe was, or would be, compared: the end of a sentence, without its full stop.

    Returns
    -------
    tuple of FailedRule
        The same rules in the same order; a rule of which no more is known keeps its sentence.
    """
    made_by = f"The gallery was made by embedder {gallery.name} ({gallery.digest[:DIGITS]})"
    exactly = {
        "FG-CERTIFICATE": " ".join(objections),
        "FG-EMBEDDER": f"{made_by}, {probe}.",
    }
    return tuple(replace(rule, say=exactly.get(rule.rule_id) or rule.say) for rule in failed)
