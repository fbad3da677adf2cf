r"""A synthetic population whose false-match rates are known in advance, exactly.

Used where a truth is needed that no set of photos has (does the benchmark find the planted
rates?), and where nobody's face should be used (speed at a million enrollees). Everything made
from it says SYNTHETIC. It tells nothing about any real group of people or any real algorithm.

**Construction.** In d dimensions take fixed orthonormal axes e_0 (what all faces share) and e_g
(one a group), and m = d - 1 - G dimensions beside them. A photo of a person of group g is

    v = radius * ( sqrt(a_0) e_0 + sqrt(a_g) e_g + sqrt(1 - a_0 - a_g) u )

with u uniform on the unit sphere of those m dimensions. All photos of a person come from one
uniform direction c, each with a w of its own, uniform on the sphere at right angles to c:

    u = rho c + sqrt(1 - rho^2) w

**Two strangers** of groups g and h: each u is uniform, both are independent, so with B the dot
product of two uniform directions in m dimensions, (1 + B)/2 ~ Beta((m-1)/2, (m-1)/2),

    cosine = a_0 + [g = h] a_g + sqrt((1 - a_0 - a_g) (1 - a_0 - a_h)) B

**Two photos of one person**: B is replaced by rho^2 + (1 - rho^2) B', B' in m - 1 dimensions.

Both tails are incomplete beta functions. The Euclidean distance is radius sqrt(2 (1 - cosine)).

**Limits.** Strangers are alike as independent pairs are: nobody here resembles many others (no
"lambs" or "wolves"), so intervals are easier to hold here than on real faces, and a false match of
two photos says little of a third. Vectors are rounded to float32, about 1e-7 of a score.

References
----------
The dot product of uniform directions: K. V. Mardia and P. E. Jupp, *Directional Statistics*
(2000), section 9.3. Counting of strangers' pairs is exact in expectation whatever the photos.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from facegate.datasets.drawing import BLOCK_ROWS, Blocks, VectorRecipe, group_of
from facegate.datasets.sphere import upper_quantile, upper_tail
from facegate.decision import Metric, Threshold, Vectors
from facegate.errors import InputError
from facegate.records import NOT_RECORDED
from facegate.templates import EmbedderInfo, Labels, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

RECIPE = "facegate-synthetic/1"
SYNTHETIC = "SYNTHETIC"
LABEL_SOURCE = "synthetic"
EMBEDDER = "synthetic"
PART_ROWS = 65_536
LEAST_FREE_DIMENSIONS = 3


@dataclass(frozen=True, slots=True)
class PlantedGroup:
    """One group of the population.

    Parameters
    ----------
    race, sex : str
        Labels; invented ones, so that nobody takes them for a finding. Sex is F, M or
        "not recorded".
    n_subjects : int
        People, at least 1.
    false_match_rate : float
        Planted share of comparisons of two strangers of this group that match at the
        population's threshold, in (0, 1).
    """

    race: str
    sex: str
    n_subjects: int
    false_match_rate: float


@dataclass(frozen=True, slots=True)
class SyntheticPopulation:
    """A recipe for people who do not exist, with the rates that follow from it.

    Parameters
    ----------
    name : str
        Short name; the data set is called ``SYNTHETIC <name> (seed <seed>)``.
    groups : tuple of PlantedGroup
        At least one, labels different. Subjects are numbered group by group.
    photos_per_subject : int
        The same for everybody, at least 1.
    planted_at : Threshold
        Threshold at which the groups' rates hold; its metric is the population's.
    common : float
        a_0 in [0, 1): cosine that strangers of unlike groups have on average.
    photo_likeness : float
        rho^2 in (0, 1): how alike two photos of one person are, 0 like strangers', 1 the same.
    dimension : int
        Length of a vector.
    seed : int
        Of all randomness; not negative.
    radius : float, default 1
        Length of every vector; 1 under a cosine metric.

    Raises
    ------
    InputError
        If a number is out of its range, groups repeat, or a planted rate lies below what
        strangers of unlike groups have already.
    """

    name: str
    groups: tuple[PlantedGroup, ...]
    photos_per_subject: int
    planted_at: Threshold
    common: float
    photo_likeness: float
    dimension: int
    seed: int
    radius: float = 1.0
    shares: tuple[float, ...] = field(init=False)
    """a_g of each group, solved from its planted rate."""

    def __post_init__(self) -> None:
        _check_ranges(self)
        shares = tuple(self._solve(group) for group in self.groups)
        object.__setattr__(self, "shares", shares)

    def _solve(self, group: PlantedGroup) -> float:
        """Find a_g: the upper quantile of B at the planted rate must lie at the threshold."""
        quantile = upper_quantile(group.false_match_rate, self._free)
        # cosine = s + (1 - s) B with s = a_0 + a_g; solved for s at the threshold's cosine.
        share = (self._cosine_at(self.planted_at.score) - quantile) / (1.0 - quantile) - self.common
        if share < 0:
            base = upper_tail(
                (self._cosine_at(self.planted_at.score) - self.common) / (1 - self.common), self._free
            )
            msg = (
                f"cannot plant a false match rate of {group.false_match_rate:g}: strangers of unlike groups "
                f"have {base:.3g} already; wanted more than that"
            )
            raise InputError(msg)
        return share

    @property
    def metric(self) -> Metric:
        """How its vectors are compared."""
        return self.planted_at.metric

    @property
    def n_subjects(self) -> int:
        """People in all groups."""
        return sum(group.n_subjects for group in self.groups)

    @property
    def n_templates(self) -> int:
        """Photos, each a template: nothing fails to enroll here."""
        return self.n_subjects * self.photos_per_subject

    @property
    def _sizes(self) -> tuple[int, ...]:
        return tuple(group.n_subjects for group in self.groups)

    @property
    def _free(self) -> int:
        """m: dimensions left for what makes people different."""
        return self.dimension - 1 - len(self.groups)

    @property
    def embedder(self) -> EmbedderInfo:
        """The embedder these vectors pretend to come from: the recipe without seed and counts.

        Two draws of one recipe can be compared with each other, as two photo sets can.
        """
        recipe = {
            "recipe": RECIPE,
            "groups": [(group.race, group.sex, group.false_match_rate) for group in self.groups],
            "planted_at": asdict(self.planted_at),
            "common": self.common,
            "photo_likeness": self.photo_likeness,
            "dimension": self.dimension,
            "radius": self.radius,
        }
        return EmbedderInfo(EMBEDDER, _digest(recipe), self.dimension, self.metric)

    @property
    def origin(self) -> Origin:
        """Name, digest over the whole recipe with seed and counts, and the word SYNTHETIC."""
        return Origin(
            dataset=f"{SYNTHETIC} {self.name} (seed {self.seed})",
            dataset_digest=_digest({"recipe": RECIPE, "block_rows": BLOCK_ROWS, **asdict(self)}),
            synthetic=True,
            tool_version=tool_version(),
        )

    def false_match_rate(self, first: int, second: int, threshold: Threshold) -> float:
        """Compute the exact false match rate of strangers of two groups.

        Parameters
        ----------
        first, second : int
            Positions in ``groups``; the same for strangers of one group.
        threshold : Threshold
            Of the population's metric.

        Returns
        -------
        float
            Chance that two photos of two different people match, in [0, 1].
        """
        together = self.common + (self.shares[first] if first == second else 0.0)
        spread = math.sqrt(self._apart(first) * self._apart(second))
        return upper_tail((self._cosine_of(threshold) - together) / spread, self._free)

    def false_non_match_rate(self, threshold: Threshold, group: int | None = None) -> float:
        """Compute the exact false non-match rate of two photos of one person.

        Parameters
        ----------
        threshold : Threshold
            Of the population's metric.
        group : int, optional
            Position in ``groups``; left out, the rate over everybody, each person weighing
            the same.

        Returns
        -------
        float
            Chance that two photos of one person do not match, in [0, 1].
        """
        if group is None:
            rates = [self.false_non_match_rate(threshold, position) for position in range(len(self.groups))]
            weights = [one.n_subjects for one in self.groups]
            return float(np.average(rates, weights=weights))
        alike = 1.0 - self._apart(group)
        between = (self._cosine_of(threshold) - alike) / self._apart(group)
        noise = (between - self.photo_likeness) / (1.0 - self.photo_likeness)
        return upper_tail(-noise, self._free - 1)

    def overall_false_match_rate(self, threshold: Threshold) -> float:
        """Compute the exact false match rate over all pairs of different people.

        Parameters
        ----------
        threshold : Threshold
            Of the population's metric.

        Returns
        -------
        float
            Mean over all pairs of two people, each pair weighing the same.

        Raises
        ------
        InputError
            If there is only one person.
        """
        pairs = self.person_pairs()
        if not pairs.any():
            msg = "one person has no strangers; wanted at least two people"
            raise InputError(msg)
        positions = range(len(self.groups))
        rates = np.array([[self.false_match_rate(g, h, threshold) for h in positions] for g in positions])
        return float(np.average(rates, weights=pairs))

    def person_pairs(self) -> NDArray[np.float64]:
        """Count the pairs of different people by group pair.

        Returns
        -------
        ndarray of shape (n_groups, n_groups), float64
            Symmetric; a pair of two groups stands half in each of its two cells, so that
            the whole adds up to all pairs of people.
        """
        people = np.array([group.n_subjects for group in self.groups], dtype=np.float64)
        return np.asarray((np.outer(people, people) - np.diag(people)) / 2)

    def draw(self, embedder: EmbedderInfo | None = None) -> TemplateSet:
        """Draw everybody at once; see `draw_parts`."""
        return next(self.draw_parts(self.n_templates, embedder=embedder))

    def draw_parts(
        self, rows: int = PART_ROWS, *, embedder: EmbedderInfo | None = None
    ) -> Iterator[TemplateSet]:
        """Draw part after part, so that memory does not grow with the population.

        Parameters
        ----------
        rows : int
            Templates a part; the last one may be shorter. Vectors do not depend on it.
        embedder : EmbedderInfo, optional
            A real embedder in whose space to draw, so that these templates can be enrolled
            beside real ones; the population's own by default.

        Yields
        ------
        TemplateSet
            Subjects ``synthetic-0000001`` and on, templates ``synthetic-0000001/0`` and on.

        Raises
        ------
        InputError
            If a part has no rows, or the embedder has another dimension or metric.
        """
        info = embedder or self.embedder
        if rows < 1:
            msg = f"a part needs at least 1 row, got {rows}"
            raise InputError(msg)
        if (info.dimension, info.metric) != (self.dimension, self.metric):
            msg = (
                f"embedder {info.name} makes {info.dimension} components compared by {info.metric}; "
                f"the population has {self.dimension} compared by {self.metric}"
            )
            raise InputError(msg)
        return self._parts(rows, info)

    def _parts(self, rows: int, embedder: EmbedderInfo) -> Iterator[TemplateSet]:
        origin = self.origin
        blocks = Blocks(
            VectorRecipe(
                sizes=self._sizes,
                shares=self.shares,
                photos_per_subject=self.photos_per_subject,
                common=self.common,
                photo_likeness=self.photo_likeness,
                dimension=self.dimension,
                radius=self.radius,
                seed=self.seed,
            )
        )
        for start in range(0, self.n_templates, rows):
            stop = min(start + rows, self.n_templates)
            yield self._labeled(start, blocks.rows(start, stop), embedder, origin)

    def _labeled(self, start: int, vectors: Vectors, embedder: EmbedderInfo, origin: Origin) -> TemplateSet:
        n_rows = len(vectors)
        number, photo = np.divmod(np.arange(start, start + n_rows), self.photos_per_subject)
        group = group_of(number, self._sizes)
        subject_id = [f"synthetic-{one + 1:07d}" for one in number.tolist()]
        template_id = [f"{one}/{shot}" for one, shot in zip(subject_id, photo.tolist(), strict=True)]
        return TemplateSet(
            embedder=embedder,
            origin=origin,
            template_id=np.array(template_id, dtype=object),
            subject_id=np.array(subject_id, dtype=object),
            photo_digest=_same("", n_rows),
            sex=np.array([one.sex for one in self.groups], dtype=object)[group],
            race=np.array([one.race for one in self.groups], dtype=object)[group],
            age_class=_same(NOT_RECORDED, n_rows),
            label_source=_same(LABEL_SOURCE, n_rows),
            failure=_same("", n_rows),
            quality=np.full(n_rows, np.nan, dtype=np.float32),
            vectors=vectors,
        )

    def _apart(self, group: int) -> float:
        """Return 1 - a_0 - a_g, the share of a vector's square length that tells people apart."""
        return 1.0 - self.common - self.shares[group]

    def _cosine_of(self, threshold: Threshold) -> float:
        if threshold.metric is not self.metric:
            msg = f"the threshold is for {threshold.metric} scores, the population has {self.metric}"
            raise InputError(msg)
        return self._cosine_at(threshold.score)

    def _cosine_at(self, score: float) -> float:
        """Cosine at which a comparison has this score; infinite where none has."""
        if self.metric is Metric.COSINE:
            return score
        distance = 1.0 - score
        return 1.0 - distance**2 / (2 * self.radius**2) if distance >= 0 else math.inf


def _same(text: str, n_rows: int) -> Labels:
    return np.full(n_rows, text, dtype=object)


def _digest(recipe: dict[str, object]) -> str:
    return hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()


def _check_ranges(population: SyntheticPopulation) -> None:
    """Refuse a recipe that no vectors can follow."""
    groups = population.groups
    labels = {(group.race, group.sex) for group in groups}
    checks = (
        (bool(groups) and len(labels) == len(groups), "groups must be there and have different labels"),
        (all(group.n_subjects >= 1 for group in groups), "every group needs at least 1 subject"),
        (all(0 < group.false_match_rate < 1 for group in groups), "planted rates must lie in (0, 1)"),
        (all(group.sex in ("F", "M", NOT_RECORDED) for group in groups), "sex must be F, M or not recorded"),
        (population.photos_per_subject >= 1, "every subject needs at least 1 photo"),
        (0 <= population.common < 1, "common must lie in [0, 1)"),
        (0 < population.photo_likeness < 1, "photo_likeness must lie in (0, 1)"),
        (population.seed >= 0, "the seed must not be negative"),
        (0 < population.radius < math.inf, "the radius must be a positive number"),
        (
            population.metric is Metric.EUCLIDEAN or population.radius == 1,
            "vectors compared by cosine have radius 1",
        ),
        (
            population.dimension - 1 - len(groups) >= LEAST_FREE_DIMENSIONS,
            f"dimension must leave {LEAST_FREE_DIMENSIONS} beside one shared and one a group",
        ),
    )
    for holds, wanted in checks:
        if not holds:
            msg = f"synthetic population {population.name!r}: {wanted}"
            raise InputError(msg)
