"""Laws, offense codes and dry runs, as they are answered."""

from datetime import date
from typing import Literal

from facegate.client.replies.reply import Recorded, Reply


class Law(Reply):
    """One law of the installation.

    Parameters
    ----------
    name, kind : str
        Such as ``co-dmv-2019``; ``profile`` or ``overlay``.
    digest : str
        SHA-256 of its text, 64 hexadecimal digits.
    effective, until : date or None
        None where the text states no day.
    in_force : bool
        Two people put exactly this text in force, and today is one of its days.
    overlays : tuple of str
        Laid over it here.
    n_rules, n_unchecked : int
        Its own rules, and those that nobody held against the text they cite.
    cite : str
        Statute.
    """

    name: str
    kind: Literal["profile", "overlay"]
    digest: str
    effective: date | None
    until: date | None
    in_force: bool
    overlays: tuple[str, ...]
    n_rules: int
    n_unchecked: int
    cite: str


class Rule(Reply):
    """One rule in plain words.

    Parameters
    ----------
    id, effect : str
        ``permit`` or ``forbid``.
    say, cite, src, checked : str
        The sentence, the statute, where it was read, and when.
    is_checked : bool
        It was held against the text it cites.
    effective, until : date or None
        Its days.
    not_enforced : tuple of str
        What of the text no program can enforce.
    caution : str or None
        What must be known of it.
    cedar : str or None
        Its text; None where it cannot be cut out of the whole.
    """

    id: str
    effect: Literal["permit", "forbid"]
    say: str
    cite: str
    src: str
    checked: str
    is_checked: bool
    effective: date | None
    until: date | None
    not_enforced: tuple[str, ...]
    caution: str | None
    cedar: str | None


class LawWithRules(Law):
    """One law, whole.

    Parameters
    ----------
    levels, allows, cautions : tuple of str
        Offense levels, actions it permits, and what must be known of it.
    rules, gate_rules : tuple of Rule
        Its own; and facegate's own, which are no statute.
    cedar : str
        Its text, whose SHA-256 is `digest`.
    notice : str
        That this is no legal advice.
    """

    levels: tuple[str, ...]
    allows: tuple[str, ...]
    cautions: tuple[str, ...]
    rules: tuple[Rule, ...]
    gate_rules: tuple[Rule, ...]
    cedar: str
    notice: str


class Laws(Reply):
    """The laws of the installation."""

    policies: tuple[Law, ...]


class Offense(Reply):
    """One heading of the NCIC classification, and what it counts as here.

    Parameters
    ----------
    code, heading, public_class : str
        Four digits, its words, and how the public reports count it.
    on_level_1_list, is_admissible, is_wide : bool
        What the law makes of it.
    """

    code: str
    heading: str
    on_level_1_list: bool
    is_admissible: bool
    is_wide: bool
    public_class: str


class Offenses(Reply):
    """Every offense code that a request can name."""

    offenses: tuple[Offense, ...]


class FailingRule(Reply):
    """A rule that would refuse: its id, sentence, statute, and when it was held against the text."""

    id: str
    say: str
    cite: str
    checked: str


class MissingFact(Reply):
    """A field or fact that rules which would refuse read, and how it stands.

    Parameters
    ----------
    what, state, found, wanted, say : str
        Which, how it stands, what was stated, what would do, and the sentence.
    rules : tuple of str
        Ids of the rules that read it.
    """

    what: str
    state: str
    found: str
    wanted: str
    rules: tuple[str, ...]
    say: str


class Explained(Recorded):
    """What the law would say; a search asks again, and may be answered otherwise.

    Parameters
    ----------
    permitted, profile, policy_digest : bool, str, str or None
        The answer, and of which text; None where there is none.
    rules, missing : tuple of FailingRule, tuple of MissingFact
        Why not.
    grounds, grounds_say : str
        ``registers`` or ``assumed``, and what that means.
    alarm : str or None
        If the law could not be asked.
    notice : str
        That this is no legal advice.
    """

    permitted: bool
    profile: str
    policy_digest: str | None
    rules: tuple[FailingRule, ...]
    missing: tuple[MissingFact, ...]
    grounds: Literal["registers", "assumed"]
    grounds_say: str
    alarm: str | None
    notice: str
