"""What is wrong with a field that was sent, in words: what it is, what came, what is wanted.

The library's own sentences are for programmers ("Extra inputs are not permitted"), and some repeat what was
sent. Here only the kind of what was sent is told, such as text or a number, and never its value; bounds and
closed lists are those of the form, which is public.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_KINDS: Final[tuple[tuple[type | tuple[type, ...], str], ...]] = (
    (bool, "true or false"),
    (int, "a whole number"),
    (float, "a number"),
    ((str, bytes), "text"),
    ((list, tuple), "a list"),
    (dict, "an object"),
)
_WANTED: Final[Mapping[str, str]] = {
    "bool": "true or false",
    "bytes": "text",
    "date": "a day, such as 2026-09-01",
    "datetime": "a time with its zone, such as 2026-09-01T12:00:00Z",
    "decimal": "a number",
    "dict": "an object with fields",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "an object with fields",
    "model_attributes": "an object with fields",
    "string": "text",
    "tuple": "a list",
    "url": "an address that begins with https://",
    "uuid": "a UUID, such as 01936f00-0000-7000-8000-000000000000",
}
"""By what stands before ``_type``, ``_parsing`` and the like in the library's name of the error."""
_ALONE: Final[Mapping[str, str]] = {
    "missing": "is missing; it must be stated",
    "extra_forbidden": "is no field that is known here; leave it out",
    "json_invalid": "cannot be read as JSON: it breaks off, or a sign is wrong or missing",
    "json_type": "cannot be read as JSON; wanted a text of JSON",
    "union_tag_not_found": "does not say of which kind it is",
    "finite_number": "is no finite number; wanted one",
    "int_from_float": "is a number with a fraction; wanted a whole number",
    "timezone_aware": "has no time zone; wanted a time with its zone, such as 2026-09-01T12:00:00Z",
    "timezone_naive": "has a time zone; wanted a time without one",
    "none_required": "must be left out here",
}


def words_of(error: Mapping[str, Any]) -> str:
    """Say what is wrong with one field.

    Parameters
    ----------
    error : mapping
        One of pydantic's errors: ``type``, ``ctx``, ``input``.

    Returns
    -------
    str
        A sentence without its subject, which is the field. Nothing of what was sent is in it.

    Examples
    --------
    >>> words_of({"type": "string_too_long", "ctx": {"max_length": 64}, "input": "a" * 65})
    'is too long; wanted at most 64 characters'
    >>> words_of({"type": "int_type", "input": "a secret"})
    'is text; wanted a whole number'
    """
    kind, given = str(error.get("type", "")), error.get("ctx") or {}
    if kind in _ALONE:
        return _ALONE[kind]
    if kind in _WITH:
        return _WITH[kind](given)
    base = kind
    for ending in ("_from_datetime_parsing", "_from_datetime_inexact", "_type", "_parsing", "_parsing_size"):
        base = base.removesuffix(ending)
    wanted = _WANTED.get(base)
    if wanted is None or base == kind:
        return "is not of the form that is wanted here"
    got = kind_of(error.get("input"))
    return f"is {got}; wanted {wanted}" if got != wanted and kind.endswith("_type") else f"is not {wanted}"


def kind_of(value: object) -> str:
    """Name the kind of something that was sent, and nothing of it.

    Examples
    --------
    >>> kind_of("a secret"), kind_of(None), kind_of(True)
    ('text', 'null', 'true or false')
    """
    if value is None:
        return "null"
    return next((name for kind, name in _KINDS if isinstance(value, kind)), "of another kind")


def _one_of(given: Mapping[str, Any]) -> str:
    expected = given.get("expected") or given.get("expected_tags") or ""
    return f"is none of those that are taken; wanted {expected}"


def _bound(words: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda given: words.format(given.get(name, "the bound"))


_WITH: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "string_too_short": _bound("is too short; wanted at least {} characters", "min_length"),
    "string_too_long": _bound("is too long; wanted at most {} characters", "max_length"),
    "string_pattern_mismatch": _bound("is not of its form; wanted text that fits {}", "pattern"),
    "too_short": _bound("has too few entries; wanted at least {}", "min_length"),
    "too_long": _bound("has too many entries; wanted at most {}", "max_length"),
    "greater_than": _bound("is too small; wanted more than {}", "gt"),
    "greater_than_equal": _bound("is too small; wanted at least {}", "ge"),
    "less_than": _bound("is too large; wanted less than {}", "lt"),
    "less_than_equal": _bound("is too large; wanted at most {}", "le"),
    "enum": _one_of,
    "literal_error": _one_of,
    "union_tag_invalid": _one_of,
}
