"""Canonical JSON (RFC 8785): one value, one sequence of bytes.

Only the part of JSON whose canonical form is beyond doubt is used: text, whole numbers, true,
false, null, lists, and objects. No floating-point numbers: RFC 8785 prints them as
ECMAScript does, which two programs seldom do alike. A score goes in as decimal text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn, TypeAlias

from facegate.errors import InputError, VerificationError

JSONValue: TypeAlias = "str | int | bool | Sequence[JSONValue] | Mapping[str, JSONValue] | None"

LARGEST_INTEGER = 2**53 - 1  # beyond it a reader that holds numbers as doubles sees another number
DEEPEST = 8  # nesting of lists and objects; a record needs two

_PLAIN = (str, bool, type(None))  # bool before int: True is an int to Python
_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def canonical_json(value: JSONValue) -> bytes:
    r"""Write a value in its one canonical form.

    Parameters
    ----------
    value : JSONValue
        Text, integers within 2**53 - 1 of zero, booleans, None, lists and mappings of them.

    Returns
    -------
    bytes
        UTF-8, no spaces, keys sorted by their UTF-16 code units (RFC 8785 section 3.2.3).

    Raises
    ------
    InputError
        If a float or another kind of value is in it, an integer is too large, text is no valid
        Unicode, or the nesting is deeper than 8.

    Examples
    --------
    >>> canonical_json({"b": [1, True, None], "a": "é"})
    b'{"a":"\xc3\xa9","b":[1,true,null]}'
    """
    return _written(_ordered(value, DEEPEST))


def parse_canonical(data: bytes) -> JSONValue:
    """Read a value, refusing any bytes but its canonical ones.

    Parameters
    ----------
    data : bytes
        Whole text of one value.

    Returns
    -------
    JSONValue
        The value.

    Raises
    ------
    VerificationError
        If it is not JSON, or JSON in any other than its canonical form: spaces, a key twice,
        another order, needless escapes, floats, anything before or after.
    """
    try:
        value: JSONValue = _decoder.decode(data.decode())
        in_order = _stands_in_order(value, DEEPEST)
        again = _written(value)
    except (ValueError, RecursionError, InputError) as error:  # ValueError covers bad UTF-8 and bad JSON
        msg = f"not canonical JSON: {error}"
        raise VerificationError(msg) from error
    if again != data or not in_order:
        msg = "not canonical JSON: the same value is written differently"
        raise VerificationError(msg)
    return value


def _written(ordered: JSONValue) -> bytes:
    try:
        return _encoder.encode(ordered).encode()
    except UnicodeEncodeError as error:
        msg = "canonical JSON: text that is no valid Unicode (half of a surrogate pair)"
        raise InputError(msg) from error


def _stands_in_order(value: JSONValue, depth: int) -> bool:
    """Tell whether what was read has every key in its place, refusing what has no certain form.

    The checks of `_ordered` without its copy: a log of a million records is read more often than written.
    """
    if isinstance(value, _PLAIN):
        return True
    if isinstance(value, int):
        return _safe_integer(value) == value
    if depth == 0:
        msg = f"canonical JSON: nested deeper than {DEEPEST}"
        raise InputError(msg)
    held: Iterable[JSONValue] = value
    in_order = True
    if isinstance(value, Mapping):
        in_order = list(value) == _in_order(value)
        held = value.values()
    for one in held:
        if type(one) is not str:  # what most values are
            in_order = _stands_in_order(one, depth - 1) and in_order
    return in_order


def _ordered(value: JSONValue, depth: int) -> JSONValue:
    """Copy a value with every key in its place, refusing what has no certain form."""
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, int):
        return _safe_integer(value)
    if depth == 0:
        msg = f"canonical JSON: nested deeper than {DEEPEST}"
        raise InputError(msg)
    if isinstance(value, Mapping):
        return {key: _ordered(value[key], depth - 1) for key in _in_order(value)}
    if isinstance(value, (list, tuple)):
        return [_ordered(one, depth - 1) for one in value]
    msg = f"canonical JSON: a {type(value).__name__}, wanted text, integer, boolean, null, list or mapping"
    raise InputError(msg)


def _in_order(keys: Mapping[str, JSONValue]) -> list[str]:
    """Sort by UTF-16 code units, which is plain order unless a key leaves ASCII."""
    try:
        plain = "".join(keys).isascii()
    except TypeError as error:
        msg = f"canonical JSON: every key is text, {error}"
        raise InputError(msg) from error
    return sorted(keys) if plain else sorted(keys, key=_utf16)


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be", errors="surrogatepass")


def _safe_integer(value: int) -> int:
    if abs(value) > LARGEST_INTEGER:
        # Not the number itself: one of a thousand digits has no form that is short and exact.
        msg = f"canonical JSON: an integer of {value.bit_length()} bits is beyond 2**53 - 1; write it as text"
        raise InputError(msg)
    return value


def _refuse_number(text: str) -> NoReturn:
    msg = f"{text[:20]} is no integer"
    raise InputError(msg)


_decoder = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
