"""Statutory reports: what the table of fields asks for comes out, gaps and zeros said as such."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from told_log import EXIGENT, LOG, ORDER, Told

import facegate.oversight.statutory as statutory_package
from facegate.errors import InputError
from facegate.oversight.registry import KINDS, report_kind
from facegate.oversight.report import Period
from facegate.oversight.report_text import report_text
from facegate.oversight.statutory.virginia import Survey
from facegate.oversight.statutory.williams import williams_nil

if TYPE_CHECKING:
    from facegate.audit.canonical import JSONValue
    from facegate.oversight.report import Cell, Report
    from facegate.oversight.report_kind import ReportKind

YEAR = Period.year(2024)
SURVEY = Path(statutory_package.__file__).parent / "va-rd703.toml"


def made(name: str, told: Told, period: Period = YEAR) -> Report:
    return report_kind(name).make(told.events, period, LOG)


def rows(report: Report, table: str) -> tuple[tuple[Cell, ...], ...]:
    return next(one.rows for one in report.tables if one.name == table)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_report_can_be_made_from_an_empty_log(kind: ReportKind) -> None:
    report = kind.make([], YEAR, LOG)
    assert (report.name, report.needs_openings, report.period) == (kind.name, kind.needs_openings, YEAR)
    assert report_text(report)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_authority_says_whether_its_text_was_checked(kind: ReportKind) -> None:
    assert "checked" in kind.authority or "practice" in kind.authority


def test_maryland_counts_by_database_and_crime_and_who_was_acted_on() -> None:
    told = Told("md-2-501")
    told.gallery("dl", owner="A00000001")
    first = told.search("2024-02-03", n_candidates=3)
    told.search("2024-03-03", offense="homicide")
    told.outcome(first, "2024-04-01", "arrest")
    told.person(first, "2024-04-02", "candidate-acted-on", sex="female")
    report = made("md-510", told)
    assert rows(report, "systems") == (("dl", "license photos", "ab" * 8, 2, 2, 0, 1),)
    assert rows(report, "searches-by-crime") == (("dl", "homicide", 1, 1), ("dl", "robbery", 1, 1))
    assert rows(report, "acted-on-by-sex")[0] == ("female", 1, 1)
    assert rows(report, "acted-on-by-sex")[-1] == ("total", 1, 1)


def test_searches_without_any_recorded_outcome_are_not_said_to_have_led_to_nothing() -> None:
    told = Told("md-2-501")
    told.search("2024-02-03", n_candidates=3)
    report = made("md-510", told)
    assert rows(report, "systems")[0][-1] is None
    assert "not recorded" in report_text(report)


def test_people_of_whom_nothing_was_recorded_are_not_zero_people() -> None:
    told = Told("md-2-501")
    search = told.search("2024-02-03", n_candidates=3)
    told.outcome(search, "2024-04-01", "arrest")
    assert rows(made("md-510", told), "acted-on-by-sex")[-1] == ("total", None)


def test_a_search_under_another_law_is_in_no_report_of_this_one() -> None:
    told = Told("co-dmv-2019")
    told.search("2024-02-03")
    assert rows(made("md-510", told), "systems") == ()
    assert rows(made("ma-eopss", told), "requests")[0] == ("requests", 0)


def test_misuse_cases_opened_in_the_year_are_counted_as_they_stand() -> None:
    told = Told("md-2-501")
    case = told.add("misuse-opened", "2024-05-01", agency="A", misuse_class="self_search")
    told.add("misuse-opened", "2024-06-01", agency="A", misuse_class="self_search")
    told.add("misuse-closed", "2025-01-10", misuse=case, state="confirmed")
    expected = (("self search", 2, 1, 0, 1), ("all", 2, 1, 0, 1))
    assert rows(made("md-510", told), "unauthorized") == expected


def judged(
    told: Told, day: str, step: str, days: int, *, number: str = "24CV1", judge: str = "Judge A"
) -> None:
    sealed = {
        "judge": judge,
        "officer": "8841",
        "authorizer": "1120",
        "places": "street camera",
        "number": number,
    }
    told.add("judicial", day, sealed, agency="A00000001", step=step, days=days)


@pytest.mark.parametrize(("name", "state"), [("wa-070-3", "WA"), ("co-308-2", "CO")])
def test_warrants_are_counted_by_judge_with_period_extensions_and_places(name: str, state: str) -> None:
    told = Told()
    told.agency("A00000001", state=state)
    judged(told, "2024-02-01", "applied", 0)
    judged(told, "2024-02-03", "granted", 30)
    judged(told, "2025-03-01", "extended", 10)
    judged(told, "2024-06-01", "applied", 0, number="24CV2", judge="Judge B")
    judged(told, "2024-06-02", "denied", 0, number="24CV2", judge="Judge B")
    report = made(name, told)
    assert rows(report, "judges") == (
        ("Judge A", 1, 1, 0, 0, 0, 1),
        ("Judge B", 1, 0, 0, 1, 0, 0),
        ("all judges", 2, 1, 0, 1, 0, 1),
    )
    assert rows(report, "applications")[0] == (
        "Judge A", "2024-02-01", "granted", 30, "10 days", "A00000001", "8841", "1120", "street camera",
    )  # fmt: skip


def test_a_warrant_in_one_state_is_in_no_report_of_another() -> None:
    told = Told()
    told.agency("A00000001", state="CO")
    judged(told, "2024-02-01", "applied", 0)
    assert rows(made("wa-070-3", told), "applications") == ()


@pytest.mark.parametrize(("name", "state"), [("wa-070-4", "WA"), ("co-308-3", "CO")])
def test_people_named_in_warrants_are_counted_by_agency_and_never_crossed(name: str, state: str) -> None:
    told = Told()
    told.agency("A00000001", state=state)
    for day in ("2024-02-01", "2024-02-02"):
        told.person(told.search(day), day, "warrant-named", sex="female", age="18_24")
    report = made(name, told)
    assert rows(report, "named-by-sex")[0] == ("female", 2, 2)
    assert ("18 to 24", 2, 2) in rows(report, "named-by-age-band")
    assert {len(table.columns) for table in report.tables} == {3}


def test_montana_names_who_asked_the_department_and_leaves_the_vendor_unrecorded() -> None:
    told = Told("mt-44-15")
    told.agency("DOJ000001", agency_class="justice_department", state="MT")
    told.gallery("dl", owner="DOJ000001")
    search = told.search("2024-02-03")
    told.outcome(search, "2024-05-01", "arrest")
    told.outcome(search, "2025-05-01", "conviction")
    report = made("mt-111", told)
    assert rows(report, "local") == (("A00000001", "robbery", 1, 1, 1, 1),)
    assert rows(report, "department-agencies")[0] == ("A00000001", 1, 1, 1, 1)
    assert rows(report, "vendor") == (("warrants", None), ("subpoenas", None))


def test_utah_counts_probable_matches_with_both_their_image_sources() -> None:
    told = Told("ut-77-23e")
    told.gallery("dl", owner="A00000001")
    search = told.search("2024-02-03", n_candidates=4)
    told.reviewed(search, "2024-02-04", n_agreed=2)
    told.search("2024-02-05", n_candidates=1)
    report = made("ut-106", told)
    assert rows(report, "crimes") == (("robbery", 2, 2, 2, 1, 0), ("all", 2, 2, 2, 1, 0))
    assert rows(report, "per-request") == (("0", 0), ("2", 1))
    assert rows(report, "image-sources") == (("dl", "license", "cctv", 2, 1),)


def test_virginia_posts_zeros_where_nothing_was_asked() -> None:
    report = made("va-1apr", Told("va-52-4.5"))
    assert {row[1] for row in rows(report, "queries")} == {0}
    assert rows(report, "queried-by-sex")[-1] == ("total", 0)
    assert rows(report, "unauthorized") == (("all", 0, 0, 0, 0),)


def test_virginia_counts_candidates_leads_and_closed_cases() -> None:
    told = Told("va-52-4.5")
    search = told.search("2024-02-03", n_candidates=4)
    told.released(search, "2024-02-05", n_leads=1)
    told.outcome(search, "2024-03-05", "case-closed")
    told.search("2024-02-04")
    assert [row[1] for row in rows(made("va-1apr", told), "queries")] == [2, 2, 0, 1, 1, 1]


def test_the_virginia_survey_prints_as_it_was_published() -> None:
    assert Survey.read(SURVEY.read_text()).table().rows == (
        ("surveyed", 199, ""),
        ("answered", 164, "82 %"),
        ("answers that could not be used", 10, ""),
        ("analyzed", 154, ""),
        ("reported any use", 0, ""),
    )


def test_a_survey_whose_numbers_do_not_add_up_says_so() -> None:
    text = SURVEY.read_text().replace("analyzed = 154", "analyzed = 155")
    assert Survey.read(text).table().notes[-1] == "164 less 10 is 154, not 155."


@pytest.mark.parametrize(
    "change", [("using = 0", ""), ("using = 0", 'using = "0"'), ("using = 0", "using = ")]
)
def test_a_survey_with_a_field_missing_or_spoiled_is_refused(change: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="no survey"):
        Survey.read(SURVEY.read_text().replace(*change))


def massachusetts() -> Told:
    """Tell the 13 months EOPSS is quoted on: 45 requests, 37 with an order, 7 exigent, one with neither."""
    told = Told("ma-6-220")
    told.agency("MASP00001", agency_class="state_police", state="MA")
    told.gallery("issuance-360", owner="MASP00001", source="Issuance 360")
    for number in range(45):
        grounds: dict[str, object] = dict(ORDER if number < 37 else EXIGENT if number < 44 else {})
        told.search("2023-10-02", gallery="issuance-360", stated=grounds)
    return told


def test_the_massachusetts_figures_come_out_with_their_gap_of_one() -> None:
    period = Period.quarter(2023, 4)
    report = made("ma-eopss", massachusetts(), period)
    assert rows(report, "requests") == (
        ("requests", 45), ("court-ordered", 37), ("exigent", 7), ("neither stated", 1), ("basis erased", 0),
        ("to the FBI", 0),
    )  # fmt: skip
    assert rows(report, "databases") == (("issuance-360", "Issuance 360", 45, 45),)
    gap = "37 court-ordered and 7 exigent make 44 of 45: 1 has no stated basis, 0 cannot be read any more."
    assert gap in report_text(report)


def test_massachusetts_documents_each_search_with_the_requesters_position() -> None:
    told = Told("ma-6-220")
    told.add("officer", "2024-01-01", {"officer": "8841", "rank": "Det."}, agency="A00000001")
    told.gallery("dl", owner="RMV000001")
    told.search("2024-02-03T10:11:12", n_candidates=2, stated=dict(ORDER))
    assert rows(made("ma-eopss-documentation", told), "searches")[0][1:] == (
        "2024-02-03 10:11:12", "A00000001", "8841", "Det.", "robbery", "court order", "RMV000001", "dl", 2,
    )  # fmt: skip


def test_an_erased_basis_is_neither_ordered_nor_missing() -> None:
    told = Told("ma-6-220")
    told.search("2024-02-03")
    told.events[0] = replace(told.events[0], sealed={})
    assert rows(made("ma-eopss", told), "requests")[4] == ("basis erased", 1)


MAINE = {
    2021: [("DE", "police"), ("TX", "police"), ("GA", "police")],
    2022: [("RI", "police"), ("GA", "police"), ("WI", "police"), ("IN", "police"), ("ME", "state_police")],
    2023: [("ME", "medical_examiner"), ("ME", "police"), ("MA", "police"), ("SD", "police"), ("PA", "police"),
           ("US", "federal")],
    2024: [("ME", "police"), ("IL", "police"), ("US", "federal"), ("NY", "police")],
}  # fmt: skip


@pytest.mark.parametrize("year", MAINE)
def test_the_maine_log_lists_who_asked_in_each_year(year: int) -> None:
    told = Told("me-25-6001")
    for one, asked in MAINE.items():
        for number, (state, agency_class) in enumerate(asked):
            ori = f"{state}{one}{number:03}"
            told.agency(ori, state=state, agency_class=agency_class)
            told.search(f"{one}-05-01", agency=ori, agency_class=agency_class)
    report = made("me-6001-log", told, Period.year(year))
    assert sorted((row[1], row[2]) for row in rows(report, "requesters")) == sorted(MAINE[year])
    assert len(rows(report, "log")) == len(MAINE[year])


def test_the_european_report_counts_uses_and_tells_of_no_single_one() -> None:
    told = Told("eu-ai-act")
    told.search("2024-02-03", n_candidates=2)
    told.search("2024-02-04", n_candidates=None, decision="refused")
    report = made("eu-26-10", told)
    assert rows(report, "agencies") == (("A00000001", 2, 1, 1, 0, 1), ("all", 2, 1, 1, 0, 1))
    assert "2024-02" not in report_text(report)
    assert not report.needs_openings


def test_williams_lists_searches_that_found_nobody_or_others_with_their_flaws() -> None:
    told = Told()
    told.search(
        "2024-02-03", threshold="0.5", fmr_at_most="0.001", stated={"probeEdited": True}, flags=["late"]
    )
    one_lead = told.search("2024-02-04", n_candidates=1)
    told.reviewed(one_lead, "2024-02-05", n_agreed=1)
    others = told.search("2024-02-06", n_candidates=3, case="24-2")
    told.reviewed(others, "2024-02-07", n_agreed=1)
    report = made("williams-nil", told)
    assert [(row[1], row[4]) for row in rows(report, "searches")] == [
        ("24-1", "nobody"),
        ("24-2", "2 others beside 1 lead(s)"),
    ]
    assert rows(report, "flaws")[0] == (0, "0.5", "0.001", None, "cctv, edited", None, "late")
    assert rows(report, "cases")[0] == ("A00000001", "24-1", 2, 1, 0)
    assert len(rows(williams_nil(told.events, YEAR, LOG, case_number="24-2"), "searches")) == 1


def test_a_lead_proved_wrong_is_listed_too() -> None:
    told = Told()
    search = told.search("2024-02-04", n_candidates=1)
    told.reviewed(search, "2024-02-05", n_agreed=1)
    told.add("correction", "2024-03-01", search_id=search, decision="allowed", rank=1)
    assert rows(made("williams-nil", told), "searches")[0][-1] == "1 candidates, 1 lead(s) proved wrong"


HAND = "1 search made by hand and entered afterwards; under which law is not stated; not in these tables."


def by_hand(told: Told, entered: str, made_on: str) -> None:
    public: dict[str, JSONValue] = {"way": "telephone", "purpose": "fugitive", "in_time": "no"}
    told.add("late", entered, {"searched_by": "8841"}, agency="A00000001", searched_on=made_on, **public)


@pytest.mark.parametrize(
    "name", ["md-510", "va-1apr", "ma-eopss", "ma-eopss-documentation", "mt-111", "ut-106", "eu-26-10"]
)
def test_searches_by_hand_are_said_to_be_in_no_table(name: str) -> None:
    told = Told()
    by_hand(told, "2025-01-01", "2024-12-31")
    assert HAND in made(name, told).notes
    assert HAND.replace("1 search ", "0 searches ") in made(name, told, Period.year(2025)).notes


def test_the_maine_log_of_all_searches_lists_those_made_by_hand() -> None:
    told = Told("me-25-6001")
    told.agency("A00000001", state="ME")
    told.search("2024-02-03", n_candidates=2)
    by_hand(told, "2024-03-01", "2024-02-01")
    hand, gate = rows(made("me-6001-log", told), "log")
    assert hand == (
        "2024-02-01", 3, "A00000001", "ME", "police", "fugitive", None, None,
        "made by hand, entered afterwards", None,
    )  # fmt: skip
    assert gate[-2:] == ("searched", 2)
    asked = rows(made("me-6001-log", told), "requesters")
    assert ("A00000001", "ME", "police", "fugitive") in asked


def withheld(told: Told, day: str) -> None:
    search = told.search(day, n_candidates=None)
    told.add("result", day, search_id=search, outcome="withheld", n_candidates=0, rules=["X"])


def test_a_search_whose_list_was_withheld_is_counted_as_made_by_every_report() -> None:
    told = Told("va-52-4.5")
    told.search("2024-02-03", n_candidates=2)
    withheld(told, "2024-02-04")
    queries = {row[0]: row[1] for row in rows(made("va-1apr", told), "queries")}
    assert (queries["queries made"], queries["queries made whose list was withheld"]) == (2, 1)
    assert queries["queries made that gave candidates"] == 1
    assert rows(made("eu-26-10", told), "agencies")[-1] == ("all", 2, 0, 2, 1, 1)
    assert rows(made("searches", told), "searches-by-agency")[0][1:5] == (2, 0, 2, 1)


def test_whether_a_withheld_list_held_anybody_is_not_said() -> None:
    told = Told("me-25-6001")
    withheld(told, "2024-02-04")
    assert rows(made("me-6001-log", told), "log")[0][-2:] == ("withheld", "withheld")


def test_a_withheld_list_is_no_open_review() -> None:
    told = Told("ut-77-23e")
    withheld(told, "2024-02-04")
    assert rows(made("ut-106", told), "crimes")[-1] == ("all", 1, 1, 0, 0, 1)
    assert rows(made("ut-106", told), "image-sources") == ()


def test_matches_of_a_source_whose_reviews_are_all_open_are_not_recorded() -> None:
    told = Told("ut-77-23e")
    told.gallery("dl", owner="A00000001")
    told.search("2024-02-03", n_candidates=2)
    assert rows(made("ut-106", told), "image-sources") == (("dl", "license", "cctv", None, 1),)


def test_whom_a_refused_query_was_about_was_not_queried() -> None:
    told = Told("va-52-4.5")
    told.person(told.search("2024-02-03"), "2024-02-04", "probe", sex="female")
    refused = told.search("2024-03-03", n_candidates=None, decision="refused")
    told.add("result", "2024-03-03", search_id=refused, outcome="refused", n_candidates=0)
    told.person(refused, "2024-03-04", "probe")
    assert rows(made("va-1apr", told), "queried-by-sex")[-1] == ("total", 1, 1)


@pytest.mark.parametrize(
    ("name", "law", "keeper"),
    [
        ("ma-eopss", "ma-6-220", "fbi"),
        ("ma-eopss-documentation", "ma-6-220", "fbi"),
        ("mt-111", "mt-44-15", "justice_department"),
        ("md-510", "md-2-501", "fbi"),
        ("ut-106", "ut-77-23e", "fbi"),
        ("me-6001-log", "me-25-6001", "fbi"),
    ],
)
def test_what_the_registers_say_later_changes_no_past_year(name: str, law: str, keeper: str) -> None:
    told = Told(law)
    told.agency("F00000001", agency_class=keeper)
    told.agency("A00000001", state="ME")
    told.gallery("dl", owner="F00000001")
    told.add("officer", "2024-01-01", {"officer": "8841", "rank": "Det."}, agency="A00000001")
    told.reviewed(told.search("2024-02-03", n_candidates=1), "2024-02-04", n_agreed=1)
    before = made(name, told).tables
    told.agency("F00000001", agency_class="police")
    told.agency("A00000001", state="CO")
    told.gallery("dl", owner="A00000001", source="passports", kind="passport")
    told.add("officer", "2025-01-01", {"officer": "8841", "rank": "Sgt."}, agency="A00000001")
    assert made(name, told).tables == before


def test_a_step_that_was_refused_counts_for_nothing() -> None:
    told = Told("va-52-4.5")
    search = told.search("2024-02-03", n_candidates=4)
    told.add("release", "2024-02-05", search_id=search, decision="refused", rule="RV-RATES")
    assert rows(made("va-1apr", told), "queries")[4] == ("queries that gave a lead", 0)
