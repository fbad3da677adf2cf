"""Every page in a real browser: no serious finding of axe-core, and no wider than a phone.

Whoever looks says which template the page must be made from; behind each page stands, in a comment, which one
it was. The last test holds what the others promise to show against the folder of templates.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import numpy as np
import pytest
import sqlalchemy as sa
from browser_room import IN_CHROMIUM, choose_photo, fill, free_port, people_of
from desk_pages_room import INQUIRY, Desks
from enroll_room import album, no_face
from fake_provider import CONFIG, FakeProvider
from pages_public_room import grown, keep
from pages_room import TYPED
from playwright.sync_api import FilePayload
from ready_agency import REQUEST
from ready_home import PHOTO, encoded
from service_room import DMV
from whole_service import CHEAP, PHRASE, whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.gate.naming_keys import name_keys
from facegate.gate.registers.activation import activate_policy, deactivate_policy
from facegate.server.acts import leads, limits, permit_asks, permits, reviews, searches
from facegate.server.config import parse_config
from facegate.server.database.tables import sessions
from facegate.server.identity.identity import open_identity
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.pages import rendering
from facegate.server.problems import Problem
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from browser_room import People
    from jinja2 import Environment
    from playwright.sync_api import Page

    from facegate.audit.canonical import JSONValue
    from facegate.server.jobs.progress import Progress
    from facegate.server.service import Service

pytestmark = IN_CHROMIUM

SHOWN: set[str] = set()
"""Templates that a test below shows to axe."""
PARTS = {"account_parts", "asked_parts", "base", "desk_parts", "oversight_parts", "parts", "rates"}
"""Templates that are no page, but part of some."""
LAW, ANOTHER_LAW = "co-dmv-2019", "wa-43.386"
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Marked:
    """The templates; each page says, in a comment behind it, from which it was made."""

    def __init__(self, made: Environment) -> None:
        self._made = made

    def get_template(self, name: str) -> Marked.Template:
        return Marked.Template(self._made.get_template(name).render, name.removesuffix(".html.j2"))

    class Template:
        """One of them."""

        def __init__(self, render: Callable[..., str], name: str) -> None:
            self._render, self._name = render, name

        def render(self, values: Mapping[str, object]) -> str:
            return f"{self._render(values).rstrip()}<!--{self._name}-->"


class Room:
    """A running service, everybody's browsers, and the pages that were looked at in them."""

    def __init__(self, people: People, desks: Desks, provider: FakeProvider) -> None:
        self.people, self.desks, self.service, self.provider = people, desks, desks.service, provider
        # All of these before anything else is searched: one photo is not searched for without end.
        supervisor = desks.caller("supervisor")
        self.permits = [
            permits.issue_permit(self.service, supervisor, REQUEST, PHOTO).permit_id for _ in range(3)
        ]
        self.waiting, self.released = desks.searched(), desks.reviewed()
        reviews.release_to(self.service, supervisor, self.released, to="8841")
        self.looked: set[str] = set()

    def look(self, name: str, template: str, path: str = "") -> Page:
        """Hold a page to the rules; it must be made from this template."""
        page = self.people.look(name, path)
        mark = page.evaluate("document.lastChild.data || ''")
        assert mark == template, f"{page.url}: {page.locator('main').inner_text()}"
        self.looked.add(template)
        return page

    def last(self) -> int:
        """Give the place of the log's last record."""
        return self.service.desk.ledger.log.size - 1


def shows(*templates: str) -> Callable[[Callable[[Room], None]], Callable[[Room], None]]:
    """Say which templates a test shows; it fails if one of them was not looked at, or axe found something."""

    def of(walk: Callable[[Room], None]) -> Callable[[Room], None]:
        SHOWN.update(templates)

        @wraps(walk)
        def walked(room: Room) -> None:
            room.looked, room.people.found = set(), []
            walk(room)
            assert room.people.found == []
            assert room.looked == set(templates)

        return walked

    return of


def press(page: Page, button: str, *, unchecked: bool = False) -> None:
    """Press a button; unchecked, the browser sends the form as it is."""
    if unchecked:
        page.evaluate("for (const one of document.forms) one.noValidate = true")
    page.get_by_role("button", name=button, exact=True).first.click()


def prove_long_ago(room: Room, name: str) -> None:
    """Let somebody's proof be an hour old; he is signed in."""
    account = room.service.identity.accounts.by_name(name)
    assert account is not None
    old = sa.update(sessions).where(sessions.c.account == account.id)
    with room.service.database.begin() as connection:
        connection.execute(old.values(fresh_at=room.service.desk.clock() - timedelta(hours=1)))


def search_without_end(room: Room) -> None:
    """Search with one photo again and again, until a limit refuses it."""
    for given in room.permits:
        searches.ask(room.service, room.desks.caller("searcher"), REQUEST, PHOTO, permit=given)


def with_a_provider(service: Service, provider: FakeProvider) -> Service:
    """Let an identity provider sign people in, too; and nobody waits because many sign in at once."""
    there = CONFIG.replace('base_url = "https://faces.example"', f"port = {service.config.port}")
    config = parse_config(f"{there}\n[rate_limits]\nlogins_minute = 200\n", service.desk.home.folder)
    identity = open_identity(
        service.desk, service.database, config, phrases=PassPhrases(CHEAP), http=provider.client()
    )
    return replace(service, config=config, identity=identity)


@contextmanager
def served(folder: Path) -> Iterator[Room]:
    """Serve an agency with a published log, two measurements, and a search at either end of its way."""
    with (
        whole_service(folder, port=free_port()) as whole,
        patch.object(rendering, "environment", partial(Marked, rendering.environment())),
    ):
        desk, provider = whole.desk, FakeProvider(whole.desk.clock)
        service = with_a_provider(whole, provider)
        keys = LogKeys.create(desk.home.keys, desk.home.origin, random_bytes=desk.random_bytes)
        name_keys(desk.ledger, keys, desk.clock())
        for name, share in (("first", 0.03), ("second", 0.06)):
            keep(service, name, grown(share))
        Publisher(desk).publish()
        desks = Desks(service)
        desks.keep_photo()
        with people_of(service, keys.vkeys) as people:
            yield Room(people, desks, provider)
        service.identity.close()


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with served(tmp_path_factory.mktemp("pages")) as made:
        yield made


ADDRESSES: dict[str, dict[str, str]] = {
    "": {
        "/": "start",
        "/sign-in": "sign_in",
        "/benchmarks": "benchmarks",
        "/benchmarks?gallery=1000&searches=1000&run=first": "benchmarks",
        "/benchmarks/compare": "benchmarks_compare",
        "/benchmarks/compare?a=first&b=second": "benchmarks_compare",
        "/benchmarks/runs/first": "benchmarks_run",
        "/policies": "policies",
        f"/policies/{LAW}?q=theft": "policy",
        f"/policies/compare?a={LAW}&b={ANOTHER_LAW}": "policies_compare",
        "/oversight": "oversight",
        "/oversight/records/3": "oversight_entry",
        "/oversight/reports/searches": "oversight_report",
        "/policies/no-such-law": "problem",
    },
    "searcher": {
        "/": "start",
        "/console": "console",
        "/console/laws": "console_laws",
        "/cases": "cases",
        "/calendar": "calendar",
        "/account": "account",
        "/searches/{released}": "search",
        "/searches/{released}?photos=1": "search",
        "/searches/{waiting}": "search",
        "/nowhere": "problem",
        "/accounts": "problem",
    },
    "supervisor": {
        "/": "start",
        "/approvals": "approvals",
        "/approvals/permits": "approval_permit_form",
        "/approvals/releases/{released}": "approval_release",
        "/calendar": "calendar",
        "/misuse": "misuse_only_file",
        "/misuse/new": "misuse_new",
        "/console": "problem",
    },
    "reviewer": {"/reviews": "reviews", "/reviews/{waiting}": "review", "/reviews/{released}": "review"},
    "enroller": {"/enrollment": "enrollment"},
    "misuse-officer": {
        "/misuse": "misuse",
        "/misuse/docket": "misuse_docket",
        "/misuse/statement": "misuse_statement",
    },
    "administrator": {"/accounts": "accounts", "/account": "account", "/console": "problem"},
    "auditor": {
        "/misuse": "misuse",
        "/oversight": "oversight",
        "/oversight/reports/searches": "oversight_report",
        "/oversight/reports/hit-rate": "oversight_report",
        "/accounts": "accounts",
        "/cases?agency=CO0160000": "cases",
    },
}
SHOWN.update(template for shown in ADDRESSES.values() for template in shown.values())


@pytest.mark.parametrize("name", ADDRESSES, ids=lambda name: name or "the public")
def test_no_page_has_a_serious_finding_or_is_wider_than_a_phone(room: Room, name: str) -> None:
    room.people.found = []
    for path, template in ADDRESSES[name].items():
        room.look(name, template, path.format(waiting=room.waiting, released=room.released))
    assert room.people.found == []


def test_a_page_that_breaks_the_rules_is_found(room: Room) -> None:
    room.people.found = []
    page = room.look("", "policies", "/policies")
    page.evaluate("document.body.append(new Image())")
    page.evaluate("document.body.lastChild.width = 900")
    room.look("", "policies")
    said = [one.removeprefix(f"{page.url}: ").partition(" at ")[0] for one in room.people.found]
    assert said == ["image-alt", "wider than a phone"]


@shows("sign_in", "account_secret", "account_kept", "accounts", "account")
def test_an_account_from_its_making_to_its_first_day(room: Room) -> None:
    keeper = room.people["administrator"]
    keeper.goto("/accounts")
    fill(keeper, name="newcomer")
    keeper.locator("[name=roles][value=auditor]").check()
    keeper.locator("[name=roles][value=administrator]").check()
    press(keeper, "Make the account")
    room.look("administrator", "accounts")  # the two exclude each other
    keeper.locator("[name=roles][value=administrator]").uncheck()
    press(keeper, "Make the account")
    first = room.look("administrator", "account_secret").locator("#secret").inner_text()
    keeper.get_by_role("link", name="To the account").click()
    room.look("administrator", "account_kept")
    newcomer = room.people.stranger("newcomer")
    newcomer.goto("/sign-in")
    fill(newcomer, name="newcomer", phrase=first)
    press(newcomer, "Sign in")
    room.look("newcomer", "sign_in")  # asks for a phrase of his own
    fill(newcomer, phrase=first, new_phrase="nine otters under a warm bridge")
    press(newcomer, "Sign in")
    room.look("newcomer", "account", "/account")


@shows("account", "account_kept", "account_secret")
def test_keys_and_second_factors_as_both_sides_see_them(room: Room) -> None:
    account = room.service.identity.accounts.by_name("colleague")
    assert account is not None
    keeper = room.look("administrator", "account_kept", f"/accounts/{account.id}")
    fill(keeper, days="many")
    press(keeper, "Allow a key")
    room.look("administrator", "account_kept")
    fill(keeper, days="30")
    press(keeper, "Allow a key")
    holder = room.look("colleague", "account", "/account")
    press(holder, "Make the key")
    room.look("colleague", "account_secret")
    room.look("administrator", "account_kept", f"/accounts/{account.id}")
    holder = room.look("colleague", "account", "/account")
    for phrase in ("not the right one at all", PHRASE):
        fill(holder, phrase=phrase)
        press(holder, "Set up a second factor")
        room.look("colleague", "account")  # what is wrong, then the secret


@shows("confirm", "approval_release", "sign_in")
def test_proof_that_is_asked_for_before_a_form_and_in_one(room: Room) -> None:
    at = f"/approvals/releases/{room.released}"
    chief = room.people["chief"]
    prove_long_ago(room, "chief")
    room.look("chief", "confirm", at)
    for phrase, then in (("a guess", "confirm"), (PHRASE, "approval_release")):
        fill(chief, phrase=phrase)
        press(chief, "Go on")
        room.look("chief", then)
    prove_long_ago(room, "chief")
    fill(chief, to="8842")
    press(chief, "Release to this person")
    room.look("chief", "approval_release")
    stranger = room.people.stranger("who forgot")
    stranger.goto("/sign-in")
    fill(stranger, name="chief", phrase="another guess")
    press(stranger, "Sign in")
    room.look("who forgot", "sign_in")


@shows("signed_in", "confirm")
def test_who_is_signed_in_by_a_provider_is_asked_there_again(room: Room) -> None:
    page = room.people.stranger("federated")
    sent = page.request.get("/login/agency", max_redirects=0)
    state = room.provider.log_in_at(sent.headers["location"])
    room.look("federated", "signed_in", f"/login/agency/back?state={state}&code=code-1")
    room.look("federated", "confirm", "/confirm?next=/oversight")


@shows("console", "search")
def test_the_console_with_faults_at_its_fields_the_laws_answer_and_a_refusal(room: Room) -> None:
    page = room.people["searcher"]
    page.goto(f"/console?law={LAW}")
    fill(page, candidate_limit="many")
    press(page, "Check", unchecked=True)
    assert "whole number" in room.look("searcher", "console").locator("[role=alert]").inner_text()
    fill(page, candidate_limit="20")
    press(page, "Check", unchecked=True)
    assert "would refuse" in room.look("searcher", "console").locator("#answer").inner_text()
    gray = FilePayload(
        name="x.png", mimeType="image/png", buffer=encoded(np.full((200, 200, 3), 128, np.uint8))
    )
    fill(page, **TYPED, permit="none")
    page.locator("[name=probe]").set_input_files(gray)
    press(page, "Look at the photo", unchecked=True)
    page.locator("#probe-error").wait_for()
    room.look("searcher", "console")
    choose_photo(page)
    press(page, "Look at the photo", unchecked=True)
    page.locator("#photo-seen img").wait_for()
    room.look("searcher", "console")
    press(page, "Check", unchecked=True)
    room.look("searcher", "console")
    press(page, "Search", unchecked=True)
    assert "FG-PERMIT" in room.look("searcher", "console").locator("[role=alert]").inner_text()
    page.get_by_role("link", name="This refusal by itself").click()
    room.look("searcher", "search")


@shows("asked", "approvals", "approval_asked", "console")
def test_what_was_asked_for_waits_is_sent_back_mended_and_approved(room: Room) -> None:
    account = room.service.identity.accounts.by_name("searcher")
    assert account is not None
    asker, stated = room.desks.caller("searcher"), replace(REQUEST, approver=None)
    asker = replace(asker, account=account.id)
    ids = [permit_asks.ask(room.service, asker, stated, PHOTO).ask_id for _ in range(2)]
    room.look("searcher", "asked", f"/console/asked/{ids[0]}")
    room.look("supervisor", "approvals", "/approvals")
    page = room.look("supervisor", "approval_asked", f"/approvals/asked/{ids[0]}")
    press(page, "Send it back", unchecked=True)
    fill(room.look("supervisor", "approval_asked"), reason="Which door?")
    press(page, "Send it back")
    room.look("supervisor", "approvals")
    page.goto(f"/approvals/asked/{ids[1]}")
    press(page, "Approve this search")
    room.look("supervisor", "approvals")
    for one in ids:
        room.look("supervisor", "approval_asked", f"/approvals/asked/{one}")
        room.look("searcher", "asked", f"/console/asked/{one}")
    room.look("searcher", "console", f"/console?asked={ids[0]}")
    room.look("searcher", "console", f"/console?law={LAW}")  # says what was decided


@shows("approval_permit_form", "approval_permit")
def test_a_permit_refused_by_the_law_and_one_that_is_issued(room: Room) -> None:
    page = room.people["supervisor"]
    page.goto(f"/approvals/permits/law/{LAW}")
    press(page, "Approve this search", unchecked=True)
    room.look("supervisor", "approval_permit_form")
    stated = {name: value for name, value in TYPED.items() if name != "approver"}
    fill(page, requester="8841", **{**stated, "case_number": "24-999999"})
    choose_photo(page)
    press(page, "Approve this search")
    room.look("supervisor", "approval_permit_form")
    room.look("supervisor", "approval_permit", f"/approvals/permits/{room.permits[0]}")


@shows("approval_laws", "console_laws")
def test_of_two_laws_in_force_one_is_chosen(room: Room) -> None:
    desk = room.service.desk
    law = {"profile": ANOTHER_LAW, "policy_digest": desk.gate.engine.profile(ANOTHER_LAW).digest}
    authority, day = "C.R.S. 24-72-302(3)", f"{desk.clock():%Y-%m-%d}"
    activate_policy(
        desk.ledger, **law, authority=authority, first_day=day, signed_by=("77", "31"), at=desk.clock()
    )
    try:
        room.look("supervisor", "approval_laws", "/approvals/permits")
        room.look("searcher", "console_laws", "/console")
    finally:
        deactivate_policy(desk.ledger, **law, agency=DMV, signed_by="31", reason="looked at", at=desk.clock())


@shows("approval_correction", "approvals", "approval_notice", "search")
def test_a_lead_that_was_wrong_and_the_notice_that_is_owed(room: Room) -> None:
    at = f"/approvals/corrections/{room.released}"
    page = room.look("supervisor", "approval_correction", at)
    press(page, "Record that it was wrong", unchecked=True)
    room.look("supervisor", "approval_correction")
    page.locator("[name=rank]").first.check()
    fill(page, reason="another_person", reference="Lab 7")
    press(page, "Record that it was wrong")
    room.look("supervisor", "approvals")
    room.look("supervisor", "approval_correction", at)  # nothing is left to correct
    (owed,) = leads.list_notices(room.service, room.desks.caller("supervisor"), room.released)
    room.look("supervisor", "approval_notice", f"/approvals/notices/{owed.correction}/{owed.mark}")
    fill(page, day="2099-01-01")
    press(page, "Record the notice")
    room.look("supervisor", "approval_notice")
    room.look("searcher", "search", f"/searches/{room.released}")


@shows("approvals", "approval_limit")
def test_a_limit_that_was_reached_and_is_cleared(room: Room) -> None:
    with pytest.raises(Problem, match="FG-VARIANTS"):
        search_without_end(room)
    room.look("supervisor", "approvals", "/approvals")
    item = limits.list_waiting(room.service, room.desks.caller("supervisor"))[0]
    page = room.look("supervisor", "approval_limit", f"/approvals/limits/{item.name}")
    press(page, "Clear it", unchecked=True)
    fill(room.look("supervisor", "approval_limit"), reason="new camera angle")
    press(page, "Clear it")
    room.look("supervisor", "approvals")


@shows("review", "review_check")
def test_a_review_with_one_left_out_and_checked_before_it_is_recorded(room: Room) -> None:
    page = room.look("second", "review", f"/reviews/{room.waiting}")
    press(page, "Check what I found", unchecked=True)
    room.look("second", "review").locator("[name=opinion-1][value=agree]").check()
    press(page, "Check what I found")
    room.look("second", "review_check")


@shows("cases", "case")
def test_a_case_with_its_searches_and_faults_at_its_fields(room: Room) -> None:
    page = room.look("supervisor", "cases", "/cases")
    fill(page, case_number="twelve-1", offense_code="1201")
    press(page, "Open the case")
    room.look("supervisor", "cases")
    page.goto("/cases")
    page.get_by_role("link", name=REQUEST.case_number or "").first.click()
    room.look("supervisor", "case")
    for button in ("Record the disclosure", "Make the case file"):
        press(page, button, unchecked=True)
        assert room.look("supervisor", "case").locator("[role=alert]").count()


@shows("enrollment", "enrollment_job", "withdraw")
def test_an_enrollment_that_runs_one_that_ended_and_people_taken_out(room: Room) -> None:
    came, go = threading.Event(), threading.Event()
    account = room.service.identity.accounts.by_name("enroller")
    assert account is not None

    def work(told: Progress) -> JSONValue:
        told(3, 8, "making templates of the photos")
        came.set()
        go.wait(60)
        return None

    job = room.service.jobs.start("enrollment", account.id, account.agency, work)
    try:
        assert came.wait(30)
        room.look("enroller", "enrollment_job", f"/enrollment/jobs/{job}")
        room.look("enroller", "enrollment", "/enrollment")
    finally:
        go.set()
    room.service.jobs.wait(job, 60)
    page = room.look("enroller", "enrollment", "/enrollment")
    photos = album({"a.png": "flyer", "b.png": "p2"}, {"a.png": PHOTO, "b.png": no_face()})
    for data, shown in ((b"nothing", "enrollment"), (photos, "enrollment_job")):
        page.locator("#input-photos").check()
        file = FilePayload(name="photos.zip", mimeType="application/zip", buffer=data)
        page.locator("[name=file]").set_input_files(file)
        press(page, "Upload and enroll")
        room.look("enroller", shown)
    room.service.jobs.wait(re.findall(ID, page.url)[0], 60)
    assert "failures to enroll" in room.look("enroller", "enrollment_job", page.url).content()
    page = room.look("enroller", "enrollment", "/enrollment")
    for subject, shown in (("nobody", "enrollment"), ("flyer", "withdraw")):
        fill(page, subjects=subject)
        press(page, "Show whom this takes out")
        room.look("enroller", shown)


@shows("misuse_new", "misuse_only_file", "misuse", "misuse_case", "misuse_step", "problem")
def test_a_misuse_case_from_its_filing_through_every_step(room: Room) -> None:
    page = room.people["chief"]
    page.goto("/misuse/new")
    press(page, "File the case", unchecked=True)
    room.look("chief", "misuse_new")
    fill(page, misuse_class="curiosity", narrative="Looked up a neighbor", officer="8842")
    press(page, "File the case")
    room.look("chief", "misuse_only_file")
    at = f"/misuse/{room.last()}"
    room.look("chief", "problem", at)  # who files does not read
    room.look(INQUIRY, "misuse", "/misuse")
    taken: tuple[tuple[str, dict[str, str]], ...] = (
        ("note", {"text": "asked the witness"}),
        ("confirm", {"reason": "he says so"}),
        ("outcome", {"outcome": "counseling"}),
        ("reopen", {"reason": "new statement"}),
        ("clear", {"reason": "it was his brother"}),
    )
    for step, typed in taken:
        page = room.look(INQUIRY, "misuse_step", f"{at}/{step}")
        page.evaluate("for (const one of document.forms) one.noValidate = true")
        page.locator("main form button").last.click()
        fill(room.look(INQUIRY, "misuse_step"), **typed)  # with a fault at its field
        page.locator("main form button").last.click()
        room.look(INQUIRY, "misuse_case")
    room.look(INQUIRY, "misuse_step", f"{at}/note")  # not to be done now
    room.look("auditor", "misuse_case", at)


@shows("misuse_docket", "misuse_statement", "misuse")
def test_a_statement_that_does_not_add_up_and_a_docket_opened_with_an_old_proof(room: Room) -> None:
    page = room.people[INQUIRY]
    page.goto("/misuse/statement")
    fill(page, year="2025", opened="3", confirmed="1", cleared="0", pending="0")
    press(page, "File the statement")
    room.look(INQUIRY, "misuse_statement")
    page.goto("/misuse/docket")
    prove_long_ago(room, INQUIRY)
    press(page, "Record that the body looked")
    fill(room.look(INQUIRY, "misuse_docket"), proof_phrase=PHRASE)
    press(page, "Record that the body looked")
    room.look(INQUIRY, "misuse")


@shows("oversight", "oversight_verified", "oversight_report")
def test_the_public_record_is_verified_and_a_report_of_no_such_period_is_told(room: Room) -> None:
    page = room.look("", "oversight", "/oversight")
    page.get_by_role("button", name="Verify").first.click()
    assert "The published log holds" in room.look("", "oversight_verified").locator("main").inner_text()
    room.look("auditor", "oversight_report", "/oversight/reports/md-510?masked=true&quarter=")


def test_every_template_of_a_page_is_looked_at_in_a_browser() -> None:
    folder = Path(rendering.__file__).parent / "templates"
    assert {one.name.removesuffix(".html.j2") for one in folder.iterdir()} == SHOWN | PARTS
