"""Protocols: a benchmark's question as a short TOML text, read strictly.

- A key that is not known is an error that names the key and the file: a misspelled option
  that is silently ignored would make a wrong table.
- A protocol names data; it never holds any.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass

from facegate.decision import Metric, Threshold
from facegate.errors import InputError
from facegate.evaluation.subgroups import DEFAULT_LABELS, LABELS
from facegate.evaluation.toml_keys import Keys

ALL_PAIRS = "all-pairs"
LFW_VIEW2 = "lfw-view2"
NATIVE_OF = {"distance": Metric.EUCLIDEAN, "cosine": Metric.COSINE}
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."
POPULATIONS = ("demo", "cosine")


@dataclass(frozen=True, slots=True)
class Edge:
    """Where a line is drawn: by a target FMR, a score, a distance or a cosine.

    Parameters
    ----------
    kind : str
        ``fmr``, ``score``, ``distance`` or ``cosine``.
    value : float
        The target rate, or the value on that scale.
    """

    kind: str
    value: float

    @property
    def name(self) -> str:
        """Short name, such as ``fmr-1e-3`` or ``distance-0.6``."""
        return f"{self.kind}-{short(self.value) if self.kind == 'fmr' else f'{self.value:g}'}"

    def threshold(self, metric: Metric) -> Threshold:
        """Make the threshold on the similarity scale of a metric.

        Raises
        ------
        InputError
            If the value is of another metric.
        """
        if self.kind == "score":
            return Threshold(self.value, metric)
        if NATIVE_OF.get(self.kind) is not metric:
            msg = f"{self.name} does not fit templates compared by {metric}: give a {metric.native_name}"
            raise InputError(msg)
        return Threshold.from_native(self.value, metric)


@dataclass(frozen=True, slots=True)
class SyntheticData:
    """A drawn population: which recipe, how many people and photos each, and the seed."""

    population: str
    subjects: int
    photos: int
    seed: int


@dataclass(frozen=True, slots=True)
class AllPairsProtocol:
    """Compare everybody with everybody, and report by group.

    Parameters
    ----------
    name, title, question : str
        For the folder, the heading and the reader.
    notes : tuple of str
        What the data cannot show.
    digest : str
        SHA-256 (hex) of the protocol's text.
    dataset : str
        Name of the data set, or empty.
    templates : str
        Template file made elsewhere, relative to the protocol, or empty.
    synthetic : SyntheticData or None
        A population to draw.
    fallback : bool
        Try the CNN detector where HOG finds no face.
    by : tuple of str
        Labels that make a group.
    sensitivity : tuple of tuple of str
        Label sources to repeat the measurement with, each alone.
    floor : Edge
        Non-mated pairs at or above it are kept exactly.
    thresholds : tuple of Edge
        At least one.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    digest: str
    dataset: str
    templates: str
    synthetic: SyntheticData | None
    fallback: bool
    by: tuple[str, ...]
    sensitivity: tuple[tuple[str, ...], ...]
    floor: Edge
    thresholds: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One way of making templates for the LFW protocol.

    Parameters
    ----------
    name : str
        For the table.
    fallback : bool
        Try the CNN detector where HOG finds no face.
    jitter : int
        Mean over this many turned, shifted and mirrored copies of the chip; 0 for the chip itself.
    """

    name: str
    fallback: bool
    jitter: int


@dataclass(frozen=True, slots=True)
class View2Protocol:
    """The LFW ten-fold verification protocol (View 2), for one or more variants.

    Parameters
    ----------
    name, title, question, notes, digest
        As in `AllPairsProtocol`.
    dataset : str
        Name of the data set whose folder holds ``pairs.txt``.
    variants : tuple of Variant
        At least one.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    digest: str
    dataset: str
    variants: tuple[Variant, ...]


def short(rate: float) -> str:
    """Write a rate as people say it.

    Examples
    --------
    >>> short(0.001), short(3e-5), short(0.0025)
    ('1e-3', '3e-5', '2.5e-3')
    """
    mantissa, exponent = f"{rate:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def parse_protocol(text: str, *, name: str) -> AllPairsProtocol | View2Protocol:
    """Read a protocol.

    Parameters
    ----------
    text : str
        TOML.
    name : str
        The file, for messages.

    Returns
    -------
    AllPairsProtocol or View2Protocol
        By its ``kind``.

    Raises
    ------
    InputError
        If the text is not TOML, a key is unknown, missing or of another type, or a value
        is out of range; the message names key and file.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        msg = f"{name} is not TOML: {error}"
        raise InputError(msg) from error
    keys = Keys(table, name, "")
    kind = keys.text("kind")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if kind == ALL_PAIRS:
        return _all_pairs(keys, digest)
    if kind == LFW_VIEW2:
        return _view2(keys, digest)
    msg = f"{name}: kind is {kind!r}, wanted {ALL_PAIRS!r} or {LFW_VIEW2!r}"
    raise InputError(msg)


COMMON = ("kind", "name", "title", "question", "notes", "data")
VALUES = ("score", "distance", "cosine")


def _all_pairs(keys: Keys, digest: str) -> AllPairsProtocol:
    keys.only((*COMMON, "groups", "floor", "threshold"))
    data, groups = keys.table("data"), keys.table("groups", {})
    data.only(("dataset", "templates", "synthetic", "fallback"))
    groups.only(("by", "only_label_sources"))
    if sum(data.has(key) for key in ("dataset", "templates", "synthetic")) != 1:
        keys.refuse("data", "wants exactly one of dataset, templates, synthetic")
    by = groups.texts("by", list(DEFAULT_LABELS))
    if not by or set(by) - set(LABELS) or len(set(by)) != len(by):
        keys.refuse("groups.by", f"is {list(by)}, wanted different ones of {', '.join(LABELS)}")
    thresholds = tuple(_edge(table, ("fmr", *VALUES)) for table in keys.tables("threshold"))
    if len({edge.name for edge in thresholds}) != len(thresholds):
        keys.refuse("threshold", "stands there twice with the same value")
    alone = groups.texts("only_label_sources", [])
    return AllPairsProtocol(
        name=_name(keys),
        title=keys.text("title"),
        question=keys.text("question", ""),
        notes=keys.texts("notes", []),
        digest=digest,
        dataset=data.text("dataset", ""),
        templates=data.text("templates", ""),
        synthetic=_synthetic(data.table("synthetic")) if data.has("synthetic") else None,
        fallback=data.flag("fallback", default=True),
        by=by,
        sensitivity=tuple((source,) for source in alone),
        floor=_edge(keys.table("floor"), VALUES),
        thresholds=thresholds,
    )


def _view2(keys: Keys, digest: str) -> View2Protocol:
    keys.only((*COMMON, "variant"))
    data = keys.table("data")
    data.only(("dataset",))
    variants = []
    for table in keys.tables("variant"):
        table.only(("name", "fallback", "jitter"))
        fallback, jitter = table.flag("fallback", default=True), table.count("jitter", least=0, default=0)
        variants.append(Variant(table.text("name"), fallback, jitter))
    return View2Protocol(
        name=_name(keys),
        title=keys.text("title"),
        question=keys.text("question", ""),
        notes=keys.texts("notes", []),
        digest=digest,
        dataset=data.text("dataset"),
        variants=tuple(variants),
    )


def _edge(keys: Keys, kinds: tuple[str, ...]) -> Edge:
    """Take the one edge of a table."""
    keys.only(kinds)
    if len(keys.names) != 1:
        keys.refuse("", f"wants exactly one of {', '.join(kinds)}, got {len(keys.names)}")
    kind = keys.names[0]
    value = keys.number(kind)
    if kind == "fmr" and not 0 < value < 1:
        keys.refuse(kind, f"is {value:g}, wanted a rate above 0 and below 1")
    return Edge(kind, value)


def _synthetic(keys: Keys) -> SyntheticData:
    keys.only(("population", "subjects", "photos", "seed"))
    population = keys.text("population")
    if population not in POPULATIONS:
        keys.refuse("population", f"is {population[:40]!r}, wanted one of {', '.join(POPULATIONS)}")
    return SyntheticData(
        population,
        keys.count("subjects", least=4),
        keys.count("photos", least=1, default=2),
        keys.count("seed", least=0),
    )


def _name(keys: Keys) -> str:
    """Take the name, which becomes part of a folder's name."""
    name = keys.text("name")
    if not name or set(name) - set(NAME_LETTERS) or name.startswith("."):
        keys.refuse("name", f"is {name[:40]!r}, wanted small letters, digits, '-', '_' and '.'")
    return name
