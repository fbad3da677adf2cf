"""TOML tables read strictly: every key asked for by its type, and no key left over.

A misspelled option that is silently ignored would make a wrong table, so an unknown key is
an error that names the key and the file.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NoReturn

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Keys:
    """One table of a TOML text.

    Parameters
    ----------
    table : mapping
        As the parser gave it.
    file : str
        Name of the file, for messages.
    path : str
        Where in the file the table stands, such as ``data.``.
    """

    def __init__(self, table: Mapping[str, Any], file: str, path: str) -> None:
        self._table, self._file, self._path = table, file, path

    def only(self, known: Iterable[str]) -> None:
        """Refuse keys that nobody asks for."""
        allowed = list(known)
        for key in self._table:
            if key not in allowed:
                self.refuse(key, f"is not known; known here are {', '.join(allowed)}")

    def refuse(self, key: str, what: str) -> NoReturn:
        """Raise the error about one key, with the file's name."""
        msg = f"{self._file}: key {self._path}{key} {what}"
        raise InputError(msg)

    def get(self, key: str, kind: type | tuple[type, ...], wanted: str, default: Any = None) -> Any:  # noqa: ANN401
        """Take a value of a type; without a default the key must be there."""
        value = self._table.get(key, default)
        if value is None:
            self.refuse(key, f"is missing; wanted {wanted}")
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            self.refuse(key, f"is {str(value)[:40]!r}, wanted {wanted}")
        return value

    @property
    def names(self) -> tuple[str, ...]:
        """Keys that are there."""
        return tuple(self._table)

    def number(self, key: str) -> float:
        """Take a finite number."""
        value = float(self.get(key, (int, float), "a number"))
        if not math.isfinite(value):
            self.refuse(key, f"is {value}, wanted a finite number")
        return value

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        return key in self._table

    def text(self, key: str, default: str | None = None) -> str:
        """Take a text."""
        return str(self.get(key, str, "a text", default))

    def flag(self, key: str, *, default: bool) -> bool:
        """Take true or false."""
        return bool(self.get(key, bool, "true or false", default))

    def count(self, key: str, *, least: int, default: int | None = None) -> int:
        """Take a whole number."""
        value = int(self.get(key, int, f"a whole number from {least}", default))
        if value < least:
            self.refuse(key, f"is {value}, wanted a whole number from {least}")
        return value

    def texts(self, key: str, default: list[str]) -> tuple[str, ...]:
        """Take a list of texts."""
        values = self.get(key, list, "a list of texts", default)
        if not all(isinstance(value, str) for value in values):
            self.refuse(key, "wanted a list of texts")
        return tuple(values)

    def table(self, key: str, default: dict[str, Any] | None = None) -> Keys:
        """Take a table."""
        return Keys(self.get(key, dict, "a table", default), self._file, f"{self._path}{key}.")

    def tables(self, key: str) -> list[Keys]:
        """Take a list of tables, at least one."""
        values = self.get(key, list, f"at least one [[{key}]]")
        if not values or not all(isinstance(value, dict) for value in values):
            self.refuse(key, f"wanted at least one [[{key}]]")
        return [Keys(value, self._file, f"{self._path}{key}[{n}].") for n, value in enumerate(values, 1)]
