"""Approvals: shown after fresh proof, done in the supervisor's name, and nothing typed is lost."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from desk_pages_room import NO_SEARCH, Desks, some_desks, words
from ready_agency import REQUEST
from ready_home import PHOTO
from whole_service import CSRF, PHRASE, csrf

from facegate.server.acts import leads, limits, permits, reviews, searches
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LAW = "/approvals/permits/law/co-dmv-2019"


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with some_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


@pytest.fixture(scope="module")
def released(desks: Desks) -> str:
    name = desks.reviewed()
    reviews.release_to(desks.service, desks.caller("supervisor"), name, to="8841")
    return name


def stated(**changes: str) -> dict[str, str]:
    """Give the request that passes as somebody types it."""
    typed = {name: value for name, value in asdict(REQUEST).items() if value not in (None, ())}
    words_of = {True: "yes", False: "no"}
    flat = {name: words_of[value] if isinstance(value, bool) else str(value) for name, value in typed.items()}
    return {**{name: value for name, value in flat.items() if name != "felony"}, **changes}


def test_the_desk_says_what_waits_and_where_nothing_does(desks: Desks) -> None:
    page = desks.as_("other-supervisor").get("/approvals")
    assert page.status_code == 200
    assert "No reviewed list waits to be released." in words(page)
    assert "No notice is owed." in words(page)


@pytest.mark.parametrize("path", ["/approvals", "/approvals/permits", f"/approvals/releases/{NO_SEARCH}"])
@pytest.mark.parametrize("name", ["searcher", "second", "auditor", "misuse-officer", "administrator"])
def test_only_supervisors_have_this_desk(desks: Desks, name: str, path: str) -> None:
    assert desks.as_(name).get(path).status_code == 403


def test_who_has_another_role_is_told_whose_desk_this_is(desks: Desks) -> None:
    assert "approvals desk is for supervisors" in words(desks.as_("searcher").get("/approvals"))


def test_a_permit_is_issued_for_what_was_stated_and_searches_once(desks: Desks) -> None:
    answer = desks.post("supervisor", LAW, stated(), files={"probe": ("x.png", PHOTO)})
    assert answer.status_code == 303, words(answer)
    page = desks.as_("supervisor").get(answer.headers["location"])
    given = answer.headers["location"].rpartition("/")[2]
    assert given in words(page)
    made = searches.ask(desks.service, desks.caller("searcher"), REQUEST, PHOTO, permit=given)
    assert made.reply.decision == "allowed"


def test_a_permit_the_law_forbids_brings_the_form_back_with_every_rule(desks: Desks) -> None:
    form = stated(case_number="24-999999")
    answer = desks.post("supervisor", LAW, form, files={"probe": ("x.png", PHOTO)})
    assert (answer.status_code, desks.last_record()["kind"]) == (403, "permit-refused")
    assert 'value="24-999999"' in answer.text
    assert all(rule in answer.text for rule in desks.last_record()["rules"])


def test_a_permit_without_its_photo_keeps_what_was_typed(desks: Desks) -> None:
    answer = desks.post("supervisor", LAW, stated())
    assert (answer.status_code, 'href="#field-probe"' in answer.text) == (422, True)
    assert REQUEST.duty_statement is not None
    assert REQUEST.duty_statement in answer.text


def test_a_permit_is_for_somebody(desks: Desks) -> None:
    form = {name: value for name, value in stated().items() if name != "requester"}
    answer = desks.post("supervisor", LAW, form, files={"probe": ("x.png", PHOTO)})
    assert (answer.status_code, "officer id" in words(answer)) == (422, True)


def test_a_list_is_released_to_one_person_under_a_mark(desks: Desks) -> None:
    at = f"/approvals/releases/{desks.reviewed()}"
    assert "1 of 1 candidates" in words(desks.as_("supervisor").get(at))
    answer = desks.post("supervisor", at, {"to": "8841"})
    assert (answer.status_code, answer.headers["location"]) == (303, at)
    assert desks.last_record()["mark"] in desks.as_("supervisor").get(at).text
    again = desks.post("supervisor", at, {"to": "8841"})
    assert (again.status_code, "RV-TWICE" in again.text) == (409, True)


def test_a_lead_proved_wrong_owes_a_notice_until_its_day_is_recorded(desks: Desks, released: str) -> None:
    at = f"/approvals/corrections/{released}"
    wrong = {"rank": "1", "reason": "another_person", "reference": "Lab 7"}
    assert desks.post("supervisor", at, {"rank": "1"}).status_code == 422
    assert desks.post("supervisor", at, wrong).headers["location"] == "/approvals?done=corrected"
    (owed,) = leads.list_notices(desks.service, desks.caller("supervisor"), released)
    notice = f"/approvals/notices/{owed.correction}/{owed.mark}"
    assert notice in desks.as_("supervisor").get("/approvals").text
    assert desks.post("supervisor", notice, {"day": "2099-01-01"}).status_code == 422
    assert desks.post("supervisor", notice, {"day": "2026-11-22"}).status_code == 303
    assert desks.as_("supervisor").get(notice).status_code == 404


def test_what_waits_for_a_supervisor_is_cleared_as_it_was_read(tmp_path: Path) -> None:
    with some_desks(tmp_path) as desks:
        _fourth_variant_is_refused(desks)
        (item,) = limits.list_waiting(desks.service, desks.caller("supervisor"))
        at = f"/approvals/limits/{item.name}"
        assert at in desks.as_("supervisor").get("/approvals").text
        assert "FG-VARIANTS" in words(desks.as_("supervisor").get(at))
        assert desks.post("supervisor", at, {"reason": " \t"}).status_code == 422
        assert desks.post("supervisor", at, {"reason": "new camera angle"}).status_code == 303
        assert desks.as_("supervisor").get(at).status_code == 404


def test_what_can_be_done_stands_beside_what_it_is_about(desks: Desks, released: str) -> None:
    page = desks.as_("supervisor").get("/approvals").text
    assert re.search(
        rf'</th>\s*<td class="words"><a class="short" href="/approvals/releases/{released}">Release again',
        page,
    )
    heads = re.findall(r"<thead><tr>(.*?)</tr>", page)
    with_acts = [re.findall(r">([^<]+)</th>", head) for head in heads if "To do" in head]
    assert with_acts
    assert {names.index("To do") for names in with_acts} == {1}


def test_proof_is_asked_for_before_anything_is_typed(desks: Desks, released: str) -> None:
    at = f"/approvals/releases/{released}"
    desks.make_stale("chief")
    answer = desks.as_("chief").get(at)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/confirm?next={at}")


def test_proof_that_ran_out_keeps_what_was_typed_and_is_taken_with_it(desks: Desks, released: str) -> None:
    at = f"/approvals/releases/{released}"
    form = {"to": "8842", "csrf": csrf(desks.as_("chief"), "/approvals")}
    desks.make_stale("chief")
    stale = desks.as_("chief").post(at, data=form)
    assert (stale.status_code, 'value="8842"' in stale.text, "proof_phrase" in stale.text) == (
        401,
        True,
        True,
    )
    wrong = desks.as_("chief").post(at, data={**form, "proof_phrase": "a guess"})
    assert (wrong.status_code, 'value="8842"' in wrong.text) == (401, True)
    before = desks.service.desk.ledger.log.size
    taken = desks.as_("chief").post(at, data={**form, "proof_phrase": PHRASE})
    assert (taken.status_code, desks.service.desk.ledger.log.size > before) == (303, True)
    assert desks.as_("chief").get("/approvals").status_code == 200


def test_a_form_that_comes_back_after_a_proof_can_be_sent_again(desks: Desks, released: str) -> None:
    at = f"/approvals/releases/{released}"
    form = {"to": "8841", "csrf": csrf(desks.as_("chief"), "/approvals")}
    desks.make_stale("chief")
    twice = desks.as_("chief").post(at, data={**form, "proof_phrase": PHRASE})
    token = CSRF.search(twice.text)
    assert (twice.status_code, token is not None) == (409, True)
    assert token is not None
    again = desks.as_("chief").post(at, data={**form, "csrf": token.group(1)})
    assert (again.status_code, "RV-TWICE" in again.text) == (409, True)


def _fourth_variant_is_refused(desks: Desks) -> None:
    service, supervisor = desks.service, desks.caller("supervisor")
    given = [permits.issue_permit(service, supervisor, REQUEST, PHOTO).permit_id for _ in range(4)]
    for one in given[:3]:
        searches.ask(service, desks.caller("searcher"), REQUEST, PHOTO, permit=one)
    with pytest.raises(Problem, match="FG-VARIANTS"):
        searches.ask(service, desks.caller("searcher"), REQUEST, PHOTO, permit=given[3])
