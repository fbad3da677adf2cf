"""The steps of a misuse case as forms: which there are, in which state, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.oversight.misuse.words import OUTCOMES, State
from facegate.server.acts import misuse as acts

if TYPE_CHECKING:
    from facegate.server.identity.caller import Caller
    from facegate.server.pages.forms import Form
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a case.

    Parameters
    ----------
    words : str
        On its link and button.
    says : str
        What it does.
    states : tuple of State
        In which a case must stand.
    """

    words: str
    says: str
    states: tuple[State, ...]


STEPS: Final = {
    "note": Step(
        "Record a follow-up",
        "What was done since. A case that is pending for long asks for one, or no yearly statement is taken.",
        (State.PENDING,),
    ),
    "confirm": Step(
        "Confirm it as misuse",
        "It was misuse. A second confirmed case of one officer within 24 months asks for a decision on him.",
        (State.PENDING,),
    ),
    "clear": Step("Clear it", "It was no misuse. The reason is sealed on the log.", (State.PENDING,)),
    "outcome": Step(
        "State what came of it",
        "One outcome a case, the gravest, in the place of what was stated before: "
        "outcomes and cases without one add up to the confirmed cases.",
        (State.CONFIRMED,),
    ),
    "reopen": Step(
        "Open it again",
        "Its days pending go on where they stopped.",
        (State.CONFIRMED, State.CLEARED),
    ),
}
COUNTS: Final = (
    ("opened", "Cases opened in the year"),
    ("confirmed", "Of them confirmed"),
    ("cleared", "Of them cleared"),
    ("pending", "Of them still pending"),
)
LARGEST: Final = 1_000_000


def take(service: Service, caller: Caller, number: int, step: str, form: Form) -> int:
    """Take a step as a form states it; give the record's place.

    Raises
    ------
    Problem, InputError, PolicyRefusal
        As the act of the step.
    """
    if step == "note":
        return acts.add_note(service, caller, number, text=form.text("text"))
    if step == "outcome":
        outcome, text = form.text("outcome"), form.text("outcome_text")
        return acts.set_outcome(service, caller, number, outcome=outcome, outcome_text=text)
    if step == "reopen":
        return acts.reopen(service, caller, number, reason=form.text("reason"))
    state = State.CONFIRMED if step == "confirm" else State.CLEARED
    return acts.close(
        service,
        caller,
        number,
        acts.Closing(
            state=state,
            reason=form.text("reason"),
            outcome=form.text("outcome"),
            outcome_text=form.text("outcome_text"),
            officer=form.text("officer"),
            suspend=form.text("standing") == "suspend",
            decline_suspension=form.text("decline_suspension"),
        ),
    )


def searches_in(text: str) -> tuple[str, ...]:
    r"""Read search ids, one on a line.

    Examples
    --------
    >>> searches_in("late-12\n\n late-13 ")
    ('late-12', 'late-13')
    """
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def figures_of(form: Form) -> tuple[int, dict[str, int], dict[str, int]]:
    """Read year, counts and outcomes of a yearly statement; a count left out is not zero.

    Raises
    ------
    InputError
        Naming the first that is no whole number from 0.
    """
    counts = {name: _count(form, name, words) for name, words in COUNTS}
    outcomes = {
        name: _count(form, f"outcome-{name}", words) for name, words in OUTCOMES.items()
        if form.text(f"outcome-{name}")
    }  # fmt: skip
    return _count(form, "year", "The year"), counts, outcomes


def _count(form: Form, name: str, words: str) -> int:
    text = form.text(name)
    if not (text.isascii() and text.isdecimal() and int(text[:8]) <= LARGEST and len(text) <= len("1000000")):
        msg = f"{words.lower()}: wanted a whole number from 0, got {'none' if not text else 'something else'}"
        raise InputError(msg)
    return int(text)
