"""Asking for approval on the pages: one form, no word typed twice, and the same photo from first to last."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from desk_pages_room import NO_SEARCH, Desks, some_desks, words
from pages_room import TYPED
from ready_home import PHOTO, encoded

from facegate.server.acts import permit_asks as acts
from facegate.server.asked_sweeping import book_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response

FACTS = "Seen on camera 7 at 03:12."
FORM = {"profile": "co-dmv-2019", **TYPED, "fact_narrative": FACTS}
del FORM["approver"]
NOBODY = encoded(np.full((200, 200, 3), 128, np.uint8))
PHOTOS = {"probe": ("x.png", PHOTO)}


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with some_desks(tmp_path_factory.mktemp("asked")) as made:
        yield made


@pytest.fixture(autouse=True)
def _nothing_left(desks: Desks) -> Iterator[None]:
    yield
    for one in acts.list_asked(desks.service, desks.caller("supervisor")):
        book_of(desks.service).destroy(one.ask_id)


def ask(desks: Desks, name: str = "searcher", photo: bytes = PHOTO) -> Response:
    """Send the console's form to a supervisor."""
    return desks.post(name, "/console/asked", FORM, of="/console", files={"probe": ("x.png", photo)})


def asked(desks: Desks, name: str = "searcher") -> str:
    """Ask, and give the id."""
    answer = ask(desks, name)
    assert answer.status_code == 303, words(answer)
    return str(answer.headers["location"].removeprefix("/console/asked/"))


def decide(desks: Desks, ask_id: str, what: str, **form: str) -> Response:
    """Answer as the supervisor."""
    at = f"/approvals/asked/{ask_id}"
    return desks.post("supervisor", f"{at}/{what}", form, of=at)


def test_from_the_form_to_the_search_nothing_is_typed_or_uploaded_twice(desks: Desks) -> None:
    ask_id = asked(desks)
    assert "It waits for any supervisor" in words(desks.as_("searcher").get(f"/console/asked/{ask_id}"))
    assert f"/approvals/asked/{ask_id}" in desks.as_("supervisor").get("/approvals").text
    page = words(desks.as_("supervisor").get(f"/approvals/asked/{ask_id}"))
    assert all(one in page for one in ("24-001234", FACTS, "8841, CO0160000", "CCTV"))
    answer = decide(desks, ask_id, "approval")
    assert answer.headers["location"] == "/approvals?done=approved"
    assert "ready to search" in words(desks.as_("searcher").get("/console"))
    at = f"/console/asked/{ask_id}"
    made = desks.post("searcher", f"{at}/search", {"source_address": "T-12"}, of=at)
    assert made.status_code == 303, words(made)
    assert made.headers["location"].startswith("/searches/")
    assert desks.as_("searcher").get(at).status_code == 404


def test_the_photo_is_shown_to_both_and_to_nobody_else(desks: Desks) -> None:
    ask_id = asked(desks)
    for name, above in (("searcher", "console"), ("supervisor", "approvals")):
        shown = desks.as_(name).get(f"/{above}/asked/{ask_id}/photo")
        assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
        assert (shown.headers["cache-control"], shown.headers["content-disposition"][:6]) == (
            "no-store",
            "inline",
        )
    for name, status in (("colleague", 404), ("other-supervisor", 404), ("second", 403), ("auditor", 403)):
        assert desks.as_(name).get(f"/approvals/asked/{ask_id}/photo").status_code == status


def test_sent_back_with_a_reason_it_is_mended_in_the_form(desks: Desks) -> None:
    ask_id = asked(desks)
    assert decide(desks, ask_id, "refusal").status_code == 422
    answer = decide(desks, ask_id, "refusal", reason="Which door?")
    assert answer.headers["location"] == "/approvals?done=sent-back"
    page = desks.as_("searcher").get(f"/console/asked/{ask_id}")
    assert "Which door?" in words(page)
    mending = desks.as_("searcher").get(f"/console?asked={ask_id}").text
    assert all(one in mending for one in (FACTS, 'value="24-001234"', 'name="profile" value="co-dmv-2019"'))
    gone = desks.post("searcher", f"/console/asked/{ask_id}/withdrawal", {}, of=f"/console/asked/{ask_id}")
    assert (gone.status_code, gone.headers["location"]) == (303, "/console")
    assert desks.as_("searcher").get(f"/console/asked/{ask_id}").status_code == 404


def test_a_refusal_of_the_law_is_shown_with_its_rules_and_it_can_still_be_sent_back(desks: Desks) -> None:
    form = {**FORM, "case_number": "24-999999"}
    answer = desks.post("searcher", "/console/asked", form, of="/console", files=PHOTOS)
    ask_id = answer.headers["location"].removeprefix("/console/asked/")
    refused = decide(desks, ask_id, "approval")
    assert (refused.status_code, desks.last_record()["kind"]) == (403, "permit-refused")
    assert all(rule in refused.text for rule in desks.last_record()["rules"])
    assert decide(desks, ask_id, "refusal", reason="No such case.").status_code == 303


def test_decided_once_it_is_decided(desks: Desks) -> None:
    ask_id = asked(desks)
    at = f"/approvals/asked/{ask_id}"
    token = re.search(r'name="csrf" value="([^"]+)"', desks.as_("chief").get(at).text)
    assert token is not None
    assert decide(desks, ask_id, "approval").status_code == 303
    late = desks.as_("chief").post(f"{at}/approval", data={"csrf": token.group(1)})
    assert (late.status_code, "There is nothing left to decide" in words(late)) == (409, True)


def test_another_agencys_is_not_there_and_only_supervisors_decide(desks: Desks) -> None:
    ask_id = asked(desks)
    for path in (f"/approvals/asked/{ask_id}", f"/approvals/asked/{NO_SEARCH}"):
        assert desks.as_("other-supervisor").get(path).status_code == 404
    assert desks.as_("searcher").get(f"/approvals/asked/{ask_id}").status_code == 403
    assert desks.as_("colleague").get(f"/console/asked/{ask_id}").status_code == 404
    assert "Asked for" in words(desks.as_("other-supervisor").get("/approvals"))
    assert "24-001234" not in desks.as_("other-supervisor").get("/approvals").text


def test_without_a_photo_or_with_a_broken_one_the_form_comes_back_as_typed(desks: Desks) -> None:
    missing = desks.post("searcher", "/console/asked", FORM, of="/console")
    assert (missing.status_code, 'href="#field-probe"' in missing.text, FACTS in missing.text) == (
        422,
        True,
        True,
    )
    broken = ask(desks, photo=NOBODY)
    assert (broken.status_code, 'id="probe-error"' in broken.text, FACTS in broken.text) == (422, True, True)
    assert acts.list_asked(desks.service, desks.caller("supervisor")) == ()


def test_over_the_cap_the_form_comes_back_and_says_so(desks: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "MOST_OPEN", 1)
    asked(desks)
    more = ask(desks)
    assert (more.status_code, "1 of your requests" in words(more), FACTS in more.text) == (409, True, True)


def test_whoever_decides_or_asked_finds_it_on_his_desk(desks: Desks) -> None:
    ask_id = asked(desks)
    assert "1 search to approve" in words(desks.as_("supervisor").get("/"))
    decide(desks, ask_id, "refusal", reason="Which door?")
    assert "1 request decided" in words(desks.as_("searcher").get("/"))


def test_proof_is_asked_for_before_it_is_shown(desks: Desks) -> None:
    ask_id = asked(desks)
    desks.make_stale("chief")  # everybody is: so this comes last
    at = f"/approvals/asked/{ask_id}"
    assert desks.as_("chief").get(at).headers["location"] == f"/confirm?next={at}"
