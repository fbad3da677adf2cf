"""The whole story in a real browser: case, refusal, search, reviews, release, case file, the public record.

Every page on the way is held to WCAG 2.1 A and AA by axe-core, and to the width of a phone.
"""

from __future__ import annotations

import re
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from pages_room import TYPED
from playwright.sync_api import FilePayload, ViewportSize, sync_playwright
from ready_home import PHOTO
from whole_service import PHRASE, whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.gate.naming_keys import name_keys
from facegate.oversight.case_file.check import check_case_file
from facegate.records import SubjectId
from facegate.server.app import create_app
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from facegate.audit.signed.notes import VerifierKey
    from facegate.server.service import Service

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no system Chromium at /usr/bin/chromium"),
]

DESK = ViewportSize(width=1100, height=1000)
PHONE = ViewportSize(width=390, height=800)
CASE = "24-007777"
SERIOUS = {"serious", "critical"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}


@contextmanager
def answering(service: Service) -> Iterator[str]:
    """Serve in a thread at the port of the settings; gives the address."""
    config = uvicorn.Config(create_app(service), port=service.config.port, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield service.config.base_url
    finally:
        server.should_exit = True
        thread.join(30)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class People:
    """Everybody of the story, each in a browser of his own; every page they see is held to the rules."""

    def __init__(self, browser: Browser, address: str, keys: tuple[VerifierKey, ...]) -> None:
        self._browser, self._address = browser, address
        self.keys = keys  # of the log, as it publishes them
        self._pages: dict[str, Page] = {}
        self.found: list[str] = []

    def __getitem__(self, name: str) -> Page:
        if name not in self._pages:
            context = self._browser.new_context(viewport=DESK, base_url=self._address)
            self._pages[name] = page = context.new_page()
            if name:
                page.goto("/sign-in")
                page.get_by_label("Name").fill(name)
                page.get_by_label("Pass phrase").fill(PHRASE)
                page.get_by_role("button", name="Sign in").click()
        return self._pages[name]

    def look(self, name: str, path: str = "") -> Page:
        """Go somewhere, or stay, and hold the page to WCAG and to a phone's width."""
        page = self[name]
        if path:
            page.goto(path)
        for one in Axe().run(page, options=RULES).response["violations"]:
            if one["impact"] in SERIOUS:
                where = one["nodes"][0]["target"]
                self.found.append(f"{page.url}: {one['id']} at {where}")
        page.set_viewport_size(PHONE)
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            self.found.append(f"{page.url}: wider than a phone")
        page.set_viewport_size(DESK)
        return page


def fill(page: Page, **fields: str) -> None:
    """Type and choose what a searcher states."""
    for name, value in fields.items():
        field = page.locator(f"[name={name}]")
        field.evaluate("one => { const fold = one.closest('details'); if (fold) fold.open = true; }")
        if field.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)


def choose_photo(page: Page) -> None:
    photo = FilePayload(name="probe.png", mimeType="image/png", buffer=PHOTO)
    page.locator("[name=probe]").set_input_files(photo)


def requests_counted(page: Page) -> int:
    """Read how many requests the public record counts this year."""
    said = page.locator(".figures li", has_text="requests to search").first.inner_text()
    return int(re.sub(r"\D", "", said.splitlines()[0]))


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    with whole_service(tmp_path, port=free_port()) as service:
        service.photos.keep_subject(SubjectId("astronaut"), service.intake.clean(PHOTO).data)
        desk = service.desk
        keys = LogKeys.create(desk.home.keys, desk.home.origin, random_bytes=desk.random_bytes)
        name_keys(desk.ledger, keys, desk.clock())
        with (
            Publisher(desk, every_seconds=0.5),
            answering(service) as address,
            sync_playwright() as web,
        ):
            browser = web.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
            yield People(browser, address, keys.vkeys)
            browser.close()


def test_the_whole_story_from_a_case_to_the_public_record(people: People) -> None:
    stated = {**TYPED, "case_number": CASE}
    before = requests_counted(people.look("", "/oversight"))

    desk = people.look("colleague", "/cases")
    fill(desk, case_number=CASE, offense_code=stated["offense_code"])
    desk.get_by_role("button", name="Open the case").click()
    case = people.look("colleague").url

    console = people.look("searcher", "/console")
    fill(console, **{name: value for name, value in stated.items() if name != "permit"}, permit="none-yet")
    choose_photo(console)
    console.get_by_role("button", name="Search", exact=True).click()
    assert "permit" in people.look("searcher").locator("[role=alert]").inner_text().lower()

    approval = people.look("supervisor", "/approvals/permits/law/co-dmv-2019")
    fill(approval, requester="8841", **{name: value for name, value in stated.items() if name != "approver"})
    choose_photo(approval)
    approval.get_by_role("button", name="Approve this search").click()
    permit = re.search(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", people.look("supervisor").url)
    assert permit is not None, approval.locator("main").inner_text()

    fill(console, permit=permit[0])
    choose_photo(console)
    console.get_by_role("button", name="Search", exact=True).click()
    search = people.look("searcher").url.rsplit("/", 1)[1]
    assert "1 candidate" in console.locator("main").inner_text()

    for reviewer in ("reviewer", "second"):
        sheet = people.look(reviewer, f"/reviews/{search}")
        assert sheet.locator("main img").count() == 2
        sheet.locator("[name=opinion-1][value=agree]").check()
        sheet.get_by_role("button", name="Check what I found").click()
        people.look(reviewer).get_by_role("button", name="Record this finding for good").click()
        people.look(reviewer)

    release = people.look("supervisor", f"/approvals/releases/{search}")
    fill(release, to="8841")
    release.get_by_role("button", name="Release to this person").click()
    people.look("supervisor")
    assert (
        "candidate 1" in people.look("searcher", f"/searches/{search}").locator("main").inner_text().lower()
    )

    export = people.look("supervisor", case)
    fill(export, recipient="Ana Example, public defender")
    with export.expect_download() as saved:
        export.get_by_role("button", name="Make the case file").click()
    assert re.fullmatch(r"case-file-[0-9]+\.zip", saved.value.suggested_filename)
    held = check_case_file(saved.value.path().read_bytes(), keys=people.keys)
    assert (held.manifest.number, held.manifest.n_searches, held.key_from_file) == (CASE, 2, False)
    people.look("supervisor")  # the page it was asked for on stays where it is

    time.sleep(2)  # until it is published
    auditor = people.look("auditor", "/oversight")
    auditor.get_by_role("button", name="Verify").first.click()
    assert "hold" in people.look("auditor").locator("main").inner_text()
    assert requests_counted(people.look("", "/oversight")) == before + 2
    assert people.found == []


@pytest.mark.parametrize(
    ("name", "paths"),
    [
        ("", ("/", "/sign-in", "/benchmarks", "/benchmarks/compare", "/policies", "/policies/co-dmv-2019")),
        ("searcher", ("/", "/console", "/console/laws", "/cases", "/calendar", "/account", "/nowhere")),
        ("supervisor", ("/approvals", "/approvals/permits", "/calendar", "/misuse/new", "/console")),
        ("reviewer", ("/reviews",)),
        ("enroller", ("/enrollment",)),
        ("misuse-officer", ("/misuse", "/misuse/docket", "/misuse/statement")),
        ("administrator", ("/accounts", "/account", "/console")),
        ("auditor", ("/misuse", "/oversight", "/oversight/reports/searches", "/accounts")),
    ],
)
def test_no_page_has_a_serious_finding_or_is_wider_than_a_phone(
    people: People, name: str, paths: tuple[str, ...]
) -> None:
    for path in paths:
        people.look(name, path)
    assert people.found == []
