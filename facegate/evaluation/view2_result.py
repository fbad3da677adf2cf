"""What the LFW ten-fold protocol found."""

from dataclasses import dataclass
from typing import Self

from facegate.evaluation.json_form import from_json, to_json
from facegate.evaluation.provenance import Provenance

FORMAT = "facegate-lfw-view2/1"


@dataclass(frozen=True, slots=True)
class View2Fold:
    """Decisions on one fold, at the threshold that the other folds chose.

    Parameters
    ----------
    score, native : float
        The threshold as a score, and as a distance or cosine.
    pairs, correct : int
        Pairs of the fold, and right decisions.
    false_matches, false_non_matches : int
        Wrong decisions of each kind; failures to enroll count as non-matches.
    pairs_with_failure, mated_pairs_with_failure : int
        Pairs with a photo that gave no template; the mated ones are wrong decisions.
    correct_without_failures : int
        Right decisions on pairs with two templates.
    """

    score: float
    native: float
    pairs: int
    correct: int
    false_matches: int
    false_non_matches: int
    pairs_with_failure: int
    mated_pairs_with_failure: int
    correct_without_failures: int


@dataclass(frozen=True, slots=True)
class View2Measurement:
    """One way of making templates, measured on all folds.

    Parameters
    ----------
    name : str
        Of the variant.
    fallback : bool
        The CNN detector was tried where HOG found no face.
    jitter : int
        Copies of each chip that were averaged; 0 for the chip itself.
    photos, failures : int
        Photos that the pairs need, and those that gave no template.
    folds : tuple of View2Fold
        In order.
    correct_share : float
        Mean over folds of the share of right decisions, 0 to 1.
    standard_deviation, standard_error : float
        Over folds: the sample standard deviation, and that over the square root of their number.
    correct_share_without_failures : float
        Share of right decisions among pairs with two templates.
    """

    name: str
    fallback: bool
    jitter: int
    photos: int
    failures: int
    folds: tuple[View2Fold, ...]
    correct_share: float
    standard_deviation: float
    standard_error: float
    correct_share_without_failures: float


@dataclass(frozen=True, slots=True)
class View2Result:
    """A whole run of the protocol.

    Parameters
    ----------
    name, title, question : str
        Of the protocol.
    notes : tuple of str
        What the number cannot show.
    provenance : Provenance
        What was measured, on what, with what.
    variants : tuple of View2Measurement
        In the order of the protocol.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    provenance: Provenance
    variants: tuple[View2Measurement, ...]

    def to_json(self) -> str:
        """Write as JSON text; the same result, the same text."""
        return to_json(self, form=FORMAT)

    @classmethod
    def from_json(cls, text: str, *, name: str) -> Self:
        """Read what `to_json` wrote; ``name`` is for messages.

        Raises
        ------
        InputError
            If the text is not a result of this format.
        """
        return from_json(text, cls, form=FORMAT, name=name)
