"""The public record's pages: figures, log, verifying, reports and single records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pages_public_room import public_room
from whole_service import browser

from facegate.oversight.report import Period
from facegate.server.acts import log_state, reports
from facegate.server.identity.caller import NOBODY
from facegate.server.publisher import public_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from facegate.server.service import Service

OURS = {"Origin": "http://127.0.0.1:8443"}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, FastAPI]]:
    with public_room(tmp_path_factory.mktemp("oversight")) as made:
        yield made


def test_anybody_sees_the_figures_of_the_same_public_report(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    text = browser(app).get("/oversight").text
    made = reports.make(service, NOBODY, "searches", Period.year(service.desk.clock().year))
    attempts = sum(row[1] for row in made.tables[1].rows if isinstance(row[1], int))
    assert f'<span class="big">{attempts}</span> requests to search' in text
    assert "requests about immigration" in text


def test_requests_about_immigration_stand_there_with_their_zeros(room: tuple[Service, FastAPI]) -> None:
    text = browser(room[1]).get("/oversight").text
    rows = text.split("<caption>Requests about immigration in")[1].split("</table>")[0]
    assert rows.count(">0<") >= 3


def test_the_page_states_size_and_root_of_what_is_published(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    found = log_state.published(service, NOBODY)
    assert found is not None
    text = browser(app).get("/oversight").text
    assert found.root in text
    assert f"<dd>{found.size:,}</dd>" in text


def test_verifying_says_what_was_checked_and_what_not(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1]).post("/oversight/verify", headers=OURS)
    assert answer.status_code == 200
    assert "The published log holds" in answer.text
    assert "What was not checked" in answer.text
    assert "facegate log verify http://127.0.0.1:8443/log --key keys.txt" in answer.text


def test_another_sites_page_cannot_have_it_verified(room: tuple[Service, FastAPI]) -> None:
    assert (
        browser(room[1]).post("/oversight/verify", headers={"Origin": "https://evil.example"}).status_code
        == 403
    )


def test_verifying_is_limited_as_signing_in_is(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1]).post("/oversight/verify", headers=OURS)
    assert '"login"' in answer.headers["RateLimit-Policy"]


def test_the_keys_are_those_that_verifiers_take(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    keys = service.desk.home.log_keys()
    assert keys is not None
    assert browser(app).get("/oversight/keys.txt").text == "".join(f"{one.line()}\n" for one in keys.vkeys)


def test_a_report_is_shown_and_its_file_is_the_acts_own(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    client = browser(app)
    year = service.desk.clock().year
    shown = client.get("/oversight/reports/searches")
    assert shown.status_code == 200
    assert "How attempts ended" in shown.text
    held = client.get(f"/oversight/reports/searches/file.json?year={year}")
    verified = client.post(
        "/v1/reports/verify", content=held.content, headers={"Content-Type": "application/json"}
    )
    assert verified.json()["holds"] is True


def test_a_report_that_opens_sealed_fields_is_not_for_the_public(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1]).get("/oversight/reports/hit-rate")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=/oversight/reports/hit-rate")


def test_an_auditor_finds_the_reports_that_open_sealed_fields(room: tuple[Service, FastAPI]) -> None:
    auditor = browser(room[1], "auditor")
    assert 'href="/oversight/reports/hit-rate"' in auditor.get("/oversight").text
    assert auditor.get("/oversight/reports/hit-rate").status_code == 200


def test_a_period_that_a_report_is_not_made_for_is_told_on_its_page(room: tuple[Service, FastAPI]) -> None:
    answer = browser(room[1], "auditor").get("/oversight/reports/md-510?masked=true&quarter=")
    assert answer.status_code == 422
    assert "This report was not made" in answer.text


def test_there_is_no_page_for_a_report_of_no_such_name(room: tuple[Service, FastAPI]) -> None:
    assert browser(room[1]).get("/oversight/reports/no-such-report").status_code == 404


def test_a_record_shows_what_is_public_and_names_what_is_sealed(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    sealed = next(entry for entry, _ in service.desk.ledger.log.read(0) if entry.sealed)
    text = browser(app).get(f"/oversight/records/{sealed.seq}").text
    assert sealed.kind in text
    assert all(commitment in text for commitment in sealed.sealed.values())


def test_a_record_that_is_not_published_is_not_there(room: tuple[Service, FastAPI]) -> None:
    assert browser(room[1]).get("/oversight/records/99999999").status_code == 404


def test_a_published_record_that_was_changed_is_named(room: tuple[Service, FastAPI]) -> None:
    service, app = room
    bundle = next((public_folder(service.desk.home) / "tile" / "entries").rglob("*.p/*"))
    kept = bundle.read_bytes()
    try:
        bundle.chmod(0o600)
        bundle.write_bytes(kept.replace(b'"kind":"agency"', b'"kind":"agencY"', 1))
        answer = browser(app).post("/oversight/verify", headers=OURS)
    finally:
        bundle.write_bytes(kept)
    assert "The published log does not hold" in answer.text
    assert str(service.desk.home.folder) not in answer.text
