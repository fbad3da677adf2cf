"""Decide every logged request again, from nothing but the log, and compare.

Each intent seals the whole question its law was asked, and the log holds the text of every law that was
ever asked (records of kind ``policy-text``). So anybody who has the log with its openings can find out
whether the law as written gives the decisions as logged: same answer, same rules, in the same order.

The question must be about what its record says (see `tied`). What was erased cannot be decided again and is
counted, not passed over.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT, parse_entry
from facegate.audit.reading import erased_in
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import SEALED, read_entries
from facegate.audit.tied import untied
from facegate.errors import InputError
from facegate.policy.engine import NO_SUCH_PROFILE, PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.query import CedarQuery
from facegate.policy.rule import EVERY_PROFILE
from facegate.policy.texts import SCHEMA, law_of, policy_text, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facegate.audit.entry import Entry
    from facegate.audit.sealing.sealed import Opening
    from facegate.policy.profile import Profile
    from facegate.policy.texts import PolicyText

POLICY_TEXT = "policy-text"
DOSSIER = "dossier"


@dataclass(frozen=True, slots=True)
class Difference:
    """One intent whose decision did not come out again.

    Parameters
    ----------
    seq : int
        Its place in the log.
    why : str
        One sentence.
    """

    seq: int
    why: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of deciding a log again.

    Parameters
    ----------
    n_same : int
        Requests whose decision and rules came out as logged.
    n_erased : int
        Requests whose question was erased.
    differences : tuple of Difference
        All others.
    """

    n_same: int
    n_erased: int
    differences: tuple[Difference, ...]


@dataclass(slots=True)
class _Texts:
    """The texts kept so far, and the laws put together from them."""

    by_digest: dict[str, PolicyText] = field(default_factory=dict)
    laws: dict[str, Profile] = field(default_factory=dict)
    engines: dict[str, PolicyEngine] = field(default_factory=dict)
    catalogue: OffenseCatalogue = field(default_factory=OffenseCatalogue.load)

    def keep(self, entry: Entry) -> None:
        """Take a text from its record; one that is not what its digest says is left out."""
        name, text = entry.public.get("name"), entry.public.get("text")
        if isinstance(name, str) and isinstance(text, str) and text.isascii():
            kept = policy_text(name, text)
            self.by_digest[kept.digest] = kept

    def law(self, entry: Entry) -> Profile:
        """Find the law an intent was decided under, by its digest.

        Raises
        ------
        InputError
            If a text is missing, or together they are not what was logged.
        """
        digest, name = str(entry.public.get("policy_digest")), str(entry.public.get("profile"))
        if digest in self.laws:
            return self.laws[digest]
        listed = str(entry.public.get("policy_texts", "")).split()
        texts = [self.by_digest[one] for one in listed if one in self.by_digest]
        if len(texts) != len(listed) or [one.name for one in texts] != [*name.split("+"), EVERY_PROFILE]:
            msg = f"the log does not hold every text of {name}"
            raise InputError(msg)
        law = law_of(name, texts)
        if law.digest != digest:
            msg = f"the texts the log holds of {name} are not those that decided"
            raise InputError(msg)
        self.laws[digest] = law
        return law

    def engine(self, entry: Entry) -> PolicyEngine:
        """Give an engine with the schema an intent was decided under.

        Raises
        ------
        InputError
            If the log does not hold it.
        """
        digest = str(entry.public.get("schema_digest"))
        if digest not in self.engines:
            text = self.by_digest.get(digest)
            if text is None or text.name != SCHEMA:
                msg = "the log does not hold the schema"
                raise InputError(msg)
            self.engines[digest] = PolicyEngine({}, schema_of(text), self.catalogue)
        return self.engines[digest]


def replay_log(folder: Path, *, progress: Callable[[int], None] | None = None) -> Replay:
    """Decide every search and every dossier of a log again.

    Parameters
    ----------
    folder : Path
        The log, with its sealed part. Whether it is whole is another question: see `verify_log`.
    progress : callable, optional
        Called with the number of records read, now and then.

    Returns
    -------
    Replay
        What came out as logged, and what did not.

    Raises
    ------
    AuditError
        If the log or its sealed part cannot be read.
    VerificationError
        If a record is missing or is none.
    """
    texts, n_same, n_erased = _Texts(), 0, 0
    differences: list[Difference] = []
    erased = erased_in(folder)
    sealed = SealedStore(folder / SEALED)
    try:
        for seq, data in enumerate(read_entries(folder)):
            entry = parse_entry(data)
            if progress and seq % 256 == 0:
                progress(seq)
            if entry.kind == POLICY_TEXT:
                texts.keep(entry)
            if not _was_asked(entry):
                continue
            opening = sealed.get(seq)
            if opening is None and seq not in erased:
                differences.append(Difference(seq, "what opens it is missing, and no erasure names it"))
            elif opening is None or "question" not in opening.values:
                n_erased += 1
            elif why := _differs(entry, opening, texts):
                differences.append(Difference(seq, why))
            else:
                n_same += 1
    finally:
        sealed.close()
    return Replay(n_same, n_erased, tuple(differences))


def _differs(entry: Entry, opening: Opening, texts: _Texts) -> str:
    """Decide one intent again; say what is different, or nothing."""
    question = opening.values["question"]
    if opening.commitments() != entry.sealed:
        return "its sealed fields are not those the log committed to"
    if hashlib.sha256(question.encode()).hexdigest() != opening.values.get("request_digest"):
        return "its question is not the one whose digest was sealed"
    try:
        if why := untied(entry, opening.values, CedarQuery.from_text(question), texts.catalogue):
            return why
        failed = _again(entry, question, texts)
    except InputError as error:
        return str(error)
    # A dossier can be refused for more than the law says: of that only the law is decided again.
    logged = entry.public.get("law_rules", entry.public.get("rules"))
    decision = "refused" if failed or (entry.kind == DOSSIER and entry.public.get("rules")) else "allowed"
    if failed != logged or decision != entry.public.get("decision"):
        return f"logged {entry.public.get('decision')} by {logged}, decided again {decision} by {failed}"
    return ""


def _was_asked(entry: Entry) -> bool:
    """Tell whether a record holds a question to the law: a search, or a dossier as it was asked for."""
    return entry.kind == INTENT or (entry.kind == DOSSIER and entry.public.get("stage") == "asked")


def _again(entry: Entry, question: str, texts: _Texts) -> list[str]:
    """Name the rules a sealed question fails under the law it was asked of."""
    if not entry.public.get("policy_digest"):
        return [NO_SUCH_PROFILE]
    law = texts.law(entry)
    return [rule.rule_id for rule in texts.engine(entry).replay(law, question)]
