"""A request as a file, JSON or TOML: what a dry run and a comparison of laws read.

The keys are the fields of `facegate.request.SearchRequest` by their names, with the tables ``instrument``
and ``exigency``, and two more: ``overlays``, a list of names, and ``facts``, what registers shall be taken
to say where it is not "all in order".

- A key nobody knows is refused with the nearest name: a misspelled field would be a field left out.
- A value of a wrong type is refused with the field's name. A value of the right type that is not of its
  *form* is no error here: the law gets it as stated, and says what it says.
- Nothing in such a file is evidence: a real search asks the registers, never this file.

::

    {"profile": "co-dmv-2019", "case_number": "24-001234", "instrument": {"kind": "warrant", ...},
     "overlays": ["no-immigration"],
     "facts": {"requester": {"trained": false}, "agency": {"agency_class": "campus"},
               "gate": {"shared": false}}}
"""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn

from facegate.errors import InputError
from facegate.policy.facts import Facts, in_order
from facegate.request import Exigency, Instrument, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

LARGEST_FILE = 1 << 20  # bytes; a request is under 4 KiB
TABLES = {"instrument": Instrument, "exigency": Exigency}
REQUEST_KEYS = tuple(one.name for one in fields(SearchRequest))
FACT_KEYS = tuple(one.name for one in fields(Facts))
OWN_KEYS = ("overlays", "facts")
TRUTH = "true or false"
TYPES: Mapping[str, tuple[type, str]] = {
    "felony": (bool, TRUTH),
    "probe_edited": (bool, TRUTH),
    "sketch": (bool, TRUTH),
    "first_amendment": (bool, TRUTH),
    "candidate_limit": (int, "a whole number"),
}


@dataclass(frozen=True, slots=True)
class StatedRequest:
    """A request with the facts it shall be judged on.

    Parameters
    ----------
    request : SearchRequest
        As stated.
    facts : Facts
        Every register in order, but for what the file says otherwise.
    overlays : tuple of str
        Names of the overlays it is asked under.
    overridden : tuple of str
        The facts that the file states, such as ``requester.trained``; all others are assumed.
    """

    request: SearchRequest
    facts: Facts
    overlays: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()


def read_request_file(path: Path, *, profile: str = "") -> StatedRequest:
    """Read one request from a file whose name ends in ``.json`` or ``.toml``.

    Parameters
    ----------
    path : Path
        The file.
    profile : str
        The law to apply instead of the one the file names; needed if it names none.

    Raises
    ------
    InputError
        If it cannot be read, or holds an unknown key or a value of a wrong type; the message names both.
    """
    readers: dict[str, Callable[[str], object]] = {".json": read_json, ".toml": tomllib.loads}
    if path.suffix.lower() not in readers:
        msg = f"{path.name}: a request is a .json or a .toml file"
        raise InputError(msg)
    text = read_text(path)
    try:
        stated = readers[path.suffix.lower()](text)
    except (ValueError, RecursionError) as error:  # both readers' errors are ValueErrors
        msg = f"{path.name} is not {path.suffix[1:].upper()}: {str(error) or 'nested too deep'}"
        raise InputError(msg) from error
    return stated_request(stated, where=path.name, profile=profile)


def read_json(text: str) -> object:
    """Read JSON in which no key comes twice: of two, the second would win unseen.

    Raises
    ------
    ValueError
        If it is not JSON (NaN and Infinity are none: RFC 8259, section 6), a key comes twice, or it is
        nested deeper than anything that is meant.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except RecursionError as error:
        msg = "it is nested by hundreds"
        raise ValueError(msg) from error


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    table = dict(pairs)
    if len(table) < len(pairs):
        # Counted once for all keys: counting each of them would take a minute for a megabyte of them.
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        msg = f"the key {twice!r} comes twice"
        raise ValueError(msg)
    return table


def _no_number(word: str) -> NoReturn:
    msg = f"{word} is no number in JSON"
    raise ValueError(msg)


def read_text(path: Path, *, most: int = LARGEST_FILE) -> str:
    """Read a file of UTF-8 text that is not too large.

    Raises
    ------
    InputError
        If there is no such file, it is larger than ``most`` bytes, or it is not UTF-8.
    """
    try:
        if path.stat().st_size > most:
            msg = f"{path.name} has {path.stat().st_size:,} bytes, wanted at most {most:,}"
            raise InputError(msg)
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path.name} is not text in UTF-8"
        raise InputError(msg) from error


def stated_request(stated: object, *, where: str, profile: str = "") -> StatedRequest:
    """Make a request of what JSON or TOML gave.

    Parameters
    ----------
    stated : object
        A mapping, if it is a request.
    where : str
        The file, and line if it has many requests; for messages.
    profile : str
        The law to apply instead of the one stated; needed if none is stated.

    Raises
    ------
    InputError
        If it is no mapping, no law is named, a key is unknown, or a value has a wrong type.
    """
    values = _table(stated, where, "a request")
    _refuse_unknown(values, (*REQUEST_KEYS, *OWN_KEYS), where)
    named = {name: value for name, value in values.items() if name in REQUEST_KEYS and value is not None}
    if profile:
        named["profile"] = profile
    if "profile" not in named:
        msg = f'{where}: no profile is named; wanted "profile", the law to apply'
        raise InputError(msg)
    request = SearchRequest(**{name: _value(name, value, where) for name, value in named.items()})
    facts, overridden = _facts(request, values.get("facts", {}), where)
    overlays = _texts(values.get("overlays", []), "overlays", where)
    return StatedRequest(request, facts, overlays, overridden)


def _value(name: str, value: object, where: str) -> Any:  # noqa: ANN401  fields of several types
    """Check the type of one field, and build its table."""
    if name in TABLES:
        return _record(TABLES[name], value, f"{where}, {name}", name)
    if name == "dossier_fields":
        return _texts(value, name, where)
    wanted, words = TYPES.get(name, (str, "text in quotes"))
    return _typed(name, value, wanted, words, where)


def _typed(name: str, value: object, wanted: type, words: str, where: str) -> Any:  # noqa: ANN401  several types
    if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
        msg = f"{where}: {name} is {_named(value)}, wanted {words}"
        raise InputError(msg)
    return value


def _record(kind: type[Any], value: object, where: str, name: str) -> Any:  # noqa: ANN401  two kinds
    """Build an instrument or an exigency; a field left out of it is empty, which no rule takes."""
    values = _table(value, where, name)
    known = tuple(one.name for one in fields(kind))
    _refuse_unknown(values, known, where)
    stated = {key: _typed(key, one, str, "text in quotes", where) for key, one in values.items()}
    return kind(**{**dict.fromkeys(known, ""), **stated})


def _facts(request: SearchRequest, stated: object, where: str) -> tuple[Facts, tuple[str, ...]]:
    """Lay what the file says of registers over "all in order"."""
    facts = in_order(request)
    overridden: list[str] = []
    table = _table(stated, where, "facts")
    _refuse_unknown(table, FACT_KEYS, f"{where}, facts")
    for name, value in table.items():
        inside = f"{where}, facts.{name}"
        before = getattr(facts, name)
        types = {one.name: type(getattr(before, one.name)) for one in fields(before)}
        changes = _table(value, inside, name)
        _refuse_unknown(changes, types, inside)
        checked = {
            key: _typed(key, one, types[key], TRUTH if types[key] is bool else "text in quotes", inside)
            for key, one in changes.items()
        }
        facts = replace(facts, **{name: replace(before, **checked)})
        overridden += [f"{name}.{key}" for key in checked]
    return facts, tuple(overridden)


def _table(value: object, where: str, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        msg = f"{where}: {what} is {_named(value)}, wanted a table of named fields"
        raise InputError(msg)
    return value


def _texts(value: object, name: str, where: str) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        msg = f"{where}: {name} is {_named(value)}, wanted a list of texts"
        raise InputError(msg)
    return tuple(value)


def _refuse_unknown(values: Collection[str], known: Collection[str], where: str) -> None:
    for name in values:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"wanted some of {', '.join(known)}"
            msg = f"{where}: there is no field {name!r}; {hint}"
            raise InputError(msg)


def _named(value: object) -> str:
    """Say what kind of value was found, in the words of JSON and TOML."""
    words = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list"}
    words |= {dict: "a table", type(None): "null"}
    return words.get(type(value), "a date without quotes")
