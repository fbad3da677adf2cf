"""What a search states, as headers: for clients whose form has no room for it.

::

    X-Facegate-Profile: co-dmv-2019
    X-Facegate-Case: 24-001234
    X-Facegate-Offense: 0901
    X-Facegate-Fact-Narrative: Seen%20leaving%20by%20the%20back%20door.
    X-Facegate-Instrument-Court: ...
    X-Facegate-Permit: 5f1c...

One header for each field of a request, ``case_number`` and ``offense_code`` by their short names; and those
of a judicial paper and an emergency behind the name of each. Every value is percent-encoded UTF-8 (RFC 3986,
section 2.1), true or false, or a number; fields of a dossier are parted by commas. A header of this kind that
no field has is refused: what is misspelt must not count as not stated.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from facegate.server.api.probe_form import SearchForm
from facegate.server.api.request_form import ExigencyForm, InstrumentForm

START: Final = "x-facegate-"
_SHORT: Final = {"case_number": "case", "offense_code": "offense"}
_INSIDE: Final[Mapping[str, type[BaseModel]]] = {"instrument": InstrumentForm, "exigency": ExigencyForm}
_BOOLS: Final = frozenset({"felony", "probe_edited", "sketch", "first_amendment"})
_NUMBERS: Final = frozenset({"candidate_limit"})
_LISTS: Final = frozenset({"dossier_fields"})
_ESCAPES: Final = re.compile(r"(?:[!-$&-~ ]|%[0-9A-Fa-f]{2})*")  # a bare % would be read in two ways
_WHOLE: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)


def _places() -> dict[str, tuple[str, ...]]:
    """Give the place in a request of each header, by its name in small letters."""
    found: dict[str, tuple[str, ...]] = {}
    for name in SearchForm.model_fields:
        head = START + _SHORT.get(name, name).replace("_", "-")
        inside = _INSIDE.get(name)
        if inside is None:
            found[head] = (name,)
        else:
            found |= {f"{head}-{one.replace('_', '-')}": (name, one) for one in inside.model_fields}
    return found


PLACES: Final[Mapping[str, tuple[str, ...]]] = _places()


def shown_name(name: str) -> str:
    """Write a header as it is documented.

    Examples
    --------
    >>> shown_name("x-facegate-fact-narrative")
    'X-Facegate-Fact-Narrative'
    """
    return "-".join(part.capitalize() for part in name.split("-"))


def described() -> list[dict[str, Any]]:
    """Describe the headers for OpenAPI."""
    return [
        {
            "name": shown_name(name),
            "in": "header",
            "required": required,
            "description": f"`{'.'.join(place)}` of the request, percent-encoded.",
            "schema": {"type": "string", "pattern": _pattern(place[-1]), "minLength": int(required)},
        }
        for name, place in PLACES.items()
        for required in (name == f"{START}profile",)
    ]


def _pattern(field: str) -> str:
    """Give the form of a field's value in its header, as a regular expression of ECMA-262."""
    if field in _BOOLS:
        return "^(true|false)$"
    return f"^{(_WHOLE if field in _NUMBERS else _ESCAPES).pattern}$"


def form_of(headers: Iterable[tuple[str, str]]) -> SearchForm:
    """Read what a search states from its headers.

    Parameters
    ----------
    headers : iterable of (str, str)
        All headers of the request, names in small letters.

    Returns
    -------
    SearchForm
        As `POST /v1/searches` takes it.

    Raises
    ------
    RequestValidationError
        If a header is unknown, comes twice, is not percent-encoded, or its field is not of its form; each is
        named, and no value is repeated.
    """
    said: dict[str, Any] = {}
    wrong: list[dict[str, Any]] = []
    seen: set[str] = set()
    for name, value in headers:
        if not name.startswith(START):
            continue
        place, read = PLACES.get(name), _read(name, value)
        if place is None or name in seen or read is None:
            wrong.append(_error(name, known=place is not None, twice=name in seen))
            continue
        seen.add(name)
        _put(said, place, read)
    if wrong:
        raise RequestValidationError(wrong)
    try:
        return SearchForm.model_validate(said)
    except ValidationError as error:
        found = [{**one, "loc": ("header", _named(one["loc"]))} for one in error.errors()]
        raise RequestValidationError(found) from None  # its text repeats what was sent


def _put(said: dict[str, Any], place: tuple[str, ...], read: object) -> None:
    inner = said.setdefault(place[0], {}) if len(place) > 1 else said
    inner[place[-1]] = read


def _read(name: str, value: str) -> object:
    """Give a value as its field takes it; None for one that is not percent-encoded UTF-8."""
    if not _ESCAPES.fullmatch(value):
        return None
    try:
        text = unquote_to_bytes(value).decode()
    except UnicodeDecodeError:
        return None
    field = PLACES.get(name, ("",))[-1]
    if field in _BOOLS:
        return {"true": True, "false": False}.get(text.lower(), text)
    if field in _NUMBERS:
        return int(text) if _WHOLE.fullmatch(text) else text
    return [one.strip() for one in text.split(",") if one.strip()] if field in _LISTS else text


def _named(location: tuple[int | str, ...]) -> str:
    """Give the header that a field came from."""
    names = tuple(str(part) for part in location if isinstance(part, str))
    found = next((name for name, place in PLACES.items() if names[: len(place)] == place), "")
    return shown_name(found) if found else "X-Facegate"


def _error(name: str, *, known: bool, twice: bool) -> dict[str, Any]:
    kind = ("value_error" if not twice else "twice") if known else "extra_forbidden"
    said = {"extra_forbidden": "no field of a search has this header"}.get(kind, "")
    return {"type": kind, "loc": ("header", shown_name(name)), "msg": said}
