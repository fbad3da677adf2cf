"""The published JSON Schema of ``result.json``, made from the records and their docstrings.

- One source: a field's type is its annotation, its description is its docstring, so the schema
  cannot say something else than the code.
- Strict like the reader: every field is required, no other field is allowed.
- The committed file is what others read; a test holds it against what this file makes.
"""

from __future__ import annotations

import inspect
import json
import re
import types
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.resources import files
from typing import Any, TypeAlias, get_args, get_origin, get_type_hints

from facegate.evaluation.result import FORMAT, BenchmarkResult

Schema: TypeAlias = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
IDENTIFIER = "urn:facegate:schema:benchmark-2"
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean"}
FIELD = re.compile(r"^(?P<names>\w+(?:, \w+)*) : ")
MARKUP = re.compile(r"``?([^`]+)``?")


def result_schema() -> Schema:
    """Make the JSON Schema (draft 2020-12) of a result.

    Returns
    -------
    dict
        Ready for ``json.dumps``; records are under ``$defs``.
    """
    definitions: dict[str, Schema] = {}
    _define(BenchmarkResult, definitions)
    root = definitions.pop(BenchmarkResult.__name__)
    form = {"const": FORMAT, "description": "Name and version of this format."}
    return {
        "$schema": DIALECT,
        "$id": IDENTIFIER,
        "title": FORMAT,
        **root,
        "properties": {"format": form, **root["properties"]},
        "required": ["format", *root["required"]],
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """Write the schema as the committed file holds it; the same records, the same text."""
    return json.dumps(result_schema(), indent=1, ensure_ascii=False) + "\n"


def published_schema() -> str:
    """Read the committed schema that travels with the package."""
    return (files("facegate.reporting") / "schema" / "benchmark-2.schema.json").read_text("utf-8")


def field_descriptions(record: type) -> dict[str, str]:
    """Read the description of each field out of a numpydoc ``Parameters`` section.

    Examples
    --------
    >>> from facegate.evaluation.provenance import Finding
    >>> field_descriptions(Finding)["count"]
    'How many were found; 0 is said too.'
    """
    described: dict[str, list[str]] = {}
    current: list[str] = []
    for line in _parameter_lines(record):
        if found := FIELD.match(line):
            current = []
            described |= dict.fromkeys(found["names"].split(", "), current)
        elif line.startswith("    "):
            current.append(line.strip())
    return {name: _plain(" ".join(lines)) for name, lines in described.items()}


def _parameter_lines(record: type) -> list[str]:
    """Cut the ``Parameters`` section out of a docstring."""
    lines = (inspect.getdoc(record) or "").splitlines()
    if "Parameters" not in lines:
        return []
    body = lines[lines.index("Parameters") + 2 :]
    rulers = [place for place, line in enumerate(body) if line and set(line) == {"-"}]
    return body[: rulers[0] - 1] if rulers else body


def _define(record: type, definitions: dict[str, Schema]) -> Schema:
    """Add a record to the definitions, and point to it."""
    if record.__name__ not in definitions:
        definitions[record.__name__] = {}  # taken first: records may hold each other
        hints, described = get_type_hints(record), field_descriptions(record)
        names = [field.name for field in fields(record)]
        properties = {name: _shape(hints[name], definitions) for name in names}
        for name in names:
            if described.get(name):
                properties[name] = {"description": described[name], **properties[name]}
        definitions[record.__name__] = {
            "type": "object",
            "description": _plain((inspect.getdoc(record) or "").split("\n\n")[0]),
            "properties": properties,
            "required": names,
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{record.__name__}"}


def _shape(kind: Any, definitions: dict[str, Schema]) -> Schema:  # noqa: ANN401  follows a type of any shape
    """Describe one type."""
    origin, arguments = get_origin(kind), get_args(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _define(kind, definitions)
    if origin is types.UnionType:
        return {"anyOf": [_shape(arguments[0], definitions), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "items": _shape(arguments[0], definitions)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _shape(arguments[1], definitions)}
    if issubclass(kind, Enum):
        return {"enum": [member.value for member in kind]}
    return {"type": PLAIN[kind]}


def _plain(text: str) -> str:
    """Take line breaks and code marks out of a docstring's sentence."""
    return MARKUP.sub(r"\1", " ".join(text.split()))
