"""Frozen records to JSON and back, by their declared types; strict on the way in.

Records are dataclasses of text, numbers, booleans, enums, tuples, dicts of these, and each
other. An unknown or missing field is an error: a result is quoted years later, and nobody
should have to guess which fields an older version meant.
"""

from __future__ import annotations

import json
import re
import types
from dataclasses import asdict, fields, is_dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin, get_type_hints

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

Record = TypeVar("Record")
INNERMOST = re.compile(r"[{\[][^{}\[\]]*[}\]]")
BREAK = re.compile(r"\n *")  # JSON writes a line break inside a text as two letters, so none is hit


def to_json(record: Any, *, form: str) -> str:  # noqa: ANN401  any dataclass: the standard library has no type for it
    """Write a record as JSON text with its format name first.

    Parameters
    ----------
    record : dataclass instance
        Numbers must be finite.
    form : str
        Format name with its version, such as ``facegate-benchmark/1``.

    Returns
    -------
    str
        Indented, with innermost records and lists on one line each; UTF-8 safe, ending in a
        line break; the same record, the same text.
    """
    text = json.dumps({"format": form, **asdict(record)}, indent=1, allow_nan=False, ensure_ascii=False)
    return INNERMOST.sub(lambda found: BREAK.sub(" ", found[0]), text) + "\n"


def from_json(text: str, kind: type[Record], *, form: str, name: str) -> Record:
    """Read what `to_json` wrote.

    Parameters
    ----------
    text : str
        JSON.
    kind : type
        Dataclass to make.
    form : str
        Format name wanted.
    name : str
        What is being read, for messages.

    Returns
    -------
    Record
        Equal to what was written.

    Raises
    ------
    InputError
        If the text is not JSON of this format, or a field is missing, unknown or of
        another type.
    """
    try:
        about = json.loads(text)
    except ValueError as error:
        msg = f"{name} is not JSON: {error}"
        raise InputError(msg) from error
    got = about.pop("format", None) if isinstance(about, dict) else None
    if got != form:
        msg = f"{name} has format {str(got)[:60]!r}, wanted {form!r}"
        raise InputError(msg)
    made: Record = _read(about, kind, name)
    return made


def _read(value: Any, kind: Any, name: str) -> Any:  # noqa: ANN401  follows a type of any shape
    """Make one value of its declared type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind):
        return _read_record(value, kind, name)
    if origin is types.UnionType:
        return None if value is None else _read(value, arguments[0], name)
    if origin is tuple and isinstance(value, list):
        return tuple(_read(item, arguments[0], f"{name}[{place}]") for place, item in enumerate(value))
    if origin is dict and isinstance(value, dict):
        return {str(key): _read(item, arguments[1], f"{name}.{key}") for key, item in value.items()}
    return _read_plain(value, kind, name)


def _read_plain(value: Any, kind: Any, name: str) -> Any:  # noqa: ANN401  text, number, boolean or enum
    """Make a value that holds no others."""
    if isinstance(kind, type) and issubclass(kind, Enum) and value in [member.value for member in kind]:
        return kind(value)
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        msg = f"{name} is {str(value)[:40]!r}, wanted {getattr(kind, '__name__', kind)}"
        raise InputError(msg)
    return value


def _read_record(value: Any, kind: Any, name: str) -> Any:  # noqa: ANN401  follows a type of any shape
    """Make one dataclass from a mapping with exactly its fields."""
    if not isinstance(value, dict):
        msg = f"{name} is {str(value)[:40]!r}, wanted the fields of {kind.__name__}"
        raise InputError(msg)
    hints: Mapping[str, Any] = get_type_hints(kind)
    wanted = [field.name for field in fields(kind)]
    if odd := sorted(set(value) ^ set(wanted)):
        msg = f"{name} has {'an unknown' if odd[0] in value else 'no'} field {odd[0]!r}"
        raise InputError(msg)
    return kind(**{field: _read(value[field], hints[field], f"{name}.{field}") for field in wanted})
