"""What a protocol says of data made elsewhere: which file, which columns, which way scores run.

- Nothing is guessed: the direction of scores, the metric of vectors and the meaning of each
  column are stated, and a key that is not known is an error.
- File names are relative to the protocol's folder.
- Faults in the data stop the run. Where they may be left out instead, the protocol must say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from facegate.decision import VECTOR_METRICS, Metric
from facegate.evaluation.subgroups import LABELS
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.evaluation.toml_keys import Keys

SIDES = ("first", "second")


class Fault(StrEnum):
    """What is done with rows that are at fault."""

    STOP = "stop"
    """The run stops and says how many there are."""

    LEAVE_OUT = "leave-out"
    """They are left out and counted."""

    KEEP = "keep"
    """They are kept and counted."""


@dataclass(frozen=True, slots=True)
class LabelColumns:
    """Which column (or npz key) holds what of one person or template; empty where there is none.

    Parameters
    ----------
    subject : str
        The person.
    template : str
        The template; empty if rows have no name of their own.
    group : str
        A ready-made group, instead of labels.
    race, sex, age_class : str
        Labels that make groups.
    label_source : str
        Where each row's labels come from.
    """

    subject: str = ""
    template: str = ""
    group: str = ""
    race: str = ""
    sex: str = ""
    age_class: str = ""
    label_source: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that have a column, in their usual order."""
        return tuple(label for label in LABELS if getattr(self, label))

    @property
    def named(self) -> dict[str, str]:
        """What there is a column for, and its name."""
        return {field: name for field in self.__slots__ if (name := getattr(self, field))}


@dataclass(frozen=True, slots=True)
class VectorsSpec:
    """Vectors made elsewhere.

    Parameters
    ----------
    file : str
        ``.npz``, ``.npy`` or ``.parquet``.
    labels : str
        With ``.npy``: CSV or Parquet file with one row a vector; else empty.
    vector : str
        Key of the npz, or column of the Parquet file, that holds the vectors.
    columns : LabelColumns
        Where subject, template and labels stand.
    metric : Metric
        How the vectors are compared.
    normalize : bool
        Bring cosine vectors to unit length; without it other lengths are an error.
    label_source : str
        Where all labels come from, if no column says so.
    model, model_digest : str
        Name and digest of the model that made them, as far as known.
    duplicates : Fault
        For a vector that stands there twice for one person.
    delimiter : str
        Of a CSV file.
    """

    file: str
    labels: str
    vector: str
    columns: LabelColumns
    metric: Metric
    normalize: bool
    label_source: str
    model: str
    model_digest: str
    duplicates: Fault
    delimiter: str


@dataclass(frozen=True, slots=True)
class ScoreFile:
    """One file of scores, and the group all its pairs are of (empty: columns say it)."""

    file: str
    group: str


@dataclass(frozen=True, slots=True)
class ScoresSpec:
    """Scores made elsewhere, one row a comparison.

    Parameters
    ----------
    files : tuple of ScoreFile
        CSV or Parquet, all with the same columns.
    score : str
        Column of the score.
    mated : str
        Column that says whether a pair is of one person; empty if the subjects say it.
    mated_yes, mated_no : str
        What stands there for yes and no; empty for true/false, yes/no, 1/0.
    first, second : LabelColumns
        Columns of each side. A ``group`` of the pair stands on both.
    metric : Metric
        Euclidean for distances (score = 1 - distance), similarity for the rest (score = the
        value given, whatever its range).
    label_source : str
        Where all labels come from.
    model, model_digest : str
        Name and digest of the model that made them, as far as known.
    nan, duplicates : Fault
        For scores that are not numbers, and for rows that repeat.
    delimiter : str
        Of CSV files.
    """

    files: tuple[ScoreFile, ...]
    score: str
    mated: str
    mated_yes: str
    mated_no: str
    first: LabelColumns
    second: LabelColumns
    metric: Metric
    label_source: str
    model: str
    model_digest: str
    nan: Fault
    duplicates: Fault
    delimiter: str

    @property
    def people_named(self) -> bool:
        """Whether rows name the two people they join."""
        return bool(self.first.subject)

    @property
    def templates_named(self) -> bool:
        """Whether rows name the two templates they join."""
        return bool(self.first.template)


@dataclass(frozen=True, slots=True)
class MatrixSpec:
    """A matrix of scores made elsewhere: every row compared with every column.

    Parameters
    ----------
    file : str
        ``.npy``, ``.npz`` or ``.csv``; numbers only.
    key : str
        Key of the npz.
    rows : str
        CSV or Parquet file with one line a row of the matrix.
    columns : str
        The same for its columns; empty if the matrix is square and both sides are ``rows``.
    people : LabelColumns
        Columns of both lists.
    symmetric : bool
        Both orders of a pair are one and the same comparison: it is checked that they agree,
        and each is counted once. Otherwise they are two comparisons.
    metric, label_source, model, model_digest, nan, delimiter
        As in `ScoresSpec`.
    """

    file: str
    key: str
    rows: str
    columns: str
    people: LabelColumns
    symmetric: bool
    metric: Metric
    label_source: str
    model: str
    model_digest: str
    nan: Fault
    delimiter: str


ABOUT = ("label_source", "model", "model_digest", "delimiter")


def vectors_spec(keys: Keys) -> VectorsSpec:
    """Read the table ``[data.vectors]``.

    Raises
    ------
    InputError
        Naming the file and the key that is unknown, missing or wrong.
    """
    keys.only(("file", "labels", "metric", "normalize", "duplicates", "columns", *ABOUT))
    columns = keys.table("columns")
    columns.only(("vector", "subject", "template", *LABELS, "label_source"))
    file, labels = keys.text("file"), keys.text("labels", "")
    if file.endswith(".npy") != bool(labels):
        keys.refuse("labels", "goes with an .npy file of vectors, and only with that")
    metric = Metric(_choice(keys, "metric", VECTOR_METRICS))
    normalize = keys.flag("normalize", default=False)
    if normalize and metric is not Metric.COSINE:
        keys.refuse("normalize", "is for metric cosine: it would change euclidean distances")
    return VectorsSpec(
        file=file,
        labels=labels,
        vector=columns.text("vector", "" if labels else None),
        columns=_columns(columns, subject=True),
        metric=metric,
        normalize=normalize,
        duplicates=_fault(keys, "duplicates", tuple(Fault)),
        **_about(keys),
    )


def scores_spec(keys: Keys) -> ScoresSpec:
    """Read the table ``[data.scores]``.

    Raises
    ------
    InputError
        Naming the file and the key that is unknown, missing or wrong.
    """
    keys.only(("file", "files", "direction", "mated_yes", "mated_no", "nan", "duplicates", "columns", *ABOUT))
    columns = keys.table("columns")
    both = [f"{side}_{what}" for side in SIDES for what in ("subject", "template", "group", *LABELS)]
    columns.only(("score", "mated", "group", *both))
    files = _files(keys)
    if keys.has("mated_yes") != keys.has("mated_no"):
        keys.refuse("mated_yes", "and mated_no go together: give both or neither")
    first, second = (_side(columns, side) for side in SIDES)
    _require_sides_agree(columns, first, second)
    if not columns.has("mated") and not first.subject:
        columns.refuse("mated", "is missing; wanted it, or first_subject and second_subject")
    if first.template and not first.subject:
        columns.refuse("first_template", "wants first_subject too: a template belongs to a person")
    if files[0].group and (first.group or first.labels):
        columns.refuse("group", "is given by the files; take either files with a group or columns")
    return ScoresSpec(
        files=files,
        score=columns.text("score"),
        mated=columns.text("mated", ""),
        mated_yes=keys.text("mated_yes", ""),
        mated_no=keys.text("mated_no", ""),
        first=first,
        second=second,
        metric=_direction(keys),
        nan=_fault(keys, "nan", (Fault.STOP, Fault.LEAVE_OUT)),
        duplicates=_fault(keys, "duplicates", tuple(Fault)),
        **_about(keys),
    )


def matrix_spec(keys: Keys) -> MatrixSpec:
    """Read the table ``[data.matrix]``.

    Raises
    ------
    InputError
        Naming the file and the key that is unknown, missing or wrong.
    """
    keys.only(
        ("file", "key", "rows", "columns", "symmetric", "direction", "nan", "people", *ABOUT),
    )
    people = keys.table("people")
    people.only(("subject", "template", "group", *LABELS))
    file, columns = keys.text("file"), keys.text("columns", "")
    symmetric = keys.flag("symmetric", default=False)
    if symmetric and columns:
        keys.refuse("symmetric", "is for a square matrix with one list; here columns is given too")
    if file.endswith(".npz") != keys.has("key"):
        keys.refuse("key", "names the array in an .npz file, and goes only with that")
    spec = MatrixSpec(
        file=file,
        key=keys.text("key", ""),
        rows=keys.text("rows"),
        columns=columns,
        people=_columns(people, subject=True),
        symmetric=symmetric,
        metric=_direction(keys),
        nan=_fault(keys, "nan", (Fault.STOP, Fault.LEAVE_OUT)),
        **_about(keys),
    )
    if spec.people.group and spec.people.labels:
        people.refuse("group", "is a ready-made group: give it, or labels, not both")
    return spec


def _about(keys: Keys) -> dict[str, str]:
    """Take what any input may say of itself."""
    delimiter = keys.text("delimiter", ",")
    if len(delimiter) != 1 or delimiter in '"\r\n':
        keys.refuse("delimiter", f"is {delimiter[:10]!r}, wanted one character, such as ';' or '\\t'")
    return {
        "label_source": keys.text("label_source", NOT_RECORDED),
        "model": keys.text("model", ""),
        "model_digest": keys.text("model_digest", ""),
        "delimiter": delimiter,
    }


def _files(keys: Keys) -> tuple[ScoreFile, ...]:
    """Take the one file, or the files with a group each (or none of them with one)."""
    if keys.has("file") == keys.has("files"):
        keys.refuse("file", "or [[files]]: wanted exactly one of the two")
    if keys.has("file"):
        return (ScoreFile(keys.text("file"), ""),)
    files = []
    for table in keys.tables("files"):
        table.only(("file", "group"))
        files.append(ScoreFile(table.text("file"), table.text("group", "")))
    if len({bool(one.group) for one in files}) != 1:
        keys.refuse("files", "wants a group on each file, or on none")
    if len({one.file for one in files}) != len(files):
        keys.refuse("files", "names a file twice")
    return tuple(files)


def _side(columns: Keys, side: str) -> LabelColumns:
    """Take the columns of one side; the pair's own group counts for both."""
    taken = {what: columns.text(f"{side}_{what}", "") for what in ("subject", "template", "group", *LABELS)}
    if columns.has("group"):
        if taken["group"]:
            columns.refuse("group", "is the group of both sides: give it, or one a side, not both")
        taken["group"] = columns.text("group")
    side_columns = LabelColumns(**taken)
    if side_columns.group and side_columns.labels:
        columns.refuse("group", "is a ready-made group: give it, or labels a side, not both")
    return side_columns


def _require_sides_agree(columns: Keys, first: LabelColumns, second: LabelColumns) -> None:
    """Refuse a column that stands on one side only: the other side would be unknown throughout."""
    one_sided = set(first.named) ^ set(second.named)
    for what in sorted(one_sided):
        side = "second" if what in first.named else "first"
        columns.refuse(f"{side}_{what}", "is missing: the other side has one, wanted both or neither")


def _columns(columns: Keys, *, subject: bool) -> LabelColumns:
    """Take the columns that are named."""
    taken = {what: columns.text(what, "") for what in LabelColumns.__slots__ if columns.has(what)}
    if subject and not taken.get("subject"):
        columns.refuse("subject", "is missing; wanted the name of the column that tells people apart")
    return LabelColumns(**taken)


def _choice(keys: Keys, key: str, known: Iterable[str], default: str | None = None) -> str:
    """Take one of a few words."""
    words = [str(word) for word in known]
    wanted = " or ".join(repr(word) for word in words)
    if default is None and not keys.has(key):
        keys.refuse(key, f"is missing; wanted {wanted}")
    value = keys.text(key, default)
    if value not in words:
        keys.refuse(key, f"is {value[:40]!r}, wanted {wanted}")
    return value


def _direction(keys: Keys) -> Metric:
    """Take which way scores run: it is never guessed."""
    similarity = _choice(keys, "direction", ("similarity", "distance")) == "similarity"
    return Metric.SIMILARITY if similarity else Metric.EUCLIDEAN


def _fault(keys: Keys, key: str, allowed: tuple[Fault, ...]) -> Fault:
    """Take what is done with rows at fault; by default the run stops."""
    return Fault(_choice(keys, key, allowed, Fault.STOP))
