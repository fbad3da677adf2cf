"""Figures: the numbers of the result, honest about what is not known, the same every time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree as ET

from sample_result import GROUPS, HOSTILE, full_result, poor_result

from facegate.reporting.report.blocks import Figure
from facegate.reporting.report.content import figures_section
from facegate.reporting.report.curve_figures import concentration_curve, det_by_group
from facegate.reporting.report.drawing import for_a_page, without_ballast
from facegate.reporting.report.growth_figure import growth_figure
from facegate.reporting.report.heat_map import group_heat_map
from facegate.reporting.report.rate_figures import fmr_by_group, ladder

RESULT = full_result()
AT = RESULT.main.at[0]
SVG = "{http://www.w3.org/2000/svg}"


def figures() -> list[Figure]:
    return [block for block in figures_section(RESULT).blocks if isinstance(block, Figure)]


FIGURES = figures()


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in ET.fromstring(svg).iter(f"{SVG}text")]  # noqa: S314  our own drawing


def test_the_same_numbers_give_the_same_drawings() -> None:
    assert figures() == FIGURES


def test_every_figure_is_drawn_read_aloud_and_listed() -> None:
    assert [one.name for one in FIGURES] == [
        "fmr-by-group",
        "heat-map",
        "det",
        "growth",
        "ladder",
        "scores",
        "concentration",
    ]
    assert all(one.svg and one.reading and one.numbers and one.numbers.rows for one in FIGURES)


def test_no_drawing_holds_a_picture_a_style_sheet_or_a_date() -> None:
    for one in FIGURES:
        assert not re.search(r"<image|<style|data:|dc:date|<metadata", one.svg), one.name


def test_ids_begin_with_the_name_of_the_figure_so_that_a_page_can_hold_several() -> None:
    for one in FIGURES:
        assert all(found.startswith(f"{one.name}-") for found in re.findall(r'\bid="([^"]*)"', one.svg))
        used = set(re.findall(r'href="#([^"]*)"|url\(#([^)]*)\)', one.svg))
        assert {a or b for a, b in used} <= set(re.findall(r'\bid="([^"]*)"', one.svg))


def test_groups_are_named_in_the_drawing_the_worst_is_marked_in_words() -> None:
    named = texts(fmr_by_group(AT, name="x").svg)
    assert "Black F  (highest)" in named
    assert "nobody to compare: unknown" in named
    assert set(GROUPS[1:]) <= set(named)


def test_a_rate_that_the_data_cannot_speak_to_is_hollow() -> None:
    at = replace(AT, groups=AT.groups[4:5], worst_group=None)
    drawn = fmr_by_group(at, name="x")
    assert drawn.numbers is not None
    assert drawn.numbers.rows[1][2] == "too few to say (0 seen)"
    assert len(re.findall(r"fill: #ffffff; stroke: #0072b2", drawn.svg)) == 1


def test_every_square_holds_its_count_and_silent_pairs_are_hatched() -> None:
    drawn = group_heat_map(AT, name="x")
    counts = [one for one in texts(drawn.svg) if one.isdigit()]
    pairs = {(pair.first, pair.second): pair.fmr for pair in AT.pairs}
    known = [
        str(fmr.events) for (first, second), fmr in pairs.items() for _ in range(1 + (first != second)) if fmr
    ]
    assert Counter(known) - Counter(counts) == Counter()
    assert "?" in texts(drawn.svg)
    assert "where data are enough: Black F with itself, 3,000 in a million" in drawn.reading


def test_the_model_is_called_a_model_in_drawing_reading_and_table() -> None:
    drawn = growth_figure(RESULT.identification, AT, name="x")
    assert "dashed: model, not measurement" in texts(drawn.svg)
    assert "a model, not a measurement" in drawn.reading
    assert drawn.numbers is not None
    kinds = {(row[1], row[2]) for row in drawn.numbers.rows}
    assert ("27,000,000", "model, not measurement") in kinds
    assert ("1,000", "measured") in kinds


def test_det_tables_hold_zero_rates_that_a_log_axis_cannot() -> None:
    drawn = det_by_group(RESULT.main, AT, name="x")
    assert drawn.numbers is not None
    assert ("everybody", "0.6", "0 %", "20 %") in drawn.numbers.rows


def test_the_ladder_says_its_first_and_last_rung() -> None:
    reading = ladder(AT, name="x").reading
    assert reading.startswith(
        "Any two people: 125 in a million (115 to 136, 95 %); of the same sex and race: 1,150"
    )


def test_where_the_data_are_absent_the_figure_says_why() -> None:
    poor = poor_result()
    at = poor.main.at[0]
    missing = (
        fmr_by_group(at, name="a"),
        group_heat_map(at, name="b"),
        det_by_group(poor.main, at, name="c"),
        growth_figure(None, at, name="d"),
        concentration_curve(poor.main, name="e"),
    )
    assert all(one.svg == "" and one.reading.startswith("Not drawn: ") for one in missing)


def test_a_hostile_name_is_text_in_the_drawing() -> None:
    at = full_result(groups=(HOSTILE, *GROUPS[1:])).main.at[0]
    drawn = fmr_by_group(at, name="x")
    assert any(one.startswith("<script>alert(1)</script> & #") for one in texts(drawn.svg))
    assert "<script" not in drawn.svg


def test_a_letter_that_the_measuring_font_lacks_is_no_warning() -> None:
    at = full_result(groups=("\u65e5\u672c F", *GROUPS[1:])).main.at[0]
    assert "\u65e5\u672c F  (highest)" in texts(fmr_by_group(at, name="x").svg)


def test_a_description_is_escaped() -> None:
    made = for_a_page(
        '<?xml?><svg width="1pt" viewBox="0 0 10 20"></svg>', name="n", title="<b>", described="a & b"
    )
    assert '<title id="n-title">&lt;b&gt;</title>' in made
    assert "a &amp; b" in made


def test_ballast_goes_and_what_is_drawn_or_named_stays() -> None:
    lean = without_ballast(
        '<g id="figure_1">\n <g/>\n <g id="used" transform="translate(1.23456 2)">\n'
        '  <text style="font-size: 7px; font-family: \'DejaVu Sans\', Arial; fill: red" x="0.98765" '
        'transform="rotate(-0 1 2)">F 1.23456 id="used"</text>\n </g>\n</g><use xlink:href="#used"/>'
    )
    assert 'transform="translate(1.23 2)"' in lean
    assert 'style="font-size: 7px; fill: red" x="0.99">F 1.23456 id="used"</text>' in lean
    assert "figure_1" not in lean
    assert lean.count("<g") == lean.count("</g>") == 1


def test_one_rung_is_no_ladder_and_no_empty_drawing() -> None:
    drawn = ladder(replace(AT, ladder=AT.ladder[:1]), name="x")
    assert drawn.svg == ""
    assert drawn.reading.startswith("Not drawn")
