"""One value, one sequence of bytes: what a signature is made over (RFC 8785, JSON Canonicalization Scheme).

The log has a canonical JSON of its own that knows no floating-point numbers. A certificate is
made of rates, so here numbers are written too, as ECMAScript writes them: any RFC 8785
library in any language finds the same bytes, and can check the signature without facegate.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from facegate.errors import InputError

JSONNumbers: TypeAlias = "str | int | float | bool | Sequence[JSONNumbers] | Mapping[str, JSONNumbers] | None"

LARGEST_INTEGER = 2**53 - 1  # beyond it a reader that holds numbers as doubles sees another number
LOWEST_PLAIN, HIGHEST_PLAIN = -6, 21  # decimal point positions ECMAScript writes without an exponent


def canonical_bytes(value: JSONNumbers) -> bytes:
    """Write a value in its one canonical form.

    Parameters
    ----------
    value : JSONNumbers
        Text, finite numbers, booleans, None, lists, and mappings with text as keys.

    Returns
    -------
    bytes
        UTF-8, no spaces, keys sorted by their UTF-16 code units.

    Raises
    ------
    InputError
        If a number is not finite or an integer is beyond 2**53 - 1, or text is no valid Unicode.

    References
    ----------
    RFC 8785, sections 3.2.2 (numbers as in ECMA-262, 7.1.12.1) and 3.2.3 (order of keys).

    Examples
    --------
    >>> canonical_bytes({"b": [1e-7, 1.0, None], "a": 0.00001})
    b'{"a":0.00001,"b":[1e-7,1,null]}'
    """
    try:
        return _written(value).encode()
    except UnicodeEncodeError as error:
        msg = "canonical JSON: text that is no valid Unicode (half of a surrogate pair)"
        raise InputError(msg) from error


def _written(value: JSONNumbers) -> str:
    if value is None or isinstance(value, (str, bool)):  # bool before int: True is an int to Python
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return _integer(value)
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be", errors="surrogatepass"))
        return "{" + ",".join(f"{_written(key)}:{_written(value[key])}" for key in keys) + "}"
    return "[" + ",".join(_written(one) for one in value) + "]"


def _integer(value: int) -> str:
    if abs(value) > LARGEST_INTEGER:
        msg = "canonical JSON: an integer is beyond 2**53 - 1; write it as text"
        raise InputError(msg)
    return str(value)


def _number(value: float) -> str:
    """Write a double with the fewest digits that give it back, placed as ECMAScript does."""
    if not math.isfinite(value):
        msg = f"canonical JSON: {value} is not a finite number"
        raise InputError(msg)
    if value == 0:
        return "0"  # minus zero too
    sign, figures, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits = "".join(map(str, figures))
    point = len(digits) + int(exponent)  # where the decimal point stands, counted from the first digit
    return "-" * sign + _placed(digits, point)


def _placed(digits: str, point: int) -> str:
    """Set the decimal point into the digits, or write an exponent."""
    if len(digits) <= point <= HIGHEST_PLAIN:
        return digits + "0" * (point - len(digits))
    if 0 < point <= HIGHEST_PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if LOWEST_PLAIN < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"
