"""The page that checks the log, in a real browser: PASS as published, FAIL by name of what was edited."""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from case_room import AGENCY, AT, a_home, open_case
from oversight_desk import Story
from playwright.sync_api import sync_playwright
from published_logs import LOG_KEY, history, published
from site_room import a_site, source_of, the_home, the_site, write

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.signed.notes import parse_note
from facegate.gate.registers.people import register_officer
from facegate.oversight.governance.nlets_disclosure import NLETS_DISCLOSURE
from facegate.oversight.governance.searches import SEARCHES
from facegate.oversight.report import Period
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from facegate.oversight.report_kind import ReportKind

CHROMIUM = Path("/usr/bin/chromium")
pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no system Chromium at /usr/bin/chromium")

PHONE = {"width": 390, "height": 800}
ZOOMED = {"width": 640, "height": 450}  # 1280 by 900 at 200 %


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder and says nothing about it."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's own name
        """Write no line for a request."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine; gives its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield started
        started.close()


def check(browser: Browser, site: Path, *, key: str = "", kept: str = "") -> list[str]:
    """Open the page that checks, press the button, and give its lines, the verdict first."""
    with served(site) as address:
        page = browser.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/verify.html")
        page.fill("#key", key)
        page.fill("#kept", kept)
        page.click("#start")
        page.wait_for_selector("#start:not([disabled])")
        lines = [page.inner_text("#verdict"), *found_by(page)]
        page.close()
    assert not complaints
    return lines


def found_by(page: Page) -> list[str]:
    return [" ".join(one.split()) for one in page.locator("#found li").all_inner_texts()]


def failures(lines: list[str]) -> list[str]:
    return [one.removeprefix("FAIL ") for one in lines[1:] if one.startswith("FAIL")]


def edit(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def bundle(site: Path) -> Path:
    (path,) = (site / "log/tile/entries/000.p").iterdir()
    return path


def test_as_published_everything_that_can_be_checked_passes(browser: Browser) -> None:
    verdict, *lines = check(browser, the_site())
    assert verdict.startswith("PASS: nothing wrong was found. 7 checks passed")
    assert not failures([verdict, *lines])
    passed = " ".join(one for one in lines if one.startswith("PASS"))
    for words in (
        "is signed by",
        "lead to the root",
        "searches-2026.json",
        "nlets-disclosure-2026.json",
        "pages",
    ):
        assert words in passed
    assert any(one.startswith("OPEN not yet witnessed") for one in lines)


def test_one_changed_byte_of_a_record_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    edit(bundle(site), b'"decision":"refused"', b'"decision":"refuseD"')
    (failed,) = failures(check(browser, site))
    assert "is not the one that was hashed (log/tile/0/000.p/" in failed


@pytest.mark.slow
def test_a_bundle_that_is_cut_short_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    bundle(site).write_bytes(bundle(site).read_bytes()[:-1])
    assert failures(check(browser, site)) == [f"log/tile/entries/000.p/{bundle(site).name} is cut short"]


def test_an_edited_number_of_a_report_is_named_with_its_table_and_row(
    browser: Browser, tmp_path: Path
) -> None:
    site = a_site(tmp_path)
    edit(site / "reports/searches-2026.json", b'["refused",2]', b'["refused",1]')
    failed = failures(check(browser, site))
    wanted = "table outcomes, refused, attempts: the report says 1, the log gives 2"
    assert failed[0] == f"reports/searches-2026.json: {wanted}"
    assert failed[1].startswith(
        "reports/searches-2026.html shows other numbers than the file: table outcomes"
    )


@pytest.mark.slow
def test_a_request_about_immigration_made_up_or_left_out_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    edit(
        site / "reports/nlets-disclosure-2026.json",
        b'["asked by an immigration authority","CO",0,',
        b'["asked by an immigration authority","CO",1,',
    )
    assert "table immigration, asked by an immigration authority / CO" in failures(check(browser, site))[0]


@pytest.mark.slow
def test_a_row_that_is_left_out_of_a_report_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    edit(site / "reports/searches-2026.json", b'["FG-PERMIT",2]', b'["FG-OTHERS",0]')
    assert "table refusals-by-rule leaves out FG-PERMIT" in failures(check(browser, site))[0]


@pytest.mark.slow
def test_a_number_edited_in_a_page_alone_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    edit(site / "index.html", b'/attempts">4<', b'/attempts">3<')
    (failed,) = failures(check(browser, site))
    assert failed.startswith("index.html shows 3 for searches-2026/searches-by-agency-class/*/attempts")


@pytest.mark.slow
def test_an_edited_checkpoint_is_not_signed(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    size = str(source_of(the_home()).log.size).encode()
    edit(site / "log/checkpoint", b"\n" + size + b"\n", b"\n" + str(int(size) - 1).encode() + b"\n")
    assert failures(check(browser, site))[0].startswith("the signature by facegate.example/ready+")


@pytest.mark.slow
def test_an_edited_tile_is_named(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    (tile,) = (site / "log/tile/0/000.p").iterdir()
    tile.write_bytes(bytes(32) + tile.read_bytes()[32:])
    assert failures(check(browser, site))[0].startswith("record 0 is not the one that was hashed")


@pytest.mark.slow
def test_a_key_of_ones_own_is_what_counts(browser: Browser, tmp_path: Path) -> None:
    (own,) = source_of(the_home()).keys
    lines = check(browser, the_site(), key=own.line())
    assert any(
        one.startswith("PASS log/checkpoint is signed by") and one.endswith("the key you gave")
        for one in lines
    )
    other = LogKeys.create(tmp_path, own.name, random_bytes=lambda n: bytes(range(1, n + 1)))
    failed = failures(check(browser, the_site(), key=other.vkeys[0].line()))
    assert failed == ["log/checkpoint is not signed by your key"]


@pytest.mark.slow
def test_a_key_that_was_mistyped_is_told(browser: Browser) -> None:
    (own,) = source_of(the_home()).keys
    mistyped = own.line().replace("+" + own.key_id.hex(), "+00000000")
    (failed,) = failures(check(browser, the_site(), key=mistyped))
    assert "was mistyped" in failed


@pytest.mark.slow
def test_an_older_checkpoint_is_the_beginning_of_the_log_or_the_history_was_rewritten(
    browser: Browser, tmp_path: Path
) -> None:
    home, site = a_home(tmp_path), tmp_path / "site"
    kept = source_of(home).signed.checkpoint.text().decode()
    with open_case(home) as ledger:
        officer = {"officer": "4711", "role": "investigator", "unit": "Fraud", "trained_until": "2027-11-22"}
        register_officer(ledger, agency=AGENCY, **officer, at=AT)
    write(site, home, source_of(home))
    lines = check(browser, site, kept=kept)
    assert any("is the beginning of this log" in one for one in lines)
    origin, size, _ = kept.splitlines()
    forged = f"{origin}\n{size}\n{'A' * 43}="
    assert "the history was rewritten" in failures(check(browser, site, kept=forged))[0]
    assert "records were removed" in failures(check(browser, site, kept=f"{origin}\n999\n{'A' * 43}="))[0]


@pytest.mark.slow
def test_a_quorum_that_is_met_passes_and_a_forged_cosignature_fails(browser: Browser, tmp_path: Path) -> None:
    site = write(tmp_path / "site", the_home(), source_of(the_home(), witnessed=True))
    assert any(
        one.startswith("PASS the quorum outside is met: cosigned by defender") for one in check(browser, site)
    )
    *rest, cosignature = (site / "log/checkpoint").read_text().splitlines()
    swapped = cosignature[:-6] + ("A" if cosignature[-6] != "A" else "B") + cosignature[-5:]
    (site / "log/checkpoint").write_text("\n".join([*rest, swapped]) + "\n")
    assert failures(check(browser, site)) == ["the signature by witness.example/w1+20324abe is false"]


@pytest.mark.slow
def test_a_browser_without_ed25519_says_so_and_what_to_run(browser: Browser) -> None:
    with served(the_site()) as address:
        page = browser.new_page()
        page.add_init_script("crypto.subtle.importKey = () => Promise.reject(new Error('unknown'));")
        page.goto(f"{address}/verify.html")
        page.click("#start")
        page.wait_for_selector("#start:not([disabled])")
        lines = found_by(page)
        page.close()
    assert any("this browser has no Ed25519" in one and "facegate log verify" in one for one in lines)
    assert any(one.startswith("PASS") and "lead to the root" in one for one in lines)


@pytest.mark.slow
def test_opened_from_a_stick_the_pages_are_styled_and_the_check_says_what_to_do(browser: Browser) -> None:
    page = browser.new_page()
    page.goto((the_site() / "verify.html").as_uri())
    assert "This page was opened from a file" in page.inner_text("#verdict")
    page.click("text=Overview")
    assert page.inner_text("h1") == "Face searches: the public record"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('.site')).backgroundColor")
        == "rgb(242, 242, 242)"
    )
    page.close()


@pytest.mark.slow
def test_without_scripts_the_page_points_to_the_commands(browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((the_site() / "verify.html").as_uri())
    assert "Scripts are switched off" in page.inner_text("noscript")
    assert page.is_hidden("#form")
    assert "facegate log verify ADDRESS/log" in page.inner_text("main")
    context.close()


@pytest.mark.slow
def test_the_check_works_with_the_keyboard_alone(browser: Browser) -> None:
    with served(the_site()) as address:
        page = browser.new_page()
        page.goto(f"{address}/verify.html")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "start":
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("#found li:last-child >> text=the overview and")
        assert page.inner_text("#verdict").startswith("PASS")
        page.close()


@pytest.mark.slow
@pytest.mark.parametrize("size", [PHONE, ZOOMED], ids=["phone", "zoomed"])
def test_no_page_is_wider_than_a_phone_or_a_screen_at_double_size(
    browser: Browser, size: dict[str, int]
) -> None:
    page = browser.new_page(viewport={"width": size["width"], "height": size["height"]})
    for path in (
        "index.html",
        "reports/sharing-matrix-2026.html",
        "verify.html",
        "policies.html",
        "log/index.html",
    ):
        page.goto((the_site() / path).as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], path
    page.close()


def an_eventful_year() -> Story:
    """Tell of every kind of attempt, of records asked for and released, of immigration, at a year's edge."""
    story = Story(datetime(2025, 12, 31, 23, 57, tzinfo=UTC))
    story.add("gallery", gallery="dl", state="CO")
    story.search("p1")  # the last minutes of the year before
    story.search("p1", agency="CO0010100")
    for changes in (
        {},
        {"outcome": "refused", "rules": ["FG-IMMIGRATION", "FG-CASE"], "purpose": "immigration_enforcement"},
        {"agency_class": "immigration", "agency": "DCICE0100", "beneficiary_class": "immigration"},
        {"outcome": "withheld", "rules": ["FG-CAP"], "offense_class": ""},
        {"outcome": "unusable probe: no face", "channel": "mobile", "gallery": "unknown"},
        {"agency": "", "agency_class": "", "beneficiary_class": "immigration", "gallery": "away"},
    ):
        number = story.search("p1", "p2", **changes)
        story.add("release", search_id=number, decision="refused", n_leads=0)
        about = {"search_id": number, "decision": "allowed"}
        asked = story.add("dossier", stage="asked", agency_class="immigration", **about)
        story.add("dossier", stage="released", asked=asked.seq, **about)
    released = story.search("p3")
    story.add("release", search_id=released, decision="allowed", n_leads=1)
    story.add(
        "dossier", stage="asked", search_id=released, decision="refused", rules=["FG-IMMIGRATION-AGENCY"]
    )
    story.add("gallery", gallery="away", state="WA")
    cut = story.search("p4")
    del story.events[-1]  # the power went before its result
    story.add("review", search_id=cut)
    return story


@pytest.mark.parametrize("kind", [SEARCHES, NLETS_DISCLOSURE], ids=lambda kind: kind.name)
@pytest.mark.parametrize("year", [2025, 2026])
def test_the_browser_counts_as_the_reports_do(browser: Browser, kind: ReportKind, year: int) -> None:
    events = an_eventful_year().events
    report = kind.make(events, Period.year(year), LogState("example", len(events), "00" * 32))
    page = browser.new_page()
    page.goto("about:blank")
    page.add_script_tag(path=str(the_site() / "recount.js"))
    told = [{"seq": one.seq, "kind": one.kind, "time": one.time.isoformat(), **one.public} for one in events]
    counted = page.evaluate(
        """([name, events, period]) =>
             [...RECOUNTED[name](events, period)].map(
             ([table, numbers]) => [
               table, numbers("").length,
               Object.fromEntries(numbers().map((key) => [key, numbers(key)]))])""",
        [kind.name, told, {"first_day": f"{year}-01-01", "last_day": f"{year}-12-31"}],
    )
    page.close()
    assert len(counted) >= 2
    for name, n_numbers, numbers in counted:
        table = next(one for one in report.tables if one.name == name)
        n_keys = len(table.columns) - n_numbers
        rows = {" / ".join(map(str, row[:n_keys])): list(row[n_keys:]) for row in table.rows}
        assert numbers == {key: row for key, row in rows.items() if any(row)}, name
        assert year == 2025 or numbers, name


@pytest.mark.slow
def test_a_log_of_three_levels_of_tiles_is_rebuilt_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    site = a_site(tmp_path)
    shutil.rmtree(site / "log/tile")
    entries = history(70_000)
    shutil.copytree(published(tmp_path / "made", entries), site / "log", dirs_exist_ok=True)
    (site / "log/keys.txt").write_text(f"{LOG_KEY.key.line()}\n")
    (site / "site.json").write_text('{"reports": [], "witness_policy": false}')
    root = parse_checkpoint(parse_note((site / "log/checkpoint").read_bytes()).text).root.hex()
    lines = check(browser, site)
    assert f"PASS 70,000 records, every hash and every tile lead to the root {root}" in lines
    top = site / "log/tile/2/000.p/1"
    top.write_bytes(bytes(32))
    assert failures(check(browser, site)) == ["log/tile/2/000.p/1 does not follow from the tiles below it"]


def channels(color: str) -> list[float]:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def contrast(one: str, other: str) -> float:
    """Work out the contrast ratio of two colors (WCAG 2.1, "contrast ratio"), 1 to 21."""
    light, dark = sorted(
        (0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in map(channels, (one, other))),
        reverse=True,
    )
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_that_of_white_and_black_at_its_ends() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("name", ["ink", "link", "caution", "alarm", "good"])
def test_text_stands_out_from_every_ground_it_is_set_on(name: str) -> None:
    style = (the_site() / "site.css").read_text()
    (color, *_) = re.findall(rf"--{name}: (#[0-9a-f]{{6}})", style)
    assert min(contrast(color, ground) for ground in ("#ffffff", "#fafafa", "#f2f2f2")) >= 4.5
