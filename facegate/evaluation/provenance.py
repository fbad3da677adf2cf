"""What was measured, on what, with what: the part of a result that makes it checkable.

Nothing about the machine is in it: no path, no user, no clock of its own.
"""

from dataclasses import dataclass

from facegate.decision import Metric


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was measured, on what, with what.

    Parameters
    ----------
    dataset, dataset_digest : str
        Name, and SHA-256 (hex) over the photos and labels, over recipe and seed, or over
        the files given.
    synthetic : bool
        No face was involved: the vectors were drawn.
    embedder, embedder_digest : str
        Name, and SHA-256 (hex) over weights and settings; the digest is empty where only
        scores were given, so that nobody can say which model made them.
    metric : Metric
        How templates were compared; how the native value of a score is written.
    protocol_digest : str
        SHA-256 (hex) of the protocol's text.
    command : str
        Command line, with file names and without folders.
    measured_on : str
        Date, ISO 8601, as the caller gave it.
    seed : int or None
        Of drawn data; None if nothing was drawn. What resampling starts from is part of the method.
    versions : dict of str to str
        Tool and libraries.
    """

    dataset: str
    dataset_digest: str
    synthetic: bool
    embedder: str
    embedder_digest: str
    metric: Metric
    protocol_digest: str
    command: str
    measured_on: str
    seed: int | None
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing an input was checked for.

    Parameters
    ----------
    what : str
        Such as ``scores that are not numbers``.
    count : int
        How many were found; 0 is said too.
    treated : str
        What was done with them: ``left out``, ``kept``, ``the run stops``.
    """

    what: str
    count: int
    treated: str


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What was given, checked before anything is computed.

    Parameters
    ----------
    kind : str
        ``photos``, ``templates``, ``synthetic``, ``vectors``, ``scores`` or ``matrix``.
    files : dict of str to str
        Name of each file given, without folders, to its SHA-256 (hex).
    rows : int
        Photos, vectors or scores in it.
    people : int
        Different people; 0 where the input names nobody.
    people_named : bool
        Whether comparisons name the people they join. Where they do not, no interval can
        allow for people who are compared often, and every range is too narrow.
    groups : int
        Different groups, "not recorded" included.
    similarity : bool
        Whether higher scores were more alike in the input; distances were turned round.
    findings : tuple of Finding
        What was checked.
    """

    kind: str
    files: dict[str, str]
    rows: int
    people: int
    people_named: bool
    groups: int
    similarity: bool
    findings: tuple[Finding, ...]
