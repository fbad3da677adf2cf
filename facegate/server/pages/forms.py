"""Forms of pages: read whole, checked to come from our own page, fields as text and photos as bytes.

Of somebody without a session nothing is read: else his files are held before his form is found to be none.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect

from facegate.server.asking import ServiceOf
from facegate.server.edge.settings import FORM_LIMITS, LIST_FORM_LIMITS, FormLimits
from facegate.server.identity.cookies import forged
from facegate.server.problems import Problem, to_mend
from facegate.server.service import Service

CSRF: Final = "csrf"


@dataclass(frozen=True, slots=True)
class Form:
    """What somebody typed and chose.

    Parameters
    ----------
    fields : dict of str to str
        As typed, blanks at both ends taken off; a field that was left empty is not in it. Of several of one
        name the last counts, see `several`.
    several : dict of str to tuple of str
        All of one name, such as the boxes that were ticked.
    files : dict of str to bytes
        Photos as they were sent; their names are not looked at. An empty one is not in it.
    """

    fields: dict[str, str] = field(default_factory=dict)
    several: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """Give a field; empty if it was left out."""
        return self.fields.get(name, "")

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return name in self.fields

    def demand(self, **missing: str) -> None:
        """Refuse a form in which something was left empty, before anything is done.

        Parameters
        ----------
        **missing : str
            By field, what is said where it is empty, such as ``day="the day is missing"``.

        Raises
        ------
        Problem
            422 with every field that is empty.
        """
        at = {name: say for name, say in missing.items() if not self.text(name)}
        if at:
            detail = f"nothing was recorded: {', '.join(at.values())}"
            raise to_mend(detail, at)


async def form_of(request: Request, service: ServiceOf) -> Form:
    """Read a form and demand that it is of this session's own page.

    Raises
    ------
    Problem
        403 if it is not.
    """
    return await _own(request, service, FORM_LIMITS)


async def list_form_of(request: Request, service: ServiceOf) -> Form:
    """Read a form that has a field for every candidate of a list, as `form_of` reads another.

    Raises
    ------
    Problem
        403 if it is not; 413 if it has more fields than a list can have candidates.
    """
    return await _own(request, service, LIST_FORM_LIMITS)


async def open_form_of(request: Request, service: ServiceOf) -> Form:
    """Read a form that is sent before there is a session: it must come from a page of this service.

    Raises
    ------
    Problem
        403 if it does not.
    """
    service.identity.cookies.demand_own_origin(request)
    return await _read(request, FORM_LIMITS)


FormOf = Annotated[Form, Depends(form_of)]
ListFormOf = Annotated[Form, Depends(list_form_of)]
OpenFormOf = Annotated[Form, Depends(open_form_of)]


async def _own(request: Request, service: Service, limits: FormLimits) -> Form:
    await run_in_threadpool(_demand_session, request, service)
    form = await _read(request, limits)
    service.identity.demand_csrf(request, form.text(CSRF))
    return form


def _demand_session(request: Request, service: Service) -> None:
    """Refuse whoever has no session, or comes from another site, by what his head says."""
    service.identity.cookies.demand_own_origin(request)
    if not request.cookies.get(service.identity.cookies.session):
        raise forged()
    service.identity.session(request)


async def _read(request: Request, limits: FormLimits) -> Form:
    try:
        return await _whole(request, limits)
    except ClientDisconnect:
        detail = "the form did not come whole, and nothing was done"
        raise Problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail) from None


async def _whole(request: Request, limits: FormLimits) -> Form:
    fields: dict[str, str] = {}
    several: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    async with request.form(**limits) as sent:
        for name, value in sent.multi_items():
            if isinstance(value, UploadFile):
                data = await value.read()
                if data:
                    files[name] = data
            elif text := value.strip():
                fields[name] = text
                several.setdefault(name, []).append(text)
    return Form(fields, {name: tuple(values) for name, values in several.items()}, files)
