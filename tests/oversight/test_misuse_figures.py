"""The figures of a year: sums that are checked, percentages from stated counts only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.oversight.misuse.figures import Change, YearFigures, percent, whole_counts
from facegate.oversight.misuse.published_year import parse_published, read_published
from facegate.oversight.misuse.yearly import tables_of

if TYPE_CHECKING:
    from facegate.oversight.report import Table

MINIMAL = 'year = 2020\ntitle = "T"\nsource = "S"\n[cases]\nopened = 3\nconfirmed = 2\npending = 1\n'


def clets() -> dict[str, Table]:
    return {one.name: one for one in tables_of(read_published("clets-2016").year)}


def test_f1_the_clets_year_comes_out_as_published() -> None:
    table = clets()["misuse-cases"]
    assert table.rows == (
        ("opened", 159),
        ("confirmed as misuse", 117),
        ("cleared", None),
        ("pending", 39),
    )
    assert table.notes[0].endswith("159 - 117 - 39 leaves at most 3.")


def test_f1_changes_are_printed_as_stated_and_no_count_is_made_up() -> None:
    last_year, base_year = clets()["misuse-cases"].notes[1:]
    assert last_year == (
        "Cases confirmed, 2016 on 2015: +14.5 % as stated by the source. The source gives no count for 2015, "
        "and no whole count gives it: 102 gives 14.7, 103 gives 13.6. None is made up."
    )
    assert base_year == (
        "Cases confirmed, 2016 on 2011: +50 % as stated by the source. The source gives no count for 2011; "
        "78 gives it exactly, no other whole count does."
    )


def test_f2_the_clets_outcomes_come_out_with_the_gap_of_eleven() -> None:
    table = clets()["misuse-outcomes"]
    assert table.rows == (
        ("resigned or terminated", 27),
        ("misdemeanor", 3),
        ("felony", 3),
        ("no action", 24),
        ("counseling", 28),
        ("other", 21),
        ("no outcome stated", 11),
    )
    assert table.notes[0] == ("The outcomes add up to 106 of 117 confirmed cases: 11 have no stated outcome.")
    assert sum(int(row[1] or 0) for row in table.rows) == 117


def test_f4_the_clets_non_filers_come_out_with_their_years() -> None:
    assert clets()["misuse-non-filers"].rows == (
        ("Los Angeles Police Department", 7),
        ("San Diego County Sheriff", None),
    )


def test_f5_the_clets_repeaters_are_flagged() -> None:
    assert clets()["misuse-repeats"].rows == (
        ("Oakland Police Department", "agency", 17, "not stated"),
        ("Yuba County Probation", "agency", 21, "counseling only, all of them"),
    )


def test_f6_oakland_told_the_state_seventeen_and_the_press_one() -> None:
    [row] = clets()["misuse-two-sources"].rows
    assert row[:4] == ("Oakland Police Department", "cases confirmed", 17, 1)
    assert row[-1] == 16
    assert "16 others said to be pending" in str(row[4])


@pytest.mark.parametrize(
    ("counts", "why"),
    [
        ((10, 5, 3, 3), "opened 10, wanted the sum of confirmed 5, cleared 3 and pending 3"),
        ((3, 3, 1, None), "opened 3, wanted the sum of confirmed 3, cleared not stated and pending 1"),
        ((-1, 0, 0, -1), "whole numbers from 0, got -1"),
    ],
)
def test_cases_that_do_not_add_up_are_refused(counts: tuple[int, int, int, int | None], why: str) -> None:
    with pytest.raises(InputError, match=why):
        YearFigures(2020, *counts)


def test_more_outcomes_than_confirmed_cases_are_refused() -> None:
    with pytest.raises(InputError, match="add up to 3, more than the 2 confirmed"):
        YearFigures(2020, 2, 2, 0, 0, {"felony": 1, "counseling": 2})


def test_an_outcome_of_no_list_is_refused() -> None:
    with pytest.raises(InputError, match="there is no outcome 'forgiven'; there are resigned_or_terminated"):
        YearFigures(2020, 1, 1, 0, 0, {"forgiven": 1})


def test_a_percentage_of_two_counts_is_computed_and_of_zero_is_none() -> None:
    assert Change("Cases", 2020, 3, 2019, 2).sentence() == "Cases, 2020 on 2019: +50.0 % (3 on 2)."
    assert Change("Cases", 2020, 1, 2019, 2).sentence() == "Cases, 2020 on 2019: -50.0 % (1 on 2)."
    assert "there is no percentage of 0" in Change("Cases", 2020, 3, 2019, 0).sentence()


def test_a_year_without_a_count_is_not_recorded() -> None:
    assert "not recorded" in Change("Cases", 2020, 3, 2019, None).sentence()


def test_a_stated_percentage_that_many_counts_give_names_none_of_them() -> None:
    sentence = Change("Cases", 2020, 1000, 2019, None, "0").sentence()
    assert "each from 996 to 1005 gives it, so none is known" in sentence


@settings(deadline=None, max_examples=60)
@given(count=st.integers(1, 3000), base=st.integers(1, 3000), places=st.integers(0, 2))
def test_the_true_base_is_always_among_the_whole_counts_that_give_a_percentage(
    count: int, base: int, places: int
) -> None:
    assume(percent(count, base, places) > -100)  # what is stated as -100 % leaves nothing to divide by
    assert base in whole_counts(count, str(percent(count, base, places)))


@settings(deadline=None, max_examples=60)
@given(count=st.integers(1, 60), stated=st.integers(-80, 300).map(str))
def test_every_whole_count_named_gives_the_percentage_and_its_neighbors_do_not(
    count: int, stated: str
) -> None:
    found = whole_counts(count, stated)
    assert list(found) == [base for base in range(1, 400) if percent(count, base, 0) == int(stated)]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ('title = ""', "title of a published year is a text"),
        ("year = true", "year of a published year is a whole number from 0, got True"),
        ('source = "S"\nwho = "x"', "the file of a published year has no 'who'"),
        ('source = "S"\nchange = 3', r"change of a published year is written \[\[change\]\]"),
        ('source = "S"\noutcomes = 3', "outcomes of a published year is a table, got int"),
        ("source = ", "the published year is no TOML"),
    ],
)
def test_a_published_year_that_is_not_of_its_form_is_one_sentence(change: str, why: str) -> None:
    name = change.partition(" ")[0]
    lines = [change if line.startswith(f"{name} ") else line for line in MINIMAL.splitlines()]
    with pytest.raises(InputError, match=why):
        parse_published("\n".join(lines))


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (
            '[[change]]\nof = "luck"\nbase_year = 2019\n',
            "a change is of opened, confirmed, pending, got 'luck'",
        ),
        ('[[change]]\nof = "opened"\nbase_year = 2019\nstated = 5\n', "is a number in quotes"),
        ('[[change]]\nof = "opened"\nbase_year = 2019\nstated = "x"\n', "is a number such as 14.5, got 'x'"),
        ('[[change]]\nof = "opened"\nbase_year = 2019\nstated = "-100"\n', "a number above -100"),
        *(
            (f'[[change]]\nof = "opened"\nbase_year = 2019\nstated = "{odd}"\n', "is a number such as 14.5")
            for odd in ("1e-400000", "1e400000", "+5", "inf", "0." + "1" * 9, "\N{ARABIC-INDIC DIGIT ONE}")
        ),
        ("[[agency]]\nconfirmed = 3\n", "name of a published year is a text, got None"),
        (
            '[[agency]]\nname = "N"\nopened = -3\n',
            "opened of a published year is a whole number from 0, got -3",
        ),
    ],
)
def test_a_wrong_part_of_a_published_year_is_one_sentence(more: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_published(MINIMAL + more)


def test_a_published_year_that_is_not_there_names_those_that_are() -> None:
    with pytest.raises(InputError, match="no published year 'clets-1999'; there are clets-2016"):
        read_published("clets-1999")
    with pytest.raises(InputError, match="cannot read the published year"):
        read_published("nowhere/at-all.toml")
