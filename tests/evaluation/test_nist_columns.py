"""NIST's columns on a table of 50 cells made by hand, against loops over the cells."""

from __future__ import annotations

import math
from itertools import product

import pytest
from small_rates import estimate, group

from facegate.errors import MeasurementError
from facegate.evaluation.nist_columns import nist_columns

REGIONS = ("E.Europe", "W.Africa", "E.Asia", "S.Asia", "C.America")
AGES = ("(12-20]", "(20-35]", "(35-50]", "(50-65]", "(65-99]")
CELLS = [{"race": r, "sex": s, "age_class": a} for r, a, s in product(REGIONS, AGES, "FM")]
# Any uneven table will do: no two cells alike, women and old people and W.Africa higher.
EVENTS = [
    10
    + 7 * k % 11
    + 90 * (cell["race"] == "W.Africa")
    + 30 * (cell["sex"] == "F")
    + 40 * (cell["age_class"] == "(65-99]")
    for k, cell in enumerate(CELLS)
]
MISSES = [5 + k % 9 for k in range(50)]
GROUPS = [
    group(
        f"{cell['race']} {cell['sex']} {cell['age_class']}",
        estimate(events, 1_000_000, people=60),
        estimate(missed, 1000),
    )
    for cell, events, missed in zip(CELLS, EVENTS, MISSES, strict=True)
]
OVERALL = group("everybody", estimate(99, 10_000_000), estimate(321, 50_000))
FMR = [events / 1_000_000 for events in EVENTS]


def columns(kept: range | list[int] = range(50)) -> dict[str, float | None]:
    found = nist_columns(
        OVERALL, [GROUPS[k] for k in kept], [CELLS[k] for k in kept], reference="E.Europe M (20-35]"
    )
    return {one.name: one.value for one in found}


def slow_mean(label: str, value: str) -> float:
    chosen = [x for x, cell in zip(FMR, CELLS, strict=True) if cell[label] == value]
    return float(math.prod(x ** (1 / len(chosen)) for x in chosen))


def test_every_column_of_both_tables_is_there_once_and_in_order() -> None:
    assert list(columns()) == [
        "FNMR Overall",
        *(f"FMR {name}" for name in ("Min", "Max", "Max/Min", "Max/Mean", "Max/GeoMean", "Vary GeoMean")),
        "FMR Vary Gini",
        *(f"FMR Ratio {region} E.Europe" for region in ("W.Africa", "E.Asia", "S.Asia", "C.America")),
        "FMR Ratio Female Male",
        "FMR Ratio Old Young ((65-99] / (20-35])",
        *(f"FNMR {name}" for name in ("Min", "Max", "Max/Min", "Max-Min", "Max/Mean", "Max/GeoMean")),
        "FNMR Vary GeoMean",
        "FNMR Vary Gini",
    ]


def test_the_columns_over_all_cells_are_those_of_loops() -> None:
    found, n = columns(), len(FMR)
    middle = math.prod(x ** (1 / n) for x in FMR)
    assert found["FMR Min"] == min(FMR)
    assert found["FMR Max"] == max(FMR)
    assert found["FMR Max/Min"] == pytest.approx(max(FMR) / min(FMR))
    assert found["FMR Max/Mean"] == pytest.approx(max(FMR) / (sum(FMR) / n))
    assert found["FMR Max/GeoMean"] == pytest.approx(max(FMR) / middle)
    assert found["FMR Vary GeoMean"] == pytest.approx(sum(abs(math.log10(x / middle)) for x in FMR) / n)
    apart = sum(abs(a - b) for a, b in product(FMR, FMR))
    assert found["FMR Vary Gini"] == pytest.approx(apart / (2 * n * sum(FMR)))


def test_the_false_non_match_columns_are_those_of_their_own_cells() -> None:
    found = columns()
    assert found["FNMR Overall"] == 321 / 50_000
    assert (found["FNMR Min"], found["FNMR Max"]) == (0.005, 0.013)
    assert found["FNMR Max/Min"] == pytest.approx(2.6)
    assert found["FNMR Max-Min"] == pytest.approx(0.008)


@pytest.mark.parametrize(
    ("name", "label", "above", "below"),
    [
        ("FMR Ratio W.Africa E.Europe", "race", "W.Africa", "E.Europe"),
        ("FMR Ratio S.Asia E.Europe", "race", "S.Asia", "E.Europe"),
        ("FMR Ratio Female Male", "sex", "F", "M"),
        ("FMR Ratio Old Young ((65-99] / (20-35])", "age_class", "(65-99]", "(20-35]"),
    ],
)
def test_a_ratio_divides_geometric_means_over_the_other_labels(
    name: str, label: str, above: str, below: str
) -> None:
    assert columns()[name] == pytest.approx(slow_mean(label, above) / slow_mean(label, below))


def test_a_missing_cell_is_missing_on_both_sides_of_a_ratio() -> None:
    gone = CELLS.index({"race": "W.Africa", "sex": "F", "age_class": "(65-99]"})
    found = columns([k for k in range(50) if k != gone])["FMR Ratio W.Africa E.Europe"]
    like = {
        race: [
            x
            for x, cell in zip(FMR, CELLS, strict=True)
            if cell["race"] == race and (cell["sex"], cell["age_class"]) != ("F", "(65-99]")
        ]
        for race in ("W.Africa", "E.Europe")
    }
    means = [math.prod(x ** (1 / 9) for x in like[race]) for race in ("W.Africa", "E.Europe")]
    assert found == pytest.approx(means[0] / means[1])


def named(labels: list[dict[str, str]], events: list[int]) -> dict[str, tuple[float | None, str]]:
    groups = [
        group(" ".join(one.values()), estimate(k, 1000), estimate(5, 100))
        for one, k in zip(labels, events, strict=True)
    ]
    return {
        one.name: (one.value, one.undefined) for one in nist_columns(OVERALL, groups, labels, reference=None)
    }


def test_a_cell_without_false_matches_leaves_its_ratio_undefined_by_name() -> None:
    found = named([{"race": r, "sex": s} for r in ("Black", "White") for s in "FM"], [0, 5, 6, 7])
    assert found["FMR Ratio White Black"] == (None, "Black F: 0 of 1,000 comparisons")
    assert found["FMR Min"] == (0.0, "")


def test_labels_that_make_no_groups_are_named() -> None:
    found = named([{"sex": "F"}, {"sex": "M"}], [10, 5])
    assert found["FMR Ratio Female Male"][0] == pytest.approx(2)
    assert found["FMR Ratio of races"] == (None, "race is not among the labels that make groups")
    assert found["FMR Ratio Old Young"] == (None, "age is not among the labels that make groups")


def test_without_nists_classes_the_oldest_is_divided_by_the_youngest() -> None:
    ages = ["26-35", "over 65", "under 18", "36-45"]
    found = named([{"age_class": age} for age in ages], [10, 40, 8, 12])
    assert found["FMR Ratio Old Young (over 65 / under 18)"][0] == pytest.approx(5)


def test_an_age_class_that_is_no_range_of_years_is_named() -> None:
    found = named([{"age_class": "adult"}, {"age_class": "over 65"}], [10, 40])
    assert found["FMR Ratio Old Young"] == (None, "age class 'adult' is not a range of years")


def test_one_sex_alone_has_no_ratio() -> None:
    found = named([{"race": "Black", "sex": "F"}, {"race": "White", "sex": "F"}], [10, 5])
    assert found["FMR Ratio Female Male"] == (None, "no group of M has people enough")


def test_races_that_share_no_sex_have_no_ratio() -> None:
    found = named([{"race": "Black", "sex": "F"}, {"race": "White", "sex": "M"}], [10, 5])
    assert found["FMR Ratio White Black"] == (None, "no group of the one is like a group of the other")


def test_fewer_than_two_cells_give_no_columns() -> None:
    assert nist_columns(OVERALL, GROUPS[:1], CELLS[:1], reference=None) == ()


def test_cells_and_labels_must_go_together() -> None:
    with pytest.raises(MeasurementError, match="got 2 for 3 groups"):
        nist_columns(OVERALL, GROUPS[:3], CELLS[:2], reference=None)
