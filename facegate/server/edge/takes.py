"""What the body of a request is to be, known from its method and path before a byte of it is read.

The router finds out the same, but behind the body's readers: a body would be read, and parsed, for an address
that takes none. Only what changes something is looked up; reading takes no body.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from fastapi.params import File, Form
from fastapi.routing import APIRoute

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable

    from starlette.routing import BaseRoute

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class Takes(StrEnum):
    """What a route takes for a body."""

    NOTHING = "nothing"
    """There is no such address, or it takes no body."""
    JSON = "json"
    PARTS = "parts"
    """``multipart/form-data`` with a file."""
    OWN = "own"
    """What the route reads itself: the forms of pages, a report."""


class Taking:
    """What every route takes, by method and path.

    Parameters
    ----------
    routes : iterable of BaseRoute
        Of the application, with their whole paths; read at the first question.
    """

    __slots__ = ("_by_form", "_by_path", "_routes")

    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._routes: Iterable[BaseRoute] | None = routes
        self._by_path: dict[tuple[str, str], Takes] = {}
        self._by_form: list[tuple[frozenset[str], re.Pattern[str], Takes]] = []

    def of(self, method: str, path: str) -> Takes:
        """Give what a request's body is to be."""
        if method in READING:
            return Takes.NOTHING
        if self._routes is not None:
            self._read(self._routes)
        found = self._by_path.get((method, path))
        if found is not None:
            return found
        for methods, form, takes in self._by_form:
            if method in methods and form.match(path):
                return takes
        return Takes.NOTHING

    def _read(self, routes: Iterable[BaseRoute]) -> None:
        self._routes = None
        for route in routes:
            if not isinstance(route, APIRoute):
                continue
            methods = frozenset(route.methods or ()) - READING
            takes = _takes(route)
            if "{" in route.path:
                self._by_form.append((methods, route.path_regex, takes))
            else:
                self._by_path.update({(method, route.path): takes for method in methods})


def _takes(route: APIRoute) -> Takes:
    if route.body_field is None:
        return Takes.OWN
    info = route.body_field.field_info
    if isinstance(info, File):
        return Takes.PARTS
    return Takes.OWN if isinstance(info, Form) else Takes.JSON
