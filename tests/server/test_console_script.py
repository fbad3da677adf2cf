"""The console's own checks: each is a record of the log, so few are made, and none where nothing changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from facegate.server.app import STATIC

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page, Route

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no system Chromium at /usr/bin/chromium"),
]
ADDRESS = "http://console.invalid/console"
FORM = """<!DOCTYPE html><div class="live-choice" hidden><input type="checkbox" id="live"></div>
<form id="console"><input name="case"><input name="csrf" value="a"><input type="file" id="probe" name="probe">
</form><script>
window.checks = 0;  // counted here: the browser tells of its requests when it likes
window.fetch = async () => { window.checks += 1; return new Response("", { status: 503 }); };
</script><script src="/static/console.js"></script>"""


@pytest.fixture
def page() -> Iterator[Page]:
    """Give the form and its script, with a clock that goes when it is told to."""

    def answer(route: Route) -> None:
        if route.request.url.endswith(".js"):
            route.fulfill(path=STATIC / "console.js")
        else:
            route.fulfill(body=FORM, content_type="text/html")

    with sync_playwright() as held:
        browser = held.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        made = browser.new_page()
        made.clock.install()
        made.route("**/*", answer)
        made.goto(ADDRESS)
        made.clock.pause_at("2099-01-01")
        yield made
        browser.close()


def left(page: Page, typed: str) -> None:
    """Type something and leave the field."""
    page.fill("[name=case]", typed)
    page.locator("[name=case]").dispatch_event("change")


def checks(page: Page) -> int:
    """Count what was asked of the service."""
    return int(page.evaluate("window.checks"))


def test_at_most_one_check_in_five_seconds_and_none_without_a_change(page: Page) -> None:
    for number in range(4):
        left(page, f"24-{number}")
        page.clock.run_for(1_000)
    assert checks(page) == 1
    page.clock.run_for(5_000)
    assert checks(page) == 2  # the three later changes together
    left(page, "24-3")
    page.clock.run_for(20_000)
    assert checks(page) == 2


def test_switched_off_it_checks_nothing_not_even_what_was_waiting(page: Page) -> None:
    left(page, "24-1")
    page.locator("#live").evaluate("one => one.click()")
    page.clock.run_for(20_000)
    left(page, "24-2")
    page.clock.run_for(20_000)
    assert checks(page) == 0
