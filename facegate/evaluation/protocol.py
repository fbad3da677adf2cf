"""Protocols: a benchmark's question as a short TOML text, read strictly.

- A key that is not known is an error that names the key and the file: a misspelled option
  that is silently ignored would make a wrong table.
- A protocol names data; it never holds any.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass

from facegate.errors import InputError
from facegate.evaluation.edges import Edge, threshold_edge, value_edge
from facegate.evaluation.identification.plan import IdentificationPlan, identification_plan
from facegate.evaluation.inputs.spec import (
    MatrixSpec,
    ScoresSpec,
    VectorsSpec,
    matrix_spec,
    scores_spec,
    vectors_spec,
)
from facegate.evaluation.subgroups import DEFAULT_LABELS, LABELS
from facegate.evaluation.toml_keys import Keys

ALL_PAIRS = "all-pairs"
LFW_VIEW2 = "lfw-view2"
NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."
POPULATIONS = ("demo", "cosine")


@dataclass(frozen=True, slots=True)
class SyntheticData:
    """A drawn population: which recipe, how many people and photos each, and the seed."""

    population: str
    subjects: int
    photos: int
    seed: int


@dataclass(frozen=True, slots=True)
class DataSource:
    """What is put under test; exactly one of the first six.

    Parameters
    ----------
    dataset : str
        Name of a data set of photos, or empty.
    templates : str
        Template file made by facegate, relative to the protocol, or empty.
    synthetic : SyntheticData or None
        A population to draw.
    vectors : VectorsSpec or None
        Vectors made elsewhere.
    scores : ScoresSpec or None
        Scores made elsewhere, pair by pair.
    matrix : MatrixSpec or None
        A similarity matrix made elsewhere.
    embedder : str
        With a data set: file that describes another embedder than dlib, relative to the
        protocol; or empty.
    fallback : bool
        With a data set: try the CNN detector where HOG finds no face.
    """

    dataset: str = ""
    templates: str = ""
    synthetic: SyntheticData | None = None
    vectors: VectorsSpec | None = None
    scores: ScoresSpec | None = None
    matrix: MatrixSpec | None = None
    embedder: str = ""
    fallback: bool = True


@dataclass(frozen=True, slots=True)
class Resampling:
    """How often people are drawn anew and labels shuffled, and the seed of everything random."""

    bootstrap: int = 500
    permutations: int = 500
    seed: int = 1


@dataclass(frozen=True, slots=True)
class AllPairsProtocol:
    """Compare everybody with everybody (or what a file lists), and report by group.

    Parameters
    ----------
    name, title, question : str
        For the folder, the heading and the reader.
    notes : tuple of str
        What the data cannot show.
    digest : str
        SHA-256 (hex) of the protocol's text.
    data : DataSource
        What is under test.
    by : tuple of str
        Labels that make a group; empty for scores or a matrix whose columns say it.
    reference : str or None
        Group that ratios are taken against; None for the one with most people.
    label_sources : tuple of tuple of str
        Label sources to repeat the measurement with, each alone.
    without_top_pairs : int
        Repeat the measurement without the photos of so many highest non-mated pairs; 0 for no.
    floor : Edge
        Non-mated pairs at or above it are kept exactly.
    thresholds : tuple of Edge
        At least one.
    folds : int
        Set each threshold on some people and measure it on others, in so many folds; 0 for no.
    resampling : Resampling
        Draws and seed.
    identification : IdentificationPlan or None
        Searches to make.
    operational_gallery : int or None
        People in the gallery that the result shall speak about.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    digest: str
    data: DataSource
    by: tuple[str, ...]
    reference: str | None
    label_sources: tuple[tuple[str, ...], ...]
    without_top_pairs: int
    floor: Edge
    thresholds: tuple[Edge, ...]
    folds: int
    resampling: Resampling
    identification: IdentificationPlan | None
    operational_gallery: int | None


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
ALL_PAIRS_TABLES = (
    "groups",
    "floor",
    "threshold",
    "calibration",
    "resampling",
    "identification",
    "operational",
)
SOURCES = ("dataset", "templates", "synthetic", "vectors", "scores", "matrix")


def _all_pairs(keys: Keys, digest: str) -> AllPairsProtocol:
    keys.only((*COMMON, *ALL_PAIRS_TABLES))
    groups = keys.table("groups", {})
    groups.only(("by", "reference", "only_label_sources", "without_top_pairs"))
    data = _data(keys)
    listed = data.scores is not None or data.matrix is not None
    by = groups.texts("by", [] if listed else list(DEFAULT_LABELS))
    if not (by or listed) or set(by) - set(LABELS) or len(set(by)) != len(by):
        keys.refuse("groups.by", f"is {list(by)}, wanted different ones of {', '.join(LABELS)}")
    thresholds = tuple(threshold_edge(table) for table in keys.tables("threshold"))
    if len({edge.name for edge in thresholds}) != len(thresholds):
        keys.refuse("threshold", "stands there twice with the same value")
    resampling = _resampling(keys.table("resampling", {}))
    plan = None
    if keys.has("identification"):
        plan = identification_plan(keys.table("identification"), seed=resampling.seed)
    if plan is None and any(edge.kind == "fpir" for edge in thresholds):
        how = ", and they need photos, vectors or templates" if listed else ": add [identification]"
        keys.refuse("threshold", f"by fpir needs searches{how}")
    return AllPairsProtocol(
        name=_name(keys),
        title=keys.text("title"),
        question=keys.text("question", ""),
        notes=keys.texts("notes", []),
        digest=digest,
        data=data,
        by=by,
        reference=groups.text("reference", "") or None,
        label_sources=tuple((source,) for source in groups.texts("only_label_sources", [])),
        without_top_pairs=groups.count("without_top_pairs", least=0, default=0),
        floor=value_edge(keys.table("floor")),
        thresholds=thresholds,
        folds=_folds(keys.table("calibration", {})),
        resampling=resampling,
        identification=plan,
        operational_gallery=_operational(keys.table("operational", {})),
    )


def _data(keys: Keys) -> DataSource:
    """Take what is under test: one source, and what goes with it."""
    data = keys.table("data")
    data.only((*SOURCES, "embedder", "fallback"))
    if sum(data.has(source) for source in SOURCES) != 1:
        keys.refuse("data", f"wants exactly one of {', '.join(SOURCES)}")
    if data.has("embedder") and not data.has("dataset"):
        keys.refuse("data.embedder", "goes with a data set of photos")
    return DataSource(
        dataset=data.text("dataset", ""),
        templates=data.text("templates", ""),
        synthetic=_synthetic(data.table("synthetic")) if data.has("synthetic") else None,
        vectors=vectors_spec(data.table("vectors")) if data.has("vectors") else None,
        scores=scores_spec(data.table("scores")) if data.has("scores") else None,
        matrix=matrix_spec(data.table("matrix")) if data.has("matrix") else None,
        embedder=data.text("embedder", ""),
        fallback=data.flag("fallback", default=True),
    )


def _folds(keys: Keys) -> int:
    keys.only(("folds",))
    folds = keys.count("folds", least=0, default=0)
    if folds == 1:
        keys.refuse("folds", "is 1, wanted 2 or more: one fold has no other people to set the threshold on")
    return folds


def _resampling(keys: Keys) -> Resampling:
    keys.only(("bootstrap", "permutations", "seed"))
    usual = Resampling()
    return Resampling(
        keys.count("bootstrap", least=0, default=usual.bootstrap),
        keys.count("permutations", least=0, default=usual.permutations),
        keys.count("seed", least=0, default=usual.seed),
    )


def _operational(keys: Keys) -> int | None:
    keys.only(("gallery",))
    return keys.count("gallery", least=1) if keys.has("gallery") else None


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
