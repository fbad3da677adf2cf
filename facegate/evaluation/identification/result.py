"""What real searches of a gallery found: false positives, misses, and how they grow with its size.

FPIR, FNIR and SEL are rates of *searches*, never of comparisons.
"""

from dataclasses import dataclass

from facegate.evaluation.rates import Estimate


@dataclass(frozen=True, slots=True)
class MeanPerSearch:
    """A mean number of people per search, with its interval.

    Parameters
    ----------
    total, searches, people : int
        People returned, searches made, different people searched for.
    mean, low, high : float
        Per search, and 95 % over people (clustered by the person searched for).
    """

    total: int
    searches: int
    people: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class GalleryMix:
    """One gallery that was searched.

    Parameters
    ----------
    name : str
        ``as the data``, ``equal groups``, or as the protocol names it.
    how : str
        How its people were chosen, in words.
    operational : bool
        The mix that the protocol declares operational.
    people : dict of str to int
        People enrolled, by group; they add up to N.
    """

    name: str
    how: str
    operational: bool
    people: dict[str, int]

    @property
    def size(self) -> int:
        """N: people enrolled, each once."""
        return sum(self.people.values())


@dataclass(frozen=True, slots=True)
class SearchRates:
    """Rates of one group's searches at one threshold.

    Parameters
    ----------
    mix : str
        Name of the gallery.
    gallery_size : int
        N, people enrolled.
    threshold : str
        Name of the threshold T.
    limit : int
        L, the longest candidate list; it truncates SEL and never FPIR.
    group : str
        Group of the person searched for, or ``everybody``.
    fpir : Estimate or None
        Share of searches for people who are not enrolled that return anybody.
    sel : MeanPerSearch or None
        People returned per such search (selectivity).
    fnir : Estimate or None
        Share of searches for enrolled people whose own entry is not returned within L.
    fnir_rank_one : Estimate or None
        The same where only the first candidate counts.
    """

    mix: str
    gallery_size: int
    threshold: str
    limit: int
    group: str
    fpir: Estimate | None
    sel: MeanPerSearch | None
    fnir: Estimate | None
    fnir_rank_one: Estimate | None


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """FPIR and SEL in a random part of the gallery; measured by real searches.

    Parameters
    ----------
    mix, threshold, group : str
        As in `SearchRates`.
    gallery_size : int
        People in the random sub-gallery.
    fpir : Estimate or None
        At this size.
    sel : MeanPerSearch or None
        At this size, without a limit on the list.
    """

    mix: str
    threshold: str
    group: str
    gallery_size: int
    fpir: Estimate | None
    sel: MeanPerSearch | None


@dataclass(frozen=True, slots=True)
class ModelPoint:
    """A model, not a measurement: what independence would make of the FMR at a gallery size.

    Parameters
    ----------
    threshold, group : str
        As in `SearchRates`; the FMR is the group's against everybody.
    gallery_size : int
        N.
    fpir : float
        1 - (1 - FMR)^N; too high where few people collect the false positives.
    sel : float
        N FMR, right in expectation.
    """

    threshold: str
    group: str
    gallery_size: int
    fpir: float
    sel: float


@dataclass(frozen=True, slots=True)
class IndexRecall:
    """How many of the exact candidates an index returns.

    Parameters
    ----------
    index : str
        Such as ``flat (what serves)`` or ``hnsw``.
    group : str
        Group of the person searched for, or ``everybody``.
    limit : int
        L.
    recall : Estimate or None
        Share of the exact first L candidates that the index returns; None without searches.
    """

    index: str
    group: str
    limit: int
    recall: Estimate | None


@dataclass(frozen=True, slots=True)
class Identification:
    """Everything that searches found.

    Parameters
    ----------
    seed : int
        Of who is enrolled and who is searched for.
    how : str
        Which photo is enrolled and which is searched with, in words.
    mixes : tuple of GalleryMix
        Galleries searched; the operational one first.
    searches : tuple of SearchRates
        At the full size of each gallery.
    growth : tuple of GrowthPoint
        In random sub-galleries.
    model : tuple of ModelPoint
        Up to 27 million people, from the FMR; drawn as a model.
    recall : tuple of IndexRecall
        The index that serves, and any approximate one asked for, against exact search.
    """

    seed: int
    how: str
    mixes: tuple[GalleryMix, ...]
    searches: tuple[SearchRates, ...]
    growth: tuple[GrowthPoint, ...]
    model: tuple[ModelPoint, ...]
    recall: tuple[IndexRecall, ...]
