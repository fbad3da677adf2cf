"""The whole story in a real browser: case, refusal, search, reviews, release, case file, the public record.

Every page on the way is held to WCAG 2.1 A and AA by axe-core, and to the width of a phone.
"""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

import pytest
from browser_room import IN_CHROMIUM, choose_photo, fill, free_port, people_of
from pages_room import TYPED
from ready_home import PHOTO
from whole_service import whole_service

from facegate.audit.keys.log_keys import LogKeys
from facegate.gate.naming_keys import name_keys
from facegate.oversight.case_file.check import check_case_file
from facegate.records import SubjectId
from facegate.server.publisher import Publisher

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from browser_room import People
    from playwright.sync_api import Page

pytestmark = IN_CHROMIUM

CASE = "24-007777"


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
        with Publisher(desk, every_seconds=0.5), people_of(service, keys.vkeys) as made:
            yield made


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
