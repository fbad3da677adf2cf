"""The law that was asked, as it stood on the log: every rule with its source, and which ones failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.policy.rule import EVERY_PROFILE, read_rules
from facegate.reporting.report.blocks import Grid, Part, Section, Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.oversight.case_file.records import CaseRecord, CaseRecords
    from facegate.policy.rule import Rule

GATE = "facegate gate rule, not statute"


@dataclass(frozen=True, slots=True)
class LawAsked:
    """One law as searches of the case asked it.

    Parameters
    ----------
    name : str
        Profile and overlays, such as ``co-dmv-2019+no-immigration``.
    digest : str
        Of the whole; the log names it with each decision.
    texts : tuple of CaseRecord
        The records that hold its texts.
    rules : mapping of str to Rule
        By id, in the order of the texts; empty if a text is missing or cannot be read.
    """

    name: str
    digest: str
    texts: tuple[CaseRecord, ...]
    rules: Mapping[str, Rule]


def laws_asked(records: CaseRecords) -> dict[str, LawAsked]:
    """Put together the laws that searches of a case asked, by their digests."""
    kept = records.texts()
    laws: dict[str, LawAsked] = {}
    for one in (one for search in records.searches for one in search.every()):
        digest = one.text("policy_digest")
        if digest and digest not in laws:
            texts = tuple(kept[name] for name in one.text("policy_texts").split() if name in kept)
            laws[digest] = LawAsked(one.text("profile"), digest, texts, _rules(texts))
    return laws


def failed_rows(rules: tuple[str, ...], law: LawAsked | None) -> tuple[tuple[str, str, str], ...]:
    """Name rules that failed, each with its sentence, source and whether that was checked."""
    known = law.rules if law is not None else {}
    return tuple(
        (name, known[name].say, _source(known[name]))
        if name in known
        else (name, "", "not in a text on the log")
        for name in rules
    )


def law_section(number: int, law: LawAsked) -> Section:
    """Lay out one law: its own rules first, then the gate's."""
    own = [one for one in law.rules.values() if one.file != EVERY_PROFILE]
    gate = [one for one in law.rules.values() if one.file == EVERY_PROFILE]
    files = ", ".join(f"records/{one.seq:06}.entry" for one in law.texts)
    intro = (
        Words(
            f"Its full text is on the log, and in this file ({files}). SHA-256 of the whole: {law.digest}. "
            "A search is allowed only if a rule permits it and no rule forbids it; a rule that cannot be "
            "evaluated forbids."
        ),
        Words(
            "Whether somebody checked a rule against the text it cites stands beside it. 'unchecked' and "
            "'second-hand' mean that nobody did.",
            "caution",
        ),
    )
    parts = [Part("Rules of the law", (_grid("Rules of the law", own),))]
    if gate:
        parts.append(Part("Rules of the system", (_grid("Rules that facegate adds to every law", gate),)))
    return Section(f"law-{number}", f"The law that was asked: {law.name}", intro, tuple(parts))


def _grid(caption: str, rules: list[Rule]) -> Grid:
    rows = tuple((one.rule_id, one.effect, one.say, _source(one)) for one in rules)
    return Grid(
        caption, ("rule", "effect", "what it says", "source, and whether it was checked"), rows, words=True
    )


def _source(rule: Rule) -> str:
    return f"{rule.cite} ({rule.checked})"


def _rules(texts: tuple[CaseRecord, ...]) -> dict[str, Rule]:
    try:
        found = [
            read_rules(one.text("text"), file=one.text("name"), profile=one.text("name")) for one in texts
        ]
    except InputError:  # a text that nobody can read any more is still in the file, as it was
        return {}
    return {rule.rule_id: rule for rules in found for rule in rules}
