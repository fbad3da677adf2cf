"""Error rates by group, runs kept here, and what they would mean for one's own numbers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from pages_public_room import public_room
from starlette.datastructures import MutableHeaders
from whole_service import browser

from facegate.server.edge.security_headers import FOR_PAGES, secure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from facegate.server.service import Service


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, FastAPI]]:
    with public_room(tmp_path_factory.mktemp("benchmarks")) as made:
        yield made


def rows_of(text: str) -> dict[str, str]:
    """Give the yearly number of each group."""
    return dict(re.findall(r'<tr><th scope="row">([^<]+)</th><td>([^<]+)</td>', text))


def test_anybody_reads_the_certificates_rates_by_group_with_their_ranges(
    room: tuple[Service, FastAPI],
) -> None:
    text = browser(room[1]).get("/benchmarks").text
    assert "searches for people of the group “F” who are not in a gallery of 1,000 people" in text
    assert "95 %" in text
    assert "unknown, none was made" in text  # the group of which nothing is known says so


def test_measured_searches_are_used_where_the_gallery_is_of_the_measured_size(
    room: tuple[Service, FastAPI],
) -> None:
    answer = browser(room[1]).get("/benchmarks?gallery=1,000&searches=5000&run=first")
    assert rows_of(answer.text)["everybody"] == "150"  # 0.03 a search
    assert "a gallery of exactly 1,000 people" in answer.text


def test_another_size_of_gallery_is_multiplied_and_says_so(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1]).get("/benchmarks?gallery=10000&searches=1000&run=first")
    assert rows_of(answer.text)["everybody"] == "300"
    assert "a gallery of 1,000 people, multiplied" in answer.text


def test_a_group_that_was_never_measured_is_unknown_and_not_zero(room: tuple[Service, FastAPI]) -> None:
    rows = rows_of(browser(room[1]).get("/benchmarks?gallery=1000&searches=1000&run=first").text)
    assert rows["not recorded"] == "unknown"


def test_without_a_run_the_certificate_speaks_for_everybody_only(room: tuple[Service, FastAPI]) -> None:
    rows = rows_of(browser(room[1]).get("/benchmarks?gallery=2000&searches=1000").text)
    assert rows == {"everybody": "60"}


def test_a_table_of_everybody_alone_is_not_called_by_group(room: tuple[Service, FastAPI]) -> None:
    alone = browser(room[1]).get("/benchmarks?gallery=2000&searches=1000").text
    assert "<caption>People wrongly returned in a year, whoever is searched for</caption>" in alone
    grouped = browser(room[1]).get("/benchmarks?gallery=2000&searches=1000&run=first").text
    assert "<caption>People wrongly returned in a year, by group" in grouped


@pytest.mark.parametrize("typed", ["99999999999999999999", "1" + "0" * 13, "1,000,000,000,001"])
def test_a_number_that_is_too_large_is_told_the_largest(room: tuple[Service, FastAPI], typed: str) -> None:
    answer = browser(room[1]).get("/benchmarks", params={"gallery": typed, "searches": "10"})
    assert answer.status_code == 422
    assert "1,000,000,000,000" in answer.text
    assert "no whole number" not in answer.text


@pytest.mark.parametrize("typed", ["none", "-3", "0", "1e6", "9" * 30, "\u0663"])
def test_what_is_no_whole_number_is_told(room: tuple[Service, FastAPI], typed: str) -> None:
    answer = browser(room[1]).get("/benchmarks", params={"gallery": typed, "searches": "10"})
    assert answer.status_code == 422
    assert "wanted" in answer.text


def test_two_runs_stand_side_by_side(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1]).get("/benchmarks/compare?a=first&b=second")
    assert answer.status_code == 200
    assert "False matches (FMR)" in answer.text
    assert "<dt>B</dt><dd>second:" in answer.text


def test_a_report_is_the_file_it_is_and_locked_into_a_sandbox(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    answer = browser(app).get("/benchmarks/runs/first/report")
    kept = (service.desk.home.folder / "results" / "first" / "report.html").read_bytes()
    assert answer.content == kept
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy


@pytest.mark.parametrize(
    "policy",
    [
        "default-src *",
        "sandbox allow-scripts allow-same-origin; default-src 'none'",
        "sandbox allow-scripts; default-src *",
    ],
)
def test_a_policy_that_is_not_locked_in_is_never_let_through(policy: str) -> None:
    headers = MutableHeaders({"content-type": "text/html", "Content-Security-Policy": policy})
    secure(headers, "/benchmarks/runs/first/report", https=False)
    assert headers["Content-Security-Policy"] == FOR_PAGES


def test_every_other_page_keeps_the_policy_of_pages(room: tuple[Service, FastAPI]) -> None:
    assert browser(room[1]).get("/benchmarks").headers["Content-Security-Policy"] == FOR_PAGES


@pytest.mark.parametrize("name", ["nobody", "%2e%2e%2fkeys", "first%2f..%2fsecond", "first/result.json"])
def test_a_name_that_is_no_run_is_not_there(room: tuple[Service, FastAPI], name: str) -> None:
    assert browser(room[1]).get(f"/benchmarks/runs/{name}").status_code == 404


def test_a_link_among_the_runs_is_no_run(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    place = service.desk.home.folder / "results"
    (place / "linked").symlink_to(place / "first")
    try:
        assert browser(app).get("/benchmarks/runs/linked").status_code == 404
    finally:
        (place / "linked").unlink()


def test_a_run_that_cannot_be_read_says_so_and_spoils_nothing(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    place = service.desk.home.folder / "results" / "broken"
    place.mkdir()
    (place / "result.json").write_text("{}")
    try:
        answer = browser(app).get("/benchmarks")
    finally:
        (place / "result.json").unlink()
        place.rmdir()
    assert answer.status_code == 200
    assert "cannot be read by this version" in answer.text
