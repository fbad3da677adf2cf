"""The page: one file, no network, escaped, readable by ear, the same every time."""

from __future__ import annotations

import re
import shutil
import subprocess
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from sample_result import GROUPS, HOSTILE, full_result, poor_result

from facegate.errors import InputError
from facegate.evaluation.result import BenchmarkResult
from facegate.reporting.report import report_html
from facegate.reporting.report.page import script_digest, template_text

if TYPE_CHECKING:
    from pathlib import Path

PAGE = report_html(full_result())
HOSTILE_PAGE = report_html(full_result(groups=(HOSTILE, *GROUPS[1:])))
VOID = {"meta", "input", "br", "link", "img", "hr"}


class Outline(HTMLParser):
    """Collects what a screen reader would go by."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


OUTLINE = Outline(PAGE)


def test_the_same_result_gives_the_same_page() -> None:
    assert report_html(full_result()) == PAGE


def test_nothing_is_fetched_from_anywhere() -> None:
    assert not {"link", "img", "iframe", "object", "embed", "form", "image"} & {
        tag for tag, _ in OUTLINE.tags
    }
    addresses = [
        value
        for _, named in OUTLINE.tags
        for key, value in named.items()
        if key in {"src", "href", "xlink:href"}
    ]
    assert addresses
    assert all(address is not None and address.startswith("#") for address in addresses)
    assert "@import" not in PAGE
    assert set(re.findall(r"url\((.)", PAGE)) <= {"#"}


def test_the_policy_allows_one_script_by_its_digest_and_no_fetch() -> None:
    policy = next(
        one["content"] for one in OUTLINE.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    )
    scripts = re.findall(r"<script>(.*?)</script>", PAGE, flags=re.DOTALL)
    assert len(scripts) == len(OUTLINE.all("script")) == 1
    assert policy == (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src '{script_digest(scripts[0])}'; base-uri "
        "'none'; form-action 'none'"
    )


def test_every_element_is_closed_and_every_id_is_unique() -> None:
    assert OUTLINE.open == []
    ids = [named["id"] for _, named in OUTLINE.tags if "id" in named]
    assert len(ids) == len(set(ids))


def test_links_and_labels_point_to_something() -> None:
    ids = {named["id"] for _, named in OUTLINE.tags if "id" in named}
    wanted = [
        value
        for _, named in OUTLINE.tags
        for key, value in named.items()
        if key in {"for", "aria-labelledby", "aria-describedby"}
    ]
    wanted += [
        str(value)[1:]
        for _, named in OUTLINE.tags
        for key, value in named.items()
        if key in {"href", "xlink:href"}
    ]
    assert {one for value in wanted for one in str(value).split()} <= ids


def test_there_is_one_h1_and_no_level_is_skipped() -> None:
    levels = [int(tag[1]) for tag, _ in OUTLINE.tags if re.fullmatch(r"h\d", tag)]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_landmarks_language_and_a_skip_link_are_there() -> None:
    assert OUTLINE.all("html")[0]["lang"] == "en-US"
    assert all(len(OUTLINE.all(tag)) == 1 for tag in ("header", "nav", "main", "footer"))
    assert OUTLINE.all("a")[0]["href"] == "#main"


def test_every_table_has_a_caption_and_headings_with_scope() -> None:
    tables = len(OUTLINE.all("table"))
    assert tables == len(OUTLINE.all("caption")) > 20
    assert {named.get("scope") for named in OUTLINE.all("th")} == {"row", "col"}


def test_every_drawing_has_a_role_a_title_a_description_and_its_numbers() -> None:
    drawings = OUTLINE.all("svg")
    assert len(drawings) == len(OUTLINE.all("desc")) == 8
    assert all(one["role"] == "img" and one["aria-labelledby"] for one in drawings)
    figures = re.findall(r"<figure.*?</figure>", PAGE, flags=re.DOTALL)
    assert all("<table" in figure for figure in figures)


def test_a_groups_name_is_text_and_never_markup() -> None:
    assert "<script>alert" not in HOSTILE_PAGE
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; #import $x$" in HOSTILE_PAGE
    assert Outline(HOSTILE_PAGE).open == []
    assert len(Outline(HOSTILE_PAGE).all("script")) == 1


def test_a_synthetic_result_says_so_before_its_title() -> None:
    assert PAGE.index("SYNTHETIC: these vectors were drawn") < PAGE.index("<h1>")
    assert "SYNTHETIC" not in report_html(poor_result())


def test_a_result_that_knows_nothing_says_why_each_figure_is_missing() -> None:
    page = report_html(poor_result())
    assert page.count("Not drawn: ") == 7
    assert "<svg" not in page
    assert "Not available. No gallery was searched" in page


def test_a_result_without_a_threshold_is_refused() -> None:
    poor = poor_result().to_json()
    start, end = poor.index('"at": ['), poor.index('"det"')
    empty = BenchmarkResult.from_json(f'{poor[:start]}"at": [], {poor[end:]}', name="x")
    with pytest.raises(InputError, match="holds no threshold, wanted at least one"):
        report_html(empty)


def test_the_box_multiplies_rate_gallery_and_searches(tmp_path: Path) -> None:
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("needs chromium, which is not installed here")
    page = tmp_path / "report.html"
    page.write_text(PAGE, encoding="utf-8")
    shown = subprocess.run(  # noqa: S603  our own page in the system's browser
        [
            browser,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={tmp_path}/profile",
            "--dump-dom",
            page.as_uri(),
        ],
        capture_output=True,
        check=True,
        text=True,
        timeout=120,
    ).stdout
    # 5e-4 per comparison x 27,000,000 people x 1,000 searches; range 3.2356e-4 to 7.7256e-4
    assert re.search(r">Black F</th><td>13,500,000</td><td>8,740,000 to 20,800,000</td>", shown)
    assert re.search(r">Asian F</th><td>too few to say</td><td>below 77,700,000</td>", shown)
    assert (
        "1,000 searches a year of a gallery of 27,000,000 people: about 560,000 wrong returns a year" in shown
    )


def test_without_scripts_the_box_says_how_to_multiply_by_hand() -> None:
    assert '<div id="box-form" hidden>' in PAGE
    assert "By hand, without scripts: multiply a rate" in PAGE
    assert template_text("box.js").startswith('"use strict";')
