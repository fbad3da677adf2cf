"""One detection: which searches, whose, why in plain words, and how much it weighs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Detection:
    """What one detector says of one search, or of several that belong together.

    Parameters
    ----------
    detector : str
        Its name, such as ``self``.
    agency, officer : str
        Whose searches they are.
    searches : tuple of str
        Their ids.
    why : str
        In plain words; names no person but by id.
    score : float
        0 to 1, dimensionless: how much it weighs for looking at it. No probability of misuse.
    misuse_class : str
        The class of misuse a case would be opened with, of `facegate.oversight.misuse.words.CLASSES`.
    whole_officer : bool
        It is about all that an officer does, and is looked at by itself.
    """

    detector: str
    agency: str
    officer: str
    searches: tuple[str, ...]
    why: str
    score: float
    misuse_class: str
    whole_officer: bool = False
