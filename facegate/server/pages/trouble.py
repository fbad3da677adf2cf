"""What a page does with a refusal: the form comes back as typed, and says first what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.server.problems import Problem, problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSALS: Final = (Problem, FacegateError)
"""What a form is given back for; anything else is a fault, and has a page of its own."""


def problem_from(error: Problem | FacegateError) -> Problem:
    """Put a refusal in the form that pages show."""
    return error if isinstance(error, Problem) else problem_of(error)


def errors_of(problem: Problem | None) -> Mapping[str, str]:
    """Give what is wrong by the name of its field; nothing where no field is to blame."""
    return {} if problem is None else {one["field"]: one["words"] for one in problem.errors}


def status_of(problem: Problem | None) -> int:
    """Give the status of a page: that of what went wrong, or 200."""
    return 200 if problem is None else int(problem.status)
