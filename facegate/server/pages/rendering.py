"""Every page's frame: who is signed in, what he may open, and what went wrong, in words.

Templates escape everything. Nothing that a person typed is put into a script, a style or an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from jinja2 import (
    ChoiceLoader,
    Environment,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    select_autoescape,
)
from starlette.responses import HTMLResponse

from facegate.oversight.report_text import NOT_RECORDED, cell_text
from facegate.oversight.site.pages import are_counts, width
from facegate.server.identity.roles import MAY, Operation, Role

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fastapi import Request

    from facegate.server.identity.caller import Caller
    from facegate.server.problems import Problem
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation.

    Parameters
    ----------
    href : str
        Where it leads.
    words : str
        What it is called.
    operation : Operation
        Whoever may not ask for this is not shown the entry.
    staff : bool
        Only for somebody who is signed in.
    """

    href: str
    words: str
    operation: Operation
    staff: bool = True


NAVIGATION: Final = (
    Entry("/console", "Search", Operation.SEARCH_ASK),
    Entry("/cases", "Cases", Operation.CASE_READ),
    Entry("/reviews", "Reviews", Operation.REVIEW_OPEN),
    Entry("/approvals", "Approvals", Operation.PERMIT_ISSUE),
    Entry("/misuse", "Misuse", Operation.MISUSE_READ),
    Entry("/calendar", "Calendar", Operation.DOCKET_READ),
    Entry("/enrollment", "Enrollment", Operation.ENROLLMENT_START),
    Entry("/accounts", "Accounts", Operation.ACCOUNT_READ),
    Entry("/oversight", "Public record", Operation.REPORT_READ, staff=False),
    Entry("/benchmarks", "Error rates", Operation.BENCHMARK_READ, staff=False),
    Entry("/policies", "The law", Operation.POLICY_READ, staff=False),
)


def navigation(caller: Caller, path: str) -> list[dict[str, Any]]:
    """Give the entries that somebody may open, the one he is on marked."""
    roles = caller.roles | {Role.PUBLIC}
    shown = [one for one in NAVIGATION if roles & MAY[one.operation] and (caller.known or not one.staff)]
    return [
        {"href": one.href, "words": one.words, "current": path == one.href or path.startswith(f"{one.href}/")}
        for one in shown
    ]


def page(
    request: Request,
    service: Service,
    caller: Caller,
    template: str,
    *,
    status: int = 200,
    done: str = "",
    problem: Problem | None = None,
    **values: object,
) -> HTMLResponse:
    """Put a page together.

    Parameters
    ----------
    request : Request
        What was asked for.
    service : Service
        Who answers.
    caller : Caller
        Who is shown the page.
    template : str
        File in ``templates/``.
    status : int
        Of the reply.
    done : str
        What was just done, one sentence; empty for nothing.
    problem : Problem or None
        What went wrong; the page shows it first, and what was typed stays in the form.
    **values
        What the template asks for; a name it asks for and does not get is an error.
    """
    frame = {
        "caller": caller,
        "navigation": navigation(caller, request.url.path),
        "csrf": service.identity.csrf(request),
        "agency_name": caller.agency,
        "synthetic": service.desk.gate.gallery.synthetic,
        "done": done,
        "problem": problem,
        "path": request.url.path,
    }
    text = environment().get_template(template).render({**frame, **values})
    return HTMLResponse(text, status)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Give the templates: everything escaped, nothing undefined passed over."""
    made = Environment(
        loader=ChoiceLoader(
            [
                PackageLoader("facegate.server.pages"),
                # How tables of reports are laid out is written once, for the public site.
                PrefixLoader({"site": PackageLoader("facegate.oversight.site")}),
            ]
        ),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["sentence"] = sentence
    made.filters["role_words"] = role_words
    made.filters["cell"] = cell_text
    made.globals["are_counts"] = are_counts
    made.globals["width"] = width
    made.globals["not_recorded"] = NOT_RECORDED
    return made


def sentence(text: str) -> str:
    """Give a message as a sentence: a capital first, a period at the end.

    Examples
    --------
    >>> sentence("wanted a case number")
    'Wanted a case number.'
    """
    text = text.strip()
    if not text:
        return ""
    ended = text if text[-1] in ".!?" else f"{text}."
    return ended[0].upper() + ended[1:]


def role_words(roles: Iterable[Role]) -> str:
    """Name somebody's roles as people say them, without the one that everybody has.

    Examples
    --------
    >>> role_words([Role.PUBLIC, Role.MISUSE_OFFICER, Role.AUDITOR])
    'auditor, misuse officer'
    """
    return ", ".join(sorted(one.value.replace("-", " ") for one in roles if one is not Role.PUBLIC))
