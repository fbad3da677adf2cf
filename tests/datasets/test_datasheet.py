"""``datasets.md`` says what the loaders find, letter by letter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from small_sets import settings_with_data

from facegate.datasets.check import committed_manifest
from facegate.datasets.labels import read_rows
from facegate.datasets.meds import COLUMNS, FRONTAL
from facegate.datasets.populations import demo_population
from facegate.datasets.registry import DATASETS, known_set, open_dataset, require_folder
from facegate.datasets.summary import group_counts, markdown_counts

DATASHEET = Path(__file__).parents[2] / "datasets.md"


def block(kind: str, name: str) -> str:
    """Return what stands between a pair of markers."""
    text = DATASHEET.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {kind}: {name} -->\n(.*?)<!-- end -->", text, flags=re.DOTALL)
    assert found, f"datasets.md has no {kind} of {name}"
    return found[1]


def planted_table() -> str:
    """Write the demo population's false match rates as a Markdown table."""
    population = demo_population(10_000, 1)
    at = population.planted_at
    names = [f"{group.race} {group.sex}" for group in population.groups]
    lines = ["| FMR of strangers | " + " | ".join(names) + " | FNMR |", "|---|" + "---:|" * (len(names) + 1)]
    for first, name in enumerate(names):
        rates = (population.false_match_rate(first, second, at) for second in range(len(names)))
        fnmr = population.false_non_match_rate(at, first)
        lines.append(f"| {name} | " + " | ".join(f"{rate:.3g}" for rate in (*rates, fnmr)) + " |")
    return "\n".join(lines) + "\n"


@pytest.mark.data
@pytest.mark.parametrize("name", ["lfw", "meds", "meds-all-poses", "london", "utkface"])
def test_the_count_tables_are_what_the_loaders_count(name: str) -> None:
    assert block("counts", name) == markdown_counts(open_dataset(name, settings_with_data()))


def test_the_planted_rates_are_those_of_the_population() -> None:
    assert block("planted", "demo") == planted_table()


@pytest.mark.parametrize("name", ["lfw", "meds", "london", "utkface"])
def test_no_two_photos_of_a_set_are_the_same_file(name: str) -> None:
    digests = [
        digest
        for path, digest in committed_manifest(known_set(name)).digests.items()
        if path.endswith(".jpg")
    ]
    assert len(set(digests)) == len(digests)


@pytest.mark.data
def test_the_years_between_frontal_photos_of_meds_are_those_recorded() -> None:
    ages: dict[str, list[float]] = {}
    rows = read_rows(
        require_folder("meds", settings_with_data()) / "labels.csv", required=COLUMNS, others_allowed=True
    )
    for row in rows:
        if row["label"] == FRONTAL:
            ages.setdefault(row["subject_id"], []).append(float(row["age_phd"]))
    apart = [max(years) - min(years) for years in ages.values() if len(years) > 1]
    assert (round(min(apart), 1), round(max(apart), 1)) == (0.4, 4.8)
    assert "0.4 to 4.8 years" in DATASHEET.read_text(encoding="utf-8")


@pytest.mark.data
def test_the_sentences_about_label_sources_of_lfw_count_right() -> None:
    people: dict[str, int] = {}
    for group in group_counts(open_dataset("lfw", settings_with_data())):
        people[group.label_source] = people.get(group.label_source, 0) + group.n_people
    assert people == {"human": 772, "classifier": 4_054, "not recorded": 923}
    text = DATASHEET.read_text(encoding="utf-8")
    assert all(f"{count:,} people" in text for count in people.values())


def test_every_known_set_has_its_datasheet_with_every_heading() -> None:
    text = DATASHEET.read_text(encoding="utf-8")
    for name in DATASETS:
        assert f"`{name}`" in text
    sections = [
        part for part in text.split("\n## ")[1:] if "SYNTHETIC" not in part and "plain folder" not in part
    ]
    for section in sections:
        for heading in (
            "Who is in it",
            "Who is missing",
            "Consent",
            "License",
            "Labels",
            "Must not be used",
            "How to",
        ):
            assert f"**{heading}" in section, f"{section.splitlines()[0]}: no {heading}"
