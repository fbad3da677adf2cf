"""The start page: for the public, and for each role what waits."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pages_room import PagesRoom, pages_room

from facegate.gallery.gallery import Gallery
from facegate.gate.reply import CertificateSeen, RatesSeen
from facegate.server.pages.held_photos import HELD_FOR, HeldPhoto, HeldPhotos
from facegate.server.pages.rates_told import told
from facegate.server.pages.rendering import environment
from facegate.server.readiness import SAYS, TO_DO, Readiness, Reason

if TYPE_CHECKING:
    from collections.abc import Iterator

AT = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PagesRoom]:
    with pages_room(tmp_path_factory.mktemp("start")) as made:
        yield made


def waits(page: str, words: str) -> int:
    found = re.search(rf'<span class="big">(\d+)</span>(?:<a [^>]*>)?{words}', page)
    assert found, f"the page does not say how many {words}"
    return int(found.group(1))


def test_the_public_sees_what_is_public_and_no_work(room: PagesRoom) -> None:
    page = room.as_().get("/").text
    assert all(f'href="{path}"' in page for path in ("/oversight", "/benchmarks", "/policies", "/sign-in"))
    assert "/console" not in page
    assert page.count("<h1>") == 1


def test_a_search_waits_for_reviewers_then_for_a_release_then_for_nobody(room: PagesRoom) -> None:
    before = waits(room.as_("second").get("/").text, "search(?:es)? to review")
    name = room.searched()
    assert waits(room.as_("second").get("/").text, "search(?:es)? to review") == before + 1
    assert f"/searches/{name}" in room.as_("searcher").get("/").text
    room.reviewed()
    assert waits(room.as_("supervisor").get("/").text, "reviewed lists? to release") == 1
    assert name not in room.as_("other-searcher").get("/").text


def test_a_case_with_one_person_waits_for_a_supervisor_of_that_agency_alone(room: PagesRoom) -> None:
    assert waits(room.as_("supervisor").get("/").text, "cases? with one") == 1
    assert waits(room.as_("other-supervisor").get("/").text, "cases? with one") == 0


@pytest.mark.parametrize(
    ("name", "offered", "not_offered"),
    [
        ("searcher", "/console", "/reviews"),
        ("reviewer", "/reviews", "/console"),
        ("supervisor", "/approvals", "/console"),
        ("enroller", "/enrollment", "/cases"),
        ("administrator", "/accounts", "/cases"),
        ("misuse-officer", "/misuse", "/approvals"),
    ],
)
def test_everybody_is_offered_what_his_role_may_do(
    room: PagesRoom, name: str, offered: str, not_offered: str
) -> None:
    page = room.as_(name).get("/")
    assert page.status_code == 200
    assert f'href="{offered}"' in page.text
    assert f'href="{not_offered}"' not in page.text


@pytest.mark.parametrize(("who", "told_who"), [("", False), ("searcher", False), ("auditor", True)])
def test_every_reason_is_told_once_with_what_to_do_and_details_to_the_operator_alone(
    room: PagesRoom, who: str, *, told_who: bool
) -> None:
    reasons = [Reason(code, f"agency {place} of {code}") for place, code in enumerate(SAYS)]
    with patch.object(Readiness, "reasons", lambda _: tuple(reasons)):
        page = unescape(room.as_(who).get("/").text)
    assert "The gate is closed: every search is refused." in page
    assert {page.count(f"{SAYS[code]} {TO_DO[code]}") for code in SAYS} == {1}
    assert ("Agency 0 of log_down." in page) is told_who


def test_what_refuses_no_search_is_not_called_a_closed_gate(room: PagesRoom) -> None:
    with patch.object(Readiness, "reasons", lambda _: (Reason("log_not_published", "no key"),)):
        page = room.as_().get("/").text
    assert "Something is not in order here, though searches are possible." in page
    assert '<span class="big">open</span>is the gate' in page


@pytest.mark.parametrize(
    "path",
    [
        "/searches/xyz",
        "/cases/abc",
        "/approvals/asked/zzz",
        "/reviews/1",
        "/oversight/records/x",
        "/misuse/x",
    ],
)
@pytest.mark.parametrize("who", ["", "supervisor"])
def test_a_mistyped_address_is_no_page_and_no_form(room: PagesRoom, path: str, who: str) -> None:
    answer = room.as_(who).get(path, headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 404
    assert "<h1>Not found</h1>" in answer.text


def test_the_banner_of_made_up_people_is_in_a_landmark(room: PagesRoom) -> None:
    with patch.object(Gallery, "synthetic", new=True):
        page = room.as_().get("/").text
    assert re.search(r'<aside class="banner[^>]*aria-label="[^>]*>SYNTHETIC gallery', page)


def test_a_threshold_set_on_its_own_people_says_so_once() -> None:
    basis = "overall FMR at most 1e-4, set on the same people (in-sample)"
    seen = replace(_seen(), basis=basis, in_sample=True)
    page = environment().from_string('{% from "rates.html.j2" import rates %}{{ rates(seen, (), say, say) }}')
    shown = page.render(seen=seen, say=str)
    assert re.findall(r"same people[^.]*", shown) == ["same people (in-sample)"]
    assert "That flatters it." in shown


def test_a_held_photo_is_forgotten_after_its_time() -> None:
    held = HeldPhotos()
    held.hold("session", _photo("k", 10), AT)
    assert held.get("session", "k", AT + HELD_FOR - timedelta(seconds=1)) is not None
    assert held.get("session", "k", AT + HELD_FOR) is None


@given(sizes=st.lists(st.integers(1, 60), min_size=1, max_size=20))
@settings(deadline=None, max_examples=30)
def test_held_photos_never_take_more_than_their_room(sizes: list[int]) -> None:
    held = HeldPhotos(most_bytes=100)
    for number, size in enumerate(sizes):
        held.hold(f"s{number}", _photo(f"k{number}", size), AT)
    kept = [held.get(f"s{n}", f"k{n}", AT) for n in range(len(sizes))]
    assert sum(len(one.data) for one in kept if one) <= 100
    assert kept[-1] is not None


def test_a_gallery_larger_than_was_measured_is_said_to_err_more_often() -> None:
    said = " ".join(told(_seen(), 5000))
    assert "more than were measured" in said
    assert "about 25 (at most 57.5)" in said
    assert "too few to tell of M" in said


def test_rates_that_nobody_measured_are_not_told_as_zero() -> None:
    said = told(_seen(measured=False), 10)
    assert said[0].startswith("Nobody measured")
    assert not any(" 0 " in one for one in said)


def _photo(key: str, size: int) -> HeldPhoto:
    return HeldPhoto(key, b"x" * size, b"", 1, 1, ())


def _seen(*, measured: bool = True) -> CertificateSeen:
    everybody = RatesSeen("everybody", 200, 0.001, 0.002, *((0.025, 0.0575) if measured else (None, None)))
    few = RatesSeen("M", 3, None, 1.0, None, 1.0 if measured else None)
    return CertificateSeen(
        serial="ab",
        issuer="lab",
        issued_on="2026-01-01",
        valid_until="2027-01-01",
        dataset="people",
        synthetic=False,
        score=0.4,
        native=0.6,
        native_name="distance",
        basis="overall FMR",
        in_sample=False,
        gallery_size=1000 if measured else None,
        overall=everybody,
        groups=(few,),
    )
