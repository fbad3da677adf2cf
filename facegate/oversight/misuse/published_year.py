"""A published year of misuse, entered as data: a TOML file that says what a source says, and nothing else.

::

    year = 2016
    title = "CLETS misuse, 2016"
    source = "who published it"
    [cases]                      # cleared only if stated
    opened = 159
    [outcomes]
    counseling = 28
    [[change]]                   # count of the base year, or only the percentage that is stated
    of = "confirmed"
    base_year = 2015
    stated = "14.5"
    [[agency]]
    name = "..."
    confirmed = 17               # and confirmed_before, of the year before
    filed = false                # with years_without, in a row, if stated
    [[agency.elsewhere]]
    what = "confirmed"
    count = 1
    by = "its press office"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.oversight.misuse.figures import Change, YearFigures, stated_percent
from facegate.oversight.misuse.words import REPEATED
from facegate.oversight.misuse.yearly import AgencyYear, MisuseYear, NonFiler, RepeatFlag, TwoSources

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

FOLDER = Path(__file__).parent
COUNTED = {"opened": "cases opened", "confirmed": "cases confirmed", "pending": "cases pending"}
_TOP = {"year", "title", "source", "cases", "outcomes", "change", "agency"}
_CASES = {"opened", "confirmed", "pending", "cleared"}
_CHANGE = {"of", "base_year", "count", "stated"}
_AGENCY = {"name", "filed", "years_without", "confirmed_before", "came_of_it", "elsewhere", *_CASES}
_ELSEWHERE = {"what", "count", "by"}


@dataclass(frozen=True, slots=True)
class Published:
    """A published year: what it is called, who says so, and what is said."""

    title: str
    source: str
    year: MisuseYear


def read_published(name: str, *, folder: Path = FOLDER) -> Published:
    """Read a published year.

    Parameters
    ----------
    name : str
        Of a file that came with facegate, such as ``clets-2016``, or a path that ends in ``.toml``.
    folder : Path
        Where files are looked up by name.

    Returns
    -------
    Published
        As stated.

    Raises
    ------
    InputError
        If there is no such file, or it states something that is not of the form above or cannot add up.
    """
    shipped = {one.stem: one for one in sorted(folder.glob("*.toml"))}
    path = Path(name) if name.endswith(".toml") else shipped.get(name)
    if path is None:
        msg = f"there is no published year {name!r}; there are {', '.join(shipped)}, or name a .toml file"
        raise InputError(msg)
    try:
        return parse_published(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the published year {path}: {error}"
        raise InputError(msg) from error


def parse_published(text: str) -> Published:
    """Read a published year from TOML text.

    Raises
    ------
    InputError
        Naming what is wrong.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"the published year is no TOML: {error}"
        raise InputError(msg) from error
    _demand_keys(data, _TOP, "the file")
    cases = _table(data, "cases")
    _demand_keys(cases, _CASES, "[cases]")
    figures = YearFigures(
        year=_count(data, "year"),
        opened=_count(cases, "opened"),
        confirmed=_count(cases, "confirmed"),
        pending=_count(cases, "pending"),
        cleared=_count_or_none(cases, "cleared"),
        outcomes={name: _count(_table(data, "outcomes"), name) for name in _table(data, "outcomes")},
        published=True,
    )
    agencies = _tables(data, "agency", _AGENCY)
    year = MisuseYear(
        figures=figures,
        changes=tuple(_change(one, figures) for one in _tables(data, "change", _CHANGE)),
        agencies=tuple(_agency(one) for one in agencies if "filed" not in one),
        repeats=tuple(flag for one in agencies for flag in _flag(one)),
        non_filers=tuple(_non_filer(one) for one in agencies if one.get("filed") is False),
        two_sources=tuple(two for one in agencies for two in _two(one)),
    )
    return Published(_text(data, "title"), _text(data, "source"), year)


def _change(one: Mapping[str, Any], figures: YearFigures) -> Change:
    of, stated = _text(one, "of"), one.get("stated", "")
    if of not in COUNTED:
        msg = f"a change is of {', '.join(COUNTED)}, got {of!r}"
        raise InputError(msg)
    if not isinstance(stated, str):
        msg = f'a stated change is a number in quotes, such as "14.5", got {stated!r}'
        raise InputError(msg)
    if stated:
        stated_percent(stated)
    return Change(
        of=COUNTED[of].capitalize(),
        year=figures.year,
        count=getattr(figures, of),
        base_year=_count(one, "base_year"),
        base_count=_count_or_none(one, "count"),
        stated=stated,
    )


def _agency(one: Mapping[str, Any]) -> AgencyYear:
    counts = {name: _count_or_none(one, name) for name in _CASES}
    return AgencyYear(_text(one, "name"), **counts, pending_over_year=None, closed_by_itself=None)


def _flag(one: Mapping[str, Any]) -> Iterator[RepeatFlag]:
    """Flag an agency by the confirmed cases of this year and the one before, as far as stated."""
    confirmed = (_count_or_none(one, "confirmed") or 0) + (_count_or_none(one, "confirmed_before") or 0)
    if confirmed >= REPEATED:
        decided = _text(one, "came_of_it") if "came_of_it" in one else "not stated"
        yield RepeatFlag(_text(one, "name"), "agency", confirmed, decided)


def _non_filer(one: Mapping[str, Any]) -> NonFiler:
    return NonFiler(_text(one, "name"), _count_or_none(one, "years_without"))


def _two(one: Mapping[str, Any]) -> Iterator[TwoSources]:
    for other in _tables(one, "elsewhere", _ELSEWHERE):
        what = _text(other, "what")
        if what not in COUNTED:
            msg = f"another source counts {', '.join(COUNTED)}, got {what!r}"
            raise InputError(msg)
        filed = _count_or_none(one, what)
        yield TwoSources(_text(one, "name"), COUNTED[what], filed, _count(other, "count"), _text(other, "by"))


def _tables(data: Mapping[str, Any], name: str, keys: Collection[str]) -> list[Mapping[str, Any]]:
    found = data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        msg = f"{name} of a published year is written [[{name}]], got {type(found).__name__}"
        raise InputError(msg)
    for one in found:
        _demand_keys(one, keys, f"[[{name}]]")
    return found


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = data.get(name, {})
    if not isinstance(found, dict):
        msg = f"{name} of a published year is a table, got {type(found).__name__}"
        raise InputError(msg)
    return found


def _demand_keys(data: Mapping[str, Any], keys: Collection[str], where: str) -> None:
    if unknown := sorted(data.keys() - set(keys)):
        msg = f"{where} of a published year has no {unknown[0]!r}; it has {', '.join(sorted(keys))}"
        raise InputError(msg)


def _text(data: Mapping[str, Any], name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        msg = f"{name} of a published year is a text, got {value!r}"
        raise InputError(msg)
    return value


def _count(data: Mapping[str, Any], name: str) -> int:
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        msg = f"{name} of a published year is a whole number from 0, got {value!r}"
        raise InputError(msg)
    return value


def _count_or_none(data: Mapping[str, Any], name: str) -> int | None:
    return _count(data, name) if name in data else None
