"""Reports over the network: the public's from the public part, sealed ones for those who look in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from reading_room import Room, reading_room

from facegate.oversight.log_reader import OwnLog
from facegate.oversight.registry import KINDS, report_kind
from facegate.oversight.report import Period
from facegate.oversight.report_form import encode_report, parse_report
from facegate.oversight.verify_report import make_report
from facegate.server.acts import reports
from facegate.server.acts.makings import Lane
from facegate.server.acts.reports import MAKINGS, PublicPart
from facegate.server.api.accepting import wants_text
from facegate.server.config import parse_config
from facegate.server.edge.settings import JSON_BODY, EdgeSettings, edge_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

YEAR = {"from": "2026-01-01", "to": "2026-12-31"}
SEALED = sorted(one.name for one in KINDS if one.needs_openings)
OPEN = sorted(one.name for one in KINDS if not one.needs_openings)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


def test_anybody_lists_the_reports(room: Room) -> None:
    assert len(room.as_().get("/v1/reports").json()["reports"]) == len(KINDS)


@pytest.mark.parametrize("name", OPEN)
def test_a_report_of_the_public_part_is_anybodys(room: Room, name: str) -> None:
    answer = room.as_().get(f"/v1/reports/{name}", params=YEAR)
    assert answer.status_code == 200, answer.text
    report = parse_report(answer.content)
    assert (report.name, report.public, report.needs_openings) == (name, True, False)


@pytest.mark.parametrize("name", SEALED)
@pytest.mark.parametrize(("who", "status"), [("", 401), ("administrator", 403), ("supervisor", 403)])
def test_a_report_that_reads_sealed_fields_is_opened_for_nobody_else(
    room: Room, name: str, who: str, status: int
) -> None:
    answer = room.as_(who).get(f"/v1/reports/{name}", params={**YEAR, "masked": "true"})
    assert answer.status_code == status


@pytest.mark.parametrize("who", ["auditor", "misuse-officer"])
def test_those_who_look_in_read_it_whole(room: Room, who: str) -> None:
    report = parse_report(room.as_(who).get("/v1/reports/training", params=YEAR).content)
    assert (report.needs_openings, report.public) == (True, False)


def test_the_masked_form_of_a_year_that_is_not_over_is_refused_in_words(room: Room) -> None:
    answer = room.as_("auditor").get("/v1/reports/md-510", params={**YEAR, "masked": "true"})
    assert answer.status_code == 422
    assert "once the year 2026 is over" in answer.json()["detail"]


def test_what_the_service_makes_is_byte_for_byte_what_the_command_makes(room: Room) -> None:
    log = OwnLog(room.service.desk.home.log)
    made = encode_report(make_report(report_kind("searches"), log, Period.year(2026), public=True))
    assert room.as_().get("/v1/reports/searches", params=YEAR).content == made


def test_plain_text_is_given_to_whoever_accepts_it(room: Room) -> None:
    answer = room.as_().get("/v1/reports/searches", params=YEAR, headers={"Accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert not answer.text.startswith("{")


def test_the_public_part_opens_nothing_even_where_the_openings_lie(room: Room) -> None:
    part = PublicPart(room.service.desk.home.log)
    assert not part.opened
    assert all(not one.sealed for one in part.events(part.name_and_size()[1]))


@pytest.mark.parametrize(
    "days",
    [
        {},
        {"from": "2026-01-01"},
        {"from": "2026-02-30", "to": "2026-12-31"},
        {"from": "2026-06-01", "to": "2026-01-01"},
        {"from": "0", "to": "2026-12-31"},
        {"from": "2026-01-01T00:00:00", "to": "2026-12-31"},
        {"from": "2026-01-01", "to": "9999-12-31"},
        {**YEAR, "size": "-1"},
        {**YEAR, "size": "999999"},
    ],
)
def test_days_and_sizes_that_are_none_are_refused(room: Room, days: dict[str, str]) -> None:
    assert room.as_().get("/v1/reports/searches", params=days).status_code == 422


def test_a_report_that_is_none_is_not_there(room: Room) -> None:
    assert room.as_("auditor").get("/v1/reports/weather", params=YEAR).status_code == 404


def test_a_report_that_follows_from_the_log_is_told_to_hold(room: Room) -> None:
    report = room.as_().get("/v1/reports/searches", params=YEAR).content
    answer = room.as_().post(
        "/v1/reports/verify", content=report, headers={"Content-Type": "application/json"}
    )
    assert (answer.json()["holds"], answer.json()["name"], answer.json()["say"]) == (True, "searches", None)


def test_a_report_with_one_word_changed_is_told_the_first_difference(room: Room) -> None:
    report = (
        room.as_().get("/v1/reports/searches", params=YEAR).content.replace(b"at any time", b"at no time")
    )
    changed = report.replace(b'"title":"', b'"title":"Not ', 1)
    answer = room.as_().post(
        "/v1/reports/verify", content=changed, headers={"Content-Type": "application/json"}
    )
    assert not answer.json()["holds"]
    assert "title" in answer.json()["say"] or "due" in answer.json()["say"]


def test_what_is_no_report_is_told_not_to_hold(room: Room) -> None:
    answer = room.as_().post("/v1/reports/verify", json={"name": "searches"})
    assert (answer.status_code, answer.json()["holds"]) == (200, False)
    assert room.as_().post("/v1/reports/verify", content=b"x").status_code == 415


def test_the_edge_and_the_route_take_a_report_of_one_size() -> None:
    assert EdgeSettings().body_limit("/v1/reports/verify") == JSON_BODY


def test_a_report_that_is_too_large_is_read_no_further(room: Room) -> None:
    spaced = b" " * JSON_BODY
    for size, status in ((JSON_BODY, 200), (JSON_BODY + 1, 413)):
        data = (b"{}" + spaced)[:size]
        answer = room.as_().post(
            "/v1/reports/verify", content=data, headers={"Content-Type": "application/json"}
        )
        assert answer.status_code == status


def test_reports_are_counted_as_heavy_for_whoever_asks() -> None:
    settings = edge_settings(parse_config("[rate_limits]\nheavy_minute = 3\n", Path("/home")))
    assert settings.quotas["report"].requests == settings.address_quotas["report"].requests == 3


@pytest.mark.parametrize(("who", "status"), [("", 401), ("administrator", 403), ("auditor", 200)])
def test_verifying_is_no_way_to_guess_what_is_sealed(room: Room, who: str, status: int) -> None:
    sealed = room.as_("auditor").get("/v1/reports/training", params=YEAR).content
    answer = room.as_(who).post(
        "/v1/reports/verify", content=sealed, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("accept", "text"),
    [
        ("", False),
        ("*/*", False),
        ("text/plain", True),
        ("text/*", True),
        ("application/json;q=0.1, text/plain", True),
        ("text/plain;q=0.1, application/json", False),
        ("text/plain;q=x", False),
        ("text/html, */*;q=0.1", False),
    ],
)
def test_of_two_forms_the_one_wanted_more_is_given(accept: str, *, text: bool) -> None:
    assert wants_text(accept) is text


def test_strangers_find_their_places_taken_while_others_and_what_is_kept_go_on(room: Room) -> None:
    kept = room.as_().get("/v1/reports/searches", params=YEAR)
    another = {**YEAR, "from": "2026-01-02"}
    with MAKINGS.place(Lane.PUBLIC), MAKINGS.place(Lane.PUBLIC):
        answer = room.as_().get("/v1/reports/searches", params=another)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        sent = room.as_().post(
            "/v1/reports/verify", content=kept.content, headers={"Content-Type": "application/json"}
        )
        assert sent.status_code == 503
        assert room.as_().get("/v1/reports/searches", params=YEAR).content == kept.content
        assert room.as_("auditor").get("/v1/reports/searches", params=another).status_code == 200
    assert room.as_().get("/v1/reports/searches", params=another).status_code == 200


def test_a_past_size_gives_strangers_the_same_report_as_then(room: Room) -> None:
    then = room.as_().get("/v1/reports/searches", params=YEAR).content
    size = parse_report(then).log.size
    room.service.desk.ledger.record("explain", at=room.service.desk.clock(), public={}, sealed={})
    assert room.as_().get("/v1/reports/searches", params={**YEAR, "size": size}).content == then


def test_a_stranger_is_given_what_is_published_so_that_he_can_make_it_again(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = room.service.desk.ledger.log.size
    monkeypatch.setattr(reports, "published_size", lambda _: whole - 1)
    given = [
        parse_report(room.as_(who).get("/v1/reports/searches", params=YEAR).content).log.size
        for who in ("", "auditor")
    ]
    assert given == [whole - 1, whole]
