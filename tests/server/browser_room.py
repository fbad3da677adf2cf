"""Everybody in a real browser each: every page they see is held to WCAG 2.1 A and AA, and to a phone's width.

For tests on the system's Chromium; axe-core reads the page as a browser has laid it out.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, ViewportSize, sync_playwright
from ready_home import PHOTO
from whole_service import PHRASE

from facegate.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from facegate.audit.signed.notes import VerifierKey
    from facegate.server.service import Service

CHROMIUM = Path("/usr/bin/chromium")
IN_CHROMIUM = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="no system Chromium at /usr/bin/chromium"),
]
"""Marks of a module of such tests."""

DESK = ViewportSize(width=1100, height=1000)
PHONE = ViewportSize(width=390, height=800)
SERIOUS = {"serious", "critical"}
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
WIDER = """() => {
  const page = document.documentElement;
  if (page.scrollWidth <= page.clientWidth) return "";
  const beyond = [...document.body.querySelectorAll("*")].filter(
    one => one.getBoundingClientRect().right > page.clientWidth && !one.closest(".scroll > *"));
  const named = beyond.map(one => one.outerHTML.slice(0, 60));
  return `${page.scrollWidth} of ${page.clientWidth}: ${named.join(" ")}`;
}"""
"""Says what is wider than the window, if anything is."""


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
    """Everybody, each in a browser of his own; every page they see is held to the rules."""

    def __init__(self, browser: Browser, address: str, keys: tuple[VerifierKey, ...]) -> None:
        self._browser, self._address = browser, address
        self.keys = keys  # of the log, as it publishes them
        self._pages: dict[str, Page] = {}
        self.found: list[str] = []

    def stranger(self, name: str) -> Page:
        """Give somebody a browser in which nobody is signed in."""
        context = self._browser.new_context(viewport=DESK, base_url=self._address)
        self._pages[name] = page = context.new_page()
        page.set_default_timeout(6000)
        return page

    def __getitem__(self, name: str) -> Page:
        if name not in self._pages:
            page = self.stranger(name)
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
        if too_wide := page.evaluate(WIDER):
            page.wait_for_timeout(500)  # a busy machine may still be at laying it out anew
            too_wide = page.evaluate(WIDER)
        if too_wide:
            self.found.append(f"{page.url}: wider than a phone at {too_wide}")
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
    """Choose the astronaut."""
    photo = FilePayload(name="probe.png", mimeType="image/png", buffer=PHOTO)
    page.locator("[name=probe]").set_input_files(photo)


@contextmanager
def people_of(service: Service, keys: tuple[VerifierKey, ...]) -> Iterator[People]:
    """Serve, and give everybody a browser."""
    with answering(service) as address, sync_playwright() as web:
        browser = web.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield People(browser, address, keys)
        browser.close()
