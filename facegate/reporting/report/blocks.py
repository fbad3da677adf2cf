"""What a report is made of, before it is a page or a paper.

The words here are plain text: each way of writing escapes them for itself.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Words:
    """A paragraph.

    Parameters
    ----------
    text : str
        Plain text.
    role : str
        ``plain``, ``key`` (a sentence to quote), ``caution`` or ``alarm``.
    """

    text: str
    role: str = "plain"


@dataclass(frozen=True, slots=True)
class Items:
    """A list of sentences, numbered or not."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: the first cell of each row is its heading.

    Parameters
    ----------
    caption : str
        What it shows, with units.
    columns : tuple of str
        Headings, with units.
    rows : tuple of tuple of str
        Cells; what is not known says so in words.
    file : str
        Name of the CSV table with every digit; empty for none.
    folded : bool
        Opened on demand on a screen.
    words : bool
        Cells are sentences rather than numbers.
    on_paper : bool
        Printed; where it is not, the paper says in its place where it is.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    file: str = ""
    folded: bool = False
    words: bool = False
    on_paper: bool = True


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its reading and its numbers.

    Parameters
    ----------
    name : str
        Short, unique in a report, letters and ``-`` only.
    title : str
        What it shows.
    reading : str
        How to read it, or what it shows, in one sentence; where ``svg`` is empty, why.
    svg : str
        The drawing; empty where the data for it are absent.
    numbers : Grid or None
        The same numbers as a table.
    """

    name: str
    title: str
    reading: str
    svg: str
    numbers: Grid | None


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One line of the box that multiplies: a group's rate and its range, per comparison."""

    group: str
    rate: float
    low: float
    high: float
    supported: bool


@dataclass(frozen=True, slots=True)
class Box:
    """The box "what would it mean here".

    Parameters
    ----------
    lines : tuple of GroupLine
        Everybody first.
    gallery, searches : int
        What stands in the fields before anybody types.
    without_script : Grid
        The rates, for paper and for readers without scripts.
    """

    lines: tuple[GroupLine, ...]
    gallery: int
    searches: int
    without_script: Grid


Block: TypeAlias = Words | Items | Grid | Figure | Box


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the report under a heading of level 3."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section under a heading of level 2.

    Parameters
    ----------
    name : str
        For links; letters and ``-`` only.
    title : str
        Heading.
    blocks : tuple of Block
        What stands before the first part.
    parts : tuple of Part
        The rest.
    """

    name: str
    title: str
    blocks: tuple[Block, ...] = ()
    parts: tuple[Part, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report.

    Parameters
    ----------
    title, question, line : str
        Heading, what is asked, and one line on what was measured, with what, when.
    banner : str
        What must be read before anything else, such as SYNTHETIC; empty for nothing.
    first_page : tuple of Section
        For those who quote it.
    sections : tuple of Section
        For those who check it.
    """

    title: str
    question: str
    line: str
    banner: str
    first_page: tuple[Section, ...]
    sections: tuple[Section, ...]
