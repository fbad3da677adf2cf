"""What a request states, in the words of the form: to be read by whoever approves it, or to be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.server.acts.asked_for import PERMIT
from facegate.server.acts.policies import list_offenses
from facegate.server.pages.stated import ALL, GROUPS, LONG, PAPER_GROUPS, PAPERS, TICK

if TYPE_CHECKING:
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.pages.stated import Field
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class Line:
    """One field that was stated: its label, what it holds, and whether that is free text of many words."""

    label: str
    words: str
    is_long: bool


@dataclass(frozen=True, slots=True)
class Part:
    """Fields that belong together."""

    title: str
    lines: tuple[Line, ...]


def values_of(request: SearchRequest) -> dict[str, str]:
    """Give a request as it is typed into the form; what was left out is not in it.

    Examples
    --------
    >>> from facegate.request import SearchRequest
    >>> values_of(SearchRequest("co-dmv-2019", case_number="24-001234", sketch=False))
    {'case_number': '24-001234', 'sketch': 'no', 'action': 'imageComparison'}
    """
    typed = {name: _typed(request, field) for name, field in ALL.items() if name != PERMIT}
    return {name: value for name, value in typed.items() if value}


def told(service: Service, caller: Caller, request: SearchRequest) -> tuple[Part, ...]:
    """Say everything that a request states, group by group, as the form has it."""
    values = values_of(request)
    headings = {one.code: one.heading for one in list_offenses(service, caller)}
    parts = (
        Part(
            group.title.lstrip("0123456789. "),
            tuple(
                _line(field, values[field.name], headings) for field in group.fields if field.name in values
            ),
        )
        for group in (*GROUPS, *PAPER_GROUPS.values())
    )
    return tuple(one for one in parts if one.lines)


def _typed(request: SearchRequest, field: Field) -> str:
    if field.of in PAPERS:
        paper = getattr(request, field.of)
        return "" if paper is None else str(getattr(paper, field.name.removeprefix(f"{field.of}_")))
    value = getattr(request, field.of)
    if isinstance(value, bool):
        return "yes" if value else "" if field.kind == TICK else "no"
    return "" if value is None else str(value)


def _line(field: Field, value: str, headings: dict[str, str]) -> Line:
    words = dict(field.options).get(value, value)
    if field.name == "offense_code" and value in headings:
        words = f"{value}, {headings[value]}"
    return Line(field.label, words, field.kind == LONG)
