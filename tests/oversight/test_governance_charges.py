"""The offense searched for against the offense charged: counted by officer, and not for the public."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oversight_desk import (
    LOG,
    YEAR,
    Story,
    row,
    table,
)
from review_room import DENVER

from facegate.errors import InputError
from facegate.oversight.governance.charged_against_searched import (
    CHARGED_AGAINST_SEARCHED,
    chance_of_more,
    charged_against_searched,
)
from facegate.oversight.masked_report import public_report
from facegate.policy.offenses import OffenseCatalogue


def charged(story: Story, code: str, **changes: str) -> None:
    name = story.search("a", **changes)
    story.add("outcome", sealed={"offense_charged": code}, search_id=name, what="charge", day="2026-03-02")


def test_a_charge_of_another_class_is_counted_against_the_officer_who_searched() -> None:
    story = Story()
    charged(story, "1201")
    charged(story, "2301", sealed_requester="9001")
    story.search("a", sealed_requester="9001")
    report = charged_against_searched(story.events, YEAR, LOG)
    assert table(report, "classes").rows == (
        ("robbery: charged with other offense", 1),
        ("robbery: charged with robbery", 1),
        ("total", 2),
    )
    assert row(report, "officers", f"officer 2 of {DENVER}, another class") == {
        "charged with": f"officer 2 of {DENVER}, another class",
        "searches with a charge": 1,
    }


def test_an_officer_keeps_his_number_from_year_to_year() -> None:
    story = Story(datetime(2025, 5, 1, tzinfo=UTC))
    story.search("a", sealed_requester="first")
    story.time = datetime(2026, 5, 1, tzinfo=UTC)
    charged(story, "1201", sealed_requester="second")
    first = table(charged_against_searched(story.events, YEAR, LOG), "officers").rows[0][0]
    assert first == f"officer 2 of {DENVER}, same class"


def test_what_the_public_log_would_give_away_is_not_made_for_the_public() -> None:
    story = Story()
    for code in ("1201",) * 9 + ("2301",):
        charged(story, code)
    story.time = datetime(2027, 1, 5, tzinfo=UTC)
    story.search("a")  # the year is over
    with pytest.raises(InputError, match="charged-against-searched is not for the public"):
        public_report(CHARGED_AGAINST_SEARCHED, lambda: story.events, YEAR, LOG)


def test_the_report_names_the_catalogue_that_put_charges_into_classes() -> None:
    story = Story()
    charged(story, "1201")
    notes = charged_against_searched(story.events, YEAR, LOG).notes
    assert notes[-1].endswith(f"SHA-256 {OffenseCatalogue.load().digest}.")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_chance_of_any_count_is_one_and_of_more_is_less(data: st.DataObject) -> None:
    everything = data.draw(st.integers(1, 30))
    all_hits, draws = data.draw(st.integers(0, everything)), data.draw(st.integers(0, everything))
    least, most = max(0, draws + all_hits - everything), min(draws, all_hits)
    chances = [chance_of_more(hits, draws, all_hits, everything) for hits in range(least, most + 1)]
    assert chances[0] == 1
    assert chances == sorted(chances, reverse=True)
