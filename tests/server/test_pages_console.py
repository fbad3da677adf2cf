"""The console: the law first, asked before the gate, the photo looked at, a page for every outcome."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from pages_room import TYPED, PagesRoom, pages_room
from ready_home import PHOTO, encoded
from whole_service import csrf

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = re.compile(r'name="photo" value="([0-9a-f]{32})"')


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesRoom]:
    with pages_room(tmp_path_factory.mktemp("console")) as made:
        yield made


@pytest.fixture(scope="module")
def released(room: PagesRoom) -> str:
    return room.released()  # once: the same photo is not searched for without end


def said_at(page: str, field: str) -> str:
    found = re.search(rf'id="law-{field}" data-live>(.*?)</div>', page, re.DOTALL)
    assert found, f"no place for what the law says of {field}"
    return found.group(1).strip()


def test_the_form_has_the_law_in_force_and_puts_aside_what_it_does_not_ask_for(room: PagesRoom) -> None:
    page = room.as_("searcher").get("/console").text
    shown, aside = page.split('<details class="idle"')
    assert 'name="profile" value="co-dmv-2019"' in page
    assert 'id="case_number"' in shown
    assert 'id="suspicion"' in aside
    assert 'id="suspicion"' not in shown


def test_what_the_script_checks_by_itself_is_said_to_be_recorded(room: PagesRoom) -> None:
    text = room.as_("searcher").get("/console").text
    assert 'id="live" aria-describedby="live-hint"' in text
    assert "at most once in five seconds. Every check is recorded." in text


def test_only_what_the_law_demands_is_required(room: PagesRoom) -> None:
    page = room.as_("searcher").get("/console").text
    required = set(re.findall(r'<(?:input|select|textarea) id="(\w+)"[^>]* required>', page))
    assert {"case_number", "offense_code", "approver", "probe_edited", "permit"} <= required
    assert {"purpose", "duty_statement"} <= required  # one rule reads both, and wants both
    assert not {"incident_number", "charge_citation", "suspicion"} & required


def test_a_check_without_a_word_names_the_rule_at_its_field_with_its_citation(room: PagesRoom) -> None:
    page = room.post("/console/check", "searcher", case_number=None, permit=None)
    assert page.status_code == 200
    said = said_at(page.text, "case_number")
    assert "CO-CASE-NUMBER" in said
    assert "Colorado DMV memo" in said
    assert said_at(page.text, "purpose") == ""


def test_a_check_searches_nothing_and_is_on_the_log(room: PagesRoom) -> None:
    before = room.service.desk.ledger.log.size
    page = room.post("/console/check", "searcher").text
    assert "Would be allowed" in page
    assert room.service.desk.ledger.log.size == before + 1
    entry, _ = next(iter(room.service.desk.ledger.log.read(before)))
    assert entry.public["kind"] == "explain"


def test_a_case_that_is_not_registered_is_told_at_the_case_number(room: PagesRoom) -> None:
    page = room.post("/console/check", "searcher", case_number="24-999999").text
    assert "FG-CASE" in said_at(page, "case_number")
    assert 'value="24-999999"' in page


def test_a_limit_that_is_no_number_is_told_at_its_field_and_nothing_is_asked(room: PagesRoom) -> None:
    before = room.service.desk.ledger.log.size
    page = room.post("/console/check", "searcher", candidate_limit="many")
    assert page.status_code == 422
    assert 'href="#field-candidate_limit"' in page.text
    assert "whole number" in page.text
    assert room.service.desk.ledger.log.size == before


def test_the_photo_that_was_looked_at_is_shown_and_searched_with_only_by_its_name(room: PagesRoom) -> None:
    looked = room.post("/console/photo", "searcher", photo=PHOTO).text
    key = KEY.search(looked)
    assert key
    shown = room.as_("searcher").get(f"/console/photo/{key.group(1)}")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    assert "no-store" in shown.headers["cache-control"]
    made = room.post("/console", "searcher")
    assert (made.status_code, 'id="probe-error"' in made.text) == (422, True)  # its name was not sent


def test_a_held_photo_is_searched_with_once_it_is_named(room: PagesRoom) -> None:
    key = KEY.search(room.post("/console/photo", "searcher", photo=PHOTO).text)
    assert key
    fields = {"photo": key.group(1), "permit": room.permit()}
    made = room.as_("searcher").post(
        "/console", data={"profile": "co-dmv-2019", **TYPED, **fields, "csrf": _token(room, "searcher")}
    )
    assert made.status_code == 303
    assert made.headers["location"].startswith("/searches/")


def test_a_held_photo_is_nobody_elses(room: PagesRoom) -> None:
    key = KEY.search(room.post("/console/photo", "searcher", photo=PHOTO).text)
    assert key
    assert room.as_("colleague").get(f"/console/photo/{key.group(1)}").status_code == 404


def test_a_photo_without_a_face_is_told_at_the_photo(room: PagesRoom) -> None:
    gray = encoded(np.full((200, 200, 3), 128, np.uint8))
    page = room.post("/console/photo", "searcher", photo=gray)
    assert page.status_code == 422
    assert 'id="probe-error"' in page.text


def test_a_search_goes_to_its_page_which_shows_how_many_wait_and_nobody(room: PagesRoom) -> None:
    made = room.post("/console", "searcher", photo=PHOTO, permit=room.permit())
    assert made.status_code == 303
    page = room.as_("searcher").get(made.headers["location"]).text
    assert "1 candidate waits" in page
    assert "must not be the only basis for an arrest" in page
    assert "0.90-1.00" not in page
    assert "astronaut" not in page


def test_a_refused_search_comes_back_with_every_rule_its_record_and_what_was_typed(room: PagesRoom) -> None:
    page = room.post("/console", "searcher", photo=PHOTO, permit="none", duty_statement=None)
    text = page.text
    assert page.status_code == 403
    assert "FG-PERMIT" in said_at(text, "permit")
    assert "CO-DUTY" in said_at(text, "duty_statement")
    assert "of the log" in text
    assert 'value="24-88121"' in text
    own = re.search(r'href="(/searches/[0-9a-f-]{36})">This refusal by itself', text)
    assert own
    alone = room.as_("searcher").get(own.group(1)).text
    assert "CO-DUTY" in alone
    assert "C.R.S. 24-72-302(3)" in alone
    assert "duty statement" in alone


def test_a_released_list_shows_bands_and_verdicts_with_the_rates_and_no_photo_unasked(
    room: PagesRoom, released: str
) -> None:
    name = released
    page = room.as_("searcher").get(f"/searches/{name}").text
    assert "0.90-1.00" in page
    assert ">lead</span>" in page
    assert "Of 1,000 searches" in page
    assert "not measurable" in page
    assert "/images/" not in page
    assert f"/reviews/{name}/images/0" in room.as_("searcher").get(f"/searches/{name}?photos=1").text


def test_a_colleague_who_did_not_receive_it_is_told_there_is_nothing(room: PagesRoom, released: str) -> None:
    name = released
    assert room.as_("colleague").get(f"/searches/{name}").status_code == 404
    page = room.as_("supervisor").get(f"/searches/{name}").text
    assert "you are not among them" in page
    assert "0.90-1.00" not in page


def test_evidence_is_recorded_and_a_lineup_is_refused(room: PagesRoom, released: str) -> None:
    name, client = released, room.as_("searcher")
    form = {
        "rank": "1",
        "evidence": "dna",
        "reference": "Lab 26-17",
        "day": f"{room.service.desk.clock():%Y-%m-%d}",
    }
    token = _token(room, "searcher")
    lineup = client.post(f"/searches/{name}/evidence", data={**form, "evidence": "lineup", "csrf": token})
    assert (lineup.status_code, "RV-" in lineup.text) == (403, True)
    done = client.post(f"/searches/{name}/evidence", data={**form, "csrf": token})
    assert done.status_code == 303


def test_a_form_of_another_session_is_refused(room: PagesRoom) -> None:
    assert room.post("/console/check", "searcher", token="0" * 64).status_code == 403
    assert room.post("/console", "searcher", photo=PHOTO, token=_token(room, "colleague")).status_code == 403


@pytest.mark.parametrize("name", ["supervisor", "reviewer", "auditor", "administrator"])
def test_whoever_does_not_search_is_told_so(room: PagesRoom, name: str) -> None:
    page = room.as_(name).get("/console")
    assert page.status_code == 403
    assert "for other work" in page.text


def test_somebody_unknown_is_sent_to_sign_in_and_comes_back(room: PagesRoom) -> None:
    answer = room.as_().get("/console")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=/console")


def test_a_law_that_is_not_here_is_not_found_and_one_not_in_force_says_so(room: PagesRoom) -> None:
    client = room.as_("searcher")
    assert client.get("/console?law=no-such-law").status_code == 404
    assert "not in force here" in client.get("/console?law=wa-43.386").text
    assert "co-dmv-2019" in client.get("/console/laws").text


def test_what_is_typed_is_never_read_as_html(room: PagesRoom) -> None:
    page = room.post("/console/check", "searcher", duty_statement='</textarea><script src="/x">').text
    assert '<script src="/x">' not in page
    assert "&lt;/textarea&gt;" in page


def test_nobody_found_says_that_it_proves_nothing(tmp_path_factory: pytest.TempPathFactory) -> None:
    with pages_room(tmp_path_factory.mktemp("nobody")) as other:
        other.withdraw_everybody()
        name = other.searched()
        page = other.as_("searcher").get(f"/searches/{name}").text
    assert "Nobody was found" in page
    assert "may have missed him" in page


def _token(room: PagesRoom, name: str) -> str:
    return csrf(room.as_(name), "/")
