"""One record of the log: its bytes, and what they must hold to be one.

::

    {"intent":0,"kind":"result","n_candidates":3,"outcome":"searched","schema":"facegate/entry/v1",
     "sealed":{"candidates":"<64 hex digits>"},"seq":1,"time":"2026-11-22T03:20:11.42Z", ...}

- Canonical JSON in UTF-8, at most 65,535 bytes (tlog-tiles stores the length in two).
- Public fields lie open. ``sealed`` holds a commitment for each sealed field, never its value.
- ``seq`` is the position in the log; ``time`` is UTC with hundredths of a second (RFC 3339).
- The writer runs the reader's checks on what it made: nothing goes in that would not verify.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from facegate.audit.canonical import JSONValue, canonical_json, parse_canonical
from facegate.errors import InputError, VerificationError

SCHEMA = "facegate/entry/v1"
LARGEST_ENTRY = 65_535  # bytes: a big-endian uint16 holds the length, tlog-tiles "Log Entries"
LONGEST_SHOWN = 40  # characters of a wrong value in a message
INTENT = "intent"
RESULT = "result"
REFUSED = "refused"  # a decision, and the outcome of what was asked

_OURS = frozenset({"schema", "seq", "sealed"})
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\dZ", re.ASCII)
_is_commitment = re.compile(r"[0-9a-f]{64}").fullmatch


@dataclass(frozen=True, slots=True)
class Entry:
    """One record, read.

    Parameters
    ----------
    seq : int
        Position in the log, from 0.
    kind : str
        Such as ``intent`` or ``result``.
    time : datetime
        When the writer says it happened, UTC.
    public : mapping of str to JSONValue
        Every public field, kind and time as text included.
    sealed : mapping of str to str
        Commitment of each sealed field, 64 hexadecimal digits.
    """

    seq: int
    kind: str
    time: datetime
    public: Mapping[str, JSONValue]
    sealed: Mapping[str, str]

    @property
    def intent(self) -> int:
        """Position of the intent that this result answers; -1 for every other kind."""
        named = self.public["intent"] if self.kind == RESULT else None
        return named if isinstance(named, int) else -1


def encode_entry(seq: int, public: Mapping[str, JSONValue], commitments: Mapping[str, bytes]) -> bytes:
    """Write one record as the bytes that are hashed and kept.

    Parameters
    ----------
    seq : int
        Position in the log, from 0.
    public : mapping of str to JSONValue
        Public fields; ``kind`` and ``time`` are required, and a ``result`` needs ``intent``
        (position of its intent) and ``outcome``. No floats.
    commitments : mapping of str to bytes
        Commitment of each sealed field, 32 bytes.

    Returns
    -------
    bytes
        Canonical JSON, at most 65,535 bytes.

    Raises
    ------
    InputError
        If the record is too long, or a reader would refuse it.
    """
    if clash := sorted(_OURS & public.keys()):
        msg = f"a record's public fields cannot be named {', '.join(clash)}: the log sets them"
        raise InputError(msg)
    sealed = {field: commitment.hex() for field, commitment in commitments.items()}
    whole = {**public, "schema": SCHEMA, "seq": seq, "sealed": sealed}
    data = canonical_json(whole)  # whose bytes read back as what was written, or it refuses
    if len(data) > LARGEST_ENTRY:
        msg = f"the record is {len(data):,} bytes, at most {LARGEST_ENTRY:,} fit; nothing was logged"
        raise InputError(msg)
    try:
        _entry(whole)
    except VerificationError as error:
        msg = f"the record cannot be logged: {error}"
        raise InputError(msg) from error
    return data


def parse_entry(data: bytes) -> Entry:
    """Read one record strictly.

    Parameters
    ----------
    data : bytes
        The record's bytes.

    Returns
    -------
    Entry
        What they hold.

    Raises
    ------
    VerificationError
        If they are not canonical JSON, or not a record of this schema.
    """
    value = parse_canonical(data)
    if not isinstance(value, Mapping):
        msg = "a record is a JSON object"
        raise VerificationError(msg)
    return _entry(value)


def _entry(value: Mapping[str, JSONValue]) -> Entry:
    """Hold what was read, or is to be written, to the form of a record."""
    if value.get("schema") != SCHEMA:
        msg = f"schema is {_short(value.get('schema'))}, wanted {SCHEMA!r}"
        raise VerificationError(msg)
    if not all(map(_is_name, value)):
        name = next(name for name in value if not _is_name(name))
        msg = f"field {_short(name)} is not named in lower-case letters, digits and underscores"
        raise VerificationError(msg)
    seq, kind = _count(value, "seq"), _text(value, "kind")
    if kind == RESULT:
        _demand_result(value, seq)
    return Entry(
        seq=seq,
        kind=kind,
        time=_time(_text(value, "time")),
        public={name: held for name, held in value.items() if name not in _OURS},
        sealed=_sealed(value.get("sealed")),
    )


@lru_cache(maxsize=4096)
def _is_name(name: str) -> bool:
    """Tell whether a field may be named so; the same few names stand in every record."""
    return bool(_NAME.fullmatch(name))


def _demand_result(value: Mapping[str, JSONValue], seq: int) -> None:
    """Refuse a result that names no earlier record or does not say what came of it."""
    intent = _count(value, "intent")
    _text(value, "outcome")
    if intent >= seq:
        msg = f"a result must name an earlier record as its intent, got {intent} in record {seq}"
        raise VerificationError(msg)


def _sealed(value: JSONValue) -> dict[str, str]:
    if not isinstance(value, Mapping):
        msg = f"sealed is {_short(value)}, wanted an object"
        raise VerificationError(msg)
    sealed: dict[str, str] = {}
    for field, commitment in value.items():
        if not _is_name(field):
            msg = f"sealed field {_short(field)} is not named in lower-case letters, digits and underscores"
            raise VerificationError(msg)
        if type(commitment) is not str or not _is_commitment(commitment):
            msg = f"sealed field {field} holds {_short(commitment)}, wanted 64 hexadecimal digits"
            raise VerificationError(msg)
        sealed[field] = commitment
    return sealed


def _count(value: Mapping[str, JSONValue], name: str) -> int:
    held = value.get(name)
    if isinstance(held, bool) or not isinstance(held, int) or held < 0:
        msg = f"{name} is {_short(held)}, wanted a whole number from 0 up"
        raise VerificationError(msg)
    return held


def _text(value: Mapping[str, JSONValue], name: str) -> str:
    held = value.get(name)
    if not isinstance(held, str) or not held:
        msg = f"{name} is {_short(held)}, wanted a text"
        raise VerificationError(msg)
    return held


def _time(text: str) -> datetime:
    try:
        if _TIME.fullmatch(text):
            return datetime.fromisoformat(text)
        reason = "wanted UTC such as 2026-11-22T03:20:11.42Z"
    except ValueError as error:
        reason = str(error)
    msg = f"time is {_short(text)}: {reason}"
    raise VerificationError(msg)


def _short(held: JSONValue) -> str:
    """Name a value found where another was wanted, without printing a whole record."""
    if held is None:
        return "missing"
    text = repr(held)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."
